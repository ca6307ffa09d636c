"""Small pictures that tests make themselves, and the folder of real ones where there is one."""

import os
import socket
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from tests.browser import Browser
from tests.pretrained_files import write_vgg

torch.set_num_threads(1)


@pytest.fixture(scope="session", autouse=True)
def clean_home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """No weights or features of the person who runs the tests: what they have must not matter."""
    home = tmp_path_factory.mktemp("home")
    with pytest.MonkeyPatch.context() as patch:
        patch.delenv("RECYCLEGAN_WEIGHTS", raising=False)
        patch.setenv("TORCH_HOME", str(home / "torch"))
        patch.setenv("XDG_CACHE_HOME", str(home / "cache"))
        yield


@pytest.fixture
def no_network(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every request goes to a proxy that isn't there."""
    for name in ("http_proxy", "https_proxy", "HTTP_PROXY", "HTTPS_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    # urllib keeps what its first request found, proxies too: those of before must not hide ours,
    # and ours must not outlive the test.
    monkeypatch.setattr(urllib.request, "_opener", None)


@pytest.fixture
def set_threads() -> Iterator[Callable[[int], None]]:
    """Change the number of torch's threads for a test."""
    before = torch.get_num_threads()
    yield torch.set_num_threads
    torch.set_num_threads(before)


@pytest.fixture(scope="module")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browser]:
    """A real browser, the same for all tests of a file; such files are skipped where there is none."""
    browser = Browser(tmp_path_factory.mktemp("profile"))
    yield browser
    browser.close()


@pytest.fixture(scope="session")
def vgg19_dir(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with random weights of VGG19, which the perceptual variants look for."""
    folder = tmp_path_factory.mktemp("weights")
    write_vgg(folder)
    return folder


@pytest.fixture
def with_vgg19(vgg19_dir: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Weights for every variant."""
    monkeypatch.setenv("RECYCLEGAN_WEIGHTS", str(vgg19_dir))


@pytest.fixture
def shared_dir() -> Path:
    """The folder of real pictures and weights; tests that want it are skipped without it."""
    folder = Path(os.environ.get("RECYCLEGAN_SHARED", Path(__file__).parents[2] / "shared"))
    if not folder.is_dir():
        pytest.skip(f"no real pictures at {folder}; set RECYCLEGAN_SHARED")
    return folder


@pytest.fixture
def offline(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Whoever tries the network fails the test, also who takes the failure in silence."""
    tried = []

    def refuse(*args: object, **kwargs: object) -> None:
        tried.append(args)
        raise OSError("no network")

    monkeypatch.setattr(socket.socket, "connect", refuse)
    monkeypatch.setattr(socket, "getaddrinfo", refuse)
    yield
    assert not tried


def draw_picture(
    path: Path, seed: int, size: tuple[int, int] = (48, 40), bright: bool = True
) -> None:
    """A few soft shapes: bright on light ground, or dim on dark."""
    rng = np.random.default_rng(seed)
    y, x = np.mgrid[0 : size[1], 0 : size[0]]
    picture = np.full((size[1], size[0], 3), 190.0 if bright else 30.0)
    for _ in range(4):
        centre, radius, colour = rng.random(2) * size, rng.uniform(3, 12), rng.uniform(-60, 60, 3)
        distance = ((x - centre[0]) ** 2 + (y - centre[1]) ** 2)[..., None]
        picture += colour * np.exp(-distance / (2 * radius**2))
    Image.fromarray(picture.clip(0, 255).astype(np.uint8)).save(path)


@pytest.fixture(scope="session")
def tiny_data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A dataset directory with truth: bright pictures in A, their dim negatives of no size in B."""
    root = tmp_path_factory.mktemp("tiny")
    for folder, count, bright in (
        ("trainA", 5, True),
        ("trainB", 3, False),
        ("testA", 3, True),
        ("testB", 3, False),
    ):
        (root / folder).mkdir()
        for index in range(count):
            draw_picture(root / folder / f"{index}.png", hash_seed(folder, index), bright=bright)
    for truth, test, bright in (("truthA", "testA", False), ("truthB", "testB", True)):
        (root / truth).mkdir()
        for index in range(3):
            draw_picture(root / truth / f"{index}.png", hash_seed(test, index), bright=bright)
    return root


def hash_seed(folder: str, index: int) -> int:
    return sum(map(ord, folder)) * 100 + index


@pytest.fixture
def keep_float64(monkeypatch):
    """What is raised to float32 in mixed precision must not lower the float64 reference to it."""
    to_float = torch.Tensor.float
    monkeypatch.setattr(
        torch.Tensor, "float", lambda x: x if x.dtype == torch.float64 else to_float(x)
    )

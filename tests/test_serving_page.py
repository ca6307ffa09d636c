"""The page as people meet it: a real server, many at once, hostile requests, a real browser."""

from __future__ import annotations

import io
import json
import os
import time
import zipfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from urllib.error import HTTPError
from urllib.parse import quote
from urllib.request import ProxyHandler, Request, build_opener

import numpy as np
import pytest
from PIL import Image

from recyclegan import load_translator
from tests import browser as real_browser
from tests.browser import BROWSER, Browser
from tests.conftest import draw_picture
from tests.serving_server import serving
from tests.small_run import train
from tests.test_serving import png_header

pytest.importorskip("gradio")

with_browser = pytest.mark.skipif(BROWSER is None, reason="no chromium or google-chrome on PATH")

# The page is on this machine: whatever proxy the environment names has no part in it.
urlopen = build_opener(ProxyHandler({})).open

LIMITS = ("--max-files", "3", "--max-megabytes", "2", "--max-megapixels", "5")


@pytest.fixture(scope="module")
def run(tmp_path_factory, tiny_data):
    out = tmp_path_factory.mktemp("served") / "mine"
    assert train(tiny_data, out, steps=2) == 0
    return out


@pytest.fixture(scope="module")
def address(run):
    with serving(f"one={run}", f"two={run}/checkpoints/last", *LIMITS) as address:
        yield address


@pytest.fixture(scope="module")
def browser(tmp_path_factory):
    """As in the other tests, with a camera that shows a made-up picture."""
    camera = ["--use-fake-device-for-media-stream", "--use-fake-ui-for-media-stream"]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(real_browser, "FLAGS", [*real_browser.FLAGS, *camera])
        browser = Browser(tmp_path_factory.mktemp("profile"))
    yield browser
    browser.close()


def client_of(address, **options):
    from gradio_client import Client

    # A busy machine may take longer than the client waits by itself.
    return Client(address, verbose=False, httpx_kwargs={"timeout": 120}, **options)


def translate(client, path, way="A → B", strength=1.0):
    from gradio_client import handle_file

    return client.predict(handle_file(path), way, strength, api_name="/translate")


def people(address, run, tmp_path, num_people, num_pictures):
    """So many people at once, each with pictures of their own; return how far results are off."""
    alone = {way: load_translator(run, d) for way, d in (("A → B", "a2b"), ("B → A", "b2a"))}

    def person(number):
        client = client_of(address)
        worst = []
        for index in range(num_pictures):
            path = tmp_path / f"{number}-{index}.png"
            draw_picture(path, 100 * number + index)
            way = ("A → B", "B → A")[index % 2]
            _, after = translate(client, str(path), way)[0]
            wanted = np.asarray(alone[way](Image.open(path)), int)
            worst.append(np.abs(np.asarray(Image.open(after), int) - wanted).max())
        return worst

    with ThreadPoolExecutor(num_people) as pool:
        return [off for person_off in pool.map(person, range(num_people)) for off in person_off]


def test_ten_people_at_once_all_get_their_own_pictures(address, run, tmp_path):
    off = people(address, run, tmp_path, 10, 3)
    assert len(off) == 30 and max(off) <= 1


@pytest.mark.slow
def test_two_hundred_requests_of_ten_people_lose_none(address, run, tmp_path):
    off = people(address, run, tmp_path, 10, 20)
    assert len(off) == 200 and max(off) <= 1


def status(url, body=None, headers=()):
    try:
        with urlopen(Request(url, body, dict(headers)), timeout=60) as answer:
            return answer.status
    except HTTPError as error:
        return error.code


def test_nothing_but_its_own_files_is_readable(address, run):
    secret = run / "config.json"
    for path in (
        str(secret), "/etc/passwd", "../../../../../../etc/passwd", "..%2f..%2f..%2fetc%2fpasswd",
        quote(os.path.relpath(secret)), "pyproject.toml", "https://example.com/x.png",
    ):  # fmt: skip
        for prefix in ("gradio_api/file=", "file="):
            assert status(f"{address}{prefix}{path}") in (403, 404), path


def join(address, data):
    """Ask for a translation with such values, as a page does; return what came of it."""
    page = json.loads(read(f"{address}config"))
    number = next(row["id"] for row in page["dependencies"] if row["api_name"] == "translate")
    wanted = {"data": data, "fn_index": number, "session_hash": "someone"}
    headers = {"Content-Type": "application/json"}
    body = json.dumps(wanted).encode()
    read(Request(f"{address}gradio_api/queue/join", body, headers))
    lines = read(f"{address}gradio_api/queue/data?session_hash=someone").decode().splitlines()
    events = [json.loads(line.removeprefix("data: ")) for line in lines if line.startswith("data:")]
    return next(event for event in events if event["msg"] == "process_completed")


def read(request):
    with urlopen(request, timeout=120) as answer:
        return answer.read()


def test_a_file_of_the_server_is_no_upload(address, run, tmp_path):
    draw_picture(tmp_path / "day.png", 1)
    grid = next((run / "samples").glob("*.png"))

    def ask(path):
        file = {"path": str(path), "meta": {"_type": "gradio.FileData"}}
        return join(address, [file, "A → B", 1.0])

    mine = upload(address, tmp_path / "day.png")
    assert ask(mine)["success"]
    outside = os.path.relpath(grid, Path(mine).parent)
    for path in (grid, Path(mine).parent / outside, "/etc/passwd", "../../../../etc/passwd"):
        with pytest.raises(HTTPError, match="403"):
            ask(path)


def upload(address, path, name="day.png"):
    form = (
        f'--x\r\nContent-Disposition: form-data; name="files"; filename="{name}"\r\n'
        "Content-Type: image/png\r\n\r\n"
    ).encode() + path.read_bytes()
    headers = {"Content-Type": "multipart/form-data; boundary=x"}
    body = form + b"\r\n--x--\r\n"
    return json.loads(read(Request(f"{address}gradio_api/upload", body, headers)))[0]


def test_an_upload_may_be_called_anything_and_stays_in_its_folder(address, tmp_path):
    draw_picture(tmp_path / "day.png", 1)
    path = Path(upload(address, tmp_path / "day.png", "../../../day.png"))
    assert ".." not in path.parts and path.parts[-3] == "files"


def test_refusals_are_one_sentence_for_whoever_sent_the_file(address, tmp_path):
    from gradio_client.exceptions import AppError

    client = client_of(address)
    for name, content, reason in (
        ("wide.png", png_header(20_000, 15_000), "megapixels and up to 5 are taken"),
        ("text.png", b"no picture", "no picture of a known kind"),
        ("drawing.svg", b"<svg xmlns='http://www.w3.org/2000/svg'/>", "no picture of a known kind"),
    ):
        (tmp_path / name).write_bytes(content)
        with pytest.raises(AppError, match=reason):
            translate(client, str(tmp_path / name))
    # Over the limit a file is not even taken.
    (tmp_path / "large.png").write_bytes(bytes(3_000_000))
    with pytest.raises(Exception, match=r"size|413|large"):
        translate(client, str(tmp_path / "large.png"))


@pytest.mark.slow
def test_files_are_deleted_after_a_while(run, tmp_path):
    draw_picture(tmp_path / "day.png", 1)
    with serving(run, "--keep-minutes", "0.1") as address:
        sent = upload(address, tmp_path / "day.png")
        file = {"path": sent, "meta": {"_type": "gradio.FileData"}}
        slider = join(address, [file, "A → B", 1.0])["output"]["data"][0]
        places = [sent, *(picture["path"] for picture in slider)]
        urls = [f"{address}gradio_api/file={place}" for place in places]
        assert [status(url) for url in urls] == [200, 200, 200]
        deadline = time.monotonic() + 60
        while any(status(url) == 200 for url in urls):
            assert time.monotonic() < deadline
            time.sleep(0.3)


def wait(browser, condition):
    deadline = time.monotonic() + 60
    while not browser.evaluate(f"!!({condition})"):
        assert time.monotonic() < deadline, f"never came true: {condition}"
        time.sleep(0.05)


def visit(browser, address, width=1200):
    browser.events.clear()
    browser.call(
        "Emulation.setDeviceMetricsOverride",
        width=width, height=900, deviceScaleFactor=1, mobile=width < 600,
    )  # fmt: skip
    browser.call("Page.navigate", url=address)
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        time.sleep(0.1)
        try:
            if browser.evaluate("!!document.querySelector('#picture input[type=file]')"):
                return
        except AssertionError as error:
            assert "navigated or closed" in str(error)
    raise AssertionError("the page did not load")


def choose(browser, selector, *paths):
    root = browser.call("DOM.getDocument")["root"]["nodeId"]
    node = browser.call("DOM.querySelector", nodeId=root, selector=selector)["nodeId"]
    browser.call("DOM.setFileInputFiles", nodeId=node, files=[str(path) for path in paths])


AFTER = "[...document.querySelectorAll('#slider-0 img')].map(image => image.src).at(-1)"


def changed(browser, before):
    """Wait until the slider shows another result, and return its address."""
    wait(browser, f"{AFTER} && {AFTER} !== {json.dumps(before)}")
    wait(browser, "[...document.querySelectorAll('#slider-0 img')].every(i => i.naturalWidth)")
    return browser.evaluate(AFTER)


def pixels(url):
    with urlopen(url, timeout=60) as answer:
        return np.asarray(Image.open(io.BytesIO(answer.read())).convert("RGB"), int)


@with_browser
def test_a_visit_from_upload_to_download(browser, address, run, tmp_path):
    draw_picture(tmp_path / "day.png", 7)
    day = Image.open(tmp_path / "day.png")
    wanted = {way: np.asarray(load_translator(run, way)(day), int) for way in ("a2b", "b2a")}
    browser.call("Browser.setDownloadBehavior", behavior="allow", downloadPath=str(tmp_path))
    visit(browser, address)
    choose(browser, "#picture input[type=file]", tmp_path / "day.png")
    first = changed(browser, None)
    assert np.abs(pixels(first) - wanted["a2b"]).max() <= 1
    wait(browser, "document.querySelectorAll('#slider-1 img').length === 2")

    browser.click("#download-0")
    deadline = time.monotonic() + 30
    while not (tmp_path / "day-B.png").exists():
        assert time.monotonic() < deadline
        time.sleep(0.05)
    browser.click("#way label:nth-of-type(2) input")
    second = changed(browser, first)
    assert np.abs(pixels(second) - wanted["b2a"]).max() <= 1

    browser.evaluate("document.querySelector('#strength input[type=range]').focus()")
    browser.press("Home", 36)
    browser.evaluate(
        "document.querySelector('#strength input[type=range]')"
        ".dispatchEvent(new PointerEvent('pointerup', {bubbles: true}))"
    )
    third = changed(browser, second)
    assert (pixels(third) == np.asarray(day.convert("RGB"), int)).all(), (
        "strength 0 changes nothing"
    )

    shown = "document.querySelector('#slider-0 img.fixed').style.clipPath"
    assert browser.evaluate(shown).endswith(" 50%)")
    x, y = browser.evaluate(
        "(() => { const b = document.querySelector('#slider-0 .icon-wrap').getBoundingClientRect();"
        "return [b.x + b.width / 2, b.y + b.height / 2]; })()"
    )
    for kind, dx in (("mousePressed", 0), ("mouseMoved", 90), ("mouseReleased", 90)):
        browser.call(
            "Input.dispatchMouseEvent",
            type=kind, x=x + dx, y=y, button="left", buttons=1, clickCount=1,
        )  # fmt: skip
    wait(browser, f"parseFloat({shown}.split(' ').at(-1)) > 60")
    silent_and_at_home(browser, address)


@with_browser
def test_the_camera_takes_a_picture(browser, address):
    visit(browser, address)
    wait(browser, "document.readyState === 'complete'")
    camera = "document.querySelector('#picture [aria-label=\"Capture from camera\"]')"
    browser.evaluate(f"{camera}.click()")
    wait(browser, "document.querySelector('#picture [title=\"grant webcam access\"] button')")
    browser.click("#picture [title='grant webcam access'] button")
    wait(browser, "document.querySelector('#picture video')?.videoWidth")
    wait(browser, "document.querySelector('#picture [aria-label=\"capture photo\"]')")
    # Before a frame has come there is nothing to take.
    wait(browser, "document.querySelector('#picture video').currentTime > 0.3")
    browser.click("#picture [aria-label='capture photo']")
    wait(browser, "document.querySelector('#picture .image-frame img')")
    changed(browser, None)
    silent_and_at_home(browser, address)


@with_browser
def test_many_pictures_come_back_as_a_zip(browser, address, tmp_path):
    paths = []
    for seed in range(3):
        paths.append(tmp_path / f"{seed}.png")
        draw_picture(paths[-1], seed)
    paths[1].write_text("no picture")
    visit(browser, address, width=390)
    assert browser.evaluate("document.documentElement.scrollWidth") <= 390
    browser.evaluate("[...document.querySelectorAll('[role=tab]')].at(-1).click()")
    wait(browser, "document.querySelector('#files input[type=file]')")
    choose(browser, "#files input[type=file]", *paths)
    wait(browser, "document.querySelectorAll('#files .file').length === 3")
    browser.click("#start")
    wait(browser, "document.querySelector('#said').innerText.includes('2 of 3 translated.')")
    assert "1.png is no picture" in browser.evaluate("document.querySelector('#said').innerText")
    href = browser.evaluate("document.querySelector('#archive a').href")
    with urlopen(href, timeout=60) as answer, zipfile.ZipFile(io.BytesIO(answer.read())) as archive:
        assert archive.namelist() == ["0.png", "2.png"]
    silent_and_at_home(browser, address)


@with_browser
def test_a_refusal_is_read_on_the_page(browser, address, tmp_path):
    (tmp_path / "text.png").write_text("no picture")
    visit(browser, address)
    choose(browser, "#picture input[type=file]", tmp_path / "text.png")
    wait(browser, "document.body.innerText.includes('text.png is no picture of a known kind')")


def silent_and_at_home(browser, address):
    """Whatever the page asked for, it asked its own server; and it complained of nothing."""
    asked = [
        event["params"]["request"]["url"]
        for event in browser.events
        if event["method"] == "Network.requestWillBeSent"
    ]
    assert asked and [u for u in asked if not u.startswith((address, "data:", "blob:"))] == []
    complaints = ("Log.entryAdded", "Runtime.exceptionThrown")
    assert [event for event in browser.events if event["method"] in complaints] == []

"""What a page is made of, without its server: uploads, the memory of translations, batches, cards."""

from __future__ import annotations

import asyncio
import io
import json
import socket
import struct
import sys
import zipfile
import zlib
from pathlib import Path
from threading import Thread

import numpy as np
import pytest
from PIL import Image

from recyclegan import load_translator
from recyclegan.cli.main import main
from recyclegan.serving.about import about
from recyclegan.serving.fence import MAX_BODY, Fence
from recyclegan.serving.models import Translations, all_ways, load_models
from recyclegan.serving.results import Results
from recyclegan.serving.uploads import Limits, Refused, read_upload
from tests.conftest import draw_picture
from tests.small_run import train

LIMITS = Limits(num_bytes=200_000, num_pixels=1_000_000, num_files=3, side=64)


@pytest.fixture(scope="module")
def run(tmp_path_factory, tiny_data):
    out = tmp_path_factory.mktemp("served") / "mine"
    assert train(tiny_data, out, steps=2) == 0
    return out


@pytest.fixture(scope="module")
def models(run):
    return load_models([str(run), f"again={run}/checkpoints/last"], "cpu")


@pytest.fixture
def results(models, tmp_path):
    (tmp_path / "made").mkdir()
    return Results(models, LIMITS, tmp_path / "made")


def picture(folder, name="day.png", seed=3, **how):
    draw_picture(folder / name, seed, **how)
    return folder / name


def png_header(width, height):
    """A PNG of a few bytes that claims to be of any size."""

    def chunk(kind, content):
        return (
            struct.pack(">I", len(content)) + kind + content
            + struct.pack(">I", zlib.crc32(kind + content))
        )  # fmt: skip

    shape = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    content = zlib.compress(b"\0" * 1000)
    return (
        b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", shape) + chunk(b"IDAT", content) + chunk(b"IEND", b"")
    )


def truncated_jpeg():
    buffer = io.BytesIO()
    Image.effect_noise((200, 200), 60).save(buffer, "JPEG")
    return buffer.getvalue()[:3000]


def zip_bomb():
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("zeros", b"\0" * 50_000_000)
    return buffer.getvalue()


def text_bomb():
    """A PNG whose comment is 50 MB of text in 50 kB."""
    content = b"a\0\0" + zlib.compress(b"x" * 50_000_000)
    kind = b"zTXt"
    chunk = struct.pack(">I", len(content)) + kind + content
    chunk += struct.pack(">I", zlib.crc32(kind + content))
    plain = png_header(40, 40)
    return plain[:33] + chunk + plain[33:]


HOSTILE = {
    "300-megapixels.png": (png_header(20_000, 15_000), "megapixels"),
    "two-megapixels.png": (png_header(2_000, 1_000), "2 megapixels and up to 1 are taken"),
    "huge.png": (png_header(2**31 - 1, 2**31 - 1), "megapixels"),
    "bomb.png": (zip_bomb(), "no picture of a known kind"),
    "comment.png": (text_bomb(), "damaged"),
    "drawing.svg": (b'<svg xmlns="http://www.w3.org/2000/svg"/>', "no picture of a known kind"),
    "figure.eps": (b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\n", "no picture"),
    "text.png": (b"This is no picture at all." * 9, "no picture of a known kind"),
    "cut.jpg": (truncated_jpeg(), "damaged or incomplete"),
    "empty.png": (b"", "no picture of a known kind"),
    "large.png": (bytes(300_000), "0.3 MB and up to 0.2 are taken"),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_files_are_refused_in_one_sentence_before_they_are_decoded(
    name, tmp_path, monkeypatch
):
    content, reason = HOSTILE[name]
    (tmp_path / name).write_bytes(content)
    if "megapixels" in reason:
        # Nothing of such a picture may be decoded.
        monkeypatch.setattr("recyclegan.serving.uploads.decode_bytes", None)
    with pytest.raises(Refused) as refused:
        read_upload(tmp_path / name, LIMITS)
    said = str(refused.value)
    assert said.startswith(name) and reason in said and said.count(". ") == 0
    assert str(tmp_path) not in said, "no place of the server is told"


def test_what_is_gone_is_asked_for_again(tmp_path):
    with pytest.raises(Refused, match="drop it again"):
        read_upload(tmp_path / "gone.png", LIMITS)


def test_a_picture_lies_upright_and_within_the_longest_side(tmp_path):
    pixels = np.zeros((90, 180, 3), np.uint8)
    pixels[:, :90] = 250  # Bright at its left, so at its top once it is turned clockwise.
    exif = Image.Exif()
    exif[274] = 6
    Image.fromarray(pixels).save(tmp_path / "phone.jpg", exif=exif, quality=95)
    upload = read_upload(tmp_path / "phone.jpg", LIMITS)
    assert upload.picture.size == (32, 64)
    assert upload.picture.getpixel((16, 5))[0] > 200 > 50 > upload.picture.getpixel((16, 60))[0]


def test_strength_blends_what_was_computed_once(results, tmp_path):
    path = picture(tmp_path)
    shown = {strength: results.show(path, "A → B", strength) for strength in (1.0, 0.0, 0.25)}
    assert results.translations.num_computed == 2, "one pass for each of two models"
    real = np.asarray(Image.open(path).convert("RGB"), float)
    full = np.asarray(load_translator(results.models[0].facts and _path(results))(Image.open(path)))
    after = {s: np.asarray(Image.open(rows[0].after), float) for s, rows in shown.items()}
    assert (after[1.0] == full).all() and (after[0.0] == real).all()
    assert np.abs(after[0.25] - (0.75 * real + 0.25 * full)).max() <= 1
    assert shown[1.0][0].after.name == "day-B.png"
    results.show(path, "B → A", 1.0)
    assert results.translations.num_computed == 4


def _path(results):
    return next(iter(results.models[0].ways.values())).path


def test_the_memory_of_translations_is_bounded(models, tmp_path):
    kept = Translations(num_bytes=2 * 48 * 40 * 3)
    uploads = [read_upload(picture(tmp_path, f"{n}.png", n), LIMITS) for n in range(3)]
    for upload in (*uploads, uploads[2], uploads[1]):
        kept.translate(models[0], "A → B", upload)
    assert kept.num_computed == 3
    kept.translate(models[0], "A → B", uploads[0])
    assert kept.num_computed == 4, "the oldest was forgotten"


def test_many_at_once_compute_one_picture_once(models, tmp_path):
    kept, upload = Translations(), read_upload(picture(tmp_path), LIMITS)
    threads = [Thread(target=kept.translate, args=(models[0], "A → B", upload)) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert kept.num_computed == 1


def test_a_batch_becomes_a_zip_and_says_what_failed(results, tmp_path):
    (tmp_path / "more").mkdir()
    (tmp_path / "bad.png").write_bytes(b"no picture")
    paths = [picture(tmp_path), picture(tmp_path / "more"), tmp_path / "bad.png"]
    told = []
    made, failed = results.zip_of(paths, "mine", "A → B", 1.0, lambda *done: told.append(done))
    with zipfile.ZipFile(made) as archive:
        assert archive.namelist() == ["day.png", "day-2.png"]
        assert Image.open(io.BytesIO(archive.read("day-2.png"))).size == (48, 40)
    assert told[-1] == (2, 3) and len(failed) == 1 and failed[0].startswith("bad.png")
    assert str(made) in results.made
    with pytest.raises(Refused, match="4 files are too many; send up to 3"):
        results.zip_of([*paths, paths[0]], "mine", "A → B", 1.0, lambda *_: None)
    with pytest.raises(Refused, match="does not translate up → down"):
        results.zip_of(paths, "mine", "up → down", 1.0, lambda *_: None)


def test_models_are_named_and_their_directions_are_those_of_their_domains(models, run):
    assert [model.name for model in models] == ["mine", "again"]
    assert all_ways(models) == ["A → B", "B → A"]
    page = about(models[0])
    assert models[0].facts.sha256 in page and "5 A (train)" in page


def test_nothing_of_a_model_becomes_markup(models):
    from dataclasses import replace

    facts = replace(models[0].facts, description="<img src=x>", domains={"a": "<b>", "b": "&"})
    page = about(replace(models[0], facts=facts, name="<script>"))
    assert "<img" not in page and "<b>" not in page and "<script>" not in page


def ask(path, body=b"", method="POST"):
    """What the fence answers: a status, or what the application behind it was given."""
    sent, seen = [], []

    async def app(scope, receive, send):
        seen.append((await receive())["body"])
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": b""})

    async def receive():
        return {"type": "http.request", "body": body}

    async def send(message):
        sent.append(message)

    scope = {"type": "http", "path": path, "method": method}
    asyncio.run(Fence(app, Path("/tmp/x"))(scope, receive, send))
    return sent[0]["status"], seen, dict(sent[0]["headers"])


@pytest.mark.parametrize("address", ["http://a.example/x.png", "HTTPS://a.example", " ftp://b"])
def test_the_server_fetches_nothing_for_anyone(address):
    body = json.dumps({"data": [{"path": address, "meta": {"_type": "gradio.FileData"}}]})
    assert ask("/gradio_api/queue/join", body.encode())[0] == 403
    assert ask(f"/gradio_api/file={address}", method="GET")[0] == 403
    assert ask(f"/gradio_api/proxy={address}", method="GET")[0] == 403


@pytest.mark.parametrize("path", ["/etc/passwd", "/tmp/x/../y", "../y", "/tmp/xy/z", "\0", ["/"]])
def test_a_file_of_the_machine_is_no_upload(path):
    body = json.dumps({"data": [{"root": [{"path": path}]}]}).encode()
    assert ask("/gradio_api/run/translate", body)[:2] == (403, [])


def test_what_is_meant_for_the_server_reaches_it_whole():
    body = json.dumps({"data": [{"path": "/tmp/x/day.png"}, "A → B", 1]}).encode()
    status, seen, headers = ask("/gradio_api/queue/join", body)
    assert (status, seen) == (200, [body])
    assert b"'self'" in headers[b"content-security-policy"]
    assert ask("/gradio_api/queue/join", b" " * (MAX_BODY + 1))[0] == 413


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ([], "serve needs a MODEL"),
        (["x", "--port", "99999"], "--port 99999"),
        (["x", "--max-files", "0"], "--max-files 0: at least 1"),
        (["x=nowhere", "--port", "0"], "There is no model at nowhere"),
        (["a=x", "a=y", "--port", "0"], "Two models are called 'a'"),
        (["x.pkl", "--port", "0"], "CycleGAN-turbo"),
    ],
)
def test_mistakes_are_one_sentence(words, said, capsys, monkeypatch):
    assert main(["serve", *words]) == 2
    error = capsys.readouterr().err
    assert said in error and error.count("\n") == 1


def test_a_port_that_is_taken_is_one_sentence(run, capsys):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        assert main(["serve", str(run), "--port", str(port)]) == 2
    assert (
        f"--port {port} cannot be listened on (address already in use)" in capsys.readouterr().err
    )


def test_without_the_extra_one_sentence_before_any_work(run, capsys, monkeypatch):
    monkeypatch.setitem(sys.modules, "gradio", None)
    monkeypatch.setattr("recyclegan.serving.server.find_spec", lambda name: None)
    assert main(["serve", str(run)]) == 2
    assert "pip install 'recyclegan[web]'" in capsys.readouterr().err

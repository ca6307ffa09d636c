"""The exported page in a real browser: uploads, directions, slider, camera, download, no requests out."""

import base64
import functools
import http.server
import io
import json
import os
import shutil
import subprocess
import threading
import time
from contextlib import ExitStack
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

pytest.importorskip("onnxruntime")
pytest.importorskip("onnxscript")

from recyclegan import load_translator
from recyclegan.export.model import read_directions
from recyclegan.export.page import write_page
from recyclegan.export.runtime import find_runtime
from tests.browser import BROWSER
from tests.test_translation import noise, write_model

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(BROWSER is None, reason="no chromium or google-chrome on PATH"),
]


@pytest.fixture(scope="module")
def model(tmp_path_factory):
    return write_model(tmp_path_factory.mktemp("model") / "generators.safetensors", "case-1")


@pytest.fixture(scope="module")
def page_dir(model, tmp_path_factory):
    """A page with what npm fetches, or with the folder that ORT_WEB_DIST names."""
    own = os.environ.get("ORT_WEB_DIST")
    if not own and not shutil.which("npm"):
        pytest.skip("no npm, and ORT_WEB_DIST names no folder of onnxruntime-web")
    out = tmp_path_factory.mktemp("served") / "page"
    with ExitStack() as stack:
        try:
            runtime = stack.enter_context(find_runtime(Path(own) if own else None))
        except Exception as error:
            pytest.skip(f"no onnxruntime-web: {error}")
        directions = read_directions(model)
        samples = {one.direction: [noise(48, 48, seed) for seed in range(2)] for one in directions}
        write_page(directions, out, "fp32", samples, runtime, overwrite=False)
    return out


@pytest.fixture(scope="module")
def address(page_dir):
    class Quiet(http.server.SimpleHTTPRequestHandler):
        def log_message(self, *args):
            pass

    server = http.server.ThreadingHTTPServer(
        ("127.0.0.1", 0), functools.partial(Quiet, directory=str(page_dir))
    )
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}/"
    server.shutdown()


def wait(browser, condition, seconds=90):
    deadline = time.monotonic() + seconds
    while True:
        try:
            if browser.evaluate(condition):
                return
        except AssertionError as error:
            if "navigated" not in str(error) and "not defined" not in str(error):
                raise
        assert time.monotonic() < deadline, (condition, browser.evaluate("$('status').textContent"))
        time.sleep(0.05)


@pytest.fixture
def page(browser, address):
    browser.events.clear()
    browser.call(
        "Emulation.setDeviceMetricsOverride",
        width=1200,
        height=900,
        deviceScaleFactor=1,
        mobile=False,
    )
    browser.call("Page.navigate", url="about:blank")
    browser.call("Page.navigate", url=address)
    wait(browser, "location.protocol === 'http:' && document.body?.dataset.done === '1'")
    return browser


def give(browser, content, name="picture.png"):
    """Drop a file on the page."""
    before = browser.evaluate("run")
    text = base64.b64encode(content).decode()
    browser.evaluate(
        f"""(async () => {{
          const bytes = Uint8Array.from(atob({json.dumps(text)}), (c) => c.charCodeAt(0));
          const data = new DataTransfer();
          data.items.add(new File([bytes], {json.dumps(name)}, {{ type: "image/png" }}));
          dispatchEvent(new DragEvent("drop", {{ dataTransfer: data, cancelable: true }}));
        }})()"""
    )
    return before + 1


def png(picture):
    buffer = io.BytesIO()
    picture.save(buffer, "PNG")
    return buffer.getvalue()


def result(browser):
    text = browser.evaluate("$('after').toDataURL('image/png').split(',')[1]")
    return Image.open(io.BytesIO(base64.b64decode(text))).convert("RGB")


def greatest(one, other):
    return np.abs(np.asarray(one).astype(int) - np.asarray(other)).max()


@pytest.mark.parametrize("way", ["a2b", "b2a"])
def test_a_dropped_picture_is_translated_as_by_torch(way, page, model):
    picture = noise(75, 52, 5)
    done = give(page, png(picture))
    wait(page, f"document.body.dataset.done === '{done}'")
    if way == "b2a":
        page.evaluate("document.querySelectorAll('[name=direction]')[1].click()")
        wait(page, f"document.body.dataset.done === '{done + 1}'")
    assert greatest(result(page), load_translator(model, way, precision="fp32")(picture)) <= 2
    names = page.evaluate("[$('tag-before').textContent, $('tag-after').textContent]")
    assert names == (["day", "night"] if way == "a2b" else ["night", "day"])
    assert "of the original model" in page.evaluate("$('checked').textContent")


def test_strength_zero_is_the_source_and_the_slider_moves_by_keys(page):
    picture = noise(40, 40, 6)
    wait(page, f"document.body.dataset.done === '{give(page, png(picture))}'")
    page.evaluate("$('strength').value = 0; $('strength').dispatchEvent(new Event('input'))")
    assert greatest(result(page), picture) == 0
    page.evaluate("$('cut').focus()")
    page.press("ArrowRight", 39)
    assert page.evaluate("$('stage').style.getPropertyValue('--cut')") == "51%"


def test_what_is_no_picture_is_said_kindly(page):
    give(page, b"no picture")
    wait(page, "$('status').textContent.includes('not a picture')")


def test_a_large_picture_is_made_smaller_with_a_word(page):
    wait(page, f"document.body.dataset.done === '{give(page, png(noise(1400, 20)))}'")
    assert "made smaller from 1400" in page.evaluate("$('status').textContent")
    assert result(page).width == 1280


def test_the_result_is_downloaded(page, tmp_path):
    page.call("Browser.setDownloadBehavior", behavior="allow", downloadPath=str(tmp_path))
    page.click("#download")
    deadline = time.monotonic() + 20
    while not (tmp_path / "night.png").exists():
        assert time.monotonic() < deadline
        time.sleep(0.05)
    assert greatest(Image.open(tmp_path / "night.png").convert("RGB"), result(page)) == 0


def test_the_camera_runs_live_and_stops(page):
    page.click("#camera")
    wait(page, "$('status').textContent.includes('frames a second at 256')")
    page.click("#camera")
    assert page.evaluate("$('camera').textContent") == "Camera"


@pytest.fixture
def elsewhere():
    """Another server, which would answer anyone, and what was asked of it."""
    asked = []

    class Open(http.server.BaseHTTPRequestHandler):
        def do_GET(self):
            asked.append(self.path)
            self.send_response(204)
            self.send_header("Access-Control-Allow-Origin", "*")
            self.end_headers()

        def log_message(self, *args):
            pass

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Open)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}/", asked
    server.shutdown()


def test_neither_page_nor_worker_reaches_another_server(page, address, elsewhere):
    url, asked = elsewhere
    tried = f"fetch('{url}').then(() => 'answered', () => 'refused')"
    page.call("Target.setAutoAttach", autoAttach=True, waitForDebuggerOnStart=False, flatten=True)
    page.call("Page.navigate", url="about:blank")
    page.events.clear()
    page.call("Page.navigate", url=address)
    wait(page, "location.protocol === 'http:' && document.body?.dataset.done === '1'")
    (worker,) = (
        event["params"]["sessionId"]
        for event in page.events
        if event["method"] == "Target.attachedToTarget"
        and event["params"]["targetInfo"]["type"] == "worker"
    )
    assert page.evaluate(tried) == "refused"
    assert page.evaluate(tried, worker) == "refused" and asked == []
    page.call("Page.navigate", url=url)
    assert asked[:1] == ["/"]  # It could have been reached.


def test_no_request_leaves_the_origin_and_nothing_is_complained_of(page, address):
    urls = [
        e["params"]["request"]["url"]
        for e in page.events
        if e["method"] == "Network.requestWillBeSent"
    ]
    assert urls and all(url.startswith((address, "blob:", "data:", "about:")) for url in urls)
    thrown = [e for e in page.events if e["method"] == "Runtime.exceptionThrown"]
    assert thrown == []


def test_the_page_says_how_it_is_served(browser, page_dir):
    browser.open(page_dir / "index.html")
    assert "http.server" in browser.evaluate("document.getElementById('status').textContent")


def test_the_page_is_small_and_its_scripts_are_sound(page_dir):
    sizes = {path.name: path.stat().st_size for path in page_dir.iterdir()}
    runtime = sum(size for name, size in sizes.items() if name.startswith("ort"))
    assert runtime < 11e6
    if shutil.which("node"):
        for name in ("page.js", "camera.js"):
            subprocess.run(["node", "--check", page_dir / name], check=True)

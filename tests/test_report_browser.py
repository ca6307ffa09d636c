"""The report in a real browser: nothing fetched, nothing complained of, the slider moved by keys."""

from __future__ import annotations

import base64
import fcntl
import json
import os
import shutil
import subprocess
import time
from itertools import count

import pytest
from PIL import Image

from recyclegan.report.page import write_report
from test_report import make_content

BROWSER = shutil.which("chromium") or shutil.which("google-chrome")
pytestmark = pytest.mark.skipif(BROWSER is None, reason="no chromium or google-chrome on PATH")

FLAGS = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-sync",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-dev-shm-usage",
    "--remote-debugging-pipe",
]


class Browser:
    """A headless browser driven over its DevTools pipe: descriptors 3 (in) and 4 (out)."""

    def __init__(self, profile_dir):
        pipe_in, self._to_browser = os.pipe()
        self._from_browser, pipe_out = os.pipe()
        # Moved above 9, so that neither is overwritten when the shell makes the other 3 or 4.
        ends = [fcntl.fcntl(end, fcntl.F_DUPFD, 10) for end in (pipe_in, pipe_out)]
        script = 'exec 3<&"$1" 4>&"$2"; shift 2; exec "$@"'
        flags = [*FLAGS, f"--user-data-dir={profile_dir}"]
        self._process = subprocess.Popen(
            ["bash", "-c", script, "bash", *map(str, ends), BROWSER, *flags],
            pass_fds=ends,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        for end in (pipe_in, pipe_out, *ends):
            os.close(end)
        self._buffer = b""
        self._ids = count(1)
        self.events = []
        target = self.call("Target.createTarget", url="about:blank")["targetId"]
        attached = self.call("Target.attachToTarget", targetId=target, flatten=True)
        self._session = attached["sessionId"]
        for domain in ("Page", "Runtime", "Network", "Log"):
            self.call(f"{domain}.enable")

    def call(self, method, **params):
        message = {"id": next(self._ids), "method": method, "params": params}
        if hasattr(self, "_session"):
            message["sessionId"] = self._session
        os.write(self._to_browser, json.dumps(message).encode() + b"\0")
        while True:
            answer = self._read()
            if answer.get("id") == message["id"]:
                assert "error" not in answer, answer
                return answer["result"]
            self.events.append(answer)

    def _read(self):
        while b"\0" not in self._buffer:
            chunk = os.read(self._from_browser, 1 << 20)
            assert chunk, "the browser closed its pipe"
            self._buffer += chunk
        message, _, self._buffer = self._buffer.partition(b"\0")
        return json.loads(message)

    def evaluate(self, expression):
        result = self.call(
            "Runtime.evaluate", expression=expression, returnByValue=True, awaitPromise=True
        )
        assert "exceptionDetails" not in result, result
        return result["result"].get("value")

    def open(self, path, width=1200, height=900, dark=False):
        self.events.clear()
        self.call(
            "Emulation.setDeviceMetricsOverride",
            width=width, height=height, deviceScaleFactor=1, mobile=width < 600,
        )  # fmt: skip
        scheme = {"name": "prefers-color-scheme", "value": "dark" if dark else "light"}
        self.call("Emulation.setEmulatedMedia", features=[scheme])
        self.call("Page.navigate", url=path.as_uri())
        deadline = time.monotonic() + 30
        while self.evaluate("document.readyState + location.protocol") != "completefile:":
            assert time.monotonic() < deadline, "the page did not load"
            time.sleep(0.05)

    def press(self, key, code):
        for kind in ("rawKeyDown", "keyUp"):
            self.call(
                "Input.dispatchKeyEvent", type=kind, key=key, code=key, windowsVirtualKeyCode=code
            )

    def screenshot(self, path):
        data = self.call("Page.captureScreenshot", captureBeyondViewport=True, format="png")["data"]
        path.write_bytes(base64.b64decode(data))

    def close(self):
        os.write(self._to_browser, b'{"id": 0, "method": "Browser.close"}\0')
        self._process.wait(timeout=20)
        os.close(self._to_browser)
        os.close(self._from_browser)


@pytest.fixture(scope="module")
def browser(tmp_path_factory):
    browser = Browser(tmp_path_factory.mktemp("profile"))
    yield browser
    browser.close()


@pytest.fixture(scope="module")
def page(tmp_path_factory):
    path = tmp_path_factory.mktemp("report") / "report.html"
    write_report(path, make_content())
    return path


def test_page_loads_alone_and_in_silence(browser, page):
    browser.open(page)
    browser.evaluate("new Promise(done => setTimeout(done, 200))")
    methods = [event["method"] for event in browser.events]
    requests = [
        event["params"]["request"]["url"]
        for event in browser.events
        if event["method"] == "Network.requestWillBeSent"
    ]
    assert [url for url in requests if not url.startswith("data:")] == [page.as_uri()]
    for complaint in ("Log.entryAdded", "Runtime.consoleAPICalled", "Runtime.exceptionThrown"):
        assert complaint not in methods, browser.events


def test_everything_is_rendered(browser, page):
    browser.open(page)
    assert browser.evaluate("[...document.images].every(i => i.complete && i.naturalWidth > 0)")
    assert browser.evaluate("document.images.length") == 2 * 2 * 4
    assert browser.evaluate("document.querySelectorAll('.chart svg path').length") == 7
    assert browser.evaluate("document.querySelectorAll('.whisker').length") == 4
    boxes = browser.evaluate(
        "[...document.querySelectorAll('img, svg, table, h1, h2, .whisker .dot')]"
        ".map(e => e.getBoundingClientRect()).map(r => [r.width, r.height])"
    )
    assert all(width > 0 and height > 0 for width, height in boxes)


def test_slider_moves_by_keyboard_and_uncovers_the_translation(browser, page, tmp_path):
    browser.open(page)
    browser.evaluate("document.querySelector('input.cut').focus()")
    assert browser.evaluate("document.activeElement.className") == "cut"
    assert _shown_share_of_source(browser, tmp_path) == pytest.approx(0.5, abs=0.03)
    for _ in range(20):
        browser.press("ArrowRight", 39)
    assert browser.evaluate("document.activeElement.value") == "70"
    assert (
        browser.evaluate("document.activeElement.getAttribute('aria-valuetext')") == "70 % source"
    )
    assert _shown_share_of_source(browser, tmp_path) == pytest.approx(0.7, abs=0.03)
    browser.press("Home", 36)
    assert _shown_share_of_source(browser, tmp_path) == pytest.approx(0, abs=0.03)
    browser.press("End", 35)
    assert _shown_share_of_source(browser, tmp_path) == pytest.approx(1, abs=0.03)


def test_slider_jumps_to_where_it_is_pressed(browser, page):
    browser.open(page)
    left, top, width, height = browser.evaluate(
        "(() => { const s = document.querySelector('.stage'); s.scrollIntoView({block: 'center'});"
        " const r = s.getBoundingClientRect(); return [r.left, r.top, r.width, r.height]; })()"
    )
    for kind in ("mousePressed", "mouseReleased"):
        browser.call(
            "Input.dispatchMouseEvent", type=kind, button="left", clickCount=1,
            x=left + 0.25 * width, y=top + height / 2,
        )  # fmt: skip
    assert 22 <= int(browser.evaluate("document.querySelector('input.cut').value")) <= 28


def _shown_share_of_source(browser, tmp_path):
    """The first example's source is plain red and its translation plain blue: count the red."""
    path = tmp_path / "page.png"
    browser.screenshot(path)
    left, top, width, height = browser.evaluate(
        "(() => { const r = document.querySelector('.stage').getBoundingClientRect();"
        " return [r.left + scrollX, r.top + scrollY, r.width, r.height]; })()"
    )
    row = round(top + height / 2)
    strip = Image.open(path).convert("RGB").crop((round(left), row, round(left + width), row + 1))
    colours = [strip.getpixel((x, 0)) for x in range(strip.width)]
    return sum(red > 128 and blue < 128 for red, _, blue in colours) / len(colours)


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
@pytest.mark.parametrize("width", [360, 390, 820, 1200])
def test_page_fits_its_window_and_is_legible_in_light_and_dark(browser, page, width, dark):
    browser.open(page, width=width, dark=dark)
    assert browser.evaluate("document.documentElement.scrollWidth") <= width
    for selector, prop in (("p.verdict", "color"), (".chart text", "fill"), ("small", "color")):
        ratio = browser.evaluate(
            """(() => {
              const luminance = (text) => {
                const c = text.match(/[\\d.]+/g).slice(0, 3).map(v => v / 255)
                  .map(v => v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4);
                return 0.2126 * c[0] + 0.7152 * c[1] + 0.0722 * c[2];
              };
              const text = luminance(getComputedStyle(document.querySelector('SELECTOR')).PROP);
              const paper = luminance(getComputedStyle(document.body).backgroundColor);
              return (Math.max(text, paper) + 0.05) / (Math.min(text, paper) + 0.05);
            })()""".replace("SELECTOR", selector).replace("PROP", prop)
        )
        assert ratio >= 4.5, (selector, ratio)


def test_without_scripts_the_pictures_lie_side_by_side(browser, page):
    browser.call("Emulation.setScriptExecutionDisabled", value=True)
    try:
        browser.open(page)
        before, after = browser.evaluate(
            "[...document.querySelectorAll('.stage')[0].querySelectorAll('.shot')]"
            ".sort((a, b) => a.className < b.className ? 1 : -1)"
            ".map(e => e.getBoundingClientRect()).map(r => [r.left, r.right, r.top])"
        )
    finally:
        browser.call("Emulation.setScriptExecutionDisabled", value=False)
    assert before[1] <= after[0]
    assert before[2] == after[2]

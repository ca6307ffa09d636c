"""The report in a real browser: nothing fetched, nothing complained of, the slider moved by keys."""

from __future__ import annotations

import pytest
from PIL import Image

from recyclegan.report.page import write_report
from tests.browser import BROWSER
from tests.test_report import make_content

pytestmark = pytest.mark.skipif(BROWSER is None, reason="no chromium or google-chrome on PATH")


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

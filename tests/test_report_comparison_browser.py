"""The comparison's page in a real browser: sorted, cut, turned and switched by mouse and keys."""

from __future__ import annotations

import json

import pytest

from recyclegan.report.comparison_page import write_comparison_page
from tests.browser import BROWSER
from tests.comparison_fixture import make_comparison
from tests.test_report_comparison import ODD_NAMES

pytestmark = pytest.mark.skipif(BROWSER is None, reason="no chromium or google-chrome on PATH")

COMPLAINTS = {"Log.entryAdded", "Runtime.consoleAPICalled", "Runtime.exceptionThrown"}
POINTS = "[...document.querySelectorAll('#space circle')]"
SEEN = f"Object.fromEntries({POINTS}.map(c => [c.dataset.place, [+c.getAttribute('cx'), +c.getAttribute('cy')]]))"


@pytest.fixture(scope="module")
def page(tmp_path_factory):
    folder = tmp_path_factory.mktemp("comparison")
    write_comparison_page(folder / "report.html", make_comparison(folder), folder)
    return folder / "report.html"


@pytest.fixture(scope="module")
def odd_page(tmp_path_factory):
    folder = tmp_path_factory.mktemp("odd")
    names = (*ODD_NAMES, *(f"{i}{'-long-name' * 6}" for i in range(47)))
    comparison = make_comparison(folder, names, num_pictures=2, size=16, truth=False)
    write_comparison_page(folder / "report.html", comparison, folder)
    return folder / "report.html"


def assert_silent(browser):
    assert not [e for e in browser.events if e["method"] in COMPLAINTS]


def column(browser, place):
    return browser.evaluate(
        "[...document.querySelectorAll('table.figures tbody tr')]"
        f".map(row => row.cells[{place}].firstChild.textContent.trim())"
    )


def choose(browser, selector, value):
    browser.evaluate(
        f"(() => {{ const s = document.querySelector({json.dumps(selector)});"
        f" s.value = {json.dumps(value)}; s.dispatchEvent(new Event('change')); }})()"
    )


def drag(browser, selector, across, down):
    x, y = browser.evaluate(
        f"(() => {{ const e = document.querySelector({json.dumps(selector)}); e.scrollIntoView({{block: 'center'}});"
        " const r = e.getBoundingClientRect(); return [r.x + r.width / 2, r.y + r.height * 0.9]; })()"
    )
    mouse = [("mousePressed", 0), ("mouseMoved", 0.5), ("mouseMoved", 1), ("mouseReleased", 1)]
    for kind, share in mouse:
        browser.call(
            "Input.dispatchMouseEvent", type=kind, button="left", buttons=1, clickCount=1,
            x=x + share * across, y=y + share * down,
        )  # fmt: skip


def moved(before, after):
    return max(abs(a - b) for key in before for a, b in zip(before[key], after[key], strict=True))


def test_page_loads_alone_in_silence_and_whole(browser, page):
    browser.open(page)
    browser.evaluate("new Promise(done => setTimeout(done, 200))")
    sent = [e["params"] for e in browser.events if e["method"] == "Network.requestWillBeSent"]
    urls = [event["request"]["url"] for event in sent]
    assert [url for url in urls if not url.startswith("data:")] == [page.as_uri()]
    assert_silent(browser)
    assert browser.evaluate(
        "[...document.images].filter(i => i.checkVisibility())"
        ".every(i => i.complete && i.naturalWidth > 0 && i.alt)"
    )
    assert browser.evaluate("document.querySelectorAll('.chart svg path').length") == 6
    assert browser.evaluate("document.querySelectorAll('.histogram svg').length") == 4


def test_table_is_sorted_by_click_and_key_and_says_so(browser, page):
    browser.open(page)
    given = ["real", "small", "large", "odd", "Source as it is", "Colour transfer"]
    assert column(browser, 0) == given
    browser.click("table.figures th:nth-child(4) button")
    assert column(browser, 3) == ["14.00", "16.00", "18.00", "18.00", "–", "–"]
    browser.press("Enter", 13)
    assert column(browser, 3) == ["18.00", "18.00", "16.00", "14.00", "–", "–"]
    state = "[...document.querySelectorAll('th[aria-sort]')].map(h => h.ariaSort)"
    assert browser.evaluate(state) == ["descending"]
    said = browser.evaluate("document.getElementById('sorted').textContent")
    assert said == "Sorted by PSNR to truth, descending."
    browser.evaluate("document.querySelector('table.figures th button').focus()")
    browser.press(" ", 32)
    assert column(browser, 0) == sorted(given, key=str.lower)


def test_metric_shows_its_bars_differences_and_recipe(browser, page):
    browser.open(page)
    bars = "[...document.querySelectorAll('#bars .label')].map(e => e.textContent)"
    assert browser.evaluate(bars)[:2] == ["real", "small"]
    choose(browser, "#metric", "2")
    assert browser.evaluate(bars) == ["small", "large", "odd", "Source as it is"]
    verdicts = "[...document.querySelectorAll('#against small:last-child')].map(e => e.textContent)"
    assert browser.evaluate(verdicts) == ["no clear difference", *["clearly worse"] * 3]
    choose(browser, "#reference", "3")
    assert browser.evaluate(verdicts) == [*["clearly better"] * 2, *["clearly worse"] * 2]
    first = browser.evaluate("document.querySelector('#against .value').firstChild.textContent")
    assert first == "+2.00"
    signs = browser.evaluate(
        "[...document.querySelector('#pairs tbody').rows].map(r => [...r.cells].slice(1).map(c => c.className))"
    )
    assert signs[0][:3] == ["same", "unclear", "better"]
    assert signs[2][:3] == ["worse", "worse", "same"]
    open_recipes = (
        "[...document.querySelectorAll('.recipe:not([hidden]) summary')].map(e => e.textContent)"
    )
    assert browser.evaluate(open_recipes) == ["How “PSNR to truth” was made"]


def test_sliders_move_together_and_show_what_is_chosen(browser, page):
    browser.open(page)
    shown = "[...document.querySelectorAll('.card:not([hidden]) figcaption')].map(e => e.textContent.trim())"
    assert browser.evaluate(shown) == ["small", "large", "odd", "the truth"]
    browser.evaluate("document.querySelector('.card .cut').focus()")
    for _ in range(10):
        browser.press("ArrowRight", 39)
    cuts = "[...document.querySelectorAll('.card .cut')].map(e => e.value)"
    assert browser.evaluate(cuts) == ["60", "60", "60"]
    style = "document.querySelectorAll('.card .stage')[1].style.getPropertyValue('--cut')"
    assert browser.evaluate(style) == "60%"
    browser.click("#together")
    browser.evaluate("document.querySelector('.card .cut').focus()")
    browser.press("Home", 36)
    assert browser.evaluate(cuts) == ["0", "60", "60"]
    browser.click(".chips label:nth-of-type(2)")
    assert browser.evaluate(shown) == ["small", "odd", "the truth"]
    source = "document.querySelector('.card .before img').src"
    before = browser.evaluate(source)
    browser.click("#next")
    assert browser.evaluate(source) != before
    browser.click(".samples td[data-set='2'][data-picture='3']")
    assert browser.evaluate("document.getElementById('picture').value") == "3"
    assert browser.evaluate(shown) == ["small", "large", "odd", "the truth"]


def test_map_turns_by_drag_keys_and_buttons(browser, page):
    browser.open(page)
    start = browser.evaluate(SEEN)
    assert len(start) == 4
    drag(browser, "#space", 90, 30)
    dragged = browser.evaluate(SEEN)
    assert moved(start, dragged) > 20
    assert browser.evaluate("document.getElementById('from').value") == "0"
    browser.evaluate("document.getElementById('space').focus()")
    browser.press("ArrowLeft", 37)
    assert moved(dragged, browser.evaluate(SEEN)) > 5
    browser.press("Home", 36)
    assert browser.evaluate(SEEN) == start
    browser.press("+", 187)
    wide = browser.evaluate(SEEN)
    assert abs(wide["3"][0] - wide["0"][0]) > abs(start["3"][0] - start["0"][0])
    browser.click("[data-key=Home]")
    browser.click("[data-key=ArrowUp]")
    assert moved(start, browser.evaluate(SEEN)) > 3
    browser.evaluate("document.getElementById('space').focus()")
    scrolled = browser.evaluate("scrollY")
    browser.press("ArrowDown", 40)
    assert browser.evaluate("scrollY") == scrolled


def test_map_turns_by_touch_sideways_and_lets_the_page_scroll_upwards(browser, page):
    browser.open(page, width=390)
    browser.call("Emulation.setTouchEmulationEnabled", enabled=True)
    try:
        browser.evaluate("document.getElementById('space').scrollIntoView({block: 'center'})")
        start, top = browser.evaluate(SEEN), browser.evaluate("scrollY")
        swipe(browser, "#space", 80, 0)
        turned = browser.evaluate(SEEN)
        assert moved(start, turned) > 10
        assert browser.evaluate("scrollY") == top
        swipe(browser, "#space", 0, -120)
        assert moved(turned, browser.evaluate(SEEN)) < 10
        assert browser.evaluate("scrollY") > top + 50
    finally:
        browser.call("Emulation.setTouchEmulationEnabled", enabled=False)


def swipe(browser, selector, across, down):
    x, y = browser.evaluate(
        f"(() => {{ const r = document.querySelector({json.dumps(selector)}).getBoundingClientRect();"
        " return [r.x + r.width / 2, r.y + r.height / 2]; })()"
    )
    shares = [0, 0.1, 0.2, 0.4, 0.6, 0.8, 1]
    for share in shares:
        points = [{"x": x + share * across, "y": y + share * down}]
        kind = "touchMove" if share else "touchStart"
        browser.call("Input.dispatchTouchEvent", type=kind, touchPoints=points)
    browser.call("Input.dispatchTouchEvent", type="touchEnd", touchPoints=[])
    browser.evaluate("new Promise(done => setTimeout(done, 100))")


def test_map_switches_matrix_method_and_dimensions_and_measures_from_a_point(browser, page):
    browser.open(page)
    stress = "document.getElementById('stress').textContent"
    assert browser.evaluate(stress).startswith("MDS, in 3 dimensions: stress 0.040, close")
    start = browser.evaluate(SEEN)
    browser.click("input[name=dimensions][value='2'] + span")
    assert browser.evaluate(stress).startswith("MDS, in 2 dimensions: stress 0.060, fair")
    flat = browser.evaluate(SEEN)
    assert flat != start
    drag(browser, "#space", 90, 30)
    assert browser.evaluate(SEEN) == flat
    assert browser.evaluate("document.querySelectorAll('#space .frame').length") == 0
    browser.click("input[name=method][value=tsne] + span")
    assert browser.evaluate(stress).startswith("t-SNE, perplexity 2.0, in 2 dimensions: stress")
    near = "[...document.querySelectorAll('#near .label')].map(e => e.textContent)"
    assert browser.evaluate(near) == ["small", "large", "odd"]
    browser.click("#space circle[data-place='3']")
    assert browser.evaluate(near) == ["large", "small", "real"]
    choose(browser, "#matrix", "1")
    assert browser.evaluate(near) == ["large", "odd"]
    browser.click("#heat-box summary")
    browser.evaluate("new Promise(done => setTimeout(done, 100))")
    cells = "[...document.querySelectorAll('#heat tbody td')].map(e => e.textContent)"
    assert browser.evaluate(cells) == ["0", "0.1", "0.2", "0.1", "0", "0.1", "0.2", "0.1", "0"]


@pytest.mark.parametrize(("width", "dark"), [(390, True), (1200, False)], ids=["phone", "desk"])
def test_odd_page_fits_its_window_and_is_legible(browser, odd_page, width, dark):
    """Fifty sets, among them names that are markup and names of sixty letters."""
    browser.open(odd_page, width=width, dark=dark)
    assert_silent(browser)
    assert browser.evaluate("document.documentElement.scrollWidth") <= width
    labels = browser.evaluate(
        "[...document.querySelectorAll('.chips span')].map(e => e.textContent)"
    )
    assert labels[:3] == list(ODD_NAMES)
    assert browser.evaluate(f"{POINTS}.length") == 51
    boxes = browser.evaluate(
        "[...document.querySelectorAll('#space text')].map(e => e.getBoundingClientRect())"
        ".map(r => [r.left, r.right, r.top, r.bottom])"
    )
    assert 3 < len(boxes) < 51
    first_cell = "document.querySelector('table.figures tbody th').getBoundingClientRect().left"
    left = browser.evaluate(first_cell)
    browser.evaluate("document.querySelector('.scroll').scrollLeft = 300")
    assert browser.evaluate(first_cell) == left
    for selector, prop in (
        ("#verdict", "color"), (".hint", "color"), ("td small", "color"), (".value small", "color"),
        (".value", "color"), ("nav a", "color"), ("#space text", "fill"), (".mark", "color"),
    ):  # fmt: skip
        assert contrast(browser, selector, prop) >= 4.5, selector


def contrast(browser, selector, prop):
    """The ratio of a text to the ground of the page, or of its box where that has one."""
    return browser.evaluate(
        """(() => {
          const luminance = (text) => {
            const c = text.match(/[\\d.]+/g).slice(0, 3).map(v => v / 255)
              .map(v => v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4);
            return 0.2126 * c[0] + 0.7152 * c[1] + 0.0722 * c[2];
          };
          const node = document.querySelector('SELECTOR');
          const text = luminance(getComputedStyle(node).PROP);
          const ground = getComputedStyle(node.closest('.scroll, #space') ?? document.body);
          const paper = luminance(ground.backgroundColor);
          return (Math.max(text, paper) + 0.05) / (Math.min(text, paper) + 0.05);
        })()""".replace("SELECTOR", selector).replace("PROP", prop)
    )


def test_without_scripts_figures_and_pictures_are_there(browser, page):
    browser.call("Emulation.setScriptExecutionDisabled", value=True)
    try:
        browser.open(page)
        assert browser.evaluate(
            "[...document.querySelectorAll('.samples img')].every(i => i.naturalWidth > 0)"
        )
        assert column(browser, 1)[1] == "0.03000"
        assert not browser.evaluate("document.getElementById('space').checkVisibility()")
    finally:
        browser.call("Emulation.setScriptExecutionDisabled", value=False)

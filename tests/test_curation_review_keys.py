"""The review page by keyboard, in a real browser."""

from __future__ import annotations

import pytest

from recyclegan.curation.review import write_review
from tests.browser import BROWSER, Browser
from tests.test_curation_review_browser import forget, make_findings, said, totals

pytestmark = pytest.mark.skipif(BROWSER is None, reason="no chromium or google-chrome on PATH")

CODES = {"Space": (" ", 32), "Enter": ("Enter", 13), "Escape": ("Escape", 27), "?": ("?", 191),
         "Left": ("ArrowLeft", 37), "Up": ("ArrowUp", 38), "Right": ("ArrowRight", 39),
         "Down": ("ArrowDown", 40)}  # fmt: skip
WHOLE = "train 64 kept, 0 dropped · test 16 kept, 0 dropped"


@pytest.fixture(scope="module")
def shown(tmp_path_factory):
    folder = tmp_path_factory.mktemp("review")
    write_review(folder / "review.html", make_findings(folder / "data"), folder / "data")
    browser = Browser(tmp_path_factory.mktemp("profile"))
    yield browser, folder / "review.html"
    browser.close()


@pytest.fixture
def browser(shown):
    browser, path = shown
    browser.open(path, height=500)
    yield browser
    forget(browser)


def press(browser, *keys):
    for key in keys:
        ctrl, key = key.startswith("Ctrl-"), key.removeprefix("Ctrl-")
        browser.press(*CODES.get(key, (key, ord(key[0].upper()))), ctrl=ctrl)


def focused(browser):
    return browser.evaluate("document.activeElement.title")


def visit(browser, place):
    browser.evaluate(f"location.hash = '{place}'; new Promise(done => setTimeout(done, 100))")


@pytest.mark.parametrize("key", ["Space", "x"])
def test_a_picture_is_dropped_and_kept(browser, key):
    press(browser, "Right", "Right", key)  # The first arrow goes to the first picture.
    assert totals(browser)[0] == "train 63 kept, 1 dropped · test 16 kept, 0 dropped"
    press(browser, key)
    assert totals(browser)[0] == WHOLE


@pytest.mark.parametrize("key", ["u", "Ctrl-z"])
def test_undo_goes_back_to_the_beginning(browser, key):
    press(browser, "Right", "x", "Right", "x", "c")
    assert totals(browser)[0] == "train 32 kept, 32 dropped · test 8 kept, 8 dropped"
    press(browser, key)
    assert said(browser) == "Undone: 38 pictures."
    press(browser, key, key)
    assert totals(browser)[0] == WHOLE
    press(browser, key)
    assert said(browser) == "Nothing left to undo."


def test_arrows_go_by_row_and_never_under_the_header(browser):
    press(browser, "Right")
    first = focused(browser)
    press(browser, *["Down"] * 7)
    far = focused(browser)
    press(browser, *["Up"] * 6)
    assert far != first != focused(browser)
    top, below = browser.evaluate(
        "[document.activeElement.getBoundingClientRect().top,"
        " document.querySelector('header').getBoundingClientRect().bottom]"
    )
    assert top >= below
    press(browser, "Up")
    assert focused(browser) == first


def test_a_picture_is_enlarged_and_decided_on(browser):
    press(browser, "Right", "Enter")
    large = "document.getElementById('large')"
    assert browser.evaluate(f"{large}.open")
    press(browser, "Right", "Space")
    title = "a/2 \"<'é#%.jpg"
    assert title in browser.evaluate(f"{large}.querySelector('p').textContent")
    browser.evaluate(f"{large}.querySelector('img').decode()")
    assert browser.evaluate(f"{large}.querySelector('img').src").startswith("file:")
    assert totals(browser)[0] == "train 63 kept, 1 dropped · test 16 kept, 0 dropped"
    press(browser, "u", "x", "Left", "Escape")
    assert not browser.evaluate(f"{large}.open")
    assert totals(browser)[0] == "train 63 kept, 1 dropped · test 16 kept, 0 dropped"
    assert focused(browser).startswith("a/0")


def test_a_held_enter_does_not_drop_what_it_enlarged(browser):
    press(browser, "Right", "Enter")
    key = {"key": "Enter", "code": "Enter", "windowsVirtualKeyCode": 13, "text": "\r"}
    browser.call("Input.dispatchKeyEvent", type="keyDown", autoRepeat=True, **key)
    assert totals(browser)[0] == WHOLE


def test_help_opens_and_takes_no_decisions(browser):
    press(browser, "Right", "?")
    assert browser.evaluate("document.getElementById('helping').open")
    press(browser, "x", "c")
    assert totals(browser)[0] == WHOLE
    press(browser, "Escape")
    assert not browser.evaluate("document.getElementById('helping').open")
    press(browser, "x")
    assert totals(browser)[0] != WHOLE


def test_k_keeps_one_of_a_pair_and_nothing_else_of_a_cluster(browser):
    press(browser, "Right", "k")
    assert totals(browser)[0] == WHOLE
    visit(browser, "a/pairs")
    press(browser, "Right", "x", "k")
    assert said(browser) == "Kept one of 2."
    assert totals(browser)[0] == "train 63 kept, 1 dropped · test 16 kept, 0 dropped"


@pytest.mark.parametrize(("key", "gone"), [("k", (0, 1)), ("c", (1, 1))])
def test_keys_on_a_group_of_both_domains_act_on_the_domain_of_the_picture(browser, key, gone):
    visit(browser, "b/groups")
    press(browser, "Right", "Right", "Right")
    assert focused(browser).startswith("a/0")
    press(browser, key)
    test, train = gone
    assert totals(browser) == [
        f"train {64 - train} kept, {train} dropped · test {16 - test} kept, {test} dropped",
        WHOLE,
    ]

"""The review page in a real browser: clicks, keys, undo, totals, the saved file."""

from __future__ import annotations

import time

import pytest
from PIL import Image

from browser import BROWSER, Browser
from recyclegan.curation.decisions import read_decisions
from recyclegan.curation.findings import DomainFindings, Findings, Item, Pair
from recyclegan.curation.review import write_review

pytestmark = pytest.mark.skipif(BROWSER is None, reason="no chromium or google-chrome on PATH")


def make_findings(root, number=40):
    domains = []
    for letter in "ab":
        (root / letter).mkdir(parents=True)
        items = []
        for i in range(number):
            name = f"{letter}/{i} \"<'é#%.jpg"
            Image.new("RGB", (32, 24), (i * 5 % 256, 90, 120)).save(root / name)
            items.append(
                Item(name, "test" if i % 5 == 0 else "train", i / number, 1.0 + i, i % 2,
                     i % 4 // 2, i // 2, i // 2 + (1000 if letter == "b" else 0), i / 9)
            )  # fmt: skip
        pairs = tuple(Pair(i, i + 1, i / 100) for i in range(0, number - 1, 2))
        domains.append(DomainFindings(f"</script>{letter}", tuple(items), pairs))
    return Findings("digest", {}, *domains)


@pytest.fixture(scope="module")
def browser(tmp_path_factory):
    browser = Browser(tmp_path_factory.mktemp("profile"))
    yield browser
    browser.close()


@pytest.fixture
def page(tmp_path, browser):
    findings = make_findings(tmp_path / "data")
    path = tmp_path / "review.html"
    write_review(path, findings, tmp_path / "data")
    yield path
    browser.evaluate(
        "unsaved = false; clearTimeout(pending); pending = undefined; localStorage.clear()"
    )


def totals(browser):
    return browser.evaluate(
        "[...document.querySelectorAll('#domains small')].map(e => e.textContent)"
    )


def test_click_keys_undo_and_totals(browser, page):
    browser.open(page)
    assert totals(browser)[0] == "train 32 kept, 0 dropped · test 8 kept, 0 dropped"
    browser.evaluate("document.querySelector('.pick').click()")
    assert totals(browser)[0] == "train 32 kept, 0 dropped · test 7 kept, 1 dropped"
    browser.press("ArrowRight", 39)
    browser.press("x", 88)
    assert totals(browser)[0] == "train 31 kept, 1 dropped · test 7 kept, 1 dropped"
    browser.press("c", 67)
    assert totals(browser)[0] == "train 16 kept, 16 dropped · test 4 kept, 4 dropped"
    for _ in range(3):
        browser.press("u", 85)
    assert totals(browser)[0] == "train 32 kept, 0 dropped · test 8 kept, 0 dropped"


def test_saved_file_is_read_back_and_a_reload_restores(browser, page, tmp_path):
    browser.open(page)
    browser.call("Browser.setDownloadBehavior", behavior="allow", downloadPath=str(tmp_path))
    browser.evaluate(
        "document.querySelector('.pick').click(); document.getElementById('save').click()"
    )
    saved = tmp_path / "decisions.json"
    deadline = time.monotonic() + 10
    while not saved.exists():
        assert time.monotonic() < deadline
        time.sleep(0.05)
    decisions = read_decisions(saved)
    assert (decisions.data, decisions.a, decisions.b) == (
        "digest",
        {"a/0 \"<'é#%.jpg"},
        frozenset(),
    )
    browser.open(page)
    assert totals(browser)[0].endswith("test 7 kept, 1 dropped")


@pytest.mark.parametrize(
    "view", ["clusters", "pairs", "groups", "outliers", "dark", "bright", "blurred"]
)
def test_every_view_shows_pictures_in_silence_and_fetches_nothing(browser, page, view):
    browser.open(page)
    browser.evaluate(f"location.hash = 'b/{view}'; new Promise(done => setTimeout(done, 300))")
    assert browser.evaluate("document.querySelector('.pick img').naturalWidth") > 0
    methods = [event["method"] for event in browser.events]
    for complaint in ("Log.entryAdded", "Runtime.consoleAPICalled", "Runtime.exceptionThrown"):
        assert complaint not in methods, browser.events
    urls = [
        e["params"]["request"]["url"]
        for e in browser.events
        if e["method"] == "Network.requestWillBeSent"
    ]
    assert all(url.startswith(("data:", "file:")) for url in urls)


@pytest.mark.parametrize(("digest", "gone"), [("digest", 1), ("another", 0)])
def test_opened_decisions_are_taken_over_only_for_this_dataset(browser, page, digest, gone):
    browser.open(page)
    browser.evaluate(
        f"""(async () => {{
          const content = {{ ...decisions(), data: "{digest}" }};
          content.dropped.a = [data.domains[0].names[1]];
          const transfer = new DataTransfer();
          transfer.items.add(new File([JSON.stringify(content)], "decisions.json"));
          $("file").files = transfer.files;
          $("file").dispatchEvent(new Event("change"));
          await new Promise((done) => setTimeout(done, 300));
        }})()"""
    )
    assert totals(browser)[0].startswith(f"train {32 - gone} kept, {gone} dropped")
    assert ("another dataset" in browser.evaluate("$('status').textContent")) == (not gone)

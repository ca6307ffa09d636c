"""The review page in a real browser: what it shows, what it keeps, and what becomes of it."""

from __future__ import annotations

import csv
import json
import time

import pytest
from PIL import Image

from recyclegan.cli.main import main
from recyclegan.curation.decisions import read_decisions
from recyclegan.curation.findings import DomainFindings, Findings, Item, Pair
from recyclegan.curation.review import write_review
from tests.browser import BROWSER
from tests.conftest import draw_picture, hash_seed

pytestmark = pytest.mark.skipif(BROWSER is None, reason="no chromium or google-chrome on PATH")


def make_findings(root, number=80):
    """Two clusters a domain, each of two parts; groups of two, but the first is of both domains."""
    domains = []
    for letter in "ab":
        (root / letter).mkdir(parents=True)
        items = []
        for i in range(number):
            name = f"{letter}/{i} \"<'é#%.jpg"
            Image.new("RGB", (32, 24), (i * 3 % 256, 90, 120)).save(root / name)
            group = i // 2 + (1000 if letter == "b" and i > 1 else 0)
            items.append(
                Item(name, "test" if i % 5 == 0 else "train", i / number, 1.0 + i, i % 2,
                     i % 4 // 2, i // 2, group, i / 9)
            )  # fmt: skip
        pairs = tuple(Pair(i, i + 1, i / 100) for i in range(0, number - 1, 2))
        domains.append(DomainFindings(f"</script>{letter}", tuple(items), pairs))
    return Findings("digest", {}, *domains)


@pytest.fixture(scope="module")
def written(tmp_path_factory):
    folder = tmp_path_factory.mktemp("review")
    write_review(folder / "review.html", make_findings(folder / "data"), folder / "data")
    return folder / "review.html"


@pytest.fixture
def page(written, browser):
    browser.open(written)
    yield written
    forget(browser)


def forget(browser):
    browser.evaluate("unsaved = false; localStorage.clear()")


def totals(browser):
    return browser.evaluate(
        "[...document.querySelectorAll('#domains small')].map(e => e.textContent)"
    )


def said(browser):
    return browser.evaluate("document.getElementById('status').textContent")


def asked(browser):
    """Whether the page asked if it may be left."""
    return "Page.javascriptDialogOpening" in [event["method"] for event in browser.events]


def save(browser, folder):
    """Press the button and return the file that comes of it."""
    browser.call("Browser.setDownloadBehavior", behavior="allow", downloadPath=str(folder))
    browser.click("#save")
    saved = folder / "decisions.json"
    deadline = time.monotonic() + 10
    while not saved.exists():
        assert time.monotonic() < deadline
        time.sleep(0.05)
    return saved


@pytest.mark.parametrize(
    "view", ["clusters", "pairs", "groups", "outliers", "dark", "bright", "blurred"]
)
def test_every_view_shows_pictures_in_silence_and_fetches_nothing(browser, page, view):
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


def test_a_click_drops_and_another_keeps(browser, page):
    assert totals(browser)[0] == "train 64 kept, 0 dropped · test 16 kept, 0 dropped"
    browser.click(".pick")
    assert totals(browser)[0] == "train 64 kept, 0 dropped · test 15 kept, 1 dropped"
    browser.click(".pick")
    assert totals(browser)[0] == "train 64 kept, 0 dropped · test 16 kept, 0 dropped"


def test_sub_clusters_open_and_are_dropped_as_one(browser, page):
    parts = ".lot .lot .head button:first-of-type"
    assert browser.evaluate(f"document.querySelectorAll('{parts}').length") == 0
    browser.click(".lot > .head button[aria-expanded]")
    assert browser.evaluate("document.querySelectorAll('.lot .lot:first-child .pick').length") == 12
    browser.click(parts)
    assert said(browser) == "Dropped 20 pictures of Cluster 1, part 1."
    assert totals(browser)[0] == "train 48 kept, 16 dropped · test 12 kept, 4 dropped"
    head = browser.evaluate("document.querySelector('.lot .head small').textContent")
    assert head == "40 pictures, 20 dropped"


def test_show_all_shows_the_rest_of_a_cluster(browser, page):
    first = "document.querySelectorAll('.lot:first-child .pick').length"
    assert browser.evaluate(first) == 36
    browser.evaluate(
        "[...document.querySelectorAll('.head button')]"
        ".find(e => e.textContent === 'Show all 40').click()"
    )
    assert browser.evaluate(first) == 40
    # An arrow still goes on from the sheet's first picture, which Tab reaches.
    assert browser.evaluate("document.querySelectorAll('.lot .pick[tabindex=\"0\"]').length") == 2


def test_groups_of_both_domains_are_dropped_in_the_shown_one_alone(browser, page):
    browser.evaluate("location.hash = 'b/groups'; new Promise(done => setTimeout(done, 100))")
    group = "document.querySelector('.lot')"
    assert browser.evaluate(f"{group}.querySelectorAll('.pick').length") == 4
    head = browser.evaluate(f"{group}.querySelector('.head').innerText").split("\n")
    head = [part.strip() for part in head if part.strip()]
    assert head[1:] == [
        "2 pictures of </script>b and 2 of </script>a",
        "Drop all of </script>b",
        "Keep only the sharpest of </script>b",
    ]
    browser.click(".lot .head button")
    assert totals(browser) == [
        "train 64 kept, 0 dropped · test 16 kept, 0 dropped",
        "train 63 kept, 1 dropped · test 15 kept, 1 dropped",
    ]
    assert browser.evaluate(f"{group}.querySelector('.head button').textContent").startswith("Keep")
    second = browser.evaluate("document.querySelector('.lot:nth-child(2) .head').innerText")
    assert "Drop all" in second and "Drop all of" not in second


def test_a_reload_restores_what_was_not_saved_and_asks_first(browser, page, tmp_path):
    browser.click(".pick")
    browser.click(".lot:nth-child(2) .pick")
    browser.reload()
    assert asked(browser)
    assert totals(browser)[0] == "train 63 kept, 1 dropped · test 15 kept, 1 dropped"
    assert browser.evaluate("document.querySelectorAll('.pick[aria-pressed=true]').length") == 2
    save(browser, tmp_path)
    browser.reload()
    assert not asked(browser)
    assert totals(browser)[0] == "train 63 kept, 1 dropped · test 15 kept, 1 dropped"


def test_a_browser_that_keeps_nothing_says_so(browser, page):
    browser.evaluate("Storage.prototype.setItem = () => { throw new Error(); }")
    browser.click(".pick")
    assert "save decisions.json before you close it" in said(browser)


@pytest.mark.parametrize(("digest", "gone"), [("digest", 1), ("another", 0)])
def test_opened_decisions_are_taken_over_only_for_this_dataset(browser, page, digest, gone):
    content = {"format": "recyclegan-decisions-1", "data": digest, "saved": ""}
    open_file(browser, {**content, "dropped": {"a": ["a/1 \"<'é#%.jpg"], "b": []}})
    assert totals(browser)[0].startswith(f"train {64 - gone} kept, {gone} dropped")
    assert ("another dataset" in said(browser)) == (not gone)


def test_a_file_without_decisions_changes_nothing(browser, page):
    browser.click(".pick")
    before = totals(browser)
    open_file(browser, {"format": "recyclegan-decisions-1", "data": "digest", "dropped": {"a": []}})
    assert said(browser) == "This file holds no decisions of a review page."
    assert totals(browser) == before


def open_file(browser, content):
    browser.evaluate(
        f"""(async () => {{
          const transfer = new DataTransfer();
          transfer.items.add(new File([{json.dumps(json.dumps(content))}], "decisions.json"));
          $("file").files = transfer.files;
          $("file").dispatchEvent(new Event("change"));
          await new Promise((done) => setTimeout(done, 300));
        }})()"""
    )


@pytest.mark.parametrize("width", [390, 1200])
def test_nothing_is_wider_than_the_window(browser, page, width):
    browser.open(page, width=width)
    for view in ("clusters", "pairs", "groups", "dark"):
        browser.evaluate(f"location.hash = 'a/{view}'; new Promise(done => setTimeout(done, 100))")
        assert browser.evaluate("document.documentElement.scrollWidth") <= width
    assert browser.evaluate("document.querySelector('header').offsetHeight") < 150


def test_what_was_saved_is_what_a_training_will_leave_out(browser, tmp_path):
    root = tmp_path / "towns"
    for folder, bright in (("trainA", True), ("trainB", False), ("testA", True), ("testB", False)):
        (root / folder).mkdir(parents=True)
        for i in range(6 if folder.startswith("train") else 2):
            draw_picture(root / folder / f"{i}.png", hash_seed(folder, i), bright=bright)
    assert main(["curate", str(root), "--features", "luminance", "--json"]) == 0
    browser.open(tmp_path / "towns-curation" / "review.html")
    browser.click('.pick[title="trainA/3.png"]')
    browser.evaluate("location.hash = 'b/dark'; new Promise(done => setTimeout(done, 100))")
    browser.click('.pick[title="testB/1.png"]')
    saved = save(browser, tmp_path)
    assert read_decisions(saved).a == {"trainA/3.png"}
    forget(browser)
    assert main(["curate", "apply", str(root), str(saved)]) == 0
    names = set()
    for side in ("trainA", "testA", "trainB", "testB"):
        with (root / f"{side}_filtered.csv").open(newline="") as lines:
            names |= {row["file_name"] for row in csv.DictReader(lines)}
    every = {path.relative_to(root).as_posix() for path in root.rglob("*.png")}
    assert len(every) == 16
    assert names == every - {"trainA/3.png", "testB/1.png"}

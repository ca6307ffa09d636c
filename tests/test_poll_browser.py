"""The poll's page in a real browser: clicks, keys, undo, zoom, saving, resuming, a lost server."""

from __future__ import annotations

import time

import pytest

from recyclegan.poll.files import read_key
from recyclegan.poll.scoring import score_poll
from recyclegan.poll.store import VoteStore
from recyclegan.poll.votes import Ballots
from tests.browser import BROWSER
from tests.poll_people import STRENGTHS, ballot_of, build
from tests.test_poll_serving import Person, start_serving, vote_json

pytestmark = pytest.mark.skipif(BROWSER is None, reason="no chromium or google-chrome on PATH")

KEYS = {"first": ("1", 49), "tie": ("0", 48), "second": ("ArrowRight", 39)}


@pytest.fixture(scope="module")
def poll_dir(tmp_path_factory):
    root = tmp_path_factory.mktemp("poll")
    return build(root, "--questions", "12", "--source", str(root / "source"))


def wait(browser, condition):
    deadline = time.monotonic() + 30
    while not browser.evaluate(condition):
        assert time.monotonic() < deadline, f"never came true: {condition}"
        time.sleep(0.02)


def seen(browser):
    """Wait for the two pictures, and return the numbers that they have in the poll."""
    wait(browser, "since !== null")
    return browser.evaluate("items()[at()].shown")


def better(key, shown):
    """What somebody answers who knows the truth."""
    first, second = (key.pictures[number].set for number in shown)
    if shown[0] == shown[1]:
        return "tie"
    return "first" if STRENGTHS.get(first, -9) > STRENGTHS.get(second, -9) else "second"


def forget(browser):
    browser.evaluate(
        "if (state) { state.unsaved = false; state.sending = []; } localStorage.clear()"
    )


def silent(browser):
    complaints = ("Log.entryAdded", "Runtime.consoleAPICalled", "Runtime.exceptionThrown")
    assert [event for event in browser.events if event["method"] in complaints] == []


def test_a_whole_poll_offline_and_its_saved_votes_are_scored(browser, poll_dir, tmp_path):
    folder, poll, key = poll_dir
    browser.call("Browser.setDownloadBehavior", behavior="allow", downloadPath=str(tmp_path))
    browser.open(folder / "poll.html")
    assert browser.evaluate("$('total').textContent") == "16"
    browser.click("#begin")
    ballots = Ballots(poll)
    for index in range(16):
        shown = seen(browser)
        assert browser.evaluate("$('place').textContent").startswith(f"{index + 1} of 16 · ")
        assert browser.evaluate("images.map(image => image.naturalWidth)") == [24, 24]
        choice = better(key, shown)
        if index % 2:
            browser.press(*KEYS[choice])
        else:
            browser.click(f"#pair [data-answer={choice}], .answers [data-answer={choice}]")
    wait(browser, "!$('thanks').hidden")
    browser.click("#thanks .save")
    name = f"votes-{browser.evaluate('state.voter')}.json"
    deadline = time.monotonic() + 20
    while not (tmp_path / name).exists():
        assert time.monotonic() < deadline
        time.sleep(0.02)
    ballots.add_file(tmp_path / name)
    assert ballots.refused == []
    score = score_poll(poll, read_key(folder, poll), ballots)
    assert score["votes"]["num_votes"] == 12 and score["votes"]["num_voters_dropped"] == 0
    assert [row["rank"] for row in score["sets"].values()] == [1, 2, 3]
    silent(browser)
    browser.click("#next")
    assert browser.evaluate("state.voter") not in name and browser.evaluate("at()") == 0
    forget(browser)


def test_undo_zoom_and_going_on_later(browser, poll_dir):
    folder, _, _ = poll_dir
    browser.open(folder / "poll.html")
    browser.press("1", 49)
    assert browser.evaluate("at()") == 0, "nothing is answered before the beginning"
    browser.click("#begin")
    for _ in range(3):
        seen(browser)
        browser.press("2", 50)
    third = browser.evaluate("items()[2].id")
    seen(browser)
    browser.press("u", 85)
    seen(browser)
    assert browser.evaluate("[at(), items()[at()].id]") == [2, third]
    browser.click("[data-zoom='1']")
    assert browser.evaluate("large.open && large.querySelector('img').src === images[1].src")
    browser.press(" ", 32)
    assert browser.evaluate("large.open && large.querySelector('img').src === images[0].src")
    browser.press("2", 50)
    assert browser.evaluate("at()") == 2, "keys do not vote on an enlarged picture"
    browser.press("z", 90)
    assert not browser.evaluate("large.open")
    browser.press("ArrowDown", 40)
    assert browser.evaluate(f"state.votes['{third}'].answer") == "tie"
    voter = browser.evaluate("state.voter")
    browser.open(folder / "poll.html")
    seen(browser)
    assert browser.evaluate("[state.voter, at()]") == [voter, 3]
    assert "3 of 16 are answered" in browser.evaluate("$('status').textContent")
    forget(browser)


def test_what_another_window_answered_is_taken_over(browser, poll_dir):
    folder, _, _ = poll_dir
    browser.open(folder / "poll.html")
    browser.click("#begin")
    seen(browser)
    browser.press("1", 49)
    seen(browser)
    browser.evaluate(
        """(() => {
          const there = JSON.parse(localStorage.getItem(key));
          const { id, shown } = items()[1];
          there.votes[id] = { question: id, first: shown[0], answer: "tie", seconds: 1, number: Date.now() };
          localStorage.setItem(key, JSON.stringify(there));
          dispatchEvent(new StorageEvent("storage", { key }));
        })()"""
    )
    seen(browser)
    browser.press("2", 50)
    kept = browser.evaluate("Object.values(load().votes).map((cast) => cast.answer)")
    assert sorted(kept) == ["first", "second", "tie"] and browser.evaluate("at()") == 3
    forget(browser)


@pytest.mark.parametrize(("width", "height"), [(1280, 800), (390, 844), (844, 390)])
def test_all_that_is_needed_is_on_the_screen(browser, poll_dir, width, height):
    folder, _, _ = poll_dir
    browser.open(folder / "poll.html", width, height, dark=width < 600)
    browser.click("#begin")
    seen(browser)
    boxes = browser.evaluate(
        """["#source img", "#first img", "#second img", ".answers", "#voting .undo", "#place"].map(
             (name) => { const box = document.querySelector(name).getBoundingClientRect();
                         return [box.left, box.top, box.right, box.bottom, box.width * box.height]; })"""
    )
    for left, top, right, bottom, _ in boxes:
        assert left >= 0 and top >= 0 and right <= width + 0.5 and bottom <= height + 0.5
    assert boxes[1][4] + boxes[2][4] > 0.4 * width * height
    forget(browser)


def visit(browser, port):
    browser.events.clear()
    browser.call("Page.navigate", url=f"http://127.0.0.1:{port}/")
    wait(browser, "document.readyState === 'complete' && location.protocol === 'http:'")
    wait(browser, "state !== null && (!$('welcome').hidden || since !== null)")


def test_a_served_poll_outlives_its_server_beside_another_voter(browser, tmp_path):
    folder, poll, key = build(tmp_path, "--questions", "12", "--source", str(tmp_path / "source"))
    process, port = start_serving(folder)
    visit(browser, port)
    browser.click("#begin")
    other = Person(port)
    theirs = ballot_of(poll, key, other.begin()["ballot"])
    for vote in theirs[:4]:
        seen(browser)
        browser.press("1", 49)
        assert other.post("/vote", vote_json(vote))[0] == 200
    wait(browser, "state.sending.length === 0")
    silent(browser)
    voter = browser.evaluate("state.voter")
    seen(browser)
    process.kill()
    process.wait()
    # The next pictures are there already; answers wait in the browser until the server is back.
    browser.press("2", 50)
    wait(browser, "$('status').textContent.startsWith('Not connected')")
    assert browser.evaluate("state.sending.length") == 1
    process, _ = start_serving(folder, port)
    wait(browser, "state.sending.length === 0")
    visit(browser, port)
    assert browser.evaluate("[state.voter, at()]") == [voter, 5]
    browser.press("u", 85)
    while not browser.evaluate("at() === items().length"):
        browser.press(*KEYS[better(key, seen(browser))])
    wait(browser, "$('stored').textContent.startsWith('All your answers are stored')")
    process.kill()
    process.wait()
    store = VoteStore(folder, poll.id)
    held = {name: store.votes_of(name) for name in store.voters()}
    store.close()
    assert len(held.pop(voter)) == 16
    (found,) = held.values()
    assert {vote.question: vote for vote in found} == {vote.question: vote for vote in theirs[:4]}
    forget(browser)

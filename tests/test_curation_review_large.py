"""The review page of many pictures, in a real browser: it answers, and embeds only what it must."""

from __future__ import annotations

import os
import shutil
import time

import numpy as np
import pytest
from PIL import Image

from recyclegan.curation import review
from recyclegan.curation.findings import DomainFindings, Findings, Item, Pair
from recyclegan.curation.review import write_review
from tests.browser import BROWSER
from tests.test_curation_review_browser import forget, make_findings, said, totals

pytestmark = pytest.mark.skipif(BROWSER is None, reason="no chromium or google-chrome on PATH")

WATCH = """
window.stalls = [];
new PerformanceObserver((list) => stalls.push(...list.getEntries().map((e) => e.duration)))
  .observe({ type: "longtask", buffered: true });
"""
FRAME = "new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))"
SHEET = """(async () => {
  const images = [...document.querySelectorAll(".grid img")].slice(0, 36);
  while (!images.every((image) => image.src)) await new Promise((done) => setTimeout(done, 10));
  await Promise.all(images.map((image) => image.decode()));
})()"""


def draw_many(root, number):
    """Findings of many names for few pictures, so that they are quickly made."""
    rng = np.random.default_rng(0)
    domains = []
    for letter in "ab":
        folder = root / f"train{letter.upper()}"
        folder.mkdir(parents=True)
        for i in range(number):
            if i < 20:
                blocks = Image.fromarray(rng.integers(0, 256, (25, 40, 3), np.uint8))
                blocks.resize((320, 200), Image.Resampling.BICUBIC).save(folder / f"{i:05}.jpg")
            else:
                os.link(folder / f"{i % 20:05}.jpg", folder / f"{i:05}.jpg")
        odd = rng.random((number, 3))
        items = tuple(
            Item(f"train{letter.upper()}/{i:05}.jpg", "test" if i % 5 == 0 else "train",
                 *odd[i, :2], i % 20, i // 20 % 4, i // 20, i // 3, odd[i, 2])
            for i in range(number)
        )  # fmt: skip
        pairs = tuple(Pair(i, i + 1, i / number) for i in range(0, 400, 2))
        domains.append(DomainFindings(letter, items, pairs))
    return Findings("many", {}, *domains)


@pytest.mark.slow
def test_ten_thousand_pictures_do_not_stall_the_page(browser, tmp_path):
    findings = draw_many(tmp_path / "data", 5000)
    page = tmp_path / "review.html"
    seconds = {}

    def timed(name, *actions):
        start = time.perf_counter()
        for action in actions:
            action()
        browser.evaluate(FRAME)
        seconds[name] = time.perf_counter() - start

    timed("write", lambda: write_review(page, findings, tmp_path / "data"))
    browser.call("Page.addScriptToEvaluateOnNewDocument", source=WATCH)
    timed("open", lambda: browser.open(page), lambda: browser.evaluate(SHEET))
    timed("click", lambda: browser.click(".pick"))
    timed("key", lambda: browser.press("x", 88))
    timed("drop a cluster", lambda: browser.press("c", 67))
    assert said(browser) == "Dropped 250 pictures of Cluster 1."
    for view in ("groups", "outliers", "pairs", "clusters"):
        timed(view, lambda view=view: browser.evaluate(f"location.hash = 'a/{view}'"))
    timed("undo", lambda: browser.press("u", 85))
    assert totals(browser)[0] == "train 4,000 kept, 0 dropped · test 1,000 kept, 0 dropped"
    browser.evaluate("location.hash = 'b/dark'")
    deadline = time.monotonic() + 60
    end = f"scrollTo(0, 1e7); {FRAME}.then(() => $('main').lastChild.hidden)"
    while not browser.evaluate(end):
        assert time.monotonic() < deadline, "the end of a view is out of reach"
    assert browser.evaluate("document.querySelectorAll('.pick').length") == 5000
    timed("key among 5,000 tiles", lambda: browser.press("ArrowRight", 39))
    stalls = browser.evaluate("new Promise((done) => setTimeout(done, 200, stalls))")
    forget(browser)
    print(f"\n{page.stat().st_size / 1e6:.0f} MB", {k: round(v, 3) for k, v in seconds.items()})
    print(f"{len(stalls)} tasks over 50 ms, the longest {max(stalls, default=0):.0f} ms")
    assert seconds.pop("write") < 120
    assert seconds.pop("open") < 20
    assert max(seconds.values()) < 2
    assert max(stalls, default=0) < 2000


def test_above_a_limit_only_samples_are_embedded_and_the_rest_is_read(
    browser, tmp_path, monkeypatch
):
    monkeypatch.setattr(review, "MAX_EMBEDDED", 50)
    for name in ("PAIRS", "EXTREMES", "GROUPS"):
        monkeypatch.setattr(review, f"NUM_EMBEDDED_{name}", 2)
    findings = make_findings(tmp_path / "data", 200)
    done = []
    write_review(
        tmp_path / "review.html", findings, tmp_path / "data",
        on_progress=lambda *progress: done.append(progress),
    )  # fmt: skip
    assert 2 * 72 <= done[-1][1] <= 2 * (72 + 4 * 12 + 12)
    browser.open(tmp_path / "review.html")
    assert not from_disk(browser, "clusters")
    assert from_disk(browser, "dark")
    # Away from the dataset, what is not embedded is named.
    moved = tmp_path / "elsewhere"
    moved.mkdir()
    shutil.copy(tmp_path / "review.html", moved)
    browser.open(moved / "review.html")
    browser.evaluate(f"location.hash = 'a/dark'; {FRAME}")
    time.sleep(0.3)
    missing = browser.evaluate(
        "[...document.querySelectorAll('.pick small')].map((e) => e.textContent)"
    )
    assert missing
    assert set(missing) <= {item.name for item in findings.a.items}


def from_disk(browser, view):
    """The number of pictures of a view that are read from the dataset, after all were drawn."""
    return browser.evaluate(
        f"""(async () => {{
          location.hash = "a/{view}";
          await {FRAME};
          const images = [...document.querySelectorAll(".grid img")];
          for (const image of images) image.scrollIntoView();
          await {FRAME};
          for (const image of images) image.src ||= thumb(image.d, image.i);
          await Promise.all(images.map((image) => image.decode()));
          return images.filter((image) => image.src.startsWith("file:")).length;
        }})()"""
    )

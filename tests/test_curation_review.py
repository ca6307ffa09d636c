"""What the review page is made of, without a browser."""

from __future__ import annotations

import json

import pytest

from recyclegan.curation.decisions import read_decisions
from recyclegan.curation.review import write_review
from recyclegan.curation.samples import spread
from recyclegan.curation.thumbnails import choose_side, cluster_sheet
from recyclegan.errors import UserError
from tests.test_curation_review_browser import make_findings


def test_samples_reach_from_the_centre_to_the_edge():
    samples = spread(range(1000), 36)
    assert (len(set(samples)), samples[0], samples[-1]) == (36, 0, 999)
    assert spread([4, 2], 36) == (4, 2)


def test_page_survives_hostile_names_and_missing_pictures(tmp_path):
    findings = make_findings(tmp_path / "data", 6)
    (tmp_path / "data" / findings.a.items[0].name).unlink()
    done = []
    path = tmp_path / "review.html"
    write_review(path, findings, tmp_path / "data", on_progress=lambda *args: done.append(args))
    assert done[-1] == (12, 12)
    text = path.read_text("utf-8")
    assert "</script>a" not in text
    assert text.count("<script") == text.count("</script>") == 4


def test_thumbnails_shrink_to_the_budget(tmp_path):
    findings = make_findings(tmp_path, 6)
    paths = [tmp_path / item.name for item in findings.a.items]
    assert choose_side(paths, 6, 10**9)[0] > choose_side(paths, 6, 10)[0]


def test_cluster_sheet_shows_samples_and_refuses_an_unknown_cluster(tmp_path):
    findings = make_findings(tmp_path, 20)
    assert min(cluster_sheet(findings.a, tmp_path, 0).size) > 2 * 24
    with pytest.raises(UserError, match="no cluster 9: it has 0, 1"):
        cluster_sheet(findings.a, tmp_path, 9)


@pytest.mark.parametrize("text", ["", "{", "[]", json.dumps({"format": "other"})])
def test_wrong_decisions_are_refused_with_the_way_out(tmp_path, text):
    path = tmp_path / "decisions.json"
    path.write_text(text)
    with pytest.raises(UserError, match=r"Save decisions\.json"):
        read_decisions(path)
    with pytest.raises(UserError, match="no such file"):
        read_decisions(tmp_path / "missing.json")

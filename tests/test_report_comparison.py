"""What the comparison's page holds, says and leaves out, and how it stands up to odd content."""

from __future__ import annotations

import json
import os
import re
from html import unescape

import numpy as np
import pytest
from PIL import Image

from recyclegan.report import comparison_pictures
from recyclegan.report.comparison_curves import draw_runs
from recyclegan.report.comparison_histograms import BASE, WIDTH, draw_histograms
from recyclegan.report.comparison_maps import make_maps, measure_stress
from recyclegan.report.comparison_numbers import amount, decimal, duration, list_names, span
from recyclegan.report.comparison_page import SCRIPTS, render_comparison, write_comparison_page
from recyclegan.report.comparison_pictures import choose_evenly
from recyclegan.report.comparison_standing import stand
from recyclegan.report.comparison_words import sum_up
from tests.comparison_fixture import make_comparison, make_events

ODD_NAMES = ("</script><b>", "n" * 60, "\"quote' & <img src=x onerror=alert(1)>")


@pytest.fixture
def comparison(tmp_path):
    return make_comparison(tmp_path)


def set_verdict(comparison, metric, verdicts):
    for entry in comparison["differences"][metric]:
        pair = entry["first"], entry["second"]
        entry["verdict"] = verdicts.get(pair, entry["verdict"])


def words(comparison):
    return " ".join(f"By {', '.join(f.titles)}: {f.words}." for f in sum_up(comparison))


def data_of(page):
    return json.loads(re.search(r'id="data">(.*?)</script>', page, re.DOTALL)[1])


def assert_links_lead(page):
    links = set(re.findall(r'href="#([^"]+)"', page))
    assert links and links <= set(re.findall(r'<h2 id="([^"]+)"', page))


def test_what_is_clear_is_told_from_what_is_not(comparison):
    assert stand(comparison, "kid_resnet18").winner is None
    assert "small has the best figure, but large is not clearly behind; odd clearly is" in (
        words(comparison)
    )
    set_verdict(comparison, "kid_resnet18", {("small", "large"): "first"})
    assert stand(comparison, "kid_resnet18").winner == "small"
    assert "By KID, resnet18: small is clearly better than large and odd." in words(comparison)


def test_what_keeps_structure_is_told_beside_that_doing_nothing_does(comparison):
    said = words(comparison)
    assert said.count("doing nothing at all is best here") == 1
    for entry in comparison["differences"]["structure"]:
        entry["verdict"] = "second" if entry["second"] == "identity" else entry["verdict"]
    assert words(comparison) == said


def test_no_clear_difference_is_an_answer(comparison):
    for metric in comparison["metrics"]:
        for entry in comparison["differences"][metric]:
            entry["verdict"] = "unclear"
    said = words(comparison)
    assert "no set is clearly behind the best figure, which is that of small" in said
    assert "even small is not clearly better than source as it is or colour transfer" in said


def test_unlike_protocols_are_not_ranked(comparison):
    pairs = (("small", "large"), ("small", "odd"))
    set_verdict(comparison, "kid_resnet18", dict.fromkeys(pairs, "unlike"))
    standing = stand(comparison, "kid_resnet18")
    assert (standing.best, standing.apart, standing.winner) == ("large", ("small",), None)
    set_verdict(comparison, "kid_resnet18", {("small", "large"): "unclear"})
    set_verdict(comparison, "kid_resnet18", {("small", "odd"): "unlike"})
    standing = stand(comparison, "kid_resnet18")
    assert (standing.best, standing.level, standing.apart) == ("small", ("large",), ("odd",))
    set_verdict(comparison, "kid_resnet18", dict.fromkeys((*pairs, ("large", "odd")), "unlike"))
    assert stand(comparison, "kid_resnet18") is None


def test_a_metric_without_a_better_way_ranks_nothing(comparison):
    assert stand(comparison, "colour_share") is None
    comparison["metrics"] = {"colour_share": comparison["metrics"]["colour_share"]}
    assert sum_up(comparison) == []


def test_only_what_is_clearly_best_is_marked(comparison, tmp_path):
    assert 'class="best"' not in render_comparison(comparison, tmp_path)
    set_verdict(comparison, "psnr", {("small", "large"): "first"})
    page = render_comparison(comparison, tmp_path)
    assert page.count('class="best"') == 1
    assert re.search(r'class="best">18\.00<small>17\.33 to 18\.67</small>', page)


def test_names_are_text_whatever_they_hold(tmp_path):
    comparison = make_comparison(tmp_path, ODD_NAMES)
    comparison["samples"]["grid"][0]["name"] = "<i>0</i>"
    comparison["left_out"][0]["path"] = "</ul><script>"
    page = render_comparison(comparison, tmp_path)
    assert page.count("</script>") == 3 == page.count("<script")
    assert "<i>0" not in page
    assert "<img src=x" not in page
    assert [entry["name"] for entry in data_of(page)["sets"]][1:4] == list(ODD_NAMES)
    for name in ODD_NAMES:
        assert name in unescape(page)


def test_surrogates_of_file_names_do_not_stop_the_page(comparison, tmp_path):
    comparison["samples"]["grid"][0]["name"] = os.fsdecode(b"\xff.png")
    write_comparison_page(tmp_path / "page.html", comparison, tmp_path)
    assert (tmp_path / "page.html").read_bytes().startswith(b"<!doctype html>")


def test_links_of_the_full_page_lead_somewhere(comparison, tmp_path):
    page = render_comparison(comparison, tmp_path)
    assert_links_lead(page)
    assert page.count('href="#') == 9


def test_each_picture_is_embedded_once(comparison, tmp_path):
    page = render_comparison(comparison, tmp_path)
    sources = re.findall(r'src="(data:[^"]+)"', page)
    assert len(sources) == len(set(sources)) == 4 * 5
    copies = set(re.findall(r'data-copy="([^"]+)"', page))
    assert copies <= set(re.findall(r'<img id="([^"]+)"', page))
    assert len(copies) > 4


def test_pictures_that_are_gone_are_told(comparison, tmp_path):
    comparison["samples"]["grid"][0]["sets"]["small"] = "gone.png"
    comparison["samples"]["grid"][1]["sets"]["small"] = None
    page = render_comparison(comparison, tmp_path)
    assert page.count("not at hand") == 2
    assert data_of(page)["pictures"][0]["sets"]["1"] is None


def test_page_of_many_large_pictures_stays_small_and_says_so(tmp_path, monkeypatch):
    """Noise is the hardest to pack: 19 pictures of 6 sets, all links to one file."""
    monkeypatch.setattr(comparison_pictures, "GRID_BYTES", 2_000_000)
    comparison = make_comparison(tmp_path, tuple("abcdef"), 19, size=16)
    noise = np.random.default_rng(0).integers(0, 256, (400, 500, 3), np.uint8)
    Image.fromarray(noise).save(tmp_path / "noise.jpg", quality=95)
    for i, entry in enumerate(comparison["samples"]["grid"]):
        for name in entry["sets"]:
            os.link(tmp_path / "noise.jpg", tmp_path / f"{name}{i}.jpg")
            entry["sets"][name] = f"{name}{i}.jpg"
    page = render_comparison(comparison, tmp_path)
    num = int(re.search(r"(\d+) of 19 pictures, evenly spaced", page)[1])
    assert 2 <= num < 6
    assert [p["name"] for p in data_of(page)["pictures"]][:: num - 1] == ["0", "18"]
    assert len(page) < 4_000_000
    assert max(Image.open(tmp_path / "noise.jpg").size) > comparison_pictures.MAX_SIDE


def test_evenly_chosen_items_reach_from_first_to_last():
    assert choose_evenly(range(5), 9) == [0, 1, 2, 3, 4]
    assert choose_evenly(range(9), 3) == [0, 4, 8]
    assert choose_evenly(range(9), 1) == [0]


def test_what_there_is_not_leaves_no_empty_section(comparison, tmp_path):
    comparison |= {
        "metrics": {}, "figures": {}, "differences": {}, "matrices": {}, "distributions": {},
        "maps": {}, "samples": {"by": None, "percentiles": {}, "grid": []}, "curves": {},
        "skipped": [], "left_out": [], "warnings": [],
    }  # fmt: skip
    for entry in comparison["sets"]:
        entry |= {"flags": [], "cost": None}
    page = render_comparison(comparison, tmp_path)
    assert re.findall(r'<h2 id="([^"]+)"', page) == ["table", "limits", "origin"]
    assert_links_lead(page)
    assert "No metric at hand ranks these sets" in page


def test_everything_that_was_left_out_is_told(comparison, tmp_path):
    page = unescape(render_comparison(comparison, tmp_path))
    for said in (
        "Only 4 pictures a set.", "odd holds 3 pictures and small 4: they",
        "odd/9.png: the file is truncated", "fid: no Inception weights at hand",
        "parameters from model.json", '"num_fake": 4', "1.67 M", "120 ms",
    ):  # fmt: skip
        assert said in page


def test_many_flags_are_folded_and_their_rows_marked(comparison, tmp_path):
    page = render_comparison(comparison, tmp_path)
    assert (page.count("⚑"), page.count("sets unlike the others")) == (1, 0)
    comparison = make_comparison(tmp_path, tuple("abcdefgh"))
    for entry in comparison["sets"][1:]:
        entry["flags"] = ["<Unlike>."]
    page = render_comparison(comparison, tmp_path)
    assert (page.count("⚑"), page.count("10 sets unlike the others")) == (10, 1)
    assert page.count("<li>&lt;Unlike&gt;.</li>") == 10


def test_without_a_source_there_is_a_grid_but_no_slider(comparison, tmp_path):
    for entry in comparison["samples"]["grid"]:
        entry["source"] = None
    page = render_comparison(comparison, tmp_path)
    sections = re.findall(r'<h2 id="([^"]+)"', page)
    assert "grid" in sections and "sliders" not in sections
    assert_links_lead(page)


def test_stress_is_zero_where_a_map_keeps_the_distances_and_grows_where_not():
    rng = np.random.default_rng(0)
    points = rng.normal(size=(8, 3))
    distances = np.linalg.norm(points[:, None] - points, axis=-1)
    assert measure_stress(7 * points, distances) == 0
    flat = measure_stress(points[:, :2], distances)
    assert 0 < flat < measure_stress(rng.normal(size=(8, 2)), distances)
    distances[0, 1] = np.nan
    assert measure_stress(7 * points, distances) == 0
    assert measure_stress(np.zeros((8, 2)), distances) is None


def test_map_of_square_roots_is_judged_by_square_roots():
    points = [[0.0, 0.0], [1.0, 0.0], [3.0, 0.0]]
    matrix = {"values": [[0, 1, 9], [1, 0, 4], [9, 4, 0]]}
    maps = {"of": "square roots of the values", "tsne2": {"points": points, "perplexity": 1.0}}
    made = make_maps(matrix, maps)["tsne2"]
    assert made["stress"] == 0
    assert max(np.linalg.norm(made["points"], axis=1)) == pytest.approx(1, abs=1e-3)
    assert make_maps(matrix, maps | {"of": "the values as they are"})["tsne2"]["stress"] > 0.1


def test_histogram_fills_the_share_of_its_axis_that_its_bins_do():
    distribution = {"mean": 0.5, "std": 0.1, "num": 4, "edges": [0.0, 0.5, 1.0], "counts": [1, 3]}
    sets = [{"name": name, "role": role} for name, role in (("real", "real"), ("a", "set"))]
    real, a = draw_histograms({"real": distribution, "a": distribution}, sets)
    assert a.path == f"M0.0,{BASE}V52.0H160.0V4.0H320.0V{BASE}" == a.real
    assert (real.real, WIDTH) == ("", 320)


def test_runs_share_a_chart_and_take_their_colours_again(comparison):
    measured = draw_runs(comparison["curves"], "evaluation")
    assert [chart.title.rsplit(", ", 1)[1] for chart in measured] == ["a to b", "b to a"]
    assert [line.label for line in measured[0].lines] == ["small", "large"]
    assert len(draw_runs(comparison["curves"], "train")) == 1
    many = draw_runs({f"run{i}": make_events(1.0) for i in range(9)}, "evaluation")[0]
    assert [line.colour for line in many.lines][7:] == ["run-7", "run-0 again"]


def test_numbers_and_lists_of_names():
    assert [decimal(v, 2, signed=True) for v in (-0.001, -1.005, 2)] == ["+0.00", "−1.00", "+2.00"]
    assert (decimal(None, 2), span([-0.5, 1], 1), span(None, 1)) == ("–", "−0.5 to 1.0", "")
    assert [amount(v) for v in (None, 12, 1_669_891, 4.96e10)] == ["–", "12", "1.67 M", "49.6 G"]
    assert [duration(v) for v in (None, 0.0123, 2.5)] == ["–", "12.3 ms", "2.5 s"]
    assert list_names(["a"]) == "a"
    assert list_names(["a", "b", "c"]) == "a, b and c"
    assert list_names(list("abcdefgh")) == "a, b, c, d, e and 3 others"


def test_scripts_of_the_page_are_all_there(comparison, tmp_path):
    assert render_comparison(comparison, tmp_path).count('"use strict";') == len(SCRIPTS)

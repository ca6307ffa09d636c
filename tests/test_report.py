"""What the report holds and how it stands up to odd content."""

from __future__ import annotations

import base64
import io
import math
import re
from dataclasses import replace
from html import unescape

import numpy as np
import pytest
from PIL import Image

from recyclegan.report import figures
from recyclegan.report.charts import draw_chart, round_marks
from recyclegan.report.content import Command, DirectionSection, Example, ReportContent
from recyclegan.report.embedding import data_uri
from recyclegan.report.page import render_report, write_report
from recyclegan.report.series import MAX_POINTS, gather_curves


def estimate(value, half_width=0.5, num=12):
    low, high = value - half_width, value + half_width
    return {"value": value, "interval": [low, high], "num": num, "num_infinite": 0}


def difference(value, half_width=0.5):
    gap = estimate(value, half_width)
    low, high = gap["interval"]
    return gap | {"verdict": "unclear" if low <= 0 <= high else "better" if low > 0 else "worse"}


def make_evaluation(gain=2.0):
    recipe = {"size": "native", "data_range": 2.0}
    return {
        "metrics": {
            "psnr": estimate(17.0 + gain) | {"recipe": recipe},
            "ssim": estimate(0.60, 0.02) | {"recipe": recipe},
        },
        "rows": {
            "identity": {"psnr": estimate(9.0), "ssim": estimate(0.30, 0.02)},
            "colour_transfer": {"psnr": estimate(17.0), "ssim": estimate(0.52, 0.02)},
            "real_halves": {},
        },
        "row_recipes": {"identity": "the source, unchanged"},
        "differences": {
            "identity": {"psnr": difference(8.0 + gain), "ssim": difference(0.30, 0.03)},
            "colour_transfer": {"psnr": difference(gain), "ssim": difference(0.01, 0.03)},
        },
        "unmatched": {"fake": [], "truth": [], "source": ["night_07"]},
        "left_out": [{"path": "night_09", "reason": "the sizes differ"}],
    }


def make_examples(size=96):
    red, blue = (Image.new("RGB", (size, size), colour) for colour in ("#ff0000", "#0000ff"))
    grey, green = (Image.new("RGB", (size, size), colour) for colour in ("#777777", "#00aa00"))
    return [Example(f"{index:02}.png", red, blue, grey, green) for index in (1, 2)]


def make_events(num_steps=400):
    for step in range(0, num_steps, 2):
        decay = math.exp(-step / 100)
        yield {
            "event": "train", "step": step, "time": step / 3, "learning_rate": 2e-4,
            "losses/cycle_a": 0.1 + decay, "losses/cycle_b": 0.2 + decay,
            "losses/adversarial_a2b": 0.5, "losses/adversarial_b2a": None,
        }  # fmt: skip
        if step % 100 == 0:
            yield {
                "event": "evaluation",
                "step": step,
                "cycle_b": 0.2,
                "psnr_a2b": 18 - 9 * decay,
                "psnr_b2a": 15,
            }
    yield {"event": "note", "step": num_steps, "psnr_a2b": 99.0}
    yield {"event": "evaluation", "step": num_steps, "cycle_a": 0.1, "psnr_b2a": math.nan}


def make_content():
    directions = [
        DirectionSection("a2b", "Closer to the truth.", make_examples(), make_evaluation()),
        DirectionSection("b2a", "No clear difference.", make_examples(), None),
    ]
    return ReportContent(
        title="Day and night",
        subtitle="recyclegan on 200 rendered street scenes",
        domains=("day", "night"),
        directions=directions,
        facts=[("parameters", "1,522,350"), ("steps", "400")],
        events=list(make_events()),
        warnings=["The discriminator of night was always right between steps 200 and 260."],
        commands=[
            Command("Train on your pictures.", 'recyclegan train recyclegan --data "my data"')
        ],
        limits=["Rendered streets are not photographs."],
        provenance={"seed": 0, "device": "cpu"},
    )


def test_page_is_one_file_that_asks_for_nothing(tmp_path):
    path = tmp_path / "report.html"
    write_report(path, make_content())
    html = path.read_text(encoding="utf-8")
    assert "http://" not in html and "https://" not in html
    assert not re.search(r"<(link|iframe|object|embed)\b", html)
    assert all(address.startswith("data:image/") for address in re.findall(r'src="([^"]*)"', html))
    assert "default-src 'none'" in html
    assert [entry.name for entry in tmp_path.iterdir()] == ["report.html"]


def test_everything_given_is_said():
    html = render_report(make_content())
    for text in (
        "Day and night", "1,522,350", "day → night", "night → day", "Closer to the truth.",
        "No clear difference.", "19.00", "18.50 to 19.50", "+2.00", "+1.50 to +2.50",
        "always right between steps 200 and 260", "Rendered streets are not photographs.",
        "night_07", "night_09 (the sizes differ)", "&#34;device&#34;: &#34;cpu&#34;",
        "no clear difference",
    ):  # fmt: skip
        assert text in html, text
    code = re.search(r"<code>(.*?)</code>", html)[1]
    assert unescape(re.sub(r"<[^>]+>", "", code)) == 'recyclegan train recyclegan --data "my data"'


def test_bare_content_makes_a_page_without_empty_sections():
    section = DirectionSection(
        "b2a",
        "Nothing measured.",
        [Example("x", *make_examples()[0:0], Image.new("RGB", (8, 8)), Image.new("RGB", (8, 8)))],
    )
    html = render_report(ReportContent("T", "S", ("hazy", "clear"), [section]))
    for heading in ("How the training went", "Go on with your own", "warned of", "<table"):
        assert heading not in html
    assert "No true version of these pictures exists" in html
    assert "clear → hazy" in html


def test_names_cannot_inject_markup():
    evil = "<script>alert(1)</script>"
    content = replace(make_content(), title=evil, domains=(evil, '"><img src=x>'), warnings=[evil])
    html = render_report(content)
    assert evil not in html
    assert "<img src=x>" not in html


def decode(uri):
    return Image.open(io.BytesIO(base64.b64decode(uri.split(",", 1)[1])))


def test_small_pictures_are_kept_exactly_and_large_ones_nearly():
    noise = np.random.default_rng(0).integers(0, 256, (128, 160, 3), dtype=np.uint8)
    small = Image.fromarray(noise)
    assert np.array_equal(np.asarray(decode(data_uri(small))), noise)
    smooth = small.resize((400, 320), Image.Resampling.BICUBIC)
    error = np.asarray(decode(data_uri(smooth)), float) - np.asarray(smooth, float)
    assert 0 < np.abs(error).mean() < 3
    assert decode(data_uri(small.resize((3000, 300)))).size == (768, 77)
    assert decode(data_uri(small.convert("L"))).mode == "RGB"


def test_a_full_page_stays_under_five_megabytes():
    rng = np.random.default_rng(0)
    coarse = Image.fromarray(rng.integers(0, 256, (32, 32, 3), dtype=np.uint8))
    picture = coarse.resize((256, 256), Image.Resampling.BICUBIC)
    example = Example("x", picture, picture, picture, picture)
    sections = [
        DirectionSection(side, "", [example] * 8, make_evaluation()) for side in ("a2b", "b2a")
    ]
    content = replace(make_content(), directions=sections, events=list(make_events(20_000)))
    assert len(render_report(content).encode()) < 5e6


def test_curves_pair_directions_skip_gaps_and_put_held_out_first():
    curves = {c.title: c for c in gather_curves(list(make_events()))}
    titles = list(curves)
    assert titles[0].startswith("PSNR")
    assert titles[1].startswith("Error after there and back")
    assert "Cycle-consistency loss" in titles and "learning rate" not in titles
    psnr = {series.side: series.points for series in curves[titles[0]].series}
    assert [step for step, _ in psnr["a2b"]] == [0, 100, 200, 300]
    assert psnr["b2a"] == ((0, 15), (100, 15), (200, 15), (300, 15))
    adversarial = curves["Adversarial loss of the generators"]
    assert [series.side for series in adversarial.series] == ["a2b"]


def test_long_curves_are_thinned_by_medians_and_one_spike_cannot_bend_them():
    events = [{"event": "train", "step": s, "losses/cycle_a": 1.0} for s in range(5000)]
    events[2500]["losses/cycle_a"] = 1e9
    (curve,) = gather_curves(events)
    points = curve.series[0].points
    assert len(points) <= MAX_POINTS
    assert points[-1][0] == 4999
    assert {value for _, value in points} == {1.0}


@pytest.mark.parametrize(
    ("low", "high"), [(0, 1), (0.113, 0.118), (-3, 17), (5, 5), (0, 0), (1e-7, 2e-7), (3, 41_234)]
)
def test_axis_marks_are_even_and_cover_the_data(low, high):
    marks = round_marks(low, high)
    gaps = np.diff(marks)
    assert marks[0] <= low and marks[-1] >= high
    assert 2 <= len(marks) <= 7
    np.testing.assert_allclose(gaps, gaps[0], rtol=1e-6)


def test_chart_points_lie_inside_the_plot():
    for curves in gather_curves(list(make_events())):
        chart = draw_chart(curves, ("day", "night"))
        for line in chart.lines:
            corners = [pair.split(",") for pair in line.path[1:].split(" L")]
            assert all(52 <= float(x) <= 428 and 12 <= float(y) <= 200 for x, y in corners)
    assert chart.lines[0].label in ("day", "night", "day → night", "night → day")


@pytest.mark.parametrize(("gain", "word"), [(2.0, "better"), (-2.0, "worse"), (0.1, "unclear")])
def test_a_difference_is_marked_as_its_verdict_says(gain, word):
    section = replace(make_content().directions[0], evaluation=make_evaluation(gain))
    html = render_report(replace(make_content(), directions=[section]))
    sign = "+" if gain > 0 else "−"
    assert f'<td class="{word}">{sign}{abs(gain):.2f}' in html


def test_whiskers_share_an_axis_that_holds_zero():
    placed = figures.whiskers(make_evaluation(gain=-2.0)["differences"], "psnr")
    for whisker in placed.values():
        assert whisker.zero == placed["identity"].zero
        assert 0 <= whisker.low <= whisker.value <= whisker.low + whisker.width <= 100
    assert placed["colour_transfer"].value < placed["identity"].zero < placed["identity"].value


def test_missing_values_are_dashes_and_minus_signs_are_true():
    nothing = {"value": None, "interval": None, "num": 0, "num_infinite": 12}
    assert figures.number(None, "psnr") == "–"
    assert figures.number(-1.5, "psnr", signed=True) == "−1.50"
    assert "too few" in figures.interval(nothing, "psnr")
    evaluation = make_evaluation()
    evaluation["metrics"]["psnr"] = nothing | {"recipe": {}}
    assert figures.best_row(evaluation, "psnr") == "colour_transfer"
    section = replace(make_content().directions[0], evaluation=evaluation)
    html = render_report(replace(make_content(), directions=[section]))
    assert "12 equal to the truth, counted apart" in html


def test_figures_of_an_extractor_are_titled_with_its_name():
    events = [{"event": "evaluation", "step": 1, "kid_resnet18_a2b": 0.2, "psnr_a2b": 20.0}]
    first, second = gather_curves(events)
    assert first.title.startswith("KID") and "resnet18" in first.title
    assert second.title.startswith("PSNR")

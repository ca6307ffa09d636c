"""`recyclegan compare`: one folder with record, tables, figures and page; mistakes in a sentence."""

import csv
import io
import json

import numpy as np
import pytest
from PIL import Image

from recyclegan.cli.main import main
from recyclegan.comparison import writing
from recyclegan.comparison.comparing import compare
from recyclegan.comparison.figures import sheet, style
from recyclegan.comparison.rankings import difference_of
from recyclegan.comparison.request import Request
from recyclegan.evaluation.measuring import Measured, subtract
from recyclegan.metrics.resampling import draw_weights, mean_figure
from tests.comparison_sets import (
    CHANGES,
    NUM,
    compare_words,
    copy,
    draw_folders,
    random_weights,
)

KINDS = ("mds2", "tsne3")
"""Of the four maps of each matrix, those that the tests draw."""


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """A whole comparison, with a source and a truth, and one set twice under two names."""
    root = draw_folders(tmp_path_factory.mktemp("whole"))
    copy(root / "near", "again")
    copy(root / "real", "real-copy")
    sets = [*CHANGES, "again", "real-copy"]
    words = compare_words(
        root, root / "out", "--source", str(root / "source"), "--truth", str(root / "truth"),
        "--weights", str(random_weights(root / "weights")), sets=sets,
    )  # fmt: skip
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(style, "DPI", 50)
        patch.setattr(sheet, "KINDS", KINDS)
        assert main(words) == 0
    return root, words, strict(root / "out" / "comparison.json")


@pytest.fixture
def root(tmp_path):
    return draw_folders(tmp_path)


def strict(path):
    def refuse(constant):
        raise AssertionError(constant)

    return json.loads(path.read_text(), parse_constant=refuse)


def compared(root, sets=tuple(CHANGES), **more):
    """The record of a comparison of the folders below `root`, without its figures."""
    folders = {name: root / name for name in sets}
    request = Request(root / "real", folders, extractor="luminance", **more)
    comparison = compare(request, root / "out")
    return json.loads(json.dumps(comparison, allow_nan=False))


def test_everything_is_in_the_folder(made):
    root, _, comparison = made
    out = root / "out"
    names = {path.name for path in out.iterdir()}
    assert names == {
        "comparison.json",
        "report.html",
        "table.csv",
        "table.tex",
        "figures",
        "baselines",
    }
    assert (comparison["kind"], comparison["version"]) == ("comparison", 1)
    roles = {entry["name"]: entry["role"] for entry in comparison["sets"]}
    assert (
        next(iter(roles)) == "real" and roles["near"] == "set" and roles["identity"] == "baseline"
    )
    figures = {path.stem for path in (out / "figures").iterdir()}
    wanted = {f"bars-{metric}" for metric in comparison["metrics"]}
    wanted |= {f"matrix-{name}" for name in comparison["matrices"]}
    wanted |= {f"map-{name}-{kind}" for name in comparison["maps"] for kind in KINDS}
    assert figures == wanted | {"histograms", "grid", "percentiles"}
    for path in (out / "figures").iterdir():
        pixels = np.asarray(Image.open(path).convert("L"))
        assert pixels.std() > 1 and pixels[0, 0] > 240, f"{path.name} is empty or dark"


def test_figures_tell_the_better_set_and_the_floor(made):
    figures = made[2]["figures"]
    for metric, sign in (("kid_luminance", 1), ("lpips_alex", 1), ("psnr", -1), ("ssim", -1)):
        values = [figures[name][metric]["value"] for name in CHANGES]
        if metric != "kid_luminance":
            assert sorted(values, key=lambda value: sign * value) == values, metric
        assert figures["near"][metric] == figures["again"][metric]
    assert set(figures["real"]) == {"kid_luminance", "fd_luminance"}
    assert figures["identity"]["structure"]["value"] == pytest.approx(1, abs=1e-6)
    recipe = made[2]["metrics"]["kid_luminance"]["recipe"]
    assert recipe["extractor"] == "luminance" and recipe["num_real"] == NUM


def test_differences_of_all_pairs_have_a_verdict(made):
    comparison = made[2]
    names = [entry["name"] for entry in comparison["sets"] if entry["role"] != "real"]
    pairs = comparison["differences"]["psnr"]
    assert len(pairs) == len(names) * (len(names) - 1) / 2
    found = {(pair["first"], pair["second"]): pair for pair in pairs}
    assert found["near", "far"]["verdict"] == "first"
    assert found["near", "far"]["value"] == pytest.approx(
        comparison["figures"]["near"]["psnr"]["value"]
        - comparison["figures"]["far"]["psnr"]["value"]
    )
    assert found["near", "again"]["value"] == 0 and found["near", "again"]["verdict"] == "unclear"
    nearer = {
        p["verdict"]
        for p in comparison["differences"]["lpips_alex"]
        if p["first"] == "near" and p["second"] == "far"
    }
    assert nearer == {"first"}
    assert {
        p["verdict"]
        for p in comparison["differences"]["colour_share"]
        if "real-copy" not in (p["first"], p["second"])
    } == {"unclear"}


@pytest.mark.parametrize("num_infinite", [0, 2])
def test_differences_need_no_new_resamples_where_all_pictures_were_measured(num_infinite):
    names = tuple(f"{index}" for index in range(30))
    weights = draw_weights(names)
    measured = []
    for seed in (0, 1):
        scores = np.random.default_rng(seed).normal(20, 3, len(names))
        scores[: num_infinite * seed] = np.inf
        figures = {"psnr": mean_figure(scores, weights)}
        measured.append(Measured(names, figures, {"psnr": scores}))
    wanted, found = subtract(*measured, "psnr"), difference_of(*measured, "psnr")
    assert found.value == pytest.approx(wanted.value)
    assert found.interval == pytest.approx(wanted.interval)
    assert found.num == wanted.num


def test_matrices_are_symmetric_and_same_sets_coincide_on_every_map(made):
    comparison = made[2]
    assert set(comparison["matrices"]) == {
        "kid_luminance",
        "fd_luminance",
        "lpips_alex",
        "lpips_w_alex",
    }
    for name, matrix in comparison["matrices"].items():
        values = np.array(matrix["values"], float)
        assert np.array_equal(values, values.T, equal_nan=True), name
        assert (np.diag(values) == 0).all() and (matrix["labels"][0] == "real") == (
            name != "lpips_alex"
        )
    assert comparison["matrices"]["lpips_alex"]["labels"][-1] == "truth"
    assert set(comparison["maps"]) == {"kid_luminance", "fd_luminance", "lpips_w_alex"}, (
        "pictures of the copied real set have no partners, so same names make no map"
    )
    for name, maps in comparison["maps"].items():
        place = {label: index for index, label in enumerate(maps["labels"])}
        for kind in ("mds2", "mds3", "tsne2", "tsne3"):
            points = np.array(maps[kind]["points"])
            gaps = np.linalg.norm(points[:, None] - points, axis=2)
            for first, second in (("near", "again"), ("real", "real-copy")):
                assert gaps[place[first], place[second]] < 1e-3 * gaps.max(), (name, kind)
            assert gaps[place["far"], place["identity"]] > 0.05 * gaps.max(), (name, kind)


def test_samples_are_fair_and_have_their_source(made):
    comparison = made[2]
    samples = comparison["samples"]
    assert "LPIPS to truth" in samples["by"]
    rows = samples["percentiles"]["far"]
    assert [row["percentile"] for row in rows] == [5, 25, 50, 75, 95]
    assert [row["value"] for row in rows] == sorted(row["value"] for row in rows)
    for row in rows:
        assert row["path"].endswith(f"far/{row['name']}.png")
        assert row["source"].endswith(f"source/{row['name']}.png")
    assert [row["name"] for row in samples["grid"]] == [f"{index}" for index in range(NUM)]
    row = samples["grid"][2]
    assert row["truth"].endswith("truth/2.png") and row["sets"]["near"].endswith("near/2.png")
    assert row["sets"]["real-copy"] is None, "it has no picture of that name"


def test_twice_gives_the_same_record(made):
    root, _, comparison = made
    sets = [e["name"] for e in comparison["sets"] if e["role"] == "set"]
    again = compared(root, sets, source=root / "source", truth=root / "truth",
                     weights=root / "weights")  # fmt: skip
    assert {**again, "command": comparison["command"]} == comparison


def test_an_earlier_comparison_is_replaced_when_asked_and_nothing_else(root, monkeypatch, capsys):
    monkeypatch.setattr(writing, "draw_figures", lambda comparison, folder, on_progress: [])
    out = root / "out"
    words = compare_words(root, out)
    assert main([*words, "--json"]) == 0
    assert json.loads(capsys.readouterr().out) == strict(out / "comparison.json")
    (out / "figures").mkdir()
    (out / "figures" / "old.png").write_text("of an earlier comparison")
    assert main(words) == 2
    assert "--overwrite" in capsys.readouterr().err
    assert main([*words, "--overwrite"]) == 0
    assert not (out / "figures" / "old.png").exists()
    (out / "mine.txt").write_text("kept")
    assert main([*words, "--overwrite"]) == 2
    assert "mine.txt" in capsys.readouterr().err and (out / "table.csv").exists()


def test_tables_can_be_read_by_programs_and_papers(made):
    root, _, comparison = made
    rows = list(csv.DictReader(io.StringIO((root / "out" / "table.csv").read_text())))
    assert [row["set"] for row in rows] == [entry["name"] for entry in comparison["sets"]]
    near = rows[1]
    figure = comparison["figures"]["near"]["psnr"]
    assert float(near["psnr"]) == figure["value"]
    assert [float(near["psnr_low"]), float(near["psnr_high"])] == figure["interval"]
    latex = (root / "out" / "table.tex").read_text()
    assert "colour\\_transfer & " in latex and latex.count("\\toprule") == 1
    body = latex[latex.index("\\begin{tabular}{l") :]
    columns = body.split("}")[1].removeprefix("{l").count("r") + 1
    lines = [line for line in body.splitlines() if line.endswith("\\\\")]
    assert all(line.count(" & ") == columns - 1 for line in lines)


def test_a_set_of_other_pictures_sizes_or_formats_is_flagged_and_not_ranked(root):
    for name in ("fewer", "small", "jpeg"):
        copy(root / "near", name)
    (root / "fewer" / "0.png").unlink()
    for index in range(NUM):
        small, jpeg = root / "small" / f"{index}.png", root / "jpeg" / f"{index}.png"
        Image.open(small).resize((24, 20)).save(small)
        Image.open(jpeg).save(jpeg.with_suffix(".jpg"))
        jpeg.unlink()
    comparison = compared(root, [*CHANGES, "fewer", "small", "jpeg"])
    flags = {entry["name"]: " ".join(entry["flags"]) for entry in comparison["sets"]}
    assert not flags["near"] and not flags["far"] and not flags["real"]
    assert "5 pictures" in flags["fewer"] and "6 pictures" in flags["fewer"]
    assert "24x20" in flags["small"] and "48x40" in flags["small"]
    assert "JPEG" in flags["jpeg"] and "lossless" in flags["jpeg"]
    for pair in comparison["differences"]["kid_luminance"]:
        odd = {"fewer", "small", "jpeg"} & {pair["first"], pair["second"]}
        assert (pair["verdict"] == "unlike") == bool(odd), pair
    assert any("fewer was not made like the others" in text for text in comparison["warnings"])


def test_translations_of_another_source_are_not_ranked_and_another_step_is_told(root):
    for name, source, step in (("near", "testA", 1), ("middle", "testA", 2), ("far", "trainA", 1)):
        record = {"source": source, "step": step, "seconds_per_image": 0.25, "device": "cpu"}
        (root / name / "translation.json").write_text(json.dumps(record))
    comparison = compared(root)
    entries = {entry["name"]: entry for entry in comparison["sets"]}
    assert "step 2" in entries["middle"]["flags"][0] and "trainA" in entries["far"]["flags"][0]
    verdicts = {
        (p["first"], p["second"]): p["verdict"] for p in comparison["differences"]["kid_luminance"]
    }
    assert verdicts["near", "far"] == verdicts["middle", "far"] == "unlike"
    assert verdicts["near", "middle"] != "unlike"
    assert entries["near"]["cost"]["seconds_per_image"] == 0.25
    assert "cpu" in entries["near"]["cost"]["source"]["seconds_per_image"]


def test_without_lpips_and_references_the_rest_is_compared_and_the_reason_told(root):
    comparison = compared(root)
    assert comparison["distributions"] == {} and set(comparison["maps"]) == {
        "kid_luminance",
        "fd_luminance",
    }
    skipped = {row["metric"]: row["reason"] for row in comparison["skipped"]}
    assert skipped["psnr"] == "it needs --truth"
    assert any("weights of lpips_alex" in reason for reason in skipped.values())
    assert [sorted(row["sets"]) for row in comparison["samples"]["grid"]] == [sorted(CHANGES)] * NUM


def test_unreadable_pictures_are_left_out_and_listed(root, monkeypatch, capsys):
    monkeypatch.setattr(writing, "draw_figures", lambda comparison, folder, on_progress: [])
    (root / "middle" / "3.png").write_bytes(b"no picture")
    (root / "real" / "r1.png").write_bytes(b"")
    assert main(compare_words(root, root / "out")) == 1
    comparison = strict(root / "out" / "comparison.json")
    assert {path["path"].rsplit("/", 1)[1] for path in comparison["left_out"]} == {
        "3.png",
        "r1.png",
    }
    said = capsys.readouterr().out
    assert "left out" in said and "skipped psnr: it needs --truth" in said
    nums = {entry["name"]: entry["num"] for entry in comparison["sets"]}
    assert nums == {"real": NUM - 1, "near": NUM, "middle": NUM - 1, "far": NUM}


def wrong(root, name):
    """Words of a call with one mistake."""
    out, near = root / "out", f"near={root / 'near'}"
    three = [near, f"middle={root / 'middle'}", f"far={root / 'far'}"]
    real = ["--real", str(root / "real")]
    sets = {
        "two": three[:2],
        "twice": [*three, near],
        "no equals": [*three[:2], str(root / "far")],
        "missing": [*three, f"gone={root / 'gone'}"],
        "empty": [*three, f"empty={root / 'empty'}"],
        "reserved": [*three, f"Identity={root / 'near'}"],
    }.get(name, three)
    more = {
        "run": ["--run", f"other={root}"],
        "no run": ["--run", f"near={root}"],
        "inside": [],
        "extractor": ["--extractor", "no-such-net"],
    }.get(name, [])
    if name == "repeated":
        return ["compare", *real, "--sets", *three[:2], "--sets", *three, "--out", str(out)]
    if name == "inside":
        out = root / "near" / "out"
    (root / "empty").mkdir(exist_ok=True)
    return ["compare", *real, "--sets", *sets, "--out", str(out), *more]


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("two", "3 to 50"), ("twice", "'near' twice"), ("no equals", "NAME=DIR is wanted"),
        ("missing", "gone"), ("empty", "no picture"), ("reserved", "another name"),
        ("repeated", "--sets is there twice"), ("run", "--sets has no 'other'"),
        ("no run", "is no run"), ("inside", "lie in one another"), ("extractor", "no-such-net"),
    ],
)  # fmt: skip
def test_a_mistake_is_one_sentence_before_any_work(root, capsys, name, words):
    assert main(wrong(root, name)) == 2
    error = capsys.readouterr().err
    assert words in error and len(error.strip().splitlines()) == 1
    assert not (root / "out").exists() and not (root / "near" / "out").exists()


def test_a_set_with_one_readable_picture_is_refused(root, capsys):
    for index in range(1, NUM):
        (root / "far" / f"{index}.png").write_bytes(b"x")
    assert main(compare_words(root, root / "out")) == 2
    assert "at least two" in capsys.readouterr().err


def test_it_is_named_after_what_the_sets_say_they_translate(root):
    for name in ("near", "far"):
        record = {"from": "hazy", "to": "clear"}
        (root / name / "translation.json").write_text(json.dumps(record))
    comparison = compared(root, source=root / "source")
    assert comparison["title"] == "hazy → clear: 3 sets beside real"
    baselines = [entry["name"] for entry in comparison["sets"] if entry["role"] == "baseline"]
    assert baselines == ["identity", "colour_transfer", "dark_channel"]
    assert len({look.marker for look in style.looks_of(comparison["sets"][-3:]).values()}) > 2

    (root / "far" / "translation.json").write_text(json.dumps({"from": "clear", "to": "hazy"}))
    comparison = compared(root, source=root / "source")
    assert comparison["title"] == "3 sets beside real"
    assert "dark_channel" not in comparison["figures"]

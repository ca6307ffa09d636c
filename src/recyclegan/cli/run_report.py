"""From a finished run with known truth to its evaluations and its report."""

from __future__ import annotations

import platform
import shutil
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Literal

from recyclegan.atomic import write_json
from recyclegan.cli.variants import describe_variant
from recyclegan.config import Config
from recyclegan.data.layouts import DomainFiles, UnpairedFolders, read_layout
from recyclegan.errors import UserError
from recyclegan.evaluation.baselines import baselines_of, recoloured
from recyclegan.evaluation.choosing import choose
from recyclegan.evaluation.evaluating import evaluate_sets
from recyclegan.evaluation.pairing import names_below
from recyclegan.evaluation.sets import find_files, read_set
from recyclegan.evaluation.verdict import state_verdict
from recyclegan.images.decoding import decode
from recyclegan.images.tensors import to_tensor
from recyclegan.metrics.colour_transfer import ColourStatistics, colour_statistics
from recyclegan.report.content import Command, DirectionSection, Example, ReportContent
from recyclegan.report.page import write_report
from recyclegan.runs.events import EventLog
from recyclegan.runs.provenance import read_sittings
from recyclegan.runs.run_dir import RunDir, open_run
from recyclegan.training.progress import duration
from recyclegan.translation.record import MODEL, RECORD, read_record

METRICS = ("psnr", "ssim")
NUM_EXAMPLES = 8
RENDERED = (
    "These streets are rendered; what a translator makes of photographs is another matter.",
)

Direction = Literal["a2b", "b2a"]


def report_on_run(
    path: Path, data: Sequence[Path], translations: Mapping[str, Path], page: Path
) -> list[str]:
    """Evaluate a run's translations of its held-out pictures, write the page, return the verdicts.

    `translations` holds the folder of each direction that there is. Where the truth is known the
    figures also go to the run's `evaluations/<direction>.json`; else the pictures are all there is.

    Raises:
        UserError: the translations do not say what made them, or cannot be measured.
    """
    run, record = open_run(path)
    config = record.config
    folders = read_layout(data, seed=config.seed, test_fraction=config.images.test_fraction)
    sides: dict[Direction, tuple[DomainFiles, DomainFiles]] = {
        "a2b": (folders.a, folders.b),
        "b2a": (folders.b, folders.a),
    }
    makers = {
        direction: _maker(translations[direction])
        for direction in sides
        if direction in translations
    }
    if len({maker["model_sha256"] for maker in makers.values()}) > 1:
        raise UserError(
            f"Two models made {' and '.join(map(str, translations.values()))}: use one."
        )
    sections = [
        _section(direction, source, target, translations[direction], makers[direction], run)
        for direction, (source, target) in sides.items()
        if direction in translations
    ]
    step = next(iter(makers.values()))["step"]
    rendered = (data[0] / "scenes.json").is_file()
    write_report(page, _content(run, config, step, sections, folders, rendered))
    return [f"{record.domains[s.direction[0]]}: {s.verdict}" for s in sections]


def _section(
    direction: Direction,
    source: DomainFiles,
    target: DomainFiles,
    fakes_dir: Path,
    maker: Mapping[str, Any],
    run: RunDir,
) -> DirectionSection:
    pictures = names_below(source.test_dir, source.test)
    truth = {name: source.truth[path] for name, path in pictures.items() if path in source.truth}
    fakes = find_files("fake", fakes_dir)
    colours = colour_statistics(to_tensor(decode(path)) for path in target.train)
    if not truth:
        verdict = f"No true {target.name} of these pictures is known: look at them."
        common = [name for name in sorted(pictures) if name in fakes][:NUM_EXAMPLES]
        shown = [_example(pictures[name], fakes[name], None, colours) for name in common]
        return DirectionSection(direction, verdict, shown)
    sets = {
        "real": read_set(target.test_dir, names_below(target.test_dir, target.test)),
        "fake": read_set(fakes_dir, fakes),
        "truth": read_set(f"the truth of {source.test_dir}", truth),
        "source": read_set(source.test_dir, pictures),
    }
    evaluation = evaluate_sets(
        sets,
        choose(METRICS, sets),
        baselines=baselines_of(source.name),
        colours=colours,
        measured={
            **maker,
            "split": "test",
            "data_digest": read_sittings(run)[-1]["data_digest"],
            "num_target_train": len(target.train),
        },
    )
    place = run.path / "evaluations" / f"{direction}.json"
    place.parent.mkdir(exist_ok=True)
    write_json(place, evaluation)
    examples = [
        _example(pictures[name], fakes[name], truth[name], colours)
        for name in evaluation["per_picture"]["names"][:NUM_EXAMPLES]
    ]
    return DirectionSection(direction, state_verdict(evaluation), examples, evaluation)


def _maker(fakes_dir: Path) -> dict[str, Any]:
    content = read_record(fakes_dir)
    try:
        return {key: content[key] for key in MODEL}
    except KeyError:
        raise UserError(
            f"{fakes_dir / RECORD} is missing or does not say what made the pictures: translate "
            "again with --overwrite."
        ) from None


def _example(
    picture: Path, translation: Path, truth: Path | None, colours: ColourStatistics
) -> Example:
    source = decode(picture)
    return Example(
        name=picture.name,
        source=source,
        translation=decode(translation),
        colour_transfer=recoloured(source, colours),
        truth=decode(truth) if truth else None,
    )


def _content(
    run: RunDir,
    config: Config,
    step: int,
    sections: Sequence[DirectionSection],
    folders: UnpairedFolders,
    rendered: bool,
) -> ReportContent:
    events = list(EventLog(run.metrics_path).read())
    trained = [event for event in events if event["event"] == "train"]
    sittings = read_sittings(run)
    size = describe_variant(config)
    a, b = folders.a, folders.b
    return ReportContent(
        title=f"{a.name.capitalize()} to {b.name}{', and back' if len(sections) > 1 else ''}",
        subtitle=f"{config.variant}: {config.description.lower()}",
        domains=(a.name, b.name),
        directions=sections,
        facts=(
            ("parameters of a generator", f"{size['generator_parameters']:,}"),
            ("training", duration(trained[-1]["time"]["elapsed"])),
            ("steps", f"{trained[-1]['step']:,}"),
            ("checkpoint", f"step {step:,}"),
            ("pictures", f"{len(a.train):,} + {len(b.train):,}"),
            ("size", f"{config.images.size} px"),
            ("device", f"{sittings[-1]['device']} ({platform.machine()})"),
        ),
        events=events,
        warnings=[event["sentence"] for event in events if event["event"] in ("alarm", "rollback")],
        commands=_commands(run, step),
        limits=RENDERED if rendered else (),
        provenance={"sittings": sittings, "data": folders.layout},
    )


def _checkpoint_name(step: int) -> str:
    return f"step-{step:08d}"


def _commands(run: RunDir, step: int) -> tuple[Command, ...]:
    program = _program()
    return (
        Command(
            "Train on two folders of your own, for an hour at 128 pixels",
            f"{program} train recyclegan --data FOLDER_A FOLDER_B --out runs/mine "
            "--images.size 128 --train.minutes 60",
        ),
        Command("Go on after any interruption", f"{program} resume runs/mine"),
        Command(
            "Translate a folder with what was trained",
            f"{program} translate runs/mine FOLDER_A translated --direction a2b",
        ),
        Command(
            "Translate a picture with the model of this page",
            f"{program} translate {run.checkpoints_dir / _checkpoint_name(step)} PICTURE.jpg "
            "out.png --direction a2b",
        ),
        Command("See what else can be trained", f"{program} variants"),
    )


def _program() -> str:
    """Return how this program is called from here, so that what the page says can be typed."""
    called = Path(sys.argv[0])
    found = shutil.which("recyclegan")
    if called.name != "recyclegan" or (found and Path(found).samefile(called)):
        return "recyclegan"
    return str(called)

"""From a finished run with known truth to its evaluations and its report."""

from __future__ import annotations

import platform
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Literal

from recyclegan.checkpoint.find import find_generators
from recyclegan.checkpoint.generators import GeneratorInfo, read_generators
from recyclegan.cli.variants import describe_variant
from recyclegan.config import Config
from recyclegan.data.layouts import DomainFiles, UnpairedFolders, read_layout
from recyclegan.evaluation.translation import (
    evaluate_translation,
    target_statistics,
    transfer_colours,
    write_evaluation,
)
from recyclegan.evaluation.verdict import state_verdict
from recyclegan.images.decoding import decode
from recyclegan.images.listing import list_images
from recyclegan.images.tensors import to_image, to_tensor
from recyclegan.report.content import Command, DirectionSection, Example, ReportContent
from recyclegan.report.page import write_report
from recyclegan.runs.events import EventLog
from recyclegan.runs.provenance import read_sittings
from recyclegan.runs.run_dir import RunDir, open_run
from recyclegan.training.progress import duration

NUM_EXAMPLES = 8

Direction = Literal["a2b", "b2a"]


def report_on_run(
    path: Path, data: Sequence[Path], translations: Mapping[str, Path], page: Path
) -> list[str]:
    """Evaluate a run's translations of pictures with truth, write the page, return the verdicts.

    `translations` holds the folder of each direction. The figures also go to the run's
    `evaluations/<direction>.json`.
    """
    run, record = open_run(path)
    config = record.config
    folders = read_layout(data, seed=config.seed)
    _, info = read_generators(find_generators(path))
    sides: dict[Direction, tuple[DomainFiles, DomainFiles]] = {
        "a2b": (folders.a, folders.b),
        "b2a": (folders.b, folders.a),
    }
    sections = [
        _section(direction, source, target, translations[direction], run)
        for direction, (source, target) in sides.items()
    ]
    write_report(page, _content(run, config, info, sections, folders))
    return [f"{info.domains[s.direction[0]]}: {s.verdict}" for s in sections]


def _section(
    direction: Direction, source: DomainFiles, target: DomainFiles, fakes: Path, run: RunDir
) -> DirectionSection:
    results = list_images(fakes).paths
    evaluation = evaluate_translation(
        source=source.test,
        fakes=results,
        truth=list(source.truth.values()),
        target_train=target.train,
    )
    place = run.path / "evaluations" / f"{direction}.json"
    place.parent.mkdir(exist_ok=True)
    write_evaluation(place, evaluation, overwrite=True)
    statistics = target_statistics(target.train)
    by_name = {result.name: result for result in results}
    examples = []
    for picture in source.test[:NUM_EXAMPLES]:
        recoloured = transfer_colours(to_tensor(decode(picture))[None], statistics)[0]
        examples.append(
            Example(
                name=picture.name,
                source=decode(picture),
                translation=decode(by_name[picture.name]),
                colour_transfer=to_image(recoloured),
                truth=decode(source.truth[picture]),
            )
        )
    return DirectionSection(direction, state_verdict(evaluation), examples, evaluation)


def _content(
    run: RunDir,
    config: Config,
    info: GeneratorInfo,
    sections: Sequence[DirectionSection],
    folders: UnpairedFolders,
) -> ReportContent:
    events = list(EventLog(run.metrics_path).read())
    trained = [event for event in events if event["event"] == "train"]
    sittings = read_sittings(run)
    size = describe_variant(config)
    a, b = folders.a, folders.b
    return ReportContent(
        title=f"{a.name.capitalize()} to {b.name}, and back",
        subtitle=f"{config.variant}: {config.description.lower()}",
        domains=(a.name, b.name),
        directions=sections,
        facts=(
            ("parameters of a generator", f"{size['generator_parameters']:,}"),
            ("training", duration(trained[-1]["time"]["elapsed"])),
            ("steps", f"{trained[-1]['step']:,}"),
            ("checkpoint", f"step {info.step:,}"),
            ("pictures", f"{len(a.train):,} + {len(b.train):,}"),
            ("size", f"{config.images.size} px"),
            ("device", f"{sittings[-1]['device']} ({platform.machine()})"),
        ),
        events=events,
        warnings=[event["sentence"] for event in events if event["event"] in ("alarm", "rollback")],
        commands=_commands(run),
        limits=(
            "These streets are rendered; what a translator makes of photographs is another matter.",
        ),
        provenance={"sittings": sittings, "data": folders.layout},
    )


def _commands(run: RunDir) -> tuple[Command, ...]:
    return (
        Command(
            "Train on two folders of your own, for an hour at 128 pixels",
            "recyclegan train recyclegan --data FOLDER_A FOLDER_B --out runs/mine "
            "--images.size 128 --train.minutes 60",
        ),
        Command("Go on after any interruption", "recyclegan resume runs/mine"),
        Command(
            "Translate a folder with what was trained",
            "recyclegan translate runs/mine FOLDER_A translated --direction a2b",
        ),
        Command(
            "Translate a picture with the model of this page",
            f"recyclegan translate {run.path} PICTURE.jpg out.png --direction a2b",
        ),
        Command("See what else can be trained", "recyclegan variants"),
    )

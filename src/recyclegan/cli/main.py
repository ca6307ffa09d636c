"""The entry point: finds the command, runs it, and turns what goes wrong into one sentence."""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from importlib import import_module

from recyclegan import ranks
from recyclegan.cli.one_voice import check_shared, one_voice, speaks_first
from recyclegan.errors import RunFailed, UserError

COMMANDS = {
    "quickstart": ("quickstart", "The whole job on built-in street scenes, ending in a report."),
    "doctor": ("doctor", "What this machine has, what is wrong with it, and how to mend that."),
    "new": ("new", "Three questions, and the file of a training: config.yaml."),
    "variants": ("variants", "The table of variants, from the code."),
    "data scenes": (
        "scenes",
        "Render street scenes: day and night, or hazy and clear, with truth.",
    ),
    "data prepare": ("prepare", "Make a dataset of two folders of pictures of any kind."),
    "data nexet": ("nexet", "Make a dataset of the Nexet archive, by city and lighting."),
    "data haze": ("haze", "Make a dataset with truth of O-HAZE, I-HAZE or D-HAZY."),
    "data fetch": ("fetch", "Fetch the Nexet archive, or say how to."),
    "data check": ("check", "Decode every file; list what is damaged, alike or suspicious."),
    "curate": ("curate", "Find what is alike, odd, dark or blurred, and make the review page."),
    "curate apply": ("curate_apply", "Leave out what was dropped in the review; deletes nothing."),
    "train": ("train", "Train a variant on two folders of unpaired pictures."),
    "adapt": ("adapt", "Take a trained model to a new city, camera or season: small adapters."),
    "adapt merge": ("adapt_merge", "Make a plain model of an adapter and its base."),
    "resume": ("resume", "Go on with a training that was interrupted, exactly."),
    "translate": ("translate", "Translate a picture or a folder with a trained model."),
    "export": ("export", "Write a model as an ONNX file, or as a page that runs in the browser."),
    "report": ("report", "One page on a run: its held-out pictures, figures and curves."),
    "serve": ("serve", "Try models in the browser: drop a picture, compare, download."),
    "share": ("share", "Write a model with its card, to hand on or for the Hugging Face Hub."),
    "import-weights": ("import_weights", "Make a model of the public CycleGAN code's weights."),
    "export-weights": ("export_weights", "Write a generator as that code's weights."),
    "evaluate": ("evaluate", "Measure translations, with intervals, beside what costs nothing."),
    "compare": ("compare", "Compare many sets of translations: figures, maps, tables, a page."),
    "study": ("study", "Many trainings from one file: variants, seeds, budgets; one page."),
    "poll build": ("poll_build", "Make a blind two-choice poll of sets of pictures, as one page."),
    "poll serve": ("poll_serve", "Let many people vote on a poll at a web address."),
    "poll score": ("poll_score", "Score a poll: what people prefer, and which metrics agree."),
}
"""Each command's module in `recyclegan.cli`, imported only when it runs, and its help."""

PATIENCE = 3.0
"""Seconds that a process has to say why it ends before the others say that it has ended."""

HELP = """\
usage: recyclegan COMMAND [arguments]

Turn pictures of one kind into another from two unpaired folders.

{commands}

`recyclegan COMMAND --help` says more. Begin with: recyclegan quickstart"""


def main(args: Sequence[str] | None = None) -> int:
    """Run a command line and return its exit status: 0 done, 1 failed, 2 a mistake in the call."""
    words = list(sys.argv[1:] if args is None else args)
    try:
        with one_voice():
            status = _run(words)
        # Another's status, sooner than the first's, would make torchrun end the first.
        return status if ranks.is_first() else 0
    except UserError as error:
        return _fail(error, 2)
    except ranks.RankLost as error:
        return _fail(error, 1, patience=PATIENCE)
    except RunFailed as error:
        # From a data worker it comes with that process's traceback in front.
        return _fail(str(error).strip().splitlines()[-1], 1)
    except BrokenPipeError:
        return 1
    except OSError as error:
        place, reason = error.filename or "A file", error.strerror or error
        return _fail(f"{place}: {reason}; check the path, its permissions and the disk.", 1)
    except KeyboardInterrupt:
        return _fail("Stopped.", 1)


def _run(words: list[str]) -> int:
    if not words or words[0] in ("-h", "--help"):
        print(_help(COMMANDS))
        return 0 if words else 2
    if words[0] == "--version":
        from importlib.metadata import version

        print(f"recyclegan {version('recyclegan')}")
        return 0
    for length in (2, 1):
        name = " ".join(words[:length])
        if name in COMMANDS:
            check_shared(name)
            module = import_module(f"recyclegan.cli.{COMMANDS[name][0]}")
            status: int = module.main(words[length:])
            return status
    group = {name: row for name, row in COMMANDS.items() if name.startswith(f"{words[0]} ")}
    if group and words[1:] in ([], ["-h"], ["--help"]):
        print(_help(group))
        return 0 if words[1:] else 2
    raise UserError(_unknown(words, group))


def _help(commands: Mapping[str, tuple[str, str]]) -> str:
    lines = (f"  {name:<16}{text}" for name, (_, text) in commands.items())
    return HELP.format(commands="\n".join(lines))


def _unknown(words: list[str], group: Mapping[str, tuple[str, str]]) -> str:
    from difflib import get_close_matches

    near = list(group) or get_close_matches(" ".join(words[:2]), COMMANDS, n=1)
    hint = f"did you mean `recyclegan {near[0]}`?" if near else "`recyclegan --help` lists them."
    return f"There is no command `{' '.join(words[: 2 if group else 1])}`; {hint}"


def _fail(message: object, status: int, patience: float = 0.0) -> int:
    if speaks_first(patience):
        print(f"recyclegan: {message}", file=sys.stderr)
    return status

"""A training small enough for a test, from the command line."""

from recyclegan.cli.main import main
from recyclegan.runs.events import EventLog

FAST = [
    "--images.size", "32", "--images.workers", "0", "--generator.features", "8",
    "--discriminator.features", "8", "--optimizer.batch", "2", "--train.device", "cpu",
    "--train.log-steps", "1", "--train.eval-steps", "2", "--train.eval-images", "2",
]  # fmt: skip


def train(data, out, *flags, variant="recyclegan", steps=3):
    return main(
        [
            "train",
            variant,
            "--data",
            str(data),
            "--out",
            str(out),
            *FAST,
            "--train.steps",
            str(steps),
            *flags,
        ]
    )


def events(run, kind):
    return [event for event in EventLog(run / "metrics.jsonl").read() if event["event"] == kind]

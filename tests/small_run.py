"""A training small enough for a test, from the command line."""

from recyclegan.cli.main import main
from recyclegan.runs.events import EventLog

FAST = [
    "--images.size", "32", "--images.workers", "0", "--generator.features", "8",
    "--discriminator.features", "8", "--optimizer.batch", "2", "--train.device", "cpu",
    "--train.log-steps", "1", "--train.eval-steps", "2", "--train.eval-images", "2",
]  # fmt: skip


def train(data, out, *flags, variant="recyclegan", steps=3):
    """Train for so many steps, or for the budget among the flags where `steps` is None."""
    budget = [] if steps is None else ["--train.steps", str(steps)]
    words = ["train", variant, "--data", str(data), "--out", str(out), *FAST, *budget, *flags]
    return main(words)


def events(run, kind):
    return [event for event in EventLog(run / "metrics.jsonl").read() if event["event"] == kind]

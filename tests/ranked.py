"""Command lines that two processes run together under torchrun, started once for all of them."""

import hashlib
import json
import os
import subprocess
import sys
from pathlib import Path

from recyclegan.cli.main import main

LAUNCHER = [sys.executable, "-m", "torch.distributed.run", "--standalone"]


def torchrun(*words):
    """Start two processes of `python words`; all of their output is in `stdout`."""
    return subprocess.run(
        [*LAUNCHER, "--nproc-per-node", "2", *map(str, words)],
        env=os.environ | {"OMP_NUM_THREADS": "1"},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=300,
        check=False,
    )


def run_lines(lines):
    """Run command lines one after another in the same processes; tell whether all were done."""
    words = [[str(word) for word in line] for line in lines]
    return torchrun(__file__, json.dumps(words))


def leave_digests():
    """Let each process leave a digest of its weights beside the run at each checkpoint."""
    from recyclegan.training.session import Session

    save = Session.save

    def save_and_leave(session):
        save(session)
        digest = hashlib.sha256()
        networks = session.state.translator.networks.state_dict()
        for value in (*networks.values(), *session.state.average.state_dict().values()):
            digest.update(value.numpy().tobytes())
        place = f"{session.run.path}-{session.state.counters.step}-{os.environ['RANK']}.digest"
        Path(place).write_text(digest.hexdigest())

    Session.save = save_and_leave


if __name__ == "__main__":
    sys.path.insert(0, str(Path(__file__).parents[1]))
    lines = json.loads(sys.argv[1])
    if any(line[0] in ("train", "resume") for line in lines):
        leave_digests()
    sys.exit(max(main(line) for line in lines))

"""Command lines that two processes run together under torchrun, started once for all of them."""

import json
import os
import subprocess
import sys
from pathlib import Path

from recyclegan.cli.main import main


def torchrun(*words, num=2, **settings):
    """Start so many processes of `python words`; all of their output is in `stdout`."""
    launcher = [sys.executable, "-m", "torch.distributed.run", "--standalone"]
    return subprocess.run(
        [*launcher, "--nproc-per-node", str(num), *map(str, words)],
        env=os.environ | {"OMP_NUM_THREADS": "1"},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=300,
        check=False,
    )


def run_lines(lines, num=2):
    """Run command lines one after another in the same processes; tell whether all were done."""
    words = [[str(word) for word in line] for line in lines]
    return torchrun(__file__, json.dumps(words), num=num)


if __name__ == "__main__":
    sys.path.insert(0, str(Path(__file__).parents[1]))
    sys.exit(max(main(line) for line in json.loads(sys.argv[1])))

"""A real page of a model, in a process of its own, for the tests that talk to it."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
from contextlib import contextmanager


@contextmanager
def serving(*words):
    """Run `recyclegan serve` on a free port; yield its address."""
    command = [sys.executable, "-m", "recyclegan", "serve", *map(str, words), "--port", "0"]
    # On a machine without a network, whoever tries it waits or fails: no proxy may hide that.
    environment = os.environ | {"PYTHONUNBUFFERED": "1", "OMP_NUM_THREADS": "1", "NO_PROXY": "*"}
    process = subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, env=environment
    )
    try:
        said = ""
        for line in process.stdout:
            said += line
            if found := re.search(r"Open (http://\S+/)", line):
                break
        else:
            raise AssertionError(said)
        yield found[1]
    finally:
        process.send_signal(signal.SIGINT)
        process.wait(timeout=60)
        process.stdout.close()

"""The notebook for Colab, executed on small scenes and cut in the middle of its training."""

import os
import re
import sys
import threading
import time
from pathlib import Path

import nbformat
import psutil
import pytest
from nbclient import NotebookClient

from recyclegan.cli.main import main
from recyclegan.runs.provenance import read_sittings
from recyclegan.runs.run_dir import RunDir
from tests.small_run import FAST

NOTEBOOK = Path(__file__).parents[1] / "notebooks" / "colab.ipynb"
STEPS = 16
BUDGET = [*FAST, "--train.threads", "1", "--train.steps", str(STEPS), "--train.save-steps", "4"]
TRAIN = "!recyclegan train"


def cells():
    return nbformat.read(NOTEBOOK, as_version=4).cells


def test_it_is_thin_and_clean():
    """No outputs, no definitions, no loops: each cell is a command or a picture of its result."""
    code = [cell for cell in cells() if cell.cell_type == "code"]
    assert not any(cell.outputs or cell.execution_count for cell in code)
    source = "\n".join(cell.source for cell in code)
    assert not re.search(r"^\s*(def|class|for|while|try)\b", source, re.MULTILINE)
    assert source.count("\nif ") + source.startswith("if ") == 1, "but for Colab's own drive"


@pytest.fixture(scope="module")
def home(tmp_path_factory):
    home = tmp_path_factory.mktemp("drive")
    words = ["data", "scenes", str(home / "scenes"), "--num", "6", "--num-test", "3"]
    assert main([*words, "--size", "32"]) == 0
    return home


@pytest.fixture(scope="module")
def executed(home):
    """The cells with their outputs: the training killed once, then its cell executed again."""
    root = NOTEBOOK.parents[1]
    env = {
        **os.environ,
        "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
        "PYTHONPATH": str(root / "src"),
        "RECYCLEGAN_HOME": str(home),
        "RECYCLEGAN_SOURCE": "pip",  # There already: the cell runs, and nothing is fetched.
        "RECYCLEGAN_DATA": str(home / "scenes"),
        "RECYCLEGAN_SIZE": "32",
        "RECYCLEGAN_BUDGET": " ".join(BUDGET),
        "RECYCLEGAN_FOLDER": str(home / "scenes" / "testA"),
    }
    notebook = nbformat.read(NOTEBOOK, as_version=4)
    client = NotebookClient(notebook, timeout=600, resources={"metadata": {"path": str(home)}})
    killed = []
    with client.setup_kernel(env=env):
        for index, cell in enumerate(notebook.cells):
            if cell.source.startswith(TRAIN):
                cutter = threading.Thread(target=cut, args=(home, killed), daemon=True)
                cutter.start()
                client.execute_cell(cell, index)
                cutter.join()
            client.execute_cell(cell, index)
    assert killed, "the training was over before it could be cut"
    return notebook.cells


def cut(home, killed):
    """Kill the notebook's training once its first checkpoint is whole, as Colab would."""
    first = home / "run" / "checkpoints" / "step-00000004"
    for _ in range(6000):
        if first.is_dir():
            break
        time.sleep(0.02)
    for process in psutil.process_iter(["cmdline"]):
        words = process.info["cmdline"] or []
        if "train" in words and str(home / "run") in words:
            process.kill()
            killed.append(process.pid)


@pytest.mark.slow
def test_a_cut_training_ends_as_an_uncut_one(executed, home, tmp_path):
    sittings = read_sittings(RunDir(home / "run"))
    assert len(sittings) == 2 and 4 <= sittings[1]["from_step"] < STEPS
    words = ["train", "recyclegan", "--data", str(home / "scenes"), "--out", str(tmp_path / "run")]
    assert main([*words, *BUDGET]) == 0
    last = Path("checkpoints") / f"step-{STEPS:08d}" / "generators.safetensors"
    assert (home / "run" / last).read_bytes() == (tmp_path / "run" / last).read_bytes()


@pytest.mark.slow
def test_the_report_stands_in_the_notebook_and_the_folder_is_translated(executed, home):
    shown = [out for cell in executed for out in cell.get("outputs", [])]
    pages = [out.data["text/html"] for out in shown if "text/html" in out.get("data", {})]
    assert len(pages) == 1 and "srcdoc=" in pages[0] and "How the training went" in pages[0]
    assert (home / "report" / "report.html").is_file()
    assert len(list((home / "translated").glob("*.png"))) == 3
    said = "".join(out.get("text", "") for out in shown)
    assert "processor" in said and "Resuming" in said

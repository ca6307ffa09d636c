"""What does an exported file lose in fp32, fp16 and int8, how large is it, and how fast?

    .venv/bin/python -m benchmarks.export NAME=MODEL [NAME=MODEL ...] [--pictures DIR]

Exports a2b of each model, calibrates int8 on scenes (or half of the pictures) and measures all on
others: PSNR and greatest difference to torch, size, and time for one picture of 256 px on one
thread. Writes export.json.
"""

from __future__ import annotations

import argparse
import tempfile
from pathlib import Path

import torch

from recyclegan.atomic import write_json
from recyclegan.export.exporting import export_file, whole_graph
from recyclegan.export.model import choose_direction, read_directions
from recyclegan.export.pictures import as_batches, from_folder, scenes

RESULT = Path(__file__).with_suffix(".json")
PRECISIONS = ("fp32", "fp16", "int8")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("models", nargs="+", metavar="NAME=MODEL")
    parser.add_argument("--pictures", type=Path)
    parser.add_argument("--num", type=int, default=8, help="pictures to measure on")
    parser.add_argument("--json", type=Path, default=RESULT)
    args = parser.parse_args()
    torch.set_num_threads(1)
    rows = []
    for name, path in (word.split("=", 1) for word in args.models):
        model = choose_direction(read_directions(Path(path)), "a2b")
        shown = (
            from_folder(args.pictures, "--pictures", 2 * args.num)
            if args.pictures
            else scenes(model.kinds[0], 2 * args.num)
        )
        calibration, pictures = as_batches(shown[::2]), as_batches(shown[1::2])
        graph = whole_graph(model)
        for precision in PRECISIONS:
            with tempfile.TemporaryDirectory() as folder:
                done = export_file(
                    model, Path(folder, "m.onnx"), precision, pictures, calibration, graph
                )
            row = {
                "model": name,
                "variant": model.info.variant,
                "precision": precision,
                "num_pictures": len(pictures),
                "megabytes": round(done.num_bytes / 1e6, 2),
                "milliseconds": round(done.loss.milliseconds, 1),
                "fp32_milliseconds": round(done.fp32.milliseconds, 1),
                "psnr": round(float(done.loss.psnr), 1),
                "grey_levels": round(done.loss.grey_levels, 3),
            }
            print(row, flush=True)
            rows.append(row)
    write_json(args.json, {"threads": 1, "side": 256, "rows": rows})


if __name__ == "__main__":
    main()

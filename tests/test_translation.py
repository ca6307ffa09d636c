"""Translating: sizes, names, directions, what is kept, what fails, and what does not matter."""

import json
from dataclasses import asdict, replace

import numpy as np
import pytest
import torch
from PIL import Image

from recyclegan import load_translator
from recyclegan.checkpoint.generators import GeneratorInfo, generators_bytes
from recyclegan.cli.main import main
from recyclegan.errors import UserError
from recyclegan.networks.initialisation import initialise
from recyclegan.networks.resnet_generator import ResNetGenerator
from recyclegan.variants.registry import VARIANTS


def write_model(path, variant="recyclegan", bias=None, directions=("a2b", "b2a")):
    """A generators file; with `bias`, a2b tints everything red and b2a blue."""
    torch.manual_seed(0)
    config = VARIANTS[variant].generator
    if bias:  # The plain head: its last values are the offsets.
        config = replace(config, toned=False, head_scale=1, colour_pace=1.0, grid=0, paint=False)
    tensors = {}
    for direction, channel in zip(directions, (0, 2), strict=False):
        generator = ResNetGenerator(**asdict(config))
        initialise(generator, "normal")
        if bias:
            head = generator.head.convolution
            head.bias.data.fill_(-bias)
            head.bias.data[len(head.bias) - 3 + channel] = bias
        tensors |= {f"generator_{direction}.{k}": v for k, v in generator.state_dict().items()}
    info = GeneratorInfo(variant, config, {"a": "day", "b": "night"}, directions, 64, 7)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(generators_bytes(tensors, info))
    return path


@pytest.fixture(scope="module")
def model(tmp_path_factory):
    return write_model(tmp_path_factory.mktemp("model") / "generators.safetensors")


def noise(width, height, seed=0):
    rng = np.random.default_rng(seed)
    return Image.fromarray(rng.integers(0, 256, (height, width, 3), dtype=np.uint8))


@pytest.mark.parametrize("size", [(1, 1), (3, 200), (31, 33), (64, 64), (101, 67)])
@pytest.mark.parametrize("variant", ["recyclegan", "case-9"])
def test_output_has_the_size_of_the_input(size, variant, tmp_path):
    translate = load_translator(write_model(tmp_path / "g.safetensors", variant))
    assert translate(noise(*size)).size == size


@pytest.mark.parametrize("mode", ["L", "LA", "RGBA", "P", "1", "CMYK", "I;16"])
def test_any_mode_is_translated_to_rgb(mode, model):
    picture = Image.new("I;16", (40, 30), 3000) if mode == "I;16" else noise(40, 30).convert(mode)
    result = load_translator(model)(picture)
    assert (result.mode, result.size) == ("RGB", (40, 30))


def test_directions_are_not_mixed_up(tmp_path):
    """A crafted model makes a2b red and b2a blue: both from Python and from the command line."""
    path = write_model(tmp_path / "m" / "generators.safetensors", bias=3.0)
    picture = Image.new("RGB", (32, 32), (128, 128, 128))
    picture.save(tmp_path / "grey.png")
    for direction, strong in (("a2b", 0), ("b2a", 2)):
        out = tmp_path / f"{direction}.png"
        assert (
            main(
                [
                    "translate",
                    str(path),
                    str(tmp_path / "grey.png"),
                    str(out),
                    "--direction",
                    direction,
                ]
            )
            == 0
        )
        for result in (load_translator(path, direction)(picture), Image.open(out)):
            means = np.asarray(result).mean(axis=(0, 1))
            assert (
                means.argmax() == strong
                and means[strong] > 200
                and np.delete(means, strong).max() < 60
            )


def test_folder_keeps_names_and_counts(model, tmp_path, capsys):
    source, out = tmp_path / "in", tmp_path / "out"
    (source / "deep").mkdir(parents=True)
    for name in ("b.png", "a.JPG", "deep/ü n.webp", "same.png", "same.bmp"):
        noise(40, 24).save(source / name)
    (source / ".DS_Store").write_bytes(b"x")
    (source / "broken.png").write_bytes((source / "b.png").read_bytes()[:200])
    assert main(["translate", str(model), str(source), str(out), "--direction", "a2b"]) == 1
    names = {str(p.relative_to(out)) for p in out.rglob("*") if p.is_file()}
    assert names == {"b.png", "a.JPG", "deep/ü n.webp", "same.png", "same.bmp", "translation.json"}
    said = " ".join(capsys.readouterr().out.split())
    assert (
        "6 found (1 other files ignored), 5 translated, 0 kept as they were, 1 failed" in said
        and "broken.png" in said
    )
    record = json.loads((out / "translation.json").read_text())
    assert (record["direction"], record["from"], record["to"]) == ("a2b", "day", "night")


def test_one_format_for_all_keeps_both_of_one_stem(model, tmp_path):
    source, out = tmp_path / "in", tmp_path / "out"
    source.mkdir()
    for name in ("same.png", "same.bmp"):
        noise(40, 24).save(source / name)
    assert (
        main(
            [
                "translate",
                str(model),
                str(source),
                str(out),
                "--direction",
                "a2b",
                "--format",
                "png",
            ]
        )
        == 0
    )
    assert {p.name for p in out.glob("*.png")} == {"same.png", "same.png.png"}


def test_existing_results_are_kept_unless_told(model, tmp_path):
    source, out = tmp_path / "in", tmp_path / "out"
    source.mkdir()
    noise(40, 24).save(source / "a.png")
    call = ["translate", str(model), str(source), str(out), "--direction", "a2b"]
    out.mkdir()
    (out / "a.png").write_bytes(b"mine")
    assert main(call) == 0 and (out / "a.png").read_bytes() == b"mine"
    assert main([*call, "--overwrite"]) == 0 and Image.open(out / "a.png").size == (40, 24)


def test_a_picture_alone_and_in_a_folder(model, tmp_path):
    source, out = tmp_path / "in", tmp_path / "out"
    source.mkdir()
    for number in range(3):
        noise(40 + number, 24, number).save(source / f"{number}.png")
    main(["translate", str(model), str(source), str(out), "--direction", "a2b"])
    main(
        [
            "translate",
            str(model),
            str(source / "1.png"),
            str(tmp_path / "alone.png"),
            "--direction",
            "a2b",
        ]
    )
    assert np.array_equal(
        np.asarray(Image.open(out / "1.png")), np.asarray(Image.open(tmp_path / "alone.png"))
    )


def test_orientation_is_applied(model, tmp_path):
    exif = Image.Exif()
    exif[0x0112] = 6
    noise(40, 24).save(tmp_path / "phone.jpg", exif=exif)
    main(
        [
            "translate",
            str(model),
            str(tmp_path / "phone.jpg"),
            str(tmp_path / "out.png"),
            "--direction",
            "a2b",
        ]
    )
    result = Image.open(tmp_path / "out.png")
    assert result.size == (24, 40) and not result.getexif()


def test_the_checkpoint_alone_is_enough(model, tmp_path, monkeypatch):
    moved = tmp_path / "else" / "renamed.safetensors"
    moved.parent.mkdir()
    moved.write_bytes(model.read_bytes())
    monkeypatch.chdir(moved.parent)
    assert load_translator("renamed.safetensors", "b2a")(noise(32, 32)).size == (32, 32)


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["{nothing}", "{picture}", "{out}"], "no model at"),
        (["{picture}", "{picture}", "{out}"], "no generators"),
        (["{damaged}", "{picture}", "{out}"], "cannot be read"),
        (["{foreign}", "{picture}", "{out}"], "metadata"),
        (["{model}", "{nothing}", "{out}"], "No folder"),
        (["{model}", "{empty}", "{out}"], "no picture"),
        (["{model}", "{folder}", "{picture}"], "is a file"),
        (["{model}", "{folder}", "{folder}/out"], "lies within"),
        (["{model}", "{picture}", "{picture}"], "the picture itself"),
        (["{oneway}", "{picture}", "{out}"], "no direction 'b2a'"),
    ],
)
def test_mistakes_get_one_sentence(arguments, said, model, tmp_path, capsys):
    from safetensors.torch import save_file

    places = {name: tmp_path / name for name in ("nothing", "out", "empty", "folder")}
    places["empty"].mkdir()
    places["folder"].mkdir()
    places |= {"picture": places["folder"] / "p.png", "model": model}
    noise(32, 32).save(places["picture"])
    places["damaged"] = tmp_path / "damaged.safetensors"
    places["damaged"].write_bytes(model.read_bytes()[:1000])
    places["foreign"] = tmp_path / "foreign.safetensors"
    save_file({"x": torch.zeros(1)}, places["foreign"])
    places["oneway"] = write_model(tmp_path / "oneway.safetensors", directions=("a2b",))
    words = [argument.format(**places) for argument in arguments]
    assert main(["translate", *words, "--direction", "b2a"]) == 2
    error = capsys.readouterr().err
    assert said in error and "Traceback" not in error and error.count("\n") == 1


def test_a_pickle_is_never_loaded(tmp_path, capsys):
    class Payload:
        def __reduce__(self):
            return (print, ("executed",))

    torch.save(Payload(), tmp_path / "evil.safetensors")
    noise(32, 32).save(tmp_path / "p.png")
    assert (
        main(
            [
                "translate",
                str(tmp_path / "evil.safetensors"),
                str(tmp_path / "p.png"),
                str(tmp_path / "o.png"),
                "--direction",
                "a2b",
            ]
        )
        == 2
    )
    assert "executed" not in "".join(capsys.readouterr())


def test_a_device_is_named_or_found(tmp_path):
    model = write_model(tmp_path / "g.safetensors")
    assert load_translator(model, device="cpu").device.type == "cpu"
    found = torch.accelerator.current_accelerator(check_available=True) or torch.device("cpu")
    assert load_translator(model, device="auto").device.type == found.type
    with pytest.raises(UserError, match="--device warp"):
        load_translator(model, device="warp")


@pytest.mark.gpu
@pytest.mark.parametrize("precision", ["fp32", "auto"])
def test_a_gpu_paints_what_the_processor_does(precision, tmp_path):
    if not torch.cuda.is_available():
        pytest.skip("no CUDA device")
    model = write_model(tmp_path / "g.safetensors")
    picture = noise(200, 136)
    ours, theirs = (
        np.asarray(load_translator(model, precision=p, device=d)(picture), int)
        for d, p in (("cuda", precision), ("cpu", "fp32"))
    )
    assert abs(ours - theirs).max() <= (1 if precision == "fp32" else 3)

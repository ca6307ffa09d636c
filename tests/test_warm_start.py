"""Fine-tuning: a training begins with given generators, exactly and reproducibly."""

import json
import shutil
from dataclasses import replace

import pytest
import torch

from benchmarks.kill_and_resume import compare
from recyclegan.atomic import sha256
from recyclegan.checkpoint.find import find_generators
from recyclegan.checkpoint.generators import GeneratorInfo, generators_bytes, read_generators
from recyclegan.cli.main import main
from recyclegan.errors import UserError
from recyclegan.exchange.importing import import_weights
from recyclegan.runs.run_dir import open_run
from recyclegan.training.state import initial_state
from recyclegan.training.warm_start import pinned, starting_state
from tests.public_generator import public_generator
from tests.small_run import train
from tests.test_exchange_import import write

CPU = torch.device("cpu")
SMALL = ["--generator.blocks", "1"]


@pytest.fixture(scope="module")
def model(tiny_data, tmp_path_factory):
    """A trained run of another seed than the default."""
    out = tmp_path_factory.mktemp("earlier") / "run"
    assert train(tiny_data, out, *SMALL, "--seed", "5") == 0
    return out


def config_of(model, **changes):
    """The configuration of a run, to be trained with another seed from where it ended."""
    config = open_run(model)[1].config
    changes = {"start_from": str(model)} | changes
    return replace(config, seed=0, train=replace(config.train, **changes))


def test_generators_and_average_are_the_files_and_the_rest_is_new(model, tmp_path):
    config = pinned(config_of(model), tmp_path / "new")
    state, plain = starting_state(config, CPU), initial_state(config, CPU)
    tensors, _ = read_generators(find_generators(model))
    for generators in (state.generators, state.averaged_generators):
        assert all(torch.equal(v, tensors[k]) for k, v in generators.state_dict().items())
    new, old = (one.translator.networks.state_dict() for one in (state, plain))
    judges = [name for name in new if name.startswith("discriminator")]
    assert judges and all(torch.equal(new[name], old[name]) for name in judges)
    assert not any(optimizer.state for optimizer in state.optimizers.values())
    assert torch.equal(state.random.get_state(), plain.random.get_state())
    assert not torch.equal(new["generator_a2b.stem.0.weight"], old["generator_a2b.stem.0.weight"])


def test_the_run_says_what_it_began_with_and_goes_on_exactly(model, tiny_data, tmp_path, capsys):
    """Also without the file, once there is a checkpoint."""
    source = shutil.copy(find_generators(model), tmp_path / "start.safetensors")
    flags = [*SMALL, "--train.start-from", str(source), "--train.save-steps", "1"]
    assert train(tiny_data, tmp_path / "straight", *flags, steps=4) == 0
    told = " ".join(capsys.readouterr().out.split())
    step = read_generators(source)[1].step
    assert f"Beginning with a2b and b2a of {source} (recyclegan, step {step}); discr" in told
    written = json.loads((tmp_path / "straight" / "config.json").read_text())["config"]["train"]
    assert written["start_from"] == str(source) and written["start_sha256"] == sha256(source)

    shutil.copytree(tmp_path / "straight", tmp_path / "cut", symlinks=True)
    shutil.rmtree(tmp_path / "cut" / "checkpoints" / "step-00000004")
    source.unlink()
    assert main(["resume", str(tmp_path / "cut")]) == 0
    assert "at step 3 " in " ".join(capsys.readouterr().out.split())
    assert compare(tmp_path / "straight", tmp_path / "cut") == []


def test_killed_before_its_first_checkpoint(model, tiny_data, tmp_path, capsys):
    source = shutil.copy(find_generators(model), tmp_path / "start.safetensors")
    flags = [*SMALL, "--train.start-from", str(source)]
    assert train(tiny_data, tmp_path / "straight", *flags) == 0
    shutil.copytree(tmp_path / "straight", tmp_path / "cut", symlinks=True)

    def kill():
        shutil.rmtree(tmp_path / "cut" / "checkpoints")
        (tmp_path / "cut" / "checkpoints").mkdir()

    kill()
    assert main(["resume", str(tmp_path / "cut")]) == 0
    assert compare(tmp_path / "straight", tmp_path / "cut") == []
    kill()
    # A file of the same name and kind, with other values.
    tensors, info = read_generators(source)
    source.write_bytes(generators_bytes({k: v + 1 for k, v in tensors.items()}, info))
    capsys.readouterr()
    assert main(["resume", str(tmp_path / "cut")]) == 2
    assert f"{source} is gone, or is not the file of SHA-256" in capsys.readouterr().err


def test_another_architecture_is_refused_with_the_flags_that_fit(
    model, tiny_data, tmp_path, capsys
):
    source = find_generators(model)
    wrong = ["--generator.attention", "--train.start-from", str(model)]
    capsys.readouterr()
    assert train(tiny_data, tmp_path / "new", *wrong, variant="case-1") == 2
    (sentence,) = capsys.readouterr().err.splitlines()
    assert str(source) in sentence and not (tmp_path / "new").exists()
    flags = sentence.partition("add ")[2].partition(", or name")[0].split()
    assert "--generator.no-attention" in flags and "--generator.downsamplings" in flags
    # What the sentence says is enough, and a limit that plays no part is no difference.
    fitting = [*flags, "--train.start-from", str(model)]
    assert train(tiny_data, tmp_path / "new", *fitting, variant="case-1", steps=1) == 0


@pytest.mark.parametrize(
    ("limits", "flag"), [((1024, 64), False), ((32, 32), False), ((32, 1024), True)]
)
def test_a_limit_of_features_is_a_difference_where_it_plays_a_part(limits, flag, model, tmp_path):
    """The file's generator has 8 features; the training's, at first 4, up to their limit."""
    config = open_run(model)[1].config
    given, ours = (
        replace(config.generator, max_features=limit, downsamplings=3) for limit in limits
    )
    info = GeneratorInfo("recyclegan", given, {"a": "a", "b": "b"}, ("a2b",), 32, 1)
    (tmp_path / "g.safetensors").write_bytes(generators_bytes({"x": torch.zeros(1)}, info))
    ours = replace(ours, features=4)
    start = replace(config.train, start_from=str(tmp_path / "g.safetensors"))
    with pytest.raises(UserError, match=r"add --generator\.features 8") as refusal:
        pinned(replace(config, generator=ours, train=start), tmp_path / "new")
    assert ("--generator.max-features 32" in str(refusal.value)) is flag


def test_imported_weights_of_one_direction_start_a_fine_tune(tiny_data, tmp_path, capsys):
    network = public_generator(blocks=9)
    imported = import_weights(write(tmp_path / "G.pth", network), tmp_path / "m", direction="b2a")
    flags = ["--train.start-from", str(tmp_path / "m"), "--optimizer.lr-generator", "1e-9"]
    assert train(tiny_data, tmp_path / "run", *flags, variant="cyclegan", steps=1) == 0
    told = " ".join(capsys.readouterr().out.split())
    assert "Beginning with b2a of" in told and "; a2b, discriminators and opt" in told
    tuned, info = read_generators(find_generators(tmp_path / "run"))
    started, _ = read_generators(imported.path)
    assert info.directions == ("a2b", "b2a")
    for name, value in started.items():
        torch.testing.assert_close(tuned[name], value, rtol=0, atol=1e-7)


def test_what_cannot_start_a_training(model, tiny_data, tmp_path):
    source = find_generators(model)
    with pytest.raises(UserError, match="There is no model at"):
        pinned(config_of(model, start_from="nothing"), tmp_path / "new")
    with pytest.raises(UserError, match=r"lies in --out .*, where the new run goes"):
        pinned(config_of(model), model)
    with pytest.raises(UserError, match="is gone, or is not the file"):
        starting_state(pinned(config_of(model, start_sha256="0" * 64), tmp_path / "new"), CPU)
    tensors, info = read_generators(source)
    damaged = tmp_path / "damaged.safetensors"
    for change, complaint in (
        ({"generator_a2b.stem.0.bias": torch.full((8,), torch.nan)}, "no finite numbers"),
        ({"generator_a2b.stem.0.bias": torch.zeros(9)}, r"in another shape stem\.0\.bias"),
    ):
        damaged.write_bytes(generators_bytes(tensors | change, info))
        with pytest.raises(UserError, match=complaint):
            starting_state(pinned(config_of(model, start_from=str(damaged)), tmp_path / "new"), CPU)
    damaged.write_bytes(generators_bytes({"other": torch.zeros(1)}, info))
    with pytest.raises(UserError, match="has no direction of this training"):
        starting_state(pinned(config_of(model, start_from=str(damaged)), tmp_path / "new"), CPU)

"""Adapting a trained model with few weights: the same at first, small, mergeable, resumable."""

import shutil
from copy import deepcopy
from dataclasses import asdict, replace

import pytest
import torch

from benchmarks.kill_and_resume import compare
from recyclegan import load_translator
from recyclegan.checkpoint.adapter import merged, read_adapter, read_model
from recyclegan.checkpoint.find import find_generators
from recyclegan.checkpoint.generators import generators_bytes, read_generators
from recyclegan.cli.main import main
from recyclegan.networks import tuning
from recyclegan.networks.instance_norm import InstanceNorm
from recyclegan.networks.resnet_generator import ResNetGenerator
from recyclegan.networks.strips import can_be_tiled, in_strips
from recyclegan.networks.tuning import frozen_tensors, restrict, trained_tensors
from recyclegan.runs.run_dir import open_run
from recyclegan.training.adapting import adaptation
from recyclegan.training.warm_start import pinned, starting_state
from recyclegan.translation.arithmetic import PRECISIONS, for_pictures
from recyclegan.variants.registry import VARIANTS, get_variant
from tests.small_run import train
from tests.test_translation import noise

CPU = torch.device("cpu")
SMALL = ["--generator.blocks", "1"]
FEW = ["--train.device", "cpu", "--train.log-steps", "1", "--train.eval-steps", "2"]
FEW += ["--train.eval-images", "2"]


def adapt(model, data, out, *flags, steps=2):
    words = ["adapt", str(model), "--data", str(data), "--out", str(out), *FEW, *flags]
    return main([*words, "--train.steps", str(steps)] if steps else words)


def refusal(capsys, status):
    assert status == 2
    (sentence,) = capsys.readouterr().err.splitlines()
    return sentence


@pytest.fixture(scope="module")
def model(tiny_data, tmp_path_factory):
    """A trained run of another seed than the default."""
    out = tmp_path_factory.mktemp("base") / "run"
    assert train(tiny_data, out, *SMALL, "--seed", "5") == 0
    return out


@pytest.fixture(scope="module")
def adapted(model, tiny_data, tmp_path_factory):
    out = tmp_path_factory.mktemp("adapted") / "run"
    assert adapt(model, tiny_data, out, "--train.save-steps", "1", steps=4) == 0
    return out


def fixed_layout(config):
    return replace(config, train=replace(config.train, precision="fp32", layout="contiguous"))


def small_generator(variant, **changes):
    config = replace(get_variant(variant).generator, features=8, blocks=1, **changes)
    torch.manual_seed(0)
    return ResNetGenerator(**asdict(config)).eval()


@pytest.mark.parametrize("tune", ["lora", "norm"])
@pytest.mark.parametrize("variant", VARIANTS)
def test_nothing_changes_at_first_and_merged_is_unmerged(variant, tune):
    """Bit for bit at first, also at the borders, and to 1e-5 after any training."""
    plain = small_generator(variant)
    tuned = small_generator(variant, affine_norms=tune == "norm")
    tuned.load_state_dict(plain.state_dict(), strict=False)
    restrict(tuned, tune, rank=2)
    picture = torch.rand(2, 3, 32, 40) * 2 - 1
    with torch.no_grad():
        assert torch.equal(tuned(picture), plain(picture))
        for parameter in tuned.parameters():
            parameter += torch.randn_like(parameter) * 0.05
        ours = merged(frozen_tensors(tuned), trained_tensors(tuned))
        whole = small_generator(variant, affine_norms=tune == "norm")
        whole.load_state_dict(ours)
        expected = tuned(picture)
        assert (expected - plain(picture)).abs().max() > 0.01
        torch.testing.assert_close(whole(picture), expected, rtol=0, atol=1e-5)


def test_which_weights_are_trained():
    """Adapters between the ends, the ends themselves, and no transposed convolution."""
    tuned = small_generator("cyclegan")
    before = dict(tuned.state_dict())
    restrict(tuned, "lora", rank=3)
    trained, frozen = trained_tensors(tuned), frozen_tensors(tuned)
    ends = {"stem.0.weight", "stem.0.bias", "head.convolution.weight", "head.convolution.bias"}
    layers = {"down.0.0", "down.1.0", "body.0.change.0", "body.0.change.3"}
    assert trained.keys() == ends | {f"{n}.lora_{k}" for n in layers for k in "AB"}
    assert frozen.keys() | ends == before.keys()
    assert trained["down.0.0.lora_A"].shape == (3, 8, 3, 3)
    assert trained["down.0.0.lora_B"].shape == (16, 3, 1, 1)
    assert all(torch.equal(frozen[name], before[name]) for name in frozen)
    tuned.requires_grad_(True)  # As a phase does, which must not wake what is frozen.
    tuned(torch.rand(1, 3, 32, 32)).sum().backward()
    assert all(tensor.grad is None for tensor in frozen.values())


@pytest.mark.parametrize(
    ("variant", "most"), [("cyclegan", 0.02), ("recyclegan", 0.06), ("case-1", 0.05)]
)
def test_an_adapter_of_rank_4_is_a_small_part_of_its_model(variant, most):
    with torch.device("meta"):
        generator = ResNetGenerator(**asdict(get_variant(variant).generator))
        total = sum(parameter.numel() for parameter in generator.parameters())
        restrict(generator, "lora", rank=4)
    assert sum(tensor.numel() for tensor in trained_tensors(generator).values()) < most * total


def test_the_run_is_an_ordinary_one_with_a_small_file_beside(adapted, model, tiny_data, capsys):
    config = open_run(adapted)[1].config
    base = find_generators(model)
    assert (config.train.tune, config.train.lora_rank) == ("lora", 4)
    assert config.train.start_from == str(base.absolute()) and config.optimizer.diff_augment
    assert config.discriminator == open_run(model)[1].config.discriminator
    last = adapted / "checkpoints" / "last"
    tensors, info = read_adapter(last / "adapter.safetensors")
    whole, described = read_generators(last / "generators.safetensors")
    assert info.info == described and described.step == 4
    before, _ = read_generators(base)
    assert whole.keys() == before.keys()
    assert torch.equal(whole["generator_a2b.down.0.0.bias"], before["generator_a2b.down.0.0.bias"])
    changed = whole["generator_b2a.body.0.change.0.weight"]
    assert not torch.equal(changed, before["generator_b2a.body.0.change.0.weight"])
    assert not any(name.endswith("body.0.change.0.weight") for name in tensors)


def test_an_adapter_translates_and_merges_to_what_its_run_does(adapted, tmp_path, capsys):
    last = adapted / "checkpoints" / "last"
    whole, _ = read_generators(last / "generators.safetensors")
    for name, value in read_model(last / "adapter.safetensors")[0].items():
        torch.testing.assert_close(value, whole[name], rtol=0, atol=1e-6)
    assert main(["adapt", "merge", str(last), "--out", str(tmp_path / "m")]) == 0
    translators = [
        load_translator(path, "b2a", precision="fp32")
        for path in (last, last / "adapter.safetensors", tmp_path / "m" / "generators.safetensors")
    ]
    assert len({translator(noise(40, 30)).tobytes() for translator in translators}) == 1
    again = ["adapt", "merge", str(last / "adapter.safetensors"), "--out", str(tmp_path / "m")]
    capsys.readouterr()
    assert "is there already" in refusal(capsys, main(again))
    assert main([*again, "--overwrite"]) == 0


@pytest.mark.parametrize("tune", ["lora", "norm", "full"])
def test_resume_is_exact(tune, model, adapted, tiny_data, tmp_path, capsys):
    flags = ["--train.save-steps", "1", "--tune", tune, "--train.precision", "fp32"]
    assert adapt(model, tiny_data, tmp_path / "straight", *flags, steps=4) == 0
    told = " ".join(capsys.readouterr().out.split())
    expected = {"lora": "adapters of rank 4 on 9 convolutions", "norm": "8 normalisations"}
    assert expected.get(tune, "optimizers begin anew.") in told
    assert (tmp_path / "straight/checkpoints/last/adapter.safetensors").exists() == (tune != "full")
    shutil.copytree(tmp_path / "straight", tmp_path / "cut", symlinks=True)
    shutil.rmtree(tmp_path / "cut" / "checkpoints" / "step-00000004")
    assert main(["resume", str(tmp_path / "cut")]) == 0
    assert compare(tmp_path / "straight", tmp_path / "cut") == []


def test_a_base_is_known_by_its_hash(adapted, model, tiny_data, tmp_path, capsys):
    adapter = tmp_path / "adapter.safetensors"
    shutil.copy(adapted / "checkpoints" / "last" / "adapter.safetensors", adapter)
    base = find_generators(model)
    other = tmp_path / "other.safetensors"
    tensors, info = read_generators(base)
    other.write_bytes(generators_bytes({k: v + 1 for k, v in tensors.items()}, info))
    words = ["translate", str(adapter), str(tiny_data / "testA"), str(tmp_path / "out")]
    words += ["--direction", "a2b", "--precision", "fp32"]
    assert f"{other} is not what {adapter} adapts" in refusal(
        capsys, main([*words, "--base", str(other)])
    )
    assert main([*words, "--base", str(model)]) == 0
    hidden = base.rename(base.with_name("hidden"))
    capsys.readouterr()
    try:
        assert f"which {adapter} adapts, is gone" in refusal(capsys, main(words))
    finally:
        hidden.rename(base)
    assert "has no base; leave --base out" in refusal(
        capsys, main(["translate", str(base), *words[2:], "--base", str(other)])
    )


def test_what_cannot_be_adapted(model, adapted, tiny_data, tmp_path, capsys, monkeypatch):
    out = tmp_path / "new"
    large = refusal(capsys, adapt(model, tiny_data, out, "--rank", "1000"))
    assert "Rank 1000 is too large" in large and "or --tune full" in large
    adapter = adapted / "checkpoints" / "last" / "adapter.safetensors"
    assert "`recyclegan adapt merge`" in refusal(capsys, adapt(adapter, tiny_data, out))
    one_way = tmp_path / "one.safetensors"
    tensors, info = read_generators(find_generators(model))
    ours = {name: value for name, value in tensors.items() if "a2b" in name}
    one_way.write_bytes(generators_bytes(ours, replace(info, directions=("a2b",))))
    assert "has one direction alone" in refusal(capsys, adapt(one_way, tiny_data, out))
    status = train(tiny_data, out, "--train.tune", "lora")
    assert "needs a trained model" in refusal(capsys, status)
    status = main(["adapt", "merge", str(one_way), "--out", str(out)])
    assert "is no adapter" in refusal(capsys, status)
    monkeypatch.setattr(tuning, "find_spec", lambda name: None)
    missing = refusal(capsys, adapt(model, tiny_data, out))
    assert "pip install 'recyclegan[adapt]'" in missing
    assert not out.exists()


def test_a_damaged_adapter_is_refused(adapted, tmp_path, capsys):
    from recyclegan.checkpoint.adapter import adapter_bytes

    tensors, info = read_adapter(adapted / "checkpoints" / "last" / "adapter.safetensors")
    path = tmp_path / "adapter.safetensors"
    lost = {name: value for name, value in tensors.items() if not name.endswith(".lora_B")}
    for broken, made in ((lost, info), (tensors, replace(info, rank=0, tune=None))):
        path.write_bytes(adapter_bytes(broken, made))
        status = main(["adapt", "merge", str(path), "--out", str(tmp_path / "m")])
        assert str(path) in refusal(capsys, status)


def test_a_model_without_its_run_has_its_variants_settings(model, tmp_path):
    path = shutil.copy(find_generators(model), tmp_path / "g.safetensors")
    config = fixed_layout(adaptation(path, tune="norm"))
    assert config.losses == get_variant("recyclegan").losses
    assert (config.generator.features, config.images.size) == (8, 32)
    state = starting_state(pinned(config, tmp_path / "new"), CPU)
    (gains,) = {parameter.ndim for parameter in state.generators.parameters()}
    assert gains == 1
    # A tuned model can be tuned again: its gains and offsets are read with the rest.
    files = merged(frozen_tensors(state.generators), trained_tensors(state.generators))
    again = tmp_path / "again.safetensors"
    info = read_generators(path)[1]
    tuned = replace(info, generator=replace(info.generator, affine_norms=True))
    again.write_bytes(
        generators_bytes({k: v + 1 if ".1." in k else v for k, v in files.items()}, tuned)
    )
    for tune in ("norm", "lora"):
        state = starting_state(
            pinned(fixed_layout(adaptation(again, tune=tune)), tmp_path / "new"), CPU
        )
        assert state.generators.state_dict()["generator_a2b.stem.1.weight"].eq(2).all()


@pytest.mark.parametrize("precision", PRECISIONS)
def test_gains_and_offsets_translate_in_every_way(precision):
    """In strips, and in the arithmetic of translation, as in training."""
    generator = small_generator("recyclegan", affine_norms=True)
    picture = torch.rand(1, 3, 64, 48) * 2 - 1
    with torch.no_grad():
        for module in generator.modules():
            if isinstance(module, InstanceNorm):
                module.weight.uniform_(0.5, 1.5)
                module.bias.uniform_(-0.5, 0.5)
        wanted = generator(picture)
        network = for_pictures(deepcopy(generator), precision)
        assert can_be_tiled(network)
        strips = in_strips(network, picture, strip_values=4000)
    largest = 1e-4 if precision == "fp32" else 0.06
    assert (wanted - picture).abs().max() > 5 * largest
    for found in (network(picture), strips):
        assert (found.float() - wanted).abs().max() < largest

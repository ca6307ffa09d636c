"""One-sided translators: PatchNCE, its places and heads, and one direction in every command."""

import json
import math
import shutil
from dataclasses import replace

import pytest
import torch
from PIL import Image
from torch.autograd import gradcheck

from recyclegan.checkpoint.generators import read_info
from recyclegan.cli.main import main
from recyclegan.errors import UserError
from recyclegan.losses.patch_nce import patch_nce
from recyclegan.networks.patch_heads import PatchHeads
from recyclegan.training.state import initial_state
from recyclegan.translators.registry import make_translator
from recyclegan.variants.registry import VARIANTS
from tests.small_run import events, train
from tests.test_translator import CPU, pictures, small, step, terms_of

ONE_SIDED = ("cut", "fastcut", "cut-small")


def features(seed, *shape):
    random = torch.Generator().manual_seed(seed)
    return torch.randn(shape, generator=random, dtype=torch.float64)


def test_patch_nce_is_the_loop_written_out():
    queries, keys = features(0, 3, 5, 4), features(1, 3, 5, 4)
    losses = []
    for picture in range(3):
        for place in range(5):
            q = queries[picture, place]
            scores = []
            for other in range(5):
                k = keys[picture, other]
                cosine = sum((q * k).tolist()) / math.sqrt(sum((q * q).tolist()))
                scores.append(math.exp(cosine / math.sqrt(sum((k * k).tolist())) / 0.07))
            losses.append(-math.log(scores[place] / sum(scores)))
    assert patch_nce(queries, keys, 0.07).item() == pytest.approx(sum(losses) / len(losses))


def test_patch_nce_gradients():
    keys = features(1, 2, 4, 3)
    assert gradcheck(lambda q: patch_nce(q, keys, 0.3), features(0, 2, 4, 3).requires_grad_())
    keys.requires_grad_()
    patch_nce(features(0, 2, 4, 3).requires_grad_(), keys, 0.3).backward()
    assert keys.grad is None


def test_negatives_are_of_the_same_picture():
    """What one picture of a batch says does not depend on the others."""
    queries, keys = features(0, 2, 6, 3), features(1, 2, 6, 3)
    alone = [patch_nce(queries[i : i + 1], keys[i : i + 1], 0.07) for i in range(2)]
    assert patch_nce(queries, keys, 0.07).item() == pytest.approx(sum(alone).item() / 2)


def test_patch_nce_is_computed_in_float32():
    queries, keys = features(0, 2, 6, 8).float(), features(1, 2, 6, 8).float()
    with torch.autocast("cpu", torch.bfloat16):
        mixed = patch_nce(queries, keys, 0.07)
    assert mixed.dtype == torch.float32 and mixed.equal(patch_nce(queries, keys, 0.07))


def test_heads_look_at_the_places():
    heads = PatchHeads((3, 8))
    heads.reset_to_start()
    maps = [torch.rand(2, 3, 4, 6), torch.rand(2, 8, 2, 3)]
    places = [torch.tensor([23, 0, 7]), torch.tensor([5, 1])]
    first, second = heads(maps, places)
    assert first.shape == (2, 3, 256) and second.shape == (2, 2, 256)
    torch.testing.assert_close(first[1, 0], heads.heads[0](maps[0][1, :, 3, 5]))
    torch.testing.assert_close(second[0, 1], heads.heads[1](maps[1][0, :, 0, 1]))


def test_layers_are_the_papers():
    """The picture, both downsamplings, the first and the fifth of nine blocks."""
    config = VARIANTS["cut"]
    config = replace(config, generator=replace(config.generator, features=8))
    generator = make_translator(config).generator
    given = pictures().real_a
    maps = generator.encode(given)
    assert [m.shape[1:] for m in maps] == [(3, 32, 32), (16, 16, 16), *[(32, 8, 8)] * 3]
    assert generator.encoded_widths == tuple(m.shape[1] for m in maps)
    down = generator.down[1](generator.down[0](generator.stem(given)))
    torch.testing.assert_close(maps[2], down)
    torch.testing.assert_close(maps[4], generator.body[:5](down))


@pytest.mark.parametrize("variant", ONE_SIDED)
def test_networks_and_terms(variant):
    translator = make_translator(small(variant))
    assert [*translator.networks] == ["generator_a2b", "discriminator_b", "patch_heads"]
    terms = terms_of(translator.phases[0], pictures()).keys()
    identity = set() if variant == "fastcut" else {"nce_identity_b"}
    assert terms == {"adversarial_a2b", "nce_a"} | identity
    assert [phase.name for phase in translator.phases] == ["generators", "discriminators"]


def test_optimizers_hold_every_weight_once():
    state = initial_state(small("cut"), CPU)
    held = [p for o in state.optimizers.values() for g in o.param_groups for p in g["params"]]
    assert len(held) == len({*held}) == len([*state.translator.networks.parameters()])
    assert [*state.generators] == ["generator_a2b"]
    before = [p.clone() for p in state.translator.networks["patch_heads"].parameters()]
    step(state)
    after = state.translator.networks["patch_heads"].parameters()
    assert all(not torch.equal(p, q) for p, q in zip(after, before, strict=True))


def test_a_mirrored_translation_is_compared_place_by_place():
    """Mirrored back, a copy of the mirrored picture finds its places; as it is, it does not."""
    translator = make_translator(small("fastcut"))
    translator.generator.encode = lambda x: [x]
    translator.networks["patch_heads"] = PatchHeads((3,))
    real = pictures(64, 1).real_a
    plain, mirrored, wrong = (
        translator.contrast(made, real, torch.Generator().manual_seed(0), back).item()
        for made, back in ((real, False), (real.flip(-1), True), (real.flip(-1), False))
    )
    assert mirrored == pytest.approx(plain)
    assert wrong > plain + 0.5


def test_the_kept_translation_lies_as_its_source_does():
    """Half of the pictures go through mirrored; what is kept for the others is mirrored back."""
    translator = make_translator(small("fastcut"))
    translator.apply = lambda name, x: x if "generator" in name else x.mean(1, keepdim=True)
    seen = set()
    for seed in range(8):
        given = pictures()
        calls = []
        encode = translator.generator.encode
        translator.generator.encode = lambda x, e=encode, c=calls: c.append(x) or e(x)
        translator.translation_terms(given, 0.0, torch.Generator().manual_seed(seed))
        translator.generator.encode = encode
        assert torch.equal(given.translated["b"], given.real_a)
        seen.add(torch.equal(calls[0], given.real_a))
    assert seen == {True, False}


@pytest.mark.parametrize(
    ("variant", "loss", "flag"),
    [
        ("cut", {"cycle": 1.0}, "--losses.cycle"),
        ("fastcut", {"content": 1.0}, "--losses.content"),
        ("recyclegan", {"nce": 1.0}, "--losses.nce"),
    ],
)
def test_a_loss_that_means_nothing_is_refused(variant, loss, flag):
    config = small(variant)
    with pytest.raises(UserError, match=f"{flag} means nothing to {variant}"):
        make_translator(replace(config, losses=replace(config.losses, **loss)))


@pytest.fixture(scope="module")
def run(tiny_data, tmp_path_factory):
    run = tmp_path_factory.mktemp("cut") / "run"
    assert train(tiny_data, run, "--generator.blocks", "1", variant="cut", steps=4) == 0
    return run


def test_a_run_has_one_direction(run):
    info = read_info(run / "checkpoints" / "last" / "generators.safetensors")
    assert info.directions == ("a2b",)
    (evaluation, _) = events(run, "evaluation")
    assert "psnr_a2b" in evaluation and "swd_a2b" in evaluation
    assert not any("b2a" in name or name.startswith("cycle") for name in evaluation)
    assert "losses/nce_a" in events(run, "train")[0]
    one, two = (Image.open(p).size for p in sorted((run / "samples").iterdir()))
    assert one == two and one[0] < 200, "a column too many"


def test_the_other_direction_is_refused_kindly(run, tiny_data, tmp_path, capsys):
    words = ["translate", str(run), str(tiny_data / "testB"), str(tmp_path / "out")]
    assert main([*words, "--direction", "b2a"]) == 2
    error = " ".join(capsys.readouterr().err.split())
    assert "has no direction 'b2a'; it has a2b (A → B)" in error
    assert not (tmp_path / "out").exists()


def test_it_is_adapted_in_its_one_direction(run, tiny_data, tmp_path, capsys):
    words = ["--data", str(tiny_data), "--out", str(tmp_path / "out"), "--tune", "norm"]
    words += ["--train.steps", "1", "--train.device", "cpu", "--train.eval-images", "2"]
    assert main(["adapt", str(run), *words]) == 0
    said = " ".join(capsys.readouterr().out.split())
    assert "to turn A into B:" in said and "Beginning with a2b of" in said
    assert "patch heads, discriminators and optimizers begin anew" in said
    last = tmp_path / "out" / "checkpoints" / "last" / "generators.safetensors"
    assert read_info(last).directions == ("a2b",)


def test_best_by_cycle_is_refused(tiny_data, tmp_path, capsys):
    flags = ["--train.best-by", "cycle"]
    assert train(tiny_data, tmp_path / "run", *flags, variant="fastcut") == 2
    assert "needs a way back, which fastcut has not" in " ".join(capsys.readouterr().err.split())
    assert not (tmp_path / "run").exists()


@pytest.mark.parametrize("best_by", ["auto", "ssim"])
def test_truth_of_its_one_direction_chooses_best(best_by, tiny_data, tmp_path, capsys):
    data, run = tmp_path / "data", tmp_path / "run"
    shutil.copytree(tiny_data, data, ignore=shutil.ignore_patterns("truthB"))
    flags = ["--train.best-by", best_by, "--train.extractor", "none"]
    assert train(data, run, *flags, "--generator.blocks", "1", variant="cut", steps=2) == 0
    meta = json.loads((run / "checkpoints" / "step-00000002" / "meta.json").read_text())
    assert meta["best_by"] == {"auto": "psnr"}.get(best_by, best_by)
    assert meta["score"] == -events(run, "evaluation")[-1][f"{meta['best_by']}_a2b"]
    # Both ways, or the other way, more truth is needed.
    assert train(data, tmp_path / "other", "--train.best-by", "ssim") == 2
    assert "needs truthB for every test picture" in " ".join(capsys.readouterr().err.split())
    shutil.rmtree(data / "truthA")
    assert train(data, tmp_path / "other", "--train.best-by", "ssim", variant="cut") == 2
    assert "needs truthA for every test picture" in " ".join(capsys.readouterr().err.split())


def test_quickstart_shows_one_direction(tmp_path, monkeypatch, capsys):
    from recyclegan.cli import quickstart
    from recyclegan.variants import registry

    monkeypatch.setattr(quickstart, "NUM", 4)
    monkeypatch.setattr(quickstart, "NUM_TEST", 3)
    monkeypatch.setitem(registry.VARIANTS, "fastcut", small("fastcut"))
    out = tmp_path / "out"
    words = ["quickstart", "--out", str(out), "--variant", "fastcut", "--minutes", "0.03"]
    assert main(words) == 0
    assert [p.name for p in (out / "translations").iterdir()] == ["a2b"]
    assert [p.name for p in (out / "run" / "evaluations").iterdir()] == ["a2b.json"]
    page = (out / "report.html").read_text()
    assert "Day to night" in page and "and back" not in page.split("</h1>")[0]
    said = " ".join(capsys.readouterr().out.split())
    assert "turn day into night:" in said
    assert json.loads((out / "run" / "evaluations" / "a2b.json").read_text())

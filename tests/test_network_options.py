"""Options of the networks, one by one and together: starts, gradients, parities, refusals."""

import copy
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import pytest
import torch
from torch import nn
from torch.nn import functional as F
from torch.utils.flop_counter import FlopCounterMode

from recyclegan.errors import UserError
from recyclegan.losses.adversarial import ADVERSARIAL
from recyclegan.networks.bilateral_grid import Guide, read_at
from recyclegan.networks.blur import Blur
from recyclegan.networks.brush import Brush
from recyclegan.networks.identity_start import IdentityStartHead
from recyclegan.networks.initialisation import initialise
from recyclegan.networks.instance_norm import InstanceNorm
from recyclegan.networks.multi_scale import make_discriminator
from recyclegan.networks.patch_discriminator import PatchDiscriminator
from recyclegan.networks.reinjection import Reinjection
from recyclegan.networks.resnet_generator import ResNetGenerator
from recyclegan.networks.size import num_multiply_adds
from recyclegan.networks.skips import NoSkip, ZeroInitSkip
from recyclegan.networks.spectral_norm import SpectralConv2d
from recyclegan.networks.strips import in_strips
from recyclegan.networks.tone import Tone
from recyclegan.training.state import initial_state
from recyclegan.training.step import train_step
from recyclegan.translation.arithmetic import for_pictures
from recyclegan.translators.phase import Pictures
from recyclegan.translators.registry import make_translator
from recyclegan.variants.registry import VARIANTS
from tests.network_options import DISCRIMINATOR, DISCRIMINATORS, GENERATOR, GENERATORS

generators = pytest.mark.parametrize("changes", GENERATORS.values(), ids=GENERATORS)
discriminators = pytest.mark.parametrize("changes", DISCRIMINATORS.values(), ids=DISCRIMINATORS)


def pictures(*shape, seed=0, dtype=torch.float32):
    generator = torch.Generator().manual_seed(seed)
    return torch.rand(shape, generator=generator, dtype=dtype) * 2 - 1


def make_generator(changes, **more):
    torch.manual_seed(0)
    network = ResNetGenerator(**GENERATOR | changes | more)
    initialise(network, "normal")
    return network


def make_judge(changes):
    torch.manual_seed(0)
    network = make_discriminator(**DISCRIMINATOR | changes)
    initialise(network, "normal")
    return network


def disturb(network, std=0.2):
    """Give every weight, also those that start at zero, something to do."""
    torch.manual_seed(1)
    for parameter in network.parameters():
        parameter.data.add_(torch.randn_like(parameter) * std)
    for module in network.modules():
        if isinstance(module, Tone):
            module.fit(0.5 * pictures(4, 3, 8, 8) - 0.3)
    return network


def summed(judged):
    """Return one number of what a discriminator says, in which every logit has its own share."""
    judged = judged if isinstance(judged, list) else [judged]
    return sum((j.square() * torch.linspace(0.5, 1, j.shape[-1]).to(j)).sum() for j in judged)


@generators
@pytest.mark.parametrize("size", [(32, 48), (40, 32)])
def test_size_and_identity_at_the_start(changes, size):
    """The input at 98 % contrast, to a few grey levels."""
    picture = pictures(2, 3, *size)
    out = make_generator(changes)(picture)
    assert out.shape == picture.shape
    assert (out - 0.98 * picture).abs().max() < 0.05


@generators
def test_a_gradient_reaches_every_weight_at_the_start(changes):
    """But those behind a projection that starts at zero, and biases that a norm takes out."""
    network = make_generator(changes)
    network(pictures(2, 3, 32, 32)).square().mean().backward()
    dead = {
        name
        for name, parameter in network.named_parameters()
        if parameter.grad is None or not parameter.grad.any()
    }
    assert dead == set()


@generators
@pytest.mark.parametrize("batch", [1, 2])
def test_generator_gradients_agree_with_float64(changes, batch):
    found = []
    for dtype in (torch.float32, torch.float64):
        # Away from the start, where the head would hide the body.
        network = disturb(make_generator(changes), 0.05).to(dtype)
        out = network(pictures(batch, 3, 48, 32).to(dtype))
        (out.square() * torch.linspace(0.5, 1, 32).to(dtype)).sum().backward()
        found.append(torch.cat([p.grad.double().flatten() for p in network.parameters()]))
    assert (found[0] - found[1]).norm() / found[1].norm() < 1e-4


@generators
def test_bfloat16_is_near(changes):
    """Under autocast as in training, and as for pictures: guide and statistics stay float32."""
    network, picture = disturb(make_generator(changes), 0.03).eval(), pictures(1, 3, 48, 48)
    with torch.no_grad():
        exact = network(picture)
        with torch.autocast("cpu", torch.bfloat16):
            mixed = network(picture)
        assert mixed.dtype == torch.float32
        assert (mixed - exact).abs().mean() < 0.02
        assert (for_pictures(network, "bf16")(picture) - exact).abs().mean() < 0.02


@generators
@pytest.mark.parametrize("strip_values", [1, 1500, 10**9])
def test_strips_give_the_whole_pictures_result(changes, strip_values):
    network = disturb(make_generator(changes)).eval().requires_grad_(False)
    picture = pictures(1, 3, 56, 40) * 0.4 + torch.linspace(-0.5, 0.5, 56).view(1, 1, -1, 1)
    whole = network(picture)
    torch.testing.assert_close(in_strips(network, picture, strip_values), whole, rtol=0, atol=5e-5)


@generators
def test_multiply_adds_are_those_that_torch_counts(changes):
    with torch.device("meta"):
        network = ResNetGenerator(**GENERATOR | changes)
        with FlopCounterMode(display=False) as counter, torch.no_grad():
            network(torch.empty(1, 3, 88, 72))
    assert num_multiply_adds(network, 88, 72) == counter.get_total_flops() // 2


def test_reading_a_grid_is_the_written_out_loop():
    """Trilinear: enlarged over the picture, then between the two levels around the guide."""
    depth, num, scale = 4, 3, 4
    torch.manual_seed(0)
    grid = torch.randn(1, depth * num, 3, 2, dtype=torch.float64)
    guide = torch.rand(1, 1, 12, 8, dtype=torch.float64)
    guide[0, 0, 0, :2] = torch.tensor([0.0, 1.0])
    large = F.interpolate(grid, scale_factor=scale, mode="bilinear", align_corners=False)
    found = read_at(large, guide, depth)

    def at(level, y, x):
        """Bilinear with pixel centres, clamped at the borders."""
        places = [(p + 0.5) / scale - 0.5 for p in (y, x)]
        (y, x), sides = (max(p, 0.0) for p in places), grid.shape[2:]
        y0, x0 = int(y), int(x)
        y1, x1 = min(y0 + 1, sides[0] - 1), min(x0 + 1, sides[1] - 1)
        cell = grid[0, level * num : (level + 1) * num]
        upper = cell[:, y0, x0] * (1 - x + x0) + cell[:, y0, x1] * (x - x0)
        lower = cell[:, y1, x0] * (1 - x + x0) + cell[:, y1, x1] * (x - x0)
        return upper * (1 - y + y0) + lower * (y - y0)

    for y in range(12):
        for x in range(8):
            place = float(guide[0, 0, y, x]) * (depth - 1)
            low = min(int(place), depth - 2)
            wanted = at(low, y, x) * (1 - place + low) + at(low + 1, y, x) * (place - low)
            torch.testing.assert_close(found[0, :, y, x], wanted)


def test_reading_a_grid_is_differentiable_twice():
    """As the path-length term needs it."""
    grid = torch.randn(1, 6, 2, 3, dtype=torch.float64, requires_grad=True)
    guide = torch.rand(1, 1, 2, 3, dtype=torch.float64, requires_grad=True)
    torch.autograd.gradgradcheck(lambda g, z: read_at(g, z, 3), (grid, guide))


def test_a_grid_follows_an_edge_that_is_finer_than_it():
    """Dark pixels are lifted and bright ones are not, though both lie in every cell."""
    head = IdentityStartHead(1, scale=8, grid=2)
    head.guide.reset_to_start()
    nn.init.zeros_(head.convolution.weight)
    nn.init.zeros_(head.convolution.bias)
    head.convolution.bias.data[3:6] = 1.0  # The offset of the darkest level.
    picture = torch.full((1, 3, 16, 16), -0.9)
    picture[..., ::2] = 0.9
    change = head(torch.zeros(1, 1, 2, 2), picture) - 0.98 * picture
    assert change[..., 1::2].min() > 0.3 and change[..., ::2].abs().max() < 0.02


def test_the_guide_begins_as_brightness():
    guide = Guide()
    guide.reset_to_start()
    greys = torch.linspace(-1, 1, 20).view(1, 1, 1, -1).expand(1, 3, 1, -1)
    places = guide(greys).flatten()
    assert (places.diff() > 0).all()
    torch.testing.assert_close(places, torch.sigmoid(4 * greys[0, 0, 0]), rtol=0, atol=0.03)


def test_colour_matrix_formula():
    """A turn of the colours that no gain a channel makes."""
    head = IdentityStartHead(2, colour_matrix=True)
    nn.init.zeros_(head.convolution.weight)
    matrix = torch.tensor([[0.0, 1, 0], [0, 0, 1], [1, 0, 0]])
    head.convolution.bias.data = torch.cat([(matrix - torch.eye(3)).flatten(), torch.zeros(3)])
    picture = pictures(1, 3, 8, 8)
    turned = 0.98 * picture[:, [1, 2, 0]]
    torch.testing.assert_close(head(torch.zeros(1, 2, 8, 8), picture), turned)


def test_a_toned_picture_has_the_colours_of_the_target():
    """Its means and deviations are those of the pictures that were measured, within the range."""
    tone, picture = Tone(), 0.6 * pictures(2, 3, 16, 16) + 0.2
    torch.testing.assert_close(tone(picture), picture)  # Not measured yet.
    target = 0.3 * pictures(5, 3, 12, 20) - 0.5
    tone.fit(target)
    made = tone(picture).double()
    wanted = target.mean((2, 3)).mean(0), target.std((2, 3), correction=0).mean(0)
    found = made.mean((2, 3)), made.std((2, 3), correction=0)
    for one, other in zip(found, wanted, strict=True):
        torch.testing.assert_close(one, other.double().expand(2, 3), rtol=0, atol=1e-4)
    order = picture.flatten(2).argsort(-1)
    assert (tone(picture).flatten(2).gather(-1, order).diff() >= 0).all()
    assert tone(torch.zeros(1, 3, 8, 8)).isfinite().all()


def test_a_tone_raises_little_contrast_and_stays_in_the_range():
    """A dark picture's noise is not brought to a bright one's contrast."""
    tone, picture = Tone(), 0.05 * pictures(1, 3, 16, 16) - 0.9
    tone.fit(0.5 * pictures(5, 3, 16, 16))
    found = tone(picture).std((2, 3), correction=0) / picture.std((2, 3), correction=0)
    torch.testing.assert_close(found, torch.full((1, 3), Tone.MOST_GAIN), rtol=1e-3, atol=0)
    tone.target[0] = 0.98
    assert tone(picture).abs().max() <= 1


def test_paint_covers_where_the_mask_says():
    brush, picture = Brush(), pictures(1, 3, 8, 8)
    nn.init.zeros_(brush.out.weight)
    paint = torch.tensor([0.5, -0.5, 1.0])
    for logit, share in ((-30.0, 0.0), (0.0, 0.5), (30.0, 1.0)):
        brush.out.bias.data = torch.cat([paint, torch.tensor([logit])])
        wanted = (1 - share) * 0.5 * picture + share * torch.tanh(paint).view(1, 3, 1, 1)
        painted = brush(0.5 * picture, picture, torch.zeros(1, Brush.CONTEXT, 8, 8))
        torch.testing.assert_close(painted, wanted)


def test_paint_is_as_fine_as_the_picture_and_reaches_no_further():
    """However coarse the rest is: one pixel changes the paint of its surroundings alone."""
    generator = disturb(make_generator({"head_scale": 8, "paint": True}), 0.1)
    picture, context = pictures(1, 3, 32, 32), pictures(1, Brush.CONTEXT, 32, 32)
    other = picture.clone()
    other[..., 16, 16] *= -1
    brush = generator.head.brush
    nn.init.normal_(brush.out.weight)
    changed = (brush(picture, picture, context) - brush(picture, other, context)).abs().sum(1)[0]
    rows, columns = changed.nonzero().T
    reach = brush.REACH
    assert (rows.min(), rows.max(), columns.min(), columns.max()) == (16 - reach, 16 + reach) * 2


def test_statistics_bring_back_brightness_that_norms_erase():
    """A picture and a darker copy of less contrast are the same to a stem; not to what follows."""
    picture = pictures(1, 3, 32, 32)
    darker = 0.5 * picture - 0.3
    plain = disturb(make_generator({}, head="tanh", skips="none"), 0.1)
    torch.testing.assert_close(plain.stem(picture), plain.stem(darker), rtol=0, atol=1e-3)
    torch.testing.assert_close(plain(picture), plain(darker), rtol=0, atol=2e-2)
    told = disturb(make_generator({"statistics": "reinject"}, head="tanh", skips="none"), 0.1)
    changes = [(network(picture) - network(darker)).abs().mean() for network in (plain, told)]
    assert changes[1] > 0.02 and changes[1] > 5 * changes[0]


def test_statistics_start_as_nothing_and_bear_one_colour():
    layer = Reinjection(8)
    layer.reset_to_start()
    maps, flat = pictures(2, 8, 6, 6), torch.full((2, 3, 6, 6), 0.3, requires_grad=True)
    out = layer(maps, flat)
    torch.testing.assert_close(out, maps, rtol=0, atol=0.02)
    out.sum().backward()
    assert flat.grad.isfinite().all()


def test_skips_begin_at_the_level_that_is_asked_for():
    kinds = {
        2: [ZeroInitSkip] * 3,
        4: [ZeroInitSkip] * 2 + [NoSkip],
        8: [ZeroInitSkip] + [NoSkip] * 2,
    }
    for finest, wanted in kinds.items():
        assert [type(skip) for skip in make_generator({"finest_skip": finest}).skips] == wanted


def test_blur_keeps_constants_and_is_a_binomial_filter():
    torch.testing.assert_close(
        Blur(2)(torch.full((1, 2, 5, 7), 0.7)), torch.full((1, 2, 5, 7), 0.7)
    )
    spot = torch.zeros(1, 1, 5, 5)
    spot[..., 2, 2] = 16
    wanted = torch.tensor([[1.0, 2, 1], [2, 4, 2], [1, 2, 1]])
    assert torch.equal(Blur(1)(spot)[0, 0, 1:4, 1:4], wanted)


def test_blur_makes_a_stride_follow_a_shift():
    """One pixel's shift of a fine pattern changes what a stride sees of it less than before."""
    torch.manual_seed(0)
    convolution = nn.Conv2d(4, 8, 3, stride=2, bias=False)
    x = torch.randn(1, 4, 65, 65)
    changes = []
    for layers in (nn.Sequential(convolution), nn.Sequential(Blur(4), convolution)):
        here, there = layers(x)[..., 4:-4], layers(x.roll(1, dims=-1))[..., 4:-4]
        changes.append(((here - there).norm() / here.norm()).item())
    assert changes[1] < 0.7 * changes[0]
    # The same as a convolution of stride 1, then blur, then every second: the two commute.
    dense = F.conv2d(x, convolution.weight)
    after = Blur(8)(dense)[..., 2:-2:2, 2:-2:2]
    before = convolution(Blur(4)(x))[..., 1:-1, 1:-1]
    torch.testing.assert_close(before, after, rtol=0, atol=1e-4)


@discriminators
def test_discriminator_gradients_agree_with_float64(changes):
    for batch in (1, 2):
        found = []
        for dtype in (torch.float32, torch.float64):
            network = disturb(make_judge(changes), 0.05).to(dtype)
            summed(network(pictures(batch, 3, 128, 128).to(dtype))).backward()
            found.append(torch.cat([p.grad.double().flatten() for p in network.parameters()]))
        assert (found[0] - found[1]).norm() / found[1].norm() < 1e-4


@discriminators
def test_a_gradient_reaches_every_weight_of_a_discriminator(changes):
    network = disturb(make_judge(changes), 0.01)
    summed(network(pictures(2, 3, 128, 128))).backward()
    dead = {name for name, p in network.named_parameters() if not p.grad.any()}
    # Keys and queries say nothing on a map of one place, nor does the bias of keys on any.
    assert all(".key." in name or ".query." in name for name in dead)


def test_pooled_is_the_mean_of_the_patches():
    patches, pooled = make_judge({}), make_judge({"pooled": True})
    picture = pictures(2, 3, 64, 64)
    torch.testing.assert_close(pooled(picture), patches(picture).mean(dim=(2, 3), keepdim=True))
    # Least squares of a pooled judge leaves out the variance over the patches.
    lsgan, logits = ADVERSARIAL["lsgan"].discriminator, patches(picture)
    rest = logits.var(dim=(2, 3), correction=0).mean()
    torch.testing.assert_close(
        lsgan(logits, logits) - lsgan(pooled(picture), pooled(picture)), rest
    )


def test_spectral_norm_finds_the_largest_singular_value():
    torch.manual_seed(0)
    layer = SpectralConv2d(6, 10, 4)
    layer.weight.data.mul_(7)
    for _ in range(300):
        layer(torch.zeros(1, 6, 8, 8))
    largest = torch.linalg.svdvals(layer.weight.flatten(1))[0]
    torch.testing.assert_close(layer.singular_value(), largest, rtol=1e-4, atol=0)
    given = torch.randn(1, 6, 8, 8)
    wanted = F.conv2d(given, layer.weight / largest, layer.bias)
    torch.testing.assert_close(layer(given), wanted, rtol=1e-3, atol=1e-4)


def test_spectral_norm_is_on_every_convolution_in_place_of_instance_norm():
    layers = list(make_judge({"norm": "spectral", "attention": True}).modules())
    assert not any(isinstance(layer, InstanceNorm) for layer in layers)
    convolutions = [layer for layer in layers if isinstance(layer, nn.Conv2d)]
    assert len(convolutions) == 8
    assert all(isinstance(layer, SpectralConv2d) for layer in convolutions)


def test_spectral_norm_moves_with_the_weights_alone():
    """Not while others learn, nor in evaluation; and at once for half precision."""
    network = make_judge({"norm": "spectral"})
    picture = pictures(1, 3, 64, 64)

    def moves(**precision):
        before = {name: value.clone() for name, value in network.named_buffers()}
        with torch.autocast("cpu", torch.bfloat16, enabled=bool(precision)):
            network(picture)
        return any(not torch.equal(value, before[name]) for name, value in network.named_buffers())

    assert moves() and moves(bf16=True)
    network.requires_grad_(False)
    assert not moves()
    network.requires_grad_(True).eval()
    assert not moves()
    assert any(name.endswith("direction") for name in network.state_dict())


def test_scales_judge_smaller_copies():
    network = make_judge({"scales": 3})
    picture = pictures(1, 3, 128, 128)
    judged = network(picture)
    assert [logits.shape[-1] for logits in judged] == [14, 6, 2]
    flat = torch.full((1, 3, 128, 128), 0.4)
    smaller = F.avg_pool2d(flat, 3, stride=2, padding=1, count_include_pad=False)
    torch.testing.assert_close(judged[0], network.scales[0](picture))
    torch.testing.assert_close(network(flat)[1], network.scales[1](smaller))
    torch.testing.assert_close(smaller, torch.full((1, 3, 64, 64), 0.4))
    assert isinstance(make_judge({}), PatchDiscriminator)


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"head": "tanh", "grid": 8}, "--generator.grid and .*identity-start"),
        ({"head": "tanh", "colour_matrix": True, "paint": True}, "colour-matrix and .*paint"),
        ({"downsamplings": 2, "head_scale": 8}, "head-scale 8 .*give 4 or less"),
        ({"grid": 3}, "grid"),
    ],
)
def test_what_does_not_fit_is_said(changes, said):
    with pytest.raises(UserError, match=said):
        replace(VARIANTS["recyclegan"].generator, **changes)


def test_a_picture_too_small_for_the_scales_is_said():
    config = VARIANTS["recyclegan"]
    config = replace(
        config,
        discriminator=replace(config.discriminator, scales=3),
        images=replace(config.images, size=64),
    )
    with pytest.raises(UserError, match=r"--images\.size 128"):
        make_translator(config)


@pytest.mark.parametrize("precision", ["fp32", "bf16"])
def test_a_training_with_every_option_goes_on_exactly(precision):
    """From its saved state, power iterations too, in one thread as in two side by side."""
    config = VARIANTS["recyclegan"]
    judge = {"features": 4, "norm": "spectral", "antialias": True, "scales": 2, "pooled": True}
    config = replace(
        config,
        generator=replace(config.generator, features=4, blocks=1, **GENERATORS["all"]),
        discriminator=replace(config.discriminator, **judge),
        losses=replace(config.losses, path_length=1.0, path_length_interval=2),
        images=replace(config.images, size=64),
        train=replace(config.train, precision=precision, layout="contiguous"),
    )

    def step(state, number):
        batch = Pictures(pictures(1, 3, 64, 64, seed=number), pictures(1, 3, 64, 64, seed=-number))
        return train_step(state, [batch], step=number, progress=0.0, clip=0.0)

    here = initial_state(config, torch.device("cpu"))
    for number in (1, 2):
        step(here, number)
    saved = copy.deepcopy(here.state_dict())
    there = initial_state(config, torch.device("cpu"))
    there.side_by_side.pool = ThreadPoolExecutor(2)
    there.load_state_dict(saved)
    for number in (3, 4):
        assert step(here, number) == step(there, number)
    ours, theirs = (state.translator.networks.state_dict() for state in (here, there))
    assert all(torch.equal(ours[name], theirs[name]) for name in ours)
    before = saved["translator"]["networks"]
    moved = {name.split(".")[-1] for name in ours if not torch.equal(ours[name], before[name])}
    assert moved == {"weight", "bias", "direction"}

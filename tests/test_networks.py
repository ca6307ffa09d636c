"""Networks: shapes, starts, gradients against float64, and the faults that others report."""

import copy
from dataclasses import asdict

import pytest
import torch
from torch import nn

from recyclegan.networks.attention import PooledSelfAttention
from recyclegan.networks.identity_start import IdentityStartHead
from recyclegan.networks.initialisation import initialise
from recyclegan.networks.instance_norm import InstanceNorm
from recyclegan.networks.patch_discriminator import PatchDiscriminator
from recyclegan.networks.resampling import resize_upsampling, transposed_upsampling
from recyclegan.networks.residual import ResidualBlock
from recyclegan.networks.resnet_generator import ResNetGenerator
from recyclegan.networks.skips import ZeroInitSkip
from recyclegan.variants.registry import VARIANTS
from tests.network_options import GENERATOR

SMALL = GENERATOR | {"downsamplings": 2, "attention": True, "affine_norms": True}


def pictures(*shape, seed=0, dtype=torch.float32):
    generator = torch.Generator().manual_seed(seed)
    return torch.rand(shape, generator=generator, dtype=dtype) * 2 - 1


@pytest.mark.parametrize("config", VARIANTS.values(), ids=VARIANTS)
def test_generator_keeps_size_and_range(config):
    generator = ResNetGenerator(**asdict(config.generator))
    out = generator(pictures(1, 3, 32, 48))
    assert out.shape == (1, 3, 32, 48)
    assert out.abs().max() <= 1


@pytest.mark.parametrize(("strided", "side"), [(3, 30), (4, 15)])
def test_discriminator_judges_patches(strided, side):
    """The 70x70 PatchGAN has 30x30 logits at 256 pixels."""
    discriminator = PatchDiscriminator(8, strided, attention=False)
    assert discriminator(pictures(2, 3, 256, 256)).shape == (2, 1, side, side)


@pytest.mark.parametrize(("strided", "field"), [(3, 70), (4, 94)])
def test_receptive_field(strided, field):
    """A logit depends on a square of pixels of just that side (norms aside, which see all)."""
    discriminator = PatchDiscriminator(4, strided, attention=False)
    layers = nn.Sequential(*(m for m in discriminator.layers if isinstance(m, nn.Conv2d)))
    picture = pictures(1, 3, 256, 256).requires_grad_()
    logits = layers(picture)
    middle = logits.shape[-1] // 2
    logits[0, 0, middle, middle].backward()
    rows = picture.grad.abs().sum(dim=(0, 1, 3)).nonzero()
    assert rows.max() - rows.min() + 1 == field


@pytest.mark.parametrize("layout", [torch.contiguous_format, torch.channels_last])
@pytest.mark.parametrize("batch", [1, 2])
@pytest.mark.parametrize(
    "build",
    [lambda: ResNetGenerator(**SMALL), lambda: PatchDiscriminator(8, 3, True)],
    ids=["G", "D"],
)
def test_gradients_agree_with_float64(build, batch, layout):
    """Batch 1 is where InstanceNorm has been silently wrong; the residual network shows it."""
    torch.manual_seed(0)
    network = build()
    gradients = []
    for dtype in (torch.float32, torch.float64):
        twin = build()
        twin.load_state_dict(network.state_dict())
        for parameter in twin.parameters():
            if not parameter.any():
                parameter.data.fill_(0.05)
        exact = dtype == torch.float64
        twin.to(dtype, memory_format=torch.contiguous_format if exact else layout)
        given = pictures(batch, 3, 64, 64).to(dtype)
        out = twin(given if exact else given.contiguous(memory_format=layout))
        (out.square() * torch.linspace(0.5, 1, out.shape[-1]).to(dtype)).sum().backward()
        gradients.append(torch.cat([p.grad.flatten().double() for p in twin.parameters()]))
    assert (gradients[0] - gradients[1]).norm() / gradients[1].norm() < 1e-4


@pytest.mark.parametrize("layout", [torch.contiguous_format, torch.channels_last])
@pytest.mark.parametrize("batch", [1, 2])
def test_residual_gradients_agree_with_float64(batch, layout):
    """Torch's own norm fails here at batch 1 in channels-last, with the output unharmed."""
    torch.manual_seed(0)
    blocks = nn.Sequential(ResidualBlock(32), ResidualBlock(32))
    gradients = []
    for dtype in (torch.float32, torch.float64):
        twin = copy.deepcopy(blocks).to(dtype, memory_format=layout)
        given = pictures(batch, 32, 24, 24).to(dtype, memory_format=layout).requires_grad_()
        if dtype == torch.float64:
            twin, given = twin.to(memory_format=torch.contiguous_format), given.contiguous()
        given.retain_grad()
        (twin(given) * torch.linspace(0.5, 1, 24).to(dtype)).square().sum().backward()
        found = [given.grad, *(p.grad for p in twin.parameters() if p.ndim > 1)]
        gradients.append(torch.cat([g.flatten().double() for g in found]))
    assert (gradients[0] - gradients[1]).norm() / gradients[1].norm() < 1e-4


@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16])
def test_instance_norm_is_the_formula_in_float32(dtype):
    x = (pictures(2, 5, 7, 9) * 3 + 40).to(dtype)
    exact = x.double()
    variance, mean = torch.var_mean(exact, dim=(2, 3), keepdim=True, correction=0)
    expected = (exact - mean) / (variance + 1e-5).sqrt()
    tolerance = 1e-3 if dtype == torch.float32 else 0.02
    torch.testing.assert_close(InstanceNorm(5)(x).double(), expected, atol=tolerance, rtol=0)


def test_a_picture_does_not_depend_on_its_neighbours():
    torch.manual_seed(0)
    generator = ResNetGenerator(**SMALL | {"head": "tanh"}).eval()
    batch = pictures(3, 3, 32, 32)
    alone = torch.cat([generator(picture[None]) for picture in batch])
    torch.testing.assert_close(generator(batch), alone, atol=1e-5, rtol=0)


def test_identity_start_returns_the_picture():
    """At the start the output is the input at 98 % contrast, to a few grey levels."""
    torch.manual_seed(0)
    generator = ResNetGenerator(**asdict(VARIANTS["recyclegan"].generator))
    initialise(generator, "normal")
    picture = pictures(2, 3, 64, 64)
    assert (generator(picture) - 0.98 * picture).abs().max() < 0.05


def test_identity_start_formula():
    head = IdentityStartHead(4)
    nn.init.zeros_(head.convolution.weight)
    head.convolution.bias.data = torch.tensor([0.5, 0.5, 0.5, 0.1, 0.1, 0.1])
    picture = pictures(1, 3, 8, 8)
    expected = torch.tanh(torch.atanh(0.98 * picture) * 1.5 + 0.1)
    torch.testing.assert_close(head(torch.zeros(1, 4, 8, 8), picture), expected)


def test_zero_init_skip_and_attention_start_as_nothing():
    x, encoder = pictures(1, 16, 16, 16), pictures(1, 16, 16, 16, seed=1)
    skip = ZeroInitSkip(16)
    initialise(skip, "normal")
    assert torch.equal(skip(x, encoder), x)
    assert torch.equal(PooledSelfAttention(16)(x), x)


@pytest.mark.parametrize("batch", [1, 2])
@pytest.mark.parametrize(("dtype", "tolerance"), [(torch.float64, 1e-12), (torch.float32, 1e-4)])
def test_attention_without_weights_has_the_values_and_gradients_of_the_formula(
    batch, dtype, tolerance
):
    """Also where a map's places fill no block of the kernel: 40x52 are 10x13."""
    torch.manual_seed(0)
    layer = PooledSelfAttention(16).double()
    layer.gain.data.fill_(1.0)
    layer.differentiable_twice = True
    x = torch.randn(batch, 16, 40, 52, dtype=torch.float64, requires_grad=True)
    twin = copy.deepcopy(layer).to(dtype)
    twin.differentiable_twice = False
    y = x.detach().to(dtype).requires_grad_()
    expected, found = layer(x), twin(y)
    torch.testing.assert_close(found.double(), expected, rtol=tolerance, atol=tolerance)
    gradients = torch.autograd.grad(found.square().sum(), (y, *twin.parameters()))
    wanted = torch.autograd.grad(expected.square().sum(), (x, *layer.parameters()))
    # The keys' bias has none: it is the same for all keys, so softmax takes it out again.
    scale = max(gradient.norm() for gradient in wanted)
    for one, other in zip(gradients, wanted, strict=True):
        assert (one - other).norm() <= tolerance * scale


def test_attention_is_differentiable_twice_where_that_is_asked_for():
    torch.manual_seed(0)
    layer = PooledSelfAttention(8).double()
    layer.gain.data.fill_(1.0)
    layer.differentiable_twice = True
    x = torch.randn(1, 8, 8, 12, dtype=torch.float64, requires_grad=True)
    assert torch.autograd.gradgradcheck(layer, (x,))


def test_attention_is_softmax_over_pooled_places():
    """Against the sum written out, on a map of 4x4 pooled places."""
    torch.manual_seed(0)
    layer = PooledSelfAttention(16).double()
    layer.gain.data.fill_(1.0)
    x = pictures(1, 16, 16, 16, dtype=torch.float64)
    pooled = nn.functional.avg_pool2d(x, 4)
    query, key, value = (f(pooled).flatten(2)[0] for f in (layer.query, layer.key, layer.value))
    found = torch.zeros_like(value)
    for place in range(16):
        weights = torch.softmax(query[:, place] @ key, dim=0)
        found[:, place] = (value * weights).sum(dim=1)
    found = nn.functional.interpolate(found.view(1, 16, 4, 4), scale_factor=4, mode="bilinear")
    torch.testing.assert_close(layer(x), x + found)


@pytest.mark.parametrize(
    ("upsampling", "flat"), [(resize_upsampling, True), (transposed_upsampling, False)]
)
def test_checkerboard(upsampling, flat):
    """A constant map stays constant through resize-convolution, not through its transpose."""
    torch.manual_seed(0)
    convolution = nn.Sequential(
        *(m for m in upsampling(8, 8) if not isinstance(m, nn.InstanceNorm2d))
    )
    out = convolution(torch.ones(1, 8, 8, 8))[..., 2:-2, 2:-2]
    spread = out.std(dim=(2, 3)).max()
    assert bool(spread < 1e-6) is flat


@pytest.mark.parametrize("upsampling", ["resize", "transposed"])
def test_no_frame_along_the_border(upsampling):
    """A constant picture through a random generator has no ring of another value."""
    torch.manual_seed(1)
    generator = ResNetGenerator(
        **SMALL | {"upsampling": upsampling, "attention": False, "head": "tanh"}
    )
    out = generator(torch.full((1, 3, 64, 64), 0.3))
    ring = torch.ones(64, 64, dtype=torch.bool)
    ring[2:-2, 2:-2] = False
    difference = (out[..., ring].mean() - out[..., 16:48, 16:48].mean()).abs()
    assert difference < 0.02


def test_normal_initialisation():
    torch.manual_seed(0)
    network = PatchDiscriminator(32, 3, attention=False)
    initialise(network, "normal")
    weights = torch.cat(
        [m.weight.detach().flatten() for m in network.layers if isinstance(m, nn.Conv2d)]
    )
    assert weights.std() == pytest.approx(0.02, rel=0.02)
    assert all(not m.bias.any() for m in network.layers if isinstance(m, nn.Conv2d))

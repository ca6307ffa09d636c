"""Tuning a trained generator by few weights: low-rank adapters (Hu et al. 2021), or norms alone."""

from __future__ import annotations

from importlib.util import find_spec

from torch import Tensor, nn

from recyclegan.errors import UserError
from recyclegan.networks.convolution import MirroredConv2d, mirror
from recyclegan.networks.instance_norm import InstanceNorm
from recyclegan.networks.resnet_generator import ResNetGenerator

_WRAPPERS = (".unmirrored", ".base_layer", ".default.weight")
"""What wrapping a convolution puts into its tensors' names."""


class _Mirrored(nn.Module):
    """A convolution of mirrored borders in two: the border, then one without, which peft adapts.

    peft makes an adapter's A with the constructor of the layer that it adapts, of which it knows
    the arguments of `nn.Conv2d` but `padding_mode`. So A too sees a mirrored border, and both see
    the same one.
    """

    def __init__(self, layer: MirroredConv2d) -> None:
        super().__init__()
        side, stride = layer.kernel_size[0], layer.stride[0]
        self.reach = side // 2
        self.unmirrored = nn.Conv2d(
            layer.in_channels, layer.out_channels, side, stride, device="meta"
        )
        self.unmirrored.weight, self.unmirrored.bias = layer.weight, layer.bias

    def forward(self, x: Tensor) -> Tensor:
        """Return what the convolution would, and what its adapter adds."""
        return self.unmirrored(mirror(x, self.reach))


def require_peft() -> None:
    """Check that adapters can be trained.

    Raises:
        UserError: peft is missing.
    """
    if find_spec("peft") is None:
        raise UserError("Adapters are trained with peft: pip install 'recyclegan[adapt]'.")


def restrict(generator: ResNetGenerator, tune: str, rank: int) -> None:
    """Leave a generator only those parameters that a tuning trains, in place; it computes the same.

    What is frozen becomes a buffer, so that no optimizer, phase or average can touch it. `tune` is
    "norm": gains and offsets of the norms; or "lora": adapters of `rank` that begin at zero, with
    the first and the last convolution.

    Raises:
        UserError: no adapter of that rank would be smaller than what it adapts, or peft is missing.
    """
    if tune == "norm":
        trained = [module for module in generator.modules() if isinstance(module, InstanceNorm)]
        kept = {id(parameter) for module in trained for parameter in module.parameters()}
    else:
        before = {id(parameter) for parameter in generator.parameters()}
        put_adapters(generator, rank)
        ends = [*generator.stem.parameters(), *generator.head.parameters()]
        added = [p for p in generator.parameters() if id(p) not in before]
        kept = {id(parameter) for parameter in (*ends, *added)}
    for module in generator.modules():
        for name, parameter in list(module.named_parameters(recurse=False)):
            if id(parameter) not in kept:
                delattr(module, name)
                module.register_buffer(name, parameter.detach())


def put_adapters(generator: ResNetGenerator, rank: int) -> None:
    """Put an adapter W + B A on every convolution between the first and the last, by name.

    Raises:
        UserError: none of them would be smaller than what it adapts, or peft is missing.
    """
    require_peft()
    from peft import LoraConfig, inject_adapter_in_model

    names = adaptable(generator)
    largest = max(_largest_rank(generator.get_submodule(name)) for name in names)
    if rank > largest:
        raise UserError(
            f"Rank {rank} is too large: no adapter would be smaller than its convolution; give "
            f"--rank {largest} or less, or --tune full."
        )
    targets = []
    for name in names:
        layer = generator.get_submodule(name)
        if isinstance(layer, MirroredConv2d):
            generator.set_submodule(name, _Mirrored(layer))
            name += ".unmirrored"
        targets.append(name)
    # Their B A counts once: alpha / rank is 1.
    config = LoraConfig(r=rank, lora_alpha=rank, target_modules=targets)
    inject_adapter_in_model(config, generator)


def adaptable(generator: ResNetGenerator) -> list[str]:
    """Return the names of the convolutions that adapters are put on.

    Transposed ones are left out, for which peft has none.
    """
    return [
        name
        for name, module in generator.named_modules()
        if isinstance(module, nn.Conv2d) and not name.startswith(("stem.", "head."))
    ]


def trained_tensors(network: nn.Module) -> dict[str, Tensor]:
    """Return what is trained, by the names that a plain network has, with those of adapters."""
    return {_plain(name): parameter for name, parameter in network.named_parameters()}


def frozen_tensors(network: nn.Module) -> dict[str, Tensor]:
    """Return what is frozen, by the names that a plain network has."""
    return {_plain(name): buffer for name, buffer in network.named_buffers()}


def base_tensors(network: nn.Module, *, affine_norms: bool) -> dict[str, Tensor]:
    """Return what a tuned network has of its base, by plain names; writing there changes it.

    Gains and offsets of norms are left out where the base has none.
    """
    norms = [name for name, module in network.named_modules() if isinstance(module, InstanceNorm)]
    gains = {f"{name}.{kind}" for name in norms for kind in ("weight", "bias")}
    return {
        _plain(name): tensor
        for name, tensor in network.state_dict().items()
        if ".lora_" not in name and (affine_norms or name not in gains)
    }


def _plain(name: str) -> str:
    for wrapper in _WRAPPERS:
        name = name.replace(wrapper, "")
    return name


def _largest_rank(layer: nn.Module) -> int:
    """Return the largest rank whose adapter has fewer weights than the convolution."""
    assert isinstance(layer, nn.Conv2d)
    num_in = layer.weight[0].numel()
    return (num_in * layer.out_channels - 1) // (num_in + layer.out_channels)

"""Files in the layout of published weights, with random values that keep the scale of the maps."""

import torch
from safetensors.torch import save_file

from recyclegan.networks.named_layers import VGG, VggLayers


def write_vgg(folder, name="vgg19", seed=0):
    """Write torchvision's layout of a VGG, modules by number, in half precision."""
    random = torch.Generator().manual_seed(seed)
    weights = {"classifier.0.weight": torch.zeros(1)}
    with torch.device("meta"):
        network = VggLayers(VGG[name][0], ())
    for number, module in enumerate(network):
        for kind, tensor in module.named_parameters():
            scale = (2 / tensor[0].numel()) ** 0.5 if kind == "weight" else 0.0
            values = torch.randn(tensor.shape, generator=random) * scale
            weights[f"features.{number}.{kind}"] = values.half()
    path = folder / f"{name}_features_fp16.safetensors"
    save_file(weights, path)
    return path

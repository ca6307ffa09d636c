"""The public CycleGAN code's ResNet generator, rebuilt from its published description.

c7s1-F, d2F, d4F, R x R4F, u2F, uF, c7s1-3: all modules in one nn.Sequential, so that each layer's
name is its place; borders mirrored by modules of their own but at the downsamplings, which pad with
zeros; a bias everywhere; norms without weights.
"""

import torch
from torch import nn


class Block(nn.Module):
    def __init__(self, width, dropout):
        super().__init__()
        between = [nn.Dropout(0.5)] if dropout else []
        self.conv_block = nn.Sequential(
            nn.ReflectionPad2d(1),
            nn.Conv2d(width, width, 3),
            nn.InstanceNorm2d(width),
            nn.ReLU(),
            *between,
            nn.ReflectionPad2d(1),
            nn.Conv2d(width, width, 3),
            nn.InstanceNorm2d(width),
        )

    def forward(self, x):
        return x + self.conv_block(x)


class PublicGenerator(nn.Module):
    def __init__(self, features=8, blocks=6, dropout=False):
        super().__init__()
        f = features
        modules = [nn.ReflectionPad2d(3), nn.Conv2d(3, f, 7), nn.InstanceNorm2d(f), nn.ReLU()]
        for width in (f, 2 * f):
            modules += [nn.Conv2d(width, 2 * width, 3, stride=2, padding=1)]
            modules += [nn.InstanceNorm2d(2 * width), nn.ReLU()]
        modules += [Block(4 * f, dropout) for _ in range(blocks)]
        for width in (4 * f, 2 * f):
            up = nn.ConvTranspose2d(width, width // 2, 3, stride=2, padding=1, output_padding=1)
            modules += [up, nn.InstanceNorm2d(width // 2), nn.ReLU()]
        modules += [nn.ReflectionPad2d(3), nn.Conv2d(f, 3, 7), nn.Tanh()]
        self.model = nn.Sequential(*modules)

    def forward(self, picture):
        return self.model(picture)


def public_generator(seed=0, **shape):
    """One whose every weight and bias shows in its pictures, which are not all black and white."""
    torch.manual_seed(seed)
    network = PublicGenerator(**shape).eval()
    for parameter in network.parameters():
        parameter.data.normal_(std=0.02)
    return network


def statistics(network, *, counters):
    """What old versions of torch kept for each InstanceNorm; `counters` came a little later."""
    kept = {}
    for name, module in network.named_modules():
        if isinstance(module, nn.InstanceNorm2d):
            kept[f"{name}.running_mean"] = torch.randn(module.num_features)
            kept[f"{name}.running_var"] = torch.rand(module.num_features)
            if counters:
                kept[f"{name}.num_batches_tracked"] = torch.tensor(7)
    return kept

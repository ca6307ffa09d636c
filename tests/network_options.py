"""Every option of the networks, by a name for each: changes of small networks."""

GENERATOR = {
    "features": 8,
    "max_features": 32,
    "blocks": 2,
    "downsamplings": 3,
    "downsampling_padding": "reflect",
    "antialias": False,
    "upsampling": "resize",
    "skips": "zero-init",
    "finest_skip": 2,
    "attention": False,
    "affine_norms": False,
    "statistics": "none",
    "head": "identity-start",
    "toned": False,
    "head_scale": 1,
    "colour_pace": 1.0,
    "grid": 0,
    "colour_matrix": False,
    "paint": False,
}

GENERATORS = {
    "plain": {},
    "antialias": {"antialias": True},
    "finest-skip-4": {"finest_skip": 4},
    "finest-skip-8": {"finest_skip": 8},
    "statistics": {"statistics": "reinject"},
    "colour-matrix": {"colour_matrix": True},
    "paint": {"paint": True},
    "head-scale-2": {"head_scale": 2},
    "head-scale-8": {"head_scale": 8},
    "grid": {"grid": 4},
    "colour-pace": {"colour_pace": 0.3},
    "toned": {"toned": True},
    "paint-scale-8": {"head_scale": 8, "paint": True},
    "grid-scale-4": {"grid": 8, "head_scale": 4},
    "all": {
        "antialias": True,
        "finest_skip": 4,
        "statistics": "reinject",
        "head_scale": 2,
        "colour_pace": 0.5,
        "grid": 4,
        "colour_matrix": True,
        "paint": True,
        "toned": True,
    },
}

DISCRIMINATOR = {
    "features": 8,
    "strided": 3,
    "attention": False,
    "norm": "instance",
    "antialias": False,
    "scales": 1,
    "pooled": False,
}

DISCRIMINATORS = {
    "plain": {},
    "spectral": {"norm": "spectral"},
    "no-norm": {"norm": "none"},
    "antialias": {"antialias": True},
    "pooled": {"pooled": True},
    "scales-2": {"scales": 2},
    "all": {
        "attention": True,
        "norm": "spectral",
        "antialias": True,
        "scales": 3,
        "pooled": True,
    },
}

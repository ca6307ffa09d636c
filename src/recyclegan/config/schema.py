"""The fields of a training, their meaning and limits; the defaults live in `variants.baseline`.

Each docstring below a field is also that field's help on the command line.
"""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from recyclegan.config.checked import checked
from recyclegan.config.limits import Count, Decay, Duration, Fraction, Layers, Rate, Weight
from recyclegan.config.networks import DiscriminatorConfig, GeneratorConfig


@checked("losses.")
class LossConfig:
    """The form of the adversarial loss, and the weight of every term."""

    adversarial: Literal["bce", "lsgan", "hinge", "relativistic"]
    """Adversarial loss, taken on every patch before averaging; its weight is 1. The relativistic
    one compares real and translated patches and goes without a replay buffer."""
    gradient_penalty: Weight
    """Weight of the discriminators' squared gradient at mixes of real and translated pictures; 0
    leaves it out."""
    gradient_penalty_interval: Count
    """Steps between two penalty phases; the weight is multiplied by it."""
    cycle: Weight
    """Weight of |F(G(x)) - x|."""
    cycle_final: Weight | None
    """The same at the end of the training, to which it moves in a straight line; none keeps it."""
    cycle_low_pass: Literal[1, 2, 4, 8]
    """Side in pixels of the areas whose means must come back; 1 is every pixel."""
    identity: Weight
    """Weight of |G(y) - y| for pictures y that are in the target domain already."""
    identity_until: Fraction
    """Share of the training after which the identity term is dropped."""
    path_length: Weight
    """Weight of the generators' path-length term; 0 leaves it out."""
    path_length_interval: Count
    """Steps between two path-length phases; the weight is multiplied by it."""
    path_length_decay: Decay
    """Decay of the running path length that serves as the target."""
    jacobian_clamp: Weight
    """Weight of a generator's gain for faint noise beyond its bounds; 0 leaves it out."""
    jacobian_clamp_interval: Count
    """Steps between two such phases; the weight is multiplied by it."""
    jacobian_least: Weight
    """Lower bound of the gain, which is 0.98 at an identity start."""
    jacobian_most: Weight
    """Upper bound of the gain."""
    nce: Weight
    """Weight of PatchNCE of translations to their sources (one-sided translators)."""
    nce_identity: Weight
    """Weight of PatchNCE of G(y) to pictures y that are in the target domain already."""
    nce_flip: bool
    """Translate half of the pictures mirrored, and compare with them as they were."""
    nce_patches: Count
    """Places of each map that are compared."""
    nce_temperature: Rate
    """What similarities are divided by."""
    perceptual_cycle: Weight
    """Weight of the distance of F(G(x)) to x in a pretrained network's maps; 0 leaves it out."""
    perceptual_cycle_layers: Layers
    """Layers for it, shallow first; the last weighs 1/4, each before half as much as the next."""
    content: Weight
    """Weight of the distance of G(x) to x in instance-normalised deep maps; 0 leaves it out."""
    content_layers: Layers
    """Layers for it, which weigh alike; shallow ones would forbid the change itself."""
    perceptual_network: str
    """Whose maps: vgg11, vgg13, vgg16, vgg19 (layers as relu4_2), or one that timm knows (layers as
    layer3)."""
    perceptual_interval: Count
    """Steps between two steps with these terms; their weights are multiplied by it."""


@checked("optimizer.")
class OptimizerConfig:
    """Adam, its schedule, and what steadies adversarial training."""

    batch: Count
    """Pictures of each domain that are computed at once on a device."""
    accumulate: Count
    """Batches whose gradients are averaged for a step: as one batch so many times larger, in the
    memory of one."""
    lr_generator: Rate
    """Learning rate of the generators."""
    lr_discriminator: Rate
    """Learning rate of the discriminators."""
    beta1: Decay
    """Adam's first decay rate."""
    beta2: Decay
    """Adam's second decay rate."""
    decay_from: Fraction
    """Share of the training at constant rate; then linear to zero. 1 never decays."""
    clip_gradient: Weight
    """Largest gradient norm of an optimizer step; 0 leaves the norm as it is."""
    initialisation: Literal["default", "normal"]
    """Convolution weights: the framework's default, or N(0, 0.02)."""
    ema_decay: Decay
    """Decay of the averaged generators that are evaluated and shipped."""
    replay_buffer: Annotated[int, Field(ge=0)]
    """Earlier translations of each domain kept for the discriminators."""
    diff_augment: bool
    """Shift and cut out what the discriminators see, real and translated alike."""


@checked("images.")
class ImageConfig:
    """How pictures are read for training."""

    size: Annotated[int, Field(ge=32, multiple_of=8)]
    """Side of the square crop in pixels (a multiple of 8, at least 32)."""
    load_scale: Annotated[float, Field(ge=1, le=4)]
    """Short side before cropping, as a multiple of the size."""
    half_until: Fraction
    """Share of the training during which pictures are halved in size, to a quarter of the pixels;
    then they are whole. 0 never halves; else the size is a multiple of 16 from 64."""
    flip: bool
    """Mirror half of the training pictures."""
    test_fraction: Annotated[float, Field(ge=0, lt=1)]
    """Share held out where the folders bring no split of their own."""
    workers: Annotated[int, Field(ge=0)]
    """Threads that read ahead; 0 leaves it to the machine. Results do not depend on them."""


@checked("train.")
class TrainConfig:
    """How long to train, and when to look, save and worry; steps or minutes replace the epochs."""

    epochs: Duration | None
    """Budget in passes over the larger folder."""
    steps: Count | None
    """Budget in steps."""
    minutes: Duration | None
    """Budget in minutes of wall-clock time, over all sittings."""
    precision: Literal["auto", "fp32", "amp", "bf16", "fp16"]
    """Arithmetic; auto is measured fastest and right; amp bf16 where native, else fp16."""
    layout: Literal["auto", "contiguous", "channels-last"]
    """How maps lie in memory; auto is what is measured fastest and right on this machine."""
    compile: bool
    """Compile the networks: each run starts minutes later; seldom worth it on a CPU."""
    device: str
    """Where to compute: auto, cpu, cuda, cuda:1, mps."""
    threads: Annotated[int, Field(ge=0)]
    """CPU threads; 0 leaves the choice to torch."""
    log_steps: Count
    """Steps between two lines of metrics.jsonl."""
    save_minutes: Duration | None
    """Minutes between two checkpoints."""
    save_steps: Count | None
    """Steps between two checkpoints, instead of minutes."""
    eval_minutes: Duration | None
    """Minutes between two held-out evaluations, each with a sample grid."""
    eval_steps: Count | None
    """Steps between two held-out evaluations, instead of minutes."""
    eval_images: Count
    """Held-out pictures of each domain that an evaluation looks at."""
    extractor: str
    """Network whose features judge held-out translations: auto (what is at hand), none, a name."""
    best_by: Literal["auto", "kid", "lpips", "psnr", "ssim", "swd", "cycle"]
    """What chooses `best`: auto is KID with an extractor, else PSNR where truth is known, else the
    patch distance (SWD)."""
    on_divergence: Literal["warn", "rollback", "stop"]
    """When training goes wrong: say so, go back and halve the rate, or stop."""
    track: tuple[Literal["tensorboard", "wandb", "trackio"], ...]
    """Trackers that follow the training beside metrics.jsonl; the results do not depend on them."""
    track_artifacts: tuple[Literal["model", "data"], ...]
    """What W&B also keeps: the best generators, and the training pictures with their manifest."""
    start_from: str | None
    """Model whose generators the training begins with: a run, a checkpoint folder or a
    generators.safetensors, imported ones too. All else begins anew."""
    start_sha256: str | None
    """SHA-256 that the generators file to start from must have; noted when training begins."""
    tune: Literal["full", "lora", "norm"]
    """Which weights of the generators to start from are trained: all; low-rank adapters with the
    first and last convolution; or the gains and offsets after normalisations alone."""
    lora_rank: Count
    """Rank of the adapters: a convolution from C to D maps gets about rank x (9 C + D) weights."""


@checked("")
class Config:
    """A complete training: a variant is one of these."""

    variant: str
    description: str
    translator: Literal["cyclegan", "cut"]
    """What is trained together: two generators that check each other, or one alone."""
    generator: GeneratorConfig
    discriminator: DiscriminatorConfig
    losses: LossConfig
    optimizer: OptimizerConfig
    images: ImageConfig
    train: TrainConfig
    seed: int
    """Seed of everything random."""

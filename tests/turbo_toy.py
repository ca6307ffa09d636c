"""CycleGAN-turbo at toy size: SD-Turbo's folder, and a file as the published training writes it.

The wrappers and the forward pass here are written after the published description and share no code
with the package, so that they can judge it.
"""

import copy
import json
from pathlib import Path

import torch
from diffusers import AutoencoderKL, DDPMScheduler, UNet2DConditionModel
from peft import LoraConfig, get_peft_model_state_dict
from torch import nn
from transformers import CLIPTextConfig, CLIPTextModel, CLIPTokenizer

from tests.conftest import draw_picture

UNET_WORDS = ("to_k", "to_q", "to_v", "to_out.0", "conv", "proj_out", "proj_in", "ff.net")
VAE_MODULES = [
    *("conv1", "conv2", "conv_in", "conv_shortcut", "conv", "conv_out"),
    *("skip_conv_1", "skip_conv_2", "skip_conv_3", "skip_conv_4"),
    *("to_k", "to_q", "to_v", "to_out.0"),
]
WIDTHS = (8, 16, 24, 24)
SCHEDULER = {
    "_class_name": "EulerDiscreteScheduler",
    "beta_start": 0.00085,
    "beta_end": 0.012,
    "beta_schedule": "scaled_linear",
    "clip_sample": False,
    "num_train_timesteps": 1000,
    "prediction_type": "epsilon",
    "set_alpha_to_one": False,
    "steps_offset": 1,
    "timestep_spacing": "trailing",
}


def write_base(folder: Path, widths: tuple[int, ...] = WIDTHS) -> Path:
    """A folder in the layout of SD-Turbo's, with all its kinds of parts."""
    torch.manual_seed(0)
    UNet2DConditionModel(
        sample_size=8,
        layers_per_block=1,
        block_out_channels=widths,
        attention_head_dim=1,
        cross_attention_dim=16,
        use_linear_projection=True,
        norm_num_groups=4,
    ).save_pretrained(folder / "unet")
    AutoencoderKL(
        down_block_types=("DownEncoderBlock2D",) * 4,
        up_block_types=("UpDecoderBlock2D",) * 4,
        block_out_channels=widths,
        layers_per_block=1,
        norm_num_groups=4,
    ).save_pretrained(folder / "vae")
    words = ["<|startoftext|>", "<|endoftext|>"]
    letters = [chr(code) for code in range(ord("a"), ord("z") + 1)]
    vocabulary = {w: i for i, w in enumerate([*letters, *(f"{c}</w>" for c in letters), *words])}
    CLIPTextModel(
        CLIPTextConfig(
            vocab_size=len(vocabulary),
            hidden_size=16,
            intermediate_size=32,
            num_hidden_layers=2,
            num_attention_heads=2,
            max_position_embeddings=20,
            bos_token_id=vocabulary[words[0]],
            eos_token_id=vocabulary[words[1]],
        )
    ).save_pretrained(folder / "text_encoder")
    (folder / "tokenizer").mkdir()
    (folder / "scheduler").mkdir()
    special = {"bos_token": words[0], "eos_token": words[1], "unk_token": words[1]}
    for name, content in {
        "tokenizer/vocab.json": vocabulary,
        "tokenizer/tokenizer_config.json": {
            "tokenizer_class": "CLIPTokenizer", "model_max_length": 20, "pad_token": words[1]
        } | special,
        "scheduler/scheduler_config.json": SCHEDULER,
    }.items():  # fmt: skip
        (folder / name).write_text(json.dumps(content))
    (folder / "tokenizer/merges.txt").write_text("#version: 0.2\n")
    return folder


class Toy(nn.Module):
    """The model in training: adapted, not folded, both directions."""

    def __init__(self, base: Path, rank: int = 3, rank_vae: int = 2) -> None:
        super().__init__()
        torch.manual_seed(1)
        self.base, self.rank, self.rank_vae = base, rank, rank_vae
        self.unet = UNet2DConditionModel.from_pretrained(base / "unet")
        self.modules_of = {"encoder": [], "decoder": [], "others": []}
        for name, _ in self.unet.named_parameters():
            if "bias" in name or "norm" in name or not any(w in name for w in UNET_WORDS):
                continue
            down = "down_blocks" in name or "conv_in" in name
            part = "encoder" if down else "decoder" if "up_blocks" in name else "others"
            self.modules_of[part].append(name.removesuffix(".weight"))
        for part, names in self.modules_of.items():
            config = LoraConfig(
                r=rank, lora_alpha=rank, target_modules=names, init_lora_weights="gaussian"
            )
            self.unet.add_adapter(config, adapter_name=f"default_{part}")
        self.unet.set_adapters([f"default_{part}" for part in self.modules_of])
        self.vae = AutoencoderKL.from_pretrained(base / "vae")
        self.skips = [(24, 24), (16, 24), (8, 24), (8, 16)]
        for number, (source, target) in enumerate(self.skips, start=1):
            setattr(
                self.vae.decoder, f"skip_conv_{number}", nn.Conv2d(source, target, 1, bias=False)
            )
        self.vae.add_adapter(
            LoraConfig(r=rank_vae, target_modules=VAE_MODULES, init_lora_weights="gaussian"),
            adapter_name="vae_skip",
        )
        self.vae_b2a = copy.deepcopy(self.vae)
        for name, parameter in self.named_parameters():
            # As after training: B is no longer zero, and the two directions have parted.
            if "lora_B" in name or "skip_conv" in name:
                nn.init.normal_(parameter, std=0.05)

    def save(self, path: Path, **changed) -> Path:
        """Write the file that the published training writes."""
        vaes = nn.ModuleDict({"vae": self.vae, "vae_b2a": self.vae_b2a}).state_dict()
        torch.save(
            {
                "l_target_modules_encoder": self.modules_of["encoder"],
                "l_target_modules_decoder": self.modules_of["decoder"],
                "l_modules_others": self.modules_of["others"],
                "rank_unet": self.rank,
                "sd_encoder": get_peft_model_state_dict(self.unet, adapter_name="default_encoder"),
                "sd_decoder": get_peft_model_state_dict(self.unet, adapter_name="default_decoder"),
                "sd_other": get_peft_model_state_dict(self.unet, adapter_name="default_others"),
                "rank_vae": self.rank_vae,
                "vae_lora_target_modules": VAE_MODULES,
                "sd_vae_enc": vaes,
                "sd_vae_dec": vaes,
                **changed,
            },
            path,
        )
        return path

    @torch.no_grad()
    def translate(self, picture, direction, caption, draw):
        """(1,3,H,W) to (1,3,H,W), step for step; `draw` gives the latent's normal noise."""
        tokenizer = CLIPTokenizer.from_pretrained(self.base / "tokenizer")
        tokens = tokenizer(
            caption, max_length=20, padding="max_length", truncation=True, return_tensors="pt"
        ).input_ids
        words = CLIPTextModel.from_pretrained(self.base / "text_encoder")(tokens)[0]
        vae = self.vae if direction == "a2b" else self.vae_b2a
        carried = []
        hooks = [
            block.register_forward_pre_hook(lambda _, x: carried.append(x[0]))
            for block in vae.encoder.down_blocks
        ]
        latent_of = vae.encode(picture).latent_dist
        latent = (latent_of.mean + latent_of.std * draw(latent_of.mean.shape)) * 0.18215
        scheduler = DDPMScheduler(**{k: v for k, v in SCHEDULER.items() if k in DDPM})
        noise = self.unet(latent, torch.tensor([999]), encoder_hidden_states=words).sample
        remaining = scheduler.alphas_cumprod[999]
        clean = (latent - (1 - remaining).sqrt() * noise) / remaining.sqrt()
        for number, block in enumerate(vae.decoder.up_blocks):
            convolution = getattr(vae.decoder, f"skip_conv_{number + 1}")
            hooks.append(
                block.register_forward_pre_hook(
                    lambda _, x, c=convolution, n=number: (x[0] + c(carried[3 - n]), *x[1:])
                )
            )
        result = vae.decode(clean / 0.18215).sample.clamp(-1, 1)
        for hook in hooks:
            hook.remove()
        return result


DDPM = ("beta_start", "beta_end", "beta_schedule", "num_train_timesteps", "prediction_type")


def write_all(root: Path) -> Path:
    """SD-Turbo, a file of adapters that has a published name, one that has none, and pictures."""
    toy = Toy(write_base(root / "sd"))
    toy.save(root / "day2night.pkl")
    toy.save(root / "model_2501.pkl")
    (root / "day").mkdir()
    for index, size in enumerate([(64, 48), (61, 45), (30, 90), (64, 48)]):
        draw_picture(root / "day" / f"{index}.png", index, size=size)
    return root


def words(root, out, *more, model="day2night.pkl", direction="a2b"):
    """The command line that translates the folder of pictures."""
    return ["translate", str(root / model), str(root / "day"), str(out),
            "--direction", direction, *more]  # fmt: skip

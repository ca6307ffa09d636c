"""Every mode, depth, orientation and damage that a picture file may bring."""

from __future__ import annotations

import os
import shutil
import struct
import zlib
from pathlib import Path

import numpy as np
import PIL
import pytest
from PIL import Image, ImageCms, ImageFile

from recyclegan.images.decoding import UnreadableImage, decode

RAMP = np.tile(np.linspace(0, 1, 64), (48, 1))
GREY = (RAMP * 255).round().astype(np.uint8)
COLOUR = np.stack([GREY, GREY[:, ::-1], np.full_like(GREY, 90)], -1)


def pixels(path: Path) -> np.ndarray:
    image = decode(path)
    assert image.mode == "RGB"
    return np.asarray(image).astype(int)


def assert_close(path: Path, wanted: np.ndarray, tolerance: int) -> None:
    found = pixels(path)
    if wanted.ndim == 2:
        wanted = wanted[..., None].repeat(3, -1)
    assert found.shape == wanted.shape
    assert np.abs(found - wanted).max() <= tolerance


def lab(image: Image.Image) -> Image.Image:
    srgb, profile = ImageCms.createProfile("sRGB"), ImageCms.createProfile("LAB")
    return ImageCms.profileToProfile(image, srgb, profile, outputMode="LAB")


@pytest.mark.parametrize(
    ("name", "values"),
    [
        ("sixteen.png", (RAMP * 65535).round().astype(np.uint16)),
        ("sixteen.tif", (RAMP * 65535).round().astype(np.uint16)),
        ("sixteen.pgm", (RAMP * 65535).round().astype(np.int32)),
        ("integers.tif", (RAMP * 65535).round().astype(np.int32)),
        ("small integers.tif", (RAMP * 255).round().astype(np.int32)),
        ("large integers.tif", (RAMP * 2**30).round().astype(np.int32)),
        ("unit.tif", RAMP.astype(np.float32)),
        ("eight bit.tif", (RAMP * 255).astype(np.float32)),
        ("sixteen bit.tif", (RAMP * 65535).astype(np.float32)),
        ("bright.tif", (RAMP * 2.5).astype(np.float32)),
        ("signed.tif", (RAMP * 2 - 1).astype(np.float32)),
        ("huge.tif", (RAMP * 1e9).astype(np.float32)),
    ],
)
def test_grey_of_any_depth_keeps_its_ramp(tmp_path, name, values):
    Image.fromarray(values).save(tmp_path / name)
    assert_close(tmp_path / name, GREY, 1)


def twelve_bit_tiff(values: np.ndarray) -> bytes:
    """A TIFF of one strip in which two grey values (H, W) of 12 bits share three bytes."""
    height, width = values.shape
    left, right = values[:, ::2].astype(int), values[:, 1::2].astype(int)
    packed = np.stack([left >> 4, (left & 15) << 4 | right >> 8, right & 255], -1)
    strip = packed.astype(np.uint8).tobytes()
    tags = {256: width, 257: height, 258: 12, 259: 1, 262: 1, 273: 8, 277: 1, 278: height}
    entries = [struct.pack("<HHII", tag, 4, 1, value) for tag, value in tags.items()]
    entries.append(struct.pack("<HHII", 279, 4, 1, len(strip)))
    directory = struct.pack("<H", len(entries)) + b"".join(entries) + bytes(4)
    return b"II*\0" + struct.pack("<I", 8 + len(strip)) + strip + directory


@pytest.mark.parametrize("brightest", [4095, 1000])
def test_twelve_bits_are_scaled_by_twelve(tmp_path, brightest):
    values = (RAMP * brightest).round().astype(np.uint16)
    (tmp_path / "twelve.tif").write_bytes(twelve_bit_tiff(values))
    assert_close(tmp_path / "twelve.tif", (values / 4095 * 255).round(), 1)


def test_a_dark_sixteen_bit_picture_stays_dark(tmp_path):
    Image.fromarray((RAMP * 6000).round().astype(np.uint16)).save(tmp_path / "dark.png")
    assert pixels(tmp_path / "dark.png").max() == round(6000 / 257)


def test_floats_that_are_not_finite_do_not_spoil_the_rest(tmp_path):
    values = RAMP.astype(np.float32)
    values[0, 0] = np.nan
    Image.fromarray(values).save(tmp_path / "nan.tif")
    assert_close(tmp_path / "nan.tif", GREY, 1)


def test_a_constant_float_picture_decodes(tmp_path):
    Image.fromarray(np.full((4, 4), 1e6, np.float32)).save(tmp_path / "flat.tif")
    assert len(np.unique(pixels(tmp_path / "flat.tif"))) == 1


@pytest.mark.parametrize(
    ("name", "convert", "options", "tolerance"),
    [
        ("rgb.png", None, {}, 0),
        ("lossless.webp", None, {"lossless": True}, 0),
        ("jpeg.jpg", None, {"quality": 95}, 8),
        ("progressive.jpg", None, {"quality": 95, "progressive": True}, 8),
        ("bitmap.bmp", None, {}, 0),
        ("targa.tga", None, {}, 0),
        ("pixmap.ppm", None, {}, 0),
        ("cmyk.jpg", lambda image: image.convert("CMYK"), {"quality": 95}, 8),
        ("cmyk.tif", lambda image: image.convert("CMYK"), {}, 1),
        pytest.param(
            *("ycbcr.tif", lambda image: image.convert("YCbCr"), {}, 3),
            marks=pytest.mark.skipif(
                PIL.__version__ < "13", reason="Pillow before 13 takes such a file for a cut one"
            ),
        ),
        ("lab.tif", lab, {}, 35),
        ("palette.png", lambda image: image.quantize(256), {}, 12),
    ],
)
def test_colours_survive_every_mode(tmp_path, name, convert, options, tolerance):
    image = Image.fromarray(COLOUR)
    (convert(image) if convert else image).save(tmp_path / name, **options)
    assert_close(tmp_path / name, COLOUR, tolerance)


def test_one_bit_is_black_and_white(tmp_path):
    Image.fromarray(GREY).convert("1", dither=Image.Dither.NONE).save(tmp_path / "bits.png")
    assert_close(tmp_path / "bits.png", np.where(GREY > 127, 255, 0), 0)


@pytest.mark.parametrize("mode", ["RGBA", "LA"])
def test_transparency_shows_white_and_never_the_hidden_colour(tmp_path, mode):
    image = Image.new(mode, (8, 8), (200, 0, 0, 0) if mode == "RGBA" else (60, 0))
    image.paste((0, 0, 0, 255) if mode == "RGBA" else (0, 255), (0, 0, 4, 8))
    image.save(tmp_path / "alpha.png")
    found = pixels(tmp_path / "alpha.png")
    assert (found[:, :4] == 0).all() and (found[:, 4:] == 255).all()


def test_half_transparency_is_mixed_with_white(tmp_path):
    Image.new("RGBA", (4, 4), (0, 0, 0, 128)).save(tmp_path / "half.png")
    assert (pixels(tmp_path / "half.png") == 127).all()


@pytest.mark.parametrize("name", ["palette.png", "palette.gif"])
def test_a_transparent_palette_entry_becomes_white(tmp_path, name):
    image = Image.new("P", (8, 8), 1)
    image.putpalette([0, 0, 0, 250, 10, 10] + [0] * 762)
    image.paste(0, (0, 0, 4, 8))
    image.save(tmp_path / name, transparency=1)
    found = pixels(tmp_path / name)
    assert (found[:, :4] == 0).all() and (found[:, 4:] == 255).all()


def test_a_transparent_colour_of_a_plain_png_becomes_white(tmp_path):
    Image.new("RGB", (4, 4), (0, 255, 0)).save(tmp_path / "key.png", transparency=(0, 255, 0))
    assert (pixels(tmp_path / "key.png") == 255).all()


@pytest.mark.parametrize("name", ["tagged.jpg", "tagged.png", "tagged.tif", "tagged.webp"])
@pytest.mark.parametrize("orientation", range(1, 9))
def test_orientation_is_applied_and_its_tag_is_gone(tmp_path, name, orientation):
    upright = Image.new("RGB", (48, 32), (10, 10, 10))
    upright.paste((250, 10, 10), (0, 0, 24, 16))
    upright.paste((10, 250, 10), (24, 0, 48, 16))
    # How a camera held that way would have stored the upright picture.
    stored = {
        1: upright,
        2: upright.transpose(Image.Transpose.FLIP_LEFT_RIGHT),
        3: upright.transpose(Image.Transpose.ROTATE_180),
        4: upright.transpose(Image.Transpose.FLIP_TOP_BOTTOM),
        5: upright.transpose(Image.Transpose.TRANSPOSE),
        6: upright.transpose(Image.Transpose.ROTATE_90),
        7: upright.transpose(Image.Transpose.TRANSVERSE),
        8: upright.transpose(Image.Transpose.ROTATE_270),
    }[orientation]
    exif = Image.Exif()
    exif[0x0112] = orientation
    lossless = {"lossless": True} if name.endswith("webp") else {}
    stored.save(tmp_path / name, exif=exif, **lossless)
    image = decode(tmp_path / name)
    assert image.size == (48, 32)
    assert image.getpixel((12, 8))[0] > 200 and image.getpixel((36, 8))[1] > 200
    assert max(image.getpixel((12, 24))) < 60
    image.save(tmp_path / "again.jpg")
    assert Image.open(tmp_path / "again.jpg").getexif().get(0x0112) is None


def test_damaged_metadata_leaves_the_picture(tmp_path):
    Image.fromarray(COLOUR).save(tmp_path / "x.jpg", quality=95, exif=b"Exif\0\0garbage")
    assert_close(tmp_path / "x.jpg", COLOUR, 8)


@pytest.mark.parametrize("name", ["pages.tif", "frames.gif", "frames.png", "frames.webp"])
def test_of_several_pages_the_first_counts(tmp_path, name):
    first, second = Image.new("RGB", (16, 16), "white"), Image.new("RGB", (16, 16), "black")
    first.save(tmp_path / name, save_all=True, append_images=[second])
    assert (pixels(tmp_path / name) == 255).all()


def test_the_content_decides_not_the_extension(tmp_path):
    Image.fromarray(COLOUR).save(tmp_path / "real.jpg", quality=95)
    shutil.move(tmp_path / "real.jpg", tmp_path / "mislabelled.png")
    assert_close(tmp_path / "mislabelled.png", COLOUR, 8)


def test_names_may_hold_anything(tmp_path):
    path = tmp_path / "dossier été" / "фото №1 — 日本 [a] %d.PNG"
    path.parent.mkdir()
    Image.fromarray(COLOUR).save(path)
    assert_close(path, COLOUR, 0)


def bomb() -> bytes:
    def chunk(kind: bytes, body: bytes) -> bytes:
        return (
            struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))
        )

    header = struct.pack(">IIBBBBB", 60_000, 60_000, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", b"") + chunk(b"IEND", b"")


def jpeg_and_png(tmp_path: Path) -> tuple[bytes, bytes]:
    noise = Image.fromarray(np.random.default_rng(0).integers(0, 256, (64, 64, 3), np.uint8))
    noise.save(tmp_path / "whole.jpg")
    noise.save(tmp_path / "whole.png")
    return (tmp_path / "whole.jpg").read_bytes(), (tmp_path / "whole.png").read_bytes()


@pytest.mark.parametrize(
    "damage",
    ["cut jpeg", "cut png", "flipped png", "empty", "text", "bomb", "missing", "folder", "pipe"],
)
def test_what_cannot_be_read_is_named_with_a_reason(tmp_path, damage):
    jpeg, png = jpeg_and_png(tmp_path)
    path = tmp_path / "broken picture.png"
    content = {
        "cut jpeg": jpeg[: len(jpeg) // 2],
        "cut png": png[: len(png) // 2],
        "flipped png": png[:300] + bytes(8) + png[308:],
        "empty": b"",
        "text": b"<html>404</html>",
        "bomb": bomb(),
    }.get(damage)
    if content is not None:
        path.write_bytes(content)
    if damage == "folder":
        path.mkdir()
    if damage == "pipe":
        os.mkfifo(path)
    with pytest.raises(UnreadableImage) as caught:
        decode(path)
    assert caught.value.path == path
    assert len(caught.value.reason) > 5
    assert str(path) in str(caught.value)


def test_a_jpeg_cut_by_a_few_bytes_is_refused(tmp_path):
    jpeg, _ = jpeg_and_png(tmp_path)
    (tmp_path / "cut.jpg").write_bytes(jpeg[:-200])
    with pytest.raises(UnreadableImage):
        decode(tmp_path / "cut.jpg")
    assert not ImageFile.LOAD_TRUNCATED_IMAGES

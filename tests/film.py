"""Small videos that tests make themselves, and what is in a video."""

import json
import shutil
import subprocess
from fractions import Fraction

import numpy as np
import pytest
import torch

NTSC = Fraction(24000, 1001)


def scene(width, height, seed=0):
    """Soft blobs to pan over (H,W,3)."""
    rng = np.random.default_rng(seed)
    coarse = torch.from_numpy(rng.uniform(30, 220, (1, 3, height // 8 + 2, width // 8 + 2)))
    fine = torch.nn.functional.interpolate(coarse, (height, width), mode="bicubic")
    return fine[0].permute(1, 2, 0).clamp(0, 255).round().byte().numpy()


def film(path, num=37, size=(102, 78), rate=NTSC, times=None, tone="aac", pixels="yuv420p", **kind):
    """A camera that pans by a pixel a frame, with a tone; `times` in ticks of 1/24000 s."""
    av = pytest.importorskip("av")
    width, height = size
    wide = scene(width + num, height)
    with av.open(str(path), "w", **kind) as container:
        video = container.add_stream("libx264", rate=rate, options={"crf": "10"})
        video.width, video.height, video.pix_fmt = width, height, pixels
        if times:
            video.time_base = video.codec_context.time_base = Fraction(1, 24000)
        audio = container.add_stream(tone, rate=44100, layout="mono") if tone else None
        if audio:
            audio.bit_rate = 64000
        for number in range(num):
            picture = np.ascontiguousarray(wide[:, number : number + width])
            frame = av.VideoFrame.from_ndarray(picture, format="rgb24")
            if times:
                frame.pts, frame.time_base = times[number], Fraction(1, 24000)
            container.mux(video.encode(frame))
        container.mux(video.encode())
        if audio:
            wave = np.sin(np.arange(int(44100 * num / rate)) * 0.06).astype(np.float32) / 3
            sound = av.AudioFifo()
            frame = av.AudioFrame.from_ndarray(wave[None], format="fltp", layout="mono")
            frame.sample_rate = 44100
            sound.write(frame)
            while (piece := sound.read(1024, partial=True)) is not None:
                container.mux(audio.encode(piece))
            container.mux(audio.encode())
    return path


def packets(path, kind="audio"):
    """Time and content of every packet of a track."""
    av = pytest.importorskip("av")
    with av.open(str(path)) as container:
        stream = getattr(container.streams, kind)[0]
        return [
            (packet.pts * packet.time_base, bytes(packet))
            for packet in container.demux(stream)
            if packet.size
        ]


def frames(path):
    """The frames of a video, (H,W,3) each, with their times in seconds."""
    av = pytest.importorskip("av")
    with av.open(str(path)) as container:
        return [
            (frame.time_base * frame.pts, rgb(frame).to_ndarray().astype(float))
            for frame in container.decode(video=0)
        ]


def rgb(frame):
    """A frame in the colours that its file states, or BT.601 where it states none."""
    stated = {1: 1}.get(frame.colorspace, 5)
    return frame.reformat(format="rgb24", src_colorspace=stated)


def facts(path):
    """What ffprobe says of a video's picture, or PyAV where there is no ffprobe."""
    if shutil.which("ffprobe"):
        shown = "width,height,pix_fmt,codec_name,avg_frame_rate,r_frame_rate,nb_read_frames"
        words = ["-v", "error", "-count_frames", "-select_streams", "v", "-of", "json"]
        answer = subprocess.run(
            ["ffprobe", *words, "-show_entries", f"stream={shown}", str(path)],
            capture_output=True,
            check=True,
        )
        found = json.loads(answer.stdout)["streams"][0]
        return {**found, "nb_read_frames": int(found["nb_read_frames"])}
    av = pytest.importorskip("av")
    with av.open(str(path)) as container:
        stream = container.streams.video[0]
        rate = f"{stream.average_rate.numerator}/{stream.average_rate.denominator}"
        return {
            "width": stream.width,
            "height": stream.height,
            "pix_fmt": stream.pix_fmt,
            "codec_name": stream.codec_context.name,
            "avg_frame_rate": rate,
            "r_frame_rate": rate,
            "nb_read_frames": sum(1 for _ in container.decode(stream)),
        }

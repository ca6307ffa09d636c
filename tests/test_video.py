"""Videos: frames, times, size and sound are kept; a cut costs little; bad files are said."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from recyclegan.cli.main import main
from recyclegan.errors import UserError
from recyclegan.translation import video as module
from recyclegan.translation.video import even, result_of, translate_video
from tests.film import NTSC, facts, film, frames, packets
from tests.test_translation import write_model

av = pytest.importorskip("av")

ADTS = 7
"""Bytes before each packet of AAC in a transport stream."""


class Inverted:
    """A translator without a network: negatives."""

    variant, step, direction, precision = "negative", 3, "a2b", "fp32"
    source, target, made_with, device = "day", "night", {}, torch.device("cpu")
    path = Path(__file__)

    def __init__(self, fails_at=None):
        self.calls, self.fails_at = 0, fails_at

    def __call__(self, picture):
        self.calls += 1
        if self.calls == self.fails_at:
            raise KeyboardInterrupt
        return Image.fromarray(255 - np.asarray(picture))

    def num_bytes(self, size):
        return 1.0


@pytest.fixture(scope="module")
def clip(tmp_path_factory):
    return film(tmp_path_factory.mktemp("film") / "clip.mp4")


@pytest.fixture(scope="module")
def model(tmp_path_factory):
    return write_model(tmp_path_factory.mktemp("model") / "generators.safetensors")


def test_frames_rate_size_and_sound_are_those_of_the_source(clip, model, tmp_path):
    out = tmp_path / "out.mp4"
    flags = ["--direction", "a2b", "--precision", "fp32"]
    assert main(["translate", str(model), str(clip), str(out), *flags]) == 0
    assert facts(out) == {
        "width": 102,
        "height": 78,
        "pix_fmt": "yuv420p",
        "codec_name": "h264",
        "avg_frame_rate": "24000/1001",
        "r_frame_rate": "24000/1001",
        "nb_read_frames": 37,
    }
    assert packets(out) == packets(clip) and len(packets(clip)) > 60
    ours, theirs = frames(out), frames(clip)
    assert [when for when, _ in ours] == [when for when, _ in theirs]
    content = out.read_bytes()
    assert content.index(b"moov") < content.index(b"mdat"), "a browser would load all of it first"
    assert not list(tmp_path.glob(".*")), "work is left over"


def test_each_frame_is_the_translation_of_its_own(clip, tmp_path):
    translate_video(Inverted(), clip, tmp_path / "out.mp4", steady=0)
    for (_, before), (_, after) in zip(frames(clip), frames(tmp_path / "out.mp4"), strict=True):
        assert np.abs(255 - before - after).mean() < 5  # Most of it is halved colour, twice.
        assert np.abs((255 - before - after).mean(axis=(0, 1))).max() < 2
    with av.open(str(tmp_path / "out.mp4")) as result:
        assert "day → night" in result.metadata["comment"]


def test_colours_are_those_of_the_source(tmp_path):
    """Areas of one colour, where halved colour does not matter: no mix-up of BT.601 and BT.709."""
    colours = np.array([[200, 30, 30], [30, 200, 30], [30, 30, 200], [240, 240, 240]], np.uint8)
    path = tmp_path / "clip.mp4"
    with av.open(str(path), "w") as container:
        stream = container.add_stream("libx264", rate=25, options={"crf": "5"})
        stream.width, stream.height, stream.pix_fmt = 128, 32, "yuv420p"
        picture = np.ascontiguousarray(colours.repeat(32, 0)[None].repeat(32, 0))
        container.mux(stream.encode(av.VideoFrame.from_ndarray(picture, format="rgb24")))
        container.mux(stream.encode())
    translate_video(Inverted(), path, tmp_path / "out.mp4")
    ((_, after),) = frames(tmp_path / "out.mp4")
    np.testing.assert_allclose(after[16, 16::32], 255 - colours.astype(float), atol=5)


@pytest.mark.parametrize("ending", ["mkv", "ts", "mov"])
def test_containers_that_round_times_give_the_exact_rate_back(ending, tmp_path):
    clip = film(tmp_path / f"clip.{ending}", num=60)
    translate_video(Inverted(), clip, tmp_path / "out.mp4")
    found = facts(tmp_path / "out.mp4")
    assert (found["avg_frame_rate"], found["nb_read_frames"]) == ("24000/1001", 60)
    header = ADTS if ending == "ts" else 0  # Which .mp4 keeps once for all packets.
    sound = [data[header:] for _, data in packets(clip)]
    assert [data for _, data in packets(tmp_path / "out.mp4")] == sound


def test_variable_rate_keeps_every_time(tmp_path):
    times = [0, 1001, 1500, 4004, 4005, 9009, 20000, 20777]
    clip = film(tmp_path / "clip.mp4", num=8, times=times, tone=None)
    translate_video(Inverted(), clip, tmp_path / "out.mp4")
    ours, theirs = ([when for when, _ in frames(path)] for path in (tmp_path / "out.mp4", clip))
    assert ours == theirs and len(set(ours)) == 8


def test_an_odd_size_is_said_and_loses_no_pixel(tmp_path, capsys, model):
    clip = film(tmp_path / "clip.mkv", num=4, size=(101, 77), pixels="yuv444p")
    out = tmp_path / "results"
    out.mkdir()
    assert main(["translate", str(model), str(clip), str(out), "--direction", "a2b"]) == 0
    found = facts(out / "clip.mp4")
    assert (found["width"], found["height"]) == (102, 78)
    assert "its 101x77 became 102x78" in capsys.readouterr().out.replace("\n", " ")
    picture = Image.fromarray(np.arange(45, dtype=np.uint8).reshape(3, 5, 3))
    larger = np.asarray(even(picture))
    assert larger.shape == (4, 6, 3) and (larger[:3, :5] == np.asarray(picture)).all()
    assert (larger[:, 5] == larger[:, 4]).all() and (larger[3] == larger[2]).all()


def test_a_turned_video_comes_out_upright(clip, tmp_path):
    turned = tmp_path / "turned.mp4"
    with av.open(str(clip)) as source, av.open(str(turned), "w") as result:
        stream = result.add_stream_from_template(source.streams.video[0])
        stream.set_display_rotation(-90)
        for packet in source.demux(source.streams.video[0]):
            if packet.dts is not None:
                packet.stream = stream
                result.mux(packet)
    translate_video(Inverted(), turned, tmp_path / "out.mp4", steady=0)
    (_, before), (_, after) = frames(clip)[0], frames(tmp_path / "out.mp4")[0]
    assert after.shape == (102, 78, 3)
    assert np.abs(np.rot90(255 - before, -1) - after).mean() < 5  # Clockwise, as players turn it.


def test_sound_that_the_container_cannot_hold_becomes_another(tmp_path):
    clip = film(tmp_path / "clip.avi", tone="wmav2", format="asf")
    video = translate_video(Inverted(), clip, tmp_path / "out.mp4")
    assert any("wmav2 sound, which .mp4 cannot hold, became aac" in r for r in video.remarks)
    with av.open(str(tmp_path / "out.mp4")) as result:
        assert result.streams.audio[0].codec_context.name == "aac"
        seconds = sum(frame.samples for frame in result.decode(audio=0)) / 44100
    assert seconds == pytest.approx(37 / NTSC, abs=0.15)


def test_a_result_that_is_there_is_kept_unless_told_otherwise(clip, tmp_path, model, capsys):
    out = tmp_path / "out.mp4"
    out.write_bytes(b"mine")
    words = ["translate", str(model), str(clip), str(out), "--direction", "a2b"]
    assert main(words) == 0 and out.read_bytes() == b"mine"
    assert "kept as it was" in capsys.readouterr().out
    assert translate_video(Inverted(), clip, out, overwrite=True).num_frames == 37
    assert facts(out)["nb_read_frames"] == 37


@pytest.mark.parametrize("fails_at", [3, 20, 37])
def test_a_cut_call_goes_on_to_the_same_frames(fails_at, clip, tmp_path, monkeypatch):
    monkeypatch.setattr(module, "PIECE", 8)
    whole, cut = tmp_path / "whole.mp4", tmp_path / "cut.mp4"
    translate_video(Inverted(), clip, whole)
    with pytest.raises(KeyboardInterrupt):
        translate_video(Inverted(fails_at), clip, cut)
    assert not cut.exists()
    rest = Inverted()
    video = translate_video(rest, clip, cut)
    assert video.went_on_from % 8 == 0 and rest.calls == 37 - video.went_on_from
    assert fails_at < 9 or video.went_on_from >= 8
    assert packets(cut, "video") == packets(whole, "video")
    assert packets(cut) == packets(clip)


def test_work_of_another_setting_is_not_gone_on_with(clip, tmp_path, monkeypatch):
    monkeypatch.setattr(module, "PIECE", 8)
    with pytest.raises(KeyboardInterrupt):
        translate_video(Inverted(20), clip, tmp_path / "out.mp4", steady=0.5)
    video = translate_video(Inverted(), clip, tmp_path / "out.mp4", steady=0.6)
    assert (video.went_on_from, video.num_frames) == (0, 37)


@pytest.mark.slow
def test_after_a_kill_the_same_command_ends_in_the_same_frames(tmp_path, model):
    clip, whole, cut = film(tmp_path / "c.mp4", num=300), tmp_path / "whole.mp4", tmp_path / "x.mp4"
    words = ["translate", str(model), str(clip)]
    flags = ["--direction", "a2b", "--precision", "fp32"]
    command = [sys.executable, "-m", "recyclegan", *words, str(cut), *flags]
    started = subprocess.Popen(command, stdout=subprocess.DEVNULL)
    while not list(tmp_path.glob(".x.mp4.working/piece-*1.json")):
        assert started.poll() is None
        time.sleep(0.05)
    os.kill(started.pid, signal.SIGKILL)
    started.wait()
    assert not cut.exists()
    assert main([*words, str(cut), *flags]) == 0 and main([*words, str(whole), *flags]) == 0
    assert packets(cut, "video") == packets(whole, "video") and facts(cut)["nb_read_frames"] == 300


def damaged(kind, clip, tmp_path):
    path = tmp_path / f"{kind}.mp4"
    content = clip.read_bytes()
    if kind == "sound alone":
        with av.open(str(path), "w") as container:
            audio = container.add_stream("aac", rate=44100, layout="mono")
            silence = np.zeros((1, 44100), np.float32)
            frame = av.AudioFrame.from_ndarray(silence, format="fltp", layout="mono")
            frame.sample_rate = 44100
            container.mux(audio.encode(frame))
            container.mux(audio.encode())
    elif kind == "cut short":
        translate_video(Inverted(), clip, path)  # Its index is at the front.
        path.write_bytes(path.read_bytes()[:-4000])
    elif kind != "no such file":
        contents = {"the file is empty": b"", "no sound video": content[: len(content) // 2]}
        path.write_bytes(contents[kind])
    return path


@pytest.mark.parametrize(
    "kind", ["sound alone", "cut short", "no such file", "the file is empty", "no sound video"]
)
def test_what_is_no_whole_video_is_said_in_one_sentence(kind, clip, tmp_path, model, capsys):
    path, out = damaged(kind, clip, tmp_path), tmp_path / "out.mp4"
    assert main(["translate", str(model), str(path), str(out), "--direction", "a2b"]) == 2
    (line,) = capsys.readouterr().err.strip().splitlines()
    assert str(path) in line and kind in line
    assert not list(tmp_path.glob("*out*"))


def test_frames_beyond_the_codec_are_refused_before_any_work(tmp_path):
    path = tmp_path / "wide.mkv"
    with av.open(str(path), "w") as container:
        stream = container.add_stream("ffv1", rate=5)
        stream.width, stream.height, stream.pix_fmt = 16400, 16, "yuv420p"
        picture = np.zeros((16, 16400, 3), np.uint8)
        container.mux(stream.encode(av.VideoFrame.from_ndarray(picture, format="rgb24")))
        container.mux(stream.encode())
    translator = Inverted()
    with pytest.raises(UserError, match=r"16400x16 is beyond H\.264"):
        translate_video(translator, path, tmp_path / "out.mp4")
    assert translator.calls == 0


def test_a_missing_package_is_said_before_the_model_is_read(clip, tmp_path, monkeypatch, capsys):
    monkeypatch.setattr("recyclegan.translation.video_source.find_spec", lambda name: None)
    words = ["translate", str(tmp_path / "none"), str(clip), str(tmp_path / "o.mp4")]
    assert main([*words, "--direction", "a2b"]) == 2
    assert "pip install 'recyclegan[video]'" in capsys.readouterr().err


def test_a_folder_of_pictures_and_videos(clip, tmp_path, model, capsys):
    source, out = tmp_path / "in", tmp_path / "out"
    (source / "deep").mkdir(parents=True)
    Image.new("RGB", (40, 30), "grey").save(source / "a.png")
    film(source / "deep" / "c.mkv", num=3)
    film(source / "deep" / "c.mp4", num=3)
    (source / "bad.mp4").write_bytes(b"no video at all")
    assert main(["translate", str(model), str(source), str(out), "--direction", "a2b"]) == 1
    names = {path.relative_to(out).as_posix() for path in out.rglob("*") if path.is_file()}
    assert names == {"a.png", "deep/c.mkv.mp4", "deep/c.mp4.mp4", "translation.json"}
    said = capsys.readouterr().out
    assert "1 found (0 other files ignored)" in said and "bad.mp4: no sound video" in said


@pytest.mark.parametrize(
    ("flags", "sentence"),
    [
        (["--steady", "1.5"], "--steady 1.5 is no share"),
        (["--engine", "ray"], "leave --engine out"),
    ],
)
def test_flags_that_do_not_fit(flags, sentence, clip, tmp_path, model, capsys, monkeypatch):
    monkeypatch.setattr("recyclegan.cli.translate.require", lambda engine: None)
    words = ["translate", str(model), str(clip), str(tmp_path / "o.mp4"), "--direction", "a2b"]
    assert main([*words, *flags]) == 2
    assert sentence in capsys.readouterr().err


def test_steady_is_for_videos(tmp_path, model, capsys):
    Image.new("RGB", (40, 30)).save(tmp_path / "a.png")
    words = ["translate", str(model), str(tmp_path / "a.png"), str(tmp_path / "b.png")]
    assert main([*words, "--direction", "a2b", "--steady", "0.5"]) == 2
    assert "--steady is for videos" in capsys.readouterr().err


def test_names_of_results(tmp_path):
    assert result_of(Path("x/clip.MOV"), tmp_path) == tmp_path / "clip.mp4"
    assert result_of(Path("clip.webm"), tmp_path / "new") == tmp_path / "new" / "clip.mp4"
    assert result_of(Path("clip.webm"), tmp_path / "a.mkv") == tmp_path / "a.mkv"
    with pytest.raises(UserError, match=r"does not end in \.mp4"):
        result_of(Path("clip.webm"), tmp_path / "a.gif")
    with pytest.raises(UserError, match="the video itself"):
        result_of(tmp_path / "a.mp4", tmp_path / "a.mp4")

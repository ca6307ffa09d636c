"""Writing a video that plays everywhere: H.264 in pieces, joined with the sound of the source."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from fractions import Fraction
from heapq import merge
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from PIL import Image

from recyclegan.translation.video_source import Facts, audio_packets, opened

if TYPE_CHECKING:
    from av import AudioStream, Packet, VideoFrame, VideoStream
    from av.container import InputContainer

CONTAINERS = (".mp4", ".m4v", ".mov", ".mkv")
"""What a result may end in; the first is the one for browsers."""

CODEC, PIXELS = "libx264", "yuv420p"
SETTINGS = {"crf": "17", "preset": "medium", "bf": "0"}
"""Hardly any loss, and no frame out of order: packets are frames, whose times are kept as such."""

LARGEST_SIDE = 16384
"""Pixels a side that the encoder takes."""

BT709, LIMITED = 1, 1
"""Colours and range as nearly every screen and browser expects them."""

PIECE_TICK = Fraction(1, 1000)
"""Frames of a piece are numbered, not timed: their times are given when pieces are joined."""

SOUND = "aac"

Times = Sequence[tuple[int, int]]
"""Of each frame its time and its duration in ticks of the clock."""


def write_piece(path: Path, pictures: Iterator[Image.Image], facts: Facts) -> int:
    """Encode frames of one even size as a piece that others can be joined to; return how many.

    Raises:
        av.FFmpegError: the file cannot be written.
    """
    import av

    first = next(pictures, None)
    if first is None:
        return 0
    with av.open(str(path), "w", format="matroska") as container:
        stream = container.add_stream(CODEC, rate=round(facts.rate) or 1, options=dict(SETTINGS))
        stream.width, stream.height = first.size
        stream.pix_fmt = PIXELS
        stream.time_base = stream.codec_context.time_base = PIECE_TICK
        stream.codec_context.sample_aspect_ratio = facts.aspect
        for name in ("colorspace", "color_primaries", "color_trc"):
            setattr(stream.codec_context, name, BT709)
        stream.codec_context.color_range = LIMITED
        num = 0
        for picture in chain((first,), pictures):
            frame = _frame(picture)
            frame.pts, frame.time_base = num, PIECE_TICK
            container.mux(stream.encode(frame))
            num += 1
        container.mux(stream.encode())
    return num


def join(
    out: Path,
    pieces: Sequence[Path],
    times: Times,
    source: Path,
    facts: Facts,
    metadata: Mapping[str, str],
) -> list[str]:
    """Put pieces, in order, and the sound of their source into one file; return what was lost.

    Audio packets are copied. Tracks that the container cannot hold are encoded anew, as AAC.

    Raises:
        av.FFmpegError: the file cannot be written.
    """
    import av

    remarks = []
    with (
        opened(source) as sound,
        av.open(str(pieces[0])) as first,
        av.open(str(out), "w", options={"movflags": "+faststart"}) as container,
    ):
        container.metadata.update(metadata)
        video = container.add_stream_from_template(first.streams.video[0])
        video.time_base = facts.clock
        video.codec_context.sample_aspect_ratio = facts.aspect
        tracks = {}
        for stream in sound.streams.audio:
            name = stream.codec_context.name
            if name in container.supported_codecs:
                tracks[stream.index] = container.add_stream_from_template(stream)
            else:
                tracks[stream.index] = container.add_stream(SOUND, rate=stream.rate)
                remarks.append(f"its {name} sound, which {out.suffix} cannot hold, became {SOUND}")
        container.start_encoding()
        parts = (_video(pieces, times, facts, video), _audio(sound, facts, tracks))
        for packet in merge(*parts, key=_when):
            container.mux(packet)
    return remarks


def _frame(picture: Image.Image) -> VideoFrame:
    from av import VideoFrame

    frame = VideoFrame.from_ndarray(np.asarray(picture), format="rgb24")
    return frame.reformat(format=PIXELS, dst_colorspace=BT709)


def _video(
    pieces: Sequence[Path], times: Times, facts: Facts, stream: VideoStream
) -> Iterator[Packet]:
    """Yield the packets of all pieces with the times of their frames."""
    import av

    clocked = iter(times)
    for piece in pieces:
        with av.open(str(piece)) as container:
            for packet in container.demux(container.streams.video[0]):
                if packet.size:
                    time, duration = next(clocked)
                    packet.time_base = facts.clock
                    packet.pts = packet.dts = time
                    packet.duration = duration
                    packet.stream = stream
                    yield packet


def _audio(
    source: InputContainer, facts: Facts, tracks: Mapping[int, AudioStream]
) -> Iterator[Packet]:
    """Yield the packets of the sound: as they are, or encoded anew."""
    encoders = {}
    for packet in audio_packets(source):
        track = tracks[packet.stream_index]
        if track.codec_context is None or not track.codec_context.is_encoder:
            shift = round(facts.begin / packet.time_base)
            packet.pts, packet.dts = packet.pts - shift, packet.dts - shift
            packet.stream = track
            yield packet
        else:
            encoders[packet.stream_index] = track
            for frame in packet.decode():
                yield from track.encode(frame)
    for track in encoders.values():
        yield from track.encode()


def _when(packet: Packet) -> Fraction:
    return packet.dts * packet.time_base

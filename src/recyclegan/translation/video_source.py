"""A video as upright frames with the times at which they are shown, and its other tracks."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from fractions import Fraction
from importlib.util import find_spec
from math import lcm
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from PIL import Image

from recyclegan.errors import UserError
from recyclegan.images.decoding import UnreadableImage

if TYPE_CHECKING:
    from av import Packet, VideoFrame
    from av.container import InputContainer

EXTENSIONS = frozenset((".mp4", ".m4v", ".mov", ".mkv", ".webm", ".avi", ".mpg", ".mpeg", ".ts"))
"""Files that count as videos, in lower case."""

HD_ROWS = 720
"""Rows from which a video that does not say its colours is taken for BT.709, not BT.601."""

BT601, BT709, UNKNOWN = 5, 1, 2
"""Numbers of colour spaces in video files."""

LARGEST_CLOCK = 2**31 - 1
"""Ticks a second that a container can count."""

CUT_SECONDS = 1.0
"""A file that ends so much before the time it states is cut short."""


def require_av() -> None:
    """Pass if the package that reads and writes videos is installed.

    Raises:
        UserError: it is not; says how to install it.
    """
    if find_spec("av") is None:
        raise UserError("Videos need PyAV: pip install 'recyclegan[video]'.")


@dataclass(frozen=True)
class Facts:
    """What is known of a video before its frames are decoded.

    `num_frames` is how many will be shown, `rate` the stated number a second, `clock` the tick, in
    seconds, in which times are counted, `begin` the second at which the file begins to count, and
    `aspect` a pixel's width by its height.
    """

    num_frames: int
    rate: Fraction
    clock: Fraction
    begin: Fraction
    aspect: Fraction
    num_audio: int
    num_others: int


class Shown(NamedTuple):
    """An upright RGB frame, the time of its showing and its duration in ticks of the clock.

    `damaged` says that the decoder had to make up a part of it.
    """

    picture: Image.Image
    time: int
    duration: int
    damaged: bool


@contextmanager
def opened(path: Path) -> Iterator[InputContainer]:
    """Open a video.

    Raises:
        UnreadableImage: missing, empty, damaged, or no video; also for what fails within.
    """
    import av

    if not path.is_file():
        raise UnreadableImage(path, "no such file")
    if path.stat().st_size == 0:
        raise UnreadableImage(path, "the file is empty")
    try:
        container = av.open(str(path))
    except av.FFmpegError as error:
        raise _unreadable(path, error) from None
    with container:
        if not container.streams.video:
            what = "sound alone" if container.streams.audio else "no pictures"
            raise UnreadableImage(path, f"no video: it holds {what}")
        try:
            yield container
        except av.FFmpegError as error:
            # What the system refuses is about another file: one that is written meanwhile.
            if isinstance(error, OSError):
                raise
            raise _unreadable(path, error) from None


def examine(path: Path) -> Facts:
    """Read through a video without decoding it.

    Raises:
        UnreadableImage: as in `opened`, or the end is missing.
    """
    with opened(path) as container:
        stream = container.streams.video[0]
        rate = stream.guessed_rate or stream.average_rate or Fraction(25)
        tick = stream.time_base or Fraction(1, 90000)
        num = num_stated = 0
        end = Fraction(0)
        for packet in container.demux():
            if packet.size and packet.pts is not None:
                end = max(end, (packet.pts + (packet.duration or 0)) * packet.time_base)
            if packet.stream is stream and packet.size:
                num_stated += 1
                num += not packet.is_discard
        if num == 0:
            raise UnreadableImage(path, "no video: it holds no frame")
        if num_stated < stream.frames:
            raise UnreadableImage(
                path, f"it is cut short: {num_stated} of {stream.frames} frames are there"
            )
        begin = max(Fraction(0), Fraction(container.start_time or 0, 1_000_000))
        if container.duration:
            missing = Fraction(container.duration, 1_000_000) + begin - end
            if missing > CUT_SECONDS:
                raise UnreadableImage(
                    path, f"it is cut short: the last {float(missing):.1f} seconds are missing"
                )
        audio, others = len(container.streams.audio), len(container.streams)
        return Facts(
            num_frames=num,
            rate=rate,
            clock=_clock(tick, rate),
            begin=begin,
            aspect=stream.sample_aspect_ratio or Fraction(1),
            num_audio=audio,
            num_others=others - audio - 1,
        )


def frames(path: Path, facts: Facts, skip: int = 0) -> Iterator[Shown]:
    """Yield a video's frames in the order of their showing, after leaving out the first `skip`.

    Raises:
        UnreadableImage: as in `opened`.
    """
    times = _Times(facts)
    with opened(path) as container:
        stream = container.streams.video[0]
        stream.thread_type = "AUTO"
        for index, frame in enumerate(container.decode(stream)):
            time, duration = times.of(frame)
            if index >= skip:
                yield Shown(upright(frame), time, duration, frame.is_corrupt)


def audio_packets(container: InputContainer) -> Iterator[Packet]:
    """Yield the packets of all audio tracks as they are."""
    if container.streams.audio:
        for packet in container.demux(*container.streams.audio):
            if packet.dts is not None:
                yield packet


def upright(frame: VideoFrame) -> Image.Image:
    """Return a frame as RGB, turned as its metadata ask for."""
    colours = frame.colorspace
    if colours in (UNKNOWN, 0):
        colours = BT709 if frame.height >= HD_ROWS else BT601
    picture = frame.reformat(format="rgb24", src_colorspace=colours).to_image()
    turned = frame.rotation % 360
    return picture.rotate(turned, expand=True) if turned else picture


class _Times:
    """When frames are shown and how long, in ticks of the clock; times always grow.

    Many containers round times, as Matroska does to milliseconds: what the even rhythm of the rate,
    counted from the first frame, would be rounded to is taken for that rhythm.
    """

    def __init__(self, facts: Facts) -> None:
        self.facts = facts
        self.spacing = 1 / (facts.rate * facts.clock)
        self.first: Fraction | None = None
        self.last = 0

    def of(self, frame: VideoFrame) -> tuple[int, int]:
        tick = frame.time_base / self.facts.clock
        rounding = tick if tick > 1 else Fraction(0)
        if frame.pts is None:
            exact = Fraction(0) if self.first is None else self.last + self.spacing
        else:
            exact = frame.pts * tick - self.facts.begin / self.facts.clock
        if self.first is None:
            self.first, self.last = exact, round(exact) - 1
        since = exact - self.first
        rhythm = round(since / self.spacing) * self.spacing
        even, as_is = round(self.first + rhythm), round(exact)
        if abs(rhythm - since) <= rounding and even > self.last:
            self.last = even
        else:
            self.last = max(as_is, self.last + 1)
        stated = frame.duration * tick if frame.duration else self.spacing
        usual = abs(stated - self.spacing) <= rounding
        return self.last, round(self.spacing if usual else stated)


def _unreadable(path: Path, error: Exception) -> UnreadableImage:
    reason = getattr(error, "strerror", None) or str(error)
    return UnreadableImage(path, f"no sound video ({reason[:1].lower()}{reason[1:]})")


def _clock(tick: Fraction, rate: Fraction) -> Fraction:
    """Return a tick in which both the container's times and the rate's are whole."""
    common = lcm(tick.denominator, rate.numerator)
    return Fraction(1, common) if tick.numerator == 1 and common <= LARGEST_CLOCK else tick

"""Declare each codec once: its encoder's words, its CRF scale, its probes, how it is told of.

Adding a codec is adding a declaration: reports and the player page take name, colour and container
facts from here, through the receipt. All of them run on one thread, since the bytes of x264 and
x265 depend on how many there are, and by CRF with a cap, since SVT-AV1's other modes are not the
same twice (three runs by VBR gave three hashes).
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from math import ceil
from typing import TYPE_CHECKING, Any

from jobs.encode.sizes import lines_of

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

BLOCK = 16
"""The side of a macroblock of H.264; the other standards count single samples."""
BUFFER_SECONDS = 2.0
"""How long an encoder may run above its cap: a decoder's buffer of two seconds at the cap."""


@dataclass(frozen=True)
class Cap:
    """What devices are sure to play of a codec: a level of its standard."""

    lines: int
    """Of the screen that the picture fills."""
    pixels_per_second: float
    """Decoded, in blocks of 16 x 16."""
    kbps: float
    """Of the peak, which maxrate bounds."""

    def plays(self, size: tuple[int, int], fps: float, maxrate_kbps: float) -> bool:
        """Whether a rendition of this size, frame rate and cap is within the level."""
        width, height = (BLOCK * ceil(length / BLOCK) for length in size)
        return (
            lines_of(*size) <= self.lines
            and width * height * fps <= self.pixels_per_second
            and maxrate_kbps <= self.kbps
        )


@dataclass(frozen=True)
class Codec:
    """What ffmpeg is told for one codec, and what people and browsers are told of it."""

    name: str
    shown: str
    """What people call it."""
    colour: str
    """Of its marks, on light ground; pages on dark ground lighten it."""
    entries: tuple[str, ...]
    """MP4 sample entries, the one of our files first: what CODECS of a manifest begins with."""
    browser: str
    """An RFC 6381 name of the codec at about 1080 lines, to ask a browser whether it decodes it."""
    devices: Cap
    """What they are sure to play of it."""
    cost: float
    """CPU of an encode over x264's, for the estimate that a budget is held against."""
    encoder: tuple[str, ...]
    """-c:v and all that does not depend on the rung."""
    lowest_crf: float
    highest_crf: float
    crf_step: float
    """The encoder takes no finer CRF."""
    probe_crfs: tuple[float, ...]
    cap: tuple[str, ...] = ("-maxrate", "{cap}k", "-bufsize", "{buffer}k")
    uncapped: tuple[str, ...] = ()
    bound: tuple[str, ...] = ()
    """Instead of `cap`, where it does not bind, for a rung whose rate nothing predicted."""
    tag: str = ""
    """The MP4 sample entry, where the muxer's choice does not play everywhere."""
    with_opus: bool = False
    """Whether its players play Opus, which costs less than AAC."""

    def binding(self) -> Codec:
        """The same with a cap that the encoder holds at any cost in quality."""
        return replace(self, cap=self.bound or self.cap)

    def words(self, crf: float, gop: int, maxrate_kbps: float | None = None) -> list[str]:
        """Encoder words for one output; `gop` in frames is the longest distance of keyframes."""
        rate = self.uncapped
        if maxrate_kbps is not None:
            cap, buffer = round(maxrate_kbps), round(maxrate_kbps * BUFFER_SECONDS)
            rate = tuple(word.format(cap=cap, buffer=buffer) for word in self.cap)
        tag = ("-tag:v", self.tag) if self.tag else ()
        return [*self.encoder, "-crf", f"{self.crf(crf):g}", "-g", str(gop), *rate, *tag]

    def crf(self, wanted: float, rounded: Callable[[float], int] = round) -> float:
        """The nearest CRF that the encoder takes, or the next better one by `math.floor`."""
        stepped = rounded(wanted / self.crf_step) * self.crf_step
        return round(min(max(stepped, self.lowest_crf), self.highest_crf), 2)


CODECS = {
    codec.name: codec
    for codec in (
        Codec(
            "h264", "H.264", "#c9773f", ("avc1", "avc3"), "avc1.640028",
            # level 4.2, High profile (H.264, table A-1): 522,240 macroblocks, 1080 lines at 60 a second
            Cap(1080, 522_240 * BLOCK**2, 25_000), 1.0,
            ("-c:v", "libx264", "-preset", "medium", "-threads", "1", "-forced-idr", "1",
             "-x264-params", "scenecut=0:open-gop=0:stitchable=1"),
            lowest_crf=10, highest_crf=51, crf_step=0.1, probe_crfs=(22, 30, 38),
        ),
        Codec(
            "hevc", "HEVC", "#2f7d6b", ("hvc1", "hev1"), "hvc1.1.6.L120.B0",
            # level 5, Main tier (H.265, tables A.8 and A.9)
            Cap(2160, 267_386_880, 25_000), 2.3,
            ("-c:v", "libx265", "-preset", "medium", "-forced-idr", "1", "-x265-params",
             "pools=none:frame-threads=1:scenecut=0:open-gop=0:info=0:log-level=error"),
            lowest_crf=10, highest_crf=51, crf_step=0.1, probe_crfs=(20, 28, 36), tag="hvc1",
        ),
        Codec(
            "vp9", "VP9", "#7b5ea7", ("vp09",), "vp09.00.40.08",
            # level 5 (VP9 levels, webmproject.org/vp9/levels)
            Cap(2160, 311_951_360, 60_000), 3.0,
            ("-c:v", "libvpx-vp9", "-deadline", "good", "-cpu-used", "3", "-threads", "1",
             "-row-mt", "0", "-lag-in-frames", "25", "-auto-alt-ref", "1"),
            lowest_crf=10, highest_crf=63, crf_step=1, probe_crfs=(28, 40, 52),
            # constant quality; "-b:v CAP" beside a CRF makes it another mode, which spent 407 kb/s
            # where this spends 242 (bikes, CRF 40): its peak is measured, and shots above
            # the cap are encoded again (`capped`); docs/titles/codecs.md has what else was measured
            cap=("-b:v", "0"),
            uncapped=("-b:v", "0"),
            bound=("-b:v", "{cap}k"),
            with_opus=True,
        ),
        Codec(
            "av1", "AV1", "#2b6cb0", ("av01",), "av01.0.08M.08",
            # level 5.0, Main tier (AV1, annex A.3)
            Cap(2160, 267_386_880, 30_000), 0.9,
            ("-c:v", "libsvtav1", "-preset", "8", "-svtav1-params", "lp=1:scd=0"),
            lowest_crf=10, highest_crf=63, crf_step=1, probe_crfs=(26, 38, 50), with_opus=True,
        ),
    )
}  # fmt: skip
"""In the order of age: what plays everywhere first."""


def told() -> dict[str, dict[str, Any]]:
    """Codec to what pages show of it and ask a browser, in the order of CODECS."""
    return {
        one.name: {
            "name": one.shown, "colour": one.colour, "entries": list(one.entries),
            "browser": one.browser,
        }
        for one in CODECS.values()
    }  # fmt: skip


def keyframe_words(frames: Sequence[int], fps: float) -> list[str]:
    """Force a keyframe at each of these frames, counted from the output's first.

    A moment a quarter frame early is first reached by the frame itself, however it is rounded.
    """
    moments = (f"{max(0.0, (frame - 0.25) / fps):.4f}" for frame in frames)
    return ["-force_key_frames", ",".join(moments)]

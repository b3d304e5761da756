"""Say what the steps hand to each other: masters, shots, probes, rungs, scores, renditions.

Each is a frozen record of JSON values: `vars(record)` or `dataclasses.asdict` writes it and the class
reads it back by name.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

from jobs.encode.sizes import lines_of


@dataclass(frozen=True)
class AudioTrack:
    """One sound track of a master."""

    index: int
    """Its place among the master's sound tracks, from 0."""
    codec: str
    channels: int
    language: str
    """A BCP 47 tag; und where the master names no language."""
    said: str = ""
    """What the master calls its language where that is no tag, such as English."""


@dataclass(frozen=True)
class Master:
    """What was found in a master file that can be encoded."""

    sha256: str
    container: str
    width: int
    """Of the shown picture: rotated upright, bars cropped, pixels square, even."""
    height: int
    fps: str
    """A fraction, such as 24000/1001."""
    frames: int
    pixel_format: str
    colour: dict[str, str]
    """primaries, transfer, matrix and range; unknown where the file says nothing."""
    hdr: bool
    interlaced: bool
    rotation: int
    sample_aspect: str
    crop: str
    """ffmpeg's crop words, w:h:x:y of the coded picture; empty where there are no bars."""
    audio: tuple[AudioTrack, ...] = ()
    track: int = 0
    """The film's place among the file's pictures, from 0."""
    mirrored: bool = False
    """Whether the turned picture is upside down, too: a matrix may mirror."""
    start: str = "0"
    """When the first frame is shown on the file's own clock, a fraction of seconds; sound that
    begins at another moment stays in step by it."""

    @property
    def size(self) -> tuple[int, int]:
        """Width and height."""
        return self.width, self.height

    @property
    def rate(self) -> Fraction:
        """Frames a second."""
        return Fraction(self.fps)

    @property
    def seconds(self) -> float:
        """How long the picture lasts."""
        return float(self.frames / self.rate)


@dataclass(frozen=True)
class Shot:
    """The frames between two cuts."""

    number: int
    first_frame: int
    frames: int


@dataclass(frozen=True)
class Score:
    """VMAF of a rendition against its master, at the master's size."""

    mean: float
    harmonic: float
    p1: float
    """The value below which one frame in a hundred lies."""
    worst_shot: float
    """The lowest mean of a shot."""
    worst_shot_number: int
    shots: int
    """How many there are: the worst of many lies lower than that of a few."""
    frames: int
    """How many frames were scored."""
    model: str
    width: int
    height: int
    """The size at which both were compared."""


@dataclass(frozen=True)
class Probe:
    """What one shot costs and scores at one size and CRF."""

    codec: str
    shot: int
    width: int
    height: int
    crf: float
    bits: int
    """Of all packets of the shot."""
    frames: int
    vmaf: float
    """The mean over the scored frames of the shot."""
    cpu_seconds: float


@dataclass(frozen=True)
class Rung:
    """One step of a ladder, as chosen: what to encode and what it should give."""

    codec: str
    width: int
    height: int
    crf: float
    kbps: float
    """Predicted, of the video alone."""
    vmaf: float
    """Predicted mean."""
    maxrate_kbps: float
    """The cap that the encoder must hold over its buffer."""
    fixed: bool = False
    """Whether it is of the fixed ladder, since nothing was probed: then `kbps` is the most that it
    may cost, and `vmaf` is 0 and promises nothing."""

    @property
    def name(self) -> str:
        """Tab-friendly and unique in a ladder, such as h264-720p-1044k."""
        return f"{self.codec}-{lines_of(self.width, self.height)}p-{self.kbps:.0f}k"


@dataclass(frozen=True)
class Attempt:
    """One try at a rung: what an encode at a CRF cost and scored."""

    crf: float
    mean: float
    """VMAF over every frame."""
    kbps: float
    file: str = ""
    """Its name in the workshop of the title."""
    peak_kbps: float = 0.0
    """The largest mean over any two seconds."""


@dataclass(frozen=True)
class Rendition:
    """A rung that was encoded and scored."""

    rung: Rung
    file: str
    """Its name in the workshop of the title."""
    sha256: str
    kbps: float
    peak_kbps: float
    """The largest mean over any two seconds; what BANDWIDTH must not understate."""
    score: Score
    cpu_seconds: float
    """Of all attempts, encoded and scored."""
    attempts: tuple[Attempt, ...]
    """In order, the first at the CRF that was chosen from the probes; one of them is this file."""
    fallen: tuple[int, ...] = ()
    """Of a rung with a CRF a shot, the shots below its floor that a better CRF could lift."""
    at_best: tuple[int, ...] = ()
    """Those below it at the best CRF that there is for them."""
    calmed: tuple[int, ...] = ()
    """The shots that have a worse CRF than they were to have, since the peak was above the cap."""

"""Make sheets of small pictures for the seek bar, from key frames alone, which is quick."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from math import ceil
from typing import TYPE_CHECKING, Any

from jobs.encode import tools
from jobs.encode.sizes import at_scale
from jobs.encode.workshop import sha256_of
from lakehouse.errors import MarqueeError

if TYPE_CHECKING:
    from pathlib import Path

    from jobs.encode.workshop import Made, Workshop

LONG_SIDE = 160
"""Pixels of a tile; a seek bar shows no more."""
MOST_COLUMNS, MOST_ROWS = 5, 4
MOST_TILES = 1000
"""Above two hours or so tiles lie further apart, so that a film has at most 50 sheets."""
QUALITY = "5"  # ffmpeg's -q:v; 600 s of film in 10 x 6 tiles took 169 kB
EARLY_SECONDS = 0.02
"""A key frame may lie this much before its tile's time, since rates such as 23.976 round."""


class MissingTiles(MarqueeError):
    """A video gave another number of sheets than its length asks for."""

    def __init__(self, found: int, expected: int) -> None:
        super().__init__(
            f"The seek bar's pictures fill {found} sheets where {expected} were due, so the title is "
            "not packaged: its video lacks key frames or is shorter than its master; encode it again."
        )


@dataclass(frozen=True)
class Grid:
    """How tiles lie in time and on sheets."""

    width: int
    height: int
    """Of a tile, in pixels, both even."""
    columns: int
    rows: int
    seconds: float
    """Between two tiles: a whole number of groups of pictures."""
    tiles: int
    total_seconds: float
    """How long the title is."""

    @property
    def sheets(self) -> int:
        """How many pictures there are."""
        return ceil(self.tiles / (self.columns * self.rows))

    @property
    def sheet_seconds(self) -> float:
        """How much of the title one full sheet covers."""
        return self.columns * self.rows * self.seconds

    def sheet_durations(self) -> list[float]:
        """How much of the title each sheet covers; the last one what is left."""
        last = self.total_seconds - (self.sheets - 1) * self.sheet_seconds
        return [self.sheet_seconds] * (self.sheets - 1) + [last]


def grid_of(width: int, height: int, seconds: float, gop_seconds: float = 2.0) -> Grid:
    """The tiles of a title of this picture size and length, one a key frame where that is few.

    `gop_seconds` is how far key frames are apart: 2.002 where two seconds are no whole frames.
    """
    apart = gop_seconds * max(1, _at_least(seconds / (gop_seconds * MOST_TILES)))
    tiles = max(1, _at_least(seconds / apart))
    tile = at_scale((width, height), LONG_SIDE / max(width, height))
    columns = min(MOST_COLUMNS, tiles)
    return Grid(
        *tile,
        columns=columns,
        rows=min(MOST_ROWS, ceil(tiles / columns)),
        seconds=apart,
        tiles=tiles,
        total_seconds=seconds,
    )


def make_thumbnails(work: Workshop, video: Path, grid: Grid) -> Made:
    """A folder of sheets 00001.jpg and on, out of an encoded rendition; raises MissingTiles."""
    recipe = {
        "video": sha256_of(video),
        "grid": asdict(grid),
        "quality": QUALITY,
        "ffmpeg": tools.versions()["ffmpeg"],
    }

    def produce(part: Path) -> dict[str, Any]:
        part.mkdir(parents=True)
        ran = tools.ffmpeg(*_words(video, grid, part))
        found = len(list(part.glob("*.jpg")))
        if found != grid.sheets:
            raise MissingTiles(found, grid.sheets)
        return {"cpu_seconds": ran.cpu_seconds, "sheets": found}

    return work.make("thumbnails", "", recipe, produce)


def _words(video: Path, grid: Grid, folder: Path) -> list[str | Path]:
    due = f"gte(t+{EARLY_SECONDS},selected_n*{grid.seconds})"
    filters = (
        f"select='{due}',scale={grid.width}:{grid.height}:flags=bicubic+bitexact,"
        # one tile at the end may have no key frame of its own: the last picture stands in
        f"setsar=1,tpad=stop=1:stop_mode=clone,trim=end_frame={grid.tiles},"
        f"tile={grid.columns}x{grid.rows}"
    )
    return [
        "-v", "error", "-threads", "1", "-skip_frame", "nokey", "-i", video, "-map", "0:v:0",
        "-vf", filters, "-fps_mode", "passthrough", "-threads", "1", "-q:v", QUALITY,
        "-flags:v", "+bitexact", "-fflags", "+bitexact", folder / "%05d.jpg",
    ]  # fmt: skip


def _at_least(count: float) -> int:
    """The next whole number; 300.00000000000006, as 600.6 / 2.002 comes out, is 300."""
    return ceil(count - 1e-6)

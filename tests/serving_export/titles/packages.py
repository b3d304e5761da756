"""Make small published titles with the real encoders, packager and key ring, for the browser."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING

from jobs.encode import captions, tools
from jobs.encode.codecs import told
from jobs.encode.package import Tiles, package
from jobs.encode.publish import publish
from jobs.encode.streams import Stream
from jobs.encode.thumbnails import grid_of, make_thumbnails
from jobs.encode.workshop import Workshop
from serving_export.titles.keys import Key, KeyRing, KeySet

if TYPE_CHECKING:
    from pathlib import Path

SECONDS = 24.0
X265 = "log-level=none:keyint=20:min-keyint=20:scenecut=0:open-gop=0:bframes=0"
LADDER = (  # a rate that a throttled network carries, one that it does not, one without a decoder
    ("h264-180p", "h264", 320, 180, 100, ["-c:v", "libx264", "-sc_threshold", "0", "-bf", "0"]),
    ("h264-360p", "h264", 640, 360, 900, ["-c:v", "libx264", "-sc_threshold", "0", "-bf", "0"]),
    ("hevc-360p", "hevc", 640, 360, 500, ["-c:v", "libx265", "-tag:v", "hvc1", "-x265-params", X265]),
)  # fmt: skip
CAPTIONS = """WEBVTT

00:00.000 --> 00:12.000
The first words

00:12.000 --> 00:23.900
The second words
"""


@dataclass(frozen=True)
class Catalogue:
    """Published titles and the ring that holds their keys."""

    folder: Path
    streams: tuple[Stream, ...]
    tiles: Tiles
    ring: KeyRing

    @property
    def published(self) -> Path:
        """Where the versions lie."""
        return self.folder / "published"

    def add(self, title_id: str, protect: str, keys: KeySet | None = None) -> str:
        """Package and publish the streams under one more title; gives the version."""
        if protect != "none" and keys is None:
            keys = self.ring.keys_for(title_id)
        work = Workshop(self.folder / "work")
        made = package(work, title_id, self.streams, SECONDS, protect, keys, self.tiles)
        receipt = json.dumps(receipt_of(title_id)).encode()
        return publish(self.published, title_id, made, {"panel.json": receipt})

    def add_with_wrong_keys(self, title_id: str, protect: str) -> str:
        """A title that was locked with other keys than the ring holds under the same ids."""
        keys = self.ring.keys_for(title_id)
        wrong = {label: Key(key.id, key.value[::-1]) for label, key in keys.keys.items()}
        return self.add(title_id, protect, KeySet(keys.version, wrong))


def catalogue(folder: Path) -> Catalogue:
    """Encode each rendition, two sounds, captions and thumbnails; about 4 s."""
    made, work = folder / "made", Workshop(folder / "work")
    made.mkdir()
    _encode(made)
    streams = [
        Stream(made / f"{name}.mp4", "video", name, "HD" if height > 180 else "SD", codec=codec, height=height)
        for name, codec, _, height, _, _ in LADDER
    ]  # fmt: skip
    for name, role in (("sound", "main"), ("described", "description")):
        streams.append(
            Stream(made / f"{name}.mp4", "audio", name, "AUDIO", "en", (role,), codec="aac")
        )
    (made / "captions.vtt").write_text(CAPTIONS)
    text = captions.prepare(work, made / "captions.vtt", "en", SECONDS).path
    streams.append(Stream(text, "text", "captions", language="en", roles=("caption",)))
    grid = grid_of(320, 180, SECONDS)
    tiles = Tiles(make_thumbnails(work, made / "h264-180p.mp4", grid), grid)
    ring = KeyRing.open(folder / "keys", bytes(range(32)))
    return Catalogue(folder, tuple(streams), tiles, ring)


def _encode(made: Path) -> None:
    words: list[str | Path] = ["-v", "error"]
    for source in (
        f"testsrc2=s=640x360:r=10:d={SECONDS}",
        f"sine=330:d={SECONDS}",
        f"sine=550:d={SECONDS}",
    ):
        words += ["-f", "lavfi", "-i", source]
    for name, _, width, height, kbps, codec in LADDER:
        words += [
            "-map", "0:v", "-vf", f"scale={width}:{height}", *codec, "-preset", "ultrafast",
            "-b:v", f"{kbps}k", "-g", "20", "-keyint_min", "20", "-pix_fmt", "yuv420p", made / f"{name}.mp4",
        ]  # fmt: skip
    for number, name in ((1, "sound"), (2, "described")):
        words += [
            "-map",
            f"{number}:a",
            "-c:a",
            "aac",
            "-b:a",
            "64k",
            "-ac",
            "2",
            made / f"{name}.mp4",
        ]
    tools.ffmpeg(*words)


def receipt_of(title_id: str) -> dict[str, object]:
    """What the page plots, in the shape that a run writes: one rung more than what is packaged."""
    held_back: tuple[str, str, int, int, int, list[str]]
    held_back = ("h264-360p-700k", "h264", 640, 360, 700, [])
    ladder = [
        {
            "name": name, "codec": codec, "width": width, "height": height, "kbps": kbps * 1.02,
            "kbps_predicted": kbps, "vmaf": 50 + height / 9, "vmaf_predicted": 51.0, "p1": 48.0,
            "worst_shot": 49.0, "ships": name != held_back[0],
            "reason": "its mean of 51.0 is below 70.0" if name == held_back[0] else "",
        }
        for name, codec, width, height, kbps, _ in (*LADDER, held_back)
    ]  # fmt: skip
    return {
        "title_id": title_id,
        "version": "0123456789abcdef",
        "codecs": told(),
        "ladder": ladder,
        "front": [
            {"codec": "h264", "height": 180, "kbps": 60, "vmaf": 60},
            {"codec": "h264", "height": 360, "kbps": 950, "vmaf": 92},
        ],
        "fixed": [{"name": "145k", "kbps": 145, "vmaf": 58}, {"name": "2000k", "kbps": 2000, "vmaf": 93}],
        "shots": [
            {"number": 0, "seconds": 10.0, "first_second": 0.0, "vmaf": 91.0},
            {"number": 1, "seconds": 14.0, "first_second": 10.0, "vmaf": 88.0},
        ],
    }  # fmt: skip

"""Check that a package opens with its keys to exactly the packets that the encoder made.

Exit statuses prove nothing: with a wrong key ffmpeg and the packager both end well. So packets are
compared by their hashes, and a wrong key must give others. It is ffmpeg that decrypts, because the
packager would repeat a mistake of its own.
"""

from __future__ import annotations

import json
import re
import shutil
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

from jobs.encode import captions, mpd, tools
from jobs.encode.calls import HALF_MADE
from jobs.encode.finishing import INDEX
from jobs.encode.manifests import PackageBroken
from jobs.encode.packets import packets_of
from jobs.encode.playlists import media_playlist
from jobs.encode.protection import in_memory, silent_on
from serving_export.titles.layout import MANIFEST

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from jobs.encode.mpd import Representation
    from jobs.encode.streams import Stream
    from jobs.encode.workshop import Made, Workshop
    from serving_export.titles.keys import KeySet

HASHED = re.compile(r"SHA256=([0-9a-f]{64})")
BLOCK = 16
"""Bytes that AES encrypts at once."""
TRACKS = {"video": "0:v:0", "audio": "0:a:0"}


def verified(work: Workshop, made: Made, streams: Sequence[Stream], keys: KeySet | None) -> Made:
    """The proof of a package: facts are those of `verify`, which may raise. That what is published
    are these bytes is proved by `publish`, which hashes its copy."""
    recipe = {
        "package": made.sha256, "keys": keys.ids if keys else None,
        "streams": {stream.name: stream.sha256 for stream in streams},
        "tools": tools.versions(),
    }  # fmt: skip

    def produce(part: Path) -> dict[str, Any]:
        found = verify(made.path, streams, keys, f"{part.name}-")
        part.write_text(json.dumps(found["packets_sha256"], indent=0) + "\n")
        return found

    return work.make("verify", ".json", recipe, produce)


def verify(
    folder: Path, streams: Sequence[Stream], keys: KeySet | None, scratch: str = HALF_MADE
) -> dict[str, Any]:
    """The hash of each stream's packets, proved equal; raises PackageBroken.

    `streams` are those that were packaged, with the encoder's files. Text is compared cue by cue.
    `scratch` is what the names of files begin with that lie beside the package for a while.
    """
    found = {one.id: one for one in mpd.representations(mpd.read(folder / MANIFEST))}
    problems: list[str] = []
    packets: dict[str, str] = {}
    cpu_seconds = 0.0
    for stream in streams:
        one = found.get(stream.name)
        if one is None:
            problems.append(f"{stream.name} is not in the package")
        elif stream.kind == "text":
            problems += _text(folder, stream, one)
        else:
            hashed = _Packets(folder, stream, one, keys, scratch)
            problems += hashed.problems()
            packets[stream.name] = hashed.encoded
            cpu_seconds += hashed.cpu_seconds
    if problems:
        raise PackageBroken(problems)
    return {"packets_sha256": packets, "cpu_seconds": cpu_seconds}


class _Packets:
    """The packets of one stream, from the encoder's file and from the package."""

    def __init__(
        self,
        folder: Path,
        stream: Stream,
        one: Representation,
        keys: KeySet | None,
        scratch: str,
    ) -> None:
        self.stream, self.keys, self.cpu_seconds = stream, keys, 0.0
        self._init, *self._segments = (folder / path for path in (one.initialization, *one.media))
        self._beside, self._scratch = folder.parent, scratch
        self.encoded = self._hash(f"file '{_quoted(stream.path.absolute())}'\n")

    def problems(self) -> Iterator[str]:
        """What is wrong with the stream in the package."""
        key = self.keys.keys[self.stream.label].value if self.keys else None
        if not self.encoded:  # else nothing would be equal to nothing
            yield f"the encoded file of {self.stream.name} holds no packets"
        if self._packaged(self._segments, key) != self.encoded:
            yield f"{self.stream.name} does not hold the packets that were encoded"
        if key and self._opens_with(bytes(byte ^ 0xFF for byte in key), key) and self._long():
            yield f"{self.stream.name} opens with a wrong key, so it is not protected"

    def _opens_with(self, wrong: bytes, right: bytes) -> bool:
        largest = [max(self._segments, key=lambda segment: segment.stat().st_size)]
        try:
            return self._packaged(largest, wrong) == self._packaged(largest, right)
        except tools.ToolFailed:  # as it may on what a wrong key makes of packets
            return False

    def _long(self) -> bool:
        """Whether a packet is long enough to be encrypted: cbcs leaves what is no whole block clear,
        and a packet of silence is 6 bytes."""
        bits = packets_of(self.stream.path, track=f"{self.stream.kind[0]}:0").bits
        return bool(len(bits)) and int(bits.max()) >= 8 * BLOCK

    def _packaged(self, segments: Sequence[Path], key: bytes | None) -> str:
        """The hash of the packets in these segments, opened with this key."""
        with tempfile.NamedTemporaryFile(dir=self._beside, prefix=self._scratch) as joined:
            for path in (self._init, *segments):
                with path.open("rb") as source:
                    shutil.copyfileobj(source, joined)
            joined.flush()
            option = f"option decryption_key {key.hex()}\n" if key else ""
            return self._hash(f"file '{_quoted(Path(joined.name))}'\n{option}")

    def _hash(self, listed: str) -> str:
        """The hash that ffmpeg gives of a file's packets; empty where it reads none.

        A list for the concat demuxer is how ffmpeg takes a key other than as a word of its command.
        """
        with in_memory(f"ffconcat version 1.0\n{listed}") as path, silent_on(self.keys):
            ran = tools.ffmpeg(
                "-v", "fatal", "-f", "concat", "-safe", "0", "-auto_convert", "0", "-i", path,
                "-map", TRACKS[self.stream.kind], "-c", "copy",
                "-f", "streamhash", "-hash", "sha256", "-",
            )  # fmt: skip
        self.cpu_seconds += ran.cpu_seconds
        found = HASHED.search(ran.stdout)
        return found[1] if found else ""


def _text(folder: Path, stream: Stream, one: Representation) -> Iterator[str]:
    """Each cue is in DASH's file and in the segments of HLS that it is shown in; one on a border is
    in both."""
    due = captions.read(stream.path)
    playlist = media_playlist((folder / stream.name / INDEX).read_text())
    for paths in (one.media, [f"{stream.name}/{piece.uri}" for piece in playlist.pieces]):
        cues = [cue for path in paths for cue in captions.read(folder / path)]
        there = dict.fromkeys((cue.start, cue.end, cue.text) for cue in cues)
        if list(there) != [(cue.start, cue.end, cue.text) for cue in due]:
            yield f"{stream.name} does not hold the cues that were given"
            return


def _quoted(path: Path) -> str:
    """A path between the single quotes of an ffconcat file."""
    return str(path).replace("'", "'\\''")

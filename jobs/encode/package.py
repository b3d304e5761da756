"""Package streams into CMAF segments that HLS and DASH share, clear or protected."""

from __future__ import annotations

import shutil
import tempfile
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from jobs.encode import manifests, protection, tools
from jobs.encode.encoders import SEGMENT_GOPS
from jobs.encode.finishing import IFRAMES, INDEX, THUMBNAILS, finish
from jobs.encode.languages import UNKNOWN
from jobs.encode.streams import CAPTION, DESCRIPTION, checked, recipe_of
from serving_export.titles.layout import MANIFEST, MASTER, checked_id

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from jobs.encode.streams import Stream
    from jobs.encode.thumbnails import Grid
    from jobs.encode.workshop import Made, Workshop
    from serving_export.titles.keys import KeySet

FORMAT = 4
"""Counts up when the same streams are to give another package, so that old ones are made anew."""
NO_LANGUAGE = "zxx"
"""No text is shown before a viewer asks for it; the packager selects text of this language."""
AUDIO_PURPOSE = "urn:tva:metadata:cs:AudioPurposeCS:2007"
SPECIAL = {
    DESCRIPTION: ("public.accessibility.describes-video", f"{AUDIO_PURPOSE}=1"),
    CAPTION: (
        "public.accessibility.transcribes-spoken-dialog;"
        "public.accessibility.describes-music-and-sound",
        f"{AUDIO_PURPOSE}=2",
    ),
}
"""Role to HLS characteristics and DASH accessibility: for the visually impaired, the hard of
hearing (DASH-IF IOP 4.3, section 3.9.4.5; HLS authoring specification, section 4)."""


@dataclass(frozen=True)
class Tiles:
    """The sheets of thumbnails.make_thumbnails and how they are laid out."""

    made: Made
    grid: Grid


def package(
    work: Workshop,
    title_id: str,
    streams: Sequence[Stream],
    seconds: float,
    protect: str = protection.CBCS,
    keys: KeySet | None = None,
    tiles: Tiles | None = None,
    gop_seconds: float = 2.0,
) -> Made:
    """A folder with HLS and DASH over the same segments, checked against both specifications.

    `seconds` is how long the title is, `gop_seconds` how far key frames are apart at most; a
    segment is two of that. Equal streams and keys give equal bytes. Raises BadStreams, BadProtection,
    BadTitleId, PackageBroken or ToolFailed.
    """
    ordered = checked(streams)
    protection.require_protection(protect, keys)
    said = [recipe_of(stream) for stream in ordered]
    hashes = {stream["name"]: str(stream["sha256"]) for stream in said}
    recipe = {
        "format": FORMAT, "title": checked_id(title_id), "streams": said,
        "seconds": seconds, "gop_seconds": gop_seconds, "protect": protect,
        "keys": {"version": keys.version, "ids": keys.ids} if keys else None,
        "tiles": tiles.made.sha256 if tiles else None, "packager": tools.versions()["packager"],
    }  # fmt: skip

    def produce(part: Path) -> dict[str, Any]:
        part.mkdir(parents=True)
        command = [*protection.words(protect, f"skd://marquee/{title_id}"), *_cuts(gop_seconds)]
        ran = _run(part, ordered, hashes, protect, keys, command)
        if tiles:
            shutil.copytree(tiles.made.path, part / THUMBNAILS)
        finish(part, ordered, keys, tiles.grid if tiles else None, seconds)
        facts = manifests.check(part, ordered, seconds, keys)
        ours = {"cpu_seconds": ran.cpu_seconds, "protect": protect}
        return {**facts, **ours, "keys": recipe["keys"]}

    return work.make("package", "", recipe, produce)


def _run(
    folder: Path,
    streams: Sequence[Stream],
    hashes: dict[str, str],
    protect: str,
    keys: KeySet | None,
    more: Sequence[str],
) -> tools.Ran:
    """Run the packager."""
    flag = protection.key_flag(_encrypted(streams), hashes, protect, keys) if keys else ""
    with (
        _short_names(folder, streams) as (inputs, out),
        protection.in_memory(flag) as secret,
        protection.silent_on(keys),
    ):
        words = [
            *(_descriptor(stream, inputs[stream.name], out) for stream in streams),
            *_terms(streams, out),
            *more,
        ]
        return tools.packager(*words, *([f"--flagfile={secret}"] if keys else []))


def _encrypted(streams: Sequence[Stream]) -> list[Stream]:
    return [stream for stream in streams if stream.kind != "text"]


@contextmanager
def _short_names(folder: Path, streams: Sequence[Stream]) -> Iterator[tuple[dict[str, Path], Path]]:
    """Links to the inputs and to the folder: a comma or $ in a path would end a packager's word."""
    with tempfile.TemporaryDirectory(prefix="marquee-") as name:
        links = Path(name)
        inputs = {}
        for stream in streams:
            inputs[stream.name] = links / f"{stream.name}{stream.path.suffix}"
            inputs[stream.name].symlink_to(stream.path.absolute())
        (links / "out").symlink_to(folder.absolute())
        yield inputs, links / "out"


def _descriptor(stream: Stream, path: Path, out: Path) -> str:
    """The packager's word for one stream."""
    suffix = "vtt" if stream.kind == "text" else "m4s"
    said = {
        "in": path, "stream": stream.kind, "playlist_name": f"{stream.name}/{INDEX}",
        "segment_template": f"{out}/{stream.name}/$Number%05d$.{suffix}",
    }  # fmt: skip
    if stream.kind != "text":
        said |= {"init_segment": f"{out}/{stream.name}/init.mp4", "drm_label": stream.name}
    if stream.kind == "video":
        said |= {"iframe_playlist_name": f"{stream.name}/{IFRAMES}"}
    else:
        group = "subtitles" if stream.kind == "text" else f"audio-{stream.codec or 'main'}"
        said |= {"hls_name": stream.title, "hls_group_id": group}
    if stream.kind == "audio":
        said |= {"dash_label": stream.name}  # or stereo and surround would be one adaptation set
    if stream.kind != "video" and stream.language != UNKNOWN:  # which the packager does not take
        said |= {"language": stream.language}
    special = [SPECIAL[role] for role in stream.roles if role in SPECIAL]
    if special:
        said["hls_characteristics"] = ";".join(hls for hls, _ in special)
        said["dash_accessibilities"] = ";".join(dash for _, dash in special)
    if stream.roles:
        said["dash_roles"] = ";".join(stream.roles)
    return ",".join(f"{name}={value}" for name, value in said.items())


def _terms(streams: Sequence[Stream], out: Path) -> list[str]:
    spoken = (s.language for s in streams if s.kind == "audio" and s.language != UNKNOWN)
    language = next(spoken, NO_LANGUAGE)
    return [
        "--hls_playlist_type=VOD", "--generate_static_live_mpd",
        f"--default_language={language}", f"--default_text_language={NO_LANGUAGE}",
        "--force_cl_index", "--use_fake_clock_for_muxer",  # equal input, equal bytes
        f"--hls_master_playlist_output={out / MASTER}", f"--mpd_output={out / MANIFEST}",
    ]  # fmt: skip


def _cuts(gop_seconds: float) -> list[str]:
    """Where segments end: at the first key frame at or after a multiple of this."""
    return [
        f"--segment_duration={SEGMENT_GOPS * gop_seconds:.6f}",
        # one fragment a key frame, or the I-frame playlist has the first of each segment only
        f"--fragment_duration={gop_seconds:.6f}",
    ]

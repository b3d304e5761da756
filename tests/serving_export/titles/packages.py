"""Make small published titles with the real encoders and packager, clear and protected."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING

from jobs.encode import tools

if TYPE_CHECKING:
    from pathlib import Path

VERSION = "0123456789abcdef"
SECONDS = 24
LADDER = (  # the last one no Chromium of Debian plays
    ("h264-180p-100k", "h264", 320, 180, ["-c:v", "libx264", "-preset", "ultrafast", "-b:v", "100k"]),
    ("h264-360p-900k", "h264", 640, 360, ["-c:v", "libx264", "-preset", "ultrafast", "-b:v", "900k"]),
    ("hevc-360p-500k", "hevc", 640, 360, ["-c:v", "libx265", "-preset", "ultrafast", "-b:v", "500k"]),
)  # fmt: skip
LABELS = {180: "SD", 360: "HD"}
KEYS = {
    "SD": ("5d" * 16, "a1" * 16),
    "HD": ("4d" * 16, "b2" * 16),
    "AUDIO": ("ad" * 16, "c3" * 16),
}
"""Label to key id and key, in hex."""
CAPTIONS = """WEBVTT

00:00.000 --> 00:12.000
The first words

00:12.000 --> 00:24.000
The second words
"""
TILES_DASH = """<AdaptationSet contentType="image" mimeType="image/jpeg">
<SegmentTemplate media="thumbnails/$Number$.jpg" duration="24" startNumber="1"/>
<Representation id="tiles" bandwidth="10000" width="320" height="180">
<EssentialProperty schemeIdUri="http://dashif.org/guidelines/thumbnail_tile" value="2x2"/>
</Representation></AdaptationSet></Period>"""
TILES_HLS = (
    '#EXT-X-IMAGE-STREAM-INF:BANDWIDTH=10000,RESOLUTION=160x90,CODECS=jpeg,URI="thumbnails.m3u8"\n'
)
TILES_PLAYLIST = """#EXTM3U
#EXT-X-TARGETDURATION:24
#EXT-X-VERSION:7
#EXT-X-PLAYLIST-TYPE:VOD
#EXT-X-IMAGES-ONLY
#EXT-X-TILES:RESOLUTION=160x90,LAYOUT=2x2,DURATION=6.0
#EXTINF:24.0,
thumbnails/1.jpg
#EXT-X-ENDLIST
"""


@dataclass(frozen=True)
class Ring:
    """Keys of the titles here, with every use written down."""

    keys: dict[str, dict[str, bytes]]
    """Title to key id in hex to key."""
    used: list[tuple[str, str]]

    def key_of(self, title_id: str, key_id: str) -> bytes | None:
        """The key, where it is this title's."""
        self.used.append((title_id, key_id))
        return self.keys.get(title_id, {}).get(key_id)


def streams(folder: Path) -> Path:
    """Encode each rendition, a tone, captions and thumbnail tiles."""
    folder.mkdir(parents=True, exist_ok=True)
    source = f"testsrc2=s=640x360:r=10:d={SECONDS}"
    outputs: list[str | Path] = []
    for name, _, width, height, words in LADDER:
        tag = ["-tag:v", "hvc1", "-x265-params", "log-level=none"] if "hevc" in name else []
        outputs += [
            "-map", "0:v", "-vf", f"scale={width}:{height}", *words, "-g", "20", "-pix_fmt",
            "yuv420p", "-sc_threshold", "0", *tag, folder / f"{name}.mp4",
        ]  # fmt: skip
    tones = f"sine=frequency=330:d={SECONDS}:r=48000"
    outputs += ["-map", "1:a", "-c:a", "aac", "-b:a", "64k", folder / "audio.mp4"]
    outputs += ["-map", "0:v", "-vf", "fps=1/6,scale=160:90,tile=2x2", "-frames:v", "1"]
    tools.ffmpeg(
        "-f", "lavfi", "-i", source, "-f", "lavfi", "-i", tones, *outputs, folder / "1.jpg",
    )  # fmt: skip
    (folder / "captions.vtt").write_text(CAPTIONS)
    return folder


def publish(made: Path, published: Path, title_id: str, protect: str) -> Path:
    """Package the streams as a title that is live: protect is none, cenc or cbcs."""
    package = published / title_id / VERSION
    package.mkdir(parents=True)
    tools.packager(*_described(made, package), *_manifests(package), *_protected(made, protect))
    (package / "thumbnails").mkdir()
    (package / "thumbnails" / "1.jpg").write_bytes((made / "1.jpg").read_bytes())
    (package / "thumbnails.m3u8").write_text(TILES_PLAYLIST)
    mpd, master = package / "manifest.mpd", package / "master.m3u8"
    mpd.write_text(mpd.read_text().replace("</Period>", TILES_DASH))
    master.write_text(master.read_text() + TILES_HLS)
    kept = {"*.m4s": {"Cache-Control": "public, max-age=31536000, immutable"}}
    (package / "headers.json").write_text(json.dumps(kept))
    (package / "receipt.json").write_text(json.dumps(receipt(title_id)))
    (package.parent / "live.json").write_text(json.dumps({"version": VERSION, "previous": []}))
    return package


def _described(made: Path, package: Path) -> list[str]:
    found = []
    for name, _, _, height, _ in LADDER:
        place = package / name
        found.append(
            f"in={made / name}.mp4,stream=video,init_segment={place}/init.mp4,"
            f"segment_template={place}/$Number%04d$.m4s,playlist_name={name}.m3u8,"
            f"iframe_playlist_name={name}-iframe.m3u8,drm_label={LABELS[height]}"
        )
    found.append(
        f"in={made / 'audio.mp4'},stream=audio,language=en,hls_group_id=audio,hls_name=English,"
        f"init_segment={package}/audio/init.mp4,segment_template={package}/audio/$Number%04d$.m4s,"
        "playlist_name=audio.m3u8,drm_label=AUDIO"
    )
    found.append(
        f"in={made / 'captions.vtt'},stream=text,language=en,hls_group_id=subs,hls_name=English,"
        f"segment_template={package}/captions/$Number%04d$.vtt,playlist_name=captions.m3u8"
    )
    return found


def _manifests(package: Path) -> list[str | Path]:
    return [
        "--segment_duration", "2", "--hls_playlist_type", "VOD", "--generate_static_live_mpd",
        "--hls_master_playlist_output", package / "master.m3u8",
        "--mpd_output", package / "manifest.mpd",
    ]  # fmt: skip


def _protected(made: Path, protect: str) -> list[str | Path]:
    if protect == "none":
        return []
    flags = made / f"{protect}.flags"
    keys = [f"label={label}:key_id={kid}:key={key}" for label, (kid, key) in KEYS.items()]
    flags.write_text(f"--keys={','.join(keys)}\n")
    systems = "Widevine,PlayReady" + (",FairPlay" if protect == "cbcs" else "")
    return [
        "--flagfile", flags, "--enable_raw_key_encryption", "--protection_scheme", protect,
        "--protection_systems", systems, "--clear_lead", "0", "--hls_key_uri", "skd://marquee/title",
    ]  # fmt: skip


def receipt(title_id: str) -> dict[str, object]:
    """What the page plots, in the shape that a run writes."""
    ladder = [
        {
            "name": name, "codec": codec, "width": width, "height": height,
            "kbps": float(name.split("-")[2][:-1]), "kbps_predicted": 110.0, "vmaf": 50.0 + height / 9,
            "vmaf_predicted": 51.0, "p1": 48.0, "worst_shot": 49.0,
        }
        for name, codec, width, height, _ in LADDER
    ]  # fmt: skip
    return {
        "title_id": title_id,
        "version": VERSION,
        "ladder": ladder,
        "front": [{"height": 180, "kbps": 60, "vmaf": 60}, {"height": 360, "kbps": 950, "vmaf": 92}],
        "fixed": [{"name": "145k", "kbps": 145, "vmaf": 58}, {"name": "2000k", "kbps": 2000, "vmaf": 93}],
        "shots": [
            {"number": 0, "seconds": 10.0, "first_second": 0.0, "vmaf": 91.0},
            {"number": 1, "seconds": 14.0, "first_second": 10.0, "vmaf": 88.0},
        ],
    }  # fmt: skip

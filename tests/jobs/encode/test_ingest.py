"""What is delivered is taken in whole or refused in a sentence, within seconds, whatever it is."""

from __future__ import annotations

import io
import random
import time
import zipfile
from typing import TYPE_CHECKING

import pytest

from jobs.encode.facts import Rung
from jobs.encode.headers import Unencodable
from jobs.encode.ingest import crop_of, ingest
from jobs.encode.renditions import encode
from jobs.encode.tools import ToolFailed, ToolHung, ffmpeg
from jobs.encode.vmaf import measure, per_frame
from jobs.encode.workshop import Workshop, sha256_of
from tests.jobs.encode.conftest import THREE_SCENES, X264

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from jobs.encode.facts import Master
    from tests.jobs.encode.conftest import Clip, Film

SOUND = ("-f", "lavfi", "-i", "sine=d=4:r=48000")
SECONDS_AT_MOST = 60
"""For one hostile file of some 300 kB on a busy machine; it takes half a second on a free one."""


def taken(path: Path, folder: Path) -> Master:
    return ingest(Workshop(folder), path, sha256_of(path))


@pytest.fixture(scope="session")
def healthy(clip: Clip) -> dict[str, Path]:
    """The same small film in the containers that masters come in, with sound."""
    words = ("-map", "0:v", "-map", "1:a", "-c:v", "libx264", "-crf", "30", "-threads", "1",
             "-pix_fmt", "yuv420p", "-c:a", "aac", "-shortest")  # fmt: skip
    return {
        suffix: clip(f"healthy{suffix}", THREE_SCENES, *words, *more, before=SOUND)
        for suffix, more in {
            ".mp4": (), ".mov": ("-movflags", "+faststart"), ".mkv": (), ".ts": (),
        }.items()
    }  # fmt: skip


@pytest.mark.parametrize("suffix", [".mp4", ".mov", ".mkv", ".ts"])
def test_a_healthy_film_is_described(healthy: dict[str, Path], suffix: str, tmp_path: Path) -> None:
    master = taken(healthy[suffix], tmp_path)
    assert (master.width, master.height, master.fps) == (320, 240, "25")
    assert (master.frames, master.seconds) == (100, 4.0)
    assert [(track.codec, track.channels) for track in master.audio] == [("aac", 1)]
    assert (master.hdr, master.interlaced, master.rotation, master.crop) == (False, False, 0, "")


def test_a_master_is_looked_at_once(healthy: dict[str, Path], tmp_path: Path) -> None:
    master = taken(healthy[".mp4"], tmp_path)
    kept = healthy[".mp4"].rename(tmp_path / "moved.mp4")
    # nothing is read a second time: the file may be gone by then
    assert ingest(Workshop(tmp_path), tmp_path / "gone.mp4", master.sha256) == master
    kept.rename(healthy[".mp4"])


def refused(path: Path, folder: Path) -> str:
    """The one sentence with which a file was refused; empty where it was taken in."""
    began = time.monotonic()
    try:
        taken(path, folder / "work")
        said = ""
    except (Unencodable, ToolFailed, ToolHung) as error:
        said = str(error)
        assert not list((folder / "work").glob("scan-*"))  # nothing was kept of it
    assert time.monotonic() - began < SECONDS_AT_MOST
    assert "Traceback" not in said
    assert "@ 0x" not in said  # it would read otherwise each time
    assert "\n" not in said
    return said


@pytest.mark.parametrize("suffix", [".mp4", ".mov", ".mkv"])
@pytest.mark.parametrize("share", [0.02, 0.5, 0.9])
def test_a_film_that_was_cut_off_is_refused(
    healthy: dict[str, Path], suffix: str, share: float, tmp_path: Path
) -> None:
    whole = healthy[suffix].read_bytes()
    cut = tmp_path / f"cut{suffix}"
    cut.write_bytes(whole[: int(share * len(whole))])
    assert refused(cut, tmp_path)


@pytest.mark.parametrize("seed", range(6))
def test_flipped_bytes_end_in_a_sentence_or_in_a_film(
    healthy: dict[str, Path], seed: int, tmp_path: Path
) -> None:
    chance = random.Random(seed)
    suffix = (".mp4", ".mkv", ".ts")[seed % 3]
    spoilt = bytearray(healthy[suffix].read_bytes())
    first = 0 if seed < 3 else 4096  # the header and the frames, then frames alone
    for _ in range(20):
        spoilt[chance.randrange(first, len(spoilt))] ^= 1 << chance.randrange(8)
    file = tmp_path / f"spoilt{suffix}"
    file.write_bytes(spoilt)
    refused(file, tmp_path)


def test_a_damaged_frame_is_refused(clip: Clip, tmp_path: Path) -> None:
    # a film that decodes with grey blocks would be encoded faithfully, grey blocks and all
    whole = bytearray(clip("film.mp4", THREE_SCENES, *X264, "-pix_fmt", "yuv420p").read_bytes())
    middle = len(whole) // 2
    whole[middle : middle + 3000] = bytes(3000)
    file = tmp_path / "damaged.mp4"
    file.write_bytes(whole)
    assert "it is damaged" in refused(file, tmp_path)


def zipped(name: str, content: bytes) -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr(name, content)
    return packed.getvalue()


def impostors(clip: Clip, folder: Path) -> Iterator[tuple[Path, str]]:
    """Files that are no film, and a part of what is said of them."""
    for name, content in {
        "empty.mp4": b"",
        "text.mp4": b"This is a film, believe me.\n" * 50,
        "zeros.mov": bytes(5000),
        "noise.mkv": random.Random(1).randbytes(20_000),
        "playlist.mp4": b"#EXTM3U\n#EXTINF:4,\nfile:///etc/hostname\n#EXT-X-ENDLIST\n",
        "script.mp4": b"ffconcat version 1.0\nfile /etc/hostname\n",
        "archive.mp4": zipped("film.mp4", b"not here either"),
        "page.mp4": b"<!DOCTYPE html><title>Log in to download</title>",
    }.items():
        (folder / name).write_bytes(content)
        yield folder / name, "it is no film that can be opened"
    picture = ("-frames:v", "1", "-update", "1")
    photo = clip("photo.jpg", "testsrc2=s=64x64:d=0.1", *picture).read_bytes()
    (folder / "photo.mp4").write_bytes(photo)
    yield folder / "photo.mp4", "it is no film that can be opened"
    tone = "anullsrc=d=1[a];[a]anull"
    yield clip("picture.png", "testsrc2=s=64x64:d=0.1", *picture), "its kind of file is none of mov"
    yield clip("sound.mp4", tone, "-c:a", "aac"), "it holds no moving picture"
    yield clip("ribbon.mkv", "color=s=20000x4:d=0.1", "-c:v", "ffv1"), "its picture is 20000x4"
    yield clip("dot.mkv", "color=s=16x16:d=0.1", "-c:v", "ffv1"), "its picture is 16x16"
    yield clip("none.mkv", "testsrc2=s=64x64:d=0.1", "-c:v", "ffv1", "-frames:v", "0"), ""
    palette = ("-c:v", "rawvideo", "-pix_fmt", "pal8")
    yield clip("palette.mov", "testsrc2=s=64x64:d=0.1", *palette), "its pixels are pal8"
    locked = ("-encryption_scheme", "cenc-aes-ctr", "-encryption_key", 32 * "1")
    kept = ("-encryption_kid", 32 * "2")
    yield clip("locked.mp4", "testsrc2=s=64x64:d=0.1", *X264, *locked, *kept), "it is encrypted"


def unshown(clip: Clip) -> Iterator[tuple[Path, str]]:
    """Films that no constant rate shows, and a part of what is said of them."""
    hasty = ("settb=1/1000,setpts=N*2", "-fps_mode", "passthrough", "-enc_time_base", "1/1000")
    quick = clip("hasty.mkv", f"testsrc2=s=64x64:d=2,{hasty[0]}", *X264, *hasty[1:])
    yield quick, "it has 500 frames a second, and 120 are the most"
    slow = clip("slow.mp4", "testsrc2=s=64x64:r=240:d=0.5", *X264)
    yield slow, "it has 240 frames a second, and 120 are the most"
    bursts = "settb=1/1000,setpts='if(lt(N,80),N*2,(N-80)*40+160)'"
    words = (*X264, "-fps_mode", "passthrough", "-enc_time_base", "1/1000")
    yield clip("bursts.mkv", f"testsrc2=s=64x64:r=25:d=4,{bursts}", *words), "varies so much that"
    stills = clip("stills.mp4", "testsrc2=s=64x64:r=1/10:d=40", *X264)  # 20 s were a segment
    yield stills, "it has 0.1 frames a second, and 0.2 are the fewest"
    slides = "testsrc2=s=64x64:r=25:d=8,select='lt(n,25)+not(mod(n,12))'"
    yield clip("slides.mkv", slides, *X264, "-fps_mode", "vfr"), "its frame rate varies so much"


def test_what_only_claims_to_be_a_film_is_refused(clip: Clip, tmp_path: Path) -> None:
    for file, said in (*impostors(clip, tmp_path), *unshown(clip)):
        sentence = refused(file, tmp_path)
        assert sentence.startswith(f"{file.name} cannot be encoded: "), file.name
        assert said in sentence
        assert str(tmp_path) not in sentence  # places on our disks are nobody's business


@pytest.mark.parametrize(("degrees", "turned"), [(-90, 90), (180, 180), (30, None), (-45, None)])
def test_a_film_that_is_turned_by_no_quarter_is_refused(
    degrees: int, turned: int | None, clip: Clip, tmp_path: Path
) -> None:
    # what is shown upright by quarters needs no guess; a picture at 30 degrees has no size
    level = clip("level.mp4", "testsrc2=s=96x64:r=25:d=1", *X264)
    words = ("-c", "copy")
    before = ("-display_rotation", str(degrees), "-i", str(level))
    file = clip("turned.mp4", "", *words, before=before)
    if turned is None:
        assert "its picture is turned by" in refused(file, tmp_path)
    else:
        assert taken(file, tmp_path).rotation == turned


def test_a_cover_is_no_film(clip: Clip, tmp_path: Path) -> None:
    cover = clip("cover.png", "testsrc2=s=64x64:d=0.1", "-frames:v", "1", "-update", "1")
    words = ("-map", "1:a", "-map", "0:v", "-c:v", "copy", "-c:a", "aac",
             "-disposition:v:0", "attached_pic")  # fmt: skip
    song = clip("song.mp4", "", *words, before=("-i", str(cover), *SOUND))
    assert "it holds no moving picture" in refused(song, tmp_path)


def test_a_remark_that_an_encoder_left_half_written_cuts_off_no_film(
    clip: Clip, tmp_path: Path
) -> None:
    # old encoders miscounted the message that names them; ffmpeg calls it truncated
    whole = bytearray(clip("film.mp4", "testsrc2=s=64x64:r=25:d=0.4", *X264).read_bytes())
    size = whole.index(b"\x06\x05\xff", whole.index(b"mdat")) + 2
    while whole[size] == 0xFF:
        size += 1
    whole[size] += 3
    file = tmp_path / "miscounted.mp4"
    file.write_bytes(whole)
    said = ffmpeg("-v", "error", "-i", file, "-f", "null", "-").stderr
    assert "truncated" in said
    assert taken(file, tmp_path).frames == 10


@pytest.mark.parametrize("pixels", ["gray10le", "gray16le", "gbrap12le", "yuva444p10le"])
def test_grey_and_see_through_pictures_are_taken(pixels: str, clip: Clip, tmp_path: Path) -> None:
    # films from archives are grey and graphics have an alpha; both have known colours
    words = ("-c:v", "ffv1", "-pix_fmt", pixels)
    file = clip("pixels.mkv", "testsrc2=s=64x64:r=25:d=0.1", *words)
    assert taken(file, tmp_path).pixel_format == pixels


def test_of_several_pictures_the_largest_is_the_film(
    clip: Clip, taken_in: Callable[[Path], Film]
) -> None:
    # depth maps, previews and smaller copies may stand first, and their frames are none of the film
    small = ("-f", "lavfi", "-i", "color=black:s=64x48:r=25:d=0.4")
    words = ("-map", "1:v", "-map", "0:v", *X264)
    film = taken_in(clip("several.mp4", "testsrc2=s=160x120:r=25:d=0.8", *words, before=small))
    assert (film.master.track, film.master.size, film.master.frames) == (1, (160, 120), 20)
    rung = Rung("h264", 160, 120, 12, 500, 95, 4000)
    done = encode(film.work, film.path, film.master, film.shots, rung)
    assert per_frame(measure(film.work, film.path, film.master, done.path)).mean() > 90


@pytest.mark.parametrize("beside", [(), ("-map", "1:a", "-c:a:1", "aac")])
def test_sound_that_cannot_be_read_stops_a_film_that_has_no_other(
    beside: tuple[str, ...], clip: Clip, tmp_path: Path
) -> None:
    # telephones put Apple's spatial sound beside AAC; a film made silent would be a false one
    words = ("-map", "0:v", "-map", "1:a", "-c:a:0", "pcm_s16le", *beside, *X264, "-shortest")
    file = clip("odd.mov", "testsrc2=s=64x64:r=25:d=0.4", *words, before=SOUND)
    odd = tmp_path / "odd.mov"
    odd.write_bytes(file.read_bytes().replace(b"sowt", b"xxxx"))
    if beside:
        heard = [(track.codec, track.channels) for track in taken(odd, tmp_path).audio]
        assert heard == [("unknown", 0), ("aac", 1)]
    else:
        assert "its sound is of a kind that cannot be read" in refused(odd, tmp_path)


def test_bars_that_would_leave_no_films_picture_are_dark_picture(
    clip: Clip, tmp_path: Path
) -> None:
    # a line of text through a broad picture would be a film of 320x68
    dark = "color=black:s=320x128:r=25:d=1,drawbox=x=0:y=30:w=320:h=68:c=white:t=fill"
    master = taken(clip("line.mp4", dark, *X264), tmp_path)
    assert (master.crop, master.size) == ("", (320, 128))


def test_bars_and_what_is_none() -> None:
    assert crop_of("1920:800:0:140", 1920, 1080) == "1920:800:0:140"
    assert crop_of("1440:1080:240:0", 1920, 1080) == "1440:1080:240:0"
    assert crop_of("1918:1078:0:2", 1920, 1080) == ""  # a line of noise at the edge
    assert crop_of("300:200:800:400", 1920, 1080) == ""  # a moon in a black sky
    assert crop_of("", 1920, 1080) == ""
    assert (
        crop_of("1920:804:0:140", 1920, 1080) == "1920:804:0:140"
    )  # four lines lower than centred
    # bars are alike on both sides: what is dark on one side only, like a wall at night, is picture
    assert crop_of("1600:1080:320:0", 1920, 1080) == ""
    assert crop_of("1400:800:480:140", 1920, 1080) == "1840:800:40:140"


def test_two_sound_tracks_keep_their_languages(
    clip: Clip, taken_in: Callable[[Path], Film]
) -> None:
    words = ("-map", "0:v", "-map", "1:a", "-map", "1:a", *X264, "-c:a", "aac", "-ac:a:0", "6",
             "-metadata:s:a:0", "language=deu", "-shortest")  # fmt: skip
    film = taken_in(clip("two.mp4", "testsrc2=s=64x64:r=25:d=1", *words, before=SOUND))
    assert [(track.channels, track.language) for track in film.master.audio] == [
        (6, "de"), (1, "und"),
    ]  # fmt: skip


def test_ffmpeg_itself_would_have_opened_the_playlist(clip: Clip, tmp_path: Path) -> None:
    # so that the refusal above is ours: without the list of containers it follows the file's words
    inner = clip("inner.ts", "testsrc2=s=64x64:r=25:d=0.2", *X264)
    playlist = tmp_path / "list.mp4"
    playlist.write_text(f"ffconcat version 1.0\nfile {inner}\n")
    ffmpeg("-v", "error", "-safe", "0", "-f", "concat", "-i", playlist, "-f", "null", "-")
    assert "it is no film" in refused(playlist, tmp_path)

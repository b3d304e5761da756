"""A file may say anything of itself: what is no number ends in no error."""

from __future__ import annotations

from fractions import Fraction
from typing import TYPE_CHECKING, Any

import pytest

from jobs.encode.headers import Header, Unencodable, header, refuse, size_shown
from jobs.encode.ingest import ingest
from jobs.encode.workshop import Workshop, sha256_of
from tests.jobs.encode.conftest import X264

if TYPE_CHECKING:
    from pathlib import Path

    from tests.jobs.encode.conftest import Clip


def said(**video: Any) -> Header:
    """The header of a file that says this of its picture."""
    return Header("film.mkv", "matroska", 0.0, video, 0, (), encrypted=False)


@pytest.mark.parametrize(
    ("tag", "seconds"),
    [
        ("00:00:04.000000000", 4.0),
        ("01:30:05", 5405.0),
        ("00:0p:10.0", 0.0),
        ("hello", 0.0),
        ("", 0.0),
        ("nan", 0.0),
        ("-1:00:00", 0.0),
        (":" * 200, 0.0),
        ("1:" * 200 + "1", 0.0),
        ("9" * 400 + ":00:00", 0.0),
    ],
)
def test_a_tag_that_is_no_time_says_nothing(tag: str, seconds: float) -> None:
    # one such tag, an error of Python, stopped every title of a night
    assert said(tags={"DURATION": tag}).seconds_shown == seconds
    assert said(tags={"DURATION": tag}, duration="7.5").seconds_shown == 7.5


@pytest.mark.parametrize(
    ("ratio", "rates", "aspect"),
    [
        ("24000/1001", [Fraction(24000, 1001)], Fraction(24000, 1001)),
        ("4:3", [Fraction(4, 3)], Fraction(4, 3)),
        ("0/0", [], Fraction(1)),
        ("0:1", [], Fraction(1)),
        ("25/0", [], Fraction(1)),
        ("1/-25", [], Fraction(1)),
        ("N/A", [], Fraction(1)),
        ("²:1", [], Fraction(1)),
    ],
)
def test_a_ratio_that_is_none_says_nothing(
    ratio: str, rates: list[Fraction], aspect: Fraction
) -> None:
    told = said(avg_frame_rate=ratio, sample_aspect_ratio=ratio)
    assert (told.rates, told.sample_aspect) == (rates, aspect)


def test_a_film_whose_tag_is_spoilt_is_taken_in(clip: Clip, tmp_path: Path) -> None:
    # the picture is whole; Matroska's tag is a remark on it, and ffmpeg has no word to write a false one
    whole = clip("tagged.mkv", "testsrc2=s=64x64:r=25:d=1", *X264).read_bytes()
    file = tmp_path / "spoilt.mkv"
    file.write_bytes(whole.replace(b"00:00:01.000000000", b"00:0p:01.0000000::"))
    assert file.read_bytes() != whole
    assert ingest(Workshop(tmp_path / "work"), file, sha256_of(file)).frames == 25


def test_the_sizes_of_pictures() -> None:
    # a DVD of 720x480 with pixels of 32:27 is 16:9; upright it is higher than broad
    assert size_shown((720, 480), "", Fraction(32, 27), 0) == (854, 480)
    assert size_shown((720, 480), "720:356:0:62", Fraction(32, 27), 90) == (356, 854)
    assert size_shown((641, 361), "", Fraction(1), 0) == (640, 360)


@pytest.mark.parametrize(
    ("size", "aspect", "shown"),
    [
        ("640x360", "300/1", "192000x360"),
        ("640x360", "1/300", "2x360"),
        ("360x640", "1/12", "30x640"),
        ("6144x3160", "2/1", "12288x3160"),
    ],
)
def test_a_picture_that_is_shown_as_no_film_is_refused(
    size: str, aspect: str, shown: str, clip: Clip
) -> None:
    # rungs are of the size on a screen, which pixels that are not square make a ribbon or too large
    words = ("-c:v", "ffv1", "-frames:v", "1")
    file = clip("oblong.mkv", f"color=s={size}:r=25,setsar={aspect}:max=1000", *words)
    with pytest.raises(
        Unencodable, match=f"its picture of {size} is shown as {shown}, which no film"
    ):
        refuse(header(file))

"""Sound and captions are read before anything is encoded, and tell players whom they are for."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from jobs.encode import mpd
from jobs.encode.commands import _caption, _language
from jobs.encode.facts import AudioTrack
from jobs.encode.masters import store_of
from jobs.encode.order import BadOrder, Order, place
from jobs.encode.package import package
from jobs.encode.playlists import master_tags
from jobs.encode.production import Production
from jobs.encode.streams import Stream
from jobs.encode.taking_in import taken_in
from jobs.encode.tracks import doubt_of_description, doubt_of_sides, remarks, sounds, texts
from lakehouse.settings import Settings

if TYPE_CHECKING:
    from pathlib import Path

    from jobs.encode.tracks import Sound, Text
    from jobs.encode.workshop import Made
    from tests.jobs.encode.conftest import Clip

TONES = "|".join(f".05*sin({900 + 100 * n}*t)" for n in range(6))
SOUND = (
    "-f", "lavfi", "-i", f"aevalsrc='{TONES}':c=5.1:d=4:s=48000",
    "-f", "lavfi", "-i", "aevalsrc='.1*sin(2000*t)|.1*sin(900*t)':d=4:s=48000",
)  # fmt: skip
PICTURE = ("-c:v", "libx264", "-preset", "ultrafast", "-threads", "1", "-g", "50")
WORDS = (
    "-map", "0:v", "-map", "1:a", "-map", "2:a", "-map", "2:a", *PICTURE, "-c:a", "flac",
    "-metadata:s:a:0", "language=eng", "-metadata:s:a:1", "language=eng",
    "-metadata:s:a:2", "language=English",
)  # fmt: skip
VTT = "WEBVTT\n\n00:00.500 --> 00:02.500\nA square moves.\n"
SPOKEN_CHARACTERISTICS = (
    "public.accessibility.transcribes-spoken-dialog,public.accessibility.describes-music-and-sound"
)


@pytest.fixture(scope="module")
def film(clip: Clip) -> Path:
    """English in 5.1 and in stereo, and a track whose master calls its language "English"."""
    return clip("film.mkv", "testsrc2=s=160x90:r=25:d=4", *WORDS, before=SOUND)


@pytest.fixture(scope="module")
def description(clip: Clip) -> Path:
    return clip("description.wav", "aevalsrc='.1*sin(3000*t)':d=4:s=48000", "-c:a", "pcm_s16le")


@pytest.fixture
def ordered(film: Path, settings: Settings) -> Order:
    """An order of the film with captions in English."""
    file = settings.at("film.vtt")
    file.write_text(VTT)
    return Order("film", str(film), "2026-01-10", captions=((str(file), "en"),))


def refused(settings: Settings, order: Order) -> str:
    """Why an order is set aside when it is taken in, with nothing encoded for it."""
    place(settings, order)
    kept = taken_in(settings, order)
    work = settings.at("titles", "work", "film")
    assert not [*work.glob("audio-*"), *work.glob("video-*"), *work.glob("probe-*")]
    return kept.refused


def test_a_whole_order_is_taken_in(settings: Settings, ordered: Order, description: Path) -> None:
    whole = replace(ordered, audio_description=str(description), require_captions=("en",))
    assert refused(settings, whole) == ""


@pytest.mark.parametrize(
    ("change", "why"),
    [
        ({"require_captions": ("en", "fr")}, "Captions in fr are required and no file was given"),
        ({"captions": ()}, ""),
        ({"captions": (), "require_captions": ("en",)}, "Captions in en are required"),
    ],
)
def test_languages_without_captions_are_noticed_before_an_encode(
    change: dict[str, Any], why: str, settings: Settings, ordered: Order
) -> None:
    assert refused(settings, replace(ordered, **change)).startswith(why)


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("hello", "do not begin with WEBVTT"),
        (VTT.replace("00:02.5", "00:09.5"), "lies outside the 4.0 s of the title"),
        (VTT.replace("A square", "A square " * 9), "characters a second"),
    ],
)
def test_captions_that_nobody_can_read_are_noticed_before_an_encode(
    text: str, why: str, settings: Settings, ordered: Order
) -> None:
    settings.at("film.vtt").write_text(text)
    assert why in refused(settings, ordered)


def test_a_description_that_nobody_can_hear_is_noticed_before_an_encode(
    settings: Settings, ordered: Order, clip: Clip
) -> None:
    text = settings.at("description.txt")
    text.write_text("A man enters.\n" * 100)
    silent = clip("silent.mp4", "testsrc2=s=64x64:r=25:d=1", *PICTURE)
    for file, why in ((text, "it is no file that can be heard"), (silent, "it holds no sound")):
        said = refused(settings, replace(ordered, audio_description=str(file)))
        assert said.startswith(f"The audio description was refused, because {why}")


@pytest.mark.parametrize(
    ("said", "tag"), [("f.vtt:en", "en"), ("f.vtt:jpn", "ja"), ("a:b/f.vtt:pt_BR", "pt-BR")]
)
def test_people_may_write_languages_as_masters_do(said: str, tag: str) -> None:
    # captions in jpn would else be read at the rate of Latin letters
    assert _caption(said)[1] == tag


@pytest.mark.parametrize("said", ["f.vtt", "f.vtt:", "f.vtt:English", "f.vtt:xx"])
def test_a_language_that_there_is_not_is_said_at_once(said: str) -> None:
    with pytest.raises(BadOrder, match=r"names no caption file|is no language"):
        _caption(said)
    with pytest.raises(BadOrder, match="'Englisch' is no language"):
        _language("Englisch")


class Told:
    """The film with English, German and two kinds of Chinese text and a description, packaged."""

    production: Production
    heard: list[Sound]
    read: list[Text]
    made: Made

    def __init__(self, settings: Settings, film: Path, description: Path, picture: Path) -> None:
        file = settings.at("film.vtt")
        file.write_text(VTT)
        tags = ("en-GB", "de", "zh-Hans", "zh-Hant")
        order = Order(
            "film", str(film), "2026-01-10", ("h264", "av1"),
            captions=tuple((str(file), tag) for tag in tags), audio_description=str(description),
        )  # fmt: skip
        place(settings, order)
        self.production = Production(settings, taken_in(settings, order))
        self.heard, self.read = sounds(self.production), texts(self.production)
        seen = Stream(picture, "video", "h264-90p", "SD", codec="h264", height=90)
        streams = [seen, *(one.stream for one in (*self.heard, *self.read))]
        self.made = package(self.production.work, "film", streams, 4.0, "none")

    def media(self) -> list[dict[str, str]]:
        tags = master_tags((self.made.path / "master.m3u8").read_text())
        return [tag.attributes for tag in tags if tag.name == "EXT-X-MEDIA"]

    def marks(self) -> dict[str, list[str]]:
        """Representation to its roles and accessibility in DASH."""
        found = {}
        for group in mpd.read(self.made.path / "manifest.mpd").iter(mpd.tag("AdaptationSet")):
            said = [*group.iter(mpd.tag("Accessibility")), *group.iter(mpd.tag("Role"))]
            for one in group.iter(mpd.tag("Representation")):
                found[one.attrib["id"]] = [mark.attrib["value"] for mark in said]
        return found


@pytest.fixture(scope="module")
def told(
    film: Path, description: Path, clip: Clip, tmp_path_factory: pytest.TempPathFactory
) -> Told:
    picture = clip("picture.mp4", "testsrc2=s=160x90:r=25:d=4", *PICTURE)
    return Told(Settings(var=str(tmp_path_factory.mktemp("var"))), film, description, picture)


def test_the_languages_of_a_master_become_tags_and_a_word_fails_nothing(told: Told) -> None:
    assert [one.language for one in told.production.master.audio] == ["en", "en", "und"]
    assert [one.said for one in told.production.master.audio] == ["", "", "English"]
    assert "calls the language of sound track 3 'English'" in remarks(told.production, told.read)[0]
    named = replace(told.production.order, spoken="en")
    known = Production(told.production.settings, named)
    assert remarks(known, told.read) == []
    assert {one.stream.language for one in sounds(known)} == {"en"}


def test_sides_that_lie_in_tracks_of_their_own_are_told_of() -> None:
    # a mezzanine's left and right: who watches would hear one of them
    sides = [AudioTrack(index, "pcm_s24le", 1, "und") for index in range(2)]
    assert doubt_of_sides(sides).startswith("2 sound tracks have one channel each and one language")
    assert doubt_of_sides([sides[0], replace(sides[1], language="de")]) == ""
    assert doubt_of_sides([replace(side, channels=2) for side in sides]) == ""


def test_every_group_of_sound_has_every_track(told: Told) -> None:
    """RFC 8216, section 4.3.4.1.1; the description is there in Opus too."""
    groups: dict[str, dict[str, str]] = {}
    for one in told.media():
        if one["TYPE"] == "AUDIO":
            groups.setdefault(one["GROUP-ID"], {})[one["NAME"]] = one["URI"]
    names = {"English", "English 2", "Original", "English (audio description)"}
    assert {group: set(members) for group, members in groups.items()} == dict.fromkeys(
        ("audio-aac", "audio-aac-surround", "audio-opus", "audio-opus-surround"), names
    )
    assert groups["audio-aac-surround"]["English"] == "audio-0-aac-surround/index.m3u8"
    assert groups["audio-aac-surround"]["English 2"] == "audio-1-aac/index.m3u8"
    described = {group: members["English (audio description)"] for group, members in groups.items()}
    assert described["audio-opus-surround"] == "audio-description-opus/index.m3u8"


def test_text_in_the_spoken_language_is_for_who_does_not_hear_it(told: Told) -> None:
    """A translation tells of no music and no sounds, and must not be offered as if it did."""
    characteristics = {
        one["LANGUAGE"]: one.get("CHARACTERISTICS", "")
        for one in told.media()
        if one["TYPE"] == "SUBTITLES"
    }
    assert characteristics == {
        "en-GB": SPOKEN_CHARACTERISTICS, "de": "", "zh-Hans": "", "zh-Hant": "",
    }  # fmt: skip
    marks = told.marks()
    assert (marks["text-en-GB"], marks["text-de"]) == (["2", "caption"], ["subtitle"])
    # a language that nobody tells is not taken for any
    nobody = replace(told.production.master, audio=())
    silent = Production(told.production.settings, told.production.order)
    silent.__dict__["master"] = nobody
    assert {one.stream.roles for one in texts(silent)} == {("subtitle",)}
    assert "no text is marked as captions" in remarks(silent, told.read)[0]


def test_the_description_is_marked_in_both_manifests(told: Told) -> None:
    said = [one for one in told.media() if one["NAME"] == "English (audio description)"]
    assert {one["CHARACTERISTICS"] for one in said} == {"public.accessibility.describes-video"}
    assert {one["DEFAULT"] for one in said} == {"NO"}
    marks = told.marks()
    for name in ("audio-description-aac", "audio-description-opus"):
        assert marks[name] == ["1", "description"]
    assert marks["audio-0-aac-surround"] == ["main"]
    assert marks["audio-1-aac"] == ["alternate"]


@pytest.mark.parametrize(
    ("lasts", "seconds", "told"),
    [
        (5400, 5400, False),
        (5200, 5400, False),
        (4000, 5400, True),
        (6000, 5400, True),
        (0, 9, False),
    ],
)
def test_a_description_of_another_length_is_told(lasts: float, seconds: float, told: bool) -> None:
    assert bool(doubt_of_description(lasts, seconds)) == told


def test_the_length_of_a_description_is_read(told: Told, clip: Clip) -> None:
    long = clip("long.wav", "aevalsrc='.1*sin(3000*t)':d=12:s=48000", "-c:a", "pcm_s16le")
    _, kept = store_of(told.production.settings).keep(long)
    other = replace(told.production.order, audio_description=str(kept))
    said = remarks(Production(told.production.settings, other), told.read)
    assert "The audio description lasts 12 s where the title lasts 4 s" in said[-1]

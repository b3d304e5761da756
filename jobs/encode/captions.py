"""Read WebVTT captions strictly, check that people can read them, and write them clean.

A caption file comes from outside. What is written anew holds only cues, their places and the plain
tags of WebVTT; everything else that looks like markup is shown as the text that it is.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from jobs.encode.languages import base_of
from jobs.encode.workshop import sha256_of
from lakehouse.errors import MarqueeError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from pathlib import Path

    from jobs.encode.workshop import Made, Workshop

FORMAT = 1
MOST_BYTES = 10_000_000
TIME = re.compile(r"(?:(\d{2,}):)?([0-5]\d):([0-5]\d)\.(\d{3})")
TIMING = re.compile(rf"({TIME.pattern})[ \t]+-->[ \t]+({TIME.pattern})(?:[ \t]+(.*))?")
SETTING = re.compile(
    r"vertical:(rl|lr)|line:-?\d{1,4}(\.\d{1,4})?%?(,(start|center|end))?"
    r"|position:\d{1,3}(\.\d{1,4})?%(,(line-left|center|line-right))?"
    r"|size:\d{1,3}(\.\d{1,4})?%|align:(start|center|end|left|right)"
)
TAG = re.compile(r"</?[ibu]>|</?ruby>|</?rt>|</v>|<v(?:\.[\w-]+)* [^<>&\n]{1,80}>")
"""Tags that change how text is shown or say who speaks."""
DROPPED = re.compile(r"</?c(?:\.[\w-]+)*>|<(?:\d+:)?\d\d:\d\d\.\d{3}>|<lang [\w-]{1,40}>|</lang>")
"""Tags for styles, which are left out, and for karaoke; the text in them stays."""
ESCAPE = re.compile(r"&(?:amp|lt|gt|lrm|rlm|nbsp);")
KEPT = re.compile(f"{TAG.pattern}|{ESCAPE.pattern}|(?P<dropped>{DROPPED.pattern})")
NOTHING = "&lrm;"
"""A mark that has no width: it makes a cue that shows nothing."""
PAD_MILLISECONDS = 1
READABLE = {"ja": 7.0, "zh": 11.0, "yue": 11.0, "ko": 14.0}
OTHERS_READABLE = 20.0
"""Characters a second that a grown-up reads: Netflix Timed Text Style Guides, adult programmes."""
SLACK_SECONDS = 0.5
"""A last cue may end this much after the picture; it is cut there."""
LEAST_TO_DOUBT = 120.0
"""Seconds: in a shorter title one cue is often all there is."""


class BadCaptions(MarqueeError):
    """A caption file is no WebVTT, or people could not read it with its title."""

    def __init__(self, name: str, why: str) -> None:
        super().__init__(
            f"The captions {name} were refused, because {why}, so the title is not encoded: mend "
            "the file or leave it out."
        )


class MissingCaptions(MarqueeError):
    """A language that must have captions has none."""

    def __init__(self, language: str) -> None:
        super().__init__(
            f"Captions in {language} are required and no file was given for them, so the title is not "
            f"encoded: add --captions FILE.vtt:{language}, or leave {language} out of "
            "--require-captions."
        )


@dataclass(frozen=True)
class Cue:
    """One text and when it is shown."""

    start: int
    """Milliseconds, as is the end."""
    end: int
    text: str
    """Lines with the plain tags and escapes of WebVTT and no other, as `clean` gives them."""
    settings: tuple[str, ...] = ()

    @property
    def characters(self) -> int:
        """How many characters are read; tags and line breaks are not."""
        plain = ESCAPE.sub("x", TAG.sub("", self.text))
        return len(plain.replace("\n", ""))


def prepare(work: Workshop, file: Path, language: str, seconds: float) -> Made:
    """The captions of a title, checked, cleaned and as long as the title; raises BadCaptions.

    They are called by their language: the file lies in the store under its hash.
    """
    name = f"in {language}"
    if file.stat().st_size > MOST_BYTES:
        raise BadCaptions(name, f"they are larger than {MOST_BYTES // 1_000_000} MB")
    recipe = {"captions": sha256_of(file), "language": language, "seconds": seconds, "v": FORMAT}

    def produce(part: Path) -> dict[str, Any]:
        part.parent.mkdir(parents=True, exist_ok=True)
        cues = checked(read(file, name), name, language, seconds)
        part.write_text(written(padded(cues, seconds)))
        return {
            "cues": len(cues), "language": language,
            "most_characters_a_second": round(max(map(rate, cues)), 1),
            "first_second": cues[0].start / 1000, "last_second": cues[-1].end / 1000,
        }  # fmt: skip

    return work.make(f"captions-{language}", ".vtt", recipe, produce)


def doubt(facts: Mapping[str, Any], seconds: float) -> str:
    """Why captions (the facts of `prepare`) may be those of another cut; empty where nothing says so.

    A film in which all speak in one half only is rare, but there are some: it is told, not refused.
    """
    first, last = facts["first_second"], facts["last_second"]
    if seconds < LEAST_TO_DOUBT or (first <= seconds / 2 <= last):
        return ""
    return (
        f"The captions in {facts['language']} are shown from {first:.0f} to {last:.0f} s of the "
        f"{seconds:.0f} s of the title: look whether they are of this cut."
    )


def require_languages(required: Sequence[str], given: Sequence[str]) -> None:
    """Raise MissingCaptions unless each language has a file; en-GB is one in en."""
    for language in required:
        if not any(tag == language or tag.startswith(f"{language}-") for tag in given):
            raise MissingCaptions(language)


def read(file: Path, name: str = "") -> list[Cue]:
    """The cues of a file; raises BadCaptions, which call it by this name."""
    name = name or file.name
    try:
        return parsed(file.read_bytes().decode("utf-8-sig"))
    except UnicodeDecodeError:
        raise BadCaptions(name, "they are not UTF-8") from None
    except ValueError as error:
        raise BadCaptions(name, str(error)) from None


def parsed(text: str) -> list[Cue]:
    """The cues of WebVTT text (W3C WebVTT, section 4); raises ValueError with the line.

    Notes, styles and regions are left out: they are no text, and styles may name other files.
    """
    if "\0" in text:
        raise ValueError("they hold NUL characters")
    lines = text.replace("\r\n", "\n").replace("\r", "\n").split("\n")
    if lines[0] != "WEBVTT" and not lines[0].startswith(("WEBVTT ", "WEBVTT\t")):
        raise ValueError("they do not begin with WEBVTT")
    cues = []
    for number, block in _blocks(lines):
        timed = next((at for at, line in enumerate(block[:2]) if "-->" in line), None)
        if timed is not None:
            cues.append(_cue(number + timed, block[timed:]))
        elif block[0].split(" ")[0] not in ("NOTE", "STYLE", "REGION"):
            raise ValueError(f"line {number} begins a cue without times")
    return cues


def _blocks(lines: Sequence[str]) -> Iterator[tuple[int, list[str]]]:
    """Runs of lines between empty ones, after the header, with the number of their first line."""
    header = True
    block: list[str] = []
    for number, line in enumerate([*lines, ""], 1):
        if line.strip():
            block.append(line)
        elif block:
            if not header or any("-->" in line for line in block):
                yield number - len(block), block
            header, block = False, []


def _cue(number: int, block: Sequence[str]) -> Cue:
    found = TIMING.fullmatch(block[0].strip())
    if not found:
        raise ValueError(f"line {number} has times that cannot be read")
    start, end = _milliseconds(found[1]), _milliseconds(found[6])
    if end <= start:
        raise ValueError(f"the cue of line {number} ends before it begins")
    said = "\n".join(line.strip() for line in block[1:])
    text = clean(said).strip()
    if not text or "-->" in said:
        raise ValueError(f"the cue of line {number} has no text of its own")
    settings = tuple(word for word in (found[11] or "").split() if SETTING.fullmatch(word))
    return Cue(start, end, text, settings)


def _milliseconds(text: str) -> int:
    found = TIME.fullmatch(text)
    assert found is not None  # noqa: S101 - TIMING holds the same pattern
    hours, minutes, seconds, rest = (int(part or 0) for part in found.groups())
    return ((hours * 60 + minutes) * 60 + seconds) * 1000 + rest


def rate(cue: Cue) -> float:
    """Characters a second."""
    return cue.characters / ((cue.end - cue.start) / 1000)


def checked(cues: Sequence[Cue], name: str, language: str, seconds: float) -> list[Cue]:
    """The cues, the last one cut at the end of the title; raises BadCaptions."""
    end = round(seconds * 1000)
    most = READABLE.get(base_of(language), OTHERS_READABLE)
    if not cues:
        raise BadCaptions(name, "they hold no cue")
    for before, cue in zip((None, *cues[:-1]), cues, strict=True):
        at = _time(cue.start)
        if before and cue.start < before.end:
            raise BadCaptions(name, f"the cue at {at} begins before the one above it ends")
        if cue.start >= end or cue.end > end + SLACK_SECONDS * 1000:
            raise BadCaptions(
                name, f"the cue at {at} lies outside the {seconds:.1f} s of the title"
            )
        if rate(cue) > most:
            raise BadCaptions(
                name, f"the cue at {at} asks for {rate(cue):.0f} characters a second where {most:.0f} "
                "can be read",
            )  # fmt: skip
    return [Cue(cue.start, min(cue.end, end), cue.text, cue.settings) for cue in cues]


def padded(cues: Sequence[Cue], seconds: float) -> list[Cue]:
    """The cues and one that shows nothing, up to the end: text segments end with the last cue."""
    end = int(seconds * 1000)
    if cues and cues[-1].end > end - PAD_MILLISECONDS:
        return list(cues)
    return [*cues, Cue(end - PAD_MILLISECONDS, end, NOTHING)]


def written(cues: Sequence[Cue]) -> str:
    """WebVTT text of the cues, with nothing in it that a parser could take for more."""
    blocks = ["WEBVTT"]
    for cue in cues:
        times = " ".join([_time(cue.start), "-->", _time(cue.end), *cue.settings])
        blocks.append(f"{times}\n{cue.text}")
    return "\n\n".join(blocks) + "\n"


def clean(text: str) -> str:
    """Cue text whose only tags and escapes are those of WebVTT; the rest is shown as it is."""
    return "".join(_parts(text))


def _parts(text: str) -> Iterator[str]:
    """Tags and escapes as they are, and the text between them escaped."""
    at = 0
    for found in KEPT.finditer(text):
        yield _escaped(text[at : found.start()])
        yield "" if found["dropped"] else found[0]
        at = found.end()
    yield _escaped(text[at:])


def _escaped(text: str) -> str:
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def _time(milliseconds: int) -> str:
    seconds, rest = divmod(milliseconds, 1000)
    return f"{seconds // 3600:02d}:{seconds // 60 % 60:02d}:{seconds % 60:02d}.{rest:03d}"

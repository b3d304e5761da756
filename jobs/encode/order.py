"""Keep what people ask for: a master file as a title, how, and for which night."""

from __future__ import annotations

import json
import re
from contextlib import suppress
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from lakehouse.catalog import CODECS, PROTECTIONS
from lakehouse.errors import MarqueeError
from lakehouse.files import write_json
from lakehouse.locks import alone
from serving_export.titles.layout import TITLE_ID

if TYPE_CHECKING:
    from collections.abc import Mapping
    from contextlib import AbstractContextManager
    from datetime import date

    from lakehouse.settings import Settings

BOOKED = ("night", "per_shot_why")
"""What an order says of when it was asked for and by what it was decided, not of what is made."""


class BadOrder(MarqueeError):
    """A title was asked for in a way that cannot be done."""

    def __init__(self, what: str, remedy: str) -> None:
        super().__init__(f"{what}, so nothing was ordered: {remedy}.")


class NotOrdered(MarqueeError):
    """There is no such title, or no version of it plays."""

    def __init__(self, title_id: str, known: list[str]) -> None:
        listed = ", ".join(known) or "none yet"
        super().__init__(
            f"Title {title_id} was ordered and no version of it plays, so there is nothing to show: "
            "marquee titles says why, and marquee encode goes on with it."
            if title_id in known
            else f"There is no title {title_id!r} here, so there is nothing to show; there are: "
            f"{listed}. marquee encode FILE makes one."
        )


@dataclass(frozen=True)
class Order:
    """One title as it was asked for."""

    title_id: str
    file: str
    """The master, as an absolute path."""
    night: str
    """The night whose run makes it, such as 2026-01-10."""
    codecs: tuple[str, ...] = ("h264",)
    target_vmaf: float = 95.0
    """The mean VMAF that the top rung must reach."""
    protect: str = "cbcs"
    captions: tuple[tuple[str, str], ...] = ()
    """Absolute path of a WebVTT file and its language, each."""
    audio_description: str = ""
    """Absolute path of a sound file that tells what is seen; empty where there is none."""
    per_shot: bool | None = None
    """Whether each shot gets a CRF of its own, none of which scores 3 below the mean; None leaves it
    to the demand until the master was taken in."""
    per_shot_why: str = ""
    """What decided it, a sentence; empty until it was decided."""
    require_captions: tuple[str, ...] = ()
    """Languages that must have captions."""
    spoken: str = ""
    """The language of sound tracks that do not say theirs; empty where nobody said it."""
    budget_cpu_seconds: float = 0.0
    """What probing may cost; 0 is no limit."""
    master_sha256: str = ""
    """Of the master that was taken in; empty until it was."""
    refused: str = ""
    """Why the master cannot be encoded; empty where it can or was not looked at."""
    withdrawn: str = ""
    """The version of it that was rolled back: runs of its night publish it no more, a new order does."""

    def __post_init__(self) -> None:
        if not TITLE_ID.fullmatch(self.title_id):
            raise BadOrder(
                f"{self.title_id!r} is no id of a title",
                "take up to 100 letters, digits, dots, dashes and underscores, a letter or digit first",
            )
        if unknown := sorted(set(self.codecs) - set(CODECS)) or (not self.codecs and ["none"]):
            raise BadOrder(f"The codec {unknown[0]} is not known", f"choose of {', '.join(CODECS)}")
        if self.protect not in PROTECTIONS:
            raise BadOrder(
                f"The protection {self.protect} is not known", f"choose of {', '.join(PROTECTIONS)}"
            )
        if not 20 <= self.target_vmaf <= 100:
            raise BadOrder(
                f"A target of VMAF {self.target_vmaf:g} is out of reach", "take one from 20 to 100"
            )
        languages = [language for _, language in self.captions]
        if len(set(languages)) < len(languages):
            raise BadOrder("Two caption files have one language", "give one file a language")

    @property
    def files(self) -> list[str]:
        """Every file that it names."""
        named = (self.file, *(file for file, _ in self.captions), self.audio_description)
        return [file for file in named if file]


def title_of(file: Path) -> str:
    """The id that a file's name suggests, such as big-buck-bunny of "Big Buck Bunny.mp4"."""
    words = re.findall(r"[a-z0-9]+", file.stem.lower())
    return "-".join(words)[:100] or "title"


def require_files(order: Order) -> None:
    """Raise BadOrder unless each file is there."""
    for file in order.files:
        if not Path(file).is_file():
            raise BadOrder(f"There is no file {file}", "look at the path")


def place(settings: Settings, order: Order) -> None:
    """Keep the order; a later one for the same title takes its place."""
    with _alone(settings, order.title_id):
        _write(settings, order)


def amend(settings: Settings, before: Order, after: Order) -> None:
    """Keep what was found out about an order, unless a later one took its place meanwhile."""
    with _alone(settings, before.title_id):
        if ordered(settings, before.title_id) == before:
            _write(settings, after)


def ordered(settings: Settings, title_id: str) -> Order:
    """The newest order of a title; raises NotOrdered."""
    file = _folder(settings) / f"{title_id}.json"
    if not TITLE_ID.fullmatch(title_id) or not file.exists():
        raise NotOrdered(title_id, [order.title_id for order in orders(settings)])
    return _read(file)


def standing(settings: Settings, order: Order) -> Order | None:
    """An order as it is by now, be it that it was rolled back; None where it was erased or ordered anew."""
    newest = _newest(settings, order.title_id)
    return newest if newest and replace(newest, withdrawn=order.withdrawn) == order else None


def begun(settings: Settings, order: Order) -> Order | None:
    """A fresh order as it stands, be it that another process has meanwhile taken in just what it asks
    for; None where it was erased or ordered anew."""
    newest = _newest(settings, order.title_id)
    if newest is None:
        return None
    found = (
        "withdrawn",
        "master_sha256",
        "refused",
        "per_shot_why",
    )  # of the master, or afterwards
    kept = {name: getattr(newest, name) for name in found}
    if newest.per_shot_why and order.per_shot is None:
        kept["per_shot"] = newest.per_shot
    if newest.master_sha256:  # what lies beside it has other names in the store
        languages = [language for _, language in newest.captions]
        if languages == [language for _, language in order.captions]:
            kept["captions"] = newest.captions
        if newest.audio_description and order.audio_description:
            kept["audio_description"] = newest.audio_description
    return newest if replace(order, **kept) == newest else None


def _newest(settings: Settings, title_id: str) -> Order | None:
    try:
        return ordered(settings, title_id)
    except NotOrdered:
        return None


def orders(settings: Settings, night: date | None = None) -> list[Order]:
    """All orders, or those of one night, by title."""
    found = [_read(file) for file in sorted(_folder(settings).glob("*.json"))]
    return [order for order in found if night is None or order.night == night.isoformat()]


def erasures(settings: Settings) -> Path:
    """The log of what was erased, a line of JSON a title."""
    return settings.at("titles", "erased.jsonl")


def was_erased(settings: Settings, title_id: str) -> bool:
    """Whether a title of this name was here and is erased."""
    file, told = erasures(settings), set()
    for line in file.read_text().splitlines() if file.exists() else ():
        with suppress(ValueError):  # half a line, which a full disk left
            told.add(json.loads(line)["title"])
    return title_id in told


def portable(order: Order) -> dict[str, Any]:
    """An order that was taken in as JSON: files by their names in the store of masters alone, and of
    what came of it nothing."""
    asked = {name: said for name, said in asdict(order).items() if name != "withdrawn"}
    return {
        **asked,
        "file": "",
        "captions": [[Path(file).name, language] for file, language in order.captions],
        "audio_description": Path(order.audio_description).name,
        "refused": "",
    }


def is_of(receipt: Mapping[str, Any], order: Order) -> bool:
    """Whether a version is what this order asks for, as its receipt says: that is written once, and the
    same may be ordered again for another night."""
    said, asked = receipt["order"], json.loads(json.dumps(portable(order)))
    return all(said.get(name) == asked[name] for name in asked if name not in BOOKED)


def withdraw(settings: Settings, receipt: Mapping[str, Any]) -> None:
    """Mark a title's order as rolled back where the version of this receipt was made of it; a later
    order stays as it is. Raises NotOrdered."""
    with _alone(settings, receipt["title_id"]):
        order = ordered(settings, receipt["title_id"])
        if is_of(receipt, order):
            _write(settings, replace(order, withdrawn=receipt["version"]))


def kept_files(said: Mapping[str, Any]) -> set[str]:
    """The hashes of the files in the store of masters that an order names, as it is or as `portable`
    told it; none where it was not taken in."""
    if not said["master_sha256"]:
        return set()
    beside = [*(file for file, _ in said["captions"]), said["audio_description"]]
    return {said["master_sha256"], *(Path(file).stem for file in beside if file)}


def lock_of(settings: Settings, title_id: str) -> Path:
    """The lock of who makes a title here or publishes it, or does anything with it as a whole."""
    return settings.at("locks", f"encode.{title_id}")


def parts_lock_of(settings: Settings, title_id: str) -> Path:
    """The lock that tasks hold together, each for its part of a title, and who erases it after them all."""
    return settings.at("locks", f"parts.{title_id}")


def forget(settings: Settings, title_id: str) -> None:
    """Keep a title's order no longer."""
    with _alone(settings, title_id):
        (_folder(settings) / f"{title_id}.json").unlink(missing_ok=True)


def _alone(settings: Settings, title_id: str) -> AbstractContextManager[None]:
    return alone(_folder(settings) / "locks" / title_id)


def _write(settings: Settings, order: Order) -> None:
    write_json(_folder(settings) / f"{order.title_id}.json", asdict(order))


def _read(file: Path) -> Order:
    return _order(json.loads(file.read_text()))


def _order(said: Mapping[str, Any]) -> Order:
    captions = tuple((path, language) for path, language in said["captions"])
    lists = {name: tuple(said.get(name, ())) for name in ("codecs", "require_captions")}
    return Order(**{**said, **lists, "captions": captions})


def _folder(settings: Settings) -> Path:
    return settings.at("titles", "orders")

"""Print a receipt for people: how a rendition was chosen, what it promised, what came, by which calls."""

from __future__ import annotations

import shlex
from itertools import groupby
from typing import TYPE_CHECKING, Any

from rich.text import Text

from jobs.encode.lines import table
from jobs.encode.made_from import master_of, probes_of
from jobs.encode.order import NotOrdered, orders
from jobs.encode.receipt import read_receipt
from jobs.encode.refused import read_refused
from jobs.encode.sizes import lines_of
from jobs.encode.why import reasons
from lakehouse.errors import MarqueeError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from rich.console import Console

    from lakehouse.settings import Settings

    Json = dict[str, Any]


class UnknownRung(MarqueeError):
    """A ladder has no such rung."""

    def __init__(self, rung: str, known: Iterable[str]) -> None:
        super().__init__(
            f"The ladder has no rung {rung!r}, so there is nothing to explain: name one of "
            f"{', '.join(known) or 'none'}."
        )


def explained(settings: Settings, title_id: str, rung: str, console: Console) -> None:
    """Print all that is known of the version of a title that plays, and of its newest order where that
    was refused; of their rungs only one where one is named. Raises NotOrdered and UnknownRung."""
    told = [
        (receipt, [one for one in receipt["ladder"] if rung in ("", *_names(one))])
        for receipt in _receipts(settings, title_id)
    ]
    if rung and not any(chosen for _, chosen in told):
        names = zip(*(_names(one) for receipt, _ in told for one in receipt["ladder"]), strict=True)
        raise UnknownRung(rung, dict.fromkeys(name for each in names for name in each))
    for receipt, chosen in told:
        if not chosen and rung:
            continue
        rungs = (line for one in chosen for line in _rung(receipt, one))
        calls = _calls(rows_of(receipt, chosen))
        for line in (*_title(receipt), *rungs, *_beside(receipt), *calls):
            console.print(
                line, highlight=False, soft_wrap=True
            )  # a command is one line, to be copied


def _receipts(settings: Settings, title_id: str) -> list[Json]:
    """The last one is of the newest order; raises NotOrdered where there is none."""
    refused = [
        receipt for order in orders(settings) if order.title_id == title_id
        if (receipt := read_refused(settings, order))
    ]  # fmt: skip
    try:
        return [read_receipt(settings, title_id), *refused]
    except NotOrdered:
        if not refused:
            raise
        return refused


def rows_of(receipt: Json, chosen: Sequence[Json]) -> list[Json]:
    """The steps that these rungs went through: their own, their probes, and what the title shares."""
    files = {file for one in chosen for file in one["files"]}
    sizes = {(one["codec"], f"-{one['width']}x{one['height']}-") for one in chosen}

    def concerns(row: Json) -> bool:
        if row["step"] == "encode":
            return row["file"] in files
        if row["step"] in ("gate", "worst frames"):
            return any(word in files for command in row["commands"] for word in command)
        if row["step"] == "probes":
            return any(
                row["file"].startswith(f"probe-{codec}-") and size in row["file"]
                for codec, size in sizes
            )
        return True

    return [row for row in receipt["steps"] if concerns(row)]


def _names(rung: Json) -> tuple[str, str]:
    return rung["name"], f"{lines_of(rung['width'], rung['height'])}p"


def _title(receipt: Json) -> Iterator[Text]:
    if refused := receipt.get("refused"):
        yield Text(f"{receipt['title_id']}, order of {receipt['night']}, refused", "bold")
        yield Text(refused, "red")
        if receipt["plays"]:
            yield Text(f"Version {receipt['plays']}, of an earlier order, plays on.")
    else:
        yield Text(
            f"{receipt['title_id']}, version {receipt['version']}, of {receipt['night']}", "bold"
        )
    if receipt["master"]:
        yield from master_of(receipt)
    if receipt["key_ids"]:
        ids = ", ".join(f"{label} {key}" for label, key in receipt["key_ids"].items())
        yield Text(
            f"Protected by {receipt['protect']}, keys version {receipt['key_version']}: {ids}"
        )
    elif not refused:
        yield Text("Not protected")
    yield from (Text(sentence) for sentence in receipt["said"])


def _rung(receipt: Json, rung: Json) -> Iterator[Text]:
    """One rung: where its size is the best, what was promised and came, its tries and probes."""
    yield Text(f"\n{rung['name']}", "bold")
    own = [
        one for one in receipt["front"]
        if (one["codec"], one["width"], one["height"]) == (rung["codec"], rung["width"], rung["height"])
    ]  # fmt: skip
    if own:
        yield Text(
            f"{rung['width']}x{rung['height']} is the best size from {own[0]['kbps']:,.0f} kb/s "
            f"(VMAF {own[0]['vmaf']:.1f}) to {own[-1]['kbps']:,.0f} ({own[-1]['vmaf']:.1f})"
        )
    if not receipt.get("not_encoded"):  # else neighbours are missing that would say why
        yield from (Text(sentence) for sentence in reasons(receipt, rung))
    yield from _sheet(rung, "passes" if receipt.get("refused") else "ships")
    yield from table(
        "Tries", ("CRF", "VMAF", "kb/s", "peak kb/s", "file"),
        (
            (f"{one['crf']:g}", f"{one['mean']:.2f}", f"{one['kbps']:,.0f}",
             f"{one.get('peak_kbps', 0):,.0f}", one["file"])
            for one in rung["attempts"]
        ),
    )  # fmt: skip
    if rung["worst_frame"]:
        worst = rung["worst_frame"]
        yield Text(f"Worst frame: {worst['frame']}, VMAF {worst['vmaf']:.1f}, {worst['file']}")
    yield Text(f"SHA-256 {rung['sha256']}")
    yield from probes_of(receipt, rung)
    yield from _shots(receipt, rung)


def _sheet(rung: Json, passes: str) -> Iterator[Text]:
    """What was promised of a rung and what came."""
    size, foreseen = "x".join(map(str, rung["vmaf_size"])), rung["vmaf_predicted"]
    promised = "" if foreseen is None else f"{foreseen:.1f}"
    return table(
        "Promised and come", ("", "promised", "came"),
        (
            ("CRF", "", f"{rung['crf']:g}"),
            ("kb/s", f"{rung['kbps_predicted']:.0f}", f"{rung['kbps']:.0f}"),
            ("peak kb/s, two seconds", f"{rung['maxrate_kbps']:.0f}", f"{rung['kbps_peak']:.0f}"),
            ("VMAF mean", promised, f"{rung['vmaf']:.1f}"),
            ("VMAF harmonic mean", "", f"{rung['harmonic']:.1f}"),
            ("VMAF of the worst frame in a hundred", "", f"{rung['p1']:.1f}"),
            (f"VMAF of the worst shot, {rung['worst_shot_number']}", "", f"{rung['worst_shot']:.1f}"),
            ("model of VMAF and size it is taken at", "", f"{rung['vmaf_model']}, {size}"),
            ("CPU-seconds of all tries, scored", "", f"{rung['cpu_seconds']:.1f}"),
            (passes, "", "yes" if rung["ships"] else rung["reason"]),
        ),
    )  # fmt: skip


def _shots(receipt: Json, rung: Json) -> Iterator[Text]:
    """The shots, scored in the rendition that the receipt shows them in, with CRFs of this rung."""
    crfs = rung["crf_of_shots"] or [rung["crf"]] * len(receipt["shots"])
    return table(
        f"Shots, scored in {receipt['shots_in']}",
        ("shot", "from", "seconds", "CRF here", "VMAF", "worst frame", "its VMAF", "its picture"),
        (
            (shot["number"], f"{shot['first_second']:.2f}", f"{shot['seconds']:.2f}", f"{crf:g}",
             f"{shot['vmaf']:.1f}", shot["worst_frame"]["frame"],
             f"{shot['worst_frame']['vmaf']:.1f}", shot["worst_frame"]["file"])
            for shot, crf in zip(receipt["shots"], crfs, strict=True)
        ),
    )  # fmt: skip


def _beside(receipt: Json) -> Iterator[Text]:
    """What the title has beside its rungs."""
    yield from table(
        "Windows that were probed", ("window", "from", "seconds", "speaks for seconds"),
        (
            (one["number"], f"{one['first_second']:.2f}", f"{one['seconds']:.2f}",
             f"{one['speaks_for_seconds']:.1f}")
            for one in receipt["sample"]["windows"]
        ),
    )  # fmt: skip
    yield from table(
        "The fixed ladder, as the probes foresee it", ("rung", "kb/s", "VMAF"),
        (
            (one["name"], f"{one['kbps']:,.0f}",
             f"{'' if one['within'] else 'about '}{one['vmaf']:.1f}")
            for one in receipt["fixed"]
        ),
    )  # fmt: skip
    yield from table(
        "Sound", ("track", "language", "channels", "LUFS", "peak dBTP", "loudness"),
        (
            (one["name"], one["language"], one["channels"], _level(one["loudness"]),
             _level(one["peak"]), "; ".join(filter(None, (one["how"], one["why"]))))
            for one in receipt["audio"]
        ),
    )  # fmt: skip
    yield from _made(receipt)


def _made(receipt: Json) -> Iterator[Text]:
    """What was packaged, and what all of it took."""
    yield from table(
        "Packets, proved equal after decryption",
        ("stream", "SHA-256"),
        receipt["packets_sha256"].items(),
    )
    spoken = (f"{one['language']} ({one['role']})" for one in receipt["captions"])
    if receipt["bytes"]:
        yield Text(f"\nBytes of the package: {receipt['bytes']:,}")
    if receipt["captions"] or receipt["bytes"]:
        yield Text(f"Captions: {', '.join(spoken) or 'none'}")
    if budget := receipt["budget"]:
        allowed = budget["cpu_seconds"]
        yield Text(
            f"Probing took {budget['spent']:,.0f} CPU-seconds of {budget['expected']:,.0f} that were "
            f"expected; {'the budget was ' + format(allowed, ',.0f') if allowed else 'no budget'}"
        )
    yield from table(
        "What it took", ("step", "CPU-seconds"),
        ((step, f"{spent:.1f}") for step, spent in receipt["cpu_seconds"].items()),
    )  # fmt: skip
    tools = (f"{name} {version}" for name, version in receipt["tools"].items())
    yield Text(f"Tools: {', '.join(tools)}")


def _level(value: float | str | None) -> str:
    return f"{value:.1f}" if isinstance(value, float | int) else "silent"


def _calls(rows: Sequence[Json]) -> Iterator[Text]:
    """Every command, as it can be called from the title's work folder; equal ones in a row once."""
    if not rows:
        return
    yield Text("\nCommands, from the title's work folder", "bold")
    for row in rows:
        yield Text(f"{row['step']}: {row['file']}, {row['cpu_seconds']:.1f} CPU-seconds")
        for command, times in groupby(row["commands"]):
            count = len(list(times))
            yield Text(shlex.join(command), "dim") + (f"  ({count} times)" if count > 1 else "")

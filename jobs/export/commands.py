"""Look at versions and pages, and take readers back: `versions`, `rollback` and `page`."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.console import Console
from rich.table import Table
from rich.text import Text

from lakehouse.errors import MissingExtra
from lakehouse.settings import Settings
from lakehouse.tables import Lake

if TYPE_CHECKING:
    from serving_export.reader import Answer
    from serving_export.records import Row
    from serving_export.stores.board import Entry
    from serving_export.stores.store import Store

console = Console()
STATE_STYLES = {"live": "bold green", "backup": "cyan", "staged": "yellow", "quarantined": "red"}
LEVEL_STYLES = {"own": "bold green", "popular": "yellow", "last": "bold red"}
Place = Annotated[
    str | None, typer.Option("--pages", help="A folder or dynamodb://TABLE; default: the setting.")
]


def versions(pages: Place = None) -> None:
    """List the versions of pages, newest night first, and which one is live."""
    store = _store(pages)
    board = store.board()
    if not board.entries:
        console.print(f"{store.place} holds no version: publish a night there first.", markup=False)
        return
    table = Table(box=None, header_style="bold")
    longest = max(len(entry.version) for entry in board.entries)
    table.add_column("version", min_width=longest)  # whole: rollback takes it as it stands here
    for column in ("night", "state"):
        table.add_column(column, no_wrap=True)
    for column in ("pages", "bytes"):
        table.add_column(column, justify="right")
    for column in ("published", "expires", "why"):
        table.add_column(column)
    for entry in reversed(board.entries):
        table.add_row(
            entry.version, entry.night, Text(entry.state, STATE_STYLES[entry.state]),
            f"{entry.pages:,}", f"{entry.page_bytes:,}", _moment(entry.published_at),
            _expiry(entry), Text(entry.reason),
        )  # fmt: skip
    console.print(table)


def rollback(
    version: Annotated[
        str | None, typer.Argument(help="Default: the newest backup before the live one.")
    ] = None,
    pages: Place = None,
) -> None:
    """Point readers at an older version; the one they leave is quarantined."""
    store = _store(pages)
    left = store.board().live
    from serving_export.versions import rollback as roll_back

    entry = roll_back(store, version)
    console.print(
        f"{entry.version} is live" + (f", {left.version} is quarantined." if left else "."),
        markup=False,
    )
    if entry.expires_at and entry.expires_at <= datetime.now(UTC).timestamp():
        console.print(
            f"Its pages expired at {_moment(entry.expires_at)}, so everybody gets popular pages: "
            "publish a night to replace it.",
            style="yellow", markup=False,
        )  # fmt: skip


def page(
    profile: Annotated[str, typer.Option(help="The profile whose page to show.")],
    region: Annotated[str | None, typer.Option(help="Where the profile is.")] = None,
    why: Annotated[str, typer.Option(help="A title: say why it is not there, or where.")] = "",
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
    pages: Place = None,
) -> None:
    """Show the page that a profile gets, with names and years, and where it comes from."""
    try:
        from serving_export.reader import Pages

        answer = Pages.open(pages or Settings.read().pages).get(profile, region)
    except ModuleNotFoundError as missing:
        raise MissingExtra(str(missing.name), "reader") from None
    if why:
        from jobs.recommend.why_not import why_not

        said = why_not(Lake(Settings.read()), answer.page, profile, why)
        console.print(said, markup=False, soft_wrap=True)
        return
    if as_json:
        typer.echo(json.dumps(_told(answer, profile), ensure_ascii=False, indent=1))
        return
    _show_heading(answer, profile)
    for row in answer.page.rows:
        console.print(_row_table(answer, row))


def _store(pages: str | None) -> Store:
    try:
        from serving_export.stores.store import open_store

        return open_store(pages or Settings.read().pages)
    except ModuleNotFoundError as missing:
        raise MissingExtra(str(missing.name), "reader") from None


def _show_heading(answer: Answer, profile: str) -> None:
    made = answer.page
    heading = Text(f"Profile {profile}: ", "bold")
    heading.append(f"{answer.level} page", LEVEL_STYLES[answer.level])
    if answer.stale:
        heading.append(", stale", "bold red")
    heading.append(f" of night {made.night}, version {made.version}, ")
    heading.append(f"published {_age(answer.age_seconds)} ago")
    console.print(heading)
    for why in answer.skipped:
        console.print(Text(f"  {why}", "dim"))


def _row_table(answer: Answer, row: Row) -> Table:
    titles = answer.catalogue.titles
    table = Table(title=Text(row.name, "bold"), title_justify="left", box=None, padding=(0, 1))
    # given widths: left to itself the table gives the long columns the room of the short ones
    room = max(console.width - 4 - 4 - 6 - 12, 40)
    table.add_column("slot", justify="right", style="dim", width=4)
    table.add_column("title", width=min(room * 2 // 5, 48), no_wrap=True)
    table.add_column("year", justify="right", width=4)
    table.add_column("genres", width=room // 5, no_wrap=True, style="dim")
    table.add_column("found by", width=room * 2 // 5, no_wrap=True, style="dim")
    table.add_column("chance", justify="right", style="magenta", width=6)
    slots = zip(row.title_ids, row.source_bits, row.propensities, strict=True)
    for slot, (title_id, bits, chance) in enumerate(slots, start=1):
        title = titles.get(title_id)
        table.add_row(
            str(slot), Text(title.name or title_id if title else title_id),
            str(title.year or "") if title else "", ", ".join(title.genres) if title else "",
            ", ".join(_sources(answer, bits)), "" if chance == 1.0 else f"{chance:.3f}",
        )  # fmt: skip
    return table


def _told(answer: Answer, profile: str) -> dict[str, Any]:
    made = answer.page
    return {
        "profile": profile, "level": answer.level, "stale": answer.stale,
        "age_seconds": round(answer.age_seconds, 1), "skipped": answer.skipped,
        "version": made.version, "stamp": made.stamp, "night": made.night.isoformat(),
        "region": made.region, "rows": [_told_row(answer, row) for row in made.rows],
    }  # fmt: skip


def _told_row(answer: Answer, row: Row) -> dict[str, Any]:
    titles = answer.catalogue.titles
    slots = zip(row.title_ids, row.source_bits, row.propensities, strict=True)
    return {
        "name": row.name, "source": row.source, "because_of": row.because_of,
        "titles": [
            {
                **(titles[title_id]._asdict() if title_id in titles else {"title_id": title_id}),
                "sources": _sources(answer, bits), "propensity": chance,
            }
            for title_id, bits, chance in slots
        ],
    }  # fmt: skip


def _sources(answer: Answer, bits: int) -> list[str]:
    return [name for bit, name in enumerate(answer.catalogue.sources) if bits >> bit & 1]


def _moment(seconds: float | None) -> str:
    if seconds is None:
        return ""
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%d %H:%M:%S")


def _expiry(entry: Entry) -> Text:
    expired = entry.expires_at is not None and entry.expires_at <= datetime.now(UTC).timestamp()
    return Text(_moment(entry.expires_at), "red" if expired else "")


def _age(seconds: float) -> str:
    for unit, length in (("days", 86_400), ("hours", 3600), ("minutes", 60)):
        if seconds >= 2 * length:
            return f"{seconds / length:.0f} {unit}"
    return f"{seconds:.0f} seconds"


for command, example in (
    (versions, "marquee versions"),
    (rollback, "marquee rollback 1998-04-21-0a1b2c3d4e5f"),
    (page, "marquee page --profile 1 --region DE"),
):
    command.__dict__["example"] = f"Example: {example}"

"""Write the index of the Data Docs from the kept results: a line a table, newest night first."""

from __future__ import annotations

from datetime import date
from html import escape
from typing import TYPE_CHECKING

from expectations import results
from lakehouse.files import write_whole

if TYPE_CHECKING:
    from pathlib import Path

    from expectations.results import TableResult
    from lakehouse.settings import Settings

PAGE = """<!doctype html>
<html lang="en"><head><meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Checks of every night</title><style>{style}</style></head>
<body><main><h1>Checks of every night</h1>
<p>What must hold of each table, and what was found. A name leads to its Data Docs.</p>
{nights}</main></body></html>
"""
STYLE = """
:root{color-scheme:light dark;--faint:#6b7280;--line:#d8dbe0;--good:#1a7f37;--odd:#9a6700;--bad:#b42318}
@media(prefers-color-scheme:dark){:root{--faint:#9aa3af;--line:#333a45;--good:#4ac26b;--odd:#d4a72c;--bad:#ff7b72}}
body{font:16px/1.5 system-ui,sans-serif;margin:0}main{max-width:60rem;margin:auto;padding:1rem}
table{border-collapse:collapse;width:100%}td,th{text-align:left;padding:.35rem .5rem;
border-bottom:1px solid var(--line)}td:nth-child(n+3){text-align:right}
.passed{color:var(--good)}.warned{color:var(--odd)}.failed{color:var(--bad);font-weight:600}
th:nth-child(n+3){text-align:right}th{color:var(--faint);font-weight:500}
"""


def write(settings: Settings) -> Path:
    """Write the index anew; two checks that end together write the same or the later one."""
    nights = sorted(settings.at("checks").glob("[0-9]*-[0-9]*-[0-9]*"), reverse=True)
    parts = [
        section(path.name, results.read(settings, date.fromisoformat(path.name)), settings)
        for path in nights
    ]
    path = settings.at("checks", "docs", "index.html")
    write_whole(path, PAGE.format(style=STYLE, nights="\n".join(parts)))
    return path


def section(night: str, found: list[TableResult], settings: Settings) -> str:
    """The tables of a night."""
    head = "<tr><th>Table</th><th>Verdict</th><th>Rows</th><th>Expectations</th></tr>"
    lines = "".join(line(result, settings) for result in found)
    return f"<h2>{escape(night)}</h2><table>{head}{lines}</table>"


def line(result: TableResult, settings: Settings) -> str:
    """One table: its name leads to its page."""
    name, shown = escape(result.table), result.table
    if (link := page_of(settings, result)) is not None:
        shown = f'<a href="{escape(link)}">{name}</a>'
    return (
        f'<tr><td>{shown}</td><td class="{result.verdict}">{result.verdict}</td>'
        f"<td>{result.rows:,}</td><td>{len(result.outcomes)}</td></tr>"
    )


def page_of(settings: Settings, result: TableResult) -> str | None:
    """Where the page of a table and night lies, below the folder of the Data Docs."""
    docs = settings.at("checks", "docs")
    place = result.suite.replace(".", "/")
    pages = sorted(docs.glob(f"validations/{place}/{result.night}/*/*.html"))
    return pages[0].relative_to(docs).as_posix() if pages else None

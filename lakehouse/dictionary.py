"""Write docs/tables.md from the catalog: python -m lakehouse.dictionary > docs/tables.md."""

from __future__ import annotations

import sys

from lakehouse.catalog import PERSONAL, TABLES, Table

HEAD = """# Tables

Written from `lakehouse/catalog.py` by `python -m lakehouse.dictionary`; a test keeps it current.
A *history* table gathers rows night by night; a *snapshot* table is written whole every night.
Every table is partitioned by `night`. What a *personal* column holds names a person: no log and no error repeats it.

| table | what it says | one row per | kind | owner | nights kept |
|---|---|---|---|---|---|
"""


def page(tables: tuple[Table, ...] = TABLES) -> str:
    """The data dictionary as Markdown: a line a table, then the columns of each."""
    return HEAD + "".join(map(_line, tables)) + "".join(map(_section, tables))


def _line(table: Table) -> str:
    kind = "snapshot" if table.snapshot else "history"
    cells = (
        f"[{table.name}](#{table.name.replace('.', '')})",
        table.meaning,
        ", ".join(table.one_row_per),
        kind,
        table.owner,
        str(table.retention_nights),
    )
    return f"| {' | '.join(cells)} |\n"


def _section(table: Table) -> str:
    rows = "".join(
        f"| `{name}` | `{kind}`{', personal' if name in PERSONAL else ''} |\n"
        for name, kind in table.column_types.items()
    )
    return f"\n## {table.name}\n\n{table.meaning}\n\n| column | type |\n|---|---|\n{rows}"


if __name__ == "__main__":
    sys.stdout.write(page())

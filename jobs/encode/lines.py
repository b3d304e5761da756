"""Print rows under heads, each a line that no width cuts."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from rich.text import Text

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence


def table(title: str, heads: Sequence[str], rows: Iterable[Sequence[Any]]) -> Iterator[Text]:
    """Rows under heads, numbers to the right; nothing where there is no row."""
    kept = [[str(cell) for cell in row] for row in rows]
    if not kept:
        return
    columns = list(zip(heads, *kept, strict=True))
    widths = [max(map(len, column)) for column in columns]
    right = [all(cell[:1].isdigit() or cell[:1] in ("-", "") for cell in c[1:]) for c in columns]
    yield Text(f"\n{title}", "bold")
    for number, row in enumerate((heads, *kept)):
        cells = (
            cell.rjust(width) if to_right else cell.ljust(width)
            for cell, width, to_right in zip(row, widths, right, strict=True)
        )  # fmt: skip
        yield Text("  ".join(cells).rstrip(), "" if number else "dim")

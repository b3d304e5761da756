"""Keep every line of every landed log, as it came."""

from __future__ import annotations

import hashlib
import json
import logging
from datetime import UTC, date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

import pyarrow as pa

from lakehouse.catalog import LANDED
from lakehouse.files import write_json

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from lakehouse.tables import Lake

logger = logging.getLogger(__name__)


def lines(content: bytes) -> list[str]:
    """The lines of a log that hold anything, with broken UTF-8 as \\x escapes.

    JSON has no \\x escape, so a line that holds one is told apart from every valid line.
    """
    split = content.split(b"\n")
    return [line.decode(errors="backslashreplace").rstrip("\r") for line in split if line.strip()]


def known_nights(raw: Sequence[str], landed_for: date) -> list[date]:
    """The night of each line: that of its known time, or the one it was landed for.

    A line whose known time cannot be read belongs to the night it was landed for, which rejects it.
    """
    import duckdb

    given = pa.table({"raw": pa.array(raw, pa.string()), "place": range(len(raw))})
    connection = duckdb.connect()
    connection.execute("SET TimeZone = 'UTC'")
    connection.register("given", given)
    rows = connection.execute(
        """SELECT coalesce(try_cast(try_cast(CASE WHEN json_valid(raw)
            THEN json_extract_string(raw, '$.known_time') END AS TIMESTAMPTZ) AS DATE), $1) AS night
        FROM given ORDER BY place""",
        [landed_for],
    ).fetchall()
    return [cast("date", row[0]) for row in rows]


def landed_rows(file: str, content: bytes, digest: str, landed_for: date) -> pa.Table:
    """One row a line of a log, without reading more of it than the night it belongs to."""
    raw = lines(content)
    size = len(raw)
    return pa.table(
        {
            "file": pa.array([file] * size, pa.string()),
            "file_hash": pa.array([digest] * size, pa.string()),
            "line": pa.array(range(1, size + 1), pa.int64()),
            "raw": pa.array(raw, pa.string()),
            "landed_for": pa.array([landed_for] * size, pa.date32()),
            "night": pa.array(known_nights(raw, landed_for), pa.date32()),
        }
    )


def waiting(lake: Lake) -> Iterator[tuple[Path, bytes, str]]:
    """The files of the landing folder that are not in the lake: path, content and its hash.

    A file that was found landed is not read again while its size and time stay: a year of hourly
    logs would be read every night. What it then held is asked of the lake all the same.
    """
    notes = lake.settings.at("landed.json")
    noted = _noted(notes)
    seen: dict[str, list[Any]] = {}
    for file in sorted(Path(lake.settings.landing, "events").glob("*.jsonl")):
        told = file.stat()
        look = [told.st_size, told.st_mtime_ns]
        *before, digest = noted.get(file.name, [""])
        content = b""
        if before != look:
            content = file.read_bytes()
            digest = hashlib.sha256(content).hexdigest()
        if lake.appended(LANDED, digest):
            seen[file.name] = [*look, digest]
        else:
            yield file, content or file.read_bytes(), digest
    if seen != noted:
        write_json(notes, seen)


def _noted(notes: Path) -> dict[str, list[Any]]:
    """Size, time and hash of each file that was found landed; nothing where the notes are spoilt."""
    try:
        found: dict[str, list[Any]] = json.loads(notes.read_text())
    except (FileNotFoundError, ValueError):
        return {}
    return found


def main(lake: Lake, night: date) -> None:
    """Append the files that are not landed yet; the same content, under any name, lands once."""
    for file, content, digest in waiting(lake):
        rows = landed_rows(file.name, content, digest, night)
        if len(rows) and lake.append_once(LANDED, rows, digest):
            logger.info("%s: %s lines landed", file.name, f"{len(rows):,}")


def landed_nights(lake: Lake) -> list[date]:
    """The nights for which lines lie in the landing folder or the lake, in order.

    A file that is not in the lake yet and tells no known time counts for the day it was written.
    """
    nights = set(lake.nights(LANDED))
    for file, content, _ in waiting(lake):
        written = datetime.fromtimestamp(file.stat().st_mtime, tz=UTC).date()
        nights |= set(known_nights(lines(content), written))
    return sorted(nights)

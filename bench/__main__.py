"""Run every benchmark and write bench/results.md: python -m bench [NAME ...]."""

from __future__ import annotations

import importlib
import os
import platform
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

BENCHES = {
    "point_in_time": "Point-in-time join",
    "two_tower": "Two-tower training",
    "ann": "Vector index",
    "recommend": "Recommend",
    "export": "Export",
    "read": "Read",
    "quality": "Quality",
    "million": "Evaluate a million rows",
}
RESULTS = Path(__file__).with_name("results.md")
COLUMNS = ("name", "ours", "peer", "ratio", "target")


def main(names: list[str]) -> None:
    """Run the named benchmarks, or all; a benchmark that was not run keeps its old table."""
    unknown = set(names) - BENCHES.keys()
    if unknown:
        sys.exit(f"There is no benchmark {sorted(unknown)[0]}; there are {', '.join(BENCHES)}.")
    tables = kept_tables()
    for name in names or list(BENCHES):
        print(f"\n{BENCHES[name]}\n", flush=True)
        rows = importlib.import_module(f"bench.{name}").main()
        tables[name] = f"{machine()}\n\n{as_table(rows)}"
        RESULTS.write_text(page(tables))
    print(f"\nwritten to {RESULTS}")


def as_table(rows: list[dict[str, Any]]) -> str:
    """Rows of name, ours, peer, ratio and target as a Markdown table."""
    lines = ["| what | ours | peer | ratio | target |", "|---|---|---|---|---|"]
    for row in rows:
        cells = (str(row.get(column) if row.get(column) is not None else "") for column in COLUMNS)
        lines.append(f"| {' | '.join(cells)} |")
    return "\n".join(lines)


def page(tables: dict[str, str]) -> str:
    """All tables in the order of BENCHES, each with the machine and commit of its run."""
    head = "# Results\n\nWritten by `make bench`; a timing counts as a ratio of one run only.\n"
    parts = (f"\n## {BENCHES[n]}\n<!-- {n} -->\n{tables[n]}\n" for n in BENCHES if n in tables)
    return head + "".join(parts)


def kept_tables() -> dict[str, str]:
    """The tables of the last results, by name."""
    text = RESULTS.read_text() if RESULTS.exists() else ""
    found = re.findall(r"<!-- (\w+) -->\n(.*?)\n(?=\n## |\Z)", text, re.DOTALL)
    return {name: body for name, body in found if name in BENCHES}


def machine() -> str:
    """What the figures were taken on: processor, cores, Python and commit."""
    commit = subprocess.run(
        ["git", "rev-parse", "--short", "HEAD"], capture_output=True, text=True, check=True
    ).stdout.strip()
    model = re.search(r"model name\s*: (.*)", Path("/proc/cpuinfo").read_text())
    processor = model[1] if model else platform.processor()
    return (
        f"{processor}, {len(os.sched_getaffinity(0))} cores, Python {platform.python_version()}, "
        f"commit {commit}."
    )


if __name__ == "__main__":
    main(sys.argv[1:])

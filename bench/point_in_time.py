"""Join 5 million labels with 2 million feature rows as known before them, against five ways."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from bench.as_of_joins import CONTESTANTS, CORES

if TYPE_CHECKING:
    import pyarrow as pa
    from numpy.typing import NDArray

LABELS, FEATURES, PROFILES, DAYS = 5_000_000, 2_000_000, 100_000, 90
PART = 625_000
GROWTH = (1, 3, 10)
"""How many times five million labels the growth is measured at."""


def main() -> list[dict[str, Any]]:
    """Run every contestant in a process of its own; returns the rows of the table of results."""
    with tempfile.TemporaryDirectory(dir=os.environ.get("MARQUEE_BENCH_DIR")) as folder:
        labels, features = tables(Path(folder), LABELS * max(GROWTH))
        first = labels[: LABELS // PART]
        print(f"{LABELS:,} labels x {FEATURES:,} feature rows, {CORES} cores; seconds")
        tuned = contest("tune", labels[: LABELS // PART // 4], features, folder)
        print(f"shuffle partitions tried on a quarter of the labels: {tuned['tried']}")
        chosen = str(min(tuned["tried"], key=tuned["tried"].get))
        found = {name: contest(name, first, features, folder, chosen) for name in CONTESTANTS}
        assert len({one["hash"] for one in found.values()}) == 1, found
        print(f"equal rows: {found['ours']['rows']:,}, hash {found['ours']['hash']}")
        grown = {
            times: contest("ours", labels[: times * LABELS // PART], features, folder, chosen)
            for times in GROWTH
        }
    return [*ratios(found, chosen), *growth(grown)]


def ratios(found: dict[str, dict[str, Any]], partitions: str) -> list[dict[str, Any]]:
    """Rows of the table: ours against each other way, cold and warm."""
    targets = {
        ("join and rank", "warm"): "≥ 15x faster", ("join and rank", "cold"): "≥ 5x faster",
        ("DuckDB ASOF JOIN", "warm"): "≤ 1.5x its time",
    }  # fmt: skip
    named = {"join_and_rank": "join and rank", "union_and_window": "union and window",
             "duckdb": "DuckDB ASOF JOIN", "polars": "Polars join_asof"}  # fmt: skip
    rows = []
    for contestant, name in named.items():
        for state in ("warm", "cold"):
            ours, peer = found["ours"][state], found[contestant][state]
            tuned = f", {partitions} shuffle partitions" if "and" in name else ""
            rows.append({
                "name": f"{name}{tuned}, {state}", "ours": f"{ours:.2f} s", "peer": f"{peer:.2f} s",
                "ratio": f"{peer / ours:.1f}x faster" if peer >= ours else f"{ours / peer:.2f}x its time",
                "target": targets.get((name, state)),
            })  # fmt: skip
    rows.append({"name": "extra layout made for ours", "ours": "none: 0 s", "target": "own line"})
    start = found["ours"]["start"]
    rows.append(
        {"name": "Spark server until it answers, not counted above", "ours": f"{start:.1f} s"}
    )
    return rows


def growth(grown: dict[int, dict[str, Any]]) -> list[dict[str, Any]]:
    """Rows of the table: the time a million labels takes, as labels grow."""
    base = grown[1]["warm"]
    return [
        {
            "name": f"growth to {times * LABELS // 1_000_000} M labels, warm",
            "ours": f"{one['warm']:.2f} s",
            "peer": f"{base:.2f} s at 5 M",
            "ratio": f"{one['warm'] / base / times:.2f}x linear",
            "target": "linear" if times == max(GROWTH) else None,
        }
        for times, one in grown.items()
        if times > 1
    ]


def tables(folder: Path, labels: int) -> tuple[list[str], list[str]]:
    """Write both tables as Parquet parts: seconds are whole, so that labels tie with features."""
    import pyarrow as pa

    rng = np.random.default_rng(1)
    activity = np.cumsum(rng.lognormal(0, 0.5, PROFILES))
    ids = pa.array([f"p{number}" for number in range(PROFILES)])
    known = np.unique(np.stack(draw(rng, activity, FEATURES)), axis=1)
    profile, second = known[:, rng.permutation(known.shape[1])]
    features = pa.table({
        "profile_id": ids.take(pa.array(profile)), "known": second * 1_000_000,
        "value": np.arange(len(second)),
    })  # fmt: skip
    label_files = []
    for start in range(0, labels, PART):
        profile, second = draw(rng, activity, PART)
        part = pa.table({
            "label": np.arange(start, start + PART), "profile_id": ids.take(pa.array(profile)),
            "as_of": second * 1_000_000,
        })  # fmt: skip
        label_files.append(store(part, folder / f"labels-{start // PART:03}.parquet"))
    parts = np.array_split(np.arange(len(features)), 4)
    return label_files, [
        store(features.slice(rows[0], len(rows)), folder / f"features-{number}.parquet")
        for number, rows in enumerate(parts)
    ]


def draw(
    rng: np.random.Generator, activity: NDArray[np.float64], count: int
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Profiles, some much busier than others, and seconds."""
    profiles = np.searchsorted(activity, rng.random(count) * activity[-1])
    return np.minimum(profiles, PROFILES - 1), rng.integers(DAYS * 86_400, size=count)


def store(part: pa.Table, path: Path) -> str:
    import pyarrow.parquet as pq

    pq.write_table(part, path)
    return str(path)


def contest(
    name: str, labels: list[str], features: list[str], folder: str, partitions: str = "0"
) -> dict[str, Any]:
    """Let one contestant run in a fresh process, first cold, then three times warm."""
    given = json.dumps([labels, features, folder, partitions])
    done = subprocess.run(
        [sys.executable, "-m", "bench.as_of_joins", name], input=given, text=True,
        stdout=subprocess.PIPE, check=True,
    )  # fmt: skip
    result: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    shown = {key: value for key, value in result.items() if key in ("cold", "warm", "start")}
    print(f"{name:>16} {len(labels) * PART:>12,} labels {shown}", flush=True)
    return result


if __name__ == "__main__":
    for row in main():
        print(row)

"""Judge a made history of a million rows as a user would, and measure time and memory.

6,000 profiles and 4,000 titles: titles are of forty tastes and long-tailed, a profile has three
tastes and lives through them in runs, activity is log-normal. Everything runs through the command.
"""

from __future__ import annotations

import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

ROWS, PROFILES, TITLES = 1_000_000, 6_000, 4_000
TASTES, OF_A_PROFILE = 40, 3
TASTE, RUNS, TAIL = 3.0, 0.6, 0.9
"""How much log-odds a taste gives a title, how far runs blur, how fast the tail falls."""
START, TWO_YEARS = 1_600_000_000, 2 * 365 * 86_400
TARGET_MINUTES, TARGET_GIB = 30, 12


def main() -> list[dict[str, Any]]:
    """Rows of minutes and of memory."""
    with tempfile.TemporaryDirectory() as folder:
        file, figures = Path(folder, "plays.parquet"), Path(folder, "figures.json")
        write(file, ROWS, PROFILES, TITLES)
        minutes, gib = measured(file, figures)
        metrics = json.loads(figures.read_text())["metrics"]
    ndcg = ", ".join(f"{name} {one['ndcg@10']['mean']:.3f}" for name, one in metrics.items())
    what = (
        f"marquee evaluate, global time, {ROWS:,} rows of {PROFILES:,} profiles x {TITLES:,} titles"
    )
    return [
        {"name": what, "ours": f"{minutes:.1f} min", "target": f"<= {TARGET_MINUTES} min"},
        {"name": "the same, peak memory", "ours": f"{gib:.1f} GiB", "target": f"<= {TARGET_GIB} GiB"},
        {"name": "the same, nDCG@10 (made data: no measure of quality)", "ours": ndcg},
    ]  # fmt: skip


def measured(file: Path, figures: Path) -> tuple[float, float]:
    """Minutes and GiB at the peak of one evaluation."""
    command = [sys.executable, "-m", "jobs", "evaluate", "--interactions", str(file)]
    began = time.monotonic()
    subprocess.run([*command, "--json", str(figures)], check=True, env=os.environ)
    minutes = (time.monotonic() - began) / 60
    return minutes, resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 2**20


def write(file: Path, rows: int, profiles: int, titles: int, seed: int = 7) -> None:
    """Write a history of exactly so many rows as Parquet, in no order of time."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    draws = np.random.default_rng(seed)
    taste_of_title = draws.integers(0, TASTES, titles)
    popularity = -TAIL * np.log(draws.permutation(titles) + 5.0)
    counts = activity(rows, profiles, titles, draws)
    who = np.repeat(np.arange(profiles), counts)
    what, when = np.empty(rows, np.int64), np.empty(rows)
    place = 0
    for count in counts.tolist():
        own = draws.permutation(TASTES)[:OF_A_PROFILE]
        part = slice(place, place + count)
        what[part], when[part] = life(count, own, taste_of_title, popularity, draws)
        place += count
    order = draws.permutation(rows)
    names = [f"p{code}" for code in who[order]], [f"t{code}" for code in what[order]]
    pq.write_table(
        pa.table({"profile_id": names[0], "title_id": names[1], "time": when[order]}), file
    )


def life(
    count: int, own: NDArray[np.int64], taste_of_title: NDArray[np.int64],
    popularity: NDArray[np.float64], draws: np.random.Generator,
) -> tuple[NDArray[np.int64], NDArray[np.float64]]:  # fmt: skip
    """The titles of one profile, drawn without repeats, and their times: one taste after another."""
    wanted = popularity + TASTE * np.isin(taste_of_title, own)
    # the largest of score plus Gumbel noise are a draw without replacement
    picked = np.argpartition(-(wanted + draws.gumbel(size=len(wanted))), count - 1)[:count]
    turn = (taste_of_title[picked][:, None] == own).argmax(axis=1) / OF_A_PROFILE
    picked = picked[np.argsort(turn + draws.normal(0, RUNS, count))]
    start = draws.uniform(0, 0.8)
    times = START + TWO_YEARS * np.sort(draws.uniform(start, 1.0, count))
    return picked, np.floor(times)


def activity(rows: int, profiles: int, titles: int, draws: np.random.Generator) -> NDArray[np.int64]:  # fmt: skip
    """[profiles] how many titles each watches, between five and half of all, in sum `rows`."""
    weights = draws.lognormal(0, 0.9, profiles)
    counts: NDArray[np.int64] = (rows * weights / weights.sum()).clip(5, titles // 2).astype(int)
    while (lack := rows - int(counts.sum())) != 0:
        room = np.flatnonzero(counts < titles // 2 if lack > 0 else counts > 5)
        chosen = draws.permutation(room)[: abs(lack)]
        counts[chosen] += np.sign(lack)
    return counts


if __name__ == "__main__":
    for one in main():
        print(one)

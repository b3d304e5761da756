"""Measure pages for made profiles: how many a second, in how much memory, and whether it stays flat.

Every size runs in a process of its own, so that peak memory is its own. The night is made (see
made_night.py); candidates, filters, features, ranking, rows and the write into Delta are the product's.
"""

from __future__ import annotations

import json
import resource
import subprocess
import sys
import tempfile
import time
from typing import Any

TITLES = 10_000
SIZES = (50_000, 100_000, 200_000)


def main() -> list[dict[str, Any]]:
    """One row a size, and the ratio of time per profile from the smallest to the largest."""
    runs = [measured(size) for size in SIZES]
    for run in runs:
        print(run, flush=True)
    rows = [
        {
            "name": f"pages of {run['profiles']:,} profiles x {TITLES:,} titles",
            "ours": f"{run['profiles'] / run['seconds']:,.0f} profiles/s, "
            f"{run['candidates']:.0f} candidates each, {run['peak_mib']:,.0f} MiB at the peak "
            f"({run['prepare_seconds']:.0f} s to prepare, {run['ranker_seconds']:.0f} thread-seconds "
            "in features and ranker)",
        }
        for run in runs
    ]
    each = [run["seconds"] / run["profiles"] for run in runs]
    flat = {
        "name": f"time per profile, {SIZES[-1]:,} to {SIZES[0]:,} profiles",
        "ours": f"{each[-1] * 1e3:.2f} ms",
        "peer": f"{each[0] * 1e3:.2f} ms",
        "ratio": f"{each[-1] / each[0]:.2f}",
        "target": "flat",
    }
    return [*rows, flat]


def measured(profiles: int) -> dict[str, float]:
    """Run one size in a process of its own."""
    command = [sys.executable, "-m", "bench.recommend", str(profiles)]
    answer = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True)
    return dict(json.loads(answer.stdout.splitlines()[-1]))


def night(profiles: int) -> dict[str, float]:
    """Make the pages of one made night; the seconds do not count the making of the night."""
    from bench import made_night
    from jobs.recommend import build_pages
    from jobs.recommend.compose import Composer
    from jobs.recommend.tables import Counts
    from lakehouse.settings import Settings
    from lakehouse.tables import Lake

    made = made_night.of(profiles, TITLES)
    begun = time.perf_counter()
    funnel, utility = made.funnel(), made_night.Timed(made.utility())
    composer, counts = Composer.of(funnel, made.affinities, 1, made_night.NIGHT), Counts()
    ready = time.perf_counter()
    with tempfile.TemporaryDirectory() as var:
        tables = build_pages.page_tables(composer, utility, counts)
        build_pages.write_pages(Lake(Settings(var=var)), made_night.NIGHT, tables)
    ended = time.perf_counter()
    return {
        "profiles": profiles,
        "prepare_seconds": ready - begun,
        "seconds": ended - ready,
        "candidates": float(counts.asked[0] - counts.removed.sum()) / profiles,
        "ranker_seconds": utility.seconds,
        "peak_mib": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
    }


if __name__ == "__main__":
    print(json.dumps(night(int(sys.argv[1]))))

"""Judge every contender on MovieLens-100k by two protocols, with the code of `marquee evaluate`.

Random 75/25 is the published split of recommenders-team/recommenders, row for row, and three more
draws of it; global time learns from the earliest 80 %. All titles are ranked, watched ones removed,
and every rating counts as relevant. No attributes are given, as other people's files have none.
"""

from __future__ import annotations

import sys
import time
from typing import Any

import numpy as np

from bench.boosted import fit_boosted
from bench.movielens import rows as lines
from jobs.evaluate.evaluate import Evaluation, evaluate
from jobs.evaluate.interactions import Interactions
from jobs.evaluate.protocol import Protocol
from jobs.evaluate.protocols import PUBLISHED_SEED, split_rows
from lakehouse.settings import Settings

METRIC, KS = "ndcg@10", (10,)
MORE_SEEDS = (1, 2, 3)
PUBLISHED = "published: SAR .382, LightGCN .420, BPR .442, BiVAE .475"
TARGETS = {
    Protocol.RANDOM: {"two_tower": ">= .495", "funnel": ">= .505"},
    Protocol.TIME: {"funnel": ">= .20"},
}
BOOSTED = "boosted trees"
ALL = ("popularity", "ease", "transitions", "two_tower", "funnel", BOOSTED)


def main() -> list[dict[str, Any]]:
    """Rows of nDCG@10, each beside EASE, the strongest model that needs no training loop."""
    published = judged(Protocol.RANDOM, PUBLISHED_SEED)
    more = [judged(Protocol.RANDOM, seed) for seed in MORE_SEEDS]
    later = judged(Protocol.TIME, PUBLISHED_SEED)
    return [
        *rows_of(published, Protocol.RANDOM, "random 75/25, published split"),
        *rows_of_means(more),
        *rows_of(later, Protocol.TIME, "global time 80/20"),
    ]


def judged(protocol: Protocol, seed: int) -> Evaluation:
    """One evaluation, with trees in the ranker's place beside it."""
    profiles, titles, ratings, times = np.array(lines("inter")).T
    history = Interactions.of(
        profiles.tolist(), titles.tolist(), times.astype(float), ratings.astype(float)
    )
    began = time.monotonic()

    def say(words: str, step: int, total: int) -> None:
        print(f"{time.monotonic() - began:5.0f} s  {step}/{total} {words}", file=sys.stderr)

    split = split_rows(history, protocol, seed)
    return evaluate(split, KS, Settings.read().seed, say, {BOOSTED: fit_boosted})


def rows_of(found: Evaluation, protocol: Protocol, words: str) -> list[dict[str, Any]]:
    """A line a contender: mean and interval over profiles, beside EASE profile by profile."""
    counts = found.counts
    what = (
        f"{words}: {counts['training rows']:,} / {counts['test rows']:,} rows, "
        f"{counts['profiles judged']:,} profiles"
    )
    rows = []
    for name in (name for name in ALL if name in found.intervals):
        one = found.intervals[name][METRIC]
        difference = found.difference(name, "ease", METRIC)
        peer = f"EASE {found.intervals['ease'][METRIC].mean:.4f}, difference " + (
            f"{difference.mean:+.4f} [{difference.low:+.4f}, {difference.high:+.4f}]"
        )
        rows.append({
            "name": f"nDCG@10, {what}: {name}",
            "ours": f"{one.mean:.4f} [{one.low:.3f}, {one.high:.3f}]",
            "peer": peer if name != "ease" else PUBLISHED if protocol is Protocol.RANDOM else "",
            "ratio": f"{one.mean / found.intervals['ease'][METRIC].mean:.2f}x",
            "target": TARGETS[protocol].get(name, ""),
        })  # fmt: skip
    return rows


def rows_of_means(found: list[Evaluation]) -> list[dict[str, Any]]:
    """A line a contender: the mean over draws, and from where to where they went."""
    ease = np.mean([one.intervals["ease"][METRIC].mean for one in found])
    rows = []
    for name in ALL:
        means = [one.intervals[name][METRIC].mean for one in found]
        rows.append({
            "name": f"nDCG@10, random 75/25, mean of {len(found)} more draws: {name}",
            "ours": f"{np.mean(means):.4f} ({min(means):.4f} to {max(means):.4f})",
            "peer": f"EASE {ease:.4f}",
            "ratio": f"{np.mean(means) / ease:.2f}x",
            "target": TARGETS[Protocol.RANDOM].get(name, ""),
        })  # fmt: skip
    return rows


if __name__ == "__main__":
    for one in main():
        print(" | ".join(map(str, one.values())))

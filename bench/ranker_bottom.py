"""Compare what learns on top of the ranker's wide part: nothing, a shared bottom, experts behind gates.

python -m bench.ranker_bottom; the tables of docs/adr/0052 come from it. MovieLens-100k is divided
inside the training parts of its splits, so that no test part takes part in a choice; the other
logs are made (bench/disagreeing.py). All contenders see the same rows and rank the same candidates.
Intervals are 95 %, paired, over profiles; a profile's values are means over training seeds first.
"""

from __future__ import annotations

import sys
import time
from collections import defaultdict
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from bench.ranker_cases import cases
from jobs.training.judging import funnel_lists
from lakehouse.settings import Settings
from models.metrics import interval, judge
from models.ranker.encoding import Encoding
from models.ranker.fit import batchable, calibrated, fit, learnable
from models.ranker.network import Recipe, learn
from models.ranker.ranker import ROWS_AT_ONCE, Ranker
from models.ranker.wide import fit_wide

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    from bench.ranker_cases import Case
    from models.ranker.examples import Columns, Rows

    Fit = Callable[[Rows, list[str], int], Ranker]

SEEDS = (1, 2, 3)
EXPERTS = 3
LONGER = 3  # times the epochs of a night: where more training would change the answer
ROUNDS = 300


class Mixture(Ranker):
    """A ranker whose heads each mix the same experts by a softmax gate of their own."""

    def logits(self, columns: Columns) -> NDArray[np.float32]:
        """[rows, heads] before calibration."""
        inputs = self.encoding.matrix(columns)
        parts = np.array_split(inputs, -(-len(inputs) // ROWS_AT_ONCE))
        told = [np.asarray(mixed_logits(self.layers, part)) for part in parts]
        wide: NDArray[np.float32] = inputs @ self.layers["wide"] + self.layers["shift"]
        return np.concatenate(told) + wide


def mixed_logits(weights: dict[str, Any], inputs: Any) -> Any:
    """[rows, heads] what the mixture adds to the wide part (Ma et al. 2018, multi-gate).

    `experts` [inputs, experts * width], `gates` [inputs, heads * experts], `heads` [heads, width].
    """
    import tensorflow as tf

    heads, width = weights["heads"].shape
    found = tf.nn.relu(inputs @ weights["experts"] + weights["experts_shift"])
    found = tf.reshape(found, (-1, found.shape[1] // width, width))
    gates = tf.reshape(
        inputs @ weights["gates"] + weights["gates_shift"], (-1, heads, found.shape[1])
    )
    mixed = tf.einsum("rhe,rew->rhw", tf.nn.softmax(gates, axis=2), found)
    return tf.einsum("rhw,hw->rh", mixed, weights["heads"])


def fit_mixture(rows: Rows, names: list[str], seed: int, recipe: Recipe, experts: int) -> Ranker:
    """As `models.ranker.fit`, with a mixture of as many weights an input as the shared bottom has."""
    heads, absent = learnable(rows)
    encoding = Encoding.of(rows.columns, names)
    data = batchable(rows, encoding, heads, recipe.own_share)
    wide = fit_wide(data.inputs, data.outcomes, data.weights, data.own, recipe.wide_decay)
    width = (recipe.hidden - experts * len(heads)) // experts
    draws, inputs = np.random.default_rng(seed), data.inputs.shape[1]
    start = {
        "experts": draws.normal(0, 1 / np.sqrt(inputs), (inputs, experts * width)),
        "experts_shift": np.zeros(experts * width),
        "gates": draws.normal(0, 1 / np.sqrt(inputs), (inputs, len(heads) * experts)),
        "gates_shift": np.zeros(len(heads) * experts),
        "heads": np.zeros((len(heads), width)),
    }
    told = wide.logits(data.inputs, data.own)
    deep, _ = learn(start, mixed_logits, data, told, recipe, draws)
    layers = {**deep, "wide": wide.weights, "shift": wide.shift}
    bare = Mixture(encoding, layers, {}, names, {"absent_heads": absent})
    return replace(bare, lines=calibrated(bare, rows, rows, heads))


def fit_shared(rows: Rows, names: list[str], seed: int, recipe: Recipe) -> Ranker:
    """The ranker of the night."""
    return fit(rows, names, recipe, seed)


def contenders() -> dict[str, tuple[Fit, str]]:
    """Name to what fits it and to the contender beside which it stands, if any."""
    night = Recipe()
    longer = replace(night, epochs=LONGER * night.epochs)
    more = f"shared bottom, {LONGER}x"
    return {
        "shared bottom": (partial(fit_shared, recipe=night), ""),
        "wide only": (partial(fit_shared, recipe=replace(night, epochs=0)), "shared bottom"),
        "MMoE": (partial(fit_mixture, recipe=night, experts=EXPERTS), "shared bottom"),
        more: (partial(fit_shared, recipe=longer), "shared bottom"),
        f"MMoE, {LONGER}x": (partial(fit_mixture, recipe=longer, experts=EXPERTS), more),
    }


class Found(NamedTuple):
    """What one contender gave on one case: metric to a list of what its seeds gave."""

    ndcg: dict[str, NDArray[np.float64]]
    """Head to [profiles]."""
    told: dict[str, NDArray[np.float64]]
    """Head to [1 + ROUNDS, 2] AUC and PR-AUC: of all profiles, then of profiles drawn again."""
    seconds: float


def tried(case: Case, fit_one: Fit) -> Found:
    """Fit with every seed and judge: means over seeds."""
    seconds, ndcg, told = [], defaultdict(list), defaultdict(list)
    for seed in SEEDS:
        began = time.process_time()
        ranker = fit_one(case.rows, case.names, seed)
        seconds.append(time.process_time() - began)
        lists = funnel_lists(case.snapshot, ranker, 10)
        logits = ranker.logits(case.judged.columns)
        for place, head in enumerate(ranker.heads):
            told[head].append(resampled(case.judged, head, logits[:, place]))
            ndcg[head].append(judge(lists, *case.wanted[head]).ndcg(10))
    return Found(_means(ndcg), _means(told), float(np.mean(seconds)))


def _means(found: dict[str, list[NDArray[np.float64]]]) -> dict[str, NDArray[np.float64]]:
    return {head: np.mean(values, axis=0) for head, values in found.items()}


def resampled(rows: Rows, head: str, scores: NDArray[np.float32]) -> NDArray[np.float64]:
    """[1 + ROUNDS, 2] AUC and PR-AUC; equal calls draw equal profiles, so differences are paired."""
    draws = np.random.default_rng(0)
    known = np.flatnonzero(~np.isnan(rows.outcomes[head]))
    order = known[np.argsort(-scores[known], kind="stable")]
    true = rows.outcomes[head][order] == 1
    owners = np.unique(rows.profiles, return_inverse=True)[1]
    count, owners = owners.max() + 1, owners[order]
    drawn = (np.bincount(draws.integers(0, count, count), minlength=count) for _ in range(ROUNDS))
    return np.array([_weighted(true, often[owners]) for often in (np.ones(count, int), *drawn)])


def _weighted(true: NDArray[np.bool_], often: NDArray[np.int64]) -> tuple[float, float]:
    """AUC and PR-AUC of rows by falling score, each there so often."""
    hits, misses = np.cumsum(often * true), np.cumsum(often * ~true)
    area = float((often * ~true) @ hits) / float(hits[-1] * misses[-1])
    precision = float((often * true) @ (hits / np.maximum(hits + misses, 1))) / float(hits[-1])
    return area, precision


def table(name: str, found: dict[str, list[Found]]) -> list[str]:
    """Markdown: the value of the first contender, and what each other one gives beside another."""
    named = contenders().items()
    head = ["what", *(f"{one}, beside {beside}" if beside else one for one, (_, beside) in named)]
    written = [f"\n{name}\n", f"| {' | '.join(head)} |", "|---" * len(head) + "|"]
    for outcome in found["shared bottom"][0].ndcg:
        for place, metric in enumerate(("AUC", "PR-AUC", "nDCG@10")):
            cells = (
                _cell(found[one], found.get(beside), outcome, place) for one, (_, beside) in named
            )
            written.append(f"| {outcome} {metric} | {' | '.join(cells)} |")
    seconds = (f"{np.mean([log.seconds for log in found[one]]):.1f}" for one, _ in named)
    return [*written, f"| CPU-s a fit | {' | '.join(seconds)} |"]


def _cell(ours: list[Found], theirs: list[Found] | None, head: str, place: int) -> str:
    """A mean over the logs of a case, or a difference of two with its interval."""
    if theirs is None:
        values = [
            log.told[head][0, place] if place < 2 else np.nanmean(log.ndcg[head]) for log in ours
        ]
        return f"{np.mean(values):.4f}"
    pairs = list(zip(ours, theirs, strict=True))
    if place < 2:
        told = np.mean([(a.told[head] - b.told[head])[:, place] for a, b in pairs], axis=0)
        mean, (low, high) = told[0], np.percentile(told[1:], [2.5, 97.5])
    else:
        mean, low, high, _ = interval(
            np.concatenate([a.ndcg[head] - b.ndcg[head] for a, b in pairs]), 0
        )
    return f"{mean:+.4f} [{low:+.4f}, {high:+.4f}]"


def main() -> None:
    """One table a case."""
    for name, logs in cases(Settings.read().seed):
        found: dict[str, list[Found]] = {one: [] for one in contenders()}
        for case in logs:
            for one, (fit_one, _) in contenders().items():
                found[one].append(tried(case, fit_one))
                print(f"{time.process_time():6.0f} CPU-s  {one}", file=sys.stderr)
            rows = {head: int((~np.isnan(told)).sum()) for head, told in case.rows.outcomes.items()}
            print(f"learned from {rows}", file=sys.stderr)
        print("\n".join(table(name, found)), flush=True)


if __name__ == "__main__":
    main()

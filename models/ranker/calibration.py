"""Turn scores into probabilities by a line through log-odds, which keeps every order."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

STEPS = 50
SMALLEST_SHARE = 1e-6
SMALLEST_SLOPE = 1e-3  # a calibration must not turn the order round


class Line(NamedTuple):
    """probability = 1 / (1 + exp(-(slope * score + shift)))"""

    slope: float
    shift: float

    def probabilities(self, scores: NDArray[np.float32]) -> NDArray[np.float32]:
        """[n] of scores [n]."""
        odds = np.clip(self.slope * scores.astype(np.float64) + self.shift, -30, 30)
        return (1 / (1 + np.exp(-odds))).astype(np.float32)


def fit_line(scores: NDArray[np.float32], outcomes: NDArray[np.float32]) -> Line:
    """Platt scaling by Newton's method, with his smoothed targets (Platt 1999, section 2.2).

    Smoothing keeps a head with few outcomes of a kind from ever saying 0 or 1.
    """
    spread = float(scores.std()) or 1.0
    x = np.stack([scores.astype(np.float64) / spread, np.ones(len(scores))], axis=1)
    positives = float(outcomes.sum())
    high = (positives + 1) / (positives + 2)
    low = 1 / (len(outcomes) - positives + 2)
    wanted = np.where(outcomes > 0, high, low)
    weights = np.array([1.0, np.log((positives + 1) / (len(outcomes) - positives + 1))])
    for _ in range(STEPS):
        p = 1 / (1 + np.exp(-np.clip(x @ weights, -30, 30)))
        slopes = x.T @ (p - wanted)
        curvature = (x * (p * (1 - p))[:, None]).T @ x + 1e-9 * np.eye(2)
        step = np.linalg.solve(curvature, slopes)
        weights = weights - _shortened(x, wanted, weights, step) * step
        if np.abs(step).max() < 1e-8:
            break
    return Line(max(float(weights[0]) / spread, SMALLEST_SLOPE), float(weights[1]))


def _shortened(
    x: NDArray[np.float64], wanted: NDArray[np.float64], weights: NDArray[np.float64],
    step: NDArray[np.float64],
) -> float:  # fmt: skip
    """The largest share of a step, halved time and again, that does not raise the loss.

    Whole steps leap to and fro for ever where scores are steep and what happened is not.
    """

    def loss(at: NDArray[np.float64]) -> float:
        odds = x @ at
        return float(np.sum(np.logaddexp(0, odds) - wanted * odds))

    now, share = loss(weights), 1.0
    while share > SMALLEST_SHARE and loss(weights - share * step) > now:
        share /= 2
    return share

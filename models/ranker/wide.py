"""Fit the wide part of the ranker: one weighted, shrunk logistic regression per head, in closed steps."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

STEPS = 25
LONGEST_STEP = 2.0  # of any weight: whole Newton steps can leap over the optimum at first
CLOSE = 1e-5


class Wide(NamedTuple):
    """Log-odds = inputs @ weights + shift, and + own_shift for rows of their own."""

    weights: NDArray[np.float32]
    """[inputs, heads]"""
    shift: NDArray[np.float32]
    """[heads]"""
    own_shift: NDArray[np.float32]
    """[heads] a sampled row and a ranked candidate are watched at very different rates."""

    def logits(self, inputs: NDArray[np.float32], own: NDArray[np.bool_]) -> NDArray[np.float32]:
        """[rows, heads]"""
        listed: NDArray[np.float32] = inputs @ self.weights + self.shift
        return listed + own[:, None].astype(np.float32) * self.own_shift


def fit_wide(
    inputs: NDArray[np.float32],
    outcomes: NDArray[np.float32],
    weights: NDArray[np.float32],
    own: NDArray[np.bool_],
    decay: float,
) -> Wide:
    """Minimise the weighted log loss of each head plus decay / 2 times its squared weights.

    `inputs` is [rows, inputs]; `outcomes` and `weights` are [rows, heads], rows of weight 0 take no
    part; `own` [rows] marks rows of their own. Neither shift is shrunk. Newton's method: the few
    dozen inputs make a step one product of matrices, and nothing is left to chance.
    """
    design = np.concatenate([inputs, np.ones((len(inputs), 1), np.float32), own[:, None]], axis=1)
    columns = [
        _newton(design[known], outcomes[known, head], weights[known, head], decay)
        for head in range(outcomes.shape[1])
        for known in [weights[:, head] > 0]
    ]
    found = np.stack(columns, axis=1).astype(np.float32)
    return Wide(found[:-2], found[-2], found[-1])


def _newton(
    design: NDArray[np.float32], happened: NDArray[np.float32], weights: NDArray[np.float32], decay: float
) -> NDArray[np.float64]:  # fmt: skip
    """[inputs + 2] of one head."""
    shrunk = np.full(design.shape[1], decay)
    shrunk[-2:] = 1e-3  # enough to keep a shift finite where no row tells it
    found = np.zeros(design.shape[1])
    for _ in range(STEPS):
        chances = 1 / (1 + np.exp(-np.clip(design @ found.astype(np.float32), -30, 30)))
        slopes = design.T @ (weights * (chances - happened)) + shrunk * found
        bent = (weights * chances * (1 - chances)).astype(np.float32)
        curvature = (design.T @ (design * bent[:, None])).astype(np.float64)
        step = np.linalg.solve(curvature + np.diag(shrunk), slopes)
        found -= np.clip(step, -LONGEST_STEP, LONGEST_STEP)
        if np.abs(step).max() < CLOSE:
            break
    return found

"""Make columns in which what will be watched is known, so that a ranker can be seen to learn."""

from __future__ import annotations

import numpy as np
import pytest

from features.declared import FEATURES
from models.ranker.examples import Rows

LISTS, WIDTH = 60, 12


def made_columns(count: int, seed: int) -> dict[str, np.ndarray]:
    """Every declared feature and one score at random."""
    draws = np.random.default_rng(seed)
    columns: dict[str, np.ndarray] = {}
    for feature in FEATURES:
        if feature.kind == "category":
            columns[feature.name] = draws.choice(["young", "old"], count)
        else:
            columns[feature.name] = draws.random(count).astype(np.float32)
    return columns | {"score": draws.normal(0, 1, count).astype(np.float32)}


@pytest.fixture
def rows() -> Rows:
    """Lists in which the score decides watching, the genre match decides liking."""
    draws = np.random.default_rng(2)
    count = LISTS * WIDTH
    columns = made_columns(count, 2)
    watched = (columns["score"] + 0.3 * draws.normal(0, 1, count) > 0.8).astype(np.float32)
    liked = np.where(watched > 0, columns["genre_match"] > 0.5, np.nan).astype(np.float32)
    completed = np.where(watched > 0, 1.0, np.nan).astype(np.float32)
    lists = np.repeat(np.arange(LISTS), WIDTH)
    outcomes = {"watched": watched, "completed": completed, "liked": liked}
    return Rows(columns, outcomes, lists, lists.astype(np.int32))

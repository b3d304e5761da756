"""Train the tower on windows of histories, and hand its weights over as arrays."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

import numpy as np
import tensorflow as tf

from models.last_titles.last_titles import LastTitles
from models.last_titles.tower import Tower
from models.last_titles.windows import windows
from models.two_tower.optimizer import FlatThenFalling, compile_steps

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from features.histories import Histories
    from models.last_titles.recipe import Recipe

log = logging.getLogger(__name__)


def train(histories: Histories, recipe: Recipe) -> LastTitles:
    """Learn what follows what; without a single window everybody gets what most watch."""
    tf.config.experimental.enable_op_determinism()
    shown = windows(histories)
    plays = np.bincount(histories.titles, minlength=len(histories.title_ids))
    tower = Tower(shown, plays, recipe)
    order = batches(len(shown.last), recipe)
    if len(order):
        rate = FlatThenFalling(recipe.learning_rate, len(order))
        compile_steps(tower, rate, len(order), recipe.resting_rows)
        tower.fit(tf.data.Dataset.from_tensor_slices(order), verbose=0)
        log.info("last titles: %d windows, loss %.3f", len(shown.last), tower.mean_loss.result())
    return LastTitles(
        tower.watched.numpy(), tower.vectors().numpy(),
        tower.weights_by_age.numpy(), tower.popularity.numpy(),
    )  # fmt: skip


def batches(count: int, recipe: Recipe) -> NDArray[np.int32]:
    """[steps, batch] window codes, each epoch in an order of its own; what is left over rests."""
    draws = np.random.default_rng(recipe.seed)
    size = min(recipe.batch_windows, count)
    steps = min(count, recipe.most_windows) // size if size else 0
    epochs = [
        draws.permutation(count)[: steps * size].reshape(steps, size) for _ in range(recipe.epochs)
    ]
    return np.concatenate(epochs).astype(np.int32)

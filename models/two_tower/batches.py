"""Feed steps from arrays: no Python runs between the columns and the training step."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import tensorflow as tf

if TYPE_CHECKING:
    from models.two_tower.recipe import Recipe
    from models.two_tower.watched_titles import WatchedTitles


def steps_an_epoch(profiles: int, recipe: Recipe) -> int:
    """How many steps show every profile once."""
    return -(-profiles // recipe.batch_profiles)


def batches(
    watched: WatchedTitles, recipe: Recipe, first_epoch: int, epochs: int
) -> tf.data.Dataset:
    """Steps of `batch_profiles` profiles each, those that watched anything, freshly shuffled.

    The order of an epoch derives from the seed and the epoch alone, so that a resumed training
    sees what an unbroken one would have. Each step holds `profiles` [batch], and per watched pair
    `rows` (places in the batch), `titles`, `recency`, `weights` [pairs].
    """
    counts = np.diff(watched.offsets)
    active = tf.constant(np.flatnonzero(counts), tf.int32)
    titles = tf.RaggedTensor.from_row_splits(tf.constant(watched.titles), watched.offsets)
    recency = tf.RaggedTensor.from_row_splits(tf.constant(watched.recency), watched.offsets)
    share = tf.constant(np.maximum(counts, 1.0) ** -recipe.profile_power, tf.float32)

    def shuffled(epoch: tf.Tensor) -> tf.data.Dataset:
        seed = tf.stack([tf.constant(recipe.seed, tf.int64), epoch])
        order = tf.random.experimental.stateless_shuffle(active, seed)
        return tf.data.Dataset.from_tensor_slices(order).batch(recipe.batch_profiles)

    def pairs(profiles: tf.Tensor) -> dict[str, tf.Tensor]:
        seen = tf.gather(titles, profiles)
        rows = tf.cast(seen.value_rowids(), tf.int32)
        return {
            "profiles": profiles,
            "rows": rows,
            "titles": seen.flat_values,
            "recency": tf.gather(recency, profiles).flat_values,
            "weights": tf.gather(share, tf.gather(profiles, rows)),
        }

    order = tf.data.Dataset.range(first_epoch, epochs).flat_map(shuffled)
    return order.map(pairs).prefetch(2)

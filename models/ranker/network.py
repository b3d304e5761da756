"""Train the layers of the ranker with TensorFlow: one shared bottom, one head per outcome."""

from __future__ import annotations

import os
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

os.environ.setdefault("TF_USE_LEGACY_KERAS", "1")
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")

Layers = dict[str, "NDArray[np.float32]"]


@dataclass(frozen=True)
class Recipe:
    """What a training is told besides its data."""

    hidden: int = 64
    """Units of the shared layer."""
    epochs: int = 8
    lists_a_batch: int = 16
    """Candidate lists, one a profile and moment, in each step."""
    rows_a_batch: int = 2048
    """Rows of their own beside each batch of lists."""
    learning_rate: float = 0.002
    decay: float = 1e-4
    """L2 on every weight matrix."""
    chance_weight: float = 0.1
    """What log loss counts beside the loss of lists, which knows order and no level."""

    def to_json(self) -> dict[str, Any]:
        """Plain values for meta.json and for the hash of the recipe."""
        return asdict(self)


@dataclass(frozen=True)
class Batchable:
    """Inputs with outcomes, lists first: what one training reads."""

    inputs: NDArray[np.float32]
    """[rows, inputs]"""
    outcomes: NDArray[np.float32]
    """[rows, heads] NaN where not to be known"""
    offsets: NDArray[np.int64]
    """[lists + 1] where each list begins; rows behind the last are rows of their own"""


def train(data: Batchable, recipe: Recipe, seed: int) -> tuple[Layers, list[float]]:
    """The weights of `forward.logits` and the loss of each epoch; same seed, same weights."""
    import tensorflow as tf

    draws = np.random.default_rng(seed)
    weights = {
        name: tf.Variable(value, name=name)
        for name, value in _start(data.inputs.shape[1], data.outcomes.shape[1], recipe, draws)
    }
    optimizer = tf.keras.optimizers.legacy.Adam(recipe.learning_rate)
    step = _step(weights, optimizer, recipe)
    batches = max(1, -(-(len(data.offsets) - 1) // recipe.lists_a_batch))
    total, done, curve = recipe.epochs * batches, 0, []
    for _ in range(recipe.epochs):
        losses = []
        for batch in _batches(data, recipe, draws, batches):
            # the rate falls to nothing over the second half
            optimizer.learning_rate = recipe.learning_rate * min(1.0, 2 - 2 * done / total)
            losses.append(float(step(*(tf.constant(part) for part in batch))))
            done += 1
        curve.append(float(np.mean(losses)))
    return {name: value.numpy() for name, value in weights.items()}, curve


def _start(
    inputs: int, heads: int, recipe: Recipe, draws: np.random.Generator
) -> Iterator[tuple[str, NDArray[np.float32]]]:
    scale = 1 / np.sqrt(max(inputs, 1))
    yield "bottom", draws.normal(0, scale, (inputs, recipe.hidden)).astype(np.float32)
    yield "bottom_shift", np.zeros(recipe.hidden, np.float32)
    yield "heads", np.zeros((recipe.hidden, heads), np.float32)
    yield (
        "wide",
        np.zeros((inputs, heads), np.float32),
    )  # what is plainly linear need not be learned
    yield "shift", np.zeros(heads, np.float32)
    # a sampled row and a candidate are watched at very different rates
    yield "row_shift", np.zeros(heads, np.float32)


def _step(weights: dict[str, Any], optimizer: Any, recipe: Recipe) -> Any:
    """One update from a batch of lists and of rows."""
    import tensorflow as tf

    def step(lists: Any, present: Any, listed: Any, rows: Any, row_outcomes: Any) -> Any:
        with tf.GradientTape() as tape:
            shape = tf.shape(lists)
            flat = tf.reshape(lists, [-1, lists.shape[-1]])
            logits = tf.reshape(_logits(weights, flat), [shape[0], shape[1], -1])
            own = _logits(weights, rows) + weights["row_shift"]
            loss = list_loss(logits[:, :, 0], listed[:, :, 0], present)
            loss += recipe.chance_weight * chance_loss(logits, listed)
            loss += chance_loss(own, row_outcomes)
            loss += recipe.decay * tf.add_n(
                [tf.reduce_sum(weights[name] ** 2) for name in ("bottom", "heads", "wide")]
            )
        slopes = tape.gradient(loss, list(weights.values()))
        optimizer.apply_gradients(zip(slopes, weights.values(), strict=True))
        return loss

    return tf.function(step, reduce_retracing=True)


def _logits(weights: dict[str, Any], inputs: Any) -> Any:
    import tensorflow as tf

    shared = tf.nn.relu(inputs @ weights["bottom"] + weights["bottom_shift"])
    return shared @ weights["heads"] + inputs @ weights["wide"] + weights["shift"]


def list_loss(logits: Any, happened: Any, present: Any) -> Any:
    """Softmax over each list, minus the log chance of each title that was watched; mean over them.

    `logits`, `happened`, `present` are [lists, width]; what is not present takes no part.
    """
    import tensorflow as tf

    chances = tf.nn.log_softmax(tf.where(present, logits, -1e9))
    hits = tf.where(present, happened, 0.0)
    return -tf.reduce_sum(tf.where(hits > 0, chances, 0.0)) / tf.maximum(tf.reduce_sum(hits), 1.0)


def chance_loss(logits: Any, outcomes: Any) -> Any:
    """Log loss per head over the outcomes that are known, summed over heads."""
    import tensorflow as tf

    known = tf.math.is_finite(outcomes)
    wanted = tf.where(known, outcomes, 0.0)
    losses = tf.nn.sigmoid_cross_entropy_with_logits(labels=wanted, logits=logits)
    axes = list(range(len(logits.shape) - 1))
    counts = tf.reduce_sum(tf.cast(known, tf.float32), axes)
    sums = tf.reduce_sum(tf.where(known, losses, 0.0), axes)
    return tf.reduce_sum(sums / tf.maximum(counts, 1.0))


def _batches(
    data: Batchable, recipe: Recipe, draws: np.random.Generator, batches: int
) -> Iterator[tuple[NDArray[np.generic], ...]]:
    """Lists padded to the longest, and beside them rows of their own, each once an epoch."""
    lists = draws.permutation(len(data.offsets) - 1)
    rows = data.offsets[-1] + draws.permutation(len(data.inputs) - data.offsets[-1])
    width = int(np.diff(data.offsets).max(initial=1))
    for number in range(batches):
        chosen = lists[number * recipe.lists_a_batch : (number + 1) * recipe.lists_a_batch]
        places = data.offsets[chosen][:, None] + np.arange(width)
        present = places < data.offsets[chosen + 1][:, None]
        places = np.where(present, places, 0)
        listed = np.where(present[:, :, None], data.outcomes[places], np.float32(np.nan))
        own = rows[number::batches][: recipe.rows_a_batch]
        yield data.inputs[places], present, listed, data.inputs[own], data.outcomes[own]

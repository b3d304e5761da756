"""Train the layers of the ranker: a wide part in closed steps, then a shared bottom on what it leaves."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from models.ranker.wide import fit_wide

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from numpy.typing import NDArray

    Logits = Callable[[dict[str, Any], Any], Any]
    """From weights by name and inputs, [rows, inputs], to [rows, heads]."""


Layers = dict[str, "NDArray[np.float32]"]


@dataclass(frozen=True)
class Recipe:
    """What a training is told besides its data; docs/adr/0052 has the measurements."""

    wide_decay: float = 30.0
    """L2 on the weights of the wide part, beside a weight of one a row."""
    hidden: int = 32
    """Units of the shared bottom."""
    epochs: int = 4
    """Passes over all rows in which the bottom learns."""
    rows_a_batch: int = 4096
    learning_rate: float = 0.005
    """Adam's, falling linearly to nothing over the second half; .002 does not arrive in four epochs."""
    decay: float = 1e-3
    """L2 on the bottom and its heads, beside the mean loss of a row."""
    own_share: float = 0.25
    """What all rows of their own weigh beside all rows of lists: those are what it will rank."""

    def to_json(self) -> dict[str, Any]:
        """Plain values for meta.json and for the hash of the recipe."""
        return asdict(self)


@dataclass(frozen=True)
class Batchable:
    """What one training reads."""

    inputs: NDArray[np.float32]
    """[rows, inputs]"""
    outcomes: NDArray[np.float32]
    """[rows, heads] 0 where not to be known"""
    weights: NDArray[np.float32]
    """[rows, heads] 0 where not to be known, else about one"""
    own: NDArray[np.bool_]
    """[rows] not a candidate of a list but a row of its own"""


def train(data: Batchable, recipe: Recipe, seed: int) -> tuple[Layers, list[float]]:
    """The weights of `ranker.forward` and the loss of each epoch; same seed, same weights."""
    wide = fit_wide(data.inputs, data.outcomes, data.weights, data.own, recipe.wide_decay)
    draws = np.random.default_rng(seed)
    scale = 1 / np.sqrt(max(data.inputs.shape[1], 1))
    start = {
        "bottom": draws.normal(0, scale, (data.inputs.shape[1], recipe.hidden)),
        "bottom_shift": np.zeros(recipe.hidden),
        "heads": np.zeros((recipe.hidden, data.outcomes.shape[1])),  # it begins as the wide part
    }
    told = wide.logits(data.inputs, data.own)
    deep, curve = learn(start, bottom_logits, data, told, recipe, draws)
    return {**deep, "wide": wide.weights, "shift": wide.shift}, curve


def learn(
    start: Mapping[str, NDArray[np.float64]], logits: Logits, data: Batchable,
    told: NDArray[np.float32], recipe: Recipe, draws: np.random.Generator,
) -> tuple[Layers, list[float]]:  # fmt: skip
    """Weights by Adam from where they start, and the loss of each epoch.

    `logits` of weights and inputs are added to what is `told`, [rows, heads], already. Every weight
    decays but shifts, whose names say so.
    """
    import tensorflow as tf

    weights = {name: tf.Variable(value.astype(np.float32), name=name) for name, value in start.items()}  # fmt: skip
    optimizer = tf.keras.optimizers.legacy.Adam(recipe.learning_rate)
    step = _step(weights, logits, optimizer, recipe)
    batches = -(-len(data.inputs) // recipe.rows_a_batch)
    total, done, curve = recipe.epochs * batches, 0, []
    for _ in range(recipe.epochs):
        losses = []
        for rows in _batches(len(data.inputs), recipe, draws):
            optimizer.learning_rate = recipe.learning_rate * min(1.0, 2 - 2 * done / total)
            batch = data.inputs[rows], told[rows], data.outcomes[rows], data.weights[rows]
            losses.append(float(step(*(tf.constant(part) for part in batch))))
            done += 1
        curve.append(float(np.mean(losses)))
    return {name: value.numpy() for name, value in weights.items()}, curve


def _step(weights: dict[str, Any], logits: Logits, optimizer: Any, recipe: Recipe) -> Any:
    """One update from a batch."""
    import tensorflow as tf

    decaying = [weight for name, weight in weights.items() if not name.endswith("shift")]

    def step(inputs: Any, told: Any, outcomes: Any, known: Any) -> Any:
        with tf.GradientTape() as tape:
            loss = chance_loss(told + logits(weights, inputs), outcomes, known)
            loss += recipe.decay * tf.add_n([tf.reduce_sum(weight**2) for weight in decaying])
        slopes = tape.gradient(loss, list(weights.values()))
        optimizer.apply_gradients(zip(slopes, weights.values(), strict=True))
        return loss

    return tf.function(step, reduce_retracing=True)


def bottom_logits(weights: dict[str, Any], inputs: Any) -> Any:
    """[rows, heads] what the shared bottom adds to the wide part."""
    import tensorflow as tf

    return tf.nn.relu(inputs @ weights["bottom"] + weights["bottom_shift"]) @ weights["heads"]


def chance_loss(logits: Any, outcomes: Any, weights: Any) -> Any:
    """Log loss per head, the mean by weight, summed over heads; all are [rows, heads]."""
    import tensorflow as tf

    losses = tf.nn.sigmoid_cross_entropy_with_logits(labels=outcomes, logits=logits) * weights
    told = tf.maximum(tf.reduce_sum(weights, 0), 1e-9)
    return tf.reduce_sum(tf.reduce_sum(losses, 0) / told)


def _batches(count: int, recipe: Recipe, draws: np.random.Generator) -> Iterator[NDArray[np.int64]]:
    """Places of rows, each once an epoch."""
    order = draws.permutation(count)
    for start in range(0, count, recipe.rows_a_batch):
        yield order[start : start + recipe.rows_a_batch]

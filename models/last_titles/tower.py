"""Learn which titles follow the last few, in the space that both share."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import tensorflow as tf
import tensorflow_recommenders as tfrs

from models.two_tower.losses import full_softmax, sampled_softmax

if TYPE_CHECKING:
    from typing import TypeAlias

    from numpy.typing import NDArray

    from models.last_titles.recipe import Recipe
    from models.last_titles.windows import Windows

    Tensor: TypeAlias = tf.Tensor


MOVE = 0.3
"""How far a step moves what comes apart from what was watched: 0 knows no direction, 1 forgets that
both are one title (docs/adr/0051)."""


class Tower(tfrs.Model):  # type: ignore[misc]
    """The last titles point where the next title lies.

    A title comes near where it lies as a watched one, moved a little: one table that both sides
    share learns from twice as much, and the small move tells a sequel from what it follows.

    The last titles never stand in the softmax: what was just watched is not what comes next.
    """

    def __init__(self, windows: Windows, plays: NDArray[np.int64], recipe: Recipe) -> None:
        super().__init__()
        self.last, self.coming = tf.constant(windows.last), tf.constant(windows.coming)
        self.recipe, self.titles = recipe, len(plays)
        spread = tf.keras.initializers.RandomUniform(-0.05, 0.05, seed=recipe.seed)
        shape = (len(plays), recipe.dimension)
        self.watched = self.add_weight("watched", shape, initializer=spread)
        self.moved = self.add_weight("moved", shape, initializer="zeros")
        length = windows.last.shape[1]
        weights = tf.constant_initializer(1.0 / np.arange(1, length + 1))
        self.weights_by_age = self.add_weight("weights", (length,), initializer=weights)
        share = (plays + 1.0) / (plays + 1.0).sum()
        popularity = tf.constant_initializer(np.log(share))
        self.popularity = self.add_weight("popularity", (len(plays),), initializer=popularity)
        self.mean_loss = tf.keras.metrics.Mean("mean_loss")

    def compute_loss(self, chosen: Tensor, training: bool = False) -> Tensor:
        """The mean of -log p over the coming titles of chosen windows [batch]."""
        del training
        last, coming = tf.gather(self.last, chosen), tf.gather(self.coming, chosen)
        pairs = tf.cast(tf.where(coming >= 0), tf.int32)
        rows, titles = pairs[:, 0], tf.gather_nd(coming, pairs)
        pointed = self.pointed(last)
        if self.recipe.negatives:
            loss = self._sampled(pointed, last, rows, titles)
        else:
            logits = tf.matmul(pointed, self.vectors(), transpose_b=True) + self.popularity
            known = tf.cast(tf.where(last >= 0), tf.int32)
            hidden = tf.stack([known[:, 0], tf.gather_nd(last, known)], axis=1)
            loss = full_softmax(logits, rows, titles, tf.ones_like(titles, tf.float32), hidden)
        self.mean_loss.update_state(loss)
        return loss

    def vectors(self, titles: Tensor | None = None) -> Tensor:
        """[titles, dimension] where titles lie as what comes."""
        if titles is None:
            return self.watched + MOVE * self.moved
        return tf.gather(self.watched, titles) + MOVE * tf.gather(self.moved, titles)

    def pointed(self, last: Tensor) -> Tensor:
        """[batch, dimension] where last titles [batch, length] point; -1 is no title."""
        vectors = tf.gather(self.watched, tf.maximum(last, 0))
        weights = tf.where(last >= 0, self.weights_by_age, 0.0)
        return tf.reduce_sum(vectors * weights[:, :, tf.newaxis], axis=1)

    def _sampled(self, pointed: Tensor, last: Tensor, rows: Tensor, titles: Tensor) -> Tensor:
        drawn = self.drawn()
        vectors, popularity = self.vectors(titles), tf.gather(self.popularity, titles)
        wanted = tf.reduce_sum(tf.gather(pointed, rows) * vectors, axis=1) + popularity
        logits = tf.matmul(pointed, self.vectors(drawn), transpose_b=True)
        logits += tf.gather(self.popularity, drawn)
        log_expected = tf.fill(tf.shape(drawn), np.log(self.recipe.negatives / self.titles))
        own = tf.stack([rows, titles], axis=1)
        length = tf.shape(last)[1]
        shown = tf.stack(
            [tf.repeat(tf.range(tf.shape(last)[0]), length), tf.reshape(last, [-1])], axis=1
        )
        taken = tf.concat([own, shown], axis=0)
        same = tf.cast(tf.where(taken[:, 1:] == drawn[tf.newaxis, :]), tf.int32)
        hits = tf.stack([tf.gather(taken[:, 0], same[:, 0]), same[:, 1]], axis=1)
        return sampled_softmax(
            wanted, rows, tf.ones_like(wanted), logits, tf.cast(log_expected, tf.float32), hits
        )

    def drawn(self) -> Tensor:
        """[negatives] titles drawn evenly, shared by all windows of a step."""
        seed = tf.stack([tf.constant(self.recipe.seed, tf.int64), self.step])
        return tf.random.stateless_uniform(
            [self.recipe.negatives], seed, 0, self.titles, dtype=tf.int32
        )

    @property
    def step(self) -> Tensor:
        """How many steps this model has taken."""
        return tf.cast(self.optimizer.iterations, tf.int64)

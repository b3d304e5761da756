"""Compute the softmax of the towers: over every title, or over drawn titles with corrections."""

from __future__ import annotations

from typing import TYPE_CHECKING

import tensorflow as tf

if TYPE_CHECKING:
    from typing import TypeAlias

    Tensor: TypeAlias = tf.Tensor

NEVER = -1e9


def full_softmax(
    logits: Tensor, rows: Tensor, titles: Tensor, weights: Tensor, hidden: Tensor | None = None
) -> Tensor:
    """The mean of -log p over watched pairs, grouped: one row of logits serves a whole profile.

    logits [batch, titles]; the pairs are (rows, titles) [pairs], weighed by weights [pairs];
    hidden [n, 2] are places left out of the softmax, such as titles that the tower was shown.
    """
    places = tf.stack([rows, titles], axis=1)
    wanted = tf.gather_nd(logits, places)
    if hidden is not None:
        never = tf.fill(tf.shape(hidden)[:1], NEVER)
        logits = tf.tensor_scatter_nd_update(logits, hidden, never)
    total = tf.reduce_logsumexp(logits, axis=1)
    return _weighted_mean(tf.gather(total, rows) - wanted, weights)


def sampled_softmax(
    wanted: Tensor,
    rows: Tensor,
    weights: Tensor,
    drawn_logits: Tensor,
    log_expected: Tensor,
    hits: Tensor,
) -> Tensor:
    """The same mean with the rest of the catalogue estimated from drawn titles.

    The sum under the fraction is that of a profile's own titles, exact, and of drawn titles, each
    divided by how often it was expected to be drawn (logQ correction, Bengio & Senecal 2008;
    Yi et al. 2019): a popular title is drawn often and must not be punished for it. Drawn titles
    that the profile watched are accidental hits: they stand in the exact part and are left out.

    wanted, rows, weights [pairs]; drawn_logits [batch, drawn]; log_expected [drawn], the log of
    expected draws over actual draws; hits [n, 2] places (row, drawn).
    """
    corrected = drawn_logits - log_expected[tf.newaxis, :]
    never = tf.fill(tf.shape(hits)[:1], NEVER)
    corrected = tf.tensor_scatter_nd_update(corrected, hits, never)
    # any number may be taken out of the exponent; this one is the same for both parts
    highest = tf.stop_gradient(tf.maximum(tf.reduce_max(corrected), tf.reduce_max(wanted)))
    others = tf.reduce_sum(tf.exp(corrected - highest), axis=1)
    own = tf.math.unsorted_segment_sum(tf.exp(wanted - highest), rows, tf.shape(drawn_logits)[0])
    total = tf.math.log(others + own + 1e-30) + highest
    return _weighted_mean(tf.gather(total, rows) - wanted, weights)


def _weighted_mean(values: Tensor, weights: Tensor) -> Tensor:
    return tf.reduce_sum(values * weights) / tf.maximum(tf.reduce_sum(weights), 1e-9)

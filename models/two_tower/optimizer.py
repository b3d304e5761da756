"""Optimize towers: Adam that lets unused rows rest, its rate, and steps that are traced once."""

from __future__ import annotations

from typing import TYPE_CHECKING

import tensorflow as tf

if TYPE_CHECKING:
    from typing import TypeAlias

    Tensor: TypeAlias = tf.Tensor


class RowAdam(tf.keras.optimizers.legacy.Adam):  # type: ignore[misc]
    """Adam (Kingma & Ba 2015) whose moments of a row rest while the row does.

    Keras moves every row of a table at every step: with many profiles that is most of the work.
    """

    def _resource_apply_sparse(
        self, grad: Tensor, var: tf.Variable, indices: Tensor, apply_state: object = None
    ) -> tf.Operation:
        """Apply grad [rows, d] to var at distinct indices [rows]."""
        state = apply_state or {}
        known = state.get((var.device, var.dtype.base_dtype)) if isinstance(state, dict) else None
        rates = known or self._fallback_apply_state(var.device, var.dtype.base_dtype)
        first, second = self.get_slot(var, "m"), self.get_slot(var, "v")
        m = rates["beta_1_t"] * tf.gather(first, indices) + rates["one_minus_beta_1_t"] * grad
        v = rates["beta_2_t"] * tf.gather(second, indices) + rates["one_minus_beta_2_t"] * grad**2
        moved = rates["lr"] * m / (tf.sqrt(v) + rates["epsilon"])
        return tf.group(
            first.scatter_update(tf.IndexedSlices(m, indices)),
            second.scatter_update(tf.IndexedSlices(v, indices)),
            var.scatter_sub(tf.IndexedSlices(moved, indices)),
        )


class FlatThenFalling(tf.keras.optimizers.schedules.LearningRateSchedule):  # type: ignore[misc]
    """One rate for the first half of the steps, then falling linearly to nothing."""

    def __init__(self, rate: float, steps: int) -> None:
        self.rate, self.steps = rate, steps

    def __call__(self, step: Tensor) -> Tensor:
        """The rate of a step."""
        done = tf.cast(step, tf.float32) / float(self.steps)
        return self.rate * tf.clip_by_value(2.0 * (1.0 - done), 0.0, 1.0)

    def get_config(self) -> dict[str, float]:
        """What rebuilds it."""
        return {"rate": self.rate, "steps": self.steps}


def compile_steps(model: tf.keras.Model, rate: FlatThenFalling, steps: int, resting: bool) -> None:
    """Compile a model so that all its steps are one call: a call a step, and Python would show."""
    optimizer = (RowAdam if resting else tf.keras.optimizers.legacy.Adam)(rate)
    model.compile(optimizer=optimizer, steps_per_execution=steps)
    # Keras would make them inside the first trace and then trace a second time, a second a model
    optimizer._create_all_weights(model.trainable_variables)

"""Train the towers: ids and content, then the history path; resumable, repeatable."""

from __future__ import annotations

import logging
import resource
import time
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np
import tensorflow as tf

from models.two_tower.attributes import Words, popularity_tokens
from models.two_tower.batches import batches, steps_an_epoch
from models.two_tower.checkpoints import Checkpoints
from models.two_tower.network import Drawing, HistoryTowers, IdTowers, TitleContent, Trainable
from models.two_tower.optimizer import FlatThenFalling, compile_steps
from models.two_tower.towers import Towers
from models.two_tower.watched_titles import WatchedTitles, watched_titles

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from features.histories import Histories
    from models.two_tower.attributes import ProfileAttributes, TitleAttributes
    from models.two_tower.recipe import Recipe

log = logging.getLogger(__name__)


@dataclass
class Progress:
    """What a training leaves to show."""

    losses: dict[str, list[float]] = field(default_factory=dict)
    """Stage to its mean loss per epoch"""
    pairs: int = 0
    """Watched pairs shown, over all epochs"""
    seconds: float = 0.0
    """By the clock on the wall, loading TensorFlow aside"""
    cpu_seconds: float = 0.0
    """Of the process in that time"""
    peak_bytes: int = 0
    resumed_at: int = 0
    """How many epochs came out of a checkpoint"""

    @property
    def pairs_per_cpu_second(self) -> float:
        """The speed that benchmarks compare."""
        return self.pairs / max(self.cpu_seconds, 1e-9)

    @property
    def pairs_per_second(self) -> float:
        """The speed that one waits for."""
        return self.pairs / max(self.seconds, 1e-9)

    @contextmanager
    def measured(self) -> Iterator[None]:
        """Count time and memory of the block as those of the training."""
        began, cpu_began = time.monotonic(), time.process_time()
        yield
        self.seconds += time.monotonic() - began
        self.cpu_seconds += time.process_time() - cpu_began
        self.peak_bytes = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024


def train(
    histories: Histories,
    recipe: Recipe,
    titles: TitleAttributes | None = None,
    profiles: ProfileAttributes | None = None,
    checkpoints: Path | None = None,
    progress: Progress | None = None,
) -> Towers:
    """Learn towers from histories and, where there are any, attributes.

    Same data, recipe and thread count give the same weights. With a checkpoint folder, a training
    that was killed goes on where it was; what the folder held of it is removed at the end.
    """
    tf.config.experimental.enable_op_determinism()
    shown = progress or Progress()
    with shown.measured():
        words = Words.of(histories, titles, profiles)
        saved = Checkpoints(checkpoints, histories, recipe, words)
        return _trained(histories, recipe, words, saved, shown)


def _trained(
    histories: Histories, recipe: Recipe, words: Words, saved: Checkpoints, shown: Progress
) -> Towers:
    watched = watched_titles(histories, recipe.recency_power, recipe.history_length)
    plays = np.bincount(watched.titles, minlength=len(histories.title_ids))
    drawing = Drawing(plays, recipe)
    given = TitleContent(
        words.title_tokens, popularity_tokens(plays), (plays > 0).astype(np.float32)
    )
    ids = IdTowers(len(histories.profile_ids), given, drawing, recipe)
    _fit(ids, "ids", watched, recipe.epochs, saved, shown)
    vectors = ids.title_tower(None).numpy()
    path = HistoryTowers(vectors, words.profile_tokens, drawing, recipe)
    _fit(path, "history", watched, recipe.history_epochs, saved, shown)

    active = np.diff(watched.offsets) > 0
    by_id = tf.math.l2_normalize(ids.profile_ids, axis=1).numpy() * active[:, None]
    saved.remove()
    return Towers(
        recipe, tuple(histories.title_ids), tuple(histories.profile_ids), tuple(words.titles),
        tuple(words.profiles), vectors, ids.title_tower.content.numpy(),
        by_id.astype(np.float32), path.watched.numpy(), path.traits.numpy(),
    )  # fmt: skip


def _fit(
    model: Trainable,
    stage: str,
    watched: WatchedTitles,
    epochs: int,
    saved: Checkpoints,
    progress: Progress,
) -> None:
    """Run one stage to its end, from its checkpoint if it has one."""
    active = int((np.diff(watched.offsets) > 0).sum())
    steps = steps_an_epoch(active, model.recipe)
    if steps == 0:
        return
    rate = FlatThenFalling(model.recipe.learning_rate, steps * epochs)
    compile_steps(model, rate, steps, model.recipe.resting_rows)
    checkpoint = saved.stage(stage, model)
    first = checkpoint.first_epoch
    progress.resumed_at += first
    if first < epochs:
        done = model.fit(
            batches(watched, model.recipe, first, epochs), epochs=epochs, initial_epoch=first,
            steps_per_epoch=steps, callbacks=[checkpoint], verbose=0,
        )  # fmt: skip
        checkpoint.finish()
        progress.losses[stage] = [float(loss) for loss in done.history["mean_loss"]]
        progress.pairs += len(watched.titles) * (epochs - first)
        log.info("%s: loss %.3f after %d epochs", stage, progress.losses[stage][-1], epochs)

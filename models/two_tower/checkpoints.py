"""Keep what a training needs to go on after it was killed."""

from __future__ import annotations

import hashlib
import json
import shutil
import time
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

import tensorflow as tf

if TYPE_CHECKING:
    from features.histories import Histories
    from models.two_tower.attributes import Words
    from models.two_tower.recipe import Recipe

CODE = Path(__file__).parent
SECONDS_BETWEEN = 10.0  # what a kill costs at most; a save of MovieLens-100k takes .1 s


class Checkpoints:
    """The checkpoints of one training, below a folder named by its data, recipe and code."""

    def __init__(
        self, root: Path | None, histories: Histories, recipe: Recipe, words: Words
    ) -> None:
        self.folder = root / fingerprint(histories, recipe, words) if root else None

    def stage(self, name: str, model: tf.keras.Model) -> Stage:
        """The checkpoints of one stage, restored into the compiled model where there are any."""
        return Stage(self.folder / name if self.folder else None, model)

    def remove(self) -> None:
        """Forget the training, which is done."""
        if self.folder:
            shutil.rmtree(self.folder, ignore_errors=True)


class Stage(tf.keras.callbacks.Callback):  # type: ignore[misc]
    """Save model, optimizer and epoch from time to time; complete files only are ever read."""

    def __init__(self, folder: Path | None, model: tf.keras.Model) -> None:
        super().__init__()
        self.epoch = tf.Variable(0, dtype=tf.int64)
        self.saved = time.monotonic()
        self.files = None
        if folder:
            whole = tf.train.Checkpoint(model=model, optimizer=model.optimizer, epoch=self.epoch)
            self.files = tf.train.CheckpointManager(whole, str(folder), max_to_keep=1)
            self.files.restore_or_initialize()
        self.first_epoch = int(self.epoch.numpy())

    def on_epoch_end(self, epoch: int, logs: object = None) -> None:
        """Save when the last save is old enough."""
        del logs
        self.epoch.assign(epoch + 1)
        if self.files and time.monotonic() - self.saved >= SECONDS_BETWEEN:
            self.files.save()
            self.saved = time.monotonic()

    def finish(self) -> None:
        """Save the finished stage, so that a later kill does not repeat it."""
        if self.files:
            self.files.save()


def fingerprint(histories: Histories, recipe: Recipe, words: Words) -> str:
    """What a checkpoint belongs to: other data, attributes, another recipe or code start anew."""
    digest = hashlib.sha256(json.dumps(asdict(recipe), sort_keys=True).encode())
    numbers = histories.offsets, histories.titles, histories.times
    for part in (*numbers, words.title_tokens, words.profile_tokens):
        digest.update(part.tobytes())
    for names in (histories.profile_ids, histories.title_ids, words.titles, words.profiles):
        digest.update("\n".join(["", *names]).encode())
    for file in sorted(CODE.glob("*.py")):
        digest.update(file.read_bytes())
    return digest.hexdigest()[:16]

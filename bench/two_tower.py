"""Train on MovieLens-100k beside the loop of TensorFlow Recommenders' retrieval tutorial.

Every contestant runs in a process of its own, in turn; quality is nDCG@10 of the same random 75/25
split, full ranking with what was watched left out. The tutorial's loop gets its metric switched
off and several sizes; each of them has a line, with the quality it reached.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Callable

SPLITS = (42, 1, 2)
"""42 is the published split."""
TUTORIAL_SETTINGS = ((32, 8192), (32, 1024), (256, 1024))
"""(dimension, batch): as the tutorial has them, with the batch at which it is fastest, and at our dimension."""
DIMENSION = 256
"""That of `Recipe.for_size` on this history."""
TUTORIAL_EPOCHS = 20
"""The tutorial's three leave it far from its best."""


def main() -> list[dict[str, Any]]:
    """Rows of examples per CPU-second and of nDCG@10."""
    own = [contestant("ours", seed, DIMENSION) for seed in SPLITS]
    small = contestant("ours", SPLITS[0], TUTORIAL_SETTINGS[0][0])
    theirs = [contestant("tutorial", SPLITS[0], *setting) for setting in TUTORIAL_SETTINGS]
    best = max(one["ndcg"] for one in theirs)
    quality = float(np.mean([one["ndcg"] for one in own]))
    ease = float(np.mean([one["ease"] for one in own]))
    return [
        *(speeds(one, small if one["dimension"] < DIMENSION else own[0]) for one in theirs),
        row(f"nDCG@10, split {SPLITS[0]}", f"{own[0]['ndcg']:.4f}", f"{best:.4f} (its best)",
            f"{own[0]['ndcg'] / best:.2f}x", ">= 1x"),
        row(f"nDCG@10, mean of {len(SPLITS)} splits", f"{quality:.4f}", f"{ease:.4f} (EASE)",
            f"{quality / ease:.2f}x", ">= .495"),
    ]  # fmt: skip


def speeds(theirs: dict[str, Any], ours: dict[str, Any]) -> dict[str, Any]:
    """A line of examples per CPU-second, both at one dimension and each with the quality it reached."""
    size = f"dimension {theirs['dimension']}, the tutorial's batch {theirs['batch']:,}"
    mine, peer = (f"{one['speed']:,.0f} (nDCG@10 {one['ndcg']:.3f})" for one in (ours, theirs))
    ratio = f"{ours['speed'] / theirs['speed']:.1f}x"
    return row(f"examples per CPU-second, {size}", mine, peer, ratio, ">= 10x")


def row(name: str, ours: str, peer: str, ratio: str, target: str) -> dict[str, Any]:
    """A line of the results."""
    line = {"name": name, "ours": ours, "peer": peer, "ratio": ratio, "target": target}
    print(" | ".join(line.values()), flush=True)
    return line


def contestant(name: str, *arguments: int) -> dict[str, Any]:
    """Run one in a process of its own and read what it prints last."""
    command = [sys.executable, "-m", "bench.two_tower", name, *map(str, arguments)]
    quiet = os.environ | {"TF_USE_LEGACY_KERAS": "1", "TF_CPP_MIN_LOG_LEVEL": "3"}
    done = subprocess.run(command, env=quiet, check=True, capture_output=True, text=True)
    found: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    print(name, *arguments, found, flush=True)
    return found


def ours(seed: int, dimension: int) -> dict[str, float]:
    """The product's training, everything from histories to saved arrays counted."""
    from dataclasses import replace

    from bench.movielens import attributes, random_split
    from models.baselines import Ease
    from models.two_tower import Recipe
    from models.two_tower.towers import Ranking
    from models.two_tower.training import Progress, train

    before, later = random_split(seed)
    titles, profiles = attributes()
    progress = Progress()
    sizes = len(before.title_ids), len(before.profile_ids), len(before.titles)
    recipe = replace(Recipe.for_size(*sizes, seed=1), dimension=dimension)
    towers = train(before, recipe, titles, profiles, None, progress)
    return {
        "speed": progress.pairs_per_cpu_second,
        "ndcg": ndcg(Ranking(towers, before, titles, profiles), before, later),
        "ease": ndcg(Ease(before), before, later),
    }


def tutorial(seed: int, dimension: int, batch: int) -> dict[str, float]:
    """tensorflow.org/recommenders/examples/basic_retrieval, metric off, after one warm-up epoch."""
    import tensorflow as tf

    from bench.movielens import random_split

    before, later = random_split(seed)
    profile_ids, title_ids = np.array(before.profile_ids), np.array(before.title_ids)
    tf.random.set_seed(seed)
    columns = {"user_id": profile_ids[before.profiles], "movie_title": title_ids[before.titles]}
    ratings = tf.data.Dataset.from_tensor_slices(columns)
    cached = (
        ratings.shuffle(100_000, seed=seed, reshuffle_each_iteration=False).batch(batch).cache()
    )
    model = tutorial_model(profile_ids, title_ids, dimension)
    model.compile(optimizer=tf.keras.optimizers.Adagrad(learning_rate=0.5))
    model.fit(cached, epochs=1, verbose=0)
    started = time.process_time()
    model.fit(cached, epochs=TUTORIAL_EPOCHS - 1, verbose=0)
    seconds = time.process_time() - started
    vectors = model.user_model(profile_ids).numpy(), model.movie_model(title_ids).numpy()
    speed = len(before.titles) * (TUTORIAL_EPOCHS - 1) / seconds
    found = ndcg(Dots(*vectors), before, later)
    return {"speed": speed, "ndcg": found, "dimension": dimension, "batch": batch}


def tutorial_model(profile_ids: Any, title_ids: Any, dimension: int) -> Any:
    """The tutorial's model but for the metric: two embeddings under an in-batch softmax."""
    import tensorflow as tf
    import tensorflow_recommenders as tfrs

    def tower(ids: Any) -> tf.keras.Model:
        lookup = tf.keras.layers.StringLookup(vocabulary=ids, mask_token=None)
        return tf.keras.Sequential([lookup, tf.keras.layers.Embedding(len(ids) + 1, dimension)])

    class Tutorial(tfrs.Model):  # type: ignore[misc]
        """Users and movies, as the tutorial names them."""

        def __init__(self) -> None:
            super().__init__()
            self.user_model, self.movie_model = tower(profile_ids), tower(title_ids)
            self.task = tfrs.tasks.Retrieval()

        def compute_loss(self, features: dict[str, tf.Tensor], training: bool = False) -> tf.Tensor:
            """In-batch softmax of the pairs."""
            users = self.user_model(features["user_id"])
            movies = self.movie_model(features["movie_title"])
            return self.task(users, movies, compute_metrics=not training)

    return Tutorial()


class Dots:
    """Scores that are dot products of two tables."""

    def __init__(self, profiles: Any, titles: Any) -> None:
        self.profiles, self.titles = profiles, titles

    def scores(self, histories: Any, block: slice) -> Any:
        """[block, titles]"""
        del histories
        return self.profiles[block] @ self.titles.T


def ndcg(model: Any, before: Any, later: Any) -> float:
    """nDCG@10 over all profiles."""
    from models.metrics import judge
    from models.top_titles import ranked_titles

    judged = judge(ranked_titles(model, before, 10), later.offsets, later.titles)
    return float(np.nanmean(judged.ndcg(10)))


if __name__ == "__main__":
    sides: dict[str, Callable[..., dict[str, float]]] = {"ours": ours, "tutorial": tutorial}
    print(json.dumps(sides[sys.argv[1]](*map(int, sys.argv[2:]))))

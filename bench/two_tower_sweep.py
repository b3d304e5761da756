"""Try dimensions and temperatures on MovieLens-100k, record each in MLflow, print a table.

python -m bench.two_tower_sweep; the table of docs/adr/0020 comes from it. Quality is nDCG@10 on
random 75/25 splits, every rating relevant, full ranking with what was watched left out.
"""

from __future__ import annotations

from dataclasses import asdict, replace

import numpy as np

from bench.movielens import attributes, random_split
from bench.two_tower import ndcg
from lakehouse.settings import Settings
from models.tracking import Tracking
from models.two_tower import Recipe
from models.two_tower.towers import Ranking
from models.two_tower.training import Progress, train

SPLITS = (0, 1)
SETTINGS = (
    (64, 0.2), (128, 0.2), (256, 0.2), (384, 0.2), (256, 0.15), (256, 0.175), (256, 0.25),
)  # fmt: skip


def main() -> None:
    """One run a setting."""
    tracking = Tracking(Settings.read())
    splits, (titles, profiles) = [random_split(seed) for seed in SPLITS], attributes()
    print("| dimension | temperature | nDCG@10 | CPU-s a training |\n|---|---|---|---|")
    for dimension, temperature in SETTINGS:
        recipe = replace(Recipe(seed=1), dimension=dimension, temperature=temperature)
        with tracking.run("two_tower sweep", f"{dimension} / {temperature}") as run:
            found, seconds = [], []
            for before, later in splits:
                progress = Progress()
                towers = train(before, recipe, titles, profiles, None, progress)
                found.append(ndcg(Ranking(towers, before, titles, profiles), before, later))
                seconds.append(progress.cpu_seconds)
            run.parameters(asdict(recipe))
            values = {"ndcg@10": float(np.mean(found)), "cpu_seconds": float(np.mean(seconds))}
            run.metrics(values)
        print(f"| {dimension} | {temperature} | {np.mean(found):.4f} | {np.mean(seconds):.1f} |")


if __name__ == "__main__":
    main()

"""Fit the two-tower model on any histories by the recipe of the night."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from features.histories import Histories
    from jobs.training.snapshot import FitTwoTower, World
    from models.ranker.scores import Vectors


def fit_two_tower(seed: int) -> FitTwoTower:
    """What `Snapshot.of` calls: towers trained on its histories, bound to its codes."""

    def fit(histories: Histories, world: World) -> Vectors:
        from models.two_tower.attributes import ProfileAttributes, TitleAttributes
        from models.two_tower.recipe import Recipe
        from models.two_tower.towers import Ranking
        from models.two_tower.training import train

        titles, profiles = TitleAttributes.of(world.titles), ProfileAttributes.of(world.profiles)
        sizes = len(histories.title_ids), len(histories.profile_ids), len(histories.titles)
        recipe = Recipe.for_size(*sizes, seed)
        towers = train(histories, recipe, titles, profiles)
        return Ranking(towers, histories, titles, profiles)

    return fit

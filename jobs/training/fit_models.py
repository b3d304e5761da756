"""Fit the models that need a training loop on any histories, by the recipes of the night."""

from __future__ import annotations

from typing import TYPE_CHECKING

from jobs.training.snapshot import Learned

if TYPE_CHECKING:
    from features.histories import Histories
    from jobs.training.snapshot import FitModels, World


def fit_models(seed: int) -> FitModels:
    """What `Snapshot.of` calls: models trained on its histories, bound to its codes."""

    def fit(histories: Histories, world: World) -> Learned:
        from models.last_titles import LastTitles
        from models.two_tower.attributes import ProfileAttributes, TitleAttributes
        from models.two_tower.recipe import Recipe
        from models.two_tower.towers import Ranking
        from models.two_tower.training import train

        titles, profiles = TitleAttributes.of(world.titles), ProfileAttributes.of(world.profiles)
        sizes = len(histories.title_ids), len(histories.profile_ids), len(histories.titles)
        recipe = Recipe.for_size(*sizes, seed)
        towers = train(histories, recipe, titles, profiles)
        return Learned(
            Ranking(towers, histories, titles, profiles), LastTitles.fit(histories, seed)
        )

    return fit

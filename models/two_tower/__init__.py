"""Retrieve titles near a profile in one learned space."""

from models.two_tower.attributes import ProfileAttributes, TitleAttributes
from models.two_tower.recipe import Recipe
from models.two_tower.towers import Towers, load

__all__ = ["ProfileAttributes", "Recipe", "TitleAttributes", "Towers", "load", "train"]


def train(*arguments: object, **options: object) -> Towers:
    """Train towers; see `models.two_tower.training.train`. TensorFlow is loaded only here."""
    from models.two_tower import training

    return training.train(*arguments, **options)  # type: ignore[arg-type]

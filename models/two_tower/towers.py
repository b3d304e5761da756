"""Serve trained towers with NumPy alone: vectors of titles and profiles, new ones included."""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from lakehouse.errors import MarqueeError
from lakehouse.files import whole_folder
from models.two_tower.attributes import ProfileAttributes, TitleAttributes, token_matrix
from models.two_tower.recipe import Recipe
from models.two_tower.watched_titles import watched_titles

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from numpy.typing import NDArray

    from features.histories import Histories


class SpoiltModel(MarqueeError):
    """A model folder does not hold what its name says."""

    def __init__(self, folder: Path, found: str) -> None:
        super().__init__(
            f"The model folder {folder} holds a model with hash {found}, so it was not loaded: "
            "remove the folder and train again."
        )


@dataclass(frozen=True)
class Towers:
    """Trained towers; ids are those of the training, arrays are float32.

    A profile vector is the id path, if training knew the profile, plus `history_share` times the
    history path, each of length one, and the sum again.
    """

    recipe: Recipe
    title_ids: tuple[str, ...]
    profile_ids: tuple[str, ...]
    title_words: tuple[str, ...]
    profile_words: tuple[str, ...]
    titles: NDArray[np.float32]
    """[titles, dimension] of length one"""
    content: NDArray[np.float32]
    """[title words, dimension]"""
    profiles: NDArray[np.float32]
    """[profiles, dimension] the id path, of length one; zero where a profile watched nothing"""
    watched: NDArray[np.float32]
    """[titles, dimension] what having watched a title says of a profile"""
    traits: NDArray[np.float32]
    """[profile words, dimension]"""

    @property
    def model_hash(self) -> str:
        """Sixteen bytes in hex over everything that decides a vector."""
        digest = hashlib.sha256(json.dumps(self._meta(), sort_keys=True).encode())
        for name, array in sorted(self._arrays().items()):
            digest.update(f"{name}{array.shape}".encode())
            digest.update(np.ascontiguousarray(array, "<f4").tobytes())
        return digest.hexdigest()[:32]

    def title_vectors(
        self, title_ids: Sequence[str], attributes: TitleAttributes | None = None
    ) -> NDArray[np.float32]:
        """[title_ids, dimension] of length one; a title unknown to training has its content's."""
        places = _places(title_ids, self.title_ids)
        vectors = self.titles[places]
        new = np.flatnonzero(places < 0)
        known = attributes or TitleAttributes({}, {})
        tokens = token_matrix(known, [title_ids[int(i)] for i in new], self.title_words)
        vectors[new] = _unit(tokens @ self.content)
        return vectors

    def profile_vectors(
        self, histories: Histories, attributes: ProfileAttributes | None = None
    ) -> NDArray[np.float32]:
        """[profiles, dimension] of length one for every profile of the histories."""
        known = attributes or ProfileAttributes({})
        traits = token_matrix(known, histories.profile_ids, self.profile_words) @ self.traits
        pointed = _unit(traits + self._watched_sums(histories))
        places = _places(histories.profile_ids, self.profile_ids)
        by_id = np.where(places[:, None] >= 0, self.profiles[places], 0.0)
        return _unit(by_id + np.float32(self.recipe.history_share) * pointed)

    def save(self, root: Path) -> Path:
        """Write a folder named by the hash below root, whole or not at all."""
        folder = root / self.model_hash
        if not (folder / "meta.json").exists():
            with whole_folder(folder) as staged:
                np.savez(staged / "weights.npz", allow_pickle=False, **self._arrays())
                text = json.dumps(self._meta(), indent=1, sort_keys=True)
                (staged / "meta.json").write_text(text)
        return folder

    def _watched_sums(self, histories: Histories) -> NDArray[np.float32]:
        from scipy.sparse import csr_matrix

        seen = watched_titles(histories, self.recipe.recency_power, self.recipe.history_length)
        places = _places(histories.title_ids, self.title_ids)[seen.titles]
        weights = np.where(places >= 0, seen.recency, 0.0).astype(np.float32)
        shape = (len(histories.profile_ids), len(self.title_ids))
        shown = csr_matrix((weights, np.maximum(places, 0), seen.offsets), shape)
        return np.asarray(shown @ self.watched, np.float32)

    def _arrays(self) -> dict[str, NDArray[np.float32]]:
        return {
            "titles": self.titles, "content": self.content, "profiles": self.profiles,
            "watched": self.watched, "traits": self.traits,
        }  # fmt: skip

    def _meta(self) -> dict[str, object]:
        words = {"title_words": self.title_words, "profile_words": self.profile_words}
        ids = {"title_ids": self.title_ids, "profile_ids": self.profile_ids}
        return {"recipe": asdict(self.recipe), **ids, **words}


class Ranking:
    """Towers bound to one catalogue: scores of every title for a block of profiles."""

    name = "two_tower"

    def __init__(
        self,
        towers: Towers,
        histories: Histories,
        titles: TitleAttributes | None = None,
        profiles: ProfileAttributes | None = None,
    ) -> None:
        self.title_vectors = towers.title_vectors(histories.title_ids, titles)
        self.profile_vectors = towers.profile_vectors(histories, profiles)

    def scores(self, histories: Histories, block: slice) -> NDArray[np.float32]:
        """[block, titles] cosines; the histories are those of the binding."""
        del histories
        return self.profile_vectors[block] @ self.title_vectors.T


def load(folder: Path) -> Towers:
    """Read a model folder; raises SpoiltModel unless its content has the hash that names it."""
    meta = json.loads((folder / "meta.json").read_text())
    recipe = meta.pop("recipe")
    recipe["history_kept"] = tuple(recipe["history_kept"])
    with np.load(folder / "weights.npz", allow_pickle=False) as arrays:
        named: dict[str, Any] = {**{name: tuple(ids) for name, ids in meta.items()}, **arrays}
    towers = Towers(Recipe(**recipe), **named)
    if towers.model_hash != folder.name:
        raise SpoiltModel(folder, towers.model_hash)
    return towers


def _places(wanted: Sequence[str], ids: Sequence[str]) -> NDArray[np.int64]:
    """The position of each wanted id, -1 where it is unknown."""
    places = {one: place for place, one in enumerate(ids)}
    return np.fromiter((places.get(one, -1) for one in wanted), np.int64, len(wanted))


def _unit(vectors: NDArray[np.float32]) -> NDArray[np.float32]:
    lengths = np.linalg.norm(vectors, axis=1, keepdims=True)
    return np.asarray(vectors / np.maximum(lengths, 1e-12), np.float32)

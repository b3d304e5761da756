"""Turn what is known of titles and profiles into tokens that a tower embeds."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import pyarrow as pa
    from numpy.typing import NDArray

    from features.histories import Histories

YEARS_A_BUCKET = 5
PROFILE_COLUMNS = ("age_band", "gender", "occupation", "region")


@dataclass(frozen=True)
class TitleAttributes:
    """The content of titles by id; a title or a value that is missing is unknown, not wrong."""

    genres: Mapping[str, Sequence[str]]
    years: Mapping[str, int]

    @classmethod
    def of(cls, titles: pa.Table) -> TitleAttributes:
        """Read them from the titles table: title_id, genres, year."""
        ids = titles["title_id"].to_pylist()
        genres = zip(ids, titles["genres"].to_pylist(), strict=True)
        years = zip(ids, titles["year"].to_pylist(), strict=True)
        return cls({t: g for t, g in genres if g}, {t: y for t, y in years if y is not None})

    def tokens(self, title_id: str) -> dict[str, float]:
        """Token to weight. `title` stands in all, so that nothing is left without a vector."""
        genres = self.genres.get(title_id, ())
        tokens = {f"genre:{genre}": len(genres) ** -0.5 for genre in genres}
        year = self.years.get(title_id)
        if year is not None:
            tokens[f"year:{year // YEARS_A_BUCKET * YEARS_A_BUCKET}"] = 1.0
        return tokens | {"title": 1.0}


@dataclass(frozen=True)
class ProfileAttributes:
    """The age band, gender, occupation and region of profiles by id, where known."""

    values: Mapping[str, Sequence[str]]

    @classmethod
    def of(cls, profiles: pa.Table) -> ProfileAttributes:
        """Read them from the profiles table."""
        columns = [
            [None if v is None else f"{name}:{v}" for v in profiles[name].to_pylist()]
            for name in PROFILE_COLUMNS
        ]
        rows = zip(*columns, strict=True)
        ids = profiles["profile_id"].to_pylist()
        return cls({p: [v for v in row if v] for p, row in zip(ids, rows, strict=True)})

    def tokens(self, profile_id: str) -> dict[str, float]:
        """Token to weight; `profile` stands in all and learns what most watch."""
        return dict.fromkeys(self.values.get(profile_id, ()), 1.0) | {"profile": 1.0}


@dataclass(frozen=True)
class Words:
    """The tokens of the catalogue and the profiles, and the matrices that hold them."""

    titles: list[str]
    profiles: list[str]
    title_tokens: NDArray[np.float32]
    """[titles, title words]"""
    profile_tokens: NDArray[np.float32]
    """[profiles, profile words]"""

    @classmethod
    def of(
        cls,
        histories: Histories,
        titles: TitleAttributes | None,
        profiles: ProfileAttributes | None,
    ) -> Words:
        """What is known of everything in the histories, in the order of their codes."""
        of_titles = titles or TitleAttributes({}, {})
        of_profiles = profiles or ProfileAttributes({})
        title_words = vocabulary(of_titles, histories.title_ids)
        profile_words = vocabulary(of_profiles, histories.profile_ids)
        return cls(
            title_words,
            profile_words,
            token_matrix(of_titles, histories.title_ids, title_words),
            token_matrix(of_profiles, histories.profile_ids, profile_words),
        )


def vocabulary(attributes: TitleAttributes | ProfileAttributes, ids: Sequence[str]) -> list[str]:
    """Every token of these ids, sorted."""
    return sorted({token for one in ids for token in attributes.tokens(one)})


def token_matrix(
    attributes: TitleAttributes | ProfileAttributes, ids: Sequence[str], words: Sequence[str]
) -> NDArray[np.float32]:
    """[ids, words] the weight of each token; tokens that training never saw say nothing."""
    places = {word: place for place, word in enumerate(words)}
    matrix = np.zeros((len(ids), len(words)), np.float32)
    for row, one in enumerate(ids):
        for token, weight in attributes.tokens(one).items():
            if token in places:
                matrix[row, places[token]] = weight
    return matrix


def popularity_tokens(watchers: NDArray[np.int64]) -> NDArray[np.float32]:
    """[titles, buckets] one at floor(log2(watchers)); a title without any has no bucket."""
    bucket = np.log2(np.maximum(watchers, 1)).astype(np.int64)
    matrix = np.zeros((len(watchers), int(bucket.max(initial=0)) + 1), np.float32)
    matrix[np.arange(len(watchers)), bucket] = watchers > 0
    return matrix

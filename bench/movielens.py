"""Read MovieLens-100k out of its package and split it as the benchmarks do."""

from __future__ import annotations

import csv
import io
import zipfile
from typing import TYPE_CHECKING

import numpy as np

from features.histories import Histories
from jobs.evaluate.protocols import TRAINING_SHARE, drawn_share
from jobs.events.import_movielens import fetch
from lakehouse.settings import Settings
from models.two_tower import ProfileAttributes, TitleAttributes

if TYPE_CHECKING:
    from numpy.typing import NDArray


def rows(part: str) -> list[list[str]]:
    """The lines of one of the package's tab-separated files, without the header."""
    wheel = fetch(Settings.read().at("downloads"))
    name = f"recbole/dataset_example/ml-100k/ml-100k.{part}"
    with zipfile.ZipFile(wheel) as package, package.open(name) as file:
        return list(csv.reader(io.TextIOWrapper(file, "utf-8"), delimiter="\t"))[1:]


def random_split(seed: int) -> tuple[Histories, Histories]:
    """75 % of each profile's ratings, drawn at random, and the rest; every rating is relevant.

    Seed 42 draws the split of the published tables.
    """
    profiles, titles, _, times = np.array(rows("inter")).T
    first = drawn_share(profiles, TRAINING_SHARE, seed)
    every = sorted(set(titles.tolist())), sorted(set(profiles.tolist()))

    def part(kept: NDArray[np.bool_]) -> Histories:
        return Histories.of(profiles[kept], titles[kept], times[kept].astype(float), *every)

    return part(first), part(~first)


def attributes() -> tuple[TitleAttributes, ProfileAttributes]:
    """Genres and years of titles; age band, gender and occupation of profiles."""
    titles = [(row[0], row[2], row[3]) for row in rows("item")]
    genres = {title: kinds.split(" ") for title, _, kinds in titles if kinds}
    years = {title: int(year) for title, year, _ in titles if year.isdigit()}
    people = {
        row[0]: [f"age_band:{int(row[1]) // 10}", f"gender:{row[2]}", f"occupation:{row[3]}"]
        for row in rows("user")
    }
    return TitleAttributes(genres, years), ProfileAttributes(people)

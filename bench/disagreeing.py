"""Make a log in which heads disagree: what makes people begin a film keeps them from finishing it.

Old films are long: they are begun more often and finished less. Beside that the young and the
others part: the young begin old films even more and finish them even less, so that one product of
features turns both ways. Liking turns with another product: students like what few have watched,
others what many have. All of it is told by declared features (age band, occupation, year, plays).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from jobs.training.snapshot import World
from lakehouse.catalog import EVENTS, PROFILES, TITLES
from lakehouse.writing import arrow_schema

if TYPE_CHECKING:
    import pyarrow as pa
    from numpy.typing import NDArray

    from lakehouse.catalog import Table

PEOPLE, FILMS, GENRES, DAYS = 1_500, 500, 8, 180
WATCHES, SPREAD = 40, 0.5  # the median of a profile, log-normal
START = 1_600_000_000  # September 2020
FIRST_YEAR, LAST_YEAR = 1960, 2020
DRAWN_TO_OLD, MORE_IF_YOUNG = 0.4, 0.6
"""Log-odds of beginning a film, by standard deviations of age."""
FINISHED, TIRED, MORE_TIRED = 0.5, 0.7, 1.2
"""Log-odds of finishing: of any film, and what a standard deviation of age takes away."""
RARE_TASTE, SPOKEN = 1.2, 0.5
"""Log-odds of liking by standard deviations of popularity; how many say what they think."""


@dataclass(frozen=True)
class Films:
    """[films] or [films, genres] each."""

    genres: NDArray[np.int64]
    popularity: NDArray[np.float64]
    """Log-odds, of mean 0 and deviation 1."""
    age: NDArray[np.float64]
    """Standard deviations from the mean; older is higher."""
    year: NDArray[np.int64]


def disagreeing(seed: int) -> World:
    """Plays, completes, likes and dislikes of made profiles, with what is known of both sides."""
    draws = np.random.default_rng(seed)
    year = draws.integers(FIRST_YEAR, LAST_YEAR + 1, FILMS)
    films = Films(
        draws.integers(0, GENRES, FILMS), draws.permutation(_standard(np.arange(FILMS))),
        _standard(-year), year,
    )  # fmt: skip
    young = np.where(draws.random(PEOPLE) < 0.5, 1, -1)
    student = np.where(draws.random(PEOPLE) < 0.5, 1, -1)
    people, watched, times = _watches(films, young, draws)
    finishing = FINISHED - (TIRED + MORE_TIRED * young[people]) * films.age[watched]
    finished = draws.random(len(people)) < _chance(finishing)
    liking = -RARE_TASTE * student[people] * films.popularity[watched]
    liked = draws.random(len(people)) < _chance(liking)
    said = draws.random(len(people)) < SPOKEN
    kinds = {"play": finished | True, "complete": finished, "like": said & liked, "dislike": said & ~liked}  # fmt: skip
    return World.of(_events(people, watched, times, kinds), _people(young, student), _titles(films))


def _watches(
    films: Films, young: NDArray[np.int64], draws: np.random.Generator
) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.float64]]:
    """Profile, film and seconds since 1970 of each play; nobody begins a film twice."""
    taste = np.log(draws.dirichlet(np.full(GENRES, 0.5), PEOPLE) + 0.02)
    drawn = DRAWN_TO_OLD + MORE_IF_YOUNG * young[:, None]
    odds = films.popularity + taste[:, films.genres] + drawn * films.age
    # the highest of log-odds plus Gumbel noise are a draw without repeats (Efraimidis, Spirakis 2006)
    order = np.argsort(-(odds + draws.gumbel(size=odds.shape)), axis=1)
    counts = np.clip(draws.lognormal(np.log(WATCHES), SPREAD, PEOPLE), 5, FILMS // 3).astype(int)
    people = np.repeat(np.arange(PEOPLE), counts)
    films_watched = np.concatenate([order[p, : counts[p]] for p in range(PEOPLE)])
    return people, films_watched, START + draws.random(len(people)) * DAYS * 86_400


def _chance(odds: NDArray[np.float64]) -> NDArray[np.float64]:
    return 1 / (1 + np.exp(-odds))


def _standard(values: NDArray[np.int64]) -> NDArray[np.float64]:
    standard: NDArray[np.float64] = (values - values.mean()) / values.std()
    return standard


def _events(
    people: NDArray[np.int64], films: NDArray[np.int64], times: NDArray[np.float64],
    kinds: dict[str, NDArray[np.bool_]],
) -> pa.Table:  # fmt: skip
    import pyarrow as pa

    rows = [np.flatnonzero(chosen) for chosen in kinds.values()]
    places = np.concatenate(rows)
    at = pa.array((times[places] * 1e6).astype(np.int64)).cast(pa.timestamp("us", "UTC"))
    return _filled(EVENTS, len(places), {
        "type": np.repeat(list(kinds), [len(one) for one in rows]),
        "profile_id": _ids("p", people[places]), "title_id": _ids("t", films[places]),
        "event_time": at, "known_time": at,
    })  # fmt: skip


def _people(young: NDArray[np.int64], student: NDArray[np.int64]) -> pa.Table:
    return _filled(PROFILES, PEOPLE, {
        "profile_id": _ids("p", np.arange(PEOPLE)),
        "age_band": np.where(young > 0, "18-24", "45-54"),
        "occupation": np.where(student > 0, "student", "engineer"),
    })  # fmt: skip


def _titles(films: Films) -> pa.Table:
    return _filled(TITLES, FILMS, {
        "title_id": _ids("t", np.arange(FILMS)), "year": films.year,
        "genres": [[f"genre {genre}"] for genre in films.genres],
    })  # fmt: skip


def _ids(letter: str, codes: NDArray[np.int64]) -> list[str]:
    return [f"{letter}{code:04d}" for code in codes]


def _filled(table: Table, rows: int, said: dict[str, object]) -> pa.Table:
    """Rows of a table of which some columns are known."""
    import pyarrow as pa

    schema = arrow_schema(table)
    return pa.table({
        field.name: pa.array(said[field.name]).cast(field.type) if field.name in said
        else pa.nulls(rows, field.type)
        for field in schema
    })  # fmt: skip

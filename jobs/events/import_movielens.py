"""Take MovieLens-100k out of the package that carries it, and land just what it says."""

from __future__ import annotations

import csv
import io
import subprocess
import sys
import tempfile
import zipfile
from pathlib import Path
from typing import TYPE_CHECKING

from jobs.events.attributes import land_profiles, land_titles
from jobs.events.interactions import Columns, Imported, land_interactions
from lakehouse.errors import MarqueeError

if TYPE_CHECKING:
    from lakehouse.settings import Settings

PACKAGE = "recbole==1.2.1"
FOLDER = "recbole/dataset_example/ml-100k/ml-100k"
LICENCE = (
    "MovieLens-100k, (c) GroupLens, University of Minnesota: for research use, not to be "
    "redistributed and not for commercial use without permission; "
    "cite Harper and Konstan, The MovieLens Datasets, ACM TiiS 5(4), 2015."
)
AGE_BANDS = ((18, "under-18"), (25, "18-24"), (35, "25-34"), (45, "35-44"), (55, "45-54"))


class NoData(MarqueeError):
    """The package with the data could not be fetched."""

    def __init__(self, why: str) -> None:
        super().__init__(
            f"The package {PACKAGE}, which carries MovieLens-100k, could not be fetched ({why}), so "
            "nothing was landed: check the network, or import your own history with "
            "marquee import-interactions."
        )


def main(settings: Settings) -> list[Imported]:
    """Land history, titles and profiles; the same call again lands the same files."""
    wheel = fetch(settings.at("downloads"))
    with tempfile.TemporaryDirectory() as below:
        history, titles, profiles = unpacked(wheel, Path(below))
        columns = Columns("user_id", "item_id", "timestamp", "rating")
        return [
            land_titles(settings, titles),
            land_profiles(settings, profiles),
            land_interactions(settings, history, columns, name="movielens"),
        ]


def fetch(folder: Path) -> Path:
    """The wheel, fetched once by pip without its dependencies; raises NoData."""
    folder.mkdir(parents=True, exist_ok=True)
    if not list(folder.glob("recbole-*.whl")):
        command = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", PACKAGE]
        done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)  # noqa: S603
        if done.returncode:
            raise NoData((done.stderr.strip().splitlines() or ["pip failed"])[-1])
    return next(folder.glob("recbole-*.whl"))


def unpacked(wheel: Path, folder: Path) -> tuple[Path, Path, Path]:
    """History, titles and profiles as files under our names; raises NoData for a spoilt wheel."""
    try:
        with zipfile.ZipFile(wheel) as package:
            return (
                rewrite(package, "inter", folder, lambda row: row),
                rewrite(package, "item", folder, title),
                rewrite(package, "user", folder, profile),
            )
    except (zipfile.BadZipFile, KeyError):  # no zip, or one without the files
        raise NoData(f"{wheel} does not hold it: remove it") from None


def rewrite(package: zipfile.ZipFile, part: str, folder: Path, change: Row) -> Path:
    """Write one of the package's tab-separated files as CSV under our names."""
    text = package.read(f"{FOLDER}.{part}").decode()
    rows = csv.DictReader(io.StringIO(text), delimiter="\t", quoting=csv.QUOTE_NONE)
    changed = [change({name.split(":")[0]: value for name, value in row.items()}) for row in rows]
    file = folder / f"{part}.csv"
    with file.open("w", newline="") as stream:
        writer = csv.DictWriter(stream, list(changed[0]))
        writer.writeheader()
        writer.writerows(changed)
    return file


def title(row: dict[str, str]) -> dict[str, str]:
    """A title of the catalogue: name, year and genres are all that the data holds."""
    return {
        "title_id": row["item_id"],
        "name": row["movie_title"],
        "kind": "film",
        "year": row["release_year"] if row["release_year"].isdigit() else "",
        "genres": "|".join(genre for genre in row["class"].split() if genre != "unknown"),
    }


def profile(row: dict[str, str]) -> dict[str, str]:
    """A profile: age as a band, since a band is all that a model needs to know of a person."""
    age = int(row["age"])
    band = next((name for limit, name in AGE_BANDS if age < limit), "55-and-over")
    return {
        "profile_id": row["user_id"],
        "age_band": band,
        "gender": row["gender"],
        "occupation": row["occupation"],
    }


if TYPE_CHECKING:
    from collections.abc import Callable

    Row = Callable[[dict[str, str]], dict[str, str]]

"""Read the environment once, into frozen settings."""

from __future__ import annotations

import os
import tomllib
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

from lakehouse.errors import MarqueeError


class BadSetting(MarqueeError):
    """A setting has a name or value that Marquee does not know."""

    def __init__(self, name: str, why: str) -> None:
        super().__init__(
            f"The setting {name} {why}, so nothing ran: see lakehouse/settings.py for all of them."
        )


@dataclass(frozen=True)
class Settings:
    """Every setting of Marquee: MARQUEE_<NAME> in the environment, else the file, else this."""

    var: str = "var"
    """The folder of everything made at run time."""
    lake_root: str = ""
    """Where the tables live, such as s3a://lake or a local folder; default VAR/lake."""
    landing: str = ""
    """The folder where logs are dropped; default VAR/landing."""
    pages: str = ""
    """Where pages are served from: a folder for LMDB or dynamodb://TABLE; default VAR/pages."""
    mlflow_uri: str = ""
    """The MLflow tracking store; default SQLite at VAR/mlflow/mlflow.db."""
    spark_remote: str = "local[2]"
    """sc://host:port of the night's Spark Connect server, or local[N] for one of the process."""
    spark_memory: str = "2g"
    """The heap of the Spark server."""
    rows_in_memory: int = 5_000_000
    """Up to how many rows a Spark result is written from memory, which is quicker by seconds."""
    seed: int = 20260101
    """The seed that every random choice derives from."""
    page_lifetime_hours: int = 48
    """How long after its publishing a personal page is served as fresh."""
    kept_versions: int = 3
    """How many versions of pages stay readable for a rollback."""
    missing_attribute: str = "allow"
    """What an unknown region, maturity or availability means to a filter: allow or remove."""
    unplayable: str = "allow"
    """Whether pages may show titles that gold.playable_titles does not hold: allow or remove."""
    training_days: int = 365
    """How many days of labels a night's training examples cover."""
    masters: str = ""
    """Where masters of titles are kept: a folder or s3://bucket/prefix; default VAR/titles/masters."""
    player_origins: str = ""
    """Whose pages may fetch titles from here, such as https://play.example, by commas; default none."""
    viewer_place: str = ""
    """Where viewers are: latitude,longitude or a region of the table of edges; default unknown."""

    def __post_init__(self) -> None:
        derived = {
            "lake_root": "lake", "landing": "landing", "pages": "pages",
            "mlflow_uri": "mlflow/mlflow.db", "masters": "titles/masters",
        }  # fmt: skip
        object.__setattr__(self, "var", str(Path(self.var).absolute()))
        for name, below in derived.items():
            if not getattr(self, name):
                prefix = "sqlite:///" if name == "mlflow_uri" else ""
                object.__setattr__(self, name, f"{prefix}{self.var}/{below}")
        for name in ("missing_attribute", "unplayable"):
            if getattr(self, name) not in ("allow", "remove"):
                raise BadSetting(name, "must be allow or remove")

    @classmethod
    def read(cls, environment: dict[str, str] | None = None) -> Settings:
        """Read MARQUEE_* and the TOML file that MARQUEE_SETTINGS names.

        Raises BadSetting for an unknown name, a value of the wrong type or a file that is none.
        """
        given = dict(os.environ if environment is None else environment)
        values: dict[str, Any] = {}
        if file := given.get("MARQUEE_SETTINGS"):
            values |= _of_file(Path(file))
        known = {field.name: field for field in fields(cls)}
        for name in known:
            if text := given.get(f"MARQUEE_{name.upper()}"):  # an empty one says nothing
                values[name] = text
        if unknown := sorted(values.keys() - known.keys()):
            raise BadSetting(unknown[0], "is not known")
        return cls(**{name: _typed(name, known[name].type, v) for name, v in values.items()})

    def at(self, *parts: str) -> Path:
        """A path below var."""
        return Path(self.var, *parts)


def _of_file(file: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(file.read_text())
    except (OSError, ValueError) as error:  # of TOML and of UTF-8 both are ValueErrors
        why = error.strerror if isinstance(error, OSError) else str(error)
        raise BadSetting("MARQUEE_SETTINGS", f"names {file}, which is no TOML ({why})") from None


def _typed(name: str, kind: object, value: Any) -> Any:
    if kind != "int":
        if not isinstance(value, str):
            raise BadSetting(name, f"must be text and is {value!r}")
        return value
    try:
        return int(str(value))  # the text of 1.5 or true is no whole number, though both have one
    except ValueError:
        raise BadSetting(name, f"must be a whole number and is {value!r}") from None

"""Settings are read once and refuse what they do not know."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from lakehouse.settings import BadSetting, Settings

if TYPE_CHECKING:
    from pathlib import Path


def test_the_environment_wins_over_the_file(tmp_path: Path) -> None:
    file = tmp_path / "marquee.toml"
    file.write_text('seed = 1\nlake_root = "s3a://lake"\n')
    found = Settings.read({"MARQUEE_SETTINGS": str(file), "MARQUEE_SEED": "2"})
    assert (found.seed, found.lake_root) == (2, "s3a://lake")


def test_a_misspelt_setting_in_the_file_is_named(tmp_path: Path) -> None:
    file = tmp_path / "marquee.toml"
    file.write_text("sede = 1\n")
    with pytest.raises(BadSetting, match="sede is not known"):
        Settings.read({"MARQUEE_SETTINGS": str(file)})


def test_a_value_of_the_wrong_type_is_named() -> None:
    with pytest.raises(BadSetting, match="seed must be a whole number and is 'many'"):
        Settings.read({"MARQUEE_SEED": "many"})


def test_everything_lies_below_var_unless_said_otherwise(tmp_path: Path) -> None:
    found = Settings(var=str(tmp_path), landing="/data/landing")
    assert found.lake_root == f"{tmp_path}/lake"
    assert found.mlflow_uri == f"sqlite:///{tmp_path}/mlflow/mlflow.db"
    assert found.landing == "/data/landing"

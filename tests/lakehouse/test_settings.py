"""Settings are read once and refuse what they do not know."""

from __future__ import annotations

import os
import subprocess
import sys
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


@pytest.mark.parametrize(
    ("line", "why"),
    [
        ("seed = 1.5", "seed must be a whole number and is 1.5"),
        ("seed = true", "seed must be a whole number and is True"),
        ("seed = [1]", r"seed must be a whole number and is \[1\]"),
        ("lake_root = 7", "lake_root must be text and is 7"),
        ("seed 1", r"MARQUEE_SETTINGS names .*, which is no TOML \(Expected '=' .*line 1"),
        ("seed = 1\nseed = 2", r"no TOML \(Cannot overwrite a value"),
        ("\udcff = 1", r"no TOML \('utf-8' codec can't decode byte 0xff"),
    ],
)
def test_a_bad_file_is_one_sentence_with_its_reason(tmp_path: Path, line: str, why: str) -> None:
    file = tmp_path / "marquee.toml"
    file.write_bytes(line.encode(errors="surrogateescape"))
    with pytest.raises(BadSetting, match=why):
        Settings.read({"MARQUEE_SETTINGS": str(file)})


@pytest.mark.parametrize("name", ["missing_attribute", "unplayable"])
def test_what_a_filter_does_is_one_of_two_words(name: str) -> None:
    """Another word, such as no, would be taken for allow."""
    with pytest.raises(BadSetting, match=f"{name} must be allow or remove"):
        Settings.read({f"MARQUEE_{name.upper()}": "no"})


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    for place, why in ((tmp_path / "none.toml", "No such file"), (tmp_path, "Is a directory")):
        with pytest.raises(BadSetting, match=rf"names {place}, which is no TOML \({why}"):
            Settings.read({"MARQUEE_SETTINGS": str(place)})


def test_a_bad_file_ends_every_command_with_a_sentence(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "jobs", "versions"],
        env={**os.environ, "MARQUEE_SETTINGS": str(tmp_path / "none.toml")},
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 2
    assert done.stderr.startswith("The setting MARQUEE_SETTINGS names ")
    assert done.stderr.count("\n") == 1


def test_an_empty_variable_says_nothing() -> None:
    # else MARQUEE_VAR= would make the project itself the folder that `make clean` removes
    found = Settings.read({"MARQUEE_VAR": "", "MARQUEE_SEED": "", "MARQUEE_SETTINGS": ""})
    assert found == Settings()


def test_everything_lies_below_var_unless_said_otherwise(tmp_path: Path) -> None:
    found = Settings(var=str(tmp_path), landing="/data/landing")
    assert found.lake_root == f"{tmp_path}/lake"
    assert found.mlflow_uri == f"sqlite:///{tmp_path}/mlflow/mlflow.db"
    assert found.landing == "/data/landing"

"""The local Airflow has its secrets to itself and listens on loopback alone."""

from __future__ import annotations

import configparser
import json
from typing import TYPE_CHECKING

from cryptography.fernet import Fernet

from jobs.night.airflow_home import ROOT, airflow_home, kept_secrets, write_private

if TYPE_CHECKING:
    from pathlib import Path

    from lakehouse.settings import Settings


def mode(file: Path) -> str:
    return oct(file.stat().st_mode & 0o777)


def test_secrets_are_made_once_and_readable_by_their_owner_alone(settings: Settings) -> None:
    first, second = airflow_home(settings, 1234), airflow_home(settings, 4321)
    assert first.secrets == second.secrets
    assert len(first.secrets["jwt"]) >= 64  # what HMAC-SHA-512 asks for
    Fernet(first.secrets["fernet"])  # raises for a key that it cannot take
    assert mode(first.home / "secrets.json") == "0o600"
    passwords = first.home / "simple_auth_manager_passwords.json.generated"
    assert mode(passwords) == "0o600"
    assert json.loads(passwords.read_text()) == {"admin": first.password}


def test_two_homes_do_not_trust_each_other(tmp_path: Path) -> None:
    one, other = kept_secrets(tmp_path / "a.json"), kept_secrets(tmp_path / "b.json")
    assert not set(one.values()) & set(other.values())


def test_a_private_file_replaces_a_public_one(tmp_path: Path) -> None:
    file = tmp_path / "file"
    file.write_text("old")
    file.chmod(0o644)
    write_private(file, "new")
    assert (file.read_text(), mode(file)) == ("new", "0o600")


def test_every_process_finds_the_same_address_and_secrets(settings: Settings) -> None:
    home = airflow_home(settings, 4711)
    told = home.environment
    assert told["AIRFLOW__CORE__EXECUTION_API_SERVER_URL"] == "http://127.0.0.1:4711/execution/"
    assert told["AIRFLOW__API__PORT"] == "4711"
    assert told["AIRFLOW_HOME"] == str(settings.at("airflow"))
    assert told["AIRFLOW__CORE__DAGS_FOLDER"] == str(ROOT / "dags")


def test_the_configuration_stays_on_loopback_with_a_login() -> None:
    parser = configparser.ConfigParser(interpolation=None)
    parser.read(ROOT / "airflow.cfg")
    assert parser["api"]["host"] == "127.0.0.1"
    assert parser["core"]["executor"] == "LocalExecutor"
    # without a login whoever reaches loopback could trigger what runs as us
    assert "simple_auth_manager_all_admins" not in parser["core"]
    assert not any("secret" in name or "key" in name for part in parser.values() for name in part)

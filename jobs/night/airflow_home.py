"""Make the local Airflow: its home under var, its secrets, its database and its services."""

from __future__ import annotations

import json
import os
import secrets
import subprocess
import sys
from base64 import urlsafe_b64encode
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING

from lakehouse import keeper
from lakehouse.errors import MarqueeError

if TYPE_CHECKING:
    from lakehouse.keeper import Kept
    from lakehouse.settings import Settings

ROOT = Path(__file__).resolve().parents[2]
USER = "admin"
SERVICES = {
    "api-server": ["api-server"],
    "scheduler": ["scheduler", "--skip-serve-logs"],  # they would listen on every interface
    "dag-processor": ["dag-processor"],
}
GRACE_SECONDS = {"api-server": 1.0}
"""When its turn comes nobody speaks to it any more, and to end by itself takes it 8 seconds."""


class AirflowNotMade(MarqueeError):
    """Airflow could not make its database."""

    def __init__(self, cause: str) -> None:
        super().__init__(
            f"Airflow could not make its database, so no night can run: {cause}. "
            "Remove var/airflow and call again; the tables in var/lake are not touched."
        )


@dataclass(frozen=True)
class AirflowHome:
    """The local Airflow of some settings, not yet running."""

    home: Path
    dags: Path
    port: int
    secrets: dict[str, str]

    @property
    def address(self) -> str:
        """Where the API and the UI answer."""
        return f"http://127.0.0.1:{self.port}"

    @property
    def password(self) -> str:
        """The password of the one user."""
        return self.secrets["password"]

    @property
    def environment(self) -> dict[str, str]:
        """What every process of Airflow must find in its environment."""
        return {
            "AIRFLOW_HOME": str(self.home),
            "AIRFLOW_CONFIG": str(ROOT / "airflow.cfg"),
            "AIRFLOW__CORE__DAGS_FOLDER": str(self.dags),
            "AIRFLOW__CORE__FERNET_KEY": self.secrets["fernet"],
            "AIRFLOW__CORE__EXECUTION_API_SERVER_URL": f"{self.address}/execution/",
            "AIRFLOW__API__PORT": str(self.port),
            "AIRFLOW__API__BASE_URL": self.address,
            "AIRFLOW__API__SECRET_KEY": self.secrets["api"],
            "AIRFLOW__API_AUTH__JWT_SECRET": self.secrets["jwt"],
        }

    def start(self, environment: dict[str, str], lock: int) -> list[Kept]:
        """Start every service; the lock lasts until each is gone."""
        program = str(Path(sys.executable).with_name("airflow"))
        given = os.environ | environment | self.environment
        return [
            keeper.keep(
                name,
                [program, *words],
                self.home / "services" / f"{name}.log",
                given,
                GRACE_SECONDS.get(name, keeper.GRACE_SECONDS),
                held=(lock,),
            )
            for name, words in SERVICES.items()
        ]

    def migrate(self) -> None:
        """Bring the database to this version of Airflow; takes a moment when it is there already.

        Raises AirflowNotMade.
        """
        done, wanted = self.home / "migrated", version("apache-airflow")
        if done.exists() and done.read_text() == wanted and (self.home / "airflow.db").exists():
            return
        program = str(Path(sys.executable).with_name("airflow"))
        made = subprocess.run(  # noqa: S603
            [program, "db", "migrate"],
            env=os.environ | self.environment,
            capture_output=True,
            text=True,
            check=False,
        )
        if made.returncode:
            raise AirflowNotMade(keeper.cause(made.stdout + made.stderr))
        done.write_text(wanted)


def airflow_home(settings: Settings, port: int, dags: Path = ROOT / "dags") -> AirflowHome:
    """The Airflow of these settings; its folder and secrets are made when they are not there."""
    home = settings.at("airflow")
    home.mkdir(parents=True, exist_ok=True)
    said = kept_secrets(home / "secrets.json")
    write_private(
        home / "simple_auth_manager_passwords.json.generated",  # the name that Airflow reads
        json.dumps({USER: said["password"]}),
    )
    return AirflowHome(home, dags, port, said)


def kept_secrets(file: Path) -> dict[str, str]:
    """The secrets of this home, made once: services that differ in one do not trust each other."""
    if not file.exists():
        made = {name: secrets.token_hex(32) for name in ("jwt", "api")}
        made["fernet"] = urlsafe_b64encode(secrets.token_bytes(32)).decode()
        made["password"] = secrets.token_urlsafe(12)
        write_private(file, json.dumps(made))
    found: dict[str, str] = json.loads(file.read_text())
    return found


def write_private(file: Path, text: str) -> None:
    """Write a file that only its owner may read, never readable by others even for a moment."""
    part = file.with_name(f".{file.name}.{os.getpid()}")
    with os.fdopen(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as out:
        out.write(text)
    part.replace(file)

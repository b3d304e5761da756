"""Open Airflow, MLflow, the checks and the report side by side, until ctrl-C."""

from __future__ import annotations

import os
import sys
import time
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING

from jobs.night.services import PATIENCE_SECONDS, ServiceEnded, services
from jobs.night.site import site
from lakehouse import keeper
from lakehouse.spark_server import free_port

if TYPE_CHECKING:
    from collections.abc import Iterator

    from rich.console import Console

    from lakehouse.settings import Settings


def show_all(settings: Settings, console: Console) -> None:
    """Start what is to be seen, say where, and stay until interrupted."""
    console.print("Airflow, MLflow and Spark start, which takes half a minute.")
    with (
        services(settings, "ui") as running,
        mlflow(settings) as mlflow_at,
        site(settings.at(), 0, mlflow_at) as site_at,
    ):
        login = f"user admin, password {running.home.password}"
        links = {
            "Airflow": f"{running.home.address}  ({login})",
            "MLflow": f"{mlflow_at}/#/experiments",
            "Checks": f"{site_at}/checks/docs/",
            "Report": f"{site_at}/report/",
        }
        for name, link in links.items():
            console.print(f"{name:<8} {link}", highlight=False, soft_wrap=True)
        console.print("To run a night there: events_daily, Trigger, the night as partition key.")
        console.print("Ctrl-C ends all of it.")
        with suppress(KeyboardInterrupt):
            while True:
                running.require_alive()
                time.sleep(1.0)


@contextmanager
def mlflow(settings: Settings) -> Iterator[str]:
    """The address of MLflow: the server that the settings name, or one of ours while this runs."""
    if settings.mlflow_uri.startswith(("http://", "https://")):
        yield settings.mlflow_uri
        return
    port = free_port()
    folder = settings.at("mlflow")
    folder.mkdir(parents=True, exist_ok=True)
    command = [
        sys.executable, "-m", "mlflow", "server", "--backend-store-uri", settings.mlflow_uri,
        "--default-artifact-root", str(folder / "artifacts"),
        "--host", "127.0.0.1", "--port", str(port), "--workers", "1",
    ]  # fmt: skip
    environment = {
        **os.environ,
        "MLFLOW_DISABLE_TELEMETRY": "true",  # it reports home
        "MLFLOW_SERVER_ENABLE_JOB_EXECUTION": "false",  # a queue of LLM judges: three idle processes
    }
    kept = keeper.keep("mlflow", command, folder / "server.log", environment, grace_seconds=2.0)
    try:
        deadline = time.monotonic() + PATIENCE_SECONDS
        while not kept.listens(port):
            if not kept.running or time.monotonic() > deadline:
                raise ServiceEnded(kept.name, kept.log, kept.cause())
            time.sleep(0.2)
        yield f"http://127.0.0.1:{port}"
    finally:
        kept.stop()

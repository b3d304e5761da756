"""Record runs, pictures and registered models in MLflow; the only module that knows it."""

from __future__ import annotations

import fcntl
import logging
import os
import time
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from lakehouse.errors import MarqueeError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from matplotlib.figure import Figure
    from mlflow.tracking import MlflowClient

    from lakehouse.settings import Settings

CANDIDATE, LIVE = "candidate", "live"
os.environ.setdefault("MLFLOW_DISABLE_TELEMETRY", "true")  # it reports home


class NotRegistered(MarqueeError):
    """A model was to be pointed at that the registry does not hold."""

    def __init__(self, name: str, model_hash: str) -> None:
        super().__init__(
            f"The registry holds no {name} model {model_hash}, so no alias was moved: "
            "register the model first, or list what there is in MLflow."
        )


@dataclass(frozen=True)
class RegisteredModel:
    """One version of a model in the registry."""

    name: str
    version: str
    model_hash: str
    folder: str
    run_id: str
    tags: Mapping[str, str]


@dataclass(frozen=True)
class PastRun:
    """What a finished run recorded."""

    run_id: str
    name: str
    parameters: Mapping[str, str]
    metrics: Mapping[str, float]
    tags: Mapping[str, str]


class Run:
    """An open run: write parameters, metrics, pictures and texts to it."""

    def __init__(self, client: MlflowClient, run_id: str) -> None:
        self._client = client
        self.run_id = run_id

    def parameters(self, values: Mapping[str, object]) -> None:
        """Record what the run was given."""
        for name, value in values.items():
            self._client.log_param(self.run_id, name, value)

    def tags(self, values: Mapping[str, object]) -> None:
        """Record what names or explains the run: night, commit, data versions, verdicts."""
        for name, value in values.items():
            self._client.set_tag(self.run_id, name, str(value))

    def metrics(self, values: Mapping[str, float], step: int = 0) -> None:
        """Record figures; ndcg@10 is kept as ndcg_at_10, because MLflow forbids the @."""
        from mlflow.entities import Metric

        when = int(time.time() * 1000)
        batch = [Metric(metric_name(n), float(v), when, step) for n, v in values.items()]
        self._client.log_batch(self.run_id, metrics=batch)

    def curve(self, name: str, values: list[float]) -> None:
        """Record one figure per step, such as the loss of each epoch."""
        from mlflow.entities import Metric

        when = int(time.time() * 1000)
        points = [Metric(metric_name(name), float(v), when, i) for i, v in enumerate(values)]
        self._client.log_batch(self.run_id, metrics=points)

    def picture(self, name: str, figure: Figure) -> None:
        """Keep a picture, such as learning_curve.png."""
        self._client.log_figure(self.run_id, figure, name)

    def text(self, name: str, content: str) -> None:
        """Keep a text, such as a table in Markdown or a JSON document."""
        self._client.log_text(self.run_id, content, name)


class Tracking:
    """The store of runs and the registry of models that the settings name."""

    def __init__(self, settings: Settings) -> None:
        self._uri = settings.mlflow_uri
        self._artifacts = settings.at("mlflow", "artifacts")

    @cached_property
    def _client(self) -> MlflowClient:
        logging.getLogger("alembic").setLevel(logging.WARNING)  # forty lines a new database
        from mlflow.tracking import MlflowClient

        if not self._uri.startswith("sqlite:///"):
            return MlflowClient(self._uri, registry_uri=self._uri)
        folder = Path(self._uri.removeprefix("sqlite:///")).parent
        folder.mkdir(parents=True, exist_ok=True)
        with Path(folder, "lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)  # two processes must not both create the tables
            client = MlflowClient(self._uri, registry_uri=self._uri)
            client.search_experiments(max_results=1)
        return client

    @contextmanager
    def run(self, experiment: str, name: str) -> Iterator[Run]:
        """An open run of an experiment; it ends as FAILED if the block raises."""
        run = self._client.create_run(self._experiment(experiment), run_name=name)
        try:
            yield Run(self._client, run.info.run_id)
        except BaseException:
            self._client.set_terminated(run.info.run_id, "FAILED")
            raise
        self._client.set_terminated(run.info.run_id, "FINISHED")

    def past_runs(
        self, experiment: str, limit: int = 100, tags: Mapping[str, str] | None = None
    ) -> list[PastRun]:
        """The finished runs of an experiment that have these tags, newest first."""
        wanted = ["attributes.status = 'FINISHED'"]
        wanted += [f"tags.{name} = '{value}'" for name, value in (tags or {}).items()]
        found = self._client.search_runs(
            [self._experiment(experiment)], " and ".join(wanted), max_results=limit
        )
        return [
            PastRun(
                one.info.run_id, one.info.run_name or "", one.data.params,
                one.data.metrics, one.data.tags,
            )
            for one in found
        ]  # fmt: skip

    def register(
        self, name: str, folder: Path, model_hash: str, run_id: str, tags: Mapping[str, object]
    ) -> RegisteredModel:
        """Add a model folder to the registry and point `candidate` at it.

        A model that is registered already keeps its version: a rerun adds nothing.
        """
        known = self._find(name, model_hash)
        if known is None:
            if not self._client.search_registered_models(f"name = '{name}'"):
                self._client.create_registered_model(name)
            self._client.create_model_version(
                name, str(folder), run_id=run_id,
                tags={"model_hash": model_hash, **{k: str(v) for k, v in tags.items()}},
            )  # fmt: skip
        self.point(name, CANDIDATE, model_hash)
        return self._found(name, model_hash)

    def point(self, name: str, alias: str, model_hash: str) -> None:
        """Let an alias mean this model; raises NotRegistered."""
        version = self._found(name, model_hash).version
        self._client.set_registered_model_alias(name, alias, version)

    def pointed(self, name: str, alias: str) -> RegisteredModel | None:
        """The model that an alias means, or None."""
        from mlflow.exceptions import MlflowException

        try:
            version = self._client.get_model_version_by_alias(name, alias)
        except MlflowException:
            return None
        return self._find(name, version.tags["model_hash"])

    def _found(self, name: str, model_hash: str) -> RegisteredModel:
        model = self._find(name, model_hash)
        if model is None:
            raise NotRegistered(name, model_hash)
        return model

    def _find(self, name: str, model_hash: str) -> RegisteredModel | None:
        wanted = f"name = '{name}' and tags.model_hash = '{model_hash}'"
        for one in self._client.search_model_versions(wanted, max_results=1):
            return RegisteredModel(
                name, str(one.version), model_hash, str(one.source), str(one.run_id), one.tags
            )
        return None

    def _experiment(self, name: str) -> str:
        known = self._client.get_experiment_by_name(name)
        if known is not None:
            return str(known.experiment_id)
        local = self._uri.startswith("sqlite:///")
        where = self._artifacts.as_uri() if local else None  # a server keeps its own
        return str(self._client.create_experiment(name, artifact_location=where))


def metric_name(name: str) -> str:
    """The name under which MLflow keeps a metric."""
    return name.replace("@", "_at_")

"""Give tests each store in its real form: a folder of LMDB files, and DynamoDB Local."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING
from uuid import uuid4

import pytest

from serving_export.stores.store import open_store
from tests.serving_export.dynamodb_local import dynamodb_local

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from serving_export.stores.store import Store


@pytest.fixture(scope="session")
def dynamodb() -> Iterator[None]:
    """DynamoDB Local for as long as the tests run; boto3 finds it by the environment."""
    before = dict(os.environ)
    with dynamodb_local() as environment:
        os.environ.update(environment)
        os.environ.pop("AWS_PROFILE", None)
        yield
    os.environ.clear()
    os.environ.update(before)


@pytest.fixture(params=["lmdb", pytest.param("dynamodb", marks=pytest.mark.service)])
def new_place(request: pytest.FixtureRequest, tmp_path: Path) -> Callable[[], str]:
    """Call it for an empty place, of each kind."""
    if request.param == "lmdb":
        return lambda: str(tmp_path / uuid4().hex / "pages")
    request.getfixturevalue("dynamodb")
    return lambda: f"dynamodb://pages-{uuid4().hex}"


@pytest.fixture
def place(new_place: Callable[[], str]) -> str:
    """An empty place of each kind."""
    return new_place()


@pytest.fixture
def store(place: str) -> Store:
    """A store at an empty place of each kind."""
    return open_store(place)

"""Serve as an edge: files to tokens that another server signed, its health, and nothing else."""

from __future__ import annotations

import json
from contextlib import contextmanager
from http import HTTPStatus
from typing import TYPE_CHECKING

from serving_export.titles.files import MEDIA_TYPES, Reply
from serving_export.titles.loopback import running
from serving_export.titles.refusals import BadRequest, NotServed

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from serving_export.titles.shelf import Shelf

HEALTH = "health"


def route(
    shelf: Shelf, names: Sequence[str], asked: Mapping[str, str], body: bytes | None
) -> Reply:
    """Answer one request; `body` is None for GET and HEAD. Raises a Refusal."""
    if body is not None:
        raise BadRequest("posts where nothing is taken", HTTPStatus.METHOD_NOT_ALLOWED)
    match names:
        case ["health"]:
            return _health(shelf)
        case ["t", *rest]:
            return shelf.reply(rest, asked)
    raise NotServed


@contextmanager
def serve_edge(shelf: Shelf, origins: Sequence[str], port: int = 0) -> Iterator[str]:
    """Serve versions on 127.0.0.1 to pages of these origins while the block runs; the address.

    Raises PortTaken.
    """
    with running(
        lambda names, asked, body: route(shelf, names, asked, body), port, origins=origins
    ) as address:
        yield address


def _health(shelf: Shelf) -> Reply:
    """Well as long as the versions can be looked at, such as on a disk that may be gone."""
    well = shelf.published.is_dir()
    headers = {"Content-Type": MEDIA_TYPES[".json"], "Cache-Control": "no-store"}
    status = HTTPStatus.OK if well else HTTPStatus.SERVICE_UNAVAILABLE
    return Reply(status, headers, json.dumps({"healthy": well}).encode())

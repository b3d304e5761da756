"""Serve what plays on loopback: with a player and a link to it, or as an edge."""

from __future__ import annotations

import sys
import time
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

from jobs.encode.assembly import key_ring
from jobs.encode.receipt import read_receipt
from lakehouse.errors import MarqueeError
from serving_export.titles.cors import origins_of
from serving_export.titles.edge import serve_edge
from serving_export.titles.edges import Table, place_of
from serving_export.titles.health import Watch
from serving_export.titles.link_secret import link_secret
from serving_export.titles.player_files import vendor_player
from serving_export.titles.server import Titles, serve
from serving_export.titles.shelf import Shelf

if TYPE_CHECKING:
    from rich.console import Console

    from lakehouse.settings import Settings

PLAYER = Path(sys.prefix, "player")
"""Beside the packages: the set-up fetches it, so that playing needs no network."""


def serve_title(settings: Settings, title_id: str, port: int, console: Console) -> None:
    """Serve until ctrl-C; raises NotOrdered where the title does not play, PortTaken, BadEdges.

    Where VAR/titles/edges.json lists edges, viewers are sent to the nearest healthy one.
    """
    read_receipt(settings, title_id)
    watch = Watch(Table(settings.at("titles", "edges.json")).edges)
    titles = Titles(
        settings.at("titles", "published"),
        vendor_player(PLAYER),
        key_ring(settings),
        link_secret(settings.at("titles")),
        edges=watch.edges,
        viewer=place_of(settings.viewer_place, watch.edges()),
        origins=origins_of(settings.player_origins),
    )
    with watch.running(), serve(titles, port) as served:
        console.print(f"{served.link(title_id)}", highlight=False, soft_wrap=True)
        console.print("The link can be opened for twelve hours; ctrl-C ends the server.")
        _until_interrupted()


def serve_as_edge(settings: Settings, port: int, console: Console) -> None:
    """Serve the published versions until ctrl-C to who holds a token; raises PortTaken, BadSetting."""
    shelf = Shelf(settings.at("titles", "published"), link_secret(settings.at("titles")))
    with serve_edge(shelf, origins_of(settings.player_origins), port) as address:
        console.print(address, highlight=False, soft_wrap=True)
        console.print(
            "An edge of these titles, for links of servers with its secret; ctrl-C ends it."
        )
        _until_interrupted()


def _until_interrupted() -> None:
    with suppress(KeyboardInterrupt):
        while True:
            time.sleep(1.0)


if __name__ == "__main__":  # for the set-up, which has nothing installed itself
    try:
        vendor_player(PLAYER)
    except MarqueeError as error:
        sys.exit(str(error))

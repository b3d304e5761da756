"""Serve what plays on loopback, and print a link to the player."""

from __future__ import annotations

import sys
import time
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

from jobs.encode.assembly import key_ring
from jobs.encode.receipt import read_receipt
from lakehouse.errors import MarqueeError
from serving_export.titles.edges import read_edges
from serving_export.titles.player_files import vendor_player
from serving_export.titles.server import Titles, serve

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
    table = settings.at("titles", "edges.json")
    titles = Titles(
        settings.at("titles", "published"),
        vendor_player(PLAYER),
        key_ring(settings),
        edges=read_edges(table) if table.exists() else (),
    )
    with serve(titles, port) as served:
        console.print(f"{served.link(title_id)}", highlight=False, soft_wrap=True)
        console.print("The link lasts twelve hours and only here; ctrl-C ends it.")
        with suppress(KeyboardInterrupt):
            while True:
                time.sleep(1.0)


if __name__ == "__main__":  # for the set-up, which has nothing installed itself
    try:
        vendor_player(PLAYER)
    except MarqueeError as error:
        sys.exit(str(error))

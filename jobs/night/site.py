"""Serve the report and the Data Docs, and nothing else of var, on loopback."""

from __future__ import annotations

import threading
from contextlib import contextmanager
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

SERVED = ("report", "checks")
"""Folders below var that a browser may see; beside them lie secrets, models and events."""


class Site(SimpleHTTPRequestHandler):
    """Files of the served folders; everything else is not found, as if it were not there."""

    def send_head(self):  # type: ignore[no-untyped-def]
        """Refuse what resolves, links and all, to a place outside the served folders."""
        from pathlib import Path

        top = Path(self.directory).resolve()
        asked = Path(self.translate_path(self.path)).resolve()
        if not any(asked.is_relative_to(top / folder) for folder in SERVED):
            return self.send_error(404)
        return super().send_head()

    def log_message(self, format: str, *args: object) -> None:
        """Stay silent: the terminal shows links, not requests."""


@contextmanager
def site(folder: Path, port: int) -> Iterator[str]:
    """Serve the folder's report and checks while the block runs; gives the address."""
    handler = partial(Site, directory=str(folder))
    with ThreadingHTTPServer(("127.0.0.1", port), handler) as server:
        threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
        try:
            yield f"http://127.0.0.1:{server.server_port}"
        finally:
            server.shutdown()

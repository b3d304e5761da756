"""Serve the report and the Data Docs, and nothing else of var, on loopback; point at MLflow."""

from __future__ import annotations

import threading
from contextlib import contextmanager
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

SERVED = ("report", "checks")
"""Folders below var that a browser may see; beside them lie secrets, models and events."""


class Site(SimpleHTTPRequestHandler):
    """Files of the served folders; everything else is not found, as if it were not there."""

    def __init__(self, *given: Any, mlflow: str, **named: Any) -> None:
        self.mlflow = mlflow
        super().__init__(*given, **named)

    def send_head(self):  # type: ignore[no-untyped-def]
        """Refuse what resolves, links and all, to a place outside the served folders.

        /mlflow/, which the report links to, leads to MLflow; a browser keeps what follows the #.
        """
        from pathlib import Path

        if self.path == "/mlflow/":
            self.send_response(302)
            self.send_header("Location", f"{self.mlflow}/")
            return self.end_headers()
        top = Path(self.directory).resolve()
        asked = Path(self.translate_path(self.path)).resolve()
        if not any(asked.is_relative_to(top / folder) for folder in SERVED):
            return self.send_error(404)
        return super().send_head()

    def log_message(self, format: str, *args: object) -> None:
        """Stay silent: the terminal shows links, not requests."""


@contextmanager
def site(folder: Path, port: int, mlflow: str) -> Iterator[str]:
    """Serve the folder's report and checks while the block runs; gives the address."""
    handler = partial(Site, directory=str(folder), mlflow=mlflow)
    with ThreadingHTTPServer(("127.0.0.1", port), handler) as server:
        threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
        try:
            yield f"http://127.0.0.1:{server.server_port}"
        finally:
            server.shutdown()

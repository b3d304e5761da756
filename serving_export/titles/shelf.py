"""Give files of published versions to who holds a token of theirs: all that an edge does."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from serving_export.titles import signing
from serving_export.titles.files import cache_headers, file_reply, inside
from serving_export.titles.layout import KEPT_BACK, VERSION, BadTitleId, read_live
from serving_export.titles.refusals import NotServed, UnknownTitle

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from pathlib import Path

    from serving_export.titles.files import Reply


@dataclass(frozen=True)
class Shelf:
    """Published versions, and the secret that their tokens were signed with."""

    published: Path
    """published/<title_id>/<version>/ and published/<title_id>/live.json."""
    secret: bytes = field(repr=False)
    """Signs and checks links; servers that share it honour each other's."""
    now: Callable[[], float] = time.time

    def live(self, title_id: str) -> str:
        """The version of a title that is live; raises UnknownTitle or BrokenLive."""
        try:
            live = read_live(self.published, title_id)
        except BadTitleId:
            live = None
        if live is None:
            raise UnknownTitle(title_id)
        return live.version

    def require(self, token: str, title_id: str, version: str) -> int:
        """When the token expires; raises ForgedLink or ExpiredLink."""
        return signing.require(self.secret, token, title_id, version, self.now())

    def reply(self, names: Sequence[str], asked: Mapping[str, str]) -> Reply:
        """Answer /t/TOKEN/TITLE/VERSION/..., whose names after the t these are; raises a Refusal."""
        if len(names) < 3:
            raise NotServed
        token, title_id, version, *rest = names
        self.require(token, title_id, version)
        self.live(title_id)  # a title that was taken down is down at once
        if not VERSION.fullmatch(version):
            raise NotServed
        package = self.published / title_id / version
        file = inside(package, rest)
        if file.name in KEPT_BACK:
            raise NotServed
        return file_reply(file, asked, cache_headers(package, "/".join(rest)))

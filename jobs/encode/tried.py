"""Tell what was tried of a title that was refused and what it scored, out of what was made until then.

Such a receipt has the parts of one that plays, each empty where it was not come to.
"""

from __future__ import annotations

from copy import copy
from dataclasses import asdict, replace
from functools import partial
from typing import TYPE_CHECKING, Any

from jobs.encode import receipt_rows as rows
from jobs.encode import tools
from jobs.encode.assembly import Assembly
from jobs.encode.blame import of_the_title
from jobs.encode.codecs import told
from jobs.encode.notices import budget
from jobs.encode.order import portable
from jobs.encode.production import Production
from jobs.encode.receipt import best_of, chosen_how, scored
from jobs.encode.steps import cpu_seconds, steps
from jobs.encode.workshop import Unmade, Workshop
from jobs.encode.worst_frames import worst_frames
from lakehouse.errors import MarqueeError
from serving_export.titles.layout import BrokenLive, read_live

if TYPE_CHECKING:
    from collections.abc import Callable

    from jobs.encode.facts import Rendition
    from jobs.encode.order import Order
    from jobs.encode.worst_frames import WorstFrames
    from lakehouse.settings import Settings

Json = dict[str, Any]


class Tried:
    """A title as far as it came: nothing is made for it any more but pictures of worst frames."""

    def __init__(self, settings: Settings, refused: Order) -> None:
        self.settings, self.order = settings, refused
        self.production = Production(settings, replace(refused, refused=""))
        self.production.work = Workshop(self.production.work.folder, makes=False)
        self.chosen = [rung.name for rung in self._made(lambda: self.production.ladder, [])]
        ask = self.production.rendition
        found = [self._made(partial(ask, name), None) for name in self.chosen]
        self.renditions: list[Rendition] = [one for one in found if one]
        self.assembly = Assembly(self.production)
        self.assembly.production.renditions = self.renditions  # what the gate is to look at
        self.worst: WorstFrames = self._made(self._worst, {}) if self.renditions else {}

    def receipt(self) -> Json:
        """All that is known of it, as JSON; `refused` says why it does not play."""
        production, order = self.production, self.order
        receipt = {
            "title_id": order.title_id,
            "refused": order.refused,
            "plays": self._plays(),
            "night": order.night,
            "order": portable(order),
            "target_vmaf": order.target_vmaf,
            "protect": order.protect,
            "key_version": None,
            "key_ids": {},
            "master": self._made(
                lambda: asdict(production.master) | {"seconds": production.master.seconds}, {}
            ),
            "said": [*self._made(lambda: chosen_how(production), []), *self._left_out()],
            "not_encoded": self._not_encoded(),
            **self._pictures(),
            "audio": self._made(lambda: [rows.sound(one) for one in self.assembly.sounds], []),
            "captions": self._made(
                lambda: [
                    one.made.facts | {"role": one.stream.roles[0]} for one in self.assembly.texts
                ],
                [],
            ),
            "packets_sha256": {},
            "bytes": 0,
            "tools": tools.versions(),
        }
        took = steps(production.work)  # last: all that was made was asked for above
        return receipt | {"cpu_seconds": cpu_seconds(took), "steps": took}

    def _pictures(self) -> Json:
        production = self.production
        best = best_of(self.renditions, self.order.codecs) if self.renditions else None
        return {
            "codecs": told(),
            "sample": self._made(
                lambda: rows.sample(production.sample, float(production.master.rate)),
                {"share": 1.0, "bias": 0.0, "windows": []},
            ),
            "budget": self._made(lambda: budget(production), {}),
            "probes": self._made(
                lambda: [asdict(one) for probed in production.probed.values() for one in probed], []
            ),
            "front": self._made(lambda: rows.fronts(production), []),
            "fixed": self._made(lambda: rows.fixed(production), []),
            "shots_in": "",
            "shots": [],
            "ladder": [],
            "misses": {},
            **(scored(self.assembly, self.renditions, best, self.worst) if best else {}),
        }

    def _left_out(self) -> list[str]:
        names = self._not_encoded()
        return [f"Not encoded and scored to the end: {', '.join(names)}."] if names else []

    def _not_encoded(self) -> list[str]:
        made = {one.rung.name for one in self.renditions}
        return [name for name in self.chosen if name not in made]

    def _worst(self) -> WorstFrames:
        making = copy(self.production)
        making.work = Workshop(self.production.work.folder)
        making.work.asked = self.production.work.asked  # so that their commands are told, too
        return worst_frames(making, self.renditions, best_of(self.renditions, self.order.codecs))

    def _plays(self) -> str:
        """The version that plays on; empty where none does."""
        try:
            live = read_live(self.settings.at("titles", "published"), self.order.title_id)
        except BrokenLive:
            return ""
        return live.version if live else ""

    def _made(self, ask: Callable[[], Any], otherwise: Any) -> Any:
        """What a part tells; otherwise where it was not made, or is what failed."""
        if not self.order.master_sha256:
            return otherwise
        try:
            return ask()
        except Unmade:
            return otherwise
        except MarqueeError as error:
            if not of_the_title(error):
                raise
            return otherwise

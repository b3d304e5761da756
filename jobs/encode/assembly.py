"""Put a title together: what passed the gate, its sound and text, under keys, packaged and proved."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING, NamedTuple

from jobs.encode import gate, tracks
from jobs.encode.codecs import CODECS
from jobs.encode.encoders import gop_of
from jobs.encode.ladder.trust import doubt
from jobs.encode.package import Tiles, package
from jobs.encode.protection import NONE
from jobs.encode.streams import DESCRIPTION, Stream, label_of
from jobs.encode.thumbnails import grid_of, make_thumbnails
from jobs.encode.verify import verified
from lakehouse.errors import MarqueeError
from serving_export.titles.keys import KeyRing

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from jobs.encode.facts import Rendition
    from jobs.encode.order import Order
    from jobs.encode.production import Production
    from jobs.encode.tracks import Sound, Text
    from jobs.encode.workshop import Made
    from lakehouse.settings import Settings
    from serving_export.titles.keys import KeySet


class NotPlayable(MarqueeError):
    """A title lacks what it needs to play, so the version that plays stays."""

    def __init__(self, title_id: str, lacking: Sequence[str], other: Sequence[str]) -> None:
        super().__init__(
            f"Title {title_id} does not become playable, because {' and '.join(lacking)}; what "
            f"played before goes on playing: see marquee explain {title_id}, then encode it with "
            f"{' and '.join(other)}."
        )


def key_ring(settings: Settings) -> KeyRing:
    """The ring of all titles' keys; raises what a missing or wrong master key raises."""
    folder = settings.at("titles", "keys")
    folder.mkdir(parents=True, exist_ok=True)
    return KeyRing.found(folder)


def require_keys(settings: Settings, orders: Iterable[Order]) -> None:
    """Open the ring where a title is to be protected, so that a wrong master key is told before hours
    of encodes and not after; raises what a missing or wrong one raises."""
    if any(order.protect != NONE for order in orders):
        key_ring(settings)


class Packaged(NamedTuple):
    """A package and the proof that it holds what was encoded."""

    made: Made
    proof: Made


class Assembly:
    """The streams of a title that may ship, and the package of them."""

    def __init__(self, production: Production) -> None:
        self.production = production

    @cached_property
    def reasons(self) -> dict[str, tuple[str, ...]]:
        """Rung to why it may not ship; none where it may."""
        found = {one.rung.name: self._verdict(one) for one in self._renditions}
        return found | {name: (why,) for name, why in self._out_of_step.items()}

    @cached_property
    def shipped(self) -> list[Rendition]:
        """The renditions that passed; raises NotPlayable where the smallest set of them did not."""
        passed = [one for one in self._renditions if not self.reasons[one.rung.name]]
        names = {one.rung.name for one in passed}  # a top rung may have got another CRF
        # one that a cheaper one equals is not missed
        ladder = [rung for rung in self.production.ladder if rung.name not in self._out_of_step]
        pictures = [
            f"its {end} rung {name} is held back ({'; '.join(self.reasons[name])})"
            for name, end in gate.missing([r for r in ladder if r.name in names], ladder).items()
        ]
        held = [one for one in self.sounds if one.reasons]
        sounds = [
            f"its sound {one.stream.name} is held back ({'; '.join(one.reasons)})" for one in held
        ]
        if pictures or held:
            order = self.production.order
            other = _better(bool(pictures), order.budget_cpu_seconds > 0, held)
            raise NotPlayable(order.title_id, [*pictures, *sounds], other)
        return passed

    @cached_property
    def sounds(self) -> list[Sound]:
        """Every sound track of the master in every way it is encoded, and the description."""
        return tracks.sounds(self.production)

    @cached_property
    def texts(self) -> list[Text]:
        """The captions of the order, checked and cleaned; raises BadCaptions."""
        return tracks.texts(self.production)

    @cached_property
    def streams(self) -> list[Stream]:
        """All that goes into the package."""
        pictures = [
            Stream(
                self.production.work.folder / one.file, "video", one.rung.name,
                label_of("video", one.rung.width, one.rung.height), height=one.rung.height,
                codec=one.rung.codec,
            )
            for one in self.shipped
        ]  # fmt: skip
        heard = [sound.stream for sound in self.sounds]
        return [*pictures, *heard, *(text.stream for text in self.texts)]

    @cached_property
    def tiles(self) -> Tiles:
        """The pictures of the seek bar, out of the smallest rendition."""
        smallest, master = self.shipped[0], self.production.master
        grid = grid_of(smallest.rung.width, smallest.rung.height, master.seconds, self.gop_seconds)
        file = self.production.work.folder / smallest.file
        return Tiles(make_thumbnails(self.production.work, file, grid), grid)

    def packaged(self, keys: KeySet | None) -> Packaged:
        """The package under these keys, opened again and compared packet by packet."""
        order, master = self.production.order, self.production.master
        made = package(
            self.production.work, order.title_id, self.streams, master.seconds, order.protect,
            keys, self.tiles, self.gop_seconds,
        )  # fmt: skip
        return Packaged(made, verified(self.production.work, made, self.streams, keys))

    def keys(self) -> KeySet | None:
        """The current keys of the title, made where it has none."""
        if self.production.order.protect == NONE:
            return None
        return key_ring(self.production.settings).keys_for(self.production.order.title_id)

    @property
    def gop_seconds(self) -> float:
        """Two seconds in whole frames: 2.002 s at 24000/1001."""
        master = self.production.master
        return float(gop_of(master) / master.rate)

    @cached_property
    def _out_of_step(self) -> dict[str, str]:
        """Rung to why it does not fit the ladder, of those that pass by themselves."""
        return gate.out_of_step([one for one in self._renditions if not self._verdict(one)])

    def _verdict(self, one: Rendition) -> tuple[str, ...]:
        """Why it may not ship by itself: of few probes less is promised than of all."""
        rung, production = one.rung, self.production
        if rung.fixed:
            return gate.verdict(one)
        crfs = {probe.crf for probe in production.probed[rung.codec]}
        curves, size = production.curves[rung.codec], (rung.width, rung.height)
        return gate.verdict(one, doubt(curves, size, len(crfs), len(CODECS[rung.codec].probe_crfs)))

    @property
    def _renditions(self) -> list[Rendition]:
        return self.production.renditions


def _better(pictures: bool, few_probes: bool, held: Sequence[Sound]) -> list[str]:
    """What another order may have, so that pictures or these sounds are not held back again."""
    # few probes foresee badly what is then held to it
    wish = "a larger --budget" if few_probes else "another --target-vmaf"
    described = [DESCRIPTION in one.stream.roles for one in held]
    other = {
        f"{wish} or a better master": pictures,
        "a master of better sound": not all(described),
        "a better --audio-description": any(described),
    }
    return [words for words, helps in other.items() if helps]

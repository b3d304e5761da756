"""Write down how a title came to be: master, shots, probes, front, rungs, scores, sound, keys by id."""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from jobs.encode import gate, tools, vmaf
from jobs.encode import receipt_rows as rows
from jobs.encode.codecs import CODECS, told
from jobs.encode.ladder.rungs import shortfalls
from jobs.encode.notices import budget, budget_said, notices
from jobs.encode.order import NotOrdered, orders, portable
from jobs.encode.packing import packing_of
from jobs.encode.steps import cpu_seconds, steps
from jobs.encode.tracks import remarks
from jobs.encode.worst_frames import worst_frames
from lakehouse.errors import MarqueeError
from serving_export.titles.layout import RECEIPT, BadTitleId, read_live

if TYPE_CHECKING:
    from collections.abc import Sequence

    from jobs.encode.assembly import Assembly, Packaged
    from jobs.encode.facts import Rendition
    from jobs.encode.production import Production
    from jobs.encode.vmaf import Values
    from jobs.encode.worst_frames import WorstFrames
    from lakehouse.settings import Settings
    from serving_export.titles.keys import KeySet

Json = dict[str, Any]
PANEL = "panel.json"
SHOWN = ("codecs", "shots", "front", "fixed", "ladder")
"""What the player page reads of a receipt: of a film, commands and probes are most of its bytes."""


class BrokenReceipt(MarqueeError):
    """The receipt of a version cannot be read."""

    def __init__(self, title_id: str, version: str, said: str) -> None:
        super().__init__(
            f"{RECEIPT} of title {title_id}, version {version}, is gone or damaged ({said}), so nothing "
            f"can be done by what it tells: marquee encode FILE --title {title_id} writes it again."
        )


def receipt_of(assembly: Assembly, packaged: Packaged, keys: KeySet | None, version: str) -> Json:
    """All that is known of a version of a title; keys by id alone, files by name alone."""
    production, made = assembly.production, packaged.made
    order = production.order
    receipt = {
        "title_id": order.title_id,
        "version": version,
        "night": order.night,
        "order": portable(order),
        "target_vmaf": order.target_vmaf,
        "protect": order.protect,
        "key_version": keys.version if keys else None,
        "key_ids": keys.ids if keys else {},
        "master": asdict(production.master) | {"seconds": production.master.seconds},
        "said": said(assembly),
        "notices": notices(assembly),
        **_pictures(assembly),
        "audio": [rows.sound(one) for one in assembly.sounds],
        "captions": [one.made.facts | {"role": one.stream.roles[0]} for one in assembly.texts],
        "package": made.facts,
        "packing": packing_of(assembly),
        "packets_sha256": packaged.proof.facts["packets_sha256"],
        "bytes": made.facts["bytes"],
        "tools": tools.versions(),
    }
    took = steps(production.work)  # last: all that a version asks for was asked for above
    return receipt | {"cpu_seconds": cpu_seconds(took), "steps": took}


def _pictures(assembly: Assembly) -> Json:
    """What was measured of the picture, chosen for it and made of it."""
    production, best = assembly.production, top(assembly)
    worst = worst_frames(production, assembly.shipped, best)
    return {
        "codecs": told(),
        "sample": rows.sample(production.sample, float(production.master.rate)),
        "budget": budget(production),
        "probes": [asdict(one) for probed in production.probed.values() for one in probed],
        "front": rows.fronts(production),
        "fixed": rows.fixed(production),
        **scored(assembly, production.renditions, best, worst),
    }


def scored(
    assembly: Assembly, renditions: Sequence[Rendition], best: Rendition, worst: WorstFrames
) -> Json:
    """The ladder as it came, and the shots as they score in the best of these renditions; without worst
    frames no shots."""
    production, fps = assembly.production, float(assembly.production.master.rate)
    values, frames = frames_of(production, best), worst.get(best.rung.name)
    return {
        "shots_in": best.rung.name,
        "shots": rows.shots(production.shots, fps, values, frames) if frames else [],
        "ladder": [
            rows.rung(
                production, one, assembly.reasons[one.rung.name], worst.get(one.rung.name, ())
            )
            for one in renditions
        ],
        "misses": gate.misses(renditions),
    }


def beside(assembly: Assembly, receipt: Json) -> dict[str, bytes]:
    """What lies beside the package of a version: its receipt, the part of it that the player page
    shows, and the pictures that it names."""
    worst = worst_frames(assembly.production, assembly.shipped, top(assembly))
    pictures = {one.name: one.picture.read_bytes() for each in worst.values() for one in each}
    panel = {part: receipt[part] for part in SHOWN}
    return pictures | {RECEIPT: as_json(receipt), PANEL: as_json(panel)}


def said(assembly: Assembly) -> list[str]:
    """What a person should know of the choice and of what came, a sentence each."""
    production = assembly.production
    sentences = [
        *chosen_how(production), *notices(assembly), *remarks(production, assembly.texts),
    ]  # fmt: skip
    return list(dict.fromkeys(sentences))


def chosen_how(production: Production) -> list[str]:
    """What a person should know of how the ladder was chosen, a sentence each."""
    order = production.order
    decision = [order.per_shot_why] if order.per_shot_why else []
    sentences = [*decision, *(_probed(production, codec) for codec in order.codecs)]
    sample, cost = production.sample, budget(production)
    if cost["cpu_seconds"]:
        sentences.append(budget_said(cost))
    if sample.share < 1:
        sentences.append(
            f"Of the frames {sample.share:.0%} were probed, evenly over the title; as they count, the "
            f"master spends {1 + sample.bias:.1%} on them of what it spends on any."
        )
    for codec in order.codecs:
        own = [one for one in production.ladder if one.codec == codec]
        sentences += shortfalls(own, production.aims)
    return sentences


def _probed(production: Production, codec: str) -> str:
    """What was probed, of which codec where there are several."""
    plan = production.plan(codec)
    if len(production.order.codecs) == 1 or not plan.sizes:
        return plan.said
    return f"{CODECS[codec].shown}: {plan.said[0].lower()}{plan.said[1:]}"


def top(assembly: Assembly) -> Rendition:
    """The best rendition that ships of the codec that was ordered first."""
    return best_of(assembly.shipped, assembly.production.order.codecs)


def best_of(renditions: Sequence[Rendition], codecs: Sequence[str]) -> Rendition:
    """The best of these renditions, of the codec that was ordered first among theirs."""
    first = min(codecs.index(one.rung.codec) for one in renditions)
    own = [one for one in renditions if one.rung.codec == codecs[first]]
    return max(own, key=lambda one: one.score.mean)


def frames_of(production: Production, rendition: Rendition) -> Values:
    """[frames] VMAF of a rendition."""
    return vmaf.per_frame(production.scores(rendition))


def read_receipt(settings: Settings, title_id: str) -> Json:
    """The receipt of the version that plays; raises NotOrdered where none does, BrokenLive and
    BrokenReceipt."""
    published = settings.at("titles", "published")
    try:
        live = read_live(published, title_id)
    except BadTitleId:
        live = None
    if live is None:
        raise NotOrdered(title_id, [order.title_id for order in orders(settings)])
    return receipt_of_version(settings, title_id, live.version)


def receipt_of_version(settings: Settings, title_id: str, version: str) -> Json:
    """The receipt of any version that is there; raises BrokenReceipt."""
    try:
        file = settings.at("titles", "published", title_id, version, RECEIPT)
        found: Json = json.loads(file.read_text())
    except (OSError, ValueError) as error:
        raise BrokenReceipt(title_id, version, f"{type(error).__name__}: {error}") from error
    return found


def as_json(receipt: Json) -> bytes:
    """The receipt as it lies beside the package."""
    return (json.dumps(receipt, indent=1) + "\n").encode()

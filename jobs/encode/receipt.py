"""Write down how a title came to be: master, shots, probes, front, rungs, scores, sound, keys by id."""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

import numpy as np

from jobs.encode import gate, tools, vmaf
from jobs.encode.ingest import scanned
from jobs.encode.ladder.front import front, points
from jobs.encode.ladder.rungs import shortfalls
from jobs.encode.order import NotOrdered, orders, portable
from serving_export.titles.layout import BadTitleId, read_live

if TYPE_CHECKING:
    from jobs.encode.assembly import Assembly, Sound
    from jobs.encode.facts import Rendition
    from jobs.encode.production import Production
    from jobs.encode.workshop import Made
    from lakehouse.settings import Settings
    from serving_export.titles.keys import KeySet

Json = dict[str, Any]
RECEIPT = "receipt.json"


def receipt_of(assembly: Assembly, made: Made, keys: KeySet | None, version: str) -> Json:
    """All that is known of a version of a title; keys by id alone, files by name alone."""
    production = assembly.production
    order = production.order
    return {
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
        "shots": shots(assembly),
        "sample": {"share": production.sample.share, "bias": production.sample.bias},
        "probes": [asdict(one) for told in production.probed.values() for one in told],
        "front": fronts(production),
        "ladder": [_rung(one, assembly.reasons) for one in production.renditions],
        "misses": gate.misses(production.renditions),
        "audio": [_sound(one) for one in assembly.sounds],
        "captions": [one.facts for one in assembly.texts],
        "package": made.facts,
        "bytes": sum(file.stat().st_size for file in made.path.rglob("*") if file.is_file()),
        "cpu_seconds": cpu_seconds(assembly, made),
        "tools": tools.versions(),
    }


def said(assembly: Assembly) -> list[str]:
    """What a person should know of the choice, a sentence each."""
    production = assembly.production
    sentences = [production.plan(codec).said for codec in production.order.codecs]
    sample = production.sample
    if sample.share < 1:
        sentences.append(
            f"Of the frames {sample.share:.0%} were probed, on which the master spends "
            f"{sample.bias:+.0%} of what it spends on any."
        )
    for codec in production.order.codecs:
        own = [one for one in production.ladder if one.codec == codec]
        sentences += shortfalls(own, production.aims)
    return [*sentences, *gate.short_of(assembly.shipped, production.order.target_vmaf)]


def shots(assembly: Assembly) -> list[Json]:
    """Each shot, and what it scores in the best rendition of the first codec."""
    production = assembly.production
    values, fps = frames_of(production, top(assembly)), float(production.master.rate)
    told = []
    for shot in production.shots:
        own = values[shot.first_frame : shot.first_frame + shot.frames]
        worst = int(np.argmin(own))
        told.append({
            "number": shot.number,
            "first_second": shot.first_frame / fps,
            "seconds": shot.frames / fps,
            "vmaf": float(own.mean()),
            "worst_frame": shot.first_frame + worst,
            "worst_frame_vmaf": float(own[worst]),
        })  # fmt: skip
    return told


def top(assembly: Assembly) -> Rendition:
    """The best rendition that ships of the codec that was ordered first."""
    first = assembly.production.order.codecs[0]
    own = [one for one in assembly.shipped if one.rung.codec == first]
    return max(own, key=lambda one: one.score.mean)


def frames_of(production: Production, rendition: Rendition) -> np.ndarray:
    """[frames] VMAF of a rendition."""
    return vmaf.per_frame(production.scores(rendition))


def fronts(production: Production) -> list[Json]:
    """The best that all sizes of each codec can do, cheapest first."""
    return [
        {"codec": codec, "width": one.size[0], "height": one.size[1], "crf": one.crf,
         "kbps": one.kbps, "vmaf": one.vmaf}
        for codec, curves in production.curves.items()
        for one in front(points(curves))
    ]  # fmt: skip


def cpu_seconds(assembly: Assembly, made: Made) -> dict[str, float]:
    """Step to user and system time of the tools that it ran, from what each file took."""
    production = assembly.production
    looked = scanned(production.work, production.path, production.order.master_sha256)
    return {
        "ingest": looked.facts["cpu_seconds"],
        "probes": sum(one.cpu_seconds for each in production.probed.values() for one in each),
        "encodes and gate": sum(one.cpu_seconds for one in production.renditions),
        "sound": sum(one.made.facts["cpu_seconds"] for one in assembly.sounds),
        "package": made.facts["cpu_seconds"] + assembly.tiles.made.facts["cpu_seconds"],
    }


def read_receipt(settings: Settings, title_id: str) -> Json:
    """The receipt of the version that plays; raises NotOrdered where none does."""
    published = settings.at("titles", "published")
    try:
        live = read_live(published, title_id)
    except BadTitleId:
        live = None
    if live is None:
        raise NotOrdered(title_id, [order.title_id for order in orders(settings)])
    found: Json = json.loads((published / title_id / live.version / RECEIPT).read_text())
    return found


def as_json(receipt: Json) -> bytes:
    """The receipt as it lies beside the package."""
    return (json.dumps(receipt, indent=1) + "\n").encode()


def _rung(one: Rendition, reasons: dict[str, tuple[str, ...]]) -> Json:
    rung, score = one.rung, one.score
    return {
        "name": rung.name, "codec": rung.codec, "width": rung.width, "height": rung.height,
        "crf": rung.crf, "kbps_predicted": rung.kbps, "kbps": one.kbps, "kbps_peak": one.peak_kbps,
        "maxrate_kbps": rung.maxrate_kbps, "vmaf_predicted": rung.vmaf, "vmaf": score.mean,
        "harmonic": score.harmonic, "p1": score.p1, "worst_shot": score.worst_shot,
        "worst_shot_number": score.worst_shot_number, "vmaf_model": score.model,
        "vmaf_size": [score.width, score.height], "sha256": one.sha256, "file": one.file,
        "attempts": [asdict(attempt) for attempt in one.attempts],
        "ships": not reasons[rung.name], "reason": "; ".join(reasons[rung.name]),
        "cpu_seconds": one.cpu_seconds, "command": shown(one.command),
    }  # fmt: skip


def _sound(one: Sound) -> Json:
    heard = one.made.facts["loudness"]
    return {
        "name": one.stream.name, "language": one.stream.language, "channels": one.channels,
        "loudness": heard["integrated"], "peak": heard["true_peak"],
        "how": heard["normalization"], "why": heard["why"], "kbps": one.made.facts["kbps"],
        "command": shown(one.made.facts["command"]),
    }  # fmt: skip


def shown(command: list[str] | tuple[str, ...]) -> list[str]:
    """A command with files by their names: a receipt goes out with the title."""
    return [word.rsplit("/", 1)[-1] if word.startswith("/") else word for word in command]

"""Measure titles beside the fixed HLS ladder and write bench/encode.md: python -m bench.encode.

Nine scenes, both ladders in one run; then a film, shots, codecs and a browser. What was encoded or
scored is kept below var/bench/encode, so that a run that was cut short goes on; with KEPT=1 nothing is
encoded, and the page says what lacks.
"""

from __future__ import annotations

import os
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from bench import encode_browser, encode_codecs, encode_film, encode_shots
from bench.__main__ import machine
from bench.encode_ladders import compared, filled
from bench.encode_scenes import ONLY_KEPT, kept, place_of, production, scenes
from bench.encode_tables import Row, ladder_rows, rung_table, scene_table, shown, table
from lakehouse.settings import Settings

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from bench.encode_ladders import Compared

RESULTS = Path(__file__).with_name("encode.md")
HEAD = """# Titles

Written by `make bench-encode`. Ours and the fixed HLS ladder (Apple's rungs, x264 medium in two
passes, cap of 1.5 times the rate, a key frame every 2 s and none at cuts) are made of the same
masters by the same ffmpeg in one run, one thread an encoder; every rung of both is scored on every
frame (VMAF v0.6.1, bicubic up to the master's size). Eight masters are cuts of 10 s of Big Buck
Bunny (720 lines), encoded without loss (x264, qp 0), so their pictures are the film's own bit for
bit; the film itself is H.264 at 541 kb/s. CPU-seconds are user and system time of the tools, and
the look at a master that both need is in neither; a busy machine adds up to 15 %, and each is told as
it was taken, on whatever day the run that goes on found it kept.
"""


def main() -> None:
    """Every part in turn; the page is written anew after each."""
    settings = place_of(Settings.read())
    parts = [HEAD, machine()]
    files = scenes(settings)
    for title, part in (
        ("Nine scenes", lambda: nine(settings, files)),
        ("The beginning of a film, its shots sampled", lambda: a_film(settings)),
        *whole_film(settings),
        ("A CRF of its own for each shot", lambda: a_crf_a_shot(settings, files)),
        ("Codecs", lambda: codecs(settings, files)),
        ("In the browser", lambda: in_the_browser(settings, files["bikes"])),
    ):
        add(parts, title, part)
    print(f"\nwritten to {RESULTS}")


def whole_film(settings: Settings) -> list[tuple[str, Callable[[], str]]]:
    """The part that takes longest, where it is asked for."""
    asked = os.environ.get("FILM") == "all"
    return (
        [("A whole film, its shots sampled", lambda: a_film(settings, whole=True))] if asked else []
    )


def add(parts: list[str], title: str, part: Callable[[], str]) -> None:
    """Run a part, print it, and write all that there is."""
    text = part()
    print(f"\n{title}\n\n{text}\n", flush=True)
    parts.append(f"## {title}\n\n{text}")
    RESULTS.write_text("\n\n".join(one.strip() for one in parts) + "\n")


def nine(settings: Settings, files: dict[str, Path]) -> str:
    """The targets that are held against the scenes, then each scene."""
    each: list[Compared] = []
    titles = {name: production(settings, name, file) for name, file in files.items()}
    for name, title in titles.items():
        each.append(compared(name, title))
        one = each[-1]
        print(f"{name}: BD-rate {one.bd_rate:+.1f} %, ours {shown(one.ours)}", flush=True)
    worst = max(each, key=lambda one: one.bd_rate)
    sparse = Row(
        f"{worst.name} again, the fixed ladder with rungs of its kind at our rates and sizes too",
        f"{filled(titles[worst.name], worst):+.1f} %",
    )
    rows = ladder_rows(each)
    return "\n\n".join((table([*rows[:2], sparse, *rows[2:]]), scene_table(each), rung_table(each)))


def a_film(settings: Settings, whole: bool = False) -> str:
    """The beginning of the film, or the whole of it."""
    measured = kept(partial(encode_film.measured, settings, whole))
    if measured is None:
        return lacks(["the film"])
    each, sample = measured
    return "\n\n".join((
        "The film of which eight scenes are cuts; it is sampled of itself, as any so long is."
        if whole
        else "Short as its beginning is, its shots are sampled by force, so that the row says something "
        "of a film; FILM=all measures the whole one besides, for an hour or more.",
        table(encode_film.rows(each, sample)), scene_table([each]), rung_table([each]),
    ))  # fmt: skip


def a_crf_a_shot(settings: Settings, files: dict[str, Path]) -> str:
    """Scenes with shots enough, each rung both ways."""
    each, lacking = encode_shots.measured(settings, files)
    return "\n\n".join((
        f"Scenes of {encode_shots.FEWEST_SHOTS} shots and more; both ladders are final encodes, and "
        "every file of the one with a CRF a shot keeps the floor, no shot below mean - 3, which one CRF "
        f"may break. The target was set for mean scores from {encode_shots.WATCHED_VMAF} on; over all "
        "scores the floor costs most where both are poor. At a kept floor a rung counts for what it is "
        "good for: its mean, or its worst shot + 3 where that is less.",
        *([table(encode_shots.rows(each))] if each else []), *([lacks(lacking)] if lacking else []),
    ))  # fmt: skip


def codecs(settings: Settings, files: dict[str, Path]) -> str:
    """HEVC and AV1 on some of the scenes."""
    each, lacking = encode_codecs.measured(settings, files)
    return "\n\n".join((
        "Final encodes of each codec's own per-title ladder.",
        *([table(encode_codecs.rows(each))] if each else []), *([lacks(lacking)] if lacking else []),
    ))  # fmt: skip


def lacks(what: Sequence[str]) -> str:
    """What a page that is written of what was kept has to say of the rest."""
    return f"Not measured yet: {', '.join(what)}. `make bench-encode` goes on from what was kept."


def in_the_browser(settings: Settings, clip: Path) -> str:
    """Moments on a machine that may be busy: how busy is said, since they depend on it."""
    last = settings.at("browser.md")
    if ONLY_KEPT:
        return last.read_text() if last.exists() else lacks(["the browser"])
    before, rows = os.getloadavg()[0], encode_browser.rows(settings, clip)
    text = "\n\n".join((
        f"Moments, unlike CPU-seconds, depend on what else runs: the load was {before:.1f} before and "
        f"{os.getloadavg()[0]:.1f} after, on {len(os.sched_getaffinity(0))} cores; an idle machine "
        "has 0.",
        table(rows),
    ))  # fmt: skip
    last.write_text(text)
    return text


if __name__ == "__main__":
    main()

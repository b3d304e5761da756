"""Record what came of a title: its report, and of a released one its run in MLflow beside every other."""

from __future__ import annotations

import base64
import io
import shlex
from pathlib import Path
from typing import TYPE_CHECKING, Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from jobs.encode.pictures import figures
from jobs.encode.receipt import as_json
from jobs.report.render import size
from lakehouse.files import write_whole
from models.tracking import Tracking
from serving_export.titles.layout import RECEIPT

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from jobs.encode.vmaf import Values
    from lakehouse.settings import Settings

Json = dict[str, Any]
EXPERIMENT = "titles"
TEMPLATES = Path(__file__).with_name("templates")
STYLE = Path(__file__).parents[1] / "report" / "templates" / "style.css"
SAYS = {
    "ladder": "The ladder on the best that all sizes can do, beside the fixed ladder as the same probes "
    "foresee it; a line leads from promised to achieved.",
    "vmaf_over_time": "VMAF over the title, a quarter second a point; thin lines are cuts.",
    "kbps": "What each rendition weighs.",
}


def record(settings: Settings, receipt: Json, frames: dict[str, Values]) -> None:
    """Write the report of a title, and a run in MLflow unless its version has a finished one; `frames`
    has VMAF a frame of each rung that ships."""
    tracking = Tracking(settings)
    drawn = figures(receipt, frames)
    published = settings.at("titles", "published", receipt["title_id"], receipt["version"])
    page = render(receipt, drawn, published)
    write_whole(report_of(settings, receipt["title_id"]), page)
    named = {"title": receipt["title_id"], "version": receipt["version"]}
    if not tracking.past_runs(EXPERIMENT, tags=named, limit=1):
        track(tracking, receipt, drawn, named)


def record_refused(
    settings: Settings, receipt: Json, frames: dict[str, Values], folder: Path
) -> None:
    """Write the report of a title that was refused, of as much as there is; `folder` has its pictures,
    `frames` VMAF a frame of each rung that was encoded."""
    page = render(receipt, figures(receipt, frames), folder)
    write_whole(report_of_refused(settings, receipt["title_id"]), page)


def report_of(settings: Settings, title_id: str) -> Path:
    """The page about the version that plays."""
    return settings.at("report", "titles", f"{title_id}.html")


def report_of_refused(settings: Settings, title_id: str) -> Path:
    """The page about the newest order, where that was refused."""
    return settings.at("report", "titles", "refused", f"{title_id}.html")


def render(receipt: Json, drawn: dict[str, Figure], folder: Path) -> str:
    """One HTML page that needs nothing else; `folder` has the pictures that the receipt names."""
    environment = Environment(
        loader=FileSystemLoader(TEMPLATES), autoescape=True, undefined=StrictUndefined,
        trim_blocks=True, lstrip_blocks=True,
    )  # fmt: skip
    environment.filters["size"] = size
    environment.filters["shelled"] = shlex.quote
    environment.filters["embedded"] = lambda name: _base64((folder / name).read_bytes())
    refused = receipt.get("refused", "")
    told = [rung for rung in receipt["ladder"] if refused or rung["ships"]]
    return environment.get_template("title.html.j2").render(
        receipt=receipt,
        refused=refused,
        told=told,
        top=max(told, key=lambda rung: rung["vmaf"], default=None),
        pictures=[(name, SAYS[name], _base64(_svg(one))) for name, one in drawn.items()],
        style=STYLE.read_text(),
    )


def track(
    tracking: Tracking, receipt: Json, drawn: dict[str, Figure], named: dict[str, str]
) -> None:
    """Give MLflow what the title was made by, what came out, and its pictures."""
    with tracking.run(EXPERIMENT, receipt["title_id"]) as run:
        run.parameters({
            "codecs": ",".join(dict.fromkeys(rung["codec"] for rung in receipt["ladder"])),
            "target_vmaf": receipt["target_vmaf"],
            "protect": receipt["protect"],
            "sample_share": receipt["sample"]["share"],
        })  # fmt: skip
        run.tags(named | {"night": receipt["night"], "master": receipt["master"]["sha256"]})
        shipped = [rung for rung in receipt["ladder"] if rung["ships"]]
        best = max(shipped, key=lambda rung: rung["vmaf"])
        run.metrics({
            "top_vmaf": best["vmaf"], "top_kbps": best["kbps"], "top_p1": best["p1"],
            "worst_shot": best["worst_shot"], "rungs": len(shipped),
            "bytes": receipt["bytes"], "cpu_seconds": sum(receipt["cpu_seconds"].values()),
            **{f"prediction_{name}": value for name, value in receipt["misses"].items()},
        })  # fmt: skip
        for name, figure in drawn.items():
            run.picture(f"{name}.png", figure)
        run.text(RECEIPT, as_json(receipt).decode())


def _svg(figure: Figure) -> bytes:
    import matplotlib as mpl

    stream = io.BytesIO()
    with mpl.rc_context({"svg.hashsalt": "marquee"}):  # equal pictures, equal bytes
        figure.savefig(stream, format="svg", metadata={"Date": None})
    return stream.getvalue()


def _base64(content: bytes) -> str:
    return base64.b64encode(content).decode()

"""Say in which colours a master is shown: BT.709 where it has wider ones, and named in any case.

A player guesses colours that nobody named from the size of what it plays, so that a film of HD would
change its colours from rung to rung: small ones would be taken for BT.601.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from jobs.encode.facts import Master

HDR_TRANSFERS = ("smpte2084", "arib-std-b67")
HDR_TO_SDR = (
    "zscale=t=linear:npl=203,format=gbrpf32le,zscale=p=bt709,tonemap=hable:desat=0,"
    "zscale=t=bt709:m=bt709:r=tv"
)
"""HDR to BT.709: diffuse white of 203 cd/m2 (ITU-R BT.2408) and a curve that keeps highlights."""
WIDE_TO_SDR = "zscale=pin=bt2020:tin=bt709:min=bt2020nc:p=bt709:t=bt709:m=bt709:r=tv"
"""BT.2020 without HDR to BT.709: screens that know no other colours would show it pale."""
HD = {"primaries": "bt709", "transfer": "bt709", "matrix": "bt709"}
UHD = {"primaries": "bt2020", "matrix": "bt2020nc"}
"""What HDR is in (ITU-R BT.2100) where it does not say: no filter converts colours of no name."""
SD_525 = {"primaries": "smpte170m", "transfer": "smpte170m", "matrix": "smpte170m"}
SD_625 = {"primaries": "bt470bg", "transfer": "smpte170m", "matrix": "bt470bg"}
"""BT.709 and the two systems of BT.601."""
RATES_625 = (25, 50)
MOST_SD = (1024, 608)
"""Width and lines of the largest SD picture, its pixels made square; D-10 stores 32 lines more."""
UNTOLD = ("unknown", "reserved")
WORDS = {"primaries": "color_primaries", "transfer": "color_trc", "matrix": "colorspace"}
RGB = re.compile(r"gbr|a?(rgb|bgr)|0(rgb|bgr)")
"""How pixel formats begin whose colours have no matrix."""


def to_sdr(master: Master) -> str:
    """The filters from wide colours to BT.709; empty where they are no wider."""
    if master.hdr:
        told = {name: word for name, word in UHD.items() if _untold(master, name)}
        return ",".join((*_told(told), HDR_TO_SDR))
    said = (master.colour.get("primaries", ""), master.colour.get("matrix", ""))
    return WIDE_TO_SDR if any(word.startswith("bt2020") for word in said) else ""


def is_rgb(master: Master) -> bool:
    """Whether pictures must be given a matrix to become YUV."""
    return bool(RGB.match(master.pixel_format)) or master.colour.get("matrix") in ("gbr", "rgb")


def named(master: Master) -> str:
    """The filter that names what the master does not say of its colours; empty where it says all."""
    if to_sdr(master) or is_rgb(master):
        told = HD
    else:
        told = {name: word for name, word in _meant(master).items() if _untold(master, name)}
    return "".join(_told(told))


def _untold(master: Master, name: str) -> bool:
    return master.colour.get(name, UNTOLD[0]) in UNTOLD


def _told(told: dict[str, str]) -> list[str]:
    """The filter that says these, where there are any."""
    words = ":".join(f"{WORDS[name]}={word}" for name, word in told.items())
    return [f"setparams={words}"] if words else []


def _meant(master: Master) -> dict[str, str]:
    """The standard that the matrix or the primaries are of, else the one of the picture's size."""
    for name in ("matrix", "primaries"):
        for standard in (HD, SD_525, SD_625):
            if master.colour.get(name) == standard[name]:
                return standard
    if max(master.size) > MOST_SD[0] or min(master.size) > MOST_SD[1]:
        return HD
    return SD_625 if master.rate in RATES_625 else SD_525

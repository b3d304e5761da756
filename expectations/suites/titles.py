"""What must hold of masters, shots, probes, renditions and the titles that play."""

from __future__ import annotations

from expectations.measures import titles as measure
from expectations.suites.suite import WARNING, Suite, between, named, never, never_null, one_of
from lakehouse.catalog import (
    CODECS,
    MASTERS,
    PLAYABLE_TITLES,
    PROBES,
    PROTECTIONS,
    RENDITIONS,
    SHOTS,
)

SUITES = (
    Suite(
        MASTERS,
        measure=measure.masters,
        says=(
            named("title_id", "A title's id is not the empty text."),
            one_of("state", ("accepted", "refused"), "A master is accepted or refused."),
            one_of("protect", PROTECTIONS, "The protection is one that can be packaged."),
            never("refused_unsaid", "A refused master says why."),
            never("accepted_unmeasured", "An accepted master has a hash, a size and frames."),
        ),
    ),
    Suite(
        SHOTS,
        says=(
            between("shot", 0, None, "Shots are numbered from 0."),
            between("first_frame", 0, None, "No shot begins before the first frame."),
            between("frames", 1, None, "A shot has a frame."),
        ),
    ),
    Suite(
        PROBES,
        says=(
            one_of("codec", CODECS, "A probe names a codec that we encode with."),
            between("vmaf", 0, 100, "A VMAF lies between 0 and 100."),
            between("bits", 1, None, "A probe has bits."),
            between("frames", 1, None, "A probe has frames."),
        ),
    ),
    Suite(
        RENDITIONS,
        measure=measure.renditions,
        says=(
            one_of("codec", CODECS, "A rendition names a codec that we encode with."),
            between("vmaf", 0, 100, "The mean VMAF lies between 0 and 100."),
            never_null("ships", "A rendition ships or does not."),
            never("held_back_unsaid", "A rendition that does not ship says why."),
            never("peak_below_mean", "No peak rate lies below the mean rate."),
            between(
                "off_prediction", -3, 3, "A score lies within 3 VMAF of what was predicted.", WARNING
            ),
        ),
    ),
    Suite(
        PLAYABLE_TITLES,
        says=(
            named("title_id", "A title's id is not the empty text."),
            one_of("protect", PROTECTIONS, "The protection is one that can be packaged."),
            between("renditions", 1, None, "A title that plays has a rendition."),
            between("bytes", 1, None, "A title that plays has bytes."),
        ),
        may_be_empty=True,  # a service without films, or before its first one
    ),
)  # fmt: skip

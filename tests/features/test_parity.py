"""What a night serves is what a label of its last moment would have been trained on."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
import pytest

from features import online
from features.declared import FEATURES, PROFILE, TITLE, Feature
from features.examples import Labels, featured
from features.online import profile_values, title_values
from features.ranking import NightFeatures, ranking_columns
from features.watches import Watches
from tests.features.log import CATALOGUE, HERE, MEMBERS, known, random_log, sources, us

if TYPE_CHECKING:
    from pathlib import Path

# the random log lasts until the first of March: half of it is the night's future, and what became
# known late straddles the night
NIGHT_ENDS = "2026-02-05 00:00"


class Both:
    """Offline and serving values of every profile with every title at the end of one night."""

    def __init__(self, folder: Path, seed: int) -> None:
        log = random_log(seed, 500)
        told = known(log, NIGHT_ENDS)
        ids = (column.to_pylist() for column in (CATALOGUE["title_id"], MEMBERS["profile_id"]))
        watches = Watches.of(told, *ids)
        everyone, everything = len(watches.profile_ids), len(watches.title_ids)
        self.profiles = np.repeat(np.arange(everyone, dtype=np.int32), everything)
        self.titles = np.tile(np.arange(everything, dtype=np.int32), everyone)
        count = len(self.profiles)
        labels = Labels(
            self.profiles, self.titles, np.full(count, us(NIGHT_ENDS)),
            pa.table({"watched": pa.nulls(count, pa.bool_())}),
        )  # fmt: skip
        # offline is given the whole log, the future too: the join alone must keep it out
        given = sources(folder, log, CATALOGUE, MEMBERS, "2027-01-01")
        self.offline = featured(watches, labels, given, HERE)
        self.profile_rows = profile_values(told, MEMBERS, CATALOGUE, us(NIGHT_ENDS))
        self.title_rows = title_values(told, MEMBERS, CATALOGUE, us(NIGHT_ENDS))
        night = NightFeatures.of_tables(
            watches.histories, self.profile_rows, self.title_rows, us(NIGHT_ENDS)
        )
        self.title_ids = watches.title_ids
        self.ranking = ranking_columns(night, self.profiles, self.titles)

    def served(self, feature: Feature) -> list[Any]:
        """What the night's tables say of each pair, or its ranking column where no table does."""
        if feature in PROFILE:
            return [self.profile_rows[feature.name].to_pylist()[p] for p in self.profiles]
        if feature in TITLE:
            return [self.title_rows[feature.name].to_pylist()[t] for t in self.titles]
        return self.ranked(feature)

    def ranked(self, feature: Feature) -> list[Any]:
        """What a ranker is given for each pair."""
        values = self.ranking[feature.name].tolist()
        if feature.kind == "titles":
            return [[self.title_ids[code] for code in one if code >= 0] for one in values]
        return [None if one != one else one for one in values]


@pytest.fixture(scope="module", params=[21, 22])
def both(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Both:
    return Both(tmp_path_factory.mktemp("parity"), request.param)


@pytest.mark.parametrize("feature", FEATURES, ids=lambda one: one.name)
def test_every_feature_is_served_as_it_was_trained_on(both: Both, feature: Feature) -> None:
    offline = both.offline[feature.name].to_pylist()
    assert_equal(offline, both.served(feature))
    # maps and words reach a ranker only as genre_match
    if feature.kind not in ("shares", "words"):
        assert_equal(offline, both.ranked(feature))


def assert_equal(offline: list[Any], served: list[Any]) -> None:
    if any(isinstance(one, float) for one in offline):
        # pair scores add the same numbers in another order; all else is equal to the last bit
        np.testing.assert_allclose(np.array(offline, float), np.array(served, float), rtol=1e-12)
    else:
        assert offline == served


@pytest.mark.parametrize(
    "name", [one.name for one in FEATURES if one.name not in ("weekday", "hour")]
)
def test_the_comparison_would_notice(both: Both, name: str) -> None:
    # a feature that has one value everywhere would agree with anything
    assert len({repr(one) for one in both.offline[name].to_pylist()}) > 1


def test_a_window_that_serving_cuts_otherwise_is_noticed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    honest = online._counted
    monkeypatch.setattr(
        online, "_counted", lambda total, name, at: honest(total, name, at).replace(">=", ">")
    )
    plays = [one for one in FEATURES if one.name.startswith(("plays_", "title_plays_"))]
    values = Both(tmp_path, 21)
    wrong = [
        one.name for one in plays if values.offline[one.name].to_pylist() != values.served(one)
    ]
    # the log's times lie on a grid of six hours, so events lie on the very edge of windows
    assert wrong

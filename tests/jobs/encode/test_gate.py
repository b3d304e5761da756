"""The gate lets good ladders through and says of others what is wrong."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jobs.encode.codecs import CODECS
from jobs.encode.facts import Attempt, Rendition, Rung, Score
from jobs.encode.gate import loud, misses, missing, out_of_step, short_of, verdict

RUNG = Rung("h264", 640, 360, 25, 900, 85, 1800)
SCORE = Score(85, 84.8, 72, 82, 4, 5, 250, "vmaf_v0.6.1", 640, 360)
FIXED_LADDER = [
    # mean, harmonic, p1 and worst shot of two-pass encodes of the fixed ladder: good ones of easy and hard clips
    (61.0, 58.7, 36.2, 61.0), (80.5, 79.9, 61.4, 80.5), (89.2, 89.0, 76.2, 89.2),
    (96.1, 96.0, 91.2, 96.1), (58.0, 57.7, 40.4, 57.3), (68.2, 68.0, 59.0, 63.1),
    (37.0, 34.9, 21.9, 28.7), (63.4, 62.7, 47.4, 58.0), (96.0, 95.8, 90.0, 92.1),
    (18.2, 17.3, 11.1, 18.2), (50.2, 49.4, 35.0, 50.2), (26.5, 25.0, 13.6, 26.5),
]  # fmt: skip


def made(rung: Rung, score: Score, kbps: float = 900, peak_kbps: float = 1500) -> Rendition:
    first = Attempt(rung.crf, score.mean, kbps)
    return Rendition(rung, "", "", kbps, peak_kbps, score, 1.0, (first,))


@pytest.mark.parametrize("row", FIXED_LADDER)
def test_good_encodes_pass(row: tuple[float, float, float, float]) -> None:
    score = replace(SCORE, mean=row[0], harmonic=row[1], p1=row[2], worst_shot=row[3])
    assert verdict(made(replace(RUNG, vmaf=row[0]), score)) == ()


def test_the_worst_of_many_shots_may_lie_lower_than_that_of_a_few() -> None:
    """A whole film of 119 shots at 480x270: the lowest rung's worst, of 28 frames, had kept the film
    from playing. A second that is broken, at 30 or at what another picture scores, still does."""
    film = Score(86.07, 85.8, 73.0, 73.1, 98, 119, 14315, "vmaf_v0.6.1", 480, 270)
    rung = replace(RUNG, vmaf=86)
    assert verdict(made(rung, film)) == ()
    assert verdict(made(rung, replace(film, shots=5))) == ("its shot 98 of 73.1 is below 73.9",)
    assert verdict(made(rung, replace(film, worst_shot=30))) == (
        "its shot 98 of 30.0 is below 65.1",
    )


@pytest.mark.parametrize(
    ("fault", "said"),
    [
        ({"mean": 81.7, "harmonic": 81.6}, "its mean of 81.7 is below 81.8"),  # 85 - 2.5 - .05 x 15
        ({"harmonic": 80.9}, "its harmonic mean of 80.9 is below 81.0"),
        ({"p1": 65.9}, "its first percentile of 65.9 is below 66.0"),  # 85 - 10 - .6 x 15
        ({"worst_shot": 72.4}, "its shot 4 of 72.4 is below 72.5"),  # 85 - 8 - .3 x 15
    ],
)
def test_each_fault_is_named(fault: dict[str, Any], said: str) -> None:
    assert verdict(made(RUNG, replace(SCORE, **fault))) == (said,)


@pytest.mark.parametrize("codec", CODECS)
def test_a_peak_above_what_the_buffer_bears_is_held_back_in_every_codec(codec: str) -> None:
    """The cap is 1,800: in two seconds that and a buffer of two seconds, and a twentieth more. VP9
    has no cap of its own, so nothing but this keeps its peaks from a device that cannot bear them."""
    rung = replace(RUNG, codec=codec)
    assert verdict(made(rung, SCORE, peak_kbps=3779)) == ()
    assert verdict(made(rung, SCORE, peak_kbps=3781)) == (
        "its peak of 3,781 kb/s is more than 2.1 times its cap of 1,800",
    )


def test_what_was_calmed_for_its_cap_is_not_held_to_what_it_would_have_scored_without_one() -> None:
    calmed = made(RUNG, replace(SCORE, mean=80, harmonic=79.8))
    assert verdict(calmed) == ("its mean of 80.0 is below 81.8",)
    assert verdict(replace(calmed, calmed=(4,))) == ()


def rendition(
    kbps: float, mean: float, height: int = 360, predicted: float = 85, codec: str = "h264"
) -> Rendition:
    wide = replace(RUNG, width=height * 16 // 9, height=height)
    rung = replace(wide, codec=codec, kbps=kbps, vmaf=predicted)
    return made(rung, replace(SCORE, mean=mean), kbps, kbps)


def test_a_dearer_rendition_is_better_and_never_smaller() -> None:
    good = [rendition(900, 85, 480), rendition(300, 60), rendition(600, 75)]
    assert out_of_step(good) == {}
    assert out_of_step([*good, rendition(1200, 84.9, 720)]) == {
        "h264-720p-1200k": "it scores 84.90 at 1,200 kb/s where h264-480p-900k scores 85.00 at 900"
    }
    assert out_of_step([*good, rendition(1200, 90, 360)]) == {
        "h264-360p-1200k": "it is smaller than h264-480p-900k and costs 1,200 kb/s where that costs 900"
    }


def test_codecs_are_ladders_of_their_own() -> None:
    """AV1 is cheaper and better throughout, yet not every device plays it."""
    both = [rendition(600, 75), rendition(900, 85), rendition(500, 95, codec="av1")]
    assert out_of_step(both) == {}


def test_it_is_what_came_that_counts_not_what_was_promised() -> None:
    low, high = rendition(600, 75), rendition(900, 85)
    came = [replace(low, kbps=950), replace(high, kbps=940)]  # the low one came out dearer
    assert list(out_of_step(came)) == [low.rung.name]


@given(
    st.lists(
        st.tuples(
            st.floats(100, 5000), st.floats(20, 100), st.sampled_from([240, 360, 720]),
            st.sampled_from(["h264", "av1"]),
        ),
        max_size=12, unique_by=lambda row: (round(row[0]), *row[2:]),
    )
)  # fmt: skip
def test_what_is_left_is_a_ladder_and_nothing_is_held_back_without_need(
    rows: list[tuple[float, float, int, str]],
) -> None:
    made = [rendition(kbps, mean, height, codec=codec) for kbps, mean, height, codec in rows]
    held = out_of_step(made)
    kept = [one for one in made if one.rung.name not in held]
    assert out_of_step(kept) == {}
    for one in made:
        own = [other for other in kept if other.rung.codec == one.rung.codec]
        as_cheap = [other for other in own if other is not one and other.kbps <= one.kbps]
        beaten = any(
            other.score.mean >= one.score.mean or other.rung.height > one.rung.height
            for other in as_cheap
        )
        assert beaten == (one.rung.name in held)


def test_a_top_below_its_target_is_told_by_what_it_scored() -> None:
    """It was promised 95.2, and after its tries it has 94.2: that is what people should know."""
    top = replace(rendition(900, 94.2, predicted=95.2), attempts=(Attempt(25, 93, 800),) * 3)
    assert short_of([rendition(300, 60), top], 95) == [
        "The best of h264, h264-360p-900k, scores 94.2 instead of 95 after 3 tries."
    ]
    assert short_of([replace(top, calmed=(3, 4))], 95) == [
        "The best of h264, h264-360p-900k, scores 94.2 instead of 95 after 3 tries: shots 3, 4 gave way to its cap."
    ]
    assert short_of([rendition(300, 60), rendition(900, 95.0)], 95) == []
    assert short_of([rendition(900, 96), rendition(800, 90, codec="av1")], 95) == [
        "The best of av1, av1-360p-800k, scores 90.0 instead of 95."
    ]


@pytest.mark.parametrize(
    ("predicted", "scored", "ships"),
    [(95, 92.3, True), (95, 92.1, False), (42, 37.7, True), (42, 36.4, False)],
)
def test_a_poor_rung_may_miss_its_prediction_by_more(
    predicted: float, scored: float, ships: bool
) -> None:
    """Errors are a share of the loss: a clip of 2160 lines was refused for 4 points at VMAF 42."""
    score = replace(SCORE, mean=scored, harmonic=scored, p1=scored, worst_shot=scored)
    assert (verdict(made(replace(RUNG, vmaf=predicted), score)) == ()) == ships


def test_what_few_probes_foresaw_may_miss_by_more_and_keeps_its_other_floors() -> None:
    """A line through one CRF promised a clip of noise 71.7 where it scored 61.5."""
    rung = replace(RUNG, vmaf=71.7)
    score = replace(SCORE, mean=61.5, harmonic=61.0, p1=50, worst_shot=61.5)
    assert verdict(made(rung, score)) == ("its mean of 61.5 is below 67.8",)
    assert verdict(made(rung, score), doubt=5.4) == ()
    assert verdict(made(rung, replace(score, p1=20)), doubt=5.4) == (
        "its first percentile of 20.0 is below 28.4",
    )


def test_misses_are_of_what_was_predicted() -> None:
    assert misses([rendition(1, 85.5), rendition(2, 83)]) == {"mean_absolute": 1.25, "worst": 2}
    unpredicted = rendition(3, 90)
    unpredicted = replace(unpredicted, rung=replace(unpredicted.rung, vmaf=0, fixed=True))
    assert misses([rendition(1, 85.5), unpredicted])["worst"] == 0.5
    assert misses([unpredicted]) == {}  # and not a prediction that never missed


def test_a_retry_does_not_flatter_the_prediction() -> None:
    """Its first try, at the CRF that was predicted, scored 81; the last, at another, what was."""
    retried = rendition(900, 85)
    tries = (Attempt(25, 81, 800), Attempt(22, 85, 900))
    assert misses([replace(retried, attempts=tries)]) == {"mean_absolute": 4, "worst": 4}


def test_a_title_needs_both_ends_of_each_codec() -> None:
    low, middle, top = (replace(RUNG, kbps=kbps) for kbps in (300, 600, 900))
    other = replace(RUNG, codec="av1")
    ladder = [low, middle, top, other]
    assert missing([low, top, other], ladder) == {}
    assert missing([low, middle, other], ladder) == {"h264-360p-900k": "top"}
    assert missing([low, top], ladder) == {"av1-360p-900k": "only"}
    assert missing([], ladder) == {
        "h264-360p-300k": "lowest", "h264-360p-900k": "top", "av1-360p-900k": "only",
    }  # fmt: skip


def test_sound_is_held_to_its_loudness_and_peak() -> None:
    def facts(
        integrated: float | str, peak: float | str, kind: str = "linear"
    ) -> dict[str, object]:
        heard = {"integrated": integrated, "true_peak": peak, "normalization": kind}
        return {"loudness": heard}

    assert loud(facts(-23.9, -1.1)) == ()
    assert loud(facts(-24.1, -3)) == ("it is at -24.1 LUFS instead of -23",)
    assert loud(facts(-23, -0.9)) == ("its peak of -0.9 dBTP is too high",)
    assert loud(facts(-70, -70, "none")) == ()
    assert loud(facts("-inf", "-inf", "none")) == ()
    # a moment of sound has no loudness, but a peak
    assert loud(facts(-70, 0.3, "none")) == ("its peak of 0.3 dBTP is too high",)

"""Check that training and serving turn the same columns into the same inputs."""

import numpy as np
import pytest

from models.ranker.encoding import Encoding
from tests.models.ranker.conftest import made_columns


@pytest.fixture
def columns():
    made = made_columns(400, 1)
    made["plays_7d"] = np.arange(400, dtype=np.float32)  # a long tail
    made["year"] = np.where(np.arange(400) % 2, np.nan, 1990.0 + np.arange(400) % 7)
    made["times_seen"] = np.zeros(400)  # never varies
    return made


def test_equal_rows_are_encoded_equally_whatever_stands_beside_them(columns):
    # a block of one must give what the whole gives: means come from training, not from the block
    encoding = Encoding.of(columns, ["score"])
    whole = encoding.matrix(columns)
    alone = encoding.matrix({name: values[7:8] for name, values in columns.items()})
    assert (whole[7] == alone[0]).all()


def test_inputs_have_about_unit_size_and_absence_is_told(columns):
    encoding = Encoding.of(columns, ["score"])
    matrix, inputs = encoding.matrix(columns), encoding.inputs
    assert np.isfinite(matrix).all()
    assert matrix[:, inputs.index("score")].std() == pytest.approx(1, abs=0.01)
    absent = matrix[:, inputs.index("year absent")]
    assert absent[:4].tolist() == [0, 1, 0, 1]
    assert matrix[1, inputs.index("year")] == 0  # the mean of what is known


def test_a_long_tail_is_told_by_its_logarithm(columns):
    encoding = Encoding.of(columns, ["score"])
    at = encoding.inputs.index("plays_7d")
    steps = np.diff(encoding.matrix(columns)[:, at])
    assert steps[0] > 20 * steps[-1]


def test_constant_numbers_and_the_moment_of_the_day_are_no_inputs(columns):
    inputs = Encoding.of(columns, ["score"]).inputs
    assert not {"times_seen", "hour", "weekday"} & set(inputs)


def test_a_word_that_training_never_met_is_unknown(columns):
    encoding = Encoding.of(columns, ["score"])
    place = [i for i, name in enumerate(encoding.inputs) if name.startswith("age_band=")]
    met, new = (
        encoding.matrix(columns | {"age_band": np.full(400, word)})[0, place]
        for word in ("old", "ancient")
    )
    assert (met.sum(), new.sum()) == (1, 0)


def test_an_extreme_value_is_cut_off(columns):
    encoding = Encoding.of(columns, ["score"])
    far = encoding.matrix(columns | {"score": np.full(400, 1e9)})
    assert far[0, encoding.inputs.index("score")] == 6


def test_survives_json(columns):
    import json

    encoding = Encoding.of(columns, ["score"])
    again = Encoding.from_json(json.loads(json.dumps(encoding.to_json())))
    assert (again.matrix(columns) == encoding.matrix(columns)).all()


def test_a_missing_column_is_an_error(columns):
    encoding = Encoding.of(columns, ["score"])
    del columns["score"]
    with pytest.raises(KeyError, match="score"):
        encoding.matrix(columns)

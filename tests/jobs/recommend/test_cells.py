"""Check the quick ways against NumPy's own."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from jobs.recommend.cells import cells, descending, packed

masks = arrays.arrays(bool, st.tuples(st.integers(0, 5), st.integers(0, 7)))
# few values, so that ties are common; infinities and both zeros as rankings hold them
values = arrays.arrays(
    np.float32,
    st.tuples(st.integers(0, 4), st.integers(0, 9)),
    elements=st.sampled_from([-np.inf, -2.5, -1e-40, -0.0, 0.0, 1e-40, 3.0, np.inf]),
)


@given(masks)
def test_cells_are_those_of_nonzero(mask):
    for ours, theirs in zip(cells(mask), np.nonzero(mask), strict=True):
        assert ours.tolist() == theirs.tolist()


@given(masks)
def test_packed_rows_hold_their_columns_in_order(mask):
    left, rows, columns, places = packed(mask)
    for row, expected in enumerate(mask):
        assert left[row][left[row] >= 0].tolist() == np.flatnonzero(expected).tolist()
    assert (left[rows, places] == columns).all()


@given(values)
def test_descending_is_a_stable_sort(numbers):
    assert (descending(numbers) == np.argsort(-numbers, axis=1, kind="stable")).all()

"""Many pages encoded at once equal one page encoded alone, and what nobody should see is refused."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pytest
import zstandard
from hypothesis import given, settings
from hypothesis import strategies as st

from serving_export import draft as drafting
from serving_export import parts
from serving_export.draft import Draft
from serving_export.errors import BadPages
from serving_export.records import Unpacker, decode_body, encode_body, page_key, popular_key
from tests.serving_export import made

if TYPE_CHECKING:
    from serving_export.records import Page

TITLES = made.titles(300)  # two bytes a code


def draft(pages: pa.Table, titles: pa.Table = TITLES) -> Draft:
    return Draft("v1", "0" * 32, made.NIGHT, pages, titles, made.SOURCES, b"{}")


def records(drafted: Draft) -> dict[bytes, bytes]:
    return dict(pair for batch in drafted.records() for pair in batch)


def decoded(drafted: Draft) -> dict[bytes, Page]:
    found = records(drafted)
    unpacker = Unpacker(parts.join("dictionary", lambda keys: {k: found[k] for k in keys}))
    return {
        key: decode_body(unpacker.body(record), drafted.legend)
        for key, record in found.items()
        if not key.startswith(b"z")
    }


title_ids = st.integers(0, 299).map("t{}".format)
chances = st.one_of(st.just(1.0), st.floats(2**-7, 1.0, width=32))
slots = st.lists(st.tuples(title_ids, st.integers(0, 7), chances), min_size=1, max_size=30)


@st.composite
def shelves(draw: st.DrawFn) -> dict[str, Any]:
    titles, bits, propensities = zip(*draw(slots), strict=True)
    return {
        "name": draw(st.sampled_from(["Top picks", "Drama", "Noir & Süßes"])),
        "source": draw(st.sampled_from(["top_picks", "genre:Drama"])),
        "because_of": draw(st.none() | title_ids),
        "title_ids": list(titles),
        "source_bits": list(bits),
        "propensities": list(propensities),
    }


pages = st.lists(
    st.tuples(st.text(max_size=5).filter(lambda t: t.isprintable()), st.none() | st.just("DE"),
              st.lists(shelves(), min_size=1, max_size=6)),
    min_size=1, max_size=8, unique_by=lambda said: said[0],
)  # fmt: skip


@settings(max_examples=60)
@given(pages)
def test_pages_encoded_together_equal_pages_encoded_alone(said: list[Any]) -> None:
    given_pages = [made.page(name, *rows, region=region) for name, region, rows in said if name]
    drafted = draft(made.table(made.page(""), *given_pages))
    bodies = dict(zip(keys_in_order(drafted), encoded(drafted), strict=True))
    for key, page in drafted.sampled(100):
        assert bodies[key] == encode_body(page, drafted.legend)
    assert decoded(drafted) == dict(drafted.sampled(100))


def keys_in_order(drafted: Draft) -> list[bytes]:
    return [key for batch in drafted.records() for key, _ in batch if not key.startswith(b"z")]


def encoded(drafted: Draft) -> list[bytes]:
    ordered, _ = drafted._ordered
    (batch,) = ordered.combine_chunks().to_batches()
    bodies: list[bytes] = drafted._encoder.bodies(batch).to_pylist()
    return bodies


def test_chunks_join_without_a_seam(monkeypatch: pytest.MonkeyPatch) -> None:
    # 100 pages in chunks of 7, of a table that itself is in pieces and out of order
    whole = made.everyone(100)
    pieces = pa.concat_tables([whole.slice(50), whole.slice(0, 50)])
    monkeypatch.setattr(drafting, "CHUNK_PAGES", 7)
    assert decoded(draft(pieces)) == dict(draft(whole).sampled(1000))
    assert keys_in_order(draft(pieces)) == sorted(keys_in_order(draft(whole)))


def test_the_same_night_gives_the_same_bytes() -> None:
    # two writers of one version, or a rerun after a kill, must not leave a mixture
    assert records(draft(made.everyone(500))) == records(draft(made.everyone(500)))


def test_each_record_carries_the_checksum_that_readers_rely_on() -> None:
    for batch in draft(made.everyone(100)).records():
        for key, record in batch:
            assert key.startswith(b"z") or zstandard.get_frame_parameters(record).has_checksum


def test_titles_shown_often_have_small_codes() -> None:
    drafted = draft(made.everyone(100, first_title="t7"))
    assert set(drafted.legend.title_ids[1:4]) == {"t7", "t8", "t9"}
    assert len(drafted.legend.title_ids) == 301


def test_long_and_odd_ids_have_their_own_pages() -> None:
    odd = ["x" * 600, "../up", "a/b\x00c", "ü", "p1", "x" * 601]
    given_pages = [made.page(name, made.row(titles=(f"t{n}",))) for n, name in enumerate(odd)]
    found = decoded(draft(made.table(*given_pages, made.page(""))))
    for number, name in enumerate(odd):
        assert found[page_key(name)].rows[0].title_ids == (f"t{number}",)


def test_each_region_has_its_popular_page() -> None:
    given_pages = [made.page("", region="DE"), made.page("", region=None)]
    assert set(decoded(draft(made.table(*given_pages)))) == {popular_key("DE"), popular_key("")}


def test_a_page_of_more_bytes_than_a_field_holds_is_refused() -> None:
    # 200 rows of 255 titles of 2 bytes: 102,000 bytes of titles
    rows = [made.row(titles=("t1",) * 255)] * 200
    with pytest.raises(BadPages, match="more than 65,535 bytes"):
        records(draft(made.table(made.page(""), made.page("p1", *rows))))


@pytest.mark.parametrize(
    ("page", "why"),
    [
        (made.page("p1", made.row(titles=())), "page 3 of the table has a row without titles"),
        ({**made.page("p1"), "rows": []}, "page 3 of the table has no rows"),
        ({**made.page("p1"), "rows": None}, "is null"),
        (made.page("p1", made.row(name=None)), "is null"),
        (made.page("p1", made.row(source_bits=[1, None, 1])), "is null"),
        (made.page("p1", made.row(source_bits=[1])), "page 3 of the table has a row whose titles"),
        (made.page("p1", made.row(propensities=[1.0, 1.0])), "page 3 of the table has a row whose titles"),
        (made.page("p1", made.row(propensities=[1.0, 0.0, 1.0])), "page 3 of the table has a propensity outside"),
        (made.page("p1", made.row(propensities=[1.0, float("nan"), 1.0])), "propensity outside"),
        (made.page("p1", made.row(propensities=[1.0, 1.5, 1.0])), "propensity outside"),
        (made.page("p1", made.row(source_bits=[1, 8, 1])), "page 3 of the table names a source that is not"),
        (made.page("p1", made.row(source_bits=[1, -1, 1])), "page 3 of the table names a source that is not"),
        (made.page("p1", made.row(titles=("t1", "t999"))), "'t999' is on a page and not in"),
        (made.page("p1", made.row(because_of="t999")), "'t999' is on a page and not in"),
        (made.page("p1", made.row(titles=("t1",) * 256)), "page 3 of the table has a row of more than 255"),
        ({**made.page("p1"), "profile_id": None}, "a page has no profile id"),
        (made.page("p0"), "pages 2 and 3 of the table have one key"),
        (made.page(""), "pages 1 and 3 of the table have one key"),
    ],
)  # fmt: skip
def test_a_page_that_nobody_should_see_is_refused(page: dict[str, Any], why: str) -> None:
    # good pages around it: the refusal must find the one
    pages = made.table(made.page(""), made.page("p0"), page, made.page("p2"))
    with pytest.raises(BadPages, match=why):
        records(draft(pages))


def test_a_night_without_pages_is_refused() -> None:
    with pytest.raises(BadPages, match="the table of pages is empty"):
        records(draft(made.table()))


def test_a_night_without_a_popular_page_for_everywhere_is_refused() -> None:
    pages = made.table(made.page("p1"), made.page("", region="DE"))
    with pytest.raises(BadPages, match="a new profile would see nothing"):
        records(draft(pages))


def test_parts_of_any_size_come_back() -> None:
    # 1 MB of noise: four parts
    import os

    noise = os.urandom(1_000_000)
    found = dict(parts.split("titles", noise))
    assert len(found) == 4
    assert all(len(part) < 400_000 - 2_000 for part in found.values())
    assert parts.join("titles", lambda keys: {k: found[k] for k in keys if k in found}) == noise
    found.popitem()
    with pytest.raises(parts.BadRecord, match="lacks a part"):
        parts.join("titles", lambda keys: {k: found[k] for k in keys if k in found})

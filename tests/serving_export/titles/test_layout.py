"""Names of titles are safe in paths and addresses, and pointers are read strictly."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jobs.encode.workshop import sha256_of
from serving_export.titles import layout
from serving_export.titles.layout import BadTitleId, BrokenLive, Live

VERSIONS = st.text("0123456789abcdef", min_size=16, max_size=16)


@given(st.text(max_size=30) | st.text("ab./\\-_\0\n", max_size=8))
def test_a_title_id_is_one_plain_name_or_refused(title_id: str) -> None:
    published = Path("/p")
    try:
        folder = layout.title_folder(published, title_id)
    except BadTitleId:
        return
    assert folder.parent == published
    assert folder == Path("/p", title_id) == folder.resolve()
    assert title_id.isascii()
    assert title_id.isprintable()
    assert not title_id.startswith((".", "-"))


@given(VERSIONS, st.lists(VERSIONS, max_size=6))
def test_pointing_keeps_each_version_once_and_the_last_one_first(
    version: str, others: list[str]
) -> None:
    live = None
    for each in [*others, version]:
        before, live = live, layout.pointed(live, each)
        if before and before.version != each:
            assert live.previous[0] == before.version
    assert live is not None
    assert live.version == version
    assert sorted([live.version, *live.previous]) == sorted({*others, version})
    assert layout.pointed(live, version) is live


def test_a_rollback_leaves_the_version_before_the_target_as_next() -> None:
    assert layout.rolled_back(Live("c", ("b", "a")), "b") == Live("b", ("a",), ("c",))


@pytest.mark.parametrize(
    "content",
    ["", "[]", "{}", '{"version": 3}', '{"version": "../x"}', '{"version": "ab"}', "\ud800x",
     '{"version": "0123456789abcdef", "previous": ["/etc"]}'],
)  # fmt: skip
def test_a_pointer_that_is_no_pointer(tmp_path: Path, content: str) -> None:
    (tmp_path / "bikes").mkdir()
    (tmp_path / "bikes" / "live.json").write_bytes(content.encode("utf-8", "surrogatepass"))
    with pytest.raises(BrokenLive):
        layout.read_live(tmp_path, "bikes")


def test_a_title_without_a_pointer_does_not_play(tmp_path: Path) -> None:
    (tmp_path / "bikes" / "0123456789abcdef").mkdir(parents=True)
    assert layout.read_live(tmp_path, "bikes") is None
    assert layout.playable(tmp_path) == {}
    assert layout.playable(tmp_path / "none") == {}


def test_the_hash_of_a_folder_is_the_workshop_s(tmp_path: Path) -> None:
    """Two layers reckon it; names that sort otherwise as text than as paths are among these."""
    for name in ("a/b", "a-b", "a/c.d", "a.e", "z"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(name)
    assert layout.content_hash(tmp_path) == sha256_of(tmp_path)
    assert layout.content_hash(tmp_path, ["z"]) != sha256_of(tmp_path)


@given(st.dictionaries(st.text("ab/.", min_size=1, max_size=5), VERSIONS, min_size=1))
def test_the_hash_of_hashes_depends_on_each_name_and_hash(hashes: dict[str, str]) -> None:
    whole = layout.hash_of_hashes(hashes)
    assert whole == layout.hash_of_hashes(dict(reversed(hashes.items())))
    name = next(iter(hashes))
    assert whole != layout.hash_of_hashes({**hashes, name: hashes[name][::-1] + "0"})
    others = {each: hash_ for each, hash_ in hashes.items() if each != name}
    assert whole != layout.hash_of_hashes(others)
    assert whole != layout.hash_of_hashes({**others, f"{name}c": hashes[name]})


def test_segments_are_kept_for_good_and_manifests_are_not() -> None:
    said = {pattern: rule["Cache-Control"] for pattern, rule in layout.headers().items()}
    assert "immutable" in said["*.m4s"]
    assert "max-age=31536000" in said["*.vtt"]
    assert "immutable" not in said["*.m3u8"] + said["*.mpd"] + said["*.json"]

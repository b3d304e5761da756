"""A stamp follows from the content alone, and a stored manifest vouches for itself."""

from __future__ import annotations

import json

import pytest

from serving_export.errors import BadRecord
from serving_export.manifest import Manifest, read_manifest

CONTENT = {"night": "2026-01-10", "models": {"two_tower": None}, "seed": 7, "words": "für"}


def test_the_stamp_is_golden() -> None:
    # printf '{"models":{"two_tower":null},"night":"2026-01-10","seed":7,"words":"für"}' | sha256sum
    assert Manifest(CONTENT, {}).stamp == "a3c50b55497e7a9c50f534805db49bfa"


def test_what_stands_beside_does_not_count_and_what_is_content_does() -> None:
    stamp = Manifest(CONTENT, {}).stamp
    assert Manifest(dict(reversed(CONTENT.items())), {"run": "r1", "at": 1.5}).stamp == stamp
    assert Manifest({**CONTENT, "seed": 8}, {}).stamp != stamp


def test_a_manifest_comes_back() -> None:
    manifest = Manifest(CONTENT, {"delta": {"gold.pages": 3}})
    assert read_manifest(manifest.to_json()) == manifest


@pytest.mark.parametrize(
    ("change", "why"),
    [
        ({"content": {**CONTENT, "seed": 8}}, "was changed after it was stamped"),
        ({"stamp": "0" * 32}, "was changed after it was stamped"),
        ({"content": None}, "was changed after it was stamped"),
    ],
)
def test_a_manifest_that_was_changed_is_refused(change: dict[str, object], why: str) -> None:
    stored = {**json.loads(Manifest(CONTENT, {}).to_json()), **change}
    with pytest.raises(BadRecord, match=why):
        read_manifest(json.dumps(stored).encode())


@pytest.mark.parametrize("stored", [b"", b"[]", b"{}", b"\xff"])
def test_what_is_no_manifest_is_refused(stored: bytes) -> None:
    with pytest.raises(BadRecord):
        read_manifest(stored)


def test_a_number_that_json_cannot_say_is_no_content() -> None:
    with pytest.raises(ValueError, match="not JSON compliant"):
        _ = Manifest({"share": float("nan")}, {}).stamp

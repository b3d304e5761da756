"""The secret of links is shared by who is given it, made once where nobody is, and read by no other."""

from __future__ import annotations

import os
import stat
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import pytest

from serving_export.titles.link_secret import BadLinkSecret, link_secret
from serving_export.titles.master_key import ReadableByOthers

if TYPE_CHECKING:
    from pathlib import Path

HEX = "ab" * 32


def test_it_is_made_once_and_only_its_owner_reads_it(tmp_path: Path) -> None:
    with ThreadPoolExecutor(8) as pool:
        found = set(pool.map(lambda _: link_secret(tmp_path, {}), range(8)))

    assert len(found) == 1
    assert len(found.pop()) == 32
    file = tmp_path / "link.secret"
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert link_secret(tmp_path / "elsewhere", {}) != link_secret(tmp_path, {})


def test_the_environment_comes_before_the_file(tmp_path: Path) -> None:
    # so that an edge on another machine is given the origin's
    assert link_secret(tmp_path, {"MARQUEE_LINK_SECRET": HEX}) == bytes.fromhex(HEX)
    assert not (tmp_path / "link.secret").exists()


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o620])
def test_a_file_that_others_can_read_is_refused(tmp_path: Path, mode: int) -> None:
    link_secret(tmp_path, {})
    os.chmod(tmp_path / "link.secret", mode)

    with pytest.raises(ReadableByOthers, match="chmod 600"):
        link_secret(tmp_path, {})


@pytest.mark.parametrize("text", ["", "ab" * 31, "xy" * 32, "ab" * 33])
def test_what_is_no_secret_is_refused_without_showing_it(tmp_path: Path, text: str) -> None:
    with pytest.raises(BadLinkSecret, match="64 hex digits") as refused:
        link_secret(tmp_path, {"MARQUEE_LINK_SECRET": text})
    assert not text or text not in str(refused.value)
    (tmp_path / "link.secret").write_text(text)
    (tmp_path / "link.secret").chmod(0o600)
    with pytest.raises(BadLinkSecret):
        link_secret(tmp_path, {})

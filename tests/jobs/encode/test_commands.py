"""What a command is asked for is one thing, or it is refused."""

from __future__ import annotations

from itertools import combinations
from typing import TYPE_CHECKING, Any

import pytest
import typer

from jobs.encode.commands import titles

if TYPE_CHECKING:
    from pathlib import Path

ASKED: dict[str, Any] = {"prune": True, "rollback": "bikes", "erase": "bikes"}


@pytest.mark.parametrize("names", [*combinations(ASKED, 2), tuple(ASKED)])
def test_titles_does_one_thing_at_a_time(
    names: tuple[str, ...], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    # whoever asks to erase a title and sees others pruned believes it gone
    monkeypatch.setenv("MARQUEE_VAR", str(tmp_path))
    with pytest.raises(typer.BadParameter, match="are three things: give one"):
        titles(**{name: ASKED[name] for name in names})

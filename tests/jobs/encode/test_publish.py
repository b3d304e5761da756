"""A title is playable wholly or not at all, and a version never changes once it is there."""

from __future__ import annotations

import json
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from jobs.encode import publish as publishing
from jobs.encode.manifests import PackageBroken
from jobs.encode.publish import NoVersion, rollback
from jobs.encode.workshop import Made, sha256_of
from serving_export.titles import layout
from serving_export.titles.layout import Live, read_live
from tests.jobs.encode.made_package import packaged


def publish(
    published: Path, title_id: str, package: Path, beside: dict[str, bytes] | None = None
) -> str:
    """Publish a folder as it lies there."""
    return publishing.publish(published, title_id, Made(package, sha256_of(package), {}), beside)


def small(place: Path, content: str) -> Path:
    """A folder that is published as any package is."""
    (place / "v").mkdir(parents=True)
    (place / "v" / "00001.m4s").write_text(content)
    (place / "master.m3u8").write_text("#EXTM3U\n")
    return place


def test_a_package_lies_under_the_name_of_its_content(tmp_path: Path) -> None:
    package = packaged("cbcs")
    version = publish(tmp_path, "bikes", package.path, {"receipt.json": b"{}\n"})
    folder = tmp_path / "bikes" / version
    assert version == package.sha256[:16] == sha256_of(package.path)[:16]
    assert layout.is_whole(folder)
    assert read_live(tmp_path, "bikes") == Live(version)
    assert (folder / "receipt.json").read_bytes() == b"{}\n"
    headers = json.loads((folder / "headers.json").read_text())
    assert headers["*.m4s"] == {"Cache-Control": "public, max-age=31536000, immutable"}
    assert headers["*.mpd"] == {"Cache-Control": "public, max-age=60"}
    assert layout.playable(tmp_path) == {"bikes": version}
    suffixes = {f"*{file.suffix}" for file in folder.rglob("*") if file.is_file()}
    assert suffixes <= set(headers)


def test_publishing_again_changes_nothing(tmp_path: Path) -> None:
    package = small(tmp_path / "package", "one")
    version = publish(tmp_path / "p", "bikes", package, {"receipt.json": b"1"})
    before = {file: file.stat() for file in (tmp_path / "p").rglob("*")}
    assert publish(tmp_path / "p", "bikes", package, {"receipt.json": b"2"}) == version
    after = {file: file.stat() for file in (tmp_path / "p").rglob("*")}
    assert {f: (s.st_ino, s.st_mtime_ns) for f, s in before.items()} == {
        f: (s.st_ino, s.st_mtime_ns) for f, s in after.items()
    }


def test_published_files_are_copies_that_nobody_writes(tmp_path: Path) -> None:
    """Else a step that made its output anew would change what plays."""
    package = small(tmp_path / "package", "one")
    version = publish(tmp_path / "p", "bikes", package)
    (package / "v" / "00001.m4s").write_text("two")
    file = tmp_path / "p" / "bikes" / version / "v" / "00001.m4s"
    assert file.read_text() == "one"
    assert file.stat().st_mode & 0o222 == 0


def test_versions_follow_each_other_and_go_back(tmp_path: Path) -> None:
    first, second, third = (
        publish(tmp_path / "p", "bikes", small(tmp_path / name, name)) for name in "abc"
    )
    assert read_live(tmp_path / "p", "bikes") == Live(third, (second, first))
    assert rollback(tmp_path / "p", "bikes") == second
    assert read_live(tmp_path / "p", "bikes") == Live(second, (first,), (third,))
    assert rollback(tmp_path / "p", "bikes", first) == first
    with pytest.raises(NoVersion, match="was not rolled back to an earlier version"):
        rollback(tmp_path / "p", "bikes")
    assert publish(tmp_path / "p", "bikes", tmp_path / "c") == third  # published anew, on purpose
    assert read_live(tmp_path / "p", "bikes") == Live(third, (first,), (second,))
    for version in (first, second, third):  # a player in the middle of any goes on
        assert layout.is_whole(tmp_path / "p" / "bikes" / version)


@pytest.mark.parametrize("wanted", ["0123456789abcdef", "../other", None])
def test_a_rollback_needs_a_version_that_was_live(tmp_path: Path, wanted: str | None) -> None:
    with pytest.raises(NoVersion):
        rollback(tmp_path, "bikes", wanted)


def test_a_rollback_never_goes_to_a_damaged_version(tmp_path: Path) -> None:
    first = publish(tmp_path / "p", "bikes", small(tmp_path / "a", "a"))
    second = publish(tmp_path / "p", "bikes", small(tmp_path / "b", "b"))
    shutil.rmtree(tmp_path / "p" / "bikes" / first / "v")
    with pytest.raises(NoVersion, match="no longer whole"):
        rollback(tmp_path / "p", "bikes")
    assert read_live(tmp_path / "p", "bikes") == Live(second, (first,))


def test_a_damaged_version_is_put_right_by_publishing_again(tmp_path: Path) -> None:
    package = small(tmp_path / "package", "one")
    version = publish(tmp_path / "p", "bikes", package)
    file = tmp_path / "p" / "bikes" / version / "v" / "00001.m4s"
    file.unlink()
    file.write_text("half")
    assert publish(tmp_path / "p", "bikes", package) == version
    assert file.read_text() == "one"
    assert {each.name for each in (tmp_path / "p" / "bikes").iterdir()} == {
        version, "live.json", ".publishing",
    }  # fmt: skip


def test_a_broken_pointer_is_written_anew(tmp_path: Path) -> None:
    version = publish(tmp_path / "p", "bikes", small(tmp_path / "package", "one"))
    (tmp_path / "p" / "bikes" / "live.json").write_text('{"version":')
    assert publish(tmp_path / "p", "bikes", tmp_path / "package") == version
    assert read_live(tmp_path / "p", "bikes") == Live(version)


def test_a_package_is_copied_only_where_it_fits(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = []
    monkeypatch.setattr(publishing, "require_room", lambda *given: asked.append(given))
    publish(tmp_path / "p", "bikes", small(tmp_path / "package", "x" * 1000))
    assert asked == [(tmp_path / "p" / "bikes", 1000 + len("#EXTM3U\n"))]


def test_bytes_that_change_on_the_way_are_noticed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A disk that writes other bytes than it was given, or a step that writes meanwhile."""
    package, copy = small(tmp_path / "package", "one"), shutil.copyfile

    def spoilt(source: str, target: str) -> None:
        copy(source, target)
        if target.endswith(".m4s"):
            Path(target).write_text("onf")

    monkeypatch.setattr(publishing.shutil, "copyfile", spoilt)
    with pytest.raises(PackageBroken, match="or while it was copied"):
        publish(tmp_path / "p", "bikes", package)
    assert read_live(tmp_path / "p", "bikes") is None
    assert [file.name for file in (tmp_path / "p" / "bikes").iterdir()] == [".publishing"]


def test_bytes_that_changed_since_the_package_was_made_are_not_published(tmp_path: Path) -> None:
    package = small(tmp_path / "package", "one")
    made = Made(package, sha256_of(package), {})
    (package / "v" / "00001.m4s").write_text("onf")
    with pytest.raises(PackageBroken, match="changed after it was made"):
        publishing.publish(tmp_path / "p", "bikes", made)
    assert read_live(tmp_path / "p", "bikes") is None


def test_a_file_beside_cannot_replace_one_of_the_package(tmp_path: Path) -> None:
    with pytest.raises(PackageBroken, match=r"master\.m3u8 lies both"):
        publish(tmp_path / "p", "bikes", small(tmp_path / "a", "a"), {"master.m3u8": b""})


@pytest.mark.parametrize("title_id", ["", ".", "..", "../a", "a/b", "/a", "a\0", "é", "a\n", ".a"])
def test_a_title_id_is_never_a_path(tmp_path: Path, title_id: str) -> None:
    package = small(tmp_path / "package", "one")
    with pytest.raises(layout.BadTitleId):
        publish(tmp_path / "p", title_id, package)
    assert not (tmp_path / "p").exists()


KILLED = """
import signal
from pathlib import Path
from jobs.encode import publish
from tests.jobs.encode import test_publish
publish.{place} = lambda *given: (print("there", flush=True), signal.pause())
test_publish.publish(Path({published!r}), "bikes", Path({package!r}))
"""


@pytest.mark.parametrize("place", ["_sync", "_replace", "_point"])
def test_a_kill_at_any_step_leaves_the_version_before(tmp_path: Path, place: str) -> None:
    first = publish(tmp_path / "p", "bikes", small(tmp_path / "a", "a"))
    package = small(tmp_path / "b", "b")
    script = KILLED.format(place=place, published=str(tmp_path / "p"), package=str(package))
    child = subprocess.Popen([sys.executable, "-c", script], stdout=subprocess.PIPE)
    assert child.stdout is not None
    assert child.stdout.readline() == b"there\n"
    child.send_signal(signal.SIGKILL)
    child.wait()
    assert read_live(tmp_path / "p", "bikes") == Live(first)
    second = publish(tmp_path / "p", "bikes", package)
    assert read_live(tmp_path / "p", "bikes") == Live(second, (first,))
    assert layout.is_whole(tmp_path / "p" / "bikes" / second)


def test_two_that_publish_at_once_wait_for_each_other(tmp_path: Path) -> None:
    script = (
        "import sys; from pathlib import Path; from tests.jobs.encode.test_publish import publish\n"
        "print(publish(Path(sys.argv[1]), 'bikes', Path(sys.argv[2])))"
    )
    packages = [small(tmp_path / name, name) for name in "abc"]
    children = [
        subprocess.Popen(
            [sys.executable, "-c", script, str(tmp_path / "p"), str(package)],
            stdout=subprocess.PIPE,
            text=True,
        )
        for package in packages
    ]
    versions = {child.communicate()[0].strip() for child in children}
    live = read_live(tmp_path / "p", "bikes")
    assert live is not None
    assert {live.version, *live.previous} == versions
    assert len(versions) == 3


def test_a_reader_meets_whole_versions_only(tmp_path: Path) -> None:
    """What live.json names is whole whenever it is read, while versions are swapped under it."""
    packages = [small(tmp_path / f"p{number}", "x" * number * 1000) for number in range(8)]
    script = (  # it goes on when the reader has seen what it published
        "import sys; from pathlib import Path; from tests.jobs.encode.test_publish import publish\n"
        "for package in sys.argv[2:]:\n"
        "    publish(Path(sys.argv[1]), 'bikes', Path(package)); sys.stdin.readline()"
    )
    seen = {publish(tmp_path / "p", "bikes", packages[0])}
    child = subprocess.Popen(
        [sys.executable, "-c", script, str(tmp_path / "p"), *map(str, packages[1:])],
        stdin=subprocess.PIPE,
        text=True,
    )
    assert child.stdin is not None
    while child.poll() is None:
        live = read_live(tmp_path / "p", "bikes")
        assert live is not None
        assert layout.is_whole(tmp_path / "p" / "bikes" / live.version)
        if live.version not in seen:
            seen.add(live.version)
            child.stdin.write("go on\n")
            child.stdin.flush()
        time.sleep(0.001)
    assert child.returncode == 0
    assert len(seen) == len(packages)

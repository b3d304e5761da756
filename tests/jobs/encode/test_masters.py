"""A master is kept once, whole, and never read when its bytes have changed: in a folder and in S3."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from jobs.encode.hashes import Hashes
from jobs.encode.masters import MasterAltered, S3Masters, store_of
from jobs.encode.order import Order, ordered
from jobs.encode.order import place as place_order
from jobs.encode.production import Production
from jobs.encode.taking_in import taken_in
from jobs.encode.tracks import texts
from jobs.encode.workshop import sha256_of
from lakehouse.settings import Settings
from serving_export.titles.s3_errors import BucketFailed
from tests.jobs.encode.masters_at import FolderPlace, S3Place

if TYPE_CHECKING:
    from tests.jobs.encode.conftest import Film
    from tests.jobs.encode.masters_at import Place

KEEPER = """
import sys
from pathlib import Path
from jobs.encode.hashes import Hashes
from jobs.encode.masters import store_of
from lakehouse.settings import Settings
print(*store_of(Settings.read()).keep(Path(sys.argv[1])))
"""
STOPPED = f"""
import shutil
from threading import Event
from serving_export.titles.s3 import Bucket

def stop():
    print("there", flush=True)
    Event().wait()

def half(file, into):
    into.write_bytes(file.read_bytes()[:1000])
    stop()

def first(self, words, number, *more, part=Bucket._part):
    if number == 1:
        part(self, words, number, *more)
        stop()
    Event().wait()

shutil.copyfile, Bucket._part = half, first
{KEEPER}"""
"""It stops in the middle, so that it is killed there: a file is kept in less time than a busy machine
may take to look."""
PARTS = 4
"""Of 16 MiB, of a file that is large enough to be killed in."""


@pytest.fixture(params=["folder", pytest.param("s3", marks=pytest.mark.service)])
def place(request: pytest.FixtureRequest, tmp_path: Path) -> Place:
    """An empty store of each kind."""
    if request.param == "folder":
        return FolderPlace(tmp_path / "masters")
    request.getfixturevalue("s3")
    return S3Place(tmp_path.name.replace("_", "-").lower()[-40:].strip("-"))


@pytest.fixture
def settings(place: Place, tmp_path: Path) -> Settings:
    return Settings(var=str(tmp_path / "var"), masters=place.name)


@pytest.fixture
def long_film(tmp_path: Path) -> Path:
    file = tmp_path / "long.mov"
    with file.open("wb") as out:
        for _ in range(PARTS):
            out.write(os.urandom(16 << 20))
    return file


def keeper(file: Path, var: Path, place: Place, script: str = KEEPER) -> subprocess.Popen[str]:
    """Another process that keeps a file, as on a machine of its own."""
    environment = {**os.environ, "MARQUEE_VAR": str(var), "MARQUEE_MASTERS": place.name}
    return subprocess.Popen(
        [sys.executable, "-c", script, file], env=environment, text=True,
        stdout=subprocess.PIPE, stderr=subprocess.PIPE,
    )  # fmt: skip


def test_a_master_is_kept_read_only_under_its_hash(settings: Settings, delivered: Path) -> None:
    sha256, kept = store_of(settings).keep(delivered)
    whole = delivered.read_bytes()
    assert (sha256, kept.name) == (sha256_of(delivered), f"{sha256}.mp4")
    assert kept.parent == store_of(settings).folder
    assert kept.stat().st_mode & 0o222 == 0
    delivered.unlink()  # the store does not depend on what was delivered
    assert store_of(settings).opened(sha256).read_bytes() == whole


def test_a_kept_master_is_never_written_again(
    settings: Settings, place: Place, delivered: Path
) -> None:
    sha256, kept = store_of(settings).keep(delivered)
    before = place.stamp(sha256)
    again = delivered.rename(delivered.with_name("other name.mkv"))
    assert store_of(settings).keep(again) == (sha256, kept)
    assert place.stamp(sha256) == before


def test_changed_bytes_are_seen_at_the_next_opening_and_at_the_next_delivery(
    settings: Settings, place: Place, delivered: Path
) -> None:
    sha256, _ = store_of(settings).keep(delivered)
    place.alter(sha256)
    for _ in range(2):  # a copy from before must not hide it the second time either
        with pytest.raises(MasterAltered, match="holds other bytes"):
            store_of(settings).opened(sha256)
    with pytest.raises(MasterAltered, match="holds other bytes"):
        store_of(settings).keep(delivered)


def test_a_master_is_read_once_on_a_machine_until_something_touches_it(
    settings: Settings, delivered: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # each of the hundreds of tasks of a title opens it
    sha256, kept = store_of(settings).keep(delivered)
    read: list[str] = []
    monkeypatch.setattr(
        "jobs.encode.hashes.sha256_of", lambda file: read.append(file.name) or sha256_of(file)
    )
    assert [store_of(settings).opened(sha256) for _ in range(3)] == [kept] * 3
    assert read == []
    kept.touch()
    assert [store_of(settings).opened(sha256) for _ in range(3)] == [kept] * 3
    assert read == [kept.name]
    assert store_of(settings).opened(sha256, anew=True) == kept
    assert read == [kept.name] * 2


def test_bytes_that_changed_with_their_old_time_are_seen(tmp_path: Path, delivered: Path) -> None:
    settings = Settings(var=str(tmp_path / "var"), masters=str(tmp_path / "masters"))
    sha256, kept = store_of(settings).keep(delivered)
    before = kept.stat()
    FolderPlace(kept.parent).alter(sha256)
    os.utime(kept, ns=(before.st_atime_ns, before.st_mtime_ns))
    with pytest.raises(MasterAltered, match="holds other bytes"):
        store_of(settings).opened(sha256)


def test_bytes_that_rot_on_the_disk_are_seen_when_they_are_hashed_anew(
    settings: Settings, delivered: Path
) -> None:
    # no time and no size tells of them, here because the note is made to fit
    sha256, kept = store_of(settings).keep(delivered)
    FolderPlace(kept.parent).alter(sha256)
    Hashes(settings.at("titles", "hashes")).believe(kept, sha256)
    assert store_of(settings).opened(sha256) == kept
    with pytest.raises(MasterAltered, match="other bytes"):
        store_of(settings).opened(sha256, anew=True)


def test_a_master_that_is_gone_is_named(settings: Settings, place: Place, delivered: Path) -> None:
    sha256, _ = store_of(settings).keep(delivered)
    place.remove(sha256)
    with pytest.raises(MasterAltered, match=f"{sha256[:16]} is not in"):
        store_of(settings).opened(sha256)


def test_a_removed_master_is_gone_and_may_be_delivered_again(
    settings: Settings, delivered: Path
) -> None:
    store = store_of(settings)
    sha256, kept = store.keep(delivered)
    for _ in range(2):  # as after a kill
        store.remove(sha256)
    assert not kept.exists()
    with pytest.raises(MasterAltered, match="is not in"):
        store.opened(sha256)
    assert store.keep(delivered) == (sha256, kept)


def test_a_removed_master_leaves_no_half_of_itself(
    settings: Settings, place: Place, delivered: Path
) -> None:
    """What a kill left is the bytes of a film too, and an erasure promises that they are gone."""
    store = store_of(settings)
    sha256, _ = store.keep(delivered)
    for half in (f".part-{sha256}", f".part-{sha256}-0123456789abcdef"):
        (store.folder / half).write_bytes(b"half of it")
        (store.folder / half).chmod(0o444)
    other = store.folder / f".part-{'0' * 64}"
    other.write_bytes(b"of another film")
    place.begin(sha256)
    store.remove(sha256)
    assert [path.name for path in store.folder.glob(".part-*")] == [other.name]
    assert place.leftovers(sha256) == []


def test_a_killed_keeper_leaves_nothing_readable_and_the_next_one_goes_on(
    settings: Settings, place: Place, long_film: Path
) -> None:
    sha256 = sha256_of(long_film)
    running = keeper(long_film, Path(settings.var), place, STOPPED)
    assert running.stdout is not None
    assert running.stdout.readline() == "there\n"
    running.kill()
    running.communicate()
    there = place.parts(sha256)
    assert place.leftovers(sha256) != []

    store = store_of(settings)
    with pytest.raises(MasterAltered, match="is not in"):
        store.opened(sha256)
    sent = place.count_parts(store)
    assert sha256_of(store.keep(long_film)[1]) == sha256
    assert (there, len(sent)) == ((1, PARTS - 1) if isinstance(store, S3Masters) else (0, 0))
    assert place.leftovers(sha256) == []


def test_keepers_of_one_master_at_once_keep_it_once(
    settings: Settings, place: Place, long_film: Path, tmp_path: Path
) -> None:
    # each on a machine of its own, so that no lock of this one keeps them apart
    sha256 = sha256_of(long_film)
    running = [keeper(long_film, tmp_path / f"var{number}", place) for number in range(3)]
    told = [(one.communicate(timeout=120), one.returncode) for one in running]

    assert [said[1].splitlines()[-1:] for said, _ in told] == [[]] * 3
    assert {said[0].split()[0] for said, _ in told} == {sha256}
    assert sha256_of(store_of(settings).opened(sha256)) == sha256
    assert place.leftovers(sha256) == []


@pytest.mark.service
def test_a_copy_of_a_master_in_s3_may_be_lost_or_spoilt(
    s3: None, tmp_path: Path, delivered: Path
) -> None:
    settings = Settings(var=str(tmp_path / "var"), masters=S3Place("copies").name)
    sha256, copy = store_of(settings).keep(delivered)
    copy.chmod(0o644)
    copy.write_bytes(b"spoilt")
    assert store_of(settings).opened(sha256).read_bytes() == delivered.read_bytes()
    shutil.rmtree(store_of(settings).folder)
    assert store_of(settings).opened(sha256).read_bytes() == delivered.read_bytes()
    assert copy.stat().st_mode & 0o222 == 0


@pytest.mark.service
def test_a_title_is_made_of_what_lies_in_s3_alone(s3: None, tmp_path: Path, film: Film) -> None:
    # a task of Airflow on another machine has none of the copies that taking in left here
    settings = Settings(var=str(tmp_path / "var"), masters=S3Place("titles").name)
    words = tmp_path / "words.vtt"
    words.write_text("WEBVTT\n\n00:00.000 --> 00:03.000\nWords\n")
    order = Order("film", str(film.path), "2026-01-10", captions=((str(words), "en"),))
    place_order(settings, order)
    kept = taken_in(settings, order)
    assert not kept.refused
    shutil.rmtree(store_of(settings).folder)
    shutil.rmtree(settings.at("titles", "work"))

    elsewhere = Production(settings, ordered(settings, "film"))
    assert elsewhere.master.frames == film.master.frames
    (text,) = texts(elsewhere)
    assert "Words" in text.made.path.read_text()


@pytest.mark.service
def test_a_bucket_that_is_not_there_is_no_fault_of_a_title(
    s3: None, tmp_path: Path, film: Film
) -> None:
    settings = Settings(var=str(tmp_path / "var"), masters="s3://not-made-yet")
    order = Order("film", str(film.path), "2026-01-10")
    place_order(settings, order)

    with pytest.raises(BucketFailed, match="make the bucket"):
        taken_in(settings, order)
    assert ordered(settings, "film").refused == ""

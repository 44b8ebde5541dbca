"""Versions on disk: whole or not at all, verified, named, published."""

from __future__ import annotations

import dataclasses
import subprocess
import sys
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pytest

from models.artefact import DamagedVersionError, Draft, Run, draft
from models.model import Model
from models.registry import NoVersionError, Registry, version_name

Build = Callable[..., Model]
TEN = datetime(2026, 11, 21, 2, 10, tzinfo=UTC)


def run_of(drafted: Draft, at: datetime = TEN) -> Run:
    """A run record for a draft."""
    name = version_name(at, drafted.content_sha256)
    return Run(name, at.isoformat(), "host", {"numpy": np.__version__}, drafted.content_sha256, {"seconds": 1.5})


def store(root: Path, model: Model, at: datetime = TEN) -> str:
    """Write a model as a version."""
    drafted = draft(model)
    return Registry(root).write(drafted, run_of(drafted, at))


def test_a_version_comes_back_as_it_was_written(tmp_path: Path, small_model: Build) -> None:
    """Every array, text and number survives the disk."""
    model = small_model()
    name = store(tmp_path, model)
    version = Registry(tmp_path).open(name)
    assert name == version.name
    assert name.startswith("20261121T0210Z-")
    again = draft(version.model)
    assert again.manifest == draft(model).manifest
    assert [version.model.items.text(i) for i in range(4)] == ["cup", "grand", "pot", "tea"]
    assert version.model.vectors["cross_sell"].together.tolist() == [2, 1, 2, 1]
    assert version.model.shop == model.shop
    assert version.run.notes == {"seconds": 1.5}


def test_the_content_hash_ignores_when_and_where(tmp_path: Path, small_model: Build) -> None:
    """Same arrays and settings give the same manifest; other arrays or settings give another."""
    model = small_model()
    assert draft(model).content_sha256 == draft(small_model()).content_sha256
    assert draft(model).content_sha256 != draft(small_model(orders=8)).content_sha256
    other = dataclasses.replace(model, settings={"neighbours": 99})
    assert draft(model).content_sha256 != draft(other).content_sha256
    later = TEN.replace(hour=3)
    first, second = store(tmp_path, model), store(tmp_path, model, later)
    assert (tmp_path / first / "manifest.json").read_bytes() == (tmp_path / second / "manifest.json").read_bytes()


@pytest.mark.parametrize("stride", [17, pytest.param(1, marks=pytest.mark.deep)])
def test_any_flipped_byte_is_refused(tmp_path: Path, small_model: Build, stride: int) -> None:
    """Flip any one byte of any file of a version, and it does not open; the message names the file."""
    name = store(tmp_path, small_model())
    registry = Registry(tmp_path)
    tried = 0
    for path in sorted((tmp_path / name).iterdir()):
        whole = path.read_bytes()
        for place in range(0, len(whole), stride):
            changed = bytearray(whole)
            changed[place] ^= 1 << (place % 8)
            path.write_bytes(bytes(changed))
            with pytest.raises(DamagedVersionError, match=path.name):
                registry.open(name)
            tried += 1
        path.write_bytes(whole)
    assert tried > 3_000 / stride
    assert registry.open(name).name == name


@pytest.mark.parametrize("how", ["missing", "short", "long", "empty"])
def test_files_of_another_length_are_refused(tmp_path: Path, small_model: Build, how: str) -> None:
    """A copy that stopped halfway is no version."""
    name = store(tmp_path, small_model())
    for path in sorted((tmp_path / name).iterdir()):
        whole = path.read_bytes()
        if how == "missing":
            path.unlink()
        else:
            path.write_bytes({"short": whole[:-1], "long": whole + b"\0", "empty": b""}[how])
        with pytest.raises(DamagedVersionError):
            Registry(tmp_path).open(name)
        path.write_bytes(whole)


def test_a_version_in_a_folder_of_another_name_is_refused(tmp_path: Path, small_model: Build) -> None:
    """A folder renamed by hand would lie about what is served."""
    name = store(tmp_path, small_model())
    (tmp_path / name).rename(tmp_path / "20270101T0000Z-abcd")
    with pytest.raises(DamagedVersionError, match=name):
        Registry(tmp_path).open("20270101T0000Z-abcd")


def test_names_are_newest_first_and_only_whole_ones(tmp_path: Path, small_model: Build) -> None:
    """What has no manifest, or no version's name, is not listed."""
    assert Registry(tmp_path / "nowhere").names() == []
    old = store(tmp_path, small_model())
    new = store(tmp_path, small_model(orders=9), TEN.replace(hour=5))
    (tmp_path / "20270101T0000Z-abcd").mkdir()
    (tmp_path / "notes").mkdir()
    assert Registry(tmp_path).names() == [new, old]


def test_publish_moves_current_to_a_whole_version_only(tmp_path: Path, small_model: Build) -> None:
    """`current` names what was verified; a damaged or unknown version leaves it where it was."""
    registry = Registry(tmp_path)
    assert registry.current() is None
    good = store(tmp_path, small_model())
    bad = store(tmp_path, small_model(orders=9), TEN.replace(hour=5))
    registry.publish(good)
    assert registry.current() == good
    (tmp_path / bad / "cards.data.npy").write_bytes(b"")
    with pytest.raises(DamagedVersionError):
        registry.publish(bad)
    with pytest.raises(NoVersionError, match=good):
        registry.publish("20270101T0000Z-abcd")
    assert registry.current() == good


@pytest.mark.parametrize("text", [b"", b"\xff\xfe", b"../../etc", b"20261121T0210Z-zzzz"])
def test_a_garbled_pointer_points_nowhere(tmp_path: Path, text: bytes) -> None:
    """A damaged `current` is no version's name; it never leads out of the folder."""
    (tmp_path / "current").write_bytes(text)
    assert Registry(tmp_path).current() is None


def test_same_content_in_the_same_minute_is_one_version(tmp_path: Path, small_model: Build) -> None:
    """Training twice within a minute on the same data leaves one folder."""
    assert store(tmp_path, small_model()) == store(tmp_path, small_model())
    assert len(Registry(tmp_path).names()) == 1


def test_a_taken_name_is_never_overwritten(tmp_path: Path, small_model: Build) -> None:
    """Where a damaged folder holds the name, the new version takes a longer one and both stay."""
    first = store(tmp_path, small_model())
    (tmp_path / first / "cards.data.npy").write_bytes(b"")
    second = store(tmp_path, small_model())
    assert second != first
    assert second.startswith(first)
    assert Registry(tmp_path).open(second).name == second
    assert (tmp_path / first / "cards.data.npy").read_bytes() == b""


def test_a_full_disk_leaves_nothing(tmp_path: Path, small_model: Build, monkeypatch: pytest.MonkeyPatch) -> None:
    """Wherever writing fails, no version appears and nothing is left behind."""
    drafted = draft(small_model())
    total = len(drafted.arrays) + 2
    for failing in range(total):
        calls = 0

        def fail(path: Path, *parts: bytes, _failing: int = failing) -> None:
            nonlocal calls
            calls += 1
            if calls > _failing:
                path.write_bytes(b"half")
                raise OSError(28, "No space left on device", str(path))
            path.write_bytes(b"".join(bytes(part) for part in parts))

        monkeypatch.setattr("models.artefact.write_synced", fail)
        with pytest.raises(OSError, match="No space"):
            Registry(tmp_path).write(drafted, run_of(drafted))
        assert list(tmp_path.iterdir()) == []


def test_what_a_killed_trainer_left_is_swept(tmp_path: Path, small_model: Build) -> None:
    """The next writer removes orphans, but never the folder of a writer that is alive."""
    orphan = tmp_path / ".writing-dead"
    orphan.mkdir()
    (orphan / "items.data.npy").write_bytes(b"half")
    alive = tmp_path / ".writing-alive"
    alive.mkdir()
    holder = subprocess.Popen(
        [
            sys.executable,
            "-c",
            "import fcntl, os, sys; f = os.open(sys.argv[1], os.O_RDONLY); fcntl.flock(f, fcntl.LOCK_EX);"
            "print('locked', flush=True); sys.stdin.read()",
            str(alive),
        ],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    )
    try:
        assert holder.stdout is not None
        assert holder.stdout.readline() == b"locked\n"
        store(tmp_path, small_model())
        assert not orphan.exists()
        assert alive.exists()
    finally:
        holder.communicate(timeout=10)

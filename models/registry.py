"""The versions that a folder holds, and which of them is current."""

from __future__ import annotations

import contextlib
import dataclasses
import fcntl
import json
import os
import re
import shutil
import uuid
from datetime import datetime
from pathlib import Path

from models import gate, stamps
from models.artefact import MANIFEST, DamagedVersionError, Draft, Run, Version, read, write
from models.files import sync_folder, write_whole
from models.pointer import NOWHERE, Pointer

CURRENT = "current"
POINTER = "pointer.json"
_NAME = re.compile(r"\d{8}T\d{4}Z-[0-9a-f]{4,64}")
_ASIDE = ".writing-"


class NoVersionError(LookupError):
    """There is no version of that name, or none at all."""


class Registry:
    """The folder `RECSVC_MODELS`: one folder per version, and the file `current`.

    Version names begin with their minute (UTC), so names sorted are versions in order, but for those of one minute.
    """

    def __init__(self, root: Path) -> None:
        self.root = root

    def names(self) -> list[str]:
        """Names of the versions with a manifest, newest first; nothing is verified."""
        if not self.root.is_dir():
            return []
        found: list[tuple[str, int, str]] = []
        for path in self.root.iterdir():
            if _NAME.fullmatch(path.name):
                with contextlib.suppress(OSError):
                    found.append((minute_of(path.name), (path / MANIFEST).stat().st_mtime_ns, path.name))
        return [name for _, _, name in sorted(found, reverse=True)]

    def current(self) -> str | None:
        """The published version's name, or None where nothing is published."""
        try:
            name = (self.root / CURRENT).read_text("utf-8", errors="replace").strip()
        except (FileNotFoundError, NotADirectoryError):
            return None
        return name if _NAME.fullmatch(name) else None

    def pointer(self) -> Pointer:
        """The last move known here; where its record is lost or another version is current, as much as is known."""
        current = self.current()
        try:
            known = Pointer(**json.loads((self.root / POINTER).read_bytes()))
        except (OSError, ValueError, TypeError):
            known = NOWHERE
        return known if known.version == current else Pointer(known.seq, current, None)

    def publish(self, name: str, pointer: Pointer | None = None) -> Pointer:
        """Make a whole version the current one.

        Args:
            name: the version.
            pointer: the move that this follows, where hosts share one; else one more move than known here.

        Returns:
            The pointer as it stands now.

        Raises:
            NoVersionError: no such version.
            DamagedVersionError: its files are not what was written.
        """
        self.open(name)
        pointer = pointer or self.pointer().moved(name)
        write_whole(self.root / POINTER, json.dumps(dataclasses.asdict(pointer)).encode())
        write_whole(self.root / CURRENT, f"{name}\n".encode())
        return pointer

    def remove(self, name: str) -> None:
        """Remove a version: its manifest first, so that what is left of it is no version."""
        if name == self.current():
            raise ValueError(f"{name} is published; publish another version before removing it")
        (self.root / name / MANIFEST).unlink(missing_ok=True)
        shutil.rmtree(self.root / name)
        stamps.drop(self.root, name)
        gate.drop(self.root, name)

    def open(self, name: str) -> Version:
        """Verify and map one version; its bytes are read once per host, then a stamp tells that they were.

        Raises:
            NoVersionError: no such version.
            DamagedVersionError: its files are not what was written.
        """
        if not _NAME.fullmatch(name) or not (self.root / name).is_dir():
            raise NoVersionError(f"{self.root} has no version {name!r}; it has: {', '.join(self.names()) or 'none'}")
        stamp = stamps.take(self.root / name)
        verified = stamps.is_left(self.root, name, stamp)
        version = read(self.root / name, verified=verified)
        if version.name != name:
            raise DamagedVersionError(f"{self.root / name} holds the version {version.name}")
        if not verified:
            stamps.leave(self.root, name, stamp)
        return version

    def write(self, drafted: Draft, run: Run) -> str:
        """Store a version, whole or not at all, and return its name.

        The same content trained within the same minute has the same name: it is there already, and stays.
        Other content under that name (or a damaged folder) stays too, and the new version's name grows longer.
        """
        self.root.mkdir(parents=True, exist_ok=True)
        self._sweep()
        if (self.root / run.name).exists():
            if self._content(run.name) == drafted.content_sha256:
                return run.name
            run = dataclasses.replace(run, name=f"{run.name}{drafted.content_sha256[4:12]}{uuid.uuid4().hex[:8]}")
        self._write(drafted, run)
        return run.name

    def restore(self, drafted: Draft, run: Run) -> None:
        """Store a version that comes from elsewhere under exactly its name; a damaged folder of that name gives way."""
        self.root.mkdir(parents=True, exist_ok=True)
        self._sweep()
        if (self.root / run.name).exists():
            if self._content(run.name) == drafted.content_sha256:
                return
            (self.root / run.name).rename(self.root / f"{_ASIDE}{uuid.uuid4().hex}")
        self._write(drafted, run)

    def prune(self, keep: int) -> list[str]:
        """Remove all versions but the newest `keep`, the published one and the one before it; returns their names."""
        pointer = self.pointer()
        leaving = [name for name in self.names()[keep:] if name not in {pointer.version, pointer.before}]
        for name in leaving:
            self.remove(name)
        return leaving

    def _write(self, drafted: Draft, run: Run) -> None:
        aside, lock = self._locked_folder()
        try:
            write(aside, drafted, run)
            aside.rename(self.root / run.name)
            sync_folder(self.root)
        except BaseException:
            shutil.rmtree(aside, ignore_errors=True)
            raise
        finally:
            os.close(lock)

    def _locked_folder(self) -> tuple[Path, int]:
        """A new folder to write in, and the lock that keeps sweepers off it."""
        while True:
            aside = self.root / f"{_ASIDE}{uuid.uuid4().hex}"
            aside.mkdir()
            try:
                lock = os.open(aside, os.O_RDONLY)
            except FileNotFoundError:  # swept before it was locked
                continue
            fcntl.flock(lock, fcntl.LOCK_EX)
            if aside.is_dir():
                return aside, lock
            os.close(lock)

    def _content(self, name: str) -> str | None:
        try:
            return self.open(name).run.content_sha256
        except (DamagedVersionError, NoVersionError):
            return None

    def _sweep(self) -> None:
        """Remove what killed trainers left; a living one holds a lock on its folder."""
        for aside in self.root.glob(f"{_ASIDE}*"):
            try:
                lock = os.open(aside, os.O_RDONLY)
            except FileNotFoundError:  # another sweeper was faster
                continue
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                continue
            else:
                shutil.rmtree(aside, ignore_errors=True)
            finally:
                os.close(lock)


def minute_of(name: str) -> str:
    """The minute in which a version was trained: what tells an older one from a newer one by their names."""
    return name.partition("Z")[0]


def version_name(trained_at: datetime, content_sha256: str) -> str:
    """`20261121T0210Z-7f3a`: minute of training (UTC) and the first digits of the content hash."""
    return f"{trained_at:%Y%m%dT%H%MZ}-{content_sha256[:4]}"

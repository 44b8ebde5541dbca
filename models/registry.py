"""The versions that a folder holds, and which of them is current."""

from __future__ import annotations

import dataclasses
import fcntl
import os
import re
import shutil
import uuid
from datetime import datetime
from pathlib import Path

from models.artefact import MANIFEST, DamagedVersionError, Draft, Run, Version, read, write
from models.files import sync_folder, write_whole

CURRENT = "current"
_NAME = re.compile(r"\d{8}T\d{4}Z-[0-9a-f]{4,64}")
_ASIDE = ".writing-"


class NoVersionError(LookupError):
    """There is no version of that name, or none at all."""


class Registry:
    """The folder `RECSVC_MODELS`: one folder per version, and the file `current`.

    Version names begin with their time (UTC), so names sorted are versions in order.
    """

    def __init__(self, root: Path) -> None:
        self.root = root

    def names(self) -> list[str]:
        """Names of the versions with a manifest, newest first; nothing is verified."""
        if not self.root.is_dir():
            return []
        found = (path.name for path in self.root.iterdir() if _NAME.fullmatch(path.name))
        return sorted((name for name in found if (self.root / name / MANIFEST).is_file()), reverse=True)

    def current(self) -> str | None:
        """The published version's name, or None where nothing is published."""
        try:
            name = (self.root / CURRENT).read_text("utf-8", errors="replace").strip()
        except FileNotFoundError:
            return None
        return name if _NAME.fullmatch(name) else None

    def publish(self, name: str) -> None:
        """Make a whole version the current one.

        Raises:
            NoVersionError: no such version.
            DamagedVersionError: its files are not what was written.
        """
        self.open(name)
        write_whole(self.root / CURRENT, f"{name}\n".encode())

    def open(self, name: str) -> Version:
        """Verify and map one version.

        Raises:
            NoVersionError: no such version.
            DamagedVersionError: its files are not what was written.
        """
        if not _NAME.fullmatch(name) or not (self.root / name).is_dir():
            raise NoVersionError(f"{self.root} has no version {name!r}; it has: {', '.join(self.names()) or 'none'}")
        version = read(self.root / name)
        if version.name != name:
            raise DamagedVersionError(f"{self.root / name} holds the version {version.name}")
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
        aside = self.root / f"{_ASIDE}{uuid.uuid4().hex}"
        aside.mkdir()
        lock = os.open(aside, os.O_RDONLY)
        try:
            fcntl.flock(lock, fcntl.LOCK_EX)
            write(aside, drafted, run)
            aside.rename(self.root / run.name)
            sync_folder(self.root)
        except BaseException:
            shutil.rmtree(aside, ignore_errors=True)
            raise
        finally:
            os.close(lock)
        return run.name

    def _content(self, name: str) -> str | None:
        try:
            return self.open(name).run.content_sha256
        except DamagedVersionError:
            return None

    def _sweep(self) -> None:
        """Remove what killed trainers left; a living one holds a lock on its folder."""
        for aside in self.root.glob(f"{_ASIDE}*"):
            lock = os.open(aside, os.O_RDONLY)
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                continue
            else:
                shutil.rmtree(aside, ignore_errors=True)
            finally:
                os.close(lock)


def version_name(trained_at: datetime, content_sha256: str) -> str:
    """`20261121T0210Z-7f3a`: minute of training (UTC) and the first digits of the content hash."""
    return f"{trained_at:%Y%m%dT%H%MZ}-{content_sha256[:4]}"

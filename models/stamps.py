"""A note that a version was verified on this host, so that its bytes are read once and not by every worker."""

from __future__ import annotations

import dataclasses
import json
import os
from dataclasses import dataclass
from pathlib import Path

from models.files import write_whole

_FOLDER = ".verified"


@dataclass(frozen=True, slots=True)
class Stamp:
    """What a version's files looked like when they were verified.

    Attributes:
        files: file name → size, inode, time of last change (ns), time of last status change (ns).
    """

    files: dict[str, list[int]]


def take(folder: Path) -> Stamp:
    """How the files of a version look now; replacing or writing to any of them changes it."""
    files = {}
    with os.scandir(folder) as entries:
        for entry in entries:
            stat = entry.stat(follow_symlinks=False)
            files[entry.name] = [stat.st_size, stat.st_ino, stat.st_mtime_ns, stat.st_ctime_ns]
    return Stamp(dict(sorted(files.items())))


def is_left(root: Path, name: str, stamp: Stamp) -> bool:
    """Whether someone verified version `name` when it looked like `stamp`."""
    try:
        return bool(json.loads((root / _FOLDER / name).read_bytes()) == stamp.files)
    except (OSError, ValueError):
        return False


def leave(root: Path, name: str, stamp: Stamp) -> None:
    """Note that version `name` was verified when it looked like `stamp`; where nothing can be written, do nothing."""
    try:
        (root / _FOLDER).mkdir(exist_ok=True)
        write_whole(root / _FOLDER / name, json.dumps(dataclasses.asdict(stamp)["files"]).encode())
    except OSError:
        return


def drop(root: Path, name: str) -> None:
    """Forget that version `name` was verified."""
    (root / _FOLDER / name).unlink(missing_ok=True)

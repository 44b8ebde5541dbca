"""Shared libraries of our own that the package's build may have made, behind ctypes."""

from __future__ import annotations

import ctypes
import sysconfig
import warnings
from pathlib import Path
from typing import TypeVar

Library = TypeVar("Library", bound=ctypes.CDLL)


def find(folder: Path, package: str, name: str) -> Path | None:
    """Where a library lies; None where it was not built.

    Args:
        folder: of the modules that it stands beside.
        package: the same folder within site-packages, where an editable install has the library.
        name: without its suffix; no module's, or it would be imported instead of that.
    """
    for place in (folder, Path(sysconfig.get_path("platlib"), package)):
        for suffix in (".so", ".dylib"):
            path = place / f"{name}{suffix}"
            if path.exists():
                return path
    return None


def opened(path: Path | None, kind: type[Library], asks: str, edition: int) -> Library | None:
    """The library; None where there is none, it does not load, or it is out of date, which is warned of.

    Args:
        path: as of `find`.
        kind: `ctypes.CDLL`, whose calls release the GIL, or `ctypes.PyDLL`, whose calls keep it.
        asks: the call that tells its edition.
        edition: that of the calls as they are declared.
    """
    if path is None:
        return None
    try:
        library = kind(str(path))
    except OSError:
        return None
    if not hasattr(library, asks) or getattr(library, asks)() != edition:
        warnings.warn(f"{path} was built from another source: install recsvc again", RuntimeWarning, stacklevel=3)
        return None
    return library

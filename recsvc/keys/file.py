"""Secrets on disk: the file of keys, written whole and readable by its owner alone; the file of token secrets."""

from __future__ import annotations

import contextlib
import fcntl
import os
import stat
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path

import msgspec

from models.files import replacing, write_synced
from recsvc.keys.records import Key, KeyList, KeysError, check
from recsvc.keys.tokens import SECRET_BYTES

_OWNER_ONLY = 0o600
_decoder = msgspec.json.Decoder(KeyList)


def read_keys(path: Path) -> tuple[Key, ...]:
    """The keys in a file.

    Raises:
        KeysError: it is missing, unreadable, damaged, or others may write to it.
    """
    try:
        with path.open("rb") as file:
            mode = stat.S_IMODE(os.fstat(file.fileno()).st_mode)
            data = file.read()
    except FileNotFoundError as error:
        raise KeysError(f"{path} does not exist; add a first key: recsvc keys add --scope recommend") from error
    except OSError as error:
        raise KeysError(f"{path} cannot be read: {error.strerror}") from error
    if mode & (stat.S_IWGRP | stat.S_IWOTH):
        raise KeysError(f"others may write to {path} (mode {mode:o}), and so make keys; run: chmod 600 {path}")
    try:
        keys = _decoder.decode(data).keys
        check(keys, datetime.now(UTC))
    except (ValueError, KeysError, RecursionError) as error:
        raise KeysError(f"{path} is no list of keys: {error}; bring back a copy of it, or add keys anew") from error
    return keys


def write_keys(path: Path, keys: Sequence[Key]) -> None:
    """Replace the file of keys, whole or not at all; an existing one keeps its owner."""
    path = path.resolve()
    data = msgspec.json.format(msgspec.json.encode(KeyList(1, tuple(keys))), indent=1) + b"\n"
    with replacing(path) as target:
        write_synced(target, data, mode=_OWNER_ONLY)
        if path.exists() and os.geteuid() == 0:  # root adds a key: the service must still be able to read
            owner = path.stat()
            os.chown(target, owner.st_uid, owner.st_gid)


@contextlib.contextmanager
def changing(path: Path) -> Iterator[tuple[Key, ...]]:
    """The keys in a file, none where there is no file yet, while no other command changes them.

    Raises:
        KeysError: as `read_keys`, or there is no such folder.
    """
    try:
        folder = os.open(path.parent, os.O_RDONLY | os.O_CLOEXEC)
    except OSError as error:
        raise KeysError(f"the folder {path.parent} cannot be opened: {error.strerror}") from error
    try:
        fcntl.flock(folder, fcntl.LOCK_EX)  # the folder, for the file itself is replaced
        yield read_keys(path) if path.exists() else ()
    finally:
        os.close(folder)


def token_secrets(said: str | None, path: Path | None) -> tuple[bytes, ...]:
    """The secrets that sign customer tokens, newest first; none where none is configured.

    Args:
        said: the secret itself.
        path: a file with a secret per line: the first signs, the others are still accepted.

    Raises:
        KeysError: both are given, the file cannot be read or is empty, or a secret is too short.
    """
    if said is not None and path is not None:
        raise KeysError("RECSVC_TOKEN_SECRET and RECSVC_TOKEN_SECRET_FILE are both set; unset one")
    if path is None:
        texts = [] if said is None else [said.encode()]
    else:
        try:
            texts = [line for line in path.read_bytes().splitlines() if line.strip()]
        except OSError as error:
            raise KeysError(f"RECSVC_TOKEN_SECRET_FILE: {path} cannot be read: {error.strerror}") from error
        if not texts:
            raise KeysError(f"RECSVC_TOKEN_SECRET_FILE: {path} is empty; fill it: openssl rand -hex 32 > {path}")
    if any(len(text) < SECRET_BYTES for text in texts):
        raise KeysError(f"a token secret has at least {SECRET_BYTES} bytes; make one: openssl rand -hex 32")
    return tuple(texts)

"""Changes to a list of keys: add, rotate, revoke. Pure: secrets and the time are arguments."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import count

from msgspec import structs

from recsvc.keys.records import DEFAULT_RATE, Key, KeysError, Scope, check, digest_of


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a new key should be.

    Attributes:
        scopes: what it may do, once each.
        public: for browsers.
        origins: pages that may use a public key.
        rate: requests per minute and client of a public key, None for the default.
        name: whose it is, None for the next free one, such as `recommend-1`.
    """

    scopes: tuple[Scope, ...]
    public: bool = False
    origins: tuple[str, ...] = ()
    rate: int | None = None
    name: str | None = None


def add(keys: Sequence[Key], wanted: Wanted, secret: str, now: datetime) -> tuple[Key, ...]:
    """The list with one more key, its last.

    Raises:
        KeysError: the name is taken, or the key would not be sound.
    """
    taken = {key.name for key in keys}
    if wanted.name in taken:
        raise KeysError(f"there is a key named {wanted.name}; choose another name, or rotate it")
    stem = "public" if wanted.public else wanted.scopes[0]
    key = Key(
        name=wanted.name or next(name for n in count(1) if (name := f"{stem}-{n}") not in taken),
        sha256=digest_of(secret).hex(),
        scopes=wanted.scopes,
        created=now,
        public=wanted.public,
        origins=wanted.origins,
        rate=DEFAULT_RATE if wanted.public and wanted.rate is None else wanted.rate,
    )
    check([key], now)
    return (*keys, key)


def rotate(keys: Sequence[Key], name: str, secret: str, now: datetime, grace: timedelta) -> tuple[Key, ...]:
    """The list with a new secret for `name`; the old one is accepted until `now + grace`.

    Raises:
        KeysError: nobody has the name, or an earlier rotation is not over.
    """
    active = [key for key in _named(keys, name) if key.active(now)]
    if not active:
        raise KeysError(f"every key named {name} has ended; add a new one")
    if going := next((key for key in active if key.ends is not None), None):
        raise KeysError(
            f"the rotation before lasts until {going.ends:%Y-%m-%d %H:%M} UTC; "
            f"end it now with: recsvc keys revoke {name} --old"
        )
    old = active[0]
    new = structs.replace(old, sha256=digest_of(secret).hex(), created=now)
    ending = structs.replace(old, ends=now + grace)
    return (*(ending if key is old else key for key in without_ended(keys, now)), new)


def revoke(keys: Sequence[Key], name: str, *, old_only: bool) -> tuple[Key, ...]:
    """The list without the keys of a name, or without those of them that are on their way out.

    Raises:
        KeysError: there is none.
    """
    going = [key for key in _named(keys, name) if not old_only or key.ends is not None]
    if not going:
        raise KeysError(f"no old key of {name} is left")
    return tuple(key for key in keys if key not in going)


def without_ended(keys: Sequence[Key], now: datetime) -> tuple[Key, ...]:
    """Those that are still accepted."""
    return tuple(key for key in keys if key.active(now))


def _named(keys: Sequence[Key], name: str) -> list[Key]:
    if not (named := [key for key in keys if key.name == name]):
        raise KeysError(f"no key is named {name}; recsvc keys list shows those there are")
    return named

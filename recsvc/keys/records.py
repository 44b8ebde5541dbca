"""What a key is, and what a list of keys must be. Pure."""

from __future__ import annotations

import hashlib
import re
from collections import Counter
from collections.abc import Sequence
from datetime import datetime
from typing import Annotated, Literal, get_args

from msgspec import Meta, Struct

Scope = Literal["recommend", "customers", "events", "catalog", "admin"]
SCOPES: tuple[Scope, ...] = get_args(Scope)

DEFAULT_RATE = 300
"""Requests per minute and client of a public key that says nothing else."""

_ORIGIN = re.compile(r"https?://(\[[0-9a-f:.]+\]|[a-z0-9]([a-z0-9.-]*[a-z0-9])?)(:[1-9][0-9]{0,4})?")
_ACTIVE = 2
"""Keys of one name at a time: the one that goes and the one that comes."""

Name = Annotated[str, Meta(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$")]


class KeysError(ValueError):
    """Keys that cannot be used, or a change that cannot be made; the message says why and what to do."""


class Key(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True, omit_defaults=True):
    """One key, without its secret.

    Attributes:
        name: whose key it is; while it is rotated two keys have the same.
        sha256: of the secret, 64 hex digits. A secret is 256 random bits, so one round without salt is enough.
        scopes: what it may do; `admin` may do everything.
        created: when, UTC.
        ends: from when on it is refused, None for never.
        public: it lives in browsers.
        origins: of a public key: pages that may use it, as `https://shop.example`.
        rate: of a public key: requests per minute and client.
    """

    name: Name
    sha256: Annotated[str, Meta(pattern=r"^[0-9a-f]{64}$")]
    scopes: Annotated[tuple[Scope, ...], Meta(min_length=1)]
    created: Annotated[datetime, Meta(tz=True)]
    ends: Annotated[datetime, Meta(tz=True)] | None = None
    public: bool = False
    origins: tuple[str, ...] = ()
    rate: Annotated[int, Meta(ge=1, le=1_000_000)] | None = None

    @property
    def fingerprint(self) -> str:
        """Eight digits by which people tell keys apart."""
        return self.sha256[:8]

    def active(self, now: datetime) -> bool:
        """Whether it is accepted at `now`."""
        return self.ends is None or now < self.ends


class KeyList(Struct, frozen=True, forbid_unknown_fields=True):
    """The file of keys."""

    format: Literal[1]
    keys: tuple[Key, ...]


def digest_of(secret: str) -> bytes:
    """SHA-256 of a secret's text."""
    return hashlib.sha256(secret.encode("utf-8", "replace")).digest()


def check(keys: Sequence[Key], now: datetime) -> None:
    """Check what a list must be beyond the shape of its parts.

    Raises:
        KeysError: names the key at fault.
    """
    for at, key in enumerate(keys):
        where = f"keys[{at}] ({key.name})"
        if key.public:
            if key.scopes != ("recommend",):
                raise KeysError(f"{where}: a public key has the scope recommend and no other")
            if not key.origins:
                raise KeysError(f"{where}: a public key needs an origin, the address of the pages that may use it")
        elif key.origins or key.rate is not None:
            raise KeysError(f"{where}: origins and a rate belong to public keys")
        for origin in key.origins:
            if not _ORIGIN.fullmatch(origin):
                raise KeysError(f"{where}: {origin!r} is no origin; one looks like https://shop.example, without path")
    digests = Counter(key.sha256 for key in keys)
    if twice := [key.name for key in keys if digests[key.sha256] > 1]:
        raise KeysError(f"the same secret stands there twice: {', '.join(twice)}")
    for name, count in Counter(key.name for key in keys if key.active(now)).items():
        if count > _ACTIVE:
            raise KeysError(f"{count} active keys are named {name}; at most {_ACTIVE} may be")

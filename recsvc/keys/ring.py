"""Finding the key that somebody presents. Pure: the time is an argument."""

from __future__ import annotations

import hmac
from collections.abc import Iterable
from datetime import datetime

from recsvc.keys.records import Key, digest_of

_NOBODY = bytes(32)


class KeyRing:
    """The keys by the SHA-256 of their secrets.

    What is presented is hashed before anything is compared, so that the time a look-up takes tells of hashes, which
    nobody can steer, not of secrets; the hash found is then compared in constant time.
    """

    def __init__(self, keys: Iterable[Key]) -> None:
        self._keys = {bytes.fromhex(key.sha256): key for key in keys}

    def find(self, presented: str, now: datetime) -> Key | None:
        """The key with this secret, None where there is none or it has ended."""
        digest = digest_of(presented)
        key = self._keys.get(digest)
        stored = _NOBODY if key is None else bytes.fromhex(key.sha256)
        if not hmac.compare_digest(stored, digest) or key is None or not key.active(now):
            return None
        return key

    def welcomes(self, origin: str, now: datetime) -> bool:
        """Whether any public key may be used from pages of `origin`."""
        return any(origin in key.origins and key.active(now) for key in self._keys.values())

"""Every Redis key, spelled once.

The pointer and the manifests share a hash tag (`{namespace}`), so that one script may touch both on a cluster; rows do
not, so that they may spread.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass

POINTER_FIELDS = ("seq", "version", "before")


@dataclass(frozen=True, slots=True)
class Keys:
    """The keys of one shop.

    Attributes:
        namespace: `RECSVC_NAMESPACE`.
    """

    namespace: str

    @property
    def pointer(self) -> str:
        """Hash: `seq` (moves so far), `version` (served), `before` (served before it)."""
        return f"{{{self.namespace}}}:pointer"

    @property
    def written(self) -> str:
        """Sorted set: version names by the time (Unix seconds) that writing them began."""
        return f"{{{self.namespace}}}:written"

    @property
    def retired(self) -> str:
        """Sorted set: version names by the time from which they may be unlinked."""
        return f"{{{self.namespace}}}:retired"

    @property
    def refill_lock(self) -> str:
        """String with an expiry: who refills an emptied Redis."""
        return f"{{{self.namespace}}}:refilling"

    def manifest(self, version: str) -> str:
        """Hash: `manifest` and `run` (sealed JSON), written last: without it a version is not whole."""
        return f"{{{self.namespace}}}:{version}:manifest"

    def tables(self, version: str) -> str:
        """Set: names of the version's row tables, so that all of it can be unlinked."""
        return f"{{{self.namespace}}}:{version}:tables"

    def rows(self, version: str, table: str) -> str:
        """Hash: row number (`row_field`) → row; empty rows are left out."""
        return f"{self.namespace}:{version}:{table}"

    def blocks(self, version: str) -> str:
        """Hash: `<array>#<part>` → bytes of a whole array in parts of at most 8 MiB."""
        return f"{self.namespace}:{version}:blocks"


def row_field(row: int) -> bytes:
    """The field of a row: four bytes, little-endian."""
    return struct.pack("<I", row)

"""Which version is served, and how often that has changed."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Pointer:
    """Where the pointer stands.

    Attributes:
        seq: moves so far; a publish and a rollback are one move each. 0 before the first.
        version: the version that is served, None before the first move.
        before: the version that was served before it, None where there was none.
    """

    seq: int
    version: str | None
    before: str | None

    def moved(self, version: str, least_seq: int = 0) -> Pointer:
        """The pointer after one more move, to `version`; moving to where it stands keeps `before`."""
        before = self.before if self.version == version else self.version
        return Pointer(max(self.seq, least_seq) + 1, version, before)


NOWHERE = Pointer(0, None, None)

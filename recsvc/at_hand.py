"""What was read of an item stays at hand."""

from __future__ import annotations

from typing import TypeVar

V = TypeVar("V")


class AtHand(dict[int, V]):
    """Item → what is known of it, read when it is first asked for.

    Threads may share it: at worst two of them read the same.

    Args:
        keep: most to hold; when there are more, all go.
    """

    __slots__ = ("_keep",)

    def __init__(self, keep: int) -> None:
        super().__init__()
        self._keep = keep

    def read(self, item: int) -> V:
        """What there is to know of an item."""
        raise NotImplementedError

    def __missing__(self, item: int) -> V:
        """Read one, and keep it."""
        found = self.read(item)
        if len(self) >= self._keep:
            self.clear()
        self[item] = found
        return found

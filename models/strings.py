"""Text in two flat arrays, so that a million ids can be mapped from disk instead of rebuilt as a dict."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True, slots=True, eq=False)
class StringTable(Sequence[bytes]):
    """UTF-8 strings, end to end.

    Attributes:
        offsets: int64 (n + 1,), rising from 0; string `i` is `data[offsets[i]:offsets[i + 1]]`.
        data: uint8 (offsets[-1],).
    """

    offsets: NDArray[np.int64]
    data: NDArray[np.uint8]
    _at: memoryview = field(init=False, repr=False)  # reading one element of a view costs a third of an array's
    _bytes: memoryview = field(init=False, repr=False)

    def __post_init__(self) -> None:
        if self.offsets.dtype != np.int64 or self.data.dtype != np.uint8:
            raise TypeError(f"a string table is int64 and uint8, not {self.offsets.dtype} and {self.data.dtype}")
        if self.offsets.ndim != 1 or len(self.offsets) == 0 or self.offsets[0] != 0:
            raise ValueError("string table offsets start at 0")
        if int(self.offsets[-1]) != len(self.data):
            raise ValueError("string table offsets do not end where its data ends")
        object.__setattr__(self, "_at", memoryview(self.offsets))  # type: ignore[arg-type]  # typed a buffer since 3.12
        object.__setattr__(self, "_bytes", memoryview(self.data))  # type: ignore[arg-type]  # as above

    @classmethod
    def of(cls, strings: Iterable[str | bytes]) -> StringTable:
        """Pack strings in the order given."""
        parts = [s.encode() if isinstance(s, str) else s for s in strings]
        offsets = np.zeros(len(parts) + 1, dtype=np.int64)
        np.cumsum([len(p) for p in parts], out=offsets[1:])
        return cls(offsets, np.frombuffer(b"".join(parts), dtype=np.uint8))

    def __len__(self) -> int:
        return len(self._at) - 1

    def __getitem__(self, index: int) -> bytes:  # type: ignore[override]  # slices are not needed here
        if index < 0:
            raise IndexError(index)
        return bytes(self._bytes[self._at[index] : self._at[index + 1]])

    def text(self, index: int) -> str:
        """String `index`, decoded."""
        return self[index].decode()

    def find(self, name: str) -> int:
        """Index of `name` in a table sorted by bytes, or -1. O(log n), nothing is built."""
        try:
            key = name.encode()
        except UnicodeEncodeError:  # a lone surrogate is nobody's id
            return -1
        at = bisect_left(self, key)
        return at if at < len(self) and self[at] == key else -1

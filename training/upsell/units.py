"""How much is in the packs of all items, for the trainer's arrays; one title is read by `models.packs`."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from models.packs import Pack, pack


@dataclass(frozen=True, slots=True, eq=False)
class Packs:
    """The packs of all items.

    Attributes:
        amount: float64 (n_items,), in base units; 0 where unknown.
        unit: int8 (n_items,), index into `UNITS`; -1 where unknown.
    """

    amount: NDArray[np.float64]
    unit: NDArray[np.int8]


def packs(titles: Sequence[str]) -> Packs:
    """`pack` of every title."""
    found = [pack(title) or Pack(0.0, -1) for title in titles]
    return Packs(
        np.array([each.amount for each in found], dtype=np.float64), np.array([each.unit for each in found], np.int8)
    )

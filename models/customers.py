"""What a version knows of every customer: what they bought, what they are, and what they may want next."""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum

import numpy as np
from numpy.typing import NDArray

from models.records import check_dtype, check_rows
from models.strings import StringTable


class Why(IntEnum):
    """Why an item may be wanted next, as it is stored; numbers are never given a new meaning."""

    REPEAT = 0
    """Bought before, and bought again and again."""
    DUE = 1
    """Bought before, and the customer's interval for it is about over."""
    COMPLEMENT = 2
    """Goes with what was bought."""
    ALIKE = 3
    """Customers with alike purchases buy it."""
    TRENDING = 4
    """Bought more and more, where this customer buys."""
    POPULAR = 5
    """Bought by many."""


@dataclass(frozen=True, slots=True, eq=False)
class Traits:
    """What is known of each customer as a whole; each column has n_customers entries.

    Attributes:
        orders: uint32, baskets.
        business: uint8, 1 where the customer buys as a business does (`training.business`).
        value: float32, spend expected over the twelve months after the data, in the currency's unit; NaN unknown.
        alive: float16, probability that the customer will buy again, 0–1; NaN unknown.
    """

    orders: NDArray[np.uint32]
    business: NDArray[np.uint8]
    value: NDArray[np.float32]
    alive: NDArray[np.float16]

    def __post_init__(self) -> None:
        _check_columns(self, TRAIT_DTYPES, len(self.orders))

    def __len__(self) -> int:
        return len(self.orders)


@dataclass(frozen=True, slots=True, eq=False)
class Purchases:
    """What each customer bought (compressed rows, one entry per item): 22 bytes an entry.

    Attributes:
        indptr: int64 (n_customers + 1,).
        item: int32 (nnz,), last bought first, then item up.
        count: uint32 (nnz,), baskets of this customer with the item.
        last_day: int32 (nnz,), days since 1970-01-01 (UTC) of the last one; -1 where orders carry no time.
        first_day: int32 (nnz,), likewise of the first one.
        habit: float16 (nnz,), the customer's own baskets with the item, each fading with its age; > 0, larger is more.
        interval_days: uint16 (nnz,), days expected between this customer's purchases of it; 0 where it was not
            repeated or nothing is known.
        quantity: float16 (nnz,), how much of it the customer typically takes per order, > 0.
    """

    indptr: NDArray[np.int64]
    item: NDArray[np.int32]
    count: NDArray[np.uint32]
    last_day: NDArray[np.int32]
    first_day: NDArray[np.int32]
    habit: NDArray[np.float16]
    interval_days: NDArray[np.uint16]
    quantity: NDArray[np.float16]

    def __post_init__(self) -> None:
        check_rows(self.indptr, len(self.item))
        _check_columns(self, PURCHASE_DTYPES, len(self.item))

    def __len__(self) -> int:
        return len(self.indptr) - 1

    def row(self, customer: int) -> slice:
        """Where a customer's entries stand in the columns."""
        return slice(int(self.indptr[customer]), int(self.indptr[customer + 1]))


@dataclass(frozen=True, slots=True, eq=False)
class Next:
    """What each customer may want next (compressed rows, best first): 7 bytes an entry; rows may be empty.

    Attributes:
        indptr: int64 (n_customers + 1,).
        item: int32 (nnz,), no item twice in a row.
        score: float16 (nnz,), falling within a row, comparable within it only.
        why: uint8 (nnz,), one of `Why`.
    """

    indptr: NDArray[np.int64]
    item: NDArray[np.int32]
    score: NDArray[np.float16]
    why: NDArray[np.uint8]

    def __post_init__(self) -> None:
        check_rows(self.indptr, len(self.item))
        _check_columns(self, NEXT_DTYPES, len(self.item))

    def __len__(self) -> int:
        return len(self.indptr) - 1

    def row(self, customer: int) -> slice:
        """Where a customer's entries stand in the columns."""
        return slice(int(self.indptr[customer]), int(self.indptr[customer + 1]))

    @classmethod
    def nothing(cls, customers: int) -> Next:
        """Empty rows."""
        indptr = np.zeros(customers + 1, np.int64)
        return cls(indptr, np.empty(0, np.int32), np.empty(0, np.float16), np.empty(0, np.uint8))


@dataclass(frozen=True, slots=True, eq=False)
class Customers:
    """All customers of a version; a customer's number is the place of the id.

    Attributes:
        ids: n_customers ids, sorted by bytes.
        traits: n_customers rows.
        purchases: n_customers rows.
        next: n_customers rows, empty ones where nothing was learnt.
    """

    ids: StringTable
    traits: Traits
    purchases: Purchases
    next: Next

    def __post_init__(self) -> None:
        sizes = {"traits": len(self.traits), "purchases": len(self.purchases), "next": len(self.next)}
        for name, size in sizes.items():
            if size != len(self.ids):
                raise ValueError(f"{len(self.ids)} customer ids, but {size} rows of {name}")


TRAIT_DTYPES: dict[str, type[np.generic]] = {
    "orders": np.uint32,
    "business": np.uint8,
    "value": np.float32,
    "alive": np.float16,
}

PURCHASE_DTYPES: dict[str, type[np.generic]] = {
    "item": np.int32,
    "count": np.uint32,
    "last_day": np.int32,
    "first_day": np.int32,
    "habit": np.float16,
    "interval_days": np.uint16,
    "quantity": np.float16,
}
"""In the order in which a row's bytes hold them."""

NEXT_DTYPES: dict[str, type[np.generic]] = {"item": np.int32, "score": np.float16, "why": np.uint8}
"""In the order in which a row's bytes hold them."""


def _check_columns(record: object, dtypes: dict[str, type[np.generic]], entries: int) -> None:
    """Refuse a column of another type or length, by its name."""
    for name, dtype in dtypes.items():
        column = getattr(record, name)
        check_dtype(name, column, dtype)
        if column.shape != (entries,):
            raise ValueError(f"{name} has {column.shape} entries, not ({entries},)")

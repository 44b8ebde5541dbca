"""The records that travel between the trainer and the service: arrays with a drawing beside them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

CROSS_SELL = "cross_sell"
UPSELL = "upsell"
CART = "cart"
"""Vectors whose weights, for an item or (below 0) against it, are added up over a cart; a version may do without."""

LINKED_CROSS_SELL, LINKED_UPSELL, NEVER = "linked_cross_sell", "linked_upsell", "never"
"""Vectors of the merchant's own links, in the merchant's order, and of pairs that never meet; absent where unsaid."""


@dataclass(frozen=True, slots=True, eq=False)
class Lists:
    """Rows of item indices (compressed rows).

    Attributes:
        indptr: int64 (n_rows + 1,).
        item: int32 (nnz,); row `r` is `item[indptr[r]:indptr[r + 1]]`, best first.
    """

    indptr: NDArray[np.int64]
    item: NDArray[np.int32]

    def __post_init__(self) -> None:
        check_rows(self.indptr, len(self.item))
        check_dtype("item", self.item, np.int32)

    def row(self, index: int) -> NDArray[np.int32]:
        """The items of row `index`, a view."""
        return self.item[self.indptr[index] : self.indptr[index + 1]]


@dataclass(frozen=True, slots=True, eq=False)
class ItemVectors:
    """For every item its top-K scored neighbours of one kind.

    Attributes:
        indptr: int64 (n_items + 1,).
        item: int32 (nnz,), the neighbours; never the row's own item.
        score: float32 (nnz,); every row by score down, then item up.
        together: uint32 or float32 (nnz,), baskets (or voters) that hold both: the evidence; of upsells the customers
            who bought the row's item and later the neighbour.
    """

    indptr: NDArray[np.int64]
    item: NDArray[np.int32]
    score: NDArray[np.float32]
    together: NDArray[np.uint32] | NDArray[np.float32]

    def __post_init__(self) -> None:
        check_rows(self.indptr, len(self.item))
        check_dtype("item", self.item, np.int32)
        check_dtype("score", self.score, np.float32)
        if self.together.dtype not in (np.uint32, np.float32):
            raise TypeError(f"together is uint32 or float32, not {self.together.dtype}")
        if not len(self.item) == len(self.score) == len(self.together):
            raise ValueError("item, score and together differ in length")

    @property
    def n_items(self) -> int:
        """Number of rows."""
        return len(self.indptr) - 1

    def row(self, item: int) -> slice:
        """Where `item`'s neighbours stand in the three arrays."""
        return slice(int(self.indptr[item]), int(self.indptr[item + 1]))


@dataclass(frozen=True, slots=True, eq=False)
class ItemFacts:
    """What ranking must know of every item; each column has n_items entries.

    Attributes:
        price: int64, ten-thousandths of the currency's unit, `PRICE_UNKNOWN` where nobody told.
        orders: uint32, training baskets that hold the item or a variant of its family.
        recent: float32, time-decayed baskets with the item itself: what is popular now.
        category: int32, index into `Model.categories`, -1 for none.
        family: int32, label of the family; a lone item is a family of its own.
        stem: int32, label shared by items whose titles are alike but for a variant word, -1 for none.
        consumable: uint8, 1 where buying again is normal.
        in_stock: uint8, 0 where the catalogue said that it cannot be bought.
        interval_days: uint16, days after which its buyers usually buy it again, 0 where that is not known.
        repeat: float32, share of its buyers who bought it again on another day, shrunk to its category's; 0–1.
        buyers: uint32, different customers who bought the item or a variant of its family, guests not counted; 0 where
            orders carry no customers, and in versions of format 2, which did not count them.
    """

    price: NDArray[np.int64]
    orders: NDArray[np.uint32]
    recent: NDArray[np.float32]
    category: NDArray[np.int32]
    family: NDArray[np.int32]
    stem: NDArray[np.int32]
    consumable: NDArray[np.uint8]
    in_stock: NDArray[np.uint8]
    interval_days: NDArray[np.uint16]
    repeat: NDArray[np.float32]
    buyers: NDArray[np.uint32]

    def __post_init__(self) -> None:
        for name, dtype in _FACT_DTYPES.items():
            column = getattr(self, name)
            check_dtype(name, column, dtype)
            if column.shape != self.price.shape:
                raise ValueError(f"{name} has {column.shape} entries, price has {self.price.shape}")

    def __len__(self) -> int:
        return len(self.price)

    @classmethod
    def of(cls, columns: Mapping[str, NDArray[Any]]) -> ItemFacts:
        """From columns by name; those that an older format did not have are 0."""
        missing = {name: np.zeros(len(columns["price"]), _FACT_DTYPES[name]) for name in _SINCE_3}
        return cls(**{**missing, **columns})

    @staticmethod
    def dtype_of(column: str) -> type[np.generic]:
        """The type of a column; a KeyError for one that does not exist."""
        return _FACT_DTYPES[column]


@dataclass(frozen=True, slots=True)
class Shop:
    """What the training data were, in numbers.

    Attributes:
        orders: baskets trained on.
        items: items in the model.
        customers: customers with a purchase.
        data_from: ISO 8601 time of the first basket (UTC), None where orders carry no time.
        data_until: ISO 8601 time of the last basket.
        window_days: days between the two, 0 without time.
        currency: ISO 4217 code, None where nobody told.
    """

    orders: int
    items: int
    customers: int
    data_from: str | None
    data_until: str | None
    window_days: int
    currency: str | None


_FACT_DTYPES: dict[str, type[np.generic]] = {
    "price": np.int64,
    "orders": np.uint32,
    "recent": np.float32,
    "category": np.int32,
    "family": np.int32,
    "stem": np.int32,
    "consumable": np.uint8,
    "in_stock": np.uint8,
    "interval_days": np.uint16,
    "repeat": np.float32,
    "buyers": np.uint32,
}


_SINCE_3 = ("buyers",)
"""Columns that format 2 did not have."""


def check_dtype(name: str, array: NDArray[np.generic], dtype: type[np.generic]) -> None:
    """Refuse an array of another type, by its name."""
    if array.dtype != dtype:
        raise TypeError(f"{name} is {np.dtype(dtype)}, not {array.dtype}")


def check_rows(indptr: NDArray[np.int64], nnz: int) -> None:
    """Refuse row pointers that do not rise from 0 to the number of entries."""
    check_dtype("indptr", indptr, np.int64)
    if len(indptr) == 0 or indptr[0] != 0 or indptr[-1] != nnz or np.any(np.diff(indptr) < 0):
        raise ValueError("indptr does not rise from 0 to the number of entries")

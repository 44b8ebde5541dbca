"""Shelves from vectors: filter, fill. Pure: arrays and numbers in, picks out; no clock, no store, no Flask.

Order is total everywhere: score down, then item index up, then the anchor that came first.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from models.money import PRICE_UNKNOWN
from models.records import ItemFacts
from recsvc.store.contract import Row
from recsvc.votes import Votes

CATEGORY_BESTSELLERS = "category_bestsellers"
BESTSELLERS = "bestsellers"
MANUAL = "manual"
"""What brought a pick that is not learnt: two fallbacks, and the merchant's own link."""

NO_LIMIT = 2**62
"""A price bound (ten-thousandths) that nothing reaches."""

_ANY_PRICE = PRICE_UNKNOWN - 1
"""What every price is above, the unknown one too."""


class Candidates(NamedTuple):
    """Items that may stand on a shelf, by score down, then item up, then anchor up.

    Attributes:
        item: int32 (k,).
        score: float32 (k,).
        because: int64 (k,), position of the anchor that leads to the item.
        together: uint16 (k,), baskets that hold both.
    """

    item: NDArray[np.int32]
    score: NDArray[np.float32]
    because: NDArray[np.int64]
    together: NDArray[np.uint16]


class Pick(NamedTuple):
    """One place on a shelf.

    Attributes:
        item: index of the item.
        score: comparable within one shelf; 0 for a fallback, 1 / place for a linked one.
        fallback: which fallback it came from, `MANUAL` for the merchant's link, None for a learned one.
        because: position of the anchor it stands for, -1 for none.
        together: baskets that hold both, 0 for a fallback.
    """

    item: int
    score: float
    fallback: str | None
    because: int
    together: int


@dataclass(frozen=True, slots=True)
class Gate:
    """What may stand on a shelf.

    Attributes:
        facts: of all items.
        variants: family label → its items, most bought first.
        barred: families that stay out: those of the cart.
        refused: families that the caller left out, or that the customer bought and should not see.
        low: least price (ten-thousandths), `PRICE_UNKNOWN` lets unknown prices pass.
        high: greatest price.
        in_stock: leave out what the catalogue said cannot be bought.
    """

    facts: ItemFacts
    variants: Callable[[int], NDArray[np.int32]]
    barred: frozenset[int] = frozenset()
    refused: frozenset[int] = frozenset()
    low: int = PRICE_UNKNOWN
    high: int = NO_LIMIT
    in_stock: bool = True

    def passes(self, item: int, family: int) -> bool:
        """Whether the caller's filters let this very item through."""
        facts = self.facts
        return (
            self.low <= facts.price.item(item) <= self.high
            and not (self.in_stock and not facts.in_stock.item(item))
            and family not in self.refused
        )


@dataclass(slots=True)
class Shelf:
    """A shelf being filled: one item per family, at most `stem_cap` items with titles alike.

    Attributes:
        gate: what may stand here.
        size: places.
        stem_cap: most items of one stem.
        one_each: at most one pick per anchor: over a cart, one swap per line.
        picks: what stands here, in order.
        filtered: candidates that only the caller's filters kept out.
    """

    gate: Gate
    size: int
    stem_cap: int
    one_each: bool = False
    picks: list[Pick] = field(default_factory=list)
    filtered: int = 0
    _families: set[int] = field(default_factory=set)
    _stems: dict[int, int] = field(default_factory=dict)

    @property
    def full(self) -> bool:
        """Whether no place is left."""
        return len(self.picks) >= self.size

    def put(
        self,
        candidates: Candidates,
        floors: Sequence[int] | None = None,
        ceilings: Sequence[int] | None = None,
        label: str | None = None,
    ) -> None:
        """Fill places with candidates in their order.

        Args:
            candidates: what the vectors say.
            floors: per anchor the price that its candidates must exceed; None for no such rule.
            ceilings: per anchor the most that they may cost; None for no such rule.
            label: of the picks, None for learned ones.
        """
        for item, score, because, together in zip(*(few(column) for column in candidates), strict=True):
            if self.full:
                return
            if self._served(because):
                continue
            floor = _ANY_PRICE if floors is None else floors[because]
            ceiling = NO_LIMIT if ceilings is None else ceilings[because]
            if (chosen := self._choose(item, floor, ceiling)) is not None:
                self.picks.append(Pick(chosen, score, label, because, together))

    def put_smoothed(self, votes: Votes, categories: Sequence[int], *, unproven: bool) -> None:
        """Fill places with candidates in their order; those that no basket proves are labelled as fallbacks.

        A smoothed vector also lists what is merely popular in the anchor's category or in the shop (`together` is 0).

        Args:
            votes: what the vectors say.
            categories: of each anchor, -1 for none.
            unproven: whether such candidates may stand here at all.
        """
        category = self.gate.facts.category
        for at, (item, score) in enumerate(zip(few(votes.item), few(votes.score), strict=True)):
            if self.full:
                return
            because, together = votes.voice(at)
            if not together and not unproven:
                continue
            if (chosen := self._choose(item, _ANY_PRICE)) is not None:
                alike = categories[because] >= 0 and category.item(item) == categories[because]
                label = None if together else CATEGORY_BESTSELLERS if alike else BESTSELLERS
                self.picks.append(Pick(chosen, score, label, because, together))

    def put_fallback(self, items: NDArray[np.int32], label: str, because: int = -1, floor: int = _ANY_PRICE) -> int:
        """Fill places with items in their order, labelled; returns how many it filled."""
        before = len(self.picks)
        for item in items.tolist():
            if self.full or self._served(because):
                break
            if (chosen := self._choose(item, floor)) is not None:
                self.picks.append(Pick(chosen, 0.0, label, because, 0))
        return len(self.picks) - before

    def place(self, picks: Iterable[Pick]) -> None:
        """Fill places with picks chosen elsewhere, in their order, under this shelf's rules."""
        for pick in picks:
            if self.full:
                return
            if (chosen := self._choose(pick.item, _ANY_PRICE)) is not None:
                self.picks.append(pick._replace(item=chosen))

    def _served(self, anchor: int) -> bool:
        """Whether an anchor has its one pick."""
        return self.one_each and any(pick.because == anchor for pick in self.picks)

    def _choose(self, item: int, floor: int, ceiling: int = NO_LIMIT) -> int | None:
        """The item, or the best variant of its family that may stand in for it; it is marked as shown."""
        facts = self.gate.facts
        family = facts.family.item(item)
        if family in self._families or family in self.gate.barred:
            return None
        chosen = self._stand_in(item, family, floor, ceiling)
        if chosen is None:
            return None
        stem = facts.stem.item(chosen)
        if stem >= 0:
            if self._stems.get(stem, 0) >= self.stem_cap:
                return None
            self._stems[stem] = self._stems.get(stem, 0) + 1
        self._families.add(family)
        return chosen

    def _stand_in(self, item: int, family: int, floor: int, ceiling: int) -> int | None:
        price = self.gate.facts.price
        fitting = False
        if floor < price.item(item) <= ceiling:
            if self.gate.passes(item, family):
                return item
            fitting = True
        for variant in self.gate.variants(family).tolist():
            if floor < price.item(variant) <= ceiling:
                if self.gate.passes(variant, family):
                    return int(variant)
                fitting = True
        self.filtered += fitting
        return None


def few(column: NDArray[Any]) -> Iterator[Any]:
    """A column's values one by one, for who stops after a few of them; `tolist` would turn all of them into objects."""
    return iter(memoryview(column))  # type: ignore[arg-type]  # typed a buffer since 3.12


def swaps(rows: Sequence[Row]) -> Candidates:
    """The candidates of every anchor side by side, best first; an item stands once per anchor that leads to it.

    Args:
        rows: one per anchor.
    """
    if len(rows) == 1:
        (row,) = rows
        return Candidates(row.item, row.score, np.zeros(len(row.item), np.int64), row.together)
    if not rows:
        return Candidates(np.empty(0, np.int32), np.empty(0, np.float32), np.empty(0, np.int64), np.empty(0, np.uint16))
    item, score, together = (np.concatenate(columns) for columns in zip(*rows, strict=True))
    because = np.repeat(np.arange(len(rows)), [len(row.item) for row in rows])
    order = np.lexsort((because, item, -score))
    return Candidates(item[order], score[order], because[order], together[order])

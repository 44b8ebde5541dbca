"""Shelves from vectors: filter, fill. Pure: arrays and numbers in, picks out; no clock, no store, no Flask.

Order is total everywhere: score down, then item index up, then the anchor that came first.
"""

from __future__ import annotations

from bisect import bisect
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import accumulate, repeat
from typing import Any

import numpy as np
from msgspec import Struct
from msgspec.structs import replace
from numpy.typing import NDArray

from models.money import PRICE_UNKNOWN
from recsvc.store.contract import Row
from recsvc.tags import Tag, Tags
from recsvc.votes import Votes

CATEGORY_BESTSELLERS = "category_bestsellers"
BESTSELLERS = "bestsellers"
MANUAL = "manual"
"""What brought a pick that is not learnt: two fallbacks, and the merchant's own link."""

NO_LIMIT = 2**62
"""A price bound (ten-thousandths) that nothing reaches."""

_ANY_PRICE = PRICE_UNKNOWN - 1
"""What every price is above, the unknown one too."""


Candidate = tuple[int, float, int, int]
"""An item that may stand on a shelf: its index, a score comparable within the shelf, the position of the anchor that
leads to it, baskets that hold both. A plain tuple, for there are many and few come to stand."""


class Pick(Struct, frozen=True, gc=False):
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
        tags: of all items.
        variants: family label → its items, most bought first.
        barred: families that stay out: those of the cart.
        refused: families that the caller left out, or that the customer bought and should not see.
        low: least price (ten-thousandths), `PRICE_UNKNOWN` lets unknown prices pass.
        high: greatest price.
        in_stock: leave out what the catalogue said cannot be bought.
    """

    tags: Tags
    variants: Callable[[int], NDArray[np.int32]]
    barred: frozenset[int] = frozenset()
    refused: frozenset[int] = frozenset()
    low: int = PRICE_UNKNOWN
    high: int = NO_LIMIT
    in_stock: bool = True

    def passes(self, tag: Tag) -> bool:
        """Whether the caller's filters let this very item through."""
        return (
            self.low <= tag.price <= self.high
            and (tag.in_stock or not self.in_stock)
            and tag.family not in self.refused
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
        candidates: Iterable[Candidate],
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
        if self.full:
            return
        for item, score, because, together in candidates:
            if self.one_each and self._served(because):
                continue
            floor = _ANY_PRICE if floors is None else floors[because]
            ceiling = NO_LIMIT if ceilings is None else ceilings[because]
            if (chosen := self._choose(item, floor, ceiling)) is not None:
                self.picks.append(Pick(chosen, score, label, because, together))
                if self.full:
                    return

    def put_smoothed(self, votes: Votes, categories: Sequence[int], *, unproven: bool) -> None:
        """Fill places with candidates in their order; those that no basket proves are labelled as fallbacks.

        A smoothed vector also lists what is merely popular in the anchor's category or in the shop (`together` is 0).

        Args:
            votes: what the vectors say.
            categories: of each anchor, -1 for none.
            unproven: whether such candidates may stand here at all.
        """
        if self.full:
            return
        tags = self.gate.tags
        for at, (item, score) in enumerate(zip(few(votes.item), few(votes.score), strict=True)):
            because, together = votes.voice(at)
            if not together and not unproven:
                continue
            if (chosen := self._choose(item, _ANY_PRICE)) is not None:
                alike = categories[because] >= 0 and tags[item].category == categories[because]
                label = None if together else CATEGORY_BESTSELLERS if alike else BESTSELLERS
                self.picks.append(Pick(chosen, score, label, because, together))
                if self.full:
                    return

    def put_fallback(self, items: NDArray[np.int32], label: str, because: int = -1, floor: int = _ANY_PRICE) -> int:
        """Fill places with items in their order, labelled; returns how many it filled."""
        before = len(self.picks)
        for item in items.tolist():
            if self.full or (self.one_each and self._served(because)):
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
                self.picks.append(pick if chosen == pick.item else replace(pick, item=chosen))

    def _served(self, anchor: int) -> bool:
        """Whether an anchor has a pick."""
        return anchor in [pick.because for pick in self.picks]

    def _choose(self, item: int, floor: int, ceiling: int = NO_LIMIT) -> int | None:
        """The item, or the best variant of its family that may stand in for it; it is marked as shown."""
        gate = self.gate
        tag = gate.tags[item]
        family = tag.family
        if family in self._families or family in gate.barred:
            return None
        if floor < tag.price <= ceiling and gate.passes(tag):
            chosen, stem = item, tag.stem
        else:
            found = self._stand_in(tag, floor, ceiling)
            if found is None:
                return None
            chosen, stem = found, gate.tags[found].stem
        if stem >= 0:
            if self._stems.get(stem, 0) >= self.stem_cap:
                return None
            self._stems[stem] = self._stems.get(stem, 0) + 1
        self._families.add(family)
        return chosen

    def _stand_in(self, tag: Tag, floor: int, ceiling: int) -> int | None:
        """The best variant of an item that may not stand here itself."""
        gate = self.gate
        fitting = floor < tag.price <= ceiling
        for variant in gate.variants(tag.family).tolist():
            if floor < (other := gate.tags[variant]).price <= ceiling:
                if gate.passes(other):
                    return int(variant)
                fitting = True
        self.filtered += fitting
        return None


def few(column: NDArray[Any]) -> Iterator[Any]:
    """A column's values one by one, for who stops after a few of them; `tolist` would turn all of them into objects."""
    return iter(memoryview(column))  # type: ignore[arg-type]  # typed a buffer since 3.12


def swaps(rows: Sequence[Row]) -> Iterator[Candidate]:
    """The candidates of every anchor, by score down, then item up, then anchor up; one row keeps its own order.

    An item comes once per anchor that leads to it. Rows are sorted again, for their scores were rounded since.

    Args:
        rows: one per anchor.
    """
    if not rows:
        return iter(())
    if len(rows) == 1:
        (row,) = rows
        return zip(few(row.item), few(row.score), repeat(0), few(row.together), strict=False)
    item, score, together = (np.concatenate(column) for column in zip(*rows, strict=True))
    ends = list(accumulate([len(row.item) for row in rows]))
    order = np.lexsort((item, -score)).tolist()  # equals stay in the order of their anchors
    return ((item.item(at), score.item(at), bisect(ends, at), together.item(at)) for at in order)

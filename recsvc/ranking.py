"""Shelves from vectors: merge, filter, fill. Pure: arrays and numbers in, picks out; no clock, no store, no Flask.

Order is total everywhere: score down, then item index up, then the anchor that came first.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from models.money import PRICE_UNKNOWN
from models.records import ItemFacts
from recsvc.store.contract import Row

CATEGORY_BESTSELLERS = "category_bestsellers"
BESTSELLERS = "bestsellers"
MANUAL = "manual"
"""What brought a pick that is not learnt: two fallbacks, and the merchant's own link."""

NO_LIMIT = 2**62
"""A price bound (ten-thousandths) that nothing reaches."""

_ANY_PRICE = PRICE_UNKNOWN - 1
"""What every price is above, the unknown one too."""


class Candidates(NamedTuple):
    """Items that may stand on a shelf, by score down, then item up.

    Attributes:
        item: int32 (k,).
        score: float64 (k,).
        because: int64 (k,), position of the anchor that speaks loudest for the item.
        together: float64 (k,), baskets that hold both.
    """

    item: NDArray[np.int32]
    score: NDArray[np.float64]
    because: NDArray[np.int64]
    together: NDArray[np.float64]


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
        for item, score, because, together in zip(*(column.tolist() for column in candidates), strict=True):
            if self.full:
                return
            if self._served(because):
                continue
            floor = _ANY_PRICE if floors is None else floors[because]
            ceiling = NO_LIMIT if ceilings is None else ceilings[because]
            if (chosen := self._choose(item, floor, ceiling)) is not None:
                self.picks.append(Pick(chosen, score, label, because, round(together)))

    def put_smoothed(self, candidates: Candidates, categories: Sequence[int], *, unproven: bool) -> None:
        """Fill places with candidates in their order; those that no basket proves are labelled as fallbacks.

        A smoothed vector also lists what is merely popular in the anchor's category or in the shop (`together` is 0).

        Args:
            candidates: what the vectors say.
            categories: of each anchor, -1 for none.
            unproven: whether such candidates may stand here at all.
        """
        category = self.gate.facts.category
        for item, score, because, together in zip(*(column.tolist() for column in candidates), strict=True):
            if self.full:
                return
            if not together and not unproven:
                continue
            if (chosen := self._choose(item, _ANY_PRICE)) is not None:
                alike = categories[because] >= 0 and category.item(item) == categories[because]
                label = None if together else CATEGORY_BESTSELLERS if alike else BESTSELLERS
                self.picks.append(Pick(chosen, score, label, because, round(together)))

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


def merge(rows: Sequence[Row], weights: Sequence[float], anchors: Sequence[int]) -> Candidates:
    """Add up the vectors of a cart.

    `score(j) = Σ_r weight_r · row_r(j)`; `because(j)` is the anchor whose rows add most among those with evidence,
    the first of equals, and `together(j)` is that anchor's count. Weights are the caller's: one vote per cart line,
    whatever its quantity.

    Args:
        rows: one per vote.
        weights: (n_rows,), ≥ 0.
        anchors: (n_rows,), position of the anchor each row speaks for; rows of two kinds may share one.

    Returns:
        every item of the rows once; none for no rows. Cost: a few sorts of Σ len(row) entries.
    """
    if len(rows) == 1:
        (row,), (weight,), (anchor,) = rows, weights, anchors
        score = row.score.astype(np.float64) * weight
        return Candidates(row.item, score, np.full(len(row.item), anchor), row.together.astype(np.float64))
    votes = _stack(rows, weights, anchors)
    if not len(votes.item):
        return votes
    pair = votes.item * np.int64(max(anchors) + 1) + votes.because  # one key sorts faster than two
    order = np.argsort(pair, kind="stable")
    pairs = np.flatnonzero(_changes(pair[order]))
    item, because = votes.item[order[pairs]], votes.because[order[pairs]]
    share = np.add.reduceat(votes.score[order], pairs)
    together = np.maximum.reduceat(votes.together[order], pairs)
    changed = _changes(item)
    firsts, place = np.flatnonzero(changed), np.cumsum(changed) - 1
    loudest = _loudest(share, together, firsts, place)
    item, score = item[firsts], np.add.reduceat(share, firsts)
    best = np.argsort(-score, kind="stable")  # items rise already
    return Candidates(item[best], score[best], because[loudest][best], together[loudest][best])


def _loudest(
    share: NDArray[np.float64], together: NDArray[np.float64], firsts: NDArray[np.intp], place: NDArray[np.intp]
) -> NDArray[np.intp]:
    """Per item the pair with the largest share, the first of equals; one with evidence before any without.

    Args:
        share: float64 (n_pairs,), ≥ 0; the pairs of an item stand together, by anchor up.
        together: float64 (n_pairs,), 0 for no evidence.
        firsts: where each item's pairs begin.
        place: (n_pairs,), number of each pair's item.
    """
    proven = np.maximum.reduceat(together, firsts) > 0
    voice = np.where((together > 0) | ~proven[place], share, -1.0)
    tops = np.flatnonzero(voice == np.maximum.reduceat(voice, firsts)[place])
    return tops[_changes(place[tops])]


def power_shares(rows: Sequence[Row], power: float) -> list[Row]:
    """Rows rescaled so that `merge` makes their power mean `M_j = (Σ_r row_r(j)^q)^(1/q)` of them instead of their sum.

    Each score v becomes `v · (v / M_j)^(q-1)`: these shares add up to M_j, and the loudest row stays the loudest. q = 1
    is the sum; a large q is nearly the maximum. Conditional probabilities of a cart's items repeat one another: added
    up, five weak hints outweigh one strong one. Rows are not sorted by score any more; `merge` sorts.

    Args:
        rows: scores ≥ 0; one per anchor.
        power: q ≥ 1.
    """
    if len(rows) < 2 or power == 1:
        return list(rows)
    votes = _stack(rows, [1.0] * len(rows), range(len(rows)))
    _, place = np.unique(votes.item, return_inverse=True)
    peak = np.zeros(place.max(initial=-1) + 1)
    np.maximum.at(peak, place, votes.score)
    peak = np.maximum(peak, np.finfo(np.float64).tiny)
    # Relative to the item's largest score, a power cannot underflow.
    relative = votes.score / peak[place]
    mean = np.bincount(place, weights=relative**power, minlength=len(peak)) ** (1 / power)
    shares = votes.score * (relative / np.maximum(mean, 1e-9)[place]) ** (power - 1)
    ends = np.cumsum([len(row.item) for row in rows])[:-1]
    return [row._replace(score=share) for row, share in zip(rows, np.split(shares, ends), strict=True)]


def swaps(rows: Sequence[Row]) -> Candidates:
    """The candidates of every anchor side by side, best first; an item stands once per anchor that leads to it.

    Args:
        rows: one per anchor.
    """
    if len(rows) == 1:
        return merge(rows, [1.0], [0])
    votes = _stack(rows, [1.0] * len(rows), range(len(rows)))
    order = np.lexsort((votes.because, votes.item, -votes.score))
    return Candidates(votes.item[order], votes.score[order], votes.because[order], votes.together[order])


def _stack(rows: Sequence[Row], weights: Sequence[float], anchors: Sequence[int]) -> Candidates:
    if not rows:
        return Candidates(np.empty(0, np.int32), np.empty(0), np.empty(0, np.int64), np.empty(0))
    lengths = [len(row.item) for row in rows]
    return Candidates(
        np.concatenate([row.item for row in rows]),
        np.concatenate([row.score for row in rows]) * np.repeat(np.asarray(weights, np.float64), lengths),
        np.repeat(np.asarray(anchors, np.int64), lengths),
        np.concatenate([row.together for row in rows], dtype=np.float64),
    )


def _changes(column: NDArray[np.generic]) -> NDArray[np.bool_]:
    """True where a value differs from the one before it, and at the start."""
    changed = np.ones(len(column), np.bool_)
    np.not_equal(column[1:], column[:-1], out=changed[1:])
    return changed

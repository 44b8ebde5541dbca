"""Upsell shelves: what is dearer than the item of a page, or the best swaps over a cart; and why there is none."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from models.money import PRICE_UNKNOWN
from models.records import UPSELL, ItemFacts
from recsvc.links import Rules, linked
from recsvc.ranking import CATEGORY_BESTSELLERS, MANUAL, NO_LIMIT, Shelf, swaps
from recsvc.store.contract import Row, Snapshot

Silence = Literal["no_price", "no_kin", "top_of_ladder", "not_taken", "owned"]
"""The item's price is unknown; nothing of its kind is known; nothing of its kind is dearer; what is, nobody takes; the
customer has it, and it lasts."""

CART_SWAPS = 3
"""Swaps shown over a cart, one per line: more is an argument, not an offer."""


def fill(
    snapshot: Snapshot,
    anchors: Sequence[int],
    vectors: Mapping[str, list[Row]],
    shelf: Shelf,
    rules: Rules,
    *,
    owned: frozenset[int],
    fallback: bool,
) -> None:
    """Put upsells on a shelf: the merchant's links, then learnt steps, then dearer bestsellers of the category.

    Links may lead to any price, for they are the merchant's word; the rest is dearer than the anchor it stands for,
    and within the shop's cap.

    Args:
        snapshot: the version.
        anchors: known items, a page's or a cart's.
        vectors: rows of the anchors.
        shelf: to fill; for a cart with one swap per line.
        rules: the shop's.
        owned: positions of anchors that have no upsell, see `owned_by`.
        fallback: whether bestsellers may fill up.
    """
    if owned:
        vectors = {
            kind: [_none(row) if at in owned else row for at, row in enumerate(rows)] for kind, rows in vectors.items()
        }
    if chosen := linked(vectors, UPSELL):
        shelf.put(chosen, label=MANUAL)
        if rules.links == "only" and shelf.picks:
            return
    tags = [snapshot.tags[item] for item in anchors]
    prices = [tag.price for tag in tags]
    floors = [NO_LIMIT if price == PRICE_UNKNOWN else price for price in prices]
    ceilings = [_ceiling(price, rules.upsell_cap) for price in prices]
    shelf.put(swaps(vectors.get(UPSELL, [])), floors, ceilings)
    if fallback:
        for position, tag in enumerate(tags):
            if shelf.full:
                break
            if position in owned:
                continue
            dearer = _dearer(snapshot, tag.category, floors[position], ceilings[position])
            shelf.put_fallback(dearer, CATEGORY_BESTSELLERS, position, floors[position])


def owned_by(bought: frozenset[int], facts: ItemFacts, anchors: Sequence[int]) -> frozenset[int]:
    """Positions of anchors that the customer has and will not buy again: who bought a kettle needs no better kettle."""
    if not bought:
        return frozenset()
    return frozenset(
        position
        for position, item in enumerate(anchors)
        if facts.family.item(item) in bought and not facts.consumable.item(item)
    )


def _none(row: Row) -> Row:
    return Row(row.item[:0], row.score[:0], row.together[:0])


def silence(snapshot: Snapshot, item: int, rules: Rules) -> Silence:
    """Why an item has no upsell."""
    price, category = snapshot.tags[item].price, snapshot.tags[item].category
    if price == PRICE_UNKNOWN:
        return "no_price"
    if category < 0:
        return "no_kin"
    family = snapshot.facts.family
    dearer = _dearer(snapshot, category, price, _ceiling(price, rules.upsell_cap))
    return "not_taken" if (family[dearer] != family[item]).any() else "top_of_ladder"


def _ceiling(price: int, cap: float) -> int:
    return NO_LIMIT if cap <= 0 or price == PRICE_UNKNOWN else int(price * cap)


def _dearer(snapshot: Snapshot, category: int, floor: int, ceiling: int) -> NDArray[np.int32]:
    """Bestsellers of a category above a price, and not further above it than the trainer's own upsells are."""
    if category < 0 or floor >= NO_LIMIT:
        return np.empty(0, np.int32)
    items = snapshot.bestsellers(category)
    price = snapshot.facts.price[items]
    most = snapshot.settings.get("upsell_max_ratio")
    high = min(ceiling, floor * most if isinstance(most, int | float) else NO_LIMIT)
    return items[(price > floor) & (price <= high)]

"""The merchant's word on shelves: links that come first or alone, pairs that never meet, a cap on prices. Pure."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import Literal

from models.records import CROSS_SELL, LINKED_CROSS_SELL, LINKED_UPSELL, NEVER, UPSELL, ItemFacts
from recsvc.ranking import Candidate, swaps
from recsvc.store.contract import Row

Mode = Literal["first", "only", "off"]

_LINKED = {CROSS_SELL: LINKED_CROSS_SELL, UPSELL: LINKED_UPSELL}


@dataclass(frozen=True, slots=True)
class Rules:
    """What the shop decided for all of its shelves.

    Attributes:
        links: `first`: linked items lead the shelf; `only`: where an item links some, nothing else stands there; `off`.
        upsell_cap: an upsell costs at most this many times the item; 0 for no cap beside the trainer's.
    """

    links: Mode = "first"
    upsell_cap: float = 0.0


def linked_kinds(held: Collection[str], types: Iterable[str], rules: Rules) -> list[str]:
    """Kinds of vectors to fetch beside the learnt ones; pairs that never meet hold in every mode."""
    wanted = [NEVER] if rules.links == "off" else [NEVER, *(_LINKED[shelf] for shelf in types)]
    return [kind for kind in wanted if kind in held]


def linked(vectors: Mapping[str, list[Row]], shelf: str) -> list[Candidate]:
    """The items linked for a shelf, the anchors' first places before their second ones."""
    rows = vectors.get(_LINKED[shelf])
    return list(swaps(rows)) if rows else []


def never(vectors: Mapping[str, list[Row]], facts: ItemFacts) -> frozenset[int]:
    """Families that must not stand beside the anchors."""
    return frozenset(family for row in vectors.get(NEVER, []) for family in facts.family[row.item].tolist())

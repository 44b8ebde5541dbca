"""The goods of a version as a shop lists them: searched, one tile per family. Pure but for the snapshot."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import msgspec
import numpy as np

from models.money import PRICE_UNKNOWN, format_price
from recsvc.store.contract import Snapshot

MOST_LISTED = 50_000
"""Of a larger shop only so many items, the most bought, can be found by browsing."""


@dataclass(frozen=True, slots=True)
class Found:
    """One page of a list.

    Attributes:
        total: families that match.
        items: one item per family, by recent popularity, as `tile` draws it.
    """

    total: int
    items: list[dict[str, Any]]


class Goods:
    """All that the shop lists of one snapshot, held in memory: made once per version."""

    def __init__(self, snapshot: Snapshot) -> None:
        self._snapshot = snapshot
        facts = snapshot.facts
        by_popularity = np.lexsort((np.arange(len(facts)), -facts.recent))[:MOST_LISTED].tolist()
        self._cards = dict(zip(by_popularity, map(msgspec.json.decode, snapshot.cards(by_popularity)), strict=True))
        self._texts = {item: _searched(card) for item, card in self._cards.items()}
        self._versions = Counter(int(facts.family[item]) for item in self._cards)
        departments = Counter(_department(card) for card in self._cards.values() if card.get("category"))
        self.departments: list[str] = [name for name, _ in departments.most_common()]

    @property
    def version(self) -> str:
        """The version that these goods are of."""
        return self._snapshot.version

    def find(self, words: str, department: str, page: int, size: int) -> Found:
        """Page `page` (from 1) of the families of which an item holds every word; all of them for no word."""
        wanted = _plain(words).split()
        seen: set[int] = set()
        hits: list[int] = []
        for item, text in self._texts.items():
            family = int(self._snapshot.facts.family[item])
            inside = not department or _department(self._cards[item]) == department
            if family not in seen and inside and all(f" {word}" in text for word in wanted):
                seen.add(family)
                hits.append(item)
        if not wanted:
            hits = self._mixed(hits)
        return Found(len(hits), self._tiles(hits[(page - 1) * size : page * size]))

    def item(self, item_id: str) -> dict[str, Any] | None:
        """One item with the variants of its family, None where the version does not know it."""
        (item,) = self._snapshot.find([item_id])
        if item < 0:
            return None
        family = self._snapshot.variants(int(self._snapshot.facts.family[item])).tolist() or [item]
        (tile,) = self._tiles([item])
        return tile | {"variants": sorted(self._tiles(family), key=lambda each: str(each["item_id"]))}

    def _mixed(self, items: Sequence[int]) -> list[int]:
        """The best of every category, then the second of every one, …: a shop window rather than a chart."""
        place: Counter[int] = Counter()
        rank: dict[int, int] = {}
        for item in items:
            category = int(self._snapshot.facts.category[item])
            rank[item] = place[category]
            place[category] += 1
        return sorted(items, key=rank.__getitem__)

    def _tiles(self, items: Sequence[int]) -> list[dict[str, Any]]:
        facts = self._snapshot.facts
        cards = map(msgspec.json.decode, self._snapshot.cards(items))
        return [
            _tile(item_id, card, int(facts.price[item]), self._snapshot.shop.currency)
            | {"in_stock": bool(facts.in_stock[item]), "variants": self._versions[int(facts.family[item])]}
            for item, item_id, card in zip(items, self._snapshot.item_ids(items), cards, strict=True)
        ]


def _tile(item_id: str, card: Mapping[str, str | None], price: int, currency: str | None) -> dict[str, Any]:
    amount = None if price == PRICE_UNKNOWN else {"amount": format_price(price), "currency": currency}
    return {"item_id": item_id, "price": amount} | {
        name: card.get(name) for name in ("title", "brand", "category", "image_link")
    }


def _department(card: Mapping[str, str | None]) -> str:
    return (card.get("category") or "").split(" > ", maxsplit=1)[0]


def _searched(card: Mapping[str, str | None]) -> str:
    """What a search looks through; a word matches where one begins."""
    return " " + _plain(" ".join(card.get(name) or "" for name in ("title", "brand", "category")))


def _plain(text: str) -> str:
    """Words in lower case, one space between them, no punctuation."""
    return " ".join("".join(c if c.isalnum() else " " for c in text.casefold()).split())

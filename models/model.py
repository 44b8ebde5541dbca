"""One trained version as a record: all that the service reads."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from models.customers import Customers
from models.records import ItemFacts, Lists, Shop
from models.stored import StoredVectors
from models.strings import StringTable


@dataclass(frozen=True, slots=True, eq=False)
class Model:
    """All that one trained version holds.

    Attributes:
        items: n_items ids, sorted by bytes; an item's index is its place here.
        facts: n_items rows.
        cards: n_items JSON objects, ready to be put into an answer: title, brand, category, link, image_link.
        categories: category names, sorted by bytes.
        vectors: kind → vectors with n_items rows.
        bestsellers: one row per category, and a last row for the whole shop.
        variants: one row per family label: its items, most bought first.
        customers: what is known of each.
        shop: the numbers of the training data.
        settings: the trainer's settings, plain JSON values.
    """

    items: StringTable
    facts: ItemFacts
    cards: StringTable
    categories: StringTable
    vectors: Mapping[str, StoredVectors]
    bestsellers: Lists
    variants: Lists
    customers: Customers
    shop: Shop
    settings: Mapping[str, object]

    def __post_init__(self) -> None:
        n = len(self.items)
        if len(self.facts) != n or len(self.cards) != n:
            raise ValueError(f"{n} items, but {len(self.facts)} facts and {len(self.cards)} cards")
        for kind, vectors in self.vectors.items():
            if vectors.n_items != n:
                raise ValueError(f"{n} items, but {vectors.n_items} {kind} vectors")
        if len(self.bestsellers.indptr) != len(self.categories) + 2:
            raise ValueError("bestsellers need one row per category and one for the shop")

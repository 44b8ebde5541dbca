"""A verified version on disk, seen through the `Snapshot` contract."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from models.artefact import Version
from models.customers import PURCHASE_DTYPES
from models.records import ItemFacts, Shop
from models.stored import StoredVectors, scores
from recsvc.at_hand import AtHand
from recsvc.store.contract import History, NextRow, Row, Trait
from recsvc.tags import Tags

_PLACES_AT_HAND = 50_000
"""Ids whose places are kept, about a hundred bytes each: a look into a dictionary is twenty times a binary search's."""

_ROWS_AT_HAND = 10_000
"""Rows of each kind that are kept, about 700 bytes each: reading one takes thirty times as long as looking it up."""


class Rows(AtHand[Row]):
    """Item → its row of one kind, scores in the unit they were learnt in.

    Args:
        vectors: as stored.
        keep: most rows to hold.
    """

    __slots__ = ("_vectors",)

    def __init__(self, vectors: StoredVectors, keep: int = _ROWS_AT_HAND) -> None:
        super().__init__(keep)
        self._vectors = vectors

    def read(self, item: int) -> Row:
        """An item's row.

        Raises:
            IndexError: there is no such item.
        """
        vectors = self._vectors
        span = vectors.row(item)
        return Row(vectors.item[span], scores(vectors.score[span]), vectors.together[span])


class VersionSnapshot:
    """One mapped version; it holds nothing but views, and what was asked for before: rows, places of ids, tags."""

    __slots__ = ("_model", "_places", "_rows", "facts", "generated_at", "kinds", "settings", "shop", "tags", "version")

    def __init__(self, version: Version) -> None:
        self._model = version.model
        self._places: dict[str, int] = {}
        self._rows = {kind: Rows(vectors) for kind, vectors in version.model.vectors.items()}
        self.version: str = version.name
        self.generated_at: str = version.run.trained_at
        self.shop: Shop = version.model.shop
        self.settings: Mapping[str, object] = version.model.settings
        self.facts: ItemFacts = version.model.facts
        self.tags = Tags(self.facts)
        self.kinds: frozenset[str] = frozenset(version.model.vectors)

    @property
    def revision(self) -> int:
        """The version alone."""
        return 0

    @property
    def degraded(self) -> bool:
        """Never: what is mapped answers."""
        return False

    def find(self, item_ids: Sequence[str]) -> list[int]:
        """Index of each id, -1 where unknown."""
        known = self._places.get
        return [self._search(item_id) if (at := known(item_id)) is None else at for item_id in item_ids]

    def _search(self, item_id: str) -> int:
        """The same for one that is not at hand; unknown ids are not kept, for there is no end of them."""
        if (at := self._model.items.find(item_id)) >= 0:
            if len(self._places) >= _PLACES_AT_HAND:
                self._places.clear()
            self._places[item_id] = at
        return at

    def item_ids(self, items: Sequence[int]) -> list[str]:
        """Id of each item."""
        return [self._model.items.text(item) for item in items]

    def vectors(self, kinds: Sequence[str], items: Sequence[int]) -> dict[str, list[Row]]:
        """Per kind one row per item, scores in the unit they were learnt in."""
        held = self._rows
        return {kind: [rows[item] for item in items] for kind in kinds if (rows := held.get(kind)) is not None}

    def cards(self, items: Sequence[int]) -> list[bytes]:
        """Each item's card, a JSON object."""
        return [self._model.cards[item] for item in items]

    def customer(self, customer_id: str) -> History | None:
        """What a customer bought, None for an unknown one."""
        customers = self._model.customers
        at = customers.ids.find(customer_id)
        if at < 0:
            return None
        bought, span = customers.purchases, customers.purchases.row(at)
        columns = [getattr(bought, name)[span] for name in PURCHASE_DTYPES]
        return History.of(columns, Trait.of(customers.traits, at))

    def trait(self, customer_id: str) -> Trait | None:
        """What a customer is as a whole, None for an unknown one."""
        customers = self._model.customers
        at = customers.ids.find(customer_id)
        return None if at < 0 else Trait.of(customers.traits, at)

    def next_items(self, customer_id: str) -> NextRow | None:
        """What a customer may want next, None for an unknown one."""
        customers = self._model.customers
        at = customers.ids.find(customer_id)
        if at < 0:
            return None
        ahead, span = customers.next, customers.next.row(at)
        return NextRow(ahead.item[span], ahead.score[span], ahead.why[span])

    def bestsellers(self, category: int) -> NDArray[np.int32]:
        """A category's bestsellers, or with -1 the whole shop's."""
        return self._model.bestsellers.row(len(self._model.categories) if category < 0 else category)

    def variants(self, family: int) -> NDArray[np.int32]:
        """The items of a family, most bought first."""
        return self._model.variants.row(family)

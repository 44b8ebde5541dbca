"""How items are shown: ids and cards, the most wanted of them kept at hand."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import msgspec
from msgspec import Struct

from recsvc.store.contract import Snapshot


class Card(Struct, frozen=True, gc=False):
    """How an item is shown, as the version's cards have it."""

    title: str | None = None
    brand: str | None = None
    category: str | None = None
    link: str | None = None
    image_link: str | None = None


class Good(NamedTuple):
    """An item as answers name and show it."""

    item_id: str
    card: Card


_cards = msgspec.json.Decoder(Card)
_UNKNOWN = Card()


def read_card(card: bytes) -> Card:
    """A card; an empty one where the bytes are none, as a broken Redis may send them."""
    try:
        return _cards.decode(card)
    except ValueError:  # of msgspec, or for text that is no UTF-8
        return _UNKNOWN


class Goods:
    """Looks items up in a version, all of an answer's in one trip, and keeps those asked for last.

    What is kept belongs to one version and is forgotten with it. An empty card is not kept: a Redis that did not answer
    gives those. Threads may share it: at worst two of them look the same item up.

    Args:
        keep: most items to hold, about a kilobyte each; 0 holds none.
    """

    def __init__(self, keep: int = 0) -> None:
        self._keep = keep
        self._held: tuple[str, dict[int, Good]] = ("", {})

    def of(self, snapshot: Snapshot, items: Sequence[int]) -> dict[int, Good]:
        """Each of `items`."""
        version, held = self._held
        if version != snapshot.version:
            held = {}
            self._held = (snapshot.version, held)
        try:
            return {item: held[item] for item in items}  # most are at hand
        except KeyError:
            found = {item: good for item in items if (good := held.get(item)) is not None}
        if wanted := [item for item in dict.fromkeys(items) if item not in found]:
            looked_up = zip(wanted, snapshot.item_ids(wanted), snapshot.cards(wanted), strict=True)
            for item, item_id, card in looked_up:
                found[item] = Good(item_id, read_card(card))
                if found[item].card != _UNKNOWN:
                    self._remember(held, item, found[item])
        return found

    def _remember(self, held: dict[int, Good], item: int, good: Good) -> None:
        """Keep one; where there is no room, what came first goes."""
        if self._keep <= 0:
            return
        if len(held) >= self._keep:
            try:
                held.pop(next(iter(held)), None)
            except (RuntimeError, StopIteration):  # another thread was quicker
                return
        held[item] = good

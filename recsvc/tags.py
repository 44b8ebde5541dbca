"""What ranking asks about one item, in one piece: one look into a dictionary instead of seven into columns."""

from __future__ import annotations

from msgspec import Struct

from models.records import ItemFacts
from recsvc.at_hand import AtHand

_KEEP = 20_000
"""Tags at hand, about 200 bytes each."""


class Tag(Struct, frozen=True, gc=False):
    """One item's facts, as `ItemFacts` has them.

    Attributes:
        price: ten-thousandths of the currency's unit, `PRICE_UNKNOWN` where nobody told.
        family: label.
        stem: label, -1 for none.
        category: index, -1 for none.
        in_stock: whether it can be bought.
        orders: training baskets with it or a variant.
        buyers: different customers who bought it or a variant, 0 where that is not known.
    """

    price: int
    family: int
    stem: int
    category: int
    in_stock: bool
    orders: int
    buyers: int


class Tags(AtHand[Tag]):
    """Item → its tag. Facts never change: a new price comes as new facts, and those have tags of their own.

    Args:
        facts: of all items.
        keep: most tags to hold.
    """

    __slots__ = ("facts",)

    def __init__(self, facts: ItemFacts, keep: int = _KEEP) -> None:
        super().__init__(keep)
        self.facts = facts

    def read(self, item: int) -> Tag:
        """An item's tag.

        Raises:
            IndexError: there is no such item.
        """
        facts = self.facts
        return Tag(
            facts.price.item(item),
            facts.family.item(item),
            facts.stem.item(item),
            facts.category.item(item),
            bool(facts.in_stock.item(item)),
            facts.orders.item(item),
            facts.buyers.item(item),
        )

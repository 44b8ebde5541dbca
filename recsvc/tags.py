"""What ranking asks about one item, in one piece: one look into a dictionary instead of seven into columns."""

from __future__ import annotations

from msgspec import Struct

from models.records import ItemFacts

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


class Tags(dict[int, Tag]):
    """Item → its tag, read from the facts when it is first asked for.

    Facts never change: a new price comes as new facts, and those have tags of their own. Threads may share them.

    Args:
        facts: of all items.
        keep: most tags to hold; when there are more, all go.
    """

    __slots__ = ("_keep", "facts")

    def __init__(self, facts: ItemFacts, keep: int = _KEEP) -> None:
        super().__init__()
        self.facts = facts
        self._keep = keep

    def __missing__(self, item: int) -> Tag:
        """Read one.

        Raises:
            IndexError: there is no such item.
        """
        facts = self.facts
        tag = Tag(
            facts.price.item(item),
            facts.family.item(item),
            facts.stem.item(item),
            facts.category.item(item),
            bool(facts.in_stock.item(item)),
            facts.orders.item(item),
            facts.buyers.item(item),
        )
        if len(self) >= self._keep:
            self.clear()
        self[item] = tag
        return tag

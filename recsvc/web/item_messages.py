"""Questions and answers about items between two nights."""

from __future__ import annotations

from typing import Annotated, Literal

from msgspec import Meta, Struct

from recsvc.web.messages import Id, PriceNumber, PriceText

MAX_ITEMS = 1_000
"""Items of one batch."""

ITEMS_BODY_BYTES = 1024 * 1024

Stock = Annotated[int, Meta(ge=0, le=10**9)]


class ItemWord(Struct, forbid_unknown_fields=True, kw_only=True):
    """What a shop says of an item; what is left out stays as it was said before, or as the version has it."""

    price: Annotated[PriceText | PriceNumber | None, Meta(description="what it costs now")] = None
    stock: Annotated[Stock | None, Meta(description="pieces; 0: it cannot be bought")] = None
    availability: Annotated[
        Literal["in_stock", "out_of_stock", "preorder", "backorder"] | None,
        Meta(description="`out_of_stock`: it cannot be bought"),
    ] = None


class NamedItemWord(ItemWord, forbid_unknown_fields=True, kw_only=True):
    """The same, with the item's id."""

    item_id: Id


class ItemWords(Struct, forbid_unknown_fields=True):
    """`POST /items`."""

    items: Annotated[
        list[NamedItemWord], Meta(max_length=MAX_ITEMS, description="of the same item the last one counts")
    ]


class ItemsReceipt(Struct):
    """The answer, given once it is on disk; every worker answers by it within five seconds."""

    updated: int
    unknown_ids: Annotated[list[str], Meta(description="not in the version that is served; kept for one that has them")]
    revision: int
    durable: Annotated[bool, Meta(description="false where the state cannot promise to keep them")]

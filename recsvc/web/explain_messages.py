"""Question and answer of why an item is, or is not, on a shelf."""

from __future__ import annotations

from typing import Annotated, Literal

from msgspec import UNSET, Meta, Struct, UnsetType

from recsvc.explain import GateName
from recsvc.web.messages import Id, Places


class ExplainQuery(Struct, forbid_unknown_fields=True, kw_only=True):
    """`GET /explain`."""

    item_id: Annotated[Id, Meta(description="the item whose shelf it is")]
    candidate_id: Annotated[Id, Meta(description="the item asked about")]
    type: Annotated[Literal["cross_sell", "upsell"], Meta(description="which shelf")]
    n: Annotated[Places, Meta(description="places of the shelf")] = 10
    customer_id: Annotated[Id | None, Meta(description="for whom: their purchases, and what they were shown")] = None


class ToldVerdict(Struct):
    """What one gate says."""

    gate: GateName
    passes: bool
    text: str
    binds: Annotated[
        Literal["shelf", "picks"],
        Meta(description="`picks`: keeps it out of mails, app messages and calls, not off the shelf of a page"),
    ]
    until: Annotated[str | None, Meta(description="ISO 8601 date from which it passes again")]


class ToldListed(Struct):
    """Its place in the vector of the item."""

    rank: int
    score: float
    item_id: Annotated[str, Meta(description="the variant of it that the vector lists")]
    together: Annotated[
        int | UnsetType,
        Meta(description="orders with both; upsell: customers who changed; small counts are for `admin` alone"),
    ] = UNSET
    of: Annotated[
        int | UnsetType, Meta(description="upsell: customers who bought the item, those who changed among them")
    ] = UNSET


class Explanation(Struct):
    """The answer to explain."""

    item_id: str
    candidate_id: str
    type: Literal["cross_sell", "upsell"]
    customer_id: str | None
    model_version: str | None
    generated_at: str | None
    shown: bool
    rank: Annotated[int | None, Meta(description="place on the shelf")]
    source: Literal["learned", "manual", "fallback"] | None
    instead: Annotated[str | None, Meta(description="the variant that stands there for it")]
    decided_by: Annotated[
        GateName | Literal["no_model"] | None, Meta(description="the gate that keeps it off the shelf")
    ]
    vector: ToldListed | None
    verdicts: list[ToldVerdict]
    degraded: bool = False
    business: Annotated[
        bool | None,
        Meta(description="the customer buys as a business does; null: unknown, or nobody's question"),
    ] = None

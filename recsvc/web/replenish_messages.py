"""Question and answer of what a customer is due to buy again."""

from __future__ import annotations

from typing import Annotated, Literal

from msgspec import UNSET, Meta, Struct, UnsetType

from recsvc.phases import Job, Phase
from recsvc.web.messages import Item, Places

# The days that there are, 29 February in leap years alone: a specification that promised 31 November could not be kept.
_LEAP = "([12][0-9](0[48]|[2468][048]|[13579][26])|(12|16|20|24|28)00)"
_DAY = (
    "[12][0-9]{3}-((0[1-9]|1[0-2])-(0[1-9]|1[0-9]|2[0-8])|(0[13-9]|1[0-2])-(29|30)|(0[13578]|1[02])-31)"
    f"|{_LEAP}-02-29"
)

Date = Annotated[str, Meta(pattern=f"^({_DAY})$", description="ISO 8601 date, `2026-11-30`")]


class ReplenishQuery(Struct, forbid_unknown_fields=True, kw_only=True):
    """`GET /customers/{customer_id}/replenish`."""

    n: Annotated[Places, Meta(description="how many items")] = 10
    within_days: Annotated[int, Meta(ge=0, le=365, description="what is due in so many days counts as well")] = 7
    as_of: Annotated[Date | None, Meta(description="a day to count from instead of today")] = None


class Span(Struct, rename={"begin": "from", "end": "to"}):
    """From one day to another, both included; ISO 8601 dates."""

    begin: str
    end: str


class DueItem(Item, kw_only=True):
    """An item that is due, or soon will be."""

    due_at: Annotated[str, Meta(description="last purchase plus interval, ISO 8601 date; in the past where overdue")]
    window: Annotated[Span, Meta(description="when the purchase is expected")]
    interval_days: Annotated[int, Meta(description="days between two purchases, this customer's, drawn to everybody's")]
    based_on_orders: Annotated[int, Meta(description="this customer's orders with it")]
    last_ordered_at: str
    suggested_quantity: Annotated[float, Meta(description="what this customer usually takes")]
    likelihood: Annotated[float | UnsetType, Meta(description="chance of a purchase within the window, 0–1")] = UNSET
    phase: Phase


class CategoryStanding(Struct):
    """Where the customer stands with a category, and what that asks for."""

    category: str | None
    phase: Phase
    job: Job
    last_item_id: str
    last_ordered_at: str
    interval_days: Annotated[int | None, Meta(description="None for durables and where nothing is known")]


class Replenishment(Struct):
    """The answer to replenish."""

    recommendation_id: str
    customer_id: str
    model_version: str | None
    generated_at: str | None
    as_of: Annotated[str | None, Meta(description="the day counted from")]
    empty_reason: Literal["no_model", "no_times", "unknown_customer", "nothing_due"] | None
    count: int
    items: list[DueItem]
    categories: list[CategoryStanding]

"""Why an item stands on a shelf: a code, a sentence, and the numbers behind it. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple, Protocol

from msgspec import UNSET

from models.customers import Why
from models.packs import find
from models.records import Shop
from recsvc.ranking import CATEGORY_BESTSELLERS, Pick
from recsvc.tags import Tags
from recsvc.web.messages import Evidence, Reason

_TELLING = 5
"""Customers from whom on they are put into words."""


class Anchor(NamedTuple):
    """An item that a reason may name."""

    item: int
    item_id: str
    title: str


def lift(together: int, orders_i: int, orders_j: int, orders_total: int) -> float | None:
    """`P(i and j) / (P(i) · P(j)) = together · total / (orders_i · orders_j)`, None where an item has no order.

    1 means independent; tea in 3 of 4 baskets, cup in 3, both in 2: 2 · 4 / (3 · 3) = 0.89.
    Source: Brin, Motwani, Ullman, Tsur, SIGMOD 1997 (there called interest).
    """
    if not orders_i or not orders_j:
        return None
    return round(100 * together * orders_total / (orders_i * orders_j)) / 100  # a quarter of what round(…, 2) takes


class Step(NamedTuple):
    """A step up in words, for its reason.

    Attributes:
        apart: what `better` says.
        more: by how much it is dearer, such as `+12.00 EUR`; empty where unknown.
        category: both items' category, empty where they have none in common.
    """

    apart: str = ""
    more: str = ""
    category: str = ""


def learned(pick: Pick, anchor: Anchor, tags: Tags, shop: Shop, step: Step | None = None) -> Reason:
    """The reason of an item that a vector brought; `step` where it is dearer and stands there instead."""
    bought = tags[anchor.item]
    orders, candidate_orders = bought.orders, tags[pick.item].orders
    if step is not None:
        evidence = Evidence(
            customers_switched=pick.together,
            customers_with_item=bought.buyers or UNSET,
            orders_with_item=orders,
            orders_with_candidate=candidate_orders,
            window_days=shop.window_days,
        )
        return _upgrade(anchor, evidence, step)
    evidence = Evidence(
        orders_together=pick.together,
        orders_with_item=orders,
        orders_with_candidate=candidate_orders,
        lift=lift(pick.together, orders, candidate_orders, shop.orders),
        window_days=shop.window_days,
    )
    return Reason("bought_together", f"Often bought with {anchor.title}", anchor.item_id, evidence)


def _upgrade(anchor: Anchor, evidence: Evidence, step: Step) -> Reason:
    """The reason of something dearer.

    Its text is for everybody and names no count, its evidence says all in one sentence: "142 of 1,180 customers who
    bought Filter machine later chose this, +12.00 EUR, same category Coffee machines, 1.5 l instead of 1 l".
    """
    text, switched = f"A step up from {anchor.title}{step.apart}", evidence.customers_switched
    if isinstance(switched, int) and switched >= _TELLING:
        text += ", chosen later by its buyers"
    if switched:
        of = "" if evidence.customers_with_item is UNSET else f" of {evidence.customers_with_item:,}"
        more = f", {step.more}" if step.more else ""
        kind = f", same category {step.category}" if step.category else ""
        who = f"{switched:,}{of} customers who bought {anchor.title} later chose this"
        evidence.told = f"{who}{more}{kind}{step.apart}"
    return Reason("upgrade", text, anchor.item_id, evidence)


class Described(Protocol):
    """What a card says that tells two items of a kind apart."""

    @property
    def title(self) -> str | None:
        """As the shop writes it."""

    @property
    def brand(self) -> str | None:
        """Likewise."""


def better(than: Described, item: Described) -> str:
    """What sets a dearer item apart, such as `, 1.5 l instead of 1 l`; empty where nothing is said."""
    told = ""
    small, large = find(than.title or ""), find(item.title or "")
    if small and large and small.pack.unit == large.pack.unit and small.pack.amount < large.pack.amount:
        told = f", {large.words} instead of {small.words}"
    old, new = than.brand, item.brand
    if old != new and old and new and old.casefold() != new.casefold():
        told += f", {new} instead of {old}"
    return told


def merchant(anchor: Anchor, *, upgrade: bool) -> Reason:
    """The reason of an item that the merchant linked."""
    text = f"Recommended instead of {anchor.title}" if upgrade else f"Recommended with {anchor.title}"
    return Reason("merchant", text, anchor.item_id, None)


def fallback(pick: Pick, anchors: Mapping[int, Anchor], category: str | None, *, upgrade: bool) -> Reason:
    """The reason of an item that fills a place nothing learned could fill."""
    because = anchors.get(pick.because)
    if pick.fallback != CATEGORY_BESTSELLERS:
        return Reason("bestseller", "Popular in this shop", None, None)
    where = f" in {category}" if category else ""
    text = f"Popular{where}, a step up from {because.title}" if upgrade and because else f"Popular{where}"
    return Reason("category_bestseller", text, because.item_id if because else None, None)


def due_again(orders: int, interval_days: float, days_since: int, item_id: str) -> Reason:
    """The reason of a consumable that its buyer will need again."""
    evidence = Evidence(own_orders=orders, interval_days=round(interval_days, 1), days_since=days_since)
    text = f"You have bought this {orders} times; it may be time again"
    return Reason("due_again", text, item_id, evidence)


def bought_before(orders: int, days_since: int, item_id: str, interval_days: int = 0) -> Reason:
    """The reason of what the customer has bought and is likely to buy again, whatever the calendar says.

    Args:
        orders: baskets of the customer with it.
        days_since: from the last of them to the end of the training data, below 0 where orders carry no time.
        item_id: its id.
        interval_days: the customer's own rhythm, 0 where it is not known.
    """
    evidence = Evidence(
        own_orders=orders,
        interval_days=float(interval_days) if interval_days else UNSET,
        days_since=days_since if days_since >= 0 else UNSET,
    )
    if orders == 1:
        return Reason("bought_before", "You have bought this before", item_id, evidence)
    last = "" if days_since < 0 else f", last {days_since} day{'' if days_since == 1 else 's'} ago"
    return Reason("bought_before", f"You have bought this {orders} times{last}", item_id, evidence)


def voiced(why: Why | None) -> Reason:
    """The reason of what nothing bought speaks for by itself."""
    if why is Why.TRENDING:
        return Reason("trending", "Much bought at the moment", None, None)
    return Reason("customers_alike", "Customers who buy what you buy choose this", None, None)

"""Picks into answers: indices become names, prices text, reasons sentences; one trip for all cards."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from fractions import Fraction
from functools import lru_cache
from math import floor, log10

import msgspec
from msgspec import UNSET

from models.money import PRICE_UNKNOWN, format_price
from models.records import UPSELL
from recsvc import reasons
from recsvc.picks import CustomerPicks
from recsvc.ranking import BESTSELLERS, CATEGORY_BESTSELLERS, MANUAL, Pick
from recsvc.reasons import Anchor, Step
from recsvc.shelves import Ask, Filled, Shelves
from recsvc.store.contract import Snapshot
from recsvc.tags import Tags
from recsvc.web.goods import Card, Good, Goods
from recsvc.web.messages import Fallback, Item, Picks, Price, Reason, Recommendations, ShelfNote

FLAT = ("id", "title", "link", "image_link", "price", "currency", "reason")
"""What each pick repeats at the top of the answer, as `item_1_id`, …, for mail tools without loops."""

_TENS = tuple(10.0**power for power in range(20))
_TINY, _LARGE = 1e-15, 1e2
"""Between these the scale is one of `_TENS`, which are exact."""


class Names:
    """Ids and cards of the items of one answer, fetched together.

    Attributes:
        anchors: position → anchor, for those that a pick stands for.
    """

    __slots__ = ("_goods", "anchors")

    def __init__(
        self, snapshot: Snapshot, shown: Sequence[Pick], anchor_items: Sequence[int], goods: Goods | None = None
    ) -> None:
        named = {pick.because: anchor_items[pick.because] for pick in shown if pick.because >= 0}
        self._goods = (goods or Goods()).of(snapshot, [*(pick.item for pick in shown), *named.values()])
        self.anchors = {position: self._anchor(item) for position, item in named.items()}

    def good(self, item: int) -> Good:
        """The item's id and card."""
        return self._goods[item]

    def card(self, item: int) -> Card:
        """How the item is shown."""
        return self._goods[item].card

    def item_id(self, item: int) -> str:
        """The item's id."""
        return self._goods[item].item_id

    def _anchor(self, item: int) -> Anchor:
        """The item as a reason names it: without a title, by its id."""
        item_id, card = self._goods[item]
        return Anchor(item, item_id, card.title or item_id)


def recommendations(
    snapshot: Snapshot, ask: Ask, found: Shelves, recommendation_id: str, goods: Goods | None = None
) -> Recommendations:
    """The answer to `/recommend`; `goods` keeps what is often shown at hand."""
    shown = [pick for filled in found.shelves.values() for pick in filled.picks]
    names = Names(snapshot, shown, found.anchors, goods)
    shelves: dict[str, list[Item]] = {
        shelf_type: _shelf(snapshot, ask, names, filled, upgrade=shelf_type == UPSELL)
        for shelf_type, filled in found.shelves.items()
    }
    used = {filled.fallback for filled in found.shelves.values()}
    return Recommendations(
        recommendation_id=recommendation_id,
        model_version=snapshot.version,
        generated_at=snapshot.generated_at,
        missing_ids=list(found.missing_ids),
        fallback=_weakest(used),
        empty_reason=None if shown else next(iter(found.shelves.values())).empty_reason,
        shelves={
            shelf_type: ShelfNote(len(filled.picks), _weakest({filled.fallback}), filled.empty_reason, filled.silence)
            for shelf_type, filled in found.shelves.items()
        },
        cross_sell=shelves.get("cross_sell", UNSET),
        upsell=shelves.get("upsell", UNSET),
    )


def no_model(ask: Ask, recommendation_id: str) -> Recommendations:
    """The answer while there is no version: empty shelves that say so."""
    return Recommendations(
        recommendation_id=recommendation_id,
        model_version=None,
        generated_at=None,
        missing_ids=[],
        fallback="none",
        empty_reason="no_model",
        shelves={shelf_type: ShelfNote(0, "none", "no_model") for shelf_type in ask.types},
        cross_sell=[] if "cross_sell" in ask.types else UNSET,
        upsell=[] if "upsell" in ask.types else UNSET,
    )


def pick_items(snapshot: Snapshot, chosen: CustomerPicks, goods: Goods | None = None) -> list[Item]:
    """The picks as items, each with its reason."""
    names = Names(snapshot, chosen.picks, chosen.anchors, goods)
    anchors = names.anchors
    items = []
    for rank, pick in enumerate(chosen.picks, 1):
        item = item_of(snapshot, names, pick, rank)
        if pick.fallback is not None:
            item.reason = reasons.fallback(pick, anchors, names.card(pick.item).category, upgrade=False)
        elif (due := chosen.due.get(pick.item)) is not None:
            item.reason = reasons.due_again(due.orders, due.interval_days, due.days_since, item.item_id)
        elif (own := chosen.again.get(pick.item)) is not None:
            item.reason = reasons.bought_before(own.orders, own.days_since, item.item_id)
        elif pick.because < 0:
            item.reason = reasons.voiced(chosen.voices.get(pick.item))
        else:
            because = anchors[pick.because]
            item.reason = reasons.learned(pick, because, snapshot.tags, snapshot.shop)
        items.append(item)
    return items


def picks(
    snapshot: Snapshot, customer_id: str, chosen: CustomerPicks, recommendation_id: str, goods: Goods | None = None
) -> Picks:
    """The answer to picks, without its flat doubles."""
    items, trait = pick_items(snapshot, chosen, goods), snapshot.trait(customer_id)
    return Picks(
        recommendation_id=recommendation_id,
        customer_id=customer_id,
        model_version=snapshot.version,
        generated_at=snapshot.generated_at,
        source="personal" if chosen.personal else "popular",
        send=bool(items),
        send_reason=None if items else "nothing_to_show",
        next_eligible_at=None,
        count=len(items),
        items=items,
        business=UNSET if trait is None else trait.business,
    )


def no_picks(customer_id: str, recommendation_id: str) -> Picks:
    """The answer to picks while there is no version."""
    return Picks(recommendation_id, customer_id, None, None, "popular", False, "no_model", None, 0, [])


def with_flat_doubles(answer: Picks) -> dict[str, object]:
    """The answer to picks as it is sent."""
    told = {name: value for name, value in msgspec.structs.asdict(answer).items() if value is not UNSET}
    return {**told, **flat_doubles(answer.items)}


def flat_doubles(items: Sequence[Item]) -> Mapping[str, str]:
    """`item_1_id`, `item_1_title`, …: text only, empty where unknown, so that a template never shows `null`."""
    flat = {}
    for at, item in enumerate(items, 1):
        price = item.price if isinstance(item.price, Price) else None
        reason = item.reason.text if isinstance(item.reason, Reason) else ""
        values = (
            item.item_id,
            item.title,
            item.link,
            item.image_link,
            price and price.amount,
            price and price.currency,
            reason,
        )
        flat.update({f"item_{at}_{name}": str(value or "") for name, value in zip(FLAT, values, strict=True)})
    return flat


def _shelf(snapshot: Snapshot, ask: Ask, names: Names, filled: Filled, *, upgrade: bool) -> list[Item]:
    anchors = names.anchors
    items = []
    for rank, pick in enumerate(filled.picks, 1):
        item = item_of(snapshot, names, pick, rank)
        if upgrade and pick.because >= 0:
            _tell_difference(item, pick, snapshot.tags, anchors, ask)
        if ask.explain:
            item.reason = _reason(snapshot, names, filled, pick, upgrade=upgrade)
        items.append(_only(item, ask.fields) if ask.fields else item)
    return items


def _tell_difference(item: Item, pick: Pick, tags: Tags, anchors: Mapping[int, Anchor], ask: Ask) -> None:
    """What an upsell costs more than what it stands for; over a cart also which line it replaces, and all of it."""
    because = anchors[pick.because]
    dear, cheap = tags[pick.item].price, tags[because.item].price
    if PRICE_UNKNOWN in (dear, cheap):  # only a merchant's link leads there
        return
    item.price_delta = format_price(dear - cheap)
    if len(ask.item_ids) > 1 or ask.quantities:  # a cart of one line names a quantity, a page does not
        item.swap_for = because.item_id
        quantity = ask.quantities[ask.item_ids.index(because.item_id)] if ask.quantities else 1.0
        pieces = int(quantity) if quantity.is_integer() else Fraction(str(quantity))
        item.cart_delta = format_price(round((dear - cheap) * pieces))


def _reason(snapshot: Snapshot, names: Names, filled: Filled, pick: Pick, *, upgrade: bool) -> Reason:
    anchors, card = names.anchors, names.card(pick.item)
    if pick.fallback == MANUAL:
        return reasons.merchant(anchors[pick.because], upgrade=upgrade)
    if pick.fallback is not None:
        return reasons.fallback(pick, anchors, card.category, upgrade=upgrade)
    if pick.because < 0:
        own = filled.own[pick.item]
        return reasons.bought_before(own.orders, own.days_since, names.item_id(pick.item), own.interval_days)
    because = anchors[pick.because]
    step = _step(snapshot, pick, because, names.card(because.item), card) if upgrade else None
    return reasons.learned(pick, because, snapshot.tags, snapshot.shop, step)


def _step(snapshot: Snapshot, pick: Pick, because: Anchor, cheap: Card, dear: Card) -> Step:
    price, base = snapshot.tags[pick.item].price, snapshot.tags[because.item].price
    shared = dear.category if dear.category and dear.category == cheap.category else ""
    more = f"+{format_price(price - base)} {snapshot.shop.currency or ''}".strip() if price > base >= 0 else ""
    return Step(reasons.better(cheap, dear), more, shared)


def item_of(snapshot: Snapshot, names: Names, pick: Pick, rank: int) -> Item:
    """A pick with its name, card and price; the reason is the caller's."""
    item_id, card = names.good(pick.item)
    amount = snapshot.tags[pick.item].price
    return Item(  # by position, for names cost twice the time
        item_id,
        rank,
        three_digits(pick.score),
        "learned" if pick.fallback is None else "manual" if pick.fallback == MANUAL else "fallback",
        card.title,
        card.brand,
        card.category,
        None if amount == PRICE_UNKNOWN else _price(amount, snapshot.shop.currency),
        link=card.link,
        image_link=card.image_link,
    )


def three_digits(score: float) -> float:
    """A score to three significant digits; a fifth of what it takes to write and read them.

    Dividing by a power of ten gives the double nearest to the decimal, as reading it does.
    """
    if not _TINY < score < _LARGE:
        return float(f"{score:.3g}")
    scale = _TENS[2 - floor(log10(score))]
    return round(score * scale) / scale


@lru_cache(maxsize=16_384)
def _price(amount: int, currency: str | None) -> Price:
    """A price as it is shown; nobody changes one."""
    return Price(format_price(amount), currency)


def _only(item: Item, fields: Sequence[str]) -> Item:
    for name in item.__struct_fields__:
        if name != "item_id" and name not in fields:
            setattr(item, name, UNSET)
    return item


def _weakest(used: set[str]) -> Fallback:
    if BESTSELLERS in used:
        return "bestsellers"
    return "category_bestsellers" if CATEGORY_BESTSELLERS in used else "none"

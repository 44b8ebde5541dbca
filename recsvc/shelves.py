"""From a question to shelves: fetch vectors, merge, fill, fall back. Knows the store's contract, not HTTP."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Literal

from models.days import day_of
from models.money import PRICE_UNKNOWN
from models.records import CART, CROSS_SELL, UPSELL
from recsvc.links import Rules, linked, linked_kinds, never
from recsvc.personal import Bought, Person, Purchased, barred, evidence, person, ranked
from recsvc.ranking import BESTSELLERS, CATEGORY_BESTSELLERS, MANUAL, NO_LIMIT, Gate, Pick, Shelf
from recsvc.store.contract import Row, Snapshot
from recsvc.upsells import CART_SWAPS, Silence, owned_by, silence
from recsvc.upsells import fill as fill_upsells
from recsvc.votes import merge

ShelfType = Literal["cross_sell", "upsell"]
_RULES = Rules()
EmptyReason = Literal["unknown_item", "below_support", "all_filtered", "cooled_down", "no_model"]


@dataclass(frozen=True, slots=True)
class Ask:
    """A question, checked and in one form, wherever it came from.

    Attributes:
        item_ids: the page's item, or a cart's lines without doubles.
        types: shelves asked for.
        n: places per shelf.
        exclude: ids that stay out, with their families; sorted.
        low, high: price bounds in ten-thousandths, None for none.
        in_stock: leave out what cannot be bought.
        customer_id: whose purchases to look up, None for nobody's (also where consent forbids it).
        purchased: which of the customer's purchases may stand here; None: consumables, see `recsvc.personal.barred`.
        fallback: fill up with labelled bestsellers.
        explain: say why.
        fields: what to tell of each item, empty for all.
        private: the answer is for one customer, cart or consent: it must not be cached.
        quantities: of the items, in their order; empty where the caller names none.
    """

    item_ids: tuple[str, ...]
    types: tuple[ShelfType, ...]
    n: int
    exclude: tuple[str, ...]
    low: int | None
    high: int | None
    in_stock: bool
    customer_id: str | None
    purchased: Purchased | None
    fallback: bool
    explain: bool
    fields: tuple[str, ...]
    private: bool
    quantities: tuple[float, ...] = ()


@dataclass(frozen=True, slots=True)
class Filled:
    """One shelf, filled.

    Attributes:
        picks: what stands there; `because` points into `Shelves.anchors`.
        fallback: the weakest fallback used: none, category_bestsellers or bestsellers.
        empty_reason: why nothing stands there, None where something does.
        silence: what is behind `below_support` on an upsell shelf, else None.
        own: shown item → the customer's purchases of it, for picks without an anchor and without a fallback.
    """

    picks: Sequence[Pick]
    fallback: str
    empty_reason: EmptyReason | None
    silence: Silence | None = None
    own: Mapping[int, Bought] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Shelves:
    """The shelves of one answer.

    Attributes:
        anchors: indices of the known items asked about, then of the known customer's latest purchases.
        missing_ids: the unknown ones, in the order asked.
        shelves: per type asked for.
    """

    anchors: Sequence[int]
    missing_ids: Sequence[str]
    shelves: Mapping[ShelfType, Filled]


def recommend(snapshot: Snapshot, ask: Ask, stem_cap: int, rules: Rules = _RULES) -> Shelves:
    """Answer one question from one version, under the shop's rules."""
    found = snapshot.find(ask.item_ids)
    anchors = [item for item in found if item >= 0]
    missing = [item_id for item_id, item in zip(ask.item_ids, found, strict=True) if item < 0]
    kinds = [UPSELL] if ask.types == (UPSELL,) else [*ask.types, CART] if len(anchors) > 1 else list(ask.types)
    kinds += linked_kinds(snapshot.kinds, ask.types, rules)
    known = _person(snapshot, ask)
    near = known.latest if known and known.weights and CROSS_SELL in ask.types and anchors else []
    fetched = snapshot.vectors(kinds, [*anchors, *near]) if anchors else {}
    vectors = {kind: rows[: len(anchors)] for kind, rows in fetched.items()}
    around = fetched.get(CROSS_SELL, [])[len(anchors) :]
    gate = _gate(snapshot, ask, anchors, known, never(vectors, snapshot.facts))
    filled: dict[ShelfType, Filled] = {}
    for shelf_type in ask.types:
        if shelf_type == CROSS_SELL:
            shelf = Shelf(gate, ask.n, stem_cap)
            filled[shelf_type] = _cross_sell(snapshot, ask, anchors, vectors, shelf, rules, known, around)
        else:
            filled[shelf_type] = _upsell(snapshot, ask, anchors, vectors, gate, stem_cap, rules, known)
    return Shelves([*anchors, *near], missing, filled)


def cross_sell_votes(
    settings: Mapping[str, object], vectors: Mapping[str, list[Row]], n_anchors: int
) -> tuple[list[Row], list[float], list[int], int, float]:
    """What `merge` is to add up for a shelf of companions.

    For n ≥ 2 anchors `score(j) = Σ_i cart_i(j) + c·n^-s·(Σ_i cross_i(j)^q)^(1/q)`, with c, s and q the version's
    `cart_blend`, `cart_blend_fall` and `cart_power`; without cart vectors the power mean alone; for one its own vector.
    A cart vector may speak against an item.
    """
    cart, cross = vectors.get(CART, []), vectors.get(CROSS_SELL, [])
    positions = list(range(n_anchors))
    power = max(_number(settings, "cart_power", 1.0), 1.0)
    if n_anchors < 2 or not cart:
        return cross, [1.0] * len(cross), positions[: len(cross)], len(cross), power
    blend = _number(settings, "cart_blend", 0.0) * n_anchors ** -_number(settings, "cart_blend_fall", 0.0)
    if blend <= 0 or not cross:
        return cart, [1.0] * len(cart), positions, 0, 1.0
    return [*cart, *cross], [1.0] * len(cart) + [blend] * len(cross), positions * 2, len(cross), power


def _number(settings: Mapping[str, object], name: str, default: float) -> float:
    value = settings.get(name, default)
    return float(value) if isinstance(value, int | float) else default


def _cross_sell(
    snapshot: Snapshot,
    ask: Ask,
    anchors: Sequence[int],
    vectors: Mapping[str, list[Row]],
    shelf: Shelf,
    rules: Rules,
    known: Person | None,
    around: Sequence[Row],
) -> Filled:
    if chosen := linked(vectors, CROSS_SELL):
        shelf.put(chosen, label=MANUAL)
        if rules.links == "only" and shelf.picks:
            return _filled(shelf, anchors)
    categories = [snapshot.tags[item].category for item in anchors]
    votes = merge(*cross_sell_votes(snapshot.settings, vectors, len(anchors)))
    facts = snapshot.facts
    picks = ranked(votes, known, around, anchors, facts, unproven=ask.fallback) if known else None
    if picks is None:
        shelf.put_smoothed(votes, categories, unproven=ask.fallback)
    else:
        shelf.place(picks)
    if ask.fallback:
        backfill(snapshot, anchors, shelf)
    filled = _filled(shelf, anchors)
    return replace(filled, own=evidence(known, facts, filled.picks)) if known and picks is not None else filled


def _upsell(
    snapshot: Snapshot,
    ask: Ask,
    anchors: Sequence[int],
    vectors: Mapping[str, list[Row]],
    gate: Gate,
    stem_cap: int,
    rules: Rules,
    known: Person | None,
) -> Filled:
    """For one item what is dearer than it; for a cart the best swap of each line, a few at most."""
    cart = len(anchors) > 1
    shelf = Shelf(gate, min(ask.n, CART_SWAPS) if cart else ask.n, stem_cap, one_each=cart)
    bought = frozenset(known.own.family.tolist()) if known and ask.purchased != "include" else frozenset()
    owned = owned_by(bought, snapshot.facts, anchors)
    fill_upsells(snapshot, anchors, vectors, shelf, rules, owned=owned, fallback=ask.fallback)
    filled = _filled(shelf, anchors)
    if filled.empty_reason != "below_support":
        return filled
    return replace(filled, silence="owned" if 0 in owned else silence(snapshot, anchors[0], rules))


def backfill(snapshot: Snapshot, anchors: Sequence[int], shelf: Shelf) -> None:
    """Fill what is left with bestsellers of the anchors' categories, then of the shop."""
    asked: set[int] = set()
    for position, item in enumerate(anchors):
        if shelf.full:
            return
        category = snapshot.tags[item].category
        if category >= 0 and category not in asked:
            asked.add(category)
            shelf.put_fallback(snapshot.bestsellers(category), CATEGORY_BESTSELLERS, position)
    if not shelf.full:
        shelf.put_fallback(snapshot.bestsellers(-1), BESTSELLERS)


def _filled(shelf: Shelf, anchors: Sequence[int]) -> Filled:
    if shelf.picks:
        used = {pick.fallback for pick in shelf.picks}
        weakest = next((label for label in (BESTSELLERS, CATEGORY_BESTSELLERS) if label in used), "none")
        return Filled(shelf.picks, weakest, None)
    if shelf.filtered:
        return Filled([], "none", "all_filtered")
    return Filled([], "none", "below_support" if anchors else "unknown_item")


def _person(snapshot: Snapshot, ask: Ask) -> Person | None:
    """The customer asked for, None for nobody and for one without purchases: one trip."""
    history = snapshot.customer(ask.customer_id) if ask.customer_id is not None else None
    return person(history, snapshot.settings, snapshot.facts, day_of(snapshot.shop.data_until)) if history else None


def _gate(
    snapshot: Snapshot, ask: Ask, anchors: Sequence[int], known: Person | None, never_beside: frozenset[int]
) -> Gate:
    tags = snapshot.tags
    low = PRICE_UNKNOWN if ask.low is None and ask.high is None else ask.low or 0
    refused = frozenset(tags[item].family for item in snapshot.find(ask.exclude) if item >= 0)
    return Gate(
        tags=tags,
        variants=snapshot.variants,
        barred=never_beside.union([tags[item].family for item in anchors]),
        refused=refused | barred(known, snapshot.facts, ask.purchased) if known else refused,
        low=low,
        high=NO_LIMIT if ask.high is None else ask.high,
        in_stock=ask.in_stock,
    )

"""A shelf for a known customer: the candidates of the page or cart and the customer's own, ranked together. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray

from models.personal import FEATURES, PERSONAL, Own, Scored, around, latest, own_of, table
from models.records import ItemFacts
from models.replenish import LAPSED, TOLERANCE
from recsvc.ranking import BESTSELLERS, CATEGORY_BESTSELLERS, Pick
from recsvc.store.contract import History, Row
from recsvc.votes import Votes

Purchased = Literal["exclude", "include", "due"]

_COLUMNS = ("item", "count", "last_day", "first_day", "habit")


class Bought(NamedTuple):
    """A customer's purchases of one product, the evidence of a reason.

    Attributes:
        orders: baskets with it.
        days_since: days from the last one to the end of the training data, -1 where orders carry no time.
        interval_days: the customer's own rhythm, 0 where it is not known.
    """

    orders: int
    days_since: int
    interval_days: int


class Person(NamedTuple):
    """A known customer, as shelves need one.

    Attributes:
        history: what was bought.
        own: the same by family.
        latest: the items whose vectors speak for what is around it.
        weights: of pages and of carts, where they were learnt.
        today: the last day of the data, days since 1970-01-01; 0 without times.
    """

    history: History
    own: Own
    latest: list[int]
    weights: Mapping[str, NDArray[np.float64]]
    today: int


def person(history: History, settings: Mapping[str, object], facts: ItemFacts, today: int | None) -> Person | None:
    """What shelves need of a customer; None of one without purchases."""
    if not len(history.item):
        return None
    own = own_of({name: getattr(history, name) for name in _COLUMNS}, history.traits.orders, facts.family)
    return Person(history, own, latest(own).tolist(), weights_of(settings), today or 0)


def weights_of(settings: Mapping[str, object]) -> dict[str, NDArray[np.float64]]:
    """The weights that a version learnt for `page` and `cart`; none where it learnt none or for other features."""
    learnt = settings.get(PERSONAL)
    if not isinstance(learnt, Mapping) or list(learnt.get("features", ())) != list(FEATURES):
        return {}
    return {name: np.array(learnt[name], np.float64) for name in ("page", "cart") if name in learnt}


def barred(known: Person, facts: ItemFacts, purchased: Purchased | None) -> frozenset[int]:
    """Families that this customer bought and should not be shown.

    Without a choice, durables: what its buyers seldom buy again (`consumable` is learnt per item, or said by the
    catalogue). `exclude`: all of them. `include`: none. `due`: all but those whose interval is about over.
    """
    own = known.own
    if purchased == "include":
        return frozenset()
    if purchased == "exclude":
        kept = np.zeros(len(own.family), np.bool_)
    elif purchased == "due":
        kept = _due(known, facts)
    else:
        kept = facts.consumable[own.item] == 1
    return frozenset(own.family[~kept].tolist())


def _due(known: Person, facts: ItemFacts) -> NDArray[np.bool_]:
    """What is about to be needed again: `0.8 ≤ days since / interval ≤ 3`, by the own interval, else the item's."""
    own = known.own
    mine = known.history.interval_days[own.at].astype(np.float64)
    interval = np.where(mine > 0, mine, facts.interval_days[own.item])
    since = known.today - own.last_day
    return np.asarray(
        (interval > 0)
        & (own.last_day >= 0)
        & (facts.consumable[own.item] == 1)
        & (since >= (1 - TOLERANCE) * interval)
        & (since <= LAPSED * interval)
    )


def ranked(
    votes: Votes,
    known: Person,
    near: Sequence[Row],
    anchors: Sequence[int],
    facts: ItemFacts,
    *,
    unproven: bool,
) -> Iterator[Pick] | None:
    """The picks of a personal shelf, best first, `exp(w·x - largest)` their score; None where nothing was learnt.

    `because` of what was bought before is -1, of what stands on anyone's shelf the anchor that speaks loudest, and else
    `len(anchors) + r` for the purchase r of `known.latest` that does.

    Args:
        votes: what the page or the cart says.
        known: the customer.
        near: the page vectors of `known.latest`; maybe none, where they could not be fetched.
        anchors: items of the page or the cart.
        facts: of all items.
        unproven: whether what is merely popular may stand here, labelled as fallback.
    """
    weights = known.weights.get("page" if len(anchors) == 1 else "cart")
    if weights is None or not anchors:
        return None
    rows = [Scored(row.item, row.score.astype(np.float64)) for row in near]
    positive = votes.score > 0
    shelf = Scored(votes.item[positive], votes.score[positive])
    choice = table(shelf, known.own, around(rows, known.own), np.asarray(anchors), facts, known.today)
    value = choice.features @ weights
    order = np.lexsort((choice.item, -value))
    score = np.exp(value - value.max(initial=-np.inf))
    speaker = {item: at for at, item in enumerate(votes.item.tolist())}
    return _picks(
        choice.item[order].tolist(),
        score[order].tolist(),
        choice.own[order].tolist(),
        votes,
        speaker,
        near,
        anchors,
        facts,
        unproven=unproven,
    )


def _picks(
    items: list[int],
    values: list[float],
    own: list[int],
    votes: Votes,
    speaker: Mapping[int, int],
    near: Sequence[Row],
    anchors: Sequence[int],
    facts: ItemFacts,
    *,
    unproven: bool,
) -> Iterator[Pick]:
    """Each candidate as a pick, when the shelf asks for it."""
    for item, score, mine in zip(items, values, own, strict=True):
        at = speaker.get(item)
        if mine >= 0:
            yield Pick(item, score, None, -1, 0)
            continue
        because, together = (-1, 0) if at is None else votes.voice(at)
        if together:
            yield Pick(item, score, None, because, together)
        elif (told := _loudest(item, near)) is not None:
            yield Pick(item, score, None, len(anchors) + told[0], told[1])
        elif at is not None and unproven:
            category = facts.category.item(anchors[because])
            alike = category >= 0 and facts.category.item(item) == category
            yield Pick(item, score, CATEGORY_BESTSELLERS if alike else BESTSELLERS, because, 0)


def _loudest(item: int, near: Sequence[Row]) -> tuple[int, int] | None:
    """Which purchase speaks loudest for an item, and the baskets that prove it; None without proof."""
    best: tuple[float, int, int] | None = None
    for number, row in enumerate(near):
        for at in np.flatnonzero(row.item == item).tolist():
            told = (row.score.item(at), number, row.together.item(at))
            if told[2] and (best is None or told[0] > best[0]):
                best = told
    return None if best is None else (best[1], best[2])


def evidence(known: Person, facts: ItemFacts, picks: Sequence[Pick]) -> dict[int, Bought]:
    """Shown item → the customer's purchases of it or of its variants, for what stands there as bought before."""
    own = known.own
    found = {}
    for pick in picks:
        if pick.because < 0 and pick.fallback is None:
            at = int(np.searchsorted(own.family, facts.family.item(pick.item)))
            last = own.last_day.item(at)
            interval = known.history.interval_days.item(own.at.item(at))
            since = max(known.today - last, 0) if last >= 0 else -1
            found[pick.item] = Bought(round(own.count.item(at)), since, interval)
    return found

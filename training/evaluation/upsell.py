"""Upsells measured on the shop's own last orders: does the shelf of what a customer had show what they chose next?"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from models.money import PRICE_UNKNOWN
from training.baskets import families
from training.cards import Assortment, assortment
from training.evaluation import upsell_tables as tables
from training.evaluation.one_per_family import one_per_family
from training.evaluation.report import Report
from training.evaluation.split import TEST_FROM, VALIDATION_FROM, cut, first
from training.evaluation.task import Task
from training.evaluation.trade_ups import Past, Questions, drawn, questions
from training.evaluation.trade_ups import measure as ask
from training.evaluation.upsell_ours import Way, learn
from training.evaluation.upsell_peers import PEERS
from training.readers.errors import InputError
from training.records import Catalogue, Orders
from training.upsell.margin import margins

POWERS = (0.0, 0.3, 0.5, 1.0)
"""Gain powers of the trade-off curve, from conversion to revenue; the settings' own is asked too."""

MARGIN_POWERS = (0.5, 1.0)
"""The same for the gain in margin, where the catalogue has costs."""

_FEWEST = 50


_ABOUT = (
    "Everybody learnt from the first 90 % of the orders. Then customers who had bought an item chose, for the first "
    "time, a dearer one of its kind: does the item's shelf show it? Prices are those paid before; rules were tuned on "
    "the tenth before. Variants of an article count as one. Ours is asked at several powers of the price gain, from "
    "conversion (0) to revenue (1), and where the catalogue has costs, of the gain in margin."
)


def peers() -> tuple[str, ...]:
    """The rules that can stand beside."""
    return tuple(PEERS)


def measure(task: Task) -> Report:
    """Learn from the first 90 % of the orders, ask about the rest.

    Raises:
        InputError: without times, customers, prices or categories there is nothing to ask.
    """
    if not task.orders.timed or not len(task.orders.customers):
        raise InputError("upsells are measured by what customers choose later: the orders need times and customers")
    # The catalogue's prices know the future: only its words are used.
    catalogue = task.catalogue and _priceless(task.catalogue)
    task = dataclasses.replace(task, orders=_by_family(task.orders, catalogue))
    low = cut(task.orders.n_orders, TEST_FROM)
    shelf, past = _past(task.orders, catalogue, low)
    everything = questions(task.orders, low, task.orders.n_orders, past)
    asked = drawn(everything, task.queries, task.seed)
    if len(asked) < _FEWEST:
        raise InputError(
            f"{len(asked)} customers chose something dearer of a kind in the last tenth of the orders; {_FEWEST} are "
            "needed. Have the orders prices, and the catalogue (--catalogue) categories?"
        )
    dearer = _candidates(asked, past)
    rows: dict[str, NDArray[np.float64]] = {}
    notes: list[str] = []
    chosen = _tuned(task, catalogue)
    for name in task.against:
        task.progress(f"upsell questions: {name}", 0.0)
        rows[name] = ask(asked, past, dearer, PEERS[name][0](past, chosen[name]))
        if chosen[name]:
            notes.append(f"{name}: " + ", ".join(f"{key} {value:g}" for key, value in chosen[name].items()))
    task.progress("upsell", 0.0)
    learnt = learn(past, shelf, task.settings)
    own = Way(task.settings.upsell_gain_power, bool(task.settings.upsell_margin))
    for way in _ways(own, costs=past.margin is not None):
        rows[way.name] = ask(asked, past, dearer, learnt.scores(way))
    of = np.unique([customer for customer, _ in asked], return_inverse=True)[1].astype(np.int64)
    best = max(task.against, key=lambda name: float(rows[name][:, 1].mean())) if task.against else None
    title = f"upsell ({len(asked):,} questions of {len(np.unique(of)):,} customers)"
    return Report(
        protocol="upsell",
        title="How good the upsells are",
        about=f"{_ABOUT} The settings ask for {own.name}.",
        tables=(
            tables.methods(rows, title),
            *([tables.over(rows, best, of)] if best else []),
            tables.calibration(learnt, everything),
            tables.silence(learnt, own),
        ),
        plots=tables.curves(rows),
        notes=tuple(notes),
    )


def _ways(own: Way, *, costs: bool) -> list[Way]:
    """Those of the trade-off curve and the settings' own, by rising power, price before margin."""
    ways = {own, *map(Way, POWERS)}
    if costs:
        ways |= {Way(power, margin=True) for power in MARGIN_POWERS}
    return sorted(ways, key=lambda way: (way.margin, way.power))


def _past(orders: Orders, catalogue: Catalogue | None, start: int) -> tuple[Assortment, Past]:
    shelf = assortment(first(orders, start), catalogue)
    sold = np.bincount(orders.item, minlength=len(orders.items)) > 0  # other variants than the one that stands for all
    price, cost = np.where(sold, shelf.price[shelf.bought], PRICE_UNKNOWN), shelf.cost[shelf.bought]
    known = bool(((price > 0) & (cost > 0)).any())
    past = Past(
        orders=first(orders, start),
        price=price,
        group=shelf.category[shelf.bought].astype(np.int64),
        margin=margins(price, cost) if known else None,
    )
    return shelf, past


def _by_family(orders: Orders, catalogue: Catalogue | None) -> Orders:
    shelf = assortment(orders, catalogue)
    return one_per_family(orders, families(shelf.family).of_item[shelf.bought], cut(orders.n_orders, VALIDATION_FROM))


def _priceless(catalogue: Catalogue) -> Catalogue:
    return dataclasses.replace(catalogue, price=np.full_like(catalogue.price, PRICE_UNKNOWN))


def _candidates(asked: Questions, past: Past) -> dict[int, NDArray[np.int64]]:
    return {item: past.dearer(item) for item in sorted({item for _, item in asked})}


def _tuned(task: Task, catalogue: Catalogue | None) -> dict[str, Mapping[str, float]]:
    """The parameters of each rule that did best on the tenth before; the first of equals."""
    best = {name: PEERS[name][1][0] for name in task.against}
    open_ones = [name for name in task.against if len(PEERS[name][1]) > 1]
    if open_ones:
        low, high = (cut(task.orders.n_orders, share) for share in (VALIDATION_FROM, TEST_FROM))
        _, past = _past(task.orders, catalogue, low)
        asked = drawn(questions(task.orders, low, high, past), task.queries, task.seed + 1)
        dearer = _candidates(asked, past)
        for name in open_ones if asked else ():
            task.progress(f"rule {name}", 0.0)
            maker, grid = PEERS[name]
            found = [float(ask(asked, past, dearer, maker(past, each))[:, 1].mean()) for each in grid]
            best[name] = grid[int(np.argmax(found))]
    return best

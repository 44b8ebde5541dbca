"""How shops choose upsells today, as scores of an item's dearer siblings."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray

from training.evaluation.trade_ups import Past, Scores

Maker = Callable[[Past, Mapping[str, float]], Scores]


def random_dearer(past: Past, _parameters: Mapping[str, float]) -> Scores:
    """Any of them."""
    blind = np.random.default_rng(0).random(len(past.price))
    return lambda _item, others: blind[others]


def cheapest_above(past: Past, _parameters: Mapping[str, float]) -> Scores:
    """The smallest step first."""
    return lambda _item, others: -past.price[others].astype(float)


def price_cap(past: Past, parameters: Mapping[str, float]) -> Scores:
    """What sells most among those at most `cap` times as dear, then the cheapest: a common rule of shop systems."""
    popular, price, cap = _sold(past), past.price, parameters["cap"]
    return lambda item, others: np.where(
        price[others] <= cap * price[item], popular[others], -price[others].astype(float)
    )


def popularity(past: Past, _parameters: Mapping[str, float]) -> Scores:
    """What sells most."""
    popular = _sold(past)
    return lambda _item, others: popular[others]


def recent(past: Past, parameters: Mapping[str, float]) -> Scores:
    """What sells most now, orders halving in weight every `half_life` of the past."""
    now = _recent(past, parameters["half_life"])
    return lambda _item, others: now[others]


def same_basket(past: Past, _parameters: Mapping[str, float]) -> Scores:
    """What lies in one basket with it, then what sells most."""
    orders, popular = past.orders, _sold(past)
    shape = (orders.n_orders, len(past.price))
    together = _Together(sp.csr_array((np.ones(len(orders.item)), orders.item, orders.indptr), shape=shape))
    return lambda item, others: together.rows(item, others) + popular[others] / 1e7


def same_customers(past: Past, parameters: Mapping[str, float]) -> Scores:
    """What its customers also bought, smoothed by `belief` customers who choose what sells now."""
    now, belief, together = _recent(past, parameters["half_life"]), parameters["belief"], _by_customer(past)
    mass = np.bincount(past.group + 1, weights=now)
    return lambda item, others: (
        together.rows(item, others) + belief * now[others] / max(float(mass[past.group[item] + 1]), 1e-9)
    )


PEERS: dict[str, tuple[Maker, Sequence[Mapping[str, float]]]] = {
    "random": (random_dearer, [{}]),
    "cheapest-above": (cheapest_above, [{}]),
    "price-cap": (price_cap, [{"cap": 1.3}]),
    "popularity": (popularity, [{}]),
    "recent-popularity": (recent, [{"half_life": h} for h in (0.05, 0.1, 0.2, 0.3)]),
    "same-basket": (same_basket, [{}]),
    "same-customers": (
        same_customers,
        [{"half_life": h, "belief": b} for h in (0.1, 0.3) for b in (40.0, 80.0, 160.0, 320.0)],
    ),
}
"""Name → how to make it and the parameters to choose from on the validation window."""


def _sold(past: Past) -> NDArray[np.float64]:
    return np.bincount(past.orders.item, minlength=len(past.price)).astype(np.float64)


def _recent(past: Past, half_life: float) -> NDArray[np.float64]:
    orders = past.orders
    line = np.repeat(np.arange(orders.n_orders), np.diff(orders.indptr))
    age = (orders.n_orders - line) / max(orders.n_orders, 1)
    weight = np.power(0.5, age / half_life)
    return np.bincount(orders.item, weights=weight, minlength=len(past.price)).astype(np.float64)


@lru_cache(maxsize=2)
def _by_customer(past: Past) -> _Together:
    """Who bought what, counted once for all parameters."""
    orders = past.orders
    customer = np.repeat(orders.customer, np.diff(orders.indptr))
    known = customer >= 0
    shape = (len(orders.customers), len(past.price))
    bought = sp.csr_array((np.ones(int(known.sum())), (customer[known], orders.item[known])), shape=shape)
    bought.data[:] = 1  # the matrix summed repeats
    return _Together(bought)


class _Together:
    """How many rows of a matrix of ones hold two columns; each item is counted once, for its dearer siblings."""

    def __init__(self, matrix: sp.csr_array) -> None:
        self._rows = matrix
        self._columns = matrix.tocsc()
        self._known: dict[int, NDArray[np.float64]] = {}

    def rows(self, item: int, others: NDArray[np.int64]) -> NDArray[np.float64]:
        """Rows that hold both, per other item; an item is asked about the same others each time."""
        if item not in self._known:
            owners = self._columns.indices[self._columns.indptr[item] : self._columns.indptr[item + 1]]
            held = self._rows[owners].indices
            self._known[item] = np.bincount(held, minlength=self._rows.shape[1])[others].astype(np.float64)
        return self._known[item]

"""Which accounts buy as businesses do: more of the same articles at a time than others take."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from training.records import Orders

_FEWEST_ORDERS = 5
"""Orders from which on an account is judged: one big party is no business."""

_FEWEST_ACCOUNTS = 20
"""Accounts with so many orders, below which there is no "usual" to be far above."""

_FENCE = 1.5
_LEAST = 1.25
"""Times the median account's, whatever the fence says: where all take one of each, two of one is no business."""


def takes(orders: Orders) -> NDArray[np.float64]:
    """How much of an article each account takes against what others take of the same one: float64 (n_customers,).

        r_c = exp( mean over the lines of c of  ln quantity − mean over all lines with the article of ln quantity )

    1 is the average line; screws are compared with screws and sofas with sofas. 1 for an account without lines.
    """
    who = np.repeat(orders.customer, np.diff(orders.indptr))
    known = who >= 0
    log = np.log(orders.quantity.astype(np.float64))
    usual = np.bincount(orders.item, weights=log) / np.maximum(np.bincount(orders.item), 1)
    n, above = len(orders.customers), log - usual[orders.item]
    lines = np.bincount(who[known], minlength=n)
    return np.asarray(np.exp(np.bincount(who[known], weights=above[known], minlength=n) / np.maximum(lines, 1)))


def business(orders: Orders) -> NDArray[np.uint8]:
    """1 for accounts that buy as businesses do: uint8 (n_customers,).

    Among accounts with 5 orders or more, those whose ln r lies above the upper fence, third quartile + 1.5 times the
    distance of the quartiles (Tukey, "Exploratory data analysis", 1977), and whose r is 1.25 times the median's or
    more. Nobody where fewer than 20 accounts have so many orders.

    Args:
        orders: of everybody.
    """
    n = len(orders.customers)
    judged = np.flatnonzero(np.bincount(orders.customer[orders.customer >= 0], minlength=n) >= _FEWEST_ORDERS)
    found = np.zeros(n, dtype=np.uint8)
    if len(judged) < _FEWEST_ACCOUNTS:
        return found
    log = np.log(takes(orders)[judged])
    low, middle, high = np.percentile(log, (25, 50, 75))
    found[judged[(log > high + _FENCE * (high - low)) & (log >= middle + np.log(_LEAST))]] = 1
    return found

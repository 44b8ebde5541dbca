"""How much one account may say: robots nothing, nobody more than three heavy customers, of an item one vote.

A *heavy customer* is the 99th percentile of orders per customer, a limit that one account cannot move: what a single
observation may do to the answer is bounded (Hampel, "The influence curve and its role in robust estimation", JASA
1974). Guests are an account each, since nothing tells them apart.
"""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray

from training.records import Orders

_HEAVY_PERCENTILE = 99
_EASED_ABOVE = 3
"""Times heavy: an account with more orders weighs as one with so many."""
_FEWEST = 100
"""Nobody with so many orders or fewer has too many, however small the shop."""
_NAMED = 3
"""Robots named in a report; the others are counted."""
_REPEATING = 30
"""Baskets of several items from which on an account is asked whether it ever buys anything else."""
_NEW_SHARE = 0.1
"""An account whose baskets are new less often than this repeats itself."""


@dataclass(frozen=True, slots=True, eq=False)
class Shoppers:
    """The orders to learn from, and what each account's orders weigh.

    Attributes:
        orders: without those of robots.
        influence: float64 (n_orders,), in (0, 1]: 1, or 3 · heavy / n where an account has n > 3 · heavy orders.
        heavy: orders of a heavy customer; 0 without customers.
        robots: account id → orders left out, most first.
        eased: accounts whose orders weigh less than 1 each.
    """

    orders: Orders
    influence: NDArray[np.float64]
    heavy: int
    robots: dict[str, int]
    eased: int


def shoppers(orders: Orders, robot_factor: float) -> Shoppers:
    """Leave out robots, ease accounts with more than three times the orders of a heavy customer.

    A robot has more than `robot_factor` · heavy orders and more than 100, or 30 baskets of several items or more of
    which less than a tenth differ.

    Args:
        orders: of everybody.
        robot_factor: 0 leaves nobody out.
    """
    known = orders.customer >= 0
    count = np.bincount(orders.customer[known], minlength=1)
    if not known.any():
        return Shoppers(orders, np.ones(orders.n_orders), 0, {}, 0)
    heavy = int(np.percentile(count[count > 0], _HEAVY_PERCENTILE, method="higher"))
    odd = np.zeros(len(count), dtype=bool)
    if robot_factor > 0:
        odd = (count > max(robot_factor * heavy, _FEWEST)) | _repeating(orders, len(count))
    robots = np.flatnonzero(odd)
    kept = without(orders, known & np.isin(orders.customer, robots))
    most = _EASED_ABOVE * heavy
    # Guests read the last place, which is 1.
    factor = np.append(np.minimum(1.0, most / np.maximum(count, 1)), 1.0)
    ordered = robots[np.lexsort((robots, -count[robots]))].tolist()
    return Shoppers(
        orders=kept,
        influence=factor[kept.customer],
        heavy=heavy,
        robots={orders.customers.text(who): int(count[who]) for who in ordered},
        eased=int(((count > most) & ~odd).sum()),
    )


def remarks(known: Shoppers) -> tuple[str, ...]:
    """Who was left out or eased, in sentences; none where everybody counts alike."""
    told: list[str] = []
    if known.robots:
        who = ", ".join(f"{name} ({orders:,} orders)" for name, orders in list(known.robots.items())[:_NAMED])
        more = f" and {len(known.robots) - _NAMED:,} more" if len(known.robots) > _NAMED else ""
        told.append(
            f"no shoppers, left out of what is learnt: {who}{more}; a heavy customer has {known.heavy:,} orders. "
            "To keep them: robot_factor = 0"
        )
    if known.eased:
        told.append(
            f"{known.eased:,} accounts with over {_EASED_ABOVE * known.heavy:,} orders weigh as if they had so many"
        )
    return tuple(told)


def vouchers(account: NDArray[np.int32], day: NDArray[np.int64], days: int) -> NDArray[np.int32]:
    """Who speaks for the pairs of each basket: an account, and the same account once more in another span of `days`.

    Who puts two things together again a month later means it. One basket does not say so, nor do many of one week.

    Args:
        account: int32 (n_orders,), -1 for a guest, who stays one.
        day: int64 (n_orders,), days since 1970-01-01; -1 where orders carry no time.
        days: length of a span; 0: an account speaks once and for all.

    Returns:
        int32 (n_orders,), numbers that are equal where the same voucher speaks; -1 for guests.
    """
    if days <= 0 or not len(day):
        return account
    span = day // days
    each = account.astype(np.int64) * (int(span.max()) + 2) + span + 1
    _, number = np.unique(each, return_inverse=True)
    return np.where(account < 0, -1, number).astype(np.int32)


def _repeating(orders: Orders, n_accounts: int) -> NDArray[np.bool_]:
    """Accounts that place the same basket over and over; baskets of one item say nothing and do not count."""
    # A basket's mark is the sum of its items' random numbers: equal baskets have equal marks, others hardly ever.
    number = np.random.default_rng(1).integers(0, 2**62, len(orders.items), dtype=np.uint64)
    running = np.concatenate([np.zeros(1, np.uint64), np.cumsum(number[orders.item], dtype=np.uint64)])
    mark = running[orders.indptr[1:]] - running[orders.indptr[:-1]]
    asked = np.flatnonzero((orders.customer >= 0) & (np.diff(orders.indptr) > 1))
    who = orders.customer[asked]
    order = np.lexsort((mark[asked], who))
    who, mark = who[order], mark[asked][order]
    new = np.ones(len(who), dtype=bool)
    new[1:] = (who[1:] != who[:-1]) | (mark[1:] != mark[:-1])
    baskets = np.bincount(who, minlength=n_accounts)
    return (baskets >= _REPEATING) & (np.bincount(who[new], minlength=n_accounts) < _NEW_SHARE * baskets)


def votes(baskets: sp.csr_array, account: NDArray[np.int32]) -> sp.csr_array:
    """`baskets` with entries 1 / n, n the baskets in which the entry's account has the item: one vote per account.

    Args:
        baskets: csr_array (n_orders, n_items) of ones.
        account: int32 (n_orders,), -1 for a guest, who is somebody else each time.
    """
    voter = np.repeat(each_guest_apart(account), np.diff(baskets.indptr))
    _, place, count = np.unique(voter * baskets.shape[1] + baskets.indices, return_inverse=True, return_counts=True)
    return sp.csr_array((1.0 / count[place], baskets.indices, baskets.indptr), shape=baskets.shape)


def without(orders: Orders, left_out: NDArray[np.bool_]) -> Orders:
    """Orders without some baskets; items and customers keep their numbers.

    Args:
        orders: n_orders baskets.
        left_out: bool (n_orders,).
    """
    if not left_out.any():
        return orders
    kept, lines = ~left_out, ~np.repeat(left_out, np.diff(orders.indptr))
    return dataclasses.replace(
        orders,
        time=orders.time[kept],
        customer=orders.customer[kept],
        indptr=np.concatenate([[0], np.cumsum(np.diff(orders.indptr)[kept])]).astype(np.int64),
        item=orders.item[lines],
        quantity=orders.quantity[lines],
        price=orders.price[lines],
    )


def each_guest_apart(account: NDArray[np.int32]) -> NDArray[np.int64]:
    """`account` with a number of its own in place of every guest's -1: int64 (n,), those of guests above all others."""
    numbered = account.astype(np.int64)
    guest = account < 0
    numbered[guest] = account.max(initial=-1) + 1 + np.arange(int(guest.sum()))
    return numbered

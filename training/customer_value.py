"""What each customer will spend: how often they still come (MBG/NBD), times what they leave per visit (Gamma-Gamma).

Fader, Hardie & Lee, "Counting your customers the easy way" (Marketing Science 2005), in the form of Batislam, Denizel &
Filiztekin (IJRM 2007), in which a customer may leave after the very first visit; Fader & Hardie, "The Gamma-Gamma model
of monetary value" (2013, note 025). A visit is a day with a purchase. After each visit a customer leaves for good with
a chance of their own; while alive they come at a rate of their own.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize
from scipy.special import betaln, gammaln, hyp2f1

from models.money import PRICE_UNKNOWN
from training.records import Orders
from training.rhythm.days import starts

Floats = NDArray[np.float64]
YEAR = 365.0
_DAY = 86_400
_UNIT = 10_000
_SAMPLE = 20_000
"""Customers that the few parameters are fitted on: more change nothing but the time."""

_FEWEST = 30
"""Customers with a second visit from which on there is something to fit."""


@dataclass(frozen=True, slots=True, eq=False)
class Visits:
    """Per customer, n entries in the order of `Orders.customers`.

    Attributes:
        repeats: float64 (n,), visits after the first.
        active: float64 (n,), days from the first to the last visit.
        age: float64 (n,), days from the first visit to the end of the data.
        spend: float64 (n,), mean money per visit in currency units; 0 where no price is known.
    """

    repeats: Floats
    active: Floats
    age: Floats
    spend: Floats


@dataclass(frozen=True, slots=True, eq=False)
class CustomerValue:
    """What is expected of each customer.

    Attributes:
        visits: float64 (n,), expected visits in the time asked.
        alive: float64 (n,), chance that the customer still comes at all.
        spend: float64 (n,), expected money in the time asked, NaN where no price is known.
    """

    visits: Floats
    alive: Floats
    spend: Floats


def visits(orders: Orders) -> Visits:
    """Count visits by day; all of them empty where orders carry no time."""
    count = len(orders.customers)
    known = (orders.customer >= 0) & orders.timed
    customer, day = orders.customer[known], orders.time[known] // _DAY
    line = np.repeat(np.arange(orders.n_orders), np.diff(orders.indptr))
    priced = np.where(orders.price == PRICE_UNKNOWN, 0, orders.price) / _UNIT * orders.quantity
    money = np.bincount(line, weights=priced, minlength=orders.n_orders)[known]
    by = np.lexsort((day, customer))
    new = starts(customer[by], day[by])
    days = np.bincount(customer[by][new], minlength=count).astype(np.float64)
    total = np.bincount(customer, weights=money, minlength=count)
    first, last = np.full(count, np.inf), np.full(count, -np.inf)
    np.minimum.at(first, customer, day)
    np.maximum.at(last, customer, day)
    seen = days > 0
    end = float(day.max(initial=0))
    return Visits(
        repeats=np.maximum(days - 1, 0),
        active=np.where(seen, last - np.where(seen, first, 0), 0.0),
        age=np.where(seen, end - np.where(seen, first, 0), 0.0),
        spend=total / np.maximum(days, 1),
    )


def customer_value(of: Visits, ahead: float = YEAR) -> CustomerValue | None:
    """Expected visits and money over the next `ahead` days; None where too few customers came back to learn from."""
    if (of.repeats > 0).sum() < _FEWEST:
        return None
    rate = _fit_visits(of)
    alive, coming = _visits_ahead(rate, of, ahead)
    return CustomerValue(coming, alive, coming * _money(of))


def _fit_visits(of: Visits) -> Floats:
    """Parameters r, α, a, b of MBG/NBD by maximum likelihood, days scaled so that the mean age is 1; α in days."""
    part = _sample(of)
    scale = max(float(part.age.mean()), 1.0)
    scaled = Visits(part.repeats, part.active / scale, part.age / scale, part.spend)

    def loss(logs: Floats) -> float:
        return -float(_visit_likelihood(np.exp(logs), scaled).mean())

    r, alpha, a, b = np.exp(_lowest(loss, np.log([1.0, 0.3, 0.5, 3.0])))
    return np.array([r, alpha * scale, a, b])


def _visit_likelihood(parameters: Floats, of: Visits) -> Floats:
    """Log-likelihood of each customer."""
    r, alpha, a, b = parameters
    x = of.repeats
    ever = gammaln(r + x) - gammaln(r) + r * np.log(alpha) + betaln(a, b + x + 1) - betaln(a, b)
    stayed = -(r + x) * np.log(alpha + of.age)
    left = np.log(a) - np.log(b + x) - (r + x) * np.log(alpha + of.active)
    return np.asarray(ever + np.logaddexp(stayed, left))


def _visits_ahead(parameters: Floats, of: Visits, ahead: float) -> tuple[Floats, Floats]:
    """Chance to be alive, and expected visits in the next `ahead` days.

    `alive = 1 / (1 + a/(b+x) · ((α+T)/(α+t))^(r+x))` for x repeats, the last at t, age T; the visits by the closed
    form with Gauss's ₂F₁ (Batislam et al. 2007; Hoppe & Wagner, Marketing JRM 2007).
    """
    r, alpha, a, b = parameters
    a = a if abs(a - 1) > 1e-6 else 1 + 1e-5  # a removable pole of the closed form
    x = of.repeats
    alive = 1 / (1 + a / (b + x) * ((alpha + of.age) / (alpha + of.active)) ** (r + x))
    falls = ((alpha + of.age) / (alpha + of.age + ahead)) ** (r + x)
    series = hyp2f1(r + x, b + x + 1, a + b + x, ahead / (alpha + of.age + ahead))
    coming = (a + b + x) / (a - 1) * (1 - falls * series) * alive
    return alive, np.clip(np.nan_to_num(coming, nan=0.0), 0.0, ahead)


def _money(of: Visits) -> Floats:
    """Expected money per visit, drawn to the shop's mean where a customer came seldom; NaN without prices."""
    counted, mean = of.repeats + 1, of.spend
    paid = mean > 0
    if paid.sum() < _FEWEST:
        return np.full(len(mean), np.nan)
    usual = float(np.median(mean[paid]))
    part = _sample(Visits(of.repeats[paid], of.active[paid], of.age[paid], mean[paid] / usual))

    def loss(logs: Floats) -> float:
        return -float(_money_likelihood(np.exp(logs), part.repeats + 1, part.spend).mean())

    p, q, v = np.exp(_lowest(loss, np.log([1.0, 2.0, 1.0])))
    q = max(q, 1.05)  # the mean exists for q > 1 only
    expected = p * (v + counted * mean / usual) / (p * counted + q - 1) * usual
    return np.where(paid, expected, np.nan)


def _money_likelihood(parameters: Floats, x: Floats, mean: Floats) -> Floats:
    """Log-likelihood of each customer's mean spend (equation 1a of the note)."""
    p, q, v = parameters
    return np.asarray(
        gammaln(p * x + q)
        - gammaln(p * x)
        - gammaln(q)
        + q * np.log(v)
        + (p * x - 1) * np.log(mean)
        + p * x * np.log(x)
        - (p * x + q) * np.log(v + mean * x)
    )


def _lowest(loss: Callable[[Floats], float], start: Floats) -> Floats:
    """Minimise from a fixed start within e^±8, by simplex: no gradient to be wrong, the same answer every night."""
    found = minimize(loss, start, method="Nelder-Mead", bounds=[(-8.0, 8.0)] * len(start), options={"maxiter": 600})
    return np.asarray(found.x, dtype=np.float64)


def _sample(of: Visits) -> Visits:
    """Evenly spaced customers, at most `_SAMPLE`, none without a visit."""
    seen = np.flatnonzero((of.age > 0) | (of.repeats > 0))
    at = seen[:: max(1, -(-len(seen) // _SAMPLE))]
    return Visits(of.repeats[at], of.active[at], of.age[at], of.spend[at])

"""How much a known customer's own purchases weigh on a shelf, learnt from the shop's latest orders.

Vectors and histories of the first 90 % of the orders answer questions from the last 10 %, asked by customers who bought
before. The weights that make what they bought likeliest are the version's; pages and carts have weights of their own.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray
from scipy.optimize import minimize
from threadpoolctl import threadpool_limits  # type: ignore[import-untyped]  # it ships no types

from models.customers import Purchases
from models.days import day_of
from models.model import Model
from models.personal import FEATURES, Choice, Own, Scored, around, latest, own_of, table
from models.records import CART, CROSS_SELL
from models.stored import StoredVectors, scores
from training.evaluation.queries import Kind, Queries, draw
from training.records import Orders
from training.settings import TrainSettings

WINDOW = 0.9
"""The share of the orders that is the past; the rest asks."""

_FEWEST = 100
_PENALTY = 1e-4
_SEED = 7
_KINDS: dict[str, Kind] = {"page": "page", "cart": "growing"}


def learn(past: Model, orders: Orders, baskets: sp.csr_array, start: int, settings: TrainSettings) -> dict[str, object]:
    """Weights per context, `{"features": […], "page": […], "cart": […]}`; a context with under 100 questions is absent.

    Args:
        past: trained on the first `start` orders; items and families are those of all orders.
        orders: all of them.
        baskets: csr_array (n_orders, n_families).
        start: the first order that may ask.
        settings: how shelves are blended, and how many questions of a kind are asked at most.
    """
    found: dict[str, object] = {}
    asking = np.flatnonzero(is_known(past, orders)[start:]) + start
    known = np.zeros(baskets.shape[1], dtype=bool)
    known[baskets.indices[: baskets.indptr[start]]] = True
    for context, kind in _KINDS.items():
        asked = draw(baskets[asking], known, kind, settings.personal_questions, _SEED)
        if len(asked) < _FEWEST:
            continue
        choices = [
            choice_of(past, settings, given, customer)
            for given, customer in zip(given_of(asked), orders.customer[asking[asked.basket]].tolist(), strict=True)
        ]
        weights = fit(choices, asked)
        found[context] = [float(f"{weight:.5g}") for weight in weights.tolist()]
    return found | {"features": list(FEATURES)} if found else {}


def is_known(past: Model, orders: Orders) -> NDArray[np.bool_]:
    """Which orders are of a customer with a purchase in `past`, (n_orders,)."""
    bought = np.append(np.diff(past.customers.purchases.indptr) > 0, False)
    return np.asarray(bought[orders.customer])


def given_of(asked: Queries) -> list[NDArray[np.int32]]:
    """What each question gives, families."""
    return np.split(asked.given.indices, asked.given.indptr[1:-1])


def choice_of(past: Model, settings: TrainSettings, given: NDArray[np.int32], customer: int) -> Choice:
    """The candidates of one question; `customer` has purchases."""
    speaker = past.variants.item[past.variants.indptr[given]]
    own = purchases_of(past.customers.purchases, customer, int(past.customers.traits.orders[customer]), past)
    near = around([_row(past.vectors[CROSS_SELL], item) for item in latest(own).tolist()], own)
    return table(shelf_of(past, settings, speaker), own, near, speaker, past.facts, day_of(past.shop.data_until) or 0)


def purchases_of(purchases: Purchases, customer: int, orders: int, past: Model) -> Own:
    """One customer's purchases as families."""
    row = purchases.row(customer)
    names = ("item", "count", "last_day", "first_day", "habit")
    return own_of({name: getattr(purchases, name)[row] for name in names}, orders, past.facts.family)


def shelf_of(model: Model, settings: TrainSettings, anchors: NDArray[np.int32]) -> Scored:
    """What anyone is shown, as the service has it.

    An item's own vector; for a cart of n items `score(j) = Σ_i cart_i(j) + c·n^-s·(Σ_i cross_sell_i(j)^q)^(1/q)`.
    """
    cross = [_row(model.vectors[CROSS_SELL], item) for item in anchors.tolist()]
    if len(cross) == 1:
        return cross[0]
    total, power = np.zeros(len(model.items)), settings.cart_power
    for row in cross:
        total[row.item] += row.score**power
    total **= 1 / power
    if CART in model.vectors:
        total *= settings.cart_blend * len(cross) ** -settings.cart_blend_fall
        for item in anchors.tolist():
            row = _row(model.vectors[CART], item)
            total[row.item] += row.score
    item = np.flatnonzero(total > 0).astype(np.int32)
    return Scored(item, total[item])


def fit(choices: Sequence[Choice], asked: Queries) -> NDArray[np.float64]:
    """Weights that make what was bought likeliest: least `-Σ_q 1/√n_q · Σ_j log softmax_j(w·x) / Q + λ|w·sd|²`.

    Each of a question's n_q bought families is one choice out of the question's candidates; those that are none of them
    are left out. Convex, from 0, in one thread: the same questions give the same weights.

    Args:
        choices: the candidates of each question.
        asked: the questions.
    """
    sought = np.split(asked.sought.indices, asked.sought.indptr[1:-1])
    sizes = np.array([len(choice.family) for choice in choices])
    wanted = np.concatenate(
        [
            np.isin(choice.family, target) / np.sqrt(max(len(target), 1))
            for choice, target in zip(choices, sought, strict=True)
        ]
    )
    features = np.concatenate([choice.features for choice in choices]).astype(np.float32)
    spread = features.std(axis=0, dtype=np.float64)
    spread[spread == 0] = np.inf  # says nothing, weighs nothing
    features /= spread.astype(np.float32)
    starts = (np.cumsum(sizes) - sizes)[sizes > 0]
    question = np.repeat(np.arange(len(starts)), sizes[sizes > 0])
    mass = np.add.reduceat(wanted, starts)

    def loss(weights: NDArray[np.float64]) -> tuple[float, NDArray[np.float64]]:
        value = (features @ weights.astype(np.float32)).astype(np.float64)
        value -= np.maximum.reduceat(value, starts)[question]
        likely = np.exp(value)
        total = np.add.reduceat(likely, starts)
        slope = (likely / total[question] * mass[question] - wanted).astype(np.float32)
        missed = float(mass @ np.log(total) - wanted @ value) / len(starts)
        gradient = (slope @ features).astype(np.float64) / len(starts)
        return missed + _PENALTY * float(weights @ weights), gradient + 2 * _PENALTY * weights

    with threadpool_limits(1):  # the same sums whatever the number of cores
        found = minimize(loss, np.zeros(len(FEATURES)), jac=True, method="L-BFGS-B", options={"maxiter": 150})
    return np.asarray(found.x / spread, dtype=np.float64)


def _row(vectors: StoredVectors, item: int) -> Scored:
    row = vectors.row(item)
    score = scores(vectors.score[row]).astype(np.float64)
    return Scored(vectors.item[row], score)

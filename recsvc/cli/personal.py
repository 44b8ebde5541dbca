"""Shelves of known customers, measured as they are served, beside the same shelves without the customer."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray

from models.artefact import Run, Version
from models.model import Model
from recsvc.personal import Purchased
from recsvc.shelves import Ask, recommend
from recsvc.store.snapshot import VersionSnapshot
from training.baskets import basket_matrix, families
from training.cards import assortment
from training.evaluation.metrics import METRICS, accuracy, gains, means
from training.evaluation.queries import Kind, Queries, draw
from training.evaluation.report import NAN, Column, Figure, Line, Report, Table
from training.evaluation.split import TEST_FROM, cut, first
from training.evaluation.task import Task
from training.personal import is_known
from training.pipeline import build_model

_KINDS: tuple[Kind, ...] = ("page", "growing")
_PLACES = 10
_ANY = 10**6
"""A cap on titles alike that caps nothing: it is the merchant's choice, not the model's."""

_COLUMNS = (
    Column("ndcg", "nDCG@10", "rate", "1 where the ten places hold what was really bought, the first places first"),
    Column("hit_rate", "HR@10", "rate", "share of questions with at least one right answer"),
    Column("recall", "recall@10", "rate", "share of what was bought that the ten places hold"),
    Column("mrr", "MRR", "rate", "1 / place of the first right answer"),
    Column("gain", "nDCG over unknown", "gain", "over the same shelf without the customer; 95 %, baskets redrawn"),
)
_ABOUT = (
    "Trained on the first 90 % of the orders; customers with a purchase there ask about their orders in the last 10 %. "
    "Lists are those of the service, without filters; histories stand still at the end of the first 90 %."
)


def peers() -> tuple[str, ...]:
    """None: the peer is the same shelf without the customer."""
    return ()


def measure(task: Task) -> Report:
    """Train on the first 90 % of the orders, ask about the rest, with and without the customer.

    Raises:
        ValueError: no customer of the last orders is known from the first ones.
    """
    start = cut(task.orders.n_orders, TEST_FROM)
    settings = dataclasses.replace(task.settings, picks=0)  # lists of what is next are measured apart
    past = first(task.orders, start)
    model = build_model(past, task.catalogue, settings, threads=task.threads, progress=task.progress)
    shelf = assortment(task.orders, task.catalogue)
    baskets = basket_matrix(task.orders, shelf.bought, families(shelf.family))
    known = is_known(model, task.orders)
    tables: list[Table] = []
    notes: list[str] = []
    for kind in _KINDS:
        task.progress(f"{kind} questions", 0.0)
        asked = _asked(task, baskets, np.flatnonzero(known[start:]) + start, start, kind)
        if asked is None:
            continue
        tables += _tables(model, asked, kind)
        cold = _asked(task, baskets, np.flatnonzero(~known[start:]) + start, start, kind)
        if cold is not None:
            same = np.array_equal(answers(model, cold, None), answers(model, cold, None, named=True))
            told = "the very same" if same else "OTHER"
            notes.append(f"{kind}: {len(cold.queries):,} questions of unknown customers and guests get {told} lists.")
    if not tables:
        raise ValueError("no customer of the last 10 % of the orders bought before; orders need customer ids")
    return Report("personal", "Shelves of known customers", _ABOUT, tuple(tables), notes=tuple(notes))


@dataclass(frozen=True, slots=True, eq=False)
class Asked:
    """Questions with their askers.

    Attributes:
        queries: over families.
        customer: ids, `""` for a guest.
        had: csr_array (n_queries, n_families), what the asker bought in the first 90 %.
    """

    queries: Queries
    customer: list[str]
    had: sp.csr_array


def _asked(task: Task, baskets: sp.csr_array, orders: NDArray[np.int64], start: int, kind: Kind) -> Asked | None:
    """Questions from some orders; None where these ask nothing."""
    sold = np.zeros(baskets.shape[1], dtype=bool)
    sold[baskets.indices[: baskets.indptr[start]]] = True
    queries = draw(baskets[orders], sold, kind, task.queries, task.seed)
    if not len(queries):
        return None
    who = task.orders.customer[orders[queries.basket]]
    past = task.orders.customer[:start]
    of_customer = sp.csr_array(
        (np.ones(int((past >= 0).sum())), (past[past >= 0], np.flatnonzero(past >= 0))),
        shape=(len(task.orders.customers) + 1, start),
    )
    bought = sp.csr_array(of_customer @ baskets[:start])
    names = [task.orders.customers.text(one) if one >= 0 else "" for one in who.tolist()]
    return Asked(queries, names, sp.csr_array(bought[np.where(who >= 0, who, len(task.orders.customers))]))


def answers(
    model: Model, asked: Asked, purchased: Purchased | None, *, named: bool = False, without_own: bool = False
) -> NDArray[np.int32]:
    """What the service shows: families, int32 (n_queries, 10), -1 for no item.

    Args:
        model: trained on the past.
        asked: the questions.
        purchased: the choice of the caller.
        named: whether the service is told who asks.
        without_own: strike what the asker bought from the list, and let the next ones move up.
    """
    run = Run("measured", "1970-01-01T00:00:00+00:00", "", {}, "", {})
    snapshot = VersionSnapshot(Version(model, run))
    speaker = model.variants.item[model.variants.indptr[:-1]]
    lists = np.full((len(asked.queries), _PLACES), -1, dtype=np.int32)
    for number, (cart, had) in enumerate(zip(_rows(asked.queries.given), _rows(asked.had), strict=True)):
        ask = Ask(
            item_ids=tuple(snapshot.item_ids(speaker[cart].tolist())),
            types=("cross_sell",),
            n=_PLACES + (min(len(had), 90) if without_own else 0),
            exclude=(),
            low=None,
            high=None,
            in_stock=False,
            customer_id=asked.customer[number] if named else None,
            purchased=purchased,
            fallback=True,
            explain=False,
            fields=(),
            private=named,
        )
        picks = recommend(snapshot, ask, _ANY).shelves["cross_sell"].picks
        shown = model.facts.family[[pick.item for pick in picks]]
        if without_own:
            shown = shown[~np.isin(shown, had)]
        lists[number, : min(len(shown), _PLACES)] = shown[:_PLACES]
    return lists


def _tables(model: Model, asked: Asked, kind: Kind) -> Iterator[Table]:
    """All targets, those bought before and those new to the customer, apart."""
    unknown, default = answers(model, asked, None), answers(model, asked, None, named=True)
    everything = answers(model, asked, "include", named=True)
    struck = answers(model, asked, None, without_own=True)
    new_only = answers(model, asked, "exclude", named=True)
    mine = {"customer unknown": unknown, "customer known": default, "customer known, purchased=include": everything}
    sought = asked.queries.sought
    new = sp.csr_array(sought - sought.multiply(asked.had > 0))
    new.eliminate_zeros()
    before = sp.csr_array(sought.multiply(asked.had > 0))
    yield _table(kind, kind, "all that was bought", mine, sought, asked)
    yield _table(f"{kind}_repeat", kind, "bought before", mine, before, asked)
    fresh = {"customer unknown": unknown, "customer unknown, own struck out": struck}
    fresh["customer known, purchased=exclude"] = new_only
    yield _table(f"{kind}_new", kind, "new to the customer", fresh, new, asked)


def _table(
    key: str, kind: Kind, what: str, methods: dict[str, NDArray[np.int32]], sought: sp.csr_array, asked: Asked
) -> Table:
    """A line per method; the first is what the others are compared with."""
    there = np.flatnonzero(np.diff(sought.indptr) > 0)
    basket, targets = asked.queries.basket[there], sp.csr_array(sought[there])
    lines: list[Line] = []
    reference: NDArray[np.float64] | None = None
    for name, lists in methods.items():
        scores = accuracy(lists[there], targets)
        over = Figure(NAN) if reference is None else gains(scores, reference, basket)[0]
        reference = scores if reference is None else reference
        lines.append(Line(name, (*means(scores, basket), over), ours=name.startswith("customer known")))
    assert len(METRICS) + 1 == len(_COLUMNS)  # noqa: S101  # a table's columns are the metrics and the gain
    return Table(key, f"{kind}: {what} ({len(there):,} questions)", _COLUMNS, tuple(lines), "ndcg")


def _rows(matrix: sp.csr_array) -> list[NDArray[np.int32]]:
    return np.split(matrix.indices, matrix.indptr[1:-1])

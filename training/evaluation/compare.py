"""Methods side by side on one shop: peers tuned on the validation window, everybody asked the same questions once."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray

from training.baskets import Families, basket_matrix, families
from training.cards import Assortment, assortment
from training.evaluation.beyond import Beyond, beyond, out_of_season
from training.evaluation.metrics import Spread, accuracy, gains, spread
from training.evaluation.peers import Maker, Ranker, bought
from training.evaluation.queries import KINDS, Kind, Queries, draw
from training.evaluation.report import Figure
from training.evaluation.slices import slices
from training.evaluation.split import TEST_FROM, VALIDATION_FROM, cut
from training.records import Catalogue, Orders
from training.titles import stems

Tell = Callable[[str], None]


@dataclass(frozen=True, slots=True, eq=False)
class Shop:
    """What questions are drawn from: baskets of families, since variants of one product are one answer.

    Attributes:
        baskets: csr_array (n_orders, n_families) of ones, by time.
        families: the family of each item of a model trained on any part of these orders.
        shelf: all items, and what is said of them.
    """

    baskets: sp.csr_array
    families: Families
    shelf: Assortment


def shop_of(orders: Orders, catalogue: Catalogue | None) -> Shop:
    """Baskets of all orders, with families as the trainer sees them."""
    shelf = assortment(orders, catalogue)
    family = families(shelf.family)
    return Shop(basket_matrix(orders, shelf.bought, family), family, shelf)


def questions(baskets: sp.csr_array, start: float, end: float, limit: int, seed: int) -> dict[Kind, Queries]:
    """Questions of every kind from the window `start … end` (shares of all baskets); items are known from before it."""
    return between(baskets, cut(baskets.shape[0], start), cut(baskets.shape[0], end), limit, seed)


def between(baskets: sp.csr_array, low: int, high: int, limit: int, seed: int) -> dict[Kind, Queries]:
    """Questions of every kind from baskets `low … high`, about items known from before them."""
    known = bought(baskets[:low]) > 0
    return {kind: draw(baskets[low:high], known, kind, limit, seed) for kind in KINDS}


@dataclass(frozen=True, slots=True, eq=False)
class Tuned:
    """A peer, trained on everything before the test window, with the parameters that did best before it.

    Attributes:
        ranker: per kind of question.
        parameters: per kind of question.
    """

    ranker: Mapping[Kind, Ranker]
    parameters: Mapping[Kind, Mapping[str, float]]


def tune(
    baskets: sp.csr_array, maker: Maker, grid: Sequence[Mapping[str, float]], validation: Mapping[Kind, Queries]
) -> Tuned:
    """Choose a peer's parameters for each kind by nDCG on the validation window; the first of equals wins."""
    fit, train = cut(baskets.shape[0], VALIDATION_FROM), cut(baskets.shape[0], TEST_FROM)
    best = dict.fromkeys(KINDS, grid[0])
    if len(grid) > 1:
        found: dict[Kind, float] = dict.fromkeys(KINDS, -1.0)
        for parameters in grid:
            ranker = maker(baskets[:fit], parameters)
            for kind, asked in validation.items():
                ndcg = float(accuracy(ranker(asked.given), asked.sought)[:, 0].mean()) if len(asked) else 0.0
                if ndcg > found[kind]:
                    found[kind], best[kind] = ndcg, parameters
    made: list[tuple[Mapping[str, float], Ranker]] = []
    ranker_of: dict[Kind, Ranker] = {}
    for kind in KINDS:
        known = next((ranker for parameters, ranker in made if parameters == best[kind]), None)
        if known is None:
            known = maker(baskets[:train], best[kind])
            made.append((best[kind], known))
        ranker_of[kind] = known
    return Tuned(ranker_of, best)


@dataclass(frozen=True, slots=True, eq=False)
class Cell:
    """One method's answers to one kind of question.

    Attributes:
        kind: of question.
        method: name.
        lists: int32 (n_queries, 10), what it answered.
        accuracy: float64 (n_queries, 4), the columns of `METRICS`.
        spread: what a merchant sees beside it.
        parameters: chosen on the validation window; none for ours, which are the defaults or the caller's.
        beyond: what a merchant minds; None but for pages.
    """

    kind: Kind
    method: str
    lists: NDArray[np.int32]
    accuracy: NDArray[np.float64]
    spread: Spread
    parameters: Mapping[str, float]
    beyond: Beyond | None = None


@dataclass(frozen=True, slots=True, eq=False)
class Comparison:
    """Everything that was measured on one shop.

    Attributes:
        ours: name of the method that the others are compared with.
        cells: kinds × methods.
        gains: (kind, peer) → gain of ours in each of `METRICS`, with paired intervals.
        asked: the questions.
        slices: kind → name → which questions belong to it.
    """

    ours: str
    cells: Sequence[Cell]
    gains: Mapping[tuple[Kind, str], Sequence[Figure]]
    asked: Mapping[Kind, Queries]
    slices: Mapping[Kind, Mapping[str, NDArray[np.bool_]]]

    def cell(self, kind: Kind, method: str) -> Cell:
        """One method's answers; a KeyError where it was not asked."""
        return {(cell.kind, cell.method): cell for cell in self.cells}[kind, method]

    def best_peer(self, kind: Kind) -> str | None:
        """The peer of highest nDCG, None without peers."""
        peers = [cell for cell in self.cells if cell.kind == kind and cell.method != self.ours]
        return max(peers, key=lambda cell: float(cell.accuracy[:, 0].mean())).method if peers else None


def compare(
    shop: Shop,
    ours: Ranker,
    peers: Mapping[str, tuple[Maker, Sequence[Mapping[str, float]]]],
    *,
    limit: int = 10_000,
    tuning: int | None = None,
    seed: int = 1,
    name: str = "recsvc",
    tell: Tell = lambda _line: None,
) -> Comparison:
    """Ask ours and every peer the questions of the test window.

    Args:
        shop: all baskets.
        ours: trained on the first 90 % of them.
        peers: name → how to make it, parameters to choose from.
        limit: questions per kind at most.
        tuning: questions per kind at most by which peers choose; None: `limit`.
        seed: of the questions; the validation window takes `seed + 1`.
        name: ours, in reports.
        tell: hears what is being worked on.
    """
    low = cut(shop.baskets.shape[0], TEST_FROM)
    train, window = shop.baskets[:low], shop.baskets[low:]
    test = questions(shop.baskets, TEST_FROM, 1.0, limit, seed)
    validation = questions(shop.baskets, VALIDATION_FROM, TEST_FROM, tuning or limit, seed + 1)
    sold, unseasonal, stem = bought(train), out_of_season(train, window), _stems(shop)
    methods = {name: Tuned(dict.fromkeys(KINDS, ours), {kind: {} for kind in KINDS})}
    for peer, (maker, grid) in peers.items():
        tell(f"peer {peer}")
        methods[peer] = tune(shop.baskets, maker, grid, validation)
    cells: list[Cell] = []
    over: dict[tuple[Kind, str], Sequence[Figure]] = {}
    for kind, asked in test.items():
        if not len(asked):
            continue
        reference: NDArray[np.float64] | None = None
        for method, tuned in methods.items():
            tell(f"{kind} questions: {method}")
            lists = tuned.ranker[kind](asked.given)
            scores = accuracy(lists, asked.sought)
            minded = beyond(lists, asked.given.indices, train, stem, unseasonal) if kind == "page" else None
            cells.append(Cell(kind, method, lists, scores, spread(lists, sold), tuned.parameters[kind], minded))
            if reference is None:
                reference = scores
            else:
                over[kind, method] = gains(reference, scores, asked.basket)
    return Comparison(name, cells, over, test, _slices(shop, test, train, window))


def _stems(shop: Shop) -> NDArray[np.int32]:
    """Labels of families with titles alike, by the first item of each."""
    first_item = np.unique(shop.families.of_item, return_index=True)[1]
    return stems([shop.shelf.titles[item] for item in first_item.tolist()])


def _slices(
    shop: Shop, test: Mapping[Kind, Queries], train: sp.csr_array, window: sp.csr_array
) -> dict[Kind, dict[str, NDArray[np.bool_]]]:
    category = shop.shelf.category[np.unique(shop.families.of_item, return_index=True)[1]]
    names = [name.decode() for name in shop.shelf.categories]
    return {kind: slices(kind, asked, train, window, category, names) for kind, asked in test.items() if len(asked)}

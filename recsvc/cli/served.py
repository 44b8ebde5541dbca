"""Cross-sell shelves measured as they are served: the service's own ranking beside plain peers."""

from __future__ import annotations

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray

from models.model import Model
from models.records import CART, CROSS_SELL
from models.stored import StoredVectors, scores
from recsvc.ranking import merge
from recsvc.shelves import cross_sell_votes
from recsvc.store.contract import Row
from training.evaluation.compare import compare, shop_of
from training.evaluation.cross_sell import report_of
from training.evaluation.peers import LENGTH, PEERS, Ranker
from training.evaluation.report import Report
from training.evaluation.split import TEST_FROM, cut, first
from training.evaluation.task import Task
from training.pipeline import build_model


def peers() -> tuple[str, ...]:
    """The peers that this protocol knows."""
    return tuple(PEERS)


def measure(task: Task) -> Report:
    """Train on the first 90 % of the orders, ask about the rest."""
    past = first(task.orders, cut(task.orders.n_orders, TEST_FROM))
    model = build_model(past, task.catalogue, task.settings, threads=task.threads, progress=task.progress)
    found = compare(
        shop_of(task.orders, task.catalogue),
        served(model),
        {name: PEERS[name] for name in task.against},
        limit=task.queries,
        seed=task.seed,
        tell=lambda line: task.progress(line, 0.0),
    )
    return report_of(found)


def served(model: Model) -> Ranker:
    """A model as it answers requests, by the service's own ranking, over families instead of items.

    Filters and the cap on titles alike are left out: they are the merchant's choice and apply to any method.
    """
    family = model.facts.family
    _, speaker = np.unique(family, return_index=True)
    bestsellers = family[model.bestsellers.row(len(model.categories))]

    def rank(given: sp.csr_array, /) -> NDArray[np.int32]:
        lists = np.full((given.shape[0], LENGTH), -1, dtype=np.int32)
        for query in range(given.shape[0]):
            cart = given.indices[given.indptr[query] : given.indptr[query + 1]]
            anchors = speaker[cart].tolist()
            vectors = {
                kind: [_row(model.vectors[kind], anchor) for anchor in anchors]
                for kind in (CROSS_SELL, CART)
                if kind in model.vectors
            }
            merged = merge(*cross_sell_votes(model.settings, vectors, len(anchors)))
            shown = np.concatenate([family[merged.item[: LENGTH + len(cart)]], bestsellers])
            shown = shown[~np.isin(shown, cart)]
            _, places = np.unique(shown, return_index=True)
            best = shown[np.sort(places)[:LENGTH]]
            lists[query, : len(best)] = best
        return lists

    return rank


def _row(vectors: StoredVectors, item: int) -> Row:
    row = vectors.row(item)
    return Row(vectors.item[row], scores(vectors.score[row]), vectors.together[row])

"""Cross-sell shelves measured as they are served: the service's own ranking beside plain peers."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray

from models.model import Model
from models.records import CART, CROSS_SELL
from models.stored import StoredVectors, scores
from recsvc.shelves import cross_sell_votes
from recsvc.store.contract import Row
from recsvc.votes import merge
from training.evaluation.compare import Shop, compare, shop_of
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
    settings = dataclasses.replace(task.settings, picks=0, personal_questions=0)  # nobody known is asked about
    model = build_model(past, task.catalogue, settings, threads=task.threads, progress=task.progress)
    found = compare(
        shop_of(task.orders, task.catalogue),
        served(model),
        {name: PEERS[name] for name in task.against},
        limit=task.queries,
        seed=task.seed,
        tell=lambda line: task.progress(line, 0.0),
    )
    return report_of(found)


@dataclass(frozen=True, slots=True, eq=False)
class Names:
    """How the items of a model and the families of a shop's questions are each other's.

    Attributes:
        family: int32 (n_items of the model,), the shop's family of each item, -1 where the shop knows it no more.
        speaker: int32 (n_families of the shop,), the model's item that speaks for each family, -1 where it has none.
    """

    family: NDArray[np.int32]
    speaker: NDArray[np.int32]


def names_of(model: Model, shop: Shop) -> Names:
    """By their ids, for a model that was trained on other orders or another catalogue than the shop's questions."""
    place = dict(zip(shop.shelf.items, shop.families.of_item.tolist(), strict=True))
    family = np.array([place.get(name, -1) for name in model.items], dtype=np.int32)
    speaker = np.full(shop.families.count, -1, dtype=np.int32)
    known = np.flatnonzero(family >= 0)[::-1]
    speaker[family[known]] = known  # of several variants the first stays
    return Names(family, speaker)


def served(model: Model, names: Names | None = None) -> Ranker:
    """A model as it answers requests, by the service's own ranking, over families instead of items.

    Filters and the cap on titles alike are left out: they are the merchant's choice and apply to any method.

    Args:
        model: asked about the very items that it was trained on, unless `names` says otherwise.
        names: as `names_of` has them.
    """
    if names is None:
        own = model.facts.family
        names = Names(own, np.unique(own, return_index=True)[1].astype(np.int32))
    family, speaker = names.family, names.speaker
    bestsellers = family[model.bestsellers.row(len(model.categories))]

    def rank(given: sp.csr_array, /) -> NDArray[np.int32]:
        lists = np.full((given.shape[0], LENGTH), -1, dtype=np.int32)
        for query in range(given.shape[0]):
            cart = given.indices[given.indptr[query] : given.indptr[query + 1]]
            anchors = [anchor for anchor in speaker[cart].tolist() if anchor >= 0]
            vectors = {
                kind: [_row(model.vectors[kind], anchor) for anchor in anchors]
                for kind in (CROSS_SELL, CART)
                if kind in model.vectors
            }
            merged = merge(*cross_sell_votes(model.settings, vectors, len(anchors)))
            shown = np.concatenate([family[merged.item[: LENGTH + len(cart)]], bestsellers])
            shown = shown[~np.isin(shown, cart) & (shown >= 0)]
            _, places = np.unique(shown, return_index=True)
            best = shown[np.sort(places)[:LENGTH]]
            lists[query, : len(best)] = best
        return lists

    return rank


def _row(vectors: StoredVectors, item: int) -> Row:
    row = vectors.row(item)
    return Row(vectors.item[row], scores(vectors.score[row]), vectors.together[row])

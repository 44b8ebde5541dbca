"""Cross-sell beside tuned peers, one shop a run: `python bench/quality.py --orders FILE [--catalogue FILE]`.

The protocol is that of `recsvc evaluate`: peers choose their parameters per kind of question on the validation window,
we take our defaults; everybody learns from the first 90 % of the orders and answers the same questions once. Beside the
built-in peers:

- EASE: Steck, "Embarrassingly shallow autoencoders for sparse data" (WWW 2019), dense, so on the 8,000 best sold items;
- V-SkNN: Ludewig & Jannach, "Evaluation of session-based recommendation algorithms" (UMUAI 2018), baskets as sessions
  without an order, which keeps all baskets at request time;
- P3alpha: Cooper et al., "Random walks in recommender systems" (WWW 2014), and RP3beta: Paudel et al., "Updatable,
  accurate, diverse, and scalable recommendations for interactive applications" (TiiS 2017), 100 entries per item.
"""

from __future__ import annotations

import argparse
import dataclasses
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray
from scipy.linalg.lapack import spotrf, spotri

from recsvc.cli.progress import Reporter
from recsvc.cli.served import served
from training.evaluation.compare import compare, shop_of
from training.evaluation.cross_sell import report_of
from training.evaluation.peers import PEERS, Maker, Ranker, bought, by_scores, by_vectors
from training.evaluation.queries import KINDS
from training.evaluation.report import as_json, written
from training.evaluation.split import TEST_FROM, cut, first
from training.evaluation.text import as_text
from training.pipeline import build_model
from training.readers.catalogue import read_catalogue
from training.readers.columns import parse_columns
from training.readers.options import ReadOptions
from training.readers.orders import read_orders
from training.settings import read_settings

_EASE_ITEMS = 8_000
_ENTRIES = 100


def ease(baskets: sp.csr_array, parameters: Mapping[str, float]) -> Ranker:
    """B = I − P·diag(1/P), P = (XᵀX + λI)⁻¹; the least sold items beyond 8,000 are left to popularity."""
    counts = bought(baskets)
    kept = np.lexsort((np.arange(len(counts)), -counts))[:_EASE_ITEMS]
    kept = np.sort(kept[counts[kept] > 0])
    chosen = baskets[:, kept].astype(np.float32)
    gram = (chosen.T @ chosen).toarray().astype(np.float32)
    gram[np.diag_indices_from(gram)] += np.float32(parameters["lambda"])
    weights = _inverse(gram)
    weights /= -np.diag(weights)
    np.fill_diagonal(weights, 0)

    def score(given: sp.csr_array) -> NDArray[np.float64]:
        scores = np.zeros(given.shape)
        scores[:, kept] = given[:, kept].astype(np.float32) @ weights
        return scores

    return by_scores(score, counts)


def _inverse(gram: NDArray[np.float32]) -> NDArray[np.float32]:
    """Of a symmetric positive definite matrix, by Cholesky: half the work of a general one."""
    lower, _ = spotrf(gram, lower=1)
    inverse, _ = spotri(lower, lower=1)
    return np.asarray(np.tril(inverse) + np.tril(inverse, -1).T, dtype=np.float32)


def vsknn(baskets: sp.csr_array, parameters: Mapping[str, float]) -> Ranker:
    """Score of j: Σ over the k most similar of the m most recent baskets that share an item, similarity · (1 + idf)."""
    recent, nearest = int(parameters["m"]), int(parameters["k"])
    counts, sizes = bought(baskets), np.diff(baskets.indptr)
    idf = 1 + parameters["idf"] * np.log(baskets.shape[0] / np.maximum(counts, 1))
    turned = _newest(baskets, recent)
    discount = sizes.astype(np.float64) ** -parameters["size"]

    def score(given: sp.csr_array) -> NDArray[np.float64]:
        overlap = sp.csr_array(given @ turned)
        overlap.sort_indices()
        sessions, similarities = [], []
        for start, end in zip(overlap.indptr[:-1], overlap.indptr[1:], strict=True):
            session = overlap.indices[start:end][-recent:][::-1]  # the newest first, and first among equals
            similarity = overlap.data[start:end][-recent:][::-1] * discount[session]
            best = np.argsort(-similarity, kind="stable")[:nearest]
            sessions.append(session[best])
            similarities.append(similarity[best])
        indptr = np.cumsum([0] + [len(session) for session in sessions])
        near = sp.csr_array((np.concatenate(similarities), np.concatenate(sessions), indptr), shape=overlap.shape)
        return np.asarray((near @ baskets).toarray() * idf, dtype=np.float64)

    return by_scores(score, counts)


def _newest(baskets: sp.csr_array, m: int) -> sp.csr_array:
    """csr_array (n_items, n_baskets): each item's m newest baskets.

    Of baskets that share an item with a question, the m newest are among the m newest of every item they share.
    """
    turned = sp.csr_array(baskets.T)
    turned.sort_indices()
    left = np.repeat(turned.indptr[1:], np.diff(turned.indptr)) - np.arange(turned.nnz)
    turned.data[left > m] = 0
    turned.eliminate_zeros()
    return turned


def _rank_in_row(row: NDArray[np.integer]) -> NDArray[np.int64]:
    """Place of each entry in its row; rows rising."""
    return np.arange(len(row)) - np.searchsorted(row, row)


def walk(baskets: sp.csr_array, parameters: Mapping[str, float]) -> Ranker:
    """W_ij ∝ Σ_b (1/D_i)^α · (1/|b|)^α / D_j^β: two steps from item to basket to item, bestsellers held back by β."""
    counts = bought(baskets).astype(np.float64)
    alpha, beta = parameters["alpha"], parameters["beta"]
    to_item = sp.diags_array(np.maximum(np.diff(baskets.indptr), 1.0) ** -alpha) @ baskets.astype(np.float64)
    columns = sp.diags_array(np.maximum(counts, 1.0) ** -beta)
    rows = []
    turned = sp.csr_array(baskets.T.astype(np.float64))
    for start in range(0, len(counts), 1000):
        block = sp.csr_array(turned[start : start + 1000] @ to_item @ columns)
        block.setdiag(0, k=start)
        rows.append(_largest(block))
    vectors = sp.csr_array(sp.diags_array(np.maximum(counts, 1.0) ** -alpha) @ sp.vstack(rows, format="csr"))
    return by_vectors(vectors, bought(baskets))


def _largest(block: sp.csr_array) -> sp.csr_array:
    """The largest entries of each row."""
    row = np.repeat(np.arange(block.shape[0]), np.diff(block.indptr))
    order = np.lexsort((block.indices, -block.data, row))
    kept = order[(_rank_in_row(row[order]) < _ENTRIES) & (block.data[order] > 0)]
    return sp.csr_array((block.data[kept], (row[kept], block.indices[kept])), shape=block.shape)


EXTRA: dict[str, tuple[Maker, Sequence[Mapping[str, float]]]] = {
    "ease": (ease, [{"lambda": x} for x in (10.0, 30.0, 100.0, 300.0, 1000.0)]),
    "v-sknn": (
        vsknn,
        [
            {"m": m, "k": k, "size": s, "idf": w}
            for m, k in ((1000, 500), (5000, 500), (5000, 1500))
            for s, w in ((0.0, 0.0), (0.5, 0.0), (0.8, 0.0), (0.5, 1.0))
        ],
    ),
    "p3alpha": (walk, [{"alpha": a, "beta": 0.0} for a in (0.5, 0.8, 1.0, 1.3)]),
    "rp3beta": (walk, [{"alpha": a, "beta": b} for a in (0.5, 0.8, 1.0) for b in (0.2, 0.4)]),
}


def main() -> None:
    """Measure one shop and print the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--orders", nargs="+", type=Path, required=True)
    parser.add_argument("--catalogue", type=Path)
    parser.add_argument("--columns", default="")
    parser.add_argument("--config", type=Path)
    parser.add_argument("--json", type=Path)
    parser.add_argument("--queries", type=int, default=10_000)
    parser.add_argument("--tuning", type=int, default=3_000, help="questions per kind by which peers choose")
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--against", default=",".join([*PEERS, *EXTRA]), help="peers, by name")
    args = parser.parse_args()
    everyone = PEERS | EXTRA
    options = ReadOptions(columns=parse_columns(args.columns))
    with Reporter() as progress:
        orders, _ = read_orders(args.orders, options, None, progress)
        catalogue = read_catalogue(args.catalogue, options)[0] if args.catalogue else None
        past = first(orders, cut(orders.n_orders, TEST_FROM))
        # Nobody is asked about customers.
        settings = dataclasses.replace(read_settings(args.config), picks=0, personal_questions=0)
        model = build_model(past, catalogue, settings, threads=args.threads, progress=progress)
        peers = {name: everyone[name] for name in args.against.split(",") if name}
        tell = lambda line: progress(line, 0.0)  # noqa: E731  # one line is what it is
        shop = shop_of(orders, catalogue)
        found = compare(shop, served(model), peers, limit=args.queries, tuning=args.tuning, tell=tell)
    print(as_text(report_of(found)))
    for kind in KINDS:
        best = found.best_peer(kind)
        if best:
            print(f"{kind}: over {best}, the best tuned peer: {written(found.gains[kind, best][0], 'gain')}")
    if args.json:
        args.json.write_text(as_json(report_of(found)), "utf-8")


if __name__ == "__main__":
    main()

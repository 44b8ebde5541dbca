"""Measure the shelves on the shop's own last orders, beside plain peers. Only the reports asked for are written."""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray

from models.model import Model
from models.records import CART, CROSS_SELL
from models.stored import StoredVectors, scores
from recsvc.cli.main import CommandError
from recsvc.cli.progress import Reporter
from recsvc.ranking import merge
from recsvc.shelves import cross_sell_votes
from recsvc.store.contract import Row
from training.evaluation.compare import compare, shop_of
from training.evaluation.peers import LENGTH, PEERS, Ranker
from training.evaluation.report import as_html, as_json, as_text
from training.evaluation.split import TEST_FROM, cut, first
from training.pipeline import build_model
from training.readers.catalogue import read_catalogue
from training.readers.columns import parse_columns
from training.readers.errors import InputError
from training.readers.options import ReadOptions
from training.readers.orders import read_orders
from training.settings import SettingsError, read_settings

_FEWEST_ORDERS = 100


def arguments(parser: argparse.ArgumentParser) -> None:
    """The options of `recsvc evaluate`."""
    add = parser.add_argument
    add("--orders", nargs="+", type=Path, required=True, metavar="FILE", help="CSV (also .gz, .zst), Parquet or NDJSON")
    add("--catalogue", type=Path, metavar="FILE", help="what the shop says of its items")
    add("--config", type=Path, metavar="FILE", help="training settings, TOML")
    add("--columns", metavar="OURS=THEIRS,…", help="name columns that are not recognised: order_id=InvoiceNo,…")
    add(
        "--against",
        default="popularity,implicit-cosine,implicit-bm25",
        metavar="A,B",
        help=f"peers: {', '.join(PEERS)}",
    )
    add("--queries", type=int, default=10_000, metavar="N", help="questions of each kind at most (default 10000)")
    add("--seed", type=int, default=1, metavar="N", help="another number, other questions (default 1)")
    add("--threads", type=int, default=0, metavar="N", help="threads to use (default: all cores)")
    add("--json", type=Path, metavar="FILE", help="write all figures")
    add("--html", type=Path, metavar="FILE", help="write a page with plots")


def run(args: argparse.Namespace) -> int:
    """Train on the first 90 % of the orders, ask about the rest, print a table."""
    names = [name for name in args.against.split(",") if name]
    if unknown := [name for name in names if name not in PEERS]:
        raise CommandError(f"--against: unknown peer {unknown[0]!r}; known: {', '.join(PEERS)}")
    if args.queries < 1 or args.seed < 0:
        raise CommandError("--queries is 1 or more, --seed is 0 or more")
    try:
        settings = read_settings(args.config)
        options = ReadOptions(columns=parse_columns(args.columns or ""))
        with Reporter() as progress:
            orders, _ = read_orders(args.orders, options, None, progress)
            if orders.n_orders < _FEWEST_ORDERS:
                raise CommandError(f"{orders.n_orders} orders are too few to measure on; {_FEWEST_ORDERS} are needed")
            catalogue = read_catalogue(args.catalogue, options)[0] if args.catalogue else None
            past = first(orders, cut(orders.n_orders, TEST_FROM))
            model = build_model(past, catalogue, settings, threads=args.threads, progress=progress)
            shop = shop_of(orders, catalogue)
            peers = {name: PEERS[name] for name in names}
            found = compare(
                shop,
                served(model),
                peers,
                limit=args.queries,
                seed=args.seed,
                tell=lambda line: progress(line, 0.0),
            )
        for path, text in ((args.json, as_json(found)), (args.html, as_html(found, "How good the shelves are"))):
            if path:
                path.write_text(text, "utf-8")
    except (InputError, SettingsError) as error:
        raise CommandError(str(error)) from error
    except OSError as error:
        raise CommandError(f"{error.filename}: {error.strerror}") from error
    print(as_text(found))
    return 0


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

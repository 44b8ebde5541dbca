"""Measure recommendations on the shop's own last orders, beside plain peers. Only the reports asked for are written."""

from __future__ import annotations

import argparse
from pathlib import Path

from models.files import write_whole
from recsvc.cli.main import CommandError
from recsvc.cli.progress import Reporter
from recsvc.cli.protocols import CROSS_SELL, PROTOCOLS, Measuring, Protocol
from recsvc.cli.reading import queried_orders, read_options, reading_arguments
from training.evaluation.page import as_html
from training.evaluation.report import as_json
from training.evaluation.task import Task
from training.evaluation.text import as_text
from training.readers.catalogue import read_catalogue
from training.readers.errors import InputError
from training.readers.orders import read_orders
from training.settings import SettingsError, read_settings

_FEWEST_ORDERS = 100


def arguments(parser: argparse.ArgumentParser) -> None:
    """The options of `recsvc evaluate`."""
    reading_arguments(parser)
    add = parser.add_argument
    what = parser.add_mutually_exclusive_group()
    for protocol in PROTOCOLS:
        what.add_argument(
            f"--{protocol.option}", action="store_const", const=protocol, dest="protocol", help=protocol.help
        )
    parser.set_defaults(protocol=CROSS_SELL)
    add("--config", type=Path, metavar="FILE", help="training settings, TOML")
    add("--against", metavar="A,B", help="peers to stand beside; an unknown name lists them (default: the usual ones)")
    add("--queries", type=int, default=10_000, metavar="N", help="questions of each kind at most (default 10000)")
    add("--seed", type=int, default=1, metavar="N", help="another number, other questions (default 1)")
    add("--threads", type=int, default=0, metavar="N", help="threads to use (default: all cores)")
    add("--json", type=Path, metavar="FILE", help="write all figures")
    add("--html", type=Path, metavar="FILE", help="write a page with plots")


def run(args: argparse.Namespace) -> int:
    """Train on the first orders, ask about the rest, print tables."""
    protocol: Protocol = args.protocol
    measuring = protocol.load()
    against = _peers(args.against, protocol, measuring)
    if args.queries < 1 or args.seed < 0:
        raise CommandError("--queries is 1 or more, --seed is 0 or more")
    try:
        settings = read_settings(args.config)
        options = read_options(args)
        with Reporter() as progress:
            orders, _ = read_orders(args.orders, options, None, progress, queried_orders(args, options))
            if orders.n_orders < _FEWEST_ORDERS:
                raise CommandError(f"{orders.n_orders} orders are too few to measure on; {_FEWEST_ORDERS} are needed")
            catalogue = read_catalogue(args.catalogue, options)[0] if args.catalogue else None
            found = measuring.measure(
                Task(orders, catalogue, settings, against, args.queries, args.seed, args.threads, progress)
            )
        print(as_text(found), flush=True)  # first, for it took long: a file that cannot be written must not cost it
        for path, text in ((args.json, as_json(found)), (args.html, as_html(found))):
            if path:
                write_whole(path, text.encode())
    except (InputError, SettingsError) as error:
        raise CommandError(str(error)) from error
    except OSError as error:
        raise CommandError(f"{error.filename}: {error.strerror}") from error
    return 0


def _peers(text: str | None, protocol: Protocol, measuring: Measuring) -> tuple[str, ...]:
    if text is None:
        return protocol.against
    names = tuple(name for name in text.split(",") if name)
    if unknown := [name for name in names if name not in measuring.peers()]:
        raise CommandError(f"--against: unknown peer {unknown[0]!r}; known: {', '.join(measuring.peers())}")
    return names

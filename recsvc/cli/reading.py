"""Options by which commands name a shop's files and say how to read them, shared by those that train or evaluate."""

from __future__ import annotations

import argparse
import os
import re
import time
from pathlib import Path

from recsvc.cli.main import CommandError
from training.readers.columns import normalise, parse_columns
from training.readers.options import ReadOptions
from training.readers.raw import Raw
from training.readers.sql import read_query
from training.records import CatalogueReport, ReadReport

_CURRENCY = re.compile(r"[A-Z]{3}")


def reading_arguments(parser: argparse.ArgumentParser) -> None:
    """The options that say which files, and how to read them."""
    source = parser.add_mutually_exclusive_group(required=True)
    orders, query = (
        "any known export, also .gz, .zst, .zip",
        "a query that gives order lines, asked of RECSVC_ORDERS_DSN",
    )
    source.add_argument("--orders", nargs="+", type=Path, default=[], metavar="FILE", help=orders)
    source.add_argument("--orders-sql", type=Path, metavar="FILE", help=query)
    add = parser.add_argument
    add("--catalogue", type=Path, metavar="FILE", help="what the shop says of its items, likewise")
    add("--columns", metavar="OURS=THEIRS,…", help="name columns that are not recognised: order_id=InvoiceNo,…")
    add("--format", metavar="NAME,…", help="name the formats of orders and catalogue, where recognising them fails")
    add("--currency", metavar="CODE", help="ISO 4217 code of prices that name none; prices in others are unknown")


def read_options(args: argparse.Namespace) -> ReadOptions:
    """What these options say.

    Raises:
        CommandError: a currency that is no ISO 4217 code.
        InputError: `--columns` cannot be understood.
    """
    if args.currency is not None and not _CURRENCY.fullmatch(args.currency):
        raise CommandError(f"--currency takes an ISO 4217 code in capitals, such as EUR, not {args.currency!r}")
    return ReadOptions(
        columns=parse_columns(args.columns or ""),
        formats=tuple(name for name in (args.format or "").split(",") if name),
        currency=args.currency,
        as_of=int(time.time()),
    )


def idle(options: ReadOptions, read: ReadReport, listed: CatalogueReport | None) -> tuple[str, ...]:
    """Remarks on what `--columns` named and no file has.

    Orders and catalogue share the option, so a reader cannot tell; orders refuse what is about them themselves.
    """
    files = [*read.columns.values(), *([listed.columns] if listed else [])]
    taken = {(ours, normalise(theirs)) for columns in files for ours, theirs in columns.items()}
    wanted = [(ours, theirs) for ours, theirs in options.columns.items() if theirs]
    return tuple(
        f"--columns {ours}={theirs} did nothing: no file has that column for {ours}"
        + (" (the price on order lines is unit_price)" if ours == "price" else "")
        for ours, theirs in wanted
        if (ours, normalise(theirs)) not in taken
    )


def queried_orders(args: argparse.Namespace, options: ReadOptions) -> tuple[Raw, ...]:
    """Lines of `--orders-sql`; none without it.

    Raises:
        CommandError: no `RECSVC_ORDERS_DSN`, or no such file.
        InputError: the query or its answer cannot be used.
    """
    if args.orders_sql is None:
        return ()
    address = os.environ.get("RECSVC_ORDERS_DSN", "")
    if not address:
        raise CommandError("--orders-sql needs RECSVC_ORDERS_DSN, such as postgresql://reader@db.example/shop")
    try:
        query = args.orders_sql.read_text("utf-8")
    except (OSError, UnicodeError) as error:
        raise CommandError(f"{args.orders_sql}: cannot be read ({error})") from error
    return (read_query(query, address, str(args.orders_sql), options),)

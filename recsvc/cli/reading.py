"""Options by which commands name a shop's files and say how to read them, shared by those that train or evaluate."""

from __future__ import annotations

import argparse
import re
import time
from pathlib import Path

from recsvc.cli.main import CommandError
from training.readers.columns import parse_columns
from training.readers.options import ReadOptions

_CURRENCY = re.compile(r"[A-Z]{3}")


def reading_arguments(parser: argparse.ArgumentParser) -> None:
    """The options that say which files, and how to read them."""
    add = parser.add_argument
    add("--orders", nargs="+", type=Path, required=True, metavar="FILE", help="any known export, also .gz, .zst, .zip")
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

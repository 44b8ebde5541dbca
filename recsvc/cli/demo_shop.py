"""Generate a demo shop: orders, a catalogue with pictures, and what was planted in them."""

from __future__ import annotations

import argparse
from pathlib import Path

from recsvc.cli.main import CommandError
from training.demo_shop.settings import SIZES
from training.demo_shop.shop import open_shop
from training.demo_shop.write import write_shop


def arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    parser.add_argument("--size", choices=SIZES, default="demo", help="toy: 200 items; demo: 5,000; large: a million")
    parser.add_argument("--seed", type=int, default=1, metavar="N", help="another number, another shop (default 1)")
    parser.add_argument("--out", type=Path, required=True, metavar="DIR", help="folder to write to, made if need be")


def run(args: argparse.Namespace) -> int:
    """Draw the shop and write it."""
    if args.seed < 0:
        raise CommandError(f"--seed is 0 or more, not {args.seed}")
    try:
        counts = write_shop(open_shop(SIZES[args.size], args.seed), args.out, print)
    except OSError as error:
        raise CommandError(f"cannot write to {args.out}: {error.strerror}. Name another folder with --out") from error
    print(f"{args.out}: {counts['orders']:,} orders with {counts['lines']:,} lines; what was planted: planted.json")
    return 0

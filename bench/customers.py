"""What many customers cost.

    python bench/customers.py DIR --customers 100000            train them, write their picks
    python bench/customers.py DIR --customers 1000000 --drawn   write their picks alone, from a version of drawn numbers

The first draws a shop of 5,000 items with so many accounts and guests, trains, and writes everybody's picks to a file,
each with the command that a shop would use and in a process of its own, so that peaks of memory are its own. Wall and
processor seconds, peak memory, seconds of each stage, and the bytes that customers take up in the version.
"""

from __future__ import annotations

import argparse
import os
import re
import shutil
import subprocess
import sys
import time
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from itertools import pairwise
from multiprocessing import get_context
from pathlib import Path
from tempfile import TemporaryFile

import numpy as np
import serve_shop

from models.registry import Registry
from training.demo_shop.settings import Size
from training.demo_shop.shop import open_shop
from training.demo_shop.write import write_shop

_STAGE = re.compile(r"^\[ *([\d.]+) s\] ([^:\n]+)$")


def main() -> None:
    """Generate, train, export, and print what each took."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("dir", type=Path)
    parser.add_argument("--customers", type=int, default=100_000)
    parser.add_argument("--items", type=int, default=5_000)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--set", nargs="*", default=[], metavar="NAME=VALUE", help="training settings")
    parser.add_argument("--drawn", action="store_true", help="train nothing: a version of drawn numbers")
    args = parser.parse_args()
    models = args.dir / "models"
    shutil.rmtree(models, ignore_errors=True)
    if args.drawn:
        apart(serve_shop.write_shop, models, args.items, customers=args.customers)
    else:
        train(args, args.dir / "shop", models)
    measured("export picks", ["export", "picks", "--models", str(models), "--out", str(args.dir / "picks.csv")])
    registry = Registry(models)
    tell_bytes(registry, registry.names()[0])


def train(args: argparse.Namespace, shop: Path, models: Path) -> None:
    """Draw the shop, unless it is there, and train on it."""
    if not shop.exists():
        print(apart(generate, shop, args.items, args.customers), flush=True)
    orders = sorted(str(path) for path in shop.glob("orders-*.parquet"))
    config = args.dir / "config.toml"
    config.write_text("".join(f"{pair}\n" for pair in args.set), "utf-8")
    command = ["train", "--orders", *orders, "--catalogue", str(shop / "catalogue.parquet"), "--config", str(config)]
    told = measured("train", [*command, "--models", str(models), "--threads", str(args.threads)])
    for stage, seconds in stages(told):
        print(f"    {stage:<20} {seconds:8.1f} s")


def apart(work: Callable[..., str], *given: object, **named: object) -> str:
    """Do it in another process: what a process has held counts as the peak of whatever it starts."""
    with ProcessPoolExecutor(1, get_context("spawn")) as other:
        return other.submit(work, *given, **named).result()


def generate(shop: Path, items: int, customers: int) -> str:
    """Draw the shop; what was drawn."""
    counts = write_shop(open_shop(Size(items, customers, parquet=True), seed=1), shop)
    return f"{customers:,} accounts and guests: {counts['orders']:,} orders, {counts['lines']:,} lines"


def measured(name: str, command: list[str]) -> str:
    """Run a command of recsvc; what it says on the way."""
    began, own = time.monotonic(), 0
    with TemporaryFile("w+") as said:
        process = subprocess.Popen(  # our own command
            [Path(sys.executable).with_name("recsvc"), *command], stdout=subprocess.DEVNULL, stderr=said
        )
        while not (ended := os.wait4(process.pid, os.WNOHANG))[0]:
            own = max(own, own_memory(process.pid))
            time.sleep(0.1)
        said.seek(0)
        told = said.read()
    _, status, used = ended
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise SystemExit(told)
    print(
        f"{name}: {time.monotonic() - began:.0f} s, {used.ru_utime + used.ru_stime:.0f} of a processor, "
        f"{used.ru_maxrss >> 10} MiB with what is mapped of files, {own >> 10} MiB without",
        flush=True,
    )
    return told


def own_memory(process: int) -> int:
    """Memory of a process that no file backs, KiB; 0 once it has ended (proc(5), `RssAnon`)."""
    lines = Path(f"/proc/{process}/status").read_text("utf-8").splitlines()
    return next((int(line.split()[1]) for line in lines if line.startswith("RssAnon:")), 0)


def stages(told: str) -> list[tuple[str, float]]:
    """Seconds from the first line of each stage to the first of the next; stages that come twice are added up."""
    found = [match.groups() for match in map(_STAGE.match, told.splitlines()) if match]
    total: dict[str, float] = {}
    for (start, stage), (end, _) in pairwise(found):
        total[stage] = total.get(stage, 0.0) + float(end) - float(start)
    return [(stage, seconds) for stage, seconds in total.items() if seconds >= 0.5]


def tell_bytes(registry: Registry, version: str) -> None:
    """Bytes of a customer's columns in the version: those of the row that Redis holds."""
    customers = registry.open(version).model.customers
    n = max(len(customers.ids), 1)
    bought, following = int(customers.purchases.indptr[-1]), int(customers.next.indptr[-1])
    held = np.diff(customers.purchases.indptr)
    print(
        f"{len(customers.ids):,} customers with ids: {bought / n:.1f} products bought each (half of them up to "
        f"{int(np.median(held))}, at most {int(held.max(initial=0))}), {22 * bought / n:.0f} bytes; "
        f"{following / n:.1f} listed, {7 * following / n:.0f} bytes"
    )


if __name__ == "__main__":
    main()

"""Cross-sells and upsells of every item, as shop systems import them."""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from pathlib import Path

from models.artefact import DamagedVersionError, Version
from models.files import write_whole
from models.registry import NoVersionError, Registry
from recsvc.cli.main import CommandError
from recsvc.cli.progress import Reporter
from recsvc.cli.publish import settings_for
from recsvc.cli.trouble import machine_trouble
from recsvc.links_file import ItemLinks, links_file
from recsvc.shelves import Ask, ShelfType, recommend
from recsvc.store.snapshot import VersionSnapshot

_MOST = 100
_SHOWN = 5
_BOTH: tuple[ShelfType, ...] = ("cross_sell", "upsell")


def arguments(parser: argparse.ArgumentParser) -> None:
    """The options of `recsvc export links`."""
    add = parser.add_argument
    add("--format", choices=("woocommerce", "magento", "csv", "jsonl"), required=True, help="whose columns")
    add("--out", type=Path, required=True, metavar="FILE", help="file to write, whole or not at all")
    add("--n", type=int, default=8, metavar="N", help="links of each kind per item at most (default 8)")
    add("--version", metavar="VERSION", help="which (default: the published one, else the newest)")
    add("--models", type=Path, metavar="DIR", help="where versions live (default: RECSVC_MODELS)")


def run(args: argparse.Namespace) -> int:
    """Fill both shelves of every item as the service would, without fallbacks, and write them."""
    if not 1 <= args.n <= _MOST:
        raise CommandError(f"--n is 1 to {_MOST}, not {args.n}")
    settings = settings_for(args.models)
    version = open_version(Registry(settings.models), args.version)
    with machine_trouble(args.out.parent, "nothing was written"), Reporter() as progress:
        ids = [version.model.items.text(item) for item in range(len(version.model.items))]
        made = links_file(_links(VersionSnapshot(version), ids, args.n, settings.stem_cap, progress), args.format, ids)
        write_whole(args.out, made.data)
    print(f"{args.out}: {made.rows:,} of {len(ids):,} items of {version.name} have links")
    if made.unsafe:
        shown = ", ".join(repr(item) for item in made.unsafe[:_SHOWN])
        print(f"left out: {len(made.unsafe):,} items whose ids {args.format} cannot hold unchanged and safely: {shown}")
    return 0


def open_version(registry: Registry, name: str | None) -> Version:
    """The version of that name, else the published one, else the newest."""
    name = name or registry.current() or next(iter(registry.names()), None)
    if name is None:
        raise CommandError(f"{registry.root} holds no version; train one first: recsvc train --orders FILE")
    try:
        return registry.open(name)
    except (NoVersionError, DamagedVersionError) as error:
        raise CommandError(str(error)) from error


def _links(snapshot: VersionSnapshot, ids: list[str], n: int, stem_cap: int, progress: Reporter) -> Iterator[ItemLinks]:
    """Each item's shelves: what is in stock, one of a family, as on its page."""
    for place, item in enumerate(ids):
        if place % 1000 == 0:
            progress("links", place / len(ids))
        ask = Ask((item,), _BOTH, n, (), None, None, True, None, "include", False, False, (), False)
        shelves = recommend(snapshot, ask, stem_cap).shelves
        cross_sell, upsell = (tuple(snapshot.item_ids([pick.item for pick in shelves[kind].picks])) for kind in _BOTH)
        yield ItemLinks(item, cross_sell, upsell)

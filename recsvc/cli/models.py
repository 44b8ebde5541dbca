"""The versions on this host: list them, show one, compare two, roll back, remove old ones."""

from __future__ import annotations

import argparse
import json
from pathlib import Path

from models.artefact import DamagedVersionError, Version
from models.gate import read_verdict
from models.registry import NoVersionError, Registry
from recsvc.cli.diff import as_text, difference
from recsvc.cli.main import CommandError, also_after
from recsvc.cli.publish import publish, settings_for


def arguments(parser: argparse.ArgumentParser) -> None:
    """The options of `recsvc models`."""
    parser.add_argument("--models", type=Path, metavar="DIR", help="where versions live (default: RECSVC_MODELS)")
    actions = parser.add_subparsers(dest="action", required=True, metavar="list|show|diff|rollback|prune")
    actions.add_parser("list", help="every version, newest first")
    show = actions.add_parser("show", help="what one version was trained on, and how, as JSON")
    show.add_argument("version", nargs="?", help="default: the published one, else the newest")
    diff = actions.add_parser("diff", help="two versions side by side, and the shelves that changed most")
    diff.add_argument("before", metavar="A", help="the earlier one")
    diff.add_argument("after", metavar="B", help="the later one")
    diff.add_argument("--shelves", type=int, default=50, metavar="N", help="how many shelves to show (default: 50)")
    diff.add_argument("--json", action="store_true", help="as JSON")
    rollback = actions.add_parser("rollback", help="publish the version that was served before, or an older one")
    rollback.add_argument("version", nargs="?", help="default: the one served before")
    prune = actions.add_parser("prune", help="remove old versions; the published one and the one before it stay")
    prune.add_argument("--keep", type=int, metavar="N", help="how many of the newest stay (default: 3)")
    also_after(actions, "--models")


def run(args: argparse.Namespace) -> int:
    """Do what was asked."""
    settings = settings_for(args.models)
    registry = Registry(settings.models)
    if args.action == "list":
        print(table(registry))
    elif args.action == "show":
        print(json.dumps(describe(registry, args.version), indent=2, ensure_ascii=False))
    elif args.action == "diff":
        found = difference(opened(registry, args.before), opened(registry, args.after), max(args.shelves, 0))
        print(json.dumps(found, indent=2, ensure_ascii=False) if args.json else as_text(found))
    elif args.action == "rollback":
        name = args.version or registry.pointer().before
        if name is None:
            raise CommandError(
                "no version is known to have been served before; name one: recsvc models rollback VERSION"
            )
        pointer = publish(registry, name, settings, rollback=True)
        print(f"rolled back to {name}, move {pointer.seq}")
    else:
        keep = settings.keep_versions if args.keep is None else args.keep
        if keep < 1:
            raise CommandError(f"--keep takes 1 or more, not {keep}")
        removed = registry.prune(keep)
        print(f"removed: {', '.join(removed)}" if removed else "nothing to remove")
    return 0


def table(registry: Registry) -> str:
    """A line per version: name, orders, items, and whether it is whole, published, or the one before."""
    pointer = registry.pointer()
    marks = {pointer.before: "before", pointer.version: "published"}
    lines = [f"{'version':<28} {'orders':>12} {'items':>10}  "]
    for name in registry.names():
        try:
            shop = registry.open(name).model.shop
            numbers = f"{shop.orders:>12,} {shop.items:>10,}"
        except DamagedVersionError as error:
            numbers = f"{'damaged':>23}  {error}"
        lines.append(f"{name:<28} {numbers}  {marks.get(name, '')}".rstrip())
    return "\n".join(lines) if len(lines) > 1 else f"{registry.root} holds no version"


def opened(registry: Registry, name: str) -> Version:
    """A whole version, or a sentence that says why not."""
    try:
        return registry.open(name)
    except (NoVersionError, DamagedVersionError) as error:
        raise CommandError(str(error)) from error


def describe(registry: Registry, name: str | None) -> dict[str, object]:
    """One version: its numbers, settings and run."""
    name = name or registry.current() or next(iter(registry.names()), None)
    if name is None:
        raise CommandError(f"{registry.root} holds no version; train one first: recsvc train --orders FILE")
    version = opened(registry, name)
    model, run_record = version.model, version.run
    return {
        "version": name,
        "published": name == registry.current(),
        "trained_at": run_record.trained_at,
        "host": run_record.host,
        "content_sha256": run_record.content_sha256,
        "orders": model.shop.orders,
        "items": model.shop.items,
        "customers": model.shop.customers,
        "data_from": model.shop.data_from,
        "data_until": model.shop.data_until,
        "entries": {kind: len(vectors.item) for kind, vectors in sorted(model.vectors.items())},
        "settings": dict(model.settings),
        "libraries": dict(run_record.libraries),
        "notes": dict(run_record.notes),
        "gate": judged(registry, name),
    }


def judged(registry: Registry, name: str) -> dict[str, object] | None:
    """What the gate said of a version, None where nobody asked it."""
    verdict = read_verdict(registry.root, name)
    if verdict is None:
        return None
    return {
        "passed": verdict.passed,
        "reasons": list(verdict.reasons),
        "warnings": list(verdict.warnings),
        "figures": dict(verdict.figures),
    }

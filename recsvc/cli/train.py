"""Read orders and a catalogue, learn from them, write a new model version. Nothing is published."""

from __future__ import annotations

import argparse
import os
import resource
import socket
import time
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

import numpy as np

from models.artefact import Run, draft
from models.model import Model
from models.registry import Registry, version_name
from recsvc.cli.main import CommandError
from recsvc.cli.progress import Reporter
from training.pipeline import build_model
from training.readers.catalogue import read_catalogue
from training.readers.columns import parse_columns
from training.readers.errors import InputError
from training.readers.options import ReadOptions
from training.readers.orders import read_orders
from training.records import Catalogue, ReadReport
from training.settings import SettingsError, read_settings

_LIBRARIES = ("recsvc", "numpy", "scipy", "polars", "implicit")


def arguments(parser: argparse.ArgumentParser) -> None:
    """The options of `recsvc train`."""
    add = parser.add_argument
    add("--orders", nargs="+", type=Path, required=True, metavar="FILE", help="CSV (also .gz, .zst), Parquet or NDJSON")
    add("--catalogue", type=Path, metavar="FILE", help="what the shop says of its items")
    add("--models", type=Path, metavar="DIR", help="where versions live (default: RECSVC_MODELS or models/trained)")
    add("--config", type=Path, metavar="FILE", help="training settings, TOML")
    add("--columns", metavar="OURS=THEIRS,…", help="name columns that are not recognised: order_id=InvoiceNo,…")
    add("--currency", metavar="CODE", help="ISO 4217 code of prices that name none")
    add("--threads", type=int, default=0, metavar="N", help="threads to use (default: all cores)")
    add("--rejects", type=Path, metavar="FILE", help="where dropped lines are listed (default: DIR/rejects.csv)")


def run(args: argparse.Namespace) -> int:
    """Train; the exit code is 0, or an error that says what to do."""
    started = time.monotonic()
    root = args.models or Path(os.environ.get("RECSVC_MODELS", "models/trained"))
    try:
        settings = read_settings(args.config)
        options = ReadOptions(columns=parse_columns(args.columns or ""))
        with Reporter() as progress:
            root.mkdir(parents=True, exist_ok=True)
            orders, read = read_orders(args.orders, options, args.rejects or root / "rejects.csv", progress)
            catalogue = read_catalogue(args.catalogue, options)[0] if args.catalogue else None
            model = build_model(
                orders, catalogue, settings, currency=args.currency, threads=args.threads, progress=progress
            )
            progress("write", 0.0)
            name = _write(Registry(root), model, read, time.monotonic() - started)
    except (InputError, SettingsError) as error:
        raise CommandError(str(error)) from error
    except OSError as error:
        raise CommandError(f"{error.filename or root}: {error.strerror}; no version was written", 5) from error
    except MemoryError as error:
        raise CommandError("out of memory; no version was written", 5) from error
    print(report(model, read, catalogue))
    print(f"\nversion {name} in {root / name}\nserve it: recsvc serve --models {root}")
    return 0


def _write(registry: Registry, model: Model, read: ReadReport, seconds: float) -> str:
    drafted = draft(model)
    trained_at = datetime.now(UTC)
    usage = resource.getrusage(resource.RUSAGE_SELF)
    return registry.write(
        drafted,
        Run(
            name=version_name(trained_at, drafted.content_sha256),
            trained_at=trained_at.strftime("%Y-%m-%dT%H:%M:%SZ"),
            host=socket.gethostname(),
            libraries={name: found for name in _LIBRARIES if (found := _version_of(name))},
            content_sha256=drafted.content_sha256,
            notes={
                "seconds": round(seconds, 3),
                "cpu_seconds": round(usage.ru_utime + usage.ru_stime, 3),
                "peak_rss_mb": usage.ru_maxrss // 1024,
                "files": list(read.files),
                "lines": read.lines,
                "kept": read.kept,
                "dropped": dict(read.dropped),
                "unparsed": dict(read.unparsed),
            },
        ),
    )


def report(model: Model, read: ReadReport, catalogue: Catalogue | None) -> str:
    """What was read, kept and learnt, as a table for people."""
    rows = [("lines read", read.lines), ("  kept", read.kept)]
    rows += [(f"  dropped: {reason}", count) for reason, count in sorted(read.dropped.items())]
    rows += [(f"  not readable: {reason}", count) for reason, count in sorted(read.unparsed.items())]
    rows += [("orders", model.shop.orders), ("customers", model.shop.customers), ("items", model.shop.items)]
    if catalogue:
        listed = set(catalogue.ids)
        rows.append(("  bought, not in the catalogue", sum(1 for name in _bought(model) if name not in listed)))
    for kind, vectors in model.vectors.items():
        rows.append((f"  with a {kind} vector", int(np.count_nonzero(np.diff(vectors.indptr)))))
    return "\n".join(f"{label:<40} {count:>12,}" for label, count in rows)


def _bought(model: Model) -> list[bytes]:
    return [model.items[item] for item in np.flatnonzero(model.facts.orders).tolist()]


def _version_of(name: str) -> str | None:
    try:
        return version(name)
    except PackageNotFoundError:
        return None

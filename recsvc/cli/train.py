"""Read orders and a catalogue, learn from them, write a new model version and a verdict on it. Nothing is published."""

from __future__ import annotations

import argparse
import dataclasses
import os
import resource
import socket
import time
from collections.abc import Sequence
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from models.artefact import Run, draft
from models.gate import write_verdict
from models.model import Model
from models.registry import Registry, version_name
from recsvc.cli import judge, objective, tuned
from recsvc.cli.main import CommandError
from recsvc.cli.progress import Reporter
from recsvc.cli.publish import settings_for
from recsvc.cli.reading import idle, queried_orders, read_options, reading_arguments
from recsvc.cli.report import Trained, report
from recsvc.cli.trouble import machine_trouble
from recsvc.state.assembly import open_state
from recsvc.state.mirror import NAME, Mirror
from training.accounts import remarks, shoppers
from training.doubts import doubts
from training.gate.limits import read_limits
from training.links import adrift
from training.pipeline import build_model
from training.readers.catalogue import missing_items, read_catalogue
from training.readers.errors import InputError
from training.readers.orders import read_orders
from training.readers.wishes import Wishes, read_wishes
from training.records import CatalogueReport, ReadReport, no_links
from training.rerank.door import remark
from training.settings import SettingsError, read_settings
from training.upsell.margin import OBJECTIVES, with_objective
from training.worth import with_worth

_LIBRARIES = ("recsvc", "numpy", "scipy", "polars", "implicit", "lightgbm")


def arguments(parser: argparse.ArgumentParser) -> None:
    """The options of `recsvc train`."""
    options(parser)
    parser.add_argument("--force", action="store_true", help="go on although less came in than for the live version")


def options(parser: argparse.ArgumentParser) -> None:
    """What every run that trains may be told."""
    reading_arguments(parser)
    add = parser.add_argument
    add("--models", type=Path, metavar="DIR", help="where versions live (default: RECSVC_MODELS or models/trained)")
    add("--config", type=Path, metavar="FILE", help="training settings, TOML")
    add("--threads", type=int, default=0, metavar="N", help="threads to use (default: all cores)")
    add("--rejects", type=Path, metavar="FILE", help="where dropped lines are listed (default: DIR/rejects.csv)")
    add(
        "--erasures",
        nargs="+",
        type=Path,
        default=[],
        metavar="FILE",
        help="customers to leave out, beside those in DIR/erasures.jsonl",
    )
    add("--upsell-objective", choices=tuple(OBJECTIVES), help="what upsells are ranked for (default: the settings)")
    objective.arguments(parser)
    tuned.arguments(parser)
    add("--no-gate", action="store_true", help="do not judge the new version beside the live one")


def run(args: argparse.Namespace) -> int:
    """Train; the exit code is 0, or an error that says what to do."""
    root = models_root(args)
    trained = train(args, root)
    print(report(trained))
    print(
        f"\nversion {trained.name} in {root / trained.name}\n"
        f"publish it: recsvc publish --models {root}\nserve it:   recsvc serve --models {root}"
    )
    return 0


def train(args: argparse.Namespace, root: Path) -> Trained:
    """Read, learn and write a version into `root`.

    Raises:
        CommandError: exit code 2 for input or options, 5 for memory or disk; no version was written.
    """
    started, registry = time.monotonic(), Registry(root)
    if args.threads < 0:
        raise CommandError(f"--threads is 0 (all cores) or more, not {args.threads}")
    try:
        settings = with_objective(read_settings(args.config), args.upsell_objective)
        settings, limits = with_worth(settings, args.objective), read_limits(args.config)
        options = dataclasses.replace(read_options(args), wishes=wishes(root, args.erasures))
        with machine_trouble(root, "no version was written"), Reporter() as progress:
            catalogue, listed = read_catalogue(args.catalogue, options) if args.catalogue else (None, None)
            root.mkdir(parents=True, exist_ok=True)
            orders, read = read_orders(
                args.orders, options, args.rejects or root / "rejects.csv", progress, queried_orders(args, options)
            )
            before, unseen = judge.live(registry, settings_for(root))
            if before and not args.force:
                judge.refuse_shrunk(before, orders, catalogue, limits)
            settings, choice = tuned.tuned(args, root, orders, catalogue, settings, progress)
            traded = objective.traded(orders, catalogue, settings, args.threads)
            learning = judge.Run(orders, catalogue, settings, args.threads, progress)
            model = build_model(
                orders, catalogue, settings, currency=args.currency, threads=args.threads, progress=progress
            )
            verdict = judge.verdict_on(model, before, learning, limits) if before and not args.no_gate else None
            progress("write", 0.0)
            name = _write(registry, model, read, listed, time.monotonic() - started)
            if verdict:
                write_verdict(root, name, verdict)
    except (InputError, SettingsError) as error:
        raise CommandError(str(error)) from error
    unlisted = len(missing_items(catalogue, orders)) if catalogue else 0
    links = catalogue.links if catalogue else no_links()
    lost = adrift(links, model.items)
    told = (
        *idle(options, read, listed),
        *remarks(shoppers(orders, settings.robot_factor)),
        *choice,
        *traded,
        *filter(None, [unseen, remark(model.settings.get("reranked"))]),
    )
    odd = doubts(orders, int(time.time()))
    return Trained(name, model, read, listed, len(orders.items), unlisted, verdict, len(links), lost, told, odd)


def wishes(root: Path, files: Sequence[Path]) -> Wishes:
    """What customers asked for: the files named, and the copy beside the versions, first brought up to date."""
    settings = settings_for(root)
    if settings.state is not None or settings.state_url is not None:
        Mirror(root, open_state(settings)).refresh(now=True)
    beside = root / NAME
    return read_wishes([*files, *([beside] if beside.exists() else [])])


def models_root(args: argparse.Namespace) -> Path:
    """Where versions live: the option, else the variable, else beside the project."""
    return args.models or Path(os.environ.get("RECSVC_MODELS") or "models/trained")


def peak_rss_mb() -> int:
    """The most memory that this process held at once, MiB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024


def _write(registry: Registry, model: Model, read: ReadReport, listed: CatalogueReport | None, seconds: float) -> str:
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
                "peak_rss_mb": peak_rss_mb(),
                "files": list(read.files),
                "lines": read.lines,
                "kept": read.kept,
                "dropped": dict(read.dropped),
                "unparsed": dict(read.unparsed),
                judge.CATALOGUE_ITEMS: listed.kept if listed else None,
            },
        ),
    )


def _version_of(name: str) -> str | None:
    try:
        return version(name)
    except PackageNotFoundError:
        return None

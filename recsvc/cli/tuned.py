"""`recsvc train --tune`: settings chosen on the past, kept beside the versions and used again until they are old."""

from __future__ import annotations

import argparse
import dataclasses
import json
import time
from pathlib import Path

from models.files import write_whole
from models.gate import read_verdict
from models.registry import Registry
from recsvc.cli.main import CommandError
from training.backtest import windows
from training.pipeline import Progress
from training.records import Catalogue, Orders
from training.settings import SettingsError, TrainSettings
from training.tuning import Tuning, changed, tune

NAME = "tuning.json"
_QUESTIONS = 1_000
_GROWN = 1.25
_DAYS = 90
_DAY = 86_400
_SCHEMA = 1


def arguments(parser: argparse.ArgumentParser) -> None:
    """The options of tuning."""
    add = parser.add_argument
    add("--tune", action="store_true", help="choose settings on the shop's past, or use the last choice while it holds")
    add("--tune-budget", type=int, default=40, metavar="N", help="configurations to try at most (default 40)")
    add("--tune-timeout", type=float, metavar="S", help="seconds after which tuning stops and says so")


def tuned(
    args: argparse.Namespace,
    root: Path,
    orders: Orders,
    catalogue: Catalogue | None,
    start: TrainSettings,
    progress: Progress,
) -> tuple[TrainSettings, tuple[str, ...]]:
    """The settings to train with, and what there is to say of them.

    Raises:
        CommandError: an option makes no sense.
    """
    if not args.tune:
        return start, ()
    if args.tune_budget < 1 or (args.tune_timeout is not None and args.tune_timeout <= 0):
        raise CommandError("--tune-budget is 1 or more, --tune-timeout more than 0 seconds")
    path = root / NAME
    kept, why = _kept(path, orders, start)
    why = why or _refused(root)
    if kept is not None and not why:
        return kept, (f"settings as tuned before ({path}); still hold",)
    began = time.monotonic()
    limit = args.tune_timeout
    progress("tuning", 0.0)
    # What is likely is learnt from orders; what it is worth is the shop's word, and comes on top.
    plain = dataclasses.replace(start, cross_sell_objective=0)
    found = tune(
        windows(orders, catalogue, start, questions=_QUESTIONS, threads=args.threads),
        plain,
        budget=args.tune_budget,
        stop=lambda: limit is not None and time.monotonic() - began > limit,
        progress=progress,
    )
    write_whole(path, _document(found, orders, start))
    return changed(start, found.chosen), _told(found, why)


def _kept(path: Path, orders: Orders, start: TrainSettings) -> tuple[TrainSettings | None, str]:
    """The earlier choice, and why it no longer holds, if so."""
    try:
        document = json.loads(path.read_bytes())
        before, chosen = document["orders"], document["chosen"]
        until = document["until"]
        if document["start"] != _plain(start):
            return None, "the settings that it began with are others now"
        kept = changed(start, chosen)
    except FileNotFoundError:
        return None, "never tuned before"
    except (OSError, ValueError, KeyError, TypeError, SettingsError) as error:
        return None, f"{path} cannot be understood ({error})"
    if orders.n_orders > _GROWN * before:
        return kept, f"orders grew from {before:,} to {orders.n_orders:,}"
    if orders.timed and until is not None and int(orders.time[-1]) - until > _DAYS * _DAY:
        return kept, f"it is more than {_DAYS} days of orders old"
    return kept, ""


def _refused(root: Path) -> str:
    """The gate's refusal of the newest version, if so: what was chosen may be the reason."""
    newest = next(iter(Registry(root).names()), None)
    verdict = read_verdict(root, newest) if newest else None
    return f"the gate refused {newest}" if verdict is not None and not verdict.passed else ""


def _plain(settings: TrainSettings) -> dict[str, object]:
    return dict(json.loads(json.dumps(dataclasses.asdict(settings))))


def _document(found: Tuning, orders: Orders, start: TrainSettings) -> bytes:
    return (
        json.dumps(
            {
                "schema": _SCHEMA,
                "chosen": found.chosen,
                "start": _plain(start),
                "orders": orders.n_orders,
                "until": int(orders.time[-1]) if orders.timed else None,
                "windows": found.windows,
                "truncated": found.truncated,
                "trials": [dataclasses.asdict(trial) for trial in found.trials],
            },
            indent=1,
            sort_keys=True,
        )
        + "\n"
    ).encode()


def _told(found: Tuning, why: str) -> tuple[str, ...]:
    if not found.windows:
        return ("not tuned: too few orders to ask questions of; the defaults stand",)
    chosen = ", ".join(f"{name} = {value:g}" for name, value in found.chosen.items()) or "the defaults stay"
    cut = "; truncated by --tune-timeout" if found.truncated else ""
    return (f"tuned ({why}): {chosen}; {len(found.trials) + 1} configurations, {found.windows} windows{cut}",)

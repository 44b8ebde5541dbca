"""Train, ask the gate, publish: one run for a timer. The last line on stdout is a JSON record, after failures too."""

from __future__ import annotations

import argparse
import contextlib
import json
import signal
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from types import FrameType

from models.pointer import Pointer
from models.registry import Registry
from recsvc.cli import train
from recsvc.cli.gate import EXIT_REDIS, EXIT_REFUSED, pass_gate
from recsvc.cli.lock import EXIT_HELD, alone
from recsvc.cli.main import EXIT_BAD_INPUT, EXIT_INTERRUPTED, CommandError
from recsvc.cli.publish import prune, publish, settings_for
from recsvc.cli.report import Trained, counts, report, warnings
from recsvc.cli.trouble import EXIT_NO_ROOM, machine_trouble

LOCK = "nightly.lock"
EXIT_FAULT = 1
_AGAIN = "recsvc publish {version}"

OUTCOMES = {
    0: ("published", "nothing"),
    EXIT_FAULT: ("fault", "report the traceback on stderr; the live version stays"),
    EXIT_BAD_INPUT: ("bad_input", "correct the file, option or setting that the message names, then run again"),
    EXIT_REFUSED: ("gate_refused", f"read the reasons; to publish it all the same: {_AGAIN} --force"),
    EXIT_REDIS: ("redis_refused", f"see to Redis, then, without training again: {_AGAIN}"),
    EXIT_NO_ROOM: ("no_room", "free memory or disk (recsvc models prune --keep N), then run again"),
    EXIT_HELD: ("already_running", "nothing; or, if that run hangs, end its process: the lock goes with it"),
    EXIT_INTERRUPTED: ("interrupted", "run again"),
}
"""Exit code → outcome, what to do next."""


@dataclass(slots=True)
class Night:
    """What a run has come to so far.

    Attributes:
        root: the folder of versions.
        started: when, UTC.
        clock: monotonic seconds at the start.
        trained: the version written; None before.
        gate: what the gate said; None before.
        pointer: the move made; None before.
        removed: old versions removed.
    """

    root: Path
    started: datetime = field(default_factory=lambda: datetime.now(UTC))
    clock: float = field(default_factory=time.monotonic)
    trained: Trained | None = None
    gate: str | None = None
    pointer: Pointer | None = None
    removed: list[str] = field(default_factory=list)


def arguments(parser: argparse.ArgumentParser) -> None:
    """The options of `recsvc nightly`: those of train, and publish's."""
    train.options(parser)
    parser.add_argument("--force", action="store_true", help="go on although less came in, or the gate refused")


def run(args: argparse.Namespace) -> int:
    """Run the night; the exit code is 0, 2, 3, 4, 5 or 75 as `OUTCOMES` has them."""
    night = Night(train.models_root(args))
    code, message = EXIT_FAULT, "an unforeseen error"
    try:
        with _terminable():
            message = _run(args, night)
        code = 0
    except CommandError as error:
        code, message = error.exit_code, str(error)
    except KeyboardInterrupt:
        code, message = EXIT_INTERRUPTED, "interrupted"
    finally:
        if code:
            print(f"recsvc nightly: {message}", file=sys.stderr, flush=True)
        print(json.dumps(record(night, code, message), ensure_ascii=False), flush=True)
    return code


def _run(args: argparse.Namespace, night: Night) -> str:
    settings = settings_for(args.models)
    night.root = settings.models
    registry = Registry(night.root)
    with contextlib.ExitStack() as held:
        with machine_trouble(night.root, "nothing was trained"):
            night.root.mkdir(parents=True, exist_ok=True)
            held.enter_context(alone(night.root / LOCK, "a nightly run"))
        night.trained = trained = train.train(args, night.root)
        print(report(trained), flush=True)
        try:
            night.gate = pass_gate(registry, trained.name, settings, force=args.force)
            print(f"gate: {night.gate}", flush=True)
            night.pointer = publish(registry, trained.name, settings)
        finally:
            night.removed = prune(registry, settings.keep_versions)
    return f"published {trained.name}, move {night.pointer.seq}"


def record(night: Night, code: int, message: str) -> dict[str, object]:
    """The run as plain JSON values; what was not reached is null."""
    outcome, advice = OUTCOMES[code]
    trained = night.trained
    shop = trained.model.shop if trained else None
    return {
        "outcome": outcome,
        "exit_code": code,
        "message": message,
        "what_to_do": advice.format(version=trained.name if trained else "VERSION"),
        "version": trained.name if trained else None,
        "seq": night.pointer.seq if night.pointer else None,
        "current": _current(night.root),
        "gate": night.gate,
        "started_at": night.started.strftime("%Y-%m-%dT%H:%M:%SZ"),
        "seconds": round(time.monotonic() - night.clock, 3),
        "peak_rss_mb": train.peak_rss_mb(),
        "lines_read": trained.read.lines if trained else None,
        "lines_kept": trained.read.kept if trained else None,
        "lines_dropped": counts(trained.read.dropped, trained.read.unparsed) if trained else None,
        "orders": shop.orders if shop else None,
        "customers": shop.customers if shop else None,
        "items": shop.items if shop else None,
        "data_until": shop.data_until if shop else None,
        "warnings": warnings(trained) if trained else [],
        "removed": night.removed,
    }


def _current(root: Path) -> str | None:
    """What this host serves now."""
    with contextlib.suppress(OSError):
        return Registry(root).current()
    return None


@contextlib.contextmanager
def _terminable() -> Iterator[None]:
    """TERM ends the run as Ctrl-C does, with its record; the first process of a container would ignore it otherwise."""

    def interrupt(_signal: int, _frame: FrameType | None) -> None:
        raise KeyboardInterrupt

    before = signal.signal(signal.SIGTERM, interrupt)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)

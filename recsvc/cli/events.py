"""What happened: archive events as Parquet, which the trainer reads; note who was sent a mailing."""

from __future__ import annotations

import argparse
import json
import os
import time
from datetime import date
from pathlib import Path

from recsvc.cli.archive import DAY, archive
from recsvc.cli.export_picks import ids_of
from recsvc.cli.main import CommandError
from recsvc.cli.sent import note_sent
from recsvc.settings import SettingsError, from_environment
from recsvc.state.assembly import open_state
from recsvc.state.contract import StateStore, StateUnavailableError


def arguments(parser: argparse.ArgumentParser) -> None:
    """The actions of `recsvc events`."""
    actions = parser.add_subparsers(dest="action", required=True, metavar="ACTION")
    archiving = actions.add_parser("archive", help="write what came since the last time; the state lets go of it")
    archiving.add_argument("--out", type=Path, required=True, metavar="DIR", help="where the files go")
    sending = actions.add_parser("sent", help="note who was sent a mailing, for tools that cannot report it themselves")
    sending.add_argument("--customers", type=Path, required=True, metavar="FILE", help="to whom: an id per line")
    sending.add_argument("--campaign", default="", metavar="NAME", help="which mailing, as picks were asked for it")
    sending.add_argument("--day", metavar="YYYY-MM-DD", help="when it was sent (default: today, UTC)")


def run(args: argparse.Namespace) -> int:
    """Do what is asked; the exit code is 0, or an error that says what to do."""
    try:
        settings = from_environment(os.environ)
        state = open_state(settings)
    except SettingsError as error:
        raise CommandError(str(error)) from error
    if state is None:
        raise CommandError("there is no memory: set RECSVC_STATE or RECSVC_STATE_URL as the service has it")
    return _sent(args, state) if args.action == "sent" else _archive(args, state, settings.state_days)


def _sent(args: argparse.Namespace, state: StateStore) -> int:
    now = int(time.time())
    try:
        day = now // DAY if args.day is None else (date.fromisoformat(args.day) - date(1970, 1, 1)).days
    except ValueError as error:
        raise CommandError(f"--day is like 2026-11-21, not {args.day}") from error
    if day > now // DAY:
        raise CommandError(f"--day {args.day} is not over yet")
    try:
        noted = note_sent(state, ids_of(args.customers), args.campaign, day, now)
    except OSError as error:
        raise CommandError(f"{args.customers} cannot be read: {error.strerror}") from error
    except StateUnavailableError as error:
        raise CommandError(f"{error}; run it again, nobody is noted twice", 1) from error
    finally:
        state.close()
    print(
        f"{noted.accepted:,} noted, {noted.duplicates:,} known before, {noted.not_stored:,} without consent or erased"
    )
    if noted.refused:
        print(f"{noted.refused:,} left out: an address, a telephone number or a text of over 256 characters is no id")
    return 0


def _archive(args: argparse.Namespace, state: StateStore, keep_days: int) -> int:
    try:
        done = archive(state, args.out, keep_days, int(time.time()))
    except StateUnavailableError as error:
        raise CommandError(f"{error}; nothing is lost, run it again", 1) from error
    except (OSError, json.JSONDecodeError) as error:
        raise CommandError(f"{args.out} cannot be used: {error}; nothing is lost, run it again", 5) from error
    finally:
        state.close()
    print(f"{done.events} events in {done.files} files under {args.out}")
    if done.cleaned:
        print(f"who was erased or took back their consent was taken out of {done.cleaned} older files")
    print(f"train on them: recsvc train --orders YOUR_ORDERS {args.out}/purchases-*.parquet")
    return 0

"""What happened: archive events as Parquet, which the trainer reads."""

from __future__ import annotations

import argparse
import json
import os
import time
from pathlib import Path

from recsvc.cli.archive import archive
from recsvc.cli.main import CommandError
from recsvc.settings import SettingsError, from_environment
from recsvc.state.assembly import open_state
from recsvc.state.contract import StateUnavailableError


def arguments(parser: argparse.ArgumentParser) -> None:
    """The actions of `recsvc events`."""
    actions = parser.add_subparsers(dest="action", required=True, metavar="ACTION")
    archiving = actions.add_parser("archive", help="write what came since the last time; the state lets go of it")
    archiving.add_argument("--out", type=Path, required=True, metavar="DIR", help="where the files go")


def run(args: argparse.Namespace) -> int:
    """Archive; the exit code is 0, or an error that says what to do."""
    try:
        settings = from_environment(os.environ)
        state = open_state(settings)
    except SettingsError as error:
        raise CommandError(str(error)) from error
    if state is None:
        raise CommandError("there is no memory to archive: set RECSVC_STATE or RECSVC_STATE_URL as the service has it")
    try:
        done = archive(state, args.out, settings.state_days, int(time.time()))
    except StateUnavailableError as error:
        raise CommandError(f"{error}; nothing is lost, run it again", 1) from error
    except (OSError, json.JSONDecodeError) as error:
        raise CommandError(f"{args.out} cannot be used: {error}; nothing is lost, run it again", 5) from error
    finally:
        state.close()
    print(f"{done.events} events in {done.files} files under {args.out}")
    if done.cleaned:
        print(f"erased customers were taken out of {done.cleaned} older files")
    print(f"train on them: recsvc train --orders YOUR_ORDERS {args.out}/purchases-*.parquet")
    return 0

"""List the customers most worth contacting today, why, with what, and at which expected value."""

from __future__ import annotations

import argparse
import csv
import io
import time
from pathlib import Path

from models.files import write_whole
from models.registry import Registry
from recsvc.cli.export_links import open_version
from recsvc.cli.main import CommandError
from recsvc.cli.publish import settings_for
from recsvc.cli.trouble import machine_trouble
from recsvc.contact.wording import LOCALES, Locale
from recsvc.outreach import Question, rules_of
from recsvc.picks import PicksSettings
from recsvc.picks_layouts import safe, unsafe
from recsvc.state.assembly import open_state
from recsvc.state.contract import StateUnavailableError
from recsvc.store.snapshot import VersionSnapshot
from recsvc.web import render
from recsvc.web.messages import Reason
from recsvc.web.speaking import speak
from recsvc.worklist import Task, worklist

_CHANNELS = ("email", "app", "phone", "chat", "store")
_CAMPAIGN = "worklist"
_COLUMNS = ("id", "title", "reason", "say")


def arguments(parser: argparse.ArgumentParser) -> None:
    """The options of `recsvc worklist`."""
    add = parser.add_argument
    add("--budget", type=int, metavar="N", help="so many customers, the most worth first")
    add("--cpa", type=float, metavar="EUR", help="every customer whose expected value is above what a contact costs")
    add(
        "--channel",
        choices=_CHANNELS,
        default="phone",
        help="how they will be contacted (default phone): its caps and pauses hold",
    )
    add("--n", type=int, default=3, metavar="N", help="items per customer (default 3)")
    add("--locale", choices=LOCALES, default="en", help="language of what to say (default en)")
    add("--out", type=Path, required=True, metavar="FILE", help="CSV to write, whole or not at all")
    add("--models", type=Path, metavar="DIR", help="where versions live (default: RECSVC_MODELS)")


def run(args: argparse.Namespace) -> int:
    """Ask for every customer of the version, keep the best, write the file."""
    if args.budget is None and args.cpa is None:
        raise CommandError("say --budget N (how many contacts) or --cpa EUR (what one costs), or both")
    if not 1 <= args.n <= 30 or (args.budget is not None and args.budget < 1):
        raise CommandError("--n is 1 to 30, --budget 1 or more")
    settings = settings_for(args.models)
    state = open_state(settings)
    if state is None:
        raise CommandError("nobody knows who was contacted: set RECSVC_STATE or RECSVC_STATE_URL as the service has it")
    version = open_version(Registry(settings.models), None)
    known, now = version.model.customers.ids, int(time.time())
    listed = [at for at in range(len(known)) if not unsafe(known.text(at))]
    questions = (Question(known.text(at), args.n, args.channel, _CAMPAIGN, now) for at in listed)
    picks = PicksSettings(
        settings.picks_history, settings.picks_half_life_days, settings.due_after_days, settings.stem_cap
    )
    snapshot = VersionSnapshot(version)
    try:
        with machine_trouble(args.out.parent, "nothing was written"):
            tasks = worklist(snapshot, state, questions, picks, rules_of(settings), args.budget, args.cpa or 0.0)
            write_whole(args.out, _table(tasks, args.n, args.locale))
    except StateUnavailableError as error:
        raise CommandError(f"{error}; nothing was written", 1) from error
    finally:
        state.close()
    total, left_out = sum(task.value for task in tasks), len(known) - len(listed)
    if left_out:
        print(f"left out: {left_out:,} customers whose ids are formulas to a spreadsheet")
    print(f"{args.out}: {len(tasks):,} of {len(known):,} customers, expected value {total:,.2f} in all")
    return 0


def _table(tasks: list[Task], n: int, locale: Locale) -> bytes:
    """A row per customer: why, with what, and what to say; no cell is a formula to a spreadsheet."""
    buffer = io.StringIO(newline="")
    table = csv.writer(buffer, lineterminator="\n")
    columns = [f"item_{at}_{name}" for at in range(1, n + 1) for name in _COLUMNS]
    table.writerow(["customer_id", "expected_value", *columns])
    for task in tasks:
        items = render.pick_items(task.outreach.snapshot, task.outreach.picks)
        speak(task.outreach.snapshot, items, locale, aloud=True)
        cells: list[str] = []
        for item in items:
            reason = item.reason.text if isinstance(item.reason, Reason) else ""
            cells += [item.item_id, str(item.title or ""), reason, str(item.say or "")]
        cells += [""] * (len(columns) - len(cells))
        table.writerow([task.customer_id, f"{task.value:.2f}", *map(safe, cells)])
    return buffer.getvalue().encode()

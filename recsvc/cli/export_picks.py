"""Every customer's picks as a file for mail tools: from a version on disk, in a stream, whole or not at all."""

from __future__ import annotations

import argparse
import dataclasses
import time
from collections.abc import Iterator
from pathlib import Path

from models.registry import Registry
from models.strings import StringTable
from recsvc.cli.export_links import open_version
from recsvc.cli.main import CommandError
from recsvc.cli.progress import Reporter
from recsvc.cli.publish import settings_for
from recsvc.cli.trouble import machine_trouble
from recsvc.contact.wording import LOCALES
from recsvc.outreach import rules_of
from recsvc.picks import PicksSettings
from recsvc.picks_file import Memory, Picking, Written, write_picks
from recsvc.picks_tools import LAYOUTS, TELLING
from recsvc.settings import ServiceSettings
from recsvc.state.assembly import open_state
from recsvc.state.contract import StateStore, StateUnavailableError
from recsvc.state.mirror import NAME, Mirror, read_words
from recsvc.state.records import customer_digest
from recsvc.store.snapshot import VersionSnapshot

_MOST = 30
_NOT_LEARNT = "learnt"


def arguments(parser: argparse.ArgumentParser) -> None:
    """The options of `recsvc export picks`."""
    add = parser.add_argument
    add("--customers", default="all", metavar="FILE", help="whose: a file with an id per line, or `all` (default)")
    add("--n", type=int, default=4, metavar="N", help="picks per customer at most (default 4)")
    add(
        "--purchased",
        choices=(_NOT_LEARNT, "include", "exclude", "due"),
        default=_NOT_LEARNT,
        help="own purchases (default: consumables unless it is too early for them, durables never)",
    )
    add(
        "--format",
        choices=LAYOUTS,
        default="csv",
        help="a row per customer, a JSON object per line, or what one mail tool takes (default csv)",
    )
    add("--state", type=Path, metavar="FILE", help="who may be contacted (default: RECSVC_STATE or RECSVC_STATE_URL)")
    add("--campaign", default="", metavar="NAME", help="for which mailing, as the service is asked for it")
    add("--locale", choices=LOCALES, default="en", help="language of reasons (default en)")
    add("--out", type=Path, required=True, metavar="FILE", help="file to write, whole or not at all")
    add("--version", metavar="VERSION", help="which (default: the published one, else the newest)")
    add("--models", type=Path, metavar="DIR", help="where versions live (default: RECSVC_MODELS)")


def run(args: argparse.Namespace) -> int:
    """Pick for every customer as the service would, and write the file."""
    if not 1 <= args.n <= _MOST:
        raise CommandError(f"--n is 1 to {_MOST}, not {args.n}")
    settings = settings_for(args.models)
    if args.state is not None:
        if not args.state.exists():
            raise CommandError(f"--state: {args.state} does not exist; name the file that the service writes")
        settings = dataclasses.replace(settings, state=args.state, state_url=None)
    version = open_version(Registry(settings.models), args.version)
    state = open_state(settings)
    how = Picking(
        memory=None if state is None else Memory(state, rules_of(settings), args.campaign, int(time.time())),
        n=args.n,
        locale=args.locale,
        purchased=None if args.purchased == _NOT_LEARNT else args.purchased,
        settings=PicksSettings(
            settings.picks_history, settings.picks_half_life_days, settings.due_after_days, settings.stem_cap
        ),
    )
    known = version.model.customers.ids
    try:
        silent = silenced(settings, state)
        with machine_trouble(args.out.parent, "nothing was written"), Reporter() as progress:
            listed = None if args.customers == "all" else ids_of(Path(args.customers))
            total = len(known) if listed is None else len(listed)
            ids = _counted(_all(known) if listed is None else iter(listed), total, progress)
            ids = (name for name in ids if customer_digest(name) not in silent) if silent else ids
            written = write_picks(args.out, VersionSnapshot(version), ids, how, args.format)
    except StateUnavailableError as error:
        raise CommandError(f"{error}; nothing was written", 1) from error
    finally:
        if state is not None:
            state.close()
    _report(args.out, args.format, version.name, written, len(silent))
    return 0


def _report(out: Path, layout: str, version: str, written: Written, silent: int) -> None:
    """What the file holds, and whom it does not."""
    print(
        f"{out}: {written.rows:,} customers of {version}, {written.personal:,} with picks of their own, "
        f"{written.popular:,} with what is popular"
    )
    held, where = written.held_back, "send nothing to" if layout in TELLING else "left out"
    if held:
        reasons = ", ".join(f"{reason} {count:,}" for reason, count in held.items())
        print(f"{where}: {sum(held.values()):,} customers ({reasons})")
    if silent:
        print(f"left out: whoever was erased or did not consent ({silent:,} in all)")
    if written.unsafe:
        print(
            f"left out: {written.unsafe:,} customers whose ids are formulas to a spreadsheet; "
            "jsonl, braze and iterable hold them"
        )


def silenced(settings: ServiceSettings, state: StateStore | None) -> frozenset[str]:
    """Digests of customers who were erased or did not consent: the state's word where it is set, else the copy's."""
    if state is not None:
        Mirror(settings.models, state).refresh(now=True)
    words = read_words(settings.models / NAME)
    return frozenset(word.customer for word in words if word.erased_at is not None or word.consent is not None)


def _all(ids: StringTable) -> Iterator[str]:
    return (ids.text(at) for at in range(len(ids)))


def ids_of(path: Path) -> list[str]:
    """Ids of a file, one per line, without empty lines and doubles."""
    try:
        lines = path.read_text("utf-8-sig").splitlines()
    except UnicodeDecodeError as error:
        raise CommandError(f"{path} is not UTF-8 text: {error}") from error
    return list(dict.fromkeys(line.strip() for line in lines if line.strip()))


def _counted(ids: Iterator[str], total: int, progress: Reporter) -> Iterator[str]:
    for at, name in enumerate(ids):
        if at % 1000 == 0:
            progress("picks", at / max(total, 1))
        yield name

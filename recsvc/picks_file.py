"""Picks of many customers as a file, written in a stream, whole or not at all; with a memory the ledger decides."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from models.files import force, replacing
from recsvc.contact.rules import Rules
from recsvc.contact.wording import Locale
from recsvc.outreach import Outreach, Question, reach_out
from recsvc.picks import PicksSettings, Purchased, pick
from recsvc.picks_layouts import Told, unsafe
from recsvc.picks_tools import TELLING, is_table, open_layout
from recsvc.state.contract import StateStore
from recsvc.store.contract import Snapshot
from recsvc.web import render
from recsvc.web.goods import Goods
from recsvc.web.messages import Item
from recsvc.web.speaking import speak

_AT_HAND = 20_000
"""Items whose cards are kept, about a kilobyte each."""


@dataclass(frozen=True, slots=True)
class Memory:
    """By what the ledger decides.

    Attributes:
        state: what was shown and bought.
        rules: of contact.
        campaign: for which mailing, "" for none.
        now: seconds since 1970.
    """

    state: StateStore
    rules: Rules
    campaign: str
    now: int


@dataclass(frozen=True, slots=True)
class Picking:
    """How picks are chosen.

    Attributes:
        n: per customer.
        purchased: as in `recsvc.picks.pick`.
        settings: the service's.
        memory: who may be contacted today, with what; None: nobody remembers, everyone with a pick.
        locale: of reasons.
    """

    n: int
    purchased: Purchased | None
    settings: PicksSettings
    memory: Memory | None = None
    locale: Locale = "en"


@dataclass(frozen=True, slots=True)
class Written:
    """What became of the customers.

    Attributes:
        rows: customers in the file.
        personal: of them, those with picks of their own.
        popular: of them, those with what is popular alone.
        held_back: reason → customers to whom nothing is to be sent; layouts that do not say so leave them out.
        unsafe: left out: their ids are formulas to a spreadsheet.
    """

    rows: int
    personal: int
    popular: int
    held_back: Mapping[str, int]
    unsafe: int


def write_picks(path: Path, snapshot: Snapshot, customers: Iterable[str], how: Picking, layout: str) -> Written:
    """Write the file beside itself, force it to disk, move it into place; memory does not grow with the customers.

    With a memory, what is decided is noted as for a question over HTTP on this day, channel `email`: who asks there
    gets the same, and an `email_sent` without items means these.

    Raises:
        StateUnavailableError: the memory does not answer; no file is written.
    """
    with replacing(path) as target, target.open("w", encoding="utf-8", newline="") as file:
        written = _stream(file, snapshot, customers, how, layout)
        force(file)
    return written


def _stream(file: IO[str], snapshot: Snapshot, customers: Iterable[str], how: Picking, layout: str) -> Written:
    table, writer = is_table(layout), open_layout(layout, file, how.n)
    personal = popular = left_out = 0
    held_back: Counter[str] = Counter()
    choose = _chooser(snapshot, how)
    goods = Goods(_AT_HAND)
    for name in customers:
        if table and unsafe(name):
            left_out += 1
            continue
        told = _told(name, choose(name), goods, how.locale, safely=table)
        if told.reason:
            held_back[told.reason] += 1
            if layout not in TELLING:
                continue
        else:
            personal, popular = personal + (told.source == "personal"), popular + (told.source == "popular")
        writer.write(told)
    writer.close()
    rows = personal + popular + (sum(held_back.values()) if layout in TELLING else 0)
    return Written(rows, personal, popular, dict(sorted(held_back.items())), left_out)


def _chooser(snapshot: Snapshot, how: Picking) -> Callable[[str], Outreach]:
    """What to answer for a customer."""
    if (memory := how.memory) is not None:
        return lambda name: reach_out(
            snapshot,
            memory.state,
            Question(name, how.n, "email", memory.campaign, memory.now, how.purchased),
            how.settings,
            memory.rules,
        )
    return lambda name: Outreach(pick(snapshot, name, how.n, how.settings, how.purchased), None, None, snapshot)


def _told(name: str, found: Outreach, goods: Goods, locale: Locale, *, safely: bool) -> Told:
    items: Sequence[Item] = render.pick_items(found.snapshot, found.picks, goods)
    speak(found.snapshot, items, locale, aloud=False)
    if safely:
        items = [item for item in items if not unsafe(item.item_id)]
    reason = found.reason or (None if items else "nothing_to_show")
    source = "personal" if found.picks.personal else "popular"
    return Told(name, source, [] if reason else items, reason, found.next_day)

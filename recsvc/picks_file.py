"""Picks of many customers as a file: a CSV row or a JSON object per customer, written in a stream.

No cell can be a formula to a spreadsheet (OWASP, CSV injection): a text that could be one gets an apostrophe before it,
an id is never changed, so a customer or item whose id could be one is left out of CSV and counted.
"""

from __future__ import annotations

import csv
import json
import os
import uuid
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Literal, get_args

import msgspec

from models.files import sync_folder
from recsvc.picks import CustomerPicks, PicksSettings, Purchased, pick
from recsvc.store.contract import Snapshot
from recsvc.web import render
from recsvc.web.goods import Goods
from recsvc.web.messages import Item

Layout = Literal["csv", "jsonl"]
LAYOUTS: tuple[str, ...] = get_args(Layout)
_AT_HAND = 20_000
"""Items whose cards are kept, about a kilobyte each."""

_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n")


@dataclass(frozen=True, slots=True)
class Picking:
    """How picks are chosen.

    Attributes:
        n: per customer.
        purchased: as in `recsvc.picks.pick`.
        settings: the service's.
    """

    n: int
    purchased: Purchased | None
    settings: PicksSettings


@dataclass(frozen=True, slots=True)
class Written:
    """What became of the customers.

    Attributes:
        rows: customers in the file.
        personal: of them, those with picks of their own.
        popular: of them, those with what is popular alone.
        nothing: left out: nothing may be shown to them.
        unsafe: left out: their ids are formulas to a spreadsheet.
    """

    rows: int
    personal: int
    popular: int
    nothing: int
    unsafe: int


def write_picks(path: Path, snapshot: Snapshot, customers: Iterable[str], how: Picking, layout: str) -> Written:
    """Write the file beside itself, force it to disk, move it into place; memory does not grow with the customers."""
    aside = path.with_name(f".{path.name}.{uuid.uuid4().hex}.tmp")
    try:
        with aside.open("w", encoding="utf-8", newline="") as file:
            written = _stream(file, snapshot, customers, how, layout)
            file.flush()
            os.fsync(file.fileno())
        aside.replace(path)
    finally:
        aside.unlink(missing_ok=True)
    sync_folder(path.parent)
    return written


def _stream(file: IO[str], snapshot: Snapshot, customers: Iterable[str], how: Picking, layout: str) -> Written:
    table = csv.writer(file, lineterminator="\n") if layout == "csv" else None
    flat = [f"item_{at}_{name}" for at in range(1, how.n + 1) for name in render.FLAT]
    if table:
        table.writerow(["customer_id", "source", "count", *flat])
    personal = popular = nothing = unsafe = 0
    goods = Goods(_AT_HAND)
    for name in customers:
        if table and name.startswith(_FORMULA):
            unsafe += 1
            continue
        chosen = pick(snapshot, name, how.n, how.settings, how.purchased)
        items = _items(snapshot, chosen, goods, safely=table is not None)
        if not items:
            nothing += 1
            continue
        source = "personal" if chosen.personal else "popular"
        personal, popular = personal + chosen.personal, popular + (not chosen.personal)
        if table:
            told = render.flat_doubles(items)
            table.writerow([name, source, len(items), *(_text(told.get(column, "")) for column in flat)])
        else:
            file.write(json.dumps(_object(name, source, items), ensure_ascii=False) + "\n")
    return Written(personal + popular, personal, popular, nothing, unsafe)


def _items(snapshot: Snapshot, chosen: CustomerPicks, goods: Goods, *, safely: bool) -> Sequence[Item]:
    items = render.pick_items(snapshot, chosen, goods)
    return [item for item in items if not item.item_id.startswith(_FORMULA)] if safely else items


def _text(cell: str) -> str:
    """The cell, never a formula."""
    return f"'{cell}" if cell.startswith(_FORMULA) else cell


def _object(name: str, source: str, items: Sequence[Item]) -> Mapping[str, object]:
    return {
        "customer_id": name,
        "source": source,
        "count": len(items),
        "items": [msgspec.to_builtins(i) for i in items],
    }

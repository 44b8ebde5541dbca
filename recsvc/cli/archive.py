"""Events as Parquet files, for the trainer and for reports; erased customers leave them again."""

from __future__ import annotations

import io
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import polars as pl

from models.files import write_whole
from recsvc.state.contract import StateStore
from recsvc.state.mirror import NAME as SAID
from recsvc.state.mirror import pack, read_words
from recsvc.state.records import Event, Word, customer_digest

PART = 50_000
"""Events of one file."""

NOTE = "archive.json"
DAY = 86_400

_EVENTS: dict[str, Any] = {
    "event_id": pl.String,
    "type": pl.String,
    "ts": pl.Datetime("us", "UTC"),
    "customer_id": pl.String,
    "item_id": pl.String,
    "quantity": pl.Float64,
    "unit_price": pl.String,
    "channel": pl.String,
    "placement": pl.String,
    "campaign": pl.String,
    "order_id": pl.String,
    "recommendation_id": pl.String,
}
_PURCHASES = ("order_id", "item_id", "customer_id", "ts", "quantity", "unit_price")


@dataclass(frozen=True, slots=True)
class Archived:
    """What a run did.

    Attributes:
        events: written.
        files: written.
        forgotten: events that the state let go of.
        cleaned: older files from which customers were taken who were erased or took back their consent.
    """

    events: int
    files: int
    forgotten: int
    cleaned: int


def archive(state: StateStore, folder: Path, keep_days: int, now: int) -> Archived:
    """Write what came since the last run, take erased customers out of older files, let the state go of the rest.

    A part is named by the place it begins at, and the place it ends at is noted after it is on disk: a run that is
    stopped in between writes the same part again, under the same name. So every event stands in one file.

    Whose word changed since the last run (`erasures.jsonl`, written when the files are as it says) leaves the older
    files: erased, what happened up to then; with consent `none`, everything; with `session`, their name.

    Args:
        state: whose events.
        folder: where files go.
        keep_days: how long the state itself remembers.
        now: seconds since 1970.
    """
    folder.mkdir(parents=True, exist_ok=True)
    note = _note(folder)
    place, events, files = str(note.get("place", "")), 0, 0
    before_that: set[str] = set()  # names in the part before; a state may hold an event twice, close together
    said = {word.customer: word for word in state.words()}
    while part := state.log(place, PART):
        name = part[0][0].replace("-", "_").rjust(20, "0")
        once = {event.event_id: event for _, event in part if event.event_id not in before_that}
        before_that = {event.event_id for _, event in part}
        table = _allowed(frame(list(once.values())), said)  # an event may have come beside its erasure
        _write(folder / f"events-{name}.parquet", table)
        bought = table.filter((pl.col("type") == "purchase") & pl.col("item_id").is_not_null()).select(_PURCHASES)
        if bought.height:
            _write(folder / f"purchases-{name}.parquet", bought.with_columns(pl.col("quantity").fill_null(1.0)))
        place, events, files = part[-1][0], events + len(once), files + 1
        _keep(folder, note := {**note, "place": place})
    words, before = state.words(), {word.customer: word for word in read_words(folder / SAID)}
    cleaned = _clean(folder, {word.customer: word for word in words if _wish(word) != _wish(before.get(word.customer))})
    write_whole(folder / SAID, pack(words))
    return Archived(events, files, state.forget_log(place, now - keep_days * DAY), cleaned)


def frame(events: Sequence[Event]) -> pl.DataFrame:
    """A row per item of each event, one without an item for an event that has none."""
    return pl.DataFrame(list(_rows(events)), _EVENTS, orient="row")


def _rows(events: Sequence[Event]) -> Iterator[tuple[object, ...]]:
    for e in events:
        for line in e.items or (None,):
            item = (None, None, None) if line is None else (line.item_id, line.quantity, line.price)
            told = (e.channel, e.placement, e.campaign, e.order_id, e.recommendation_id)
            yield (e.event_id, e.type, e.at * 1_000_000, e.customer_id, *item, *told)


def _wish(word: Word | None) -> tuple[object, object]:
    """What of a word concerns the archive."""
    return (None, None) if word is None else (word.erased_at, word.consent)


def _clean(folder: Path, words: Mapping[str, Word]) -> int:
    """Bring all files to what these customers said; files changed."""
    cleaned = 0
    for path in sorted(folder.glob("*-*.parquet")) if words else ():
        table = pl.read_parquet(path)
        kept = _allowed(table, words)
        if not kept.equals(table):
            _write(path, kept)
            cleaned += 1
    return cleaned


def _allowed(table: pl.DataFrame, words: Mapping[str, Word]) -> pl.DataFrame:
    """The rows that may be kept, without the names of who allowed only that; `words` by digest."""
    people = table["customer_id"].drop_nulls().unique(maintain_order=True)
    found = [(who, *_wish(word)) for who in people if (word := words.get(customer_digest(who))) is not None]
    if not found:
        return table
    said = pl.DataFrame(found, {"customer_id": pl.String, "erased": pl.Int64, "consent": pl.String}, orient="row")
    joined = table.join(said, on="customer_id", how="left", maintain_order="left")
    erased = (pl.col("ts").dt.epoch("s") <= pl.col("erased")).fill_null(value=False)
    refused = pl.col("consent").eq("none").fill_null(value=False)
    nameless = pl.when(pl.col("consent").eq("session")).then(None).otherwise(pl.col("customer_id"))
    kept = joined.filter(~erased & ~refused).with_columns(nameless.alias("customer_id"))
    return kept.drop("erased", "consent")


def _write(path: Path, table: pl.DataFrame) -> None:
    buffer = io.BytesIO()
    table.write_parquet(buffer, compression="zstd")
    write_whole(path, buffer.getvalue())


def _note(folder: Path) -> dict[str, Any]:
    path = folder / NOTE
    found = json.loads(path.read_text("utf-8")) if path.exists() else {}
    return found if isinstance(found, dict) else {}


def _keep(folder: Path, note: dict[str, Any]) -> None:
    write_whole(folder / NOTE, json.dumps(note).encode() + b"\n")

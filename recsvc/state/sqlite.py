"""`StateStore` in a file: SQLite, write-ahead log, every commit forced to disk. For one host; its workers share it."""

from __future__ import annotations

import os
import sqlite3
import threading
from collections import defaultdict
from collections.abc import Mapping, Sequence
from pathlib import Path

from recsvc.state.contract import StateUnavailableError
from recsvc.state.records import (
    Consent,
    CustomerState,
    Event,
    LiveItem,
    Receipt,
    Standing,
    StateStatus,
    Word,
    customer_digest,
    event_digest,
    packer,
    unpack_event,
)
from recsvc.state.writer import GroupWriter

_FORMAT = 1
_SCHEMA = """
CREATE TABLE events(
    position INTEGER PRIMARY KEY AUTOINCREMENT, id BLOB NOT NULL UNIQUE,
    customer TEXT, received INTEGER NOT NULL, body BLOB NOT NULL);
CREATE INDEX events_of ON events(customer, position) WHERE customer IS NOT NULL;
CREATE TABLE customers(customer TEXT PRIMARY KEY, consent TEXT, erased_at INTEGER) WITHOUT ROWID;
CREATE TABLE unused(customer TEXT, item TEXT, order_id TEXT, PRIMARY KEY (customer, item, order_id)) WITHOUT ROWID;
CREATE TABLE decisions(customer TEXT, name TEXT, until INTEGER, body BLOB, PRIMARY KEY (customer, name)) WITHOUT ROWID;
CREATE INDEX decisions_until ON decisions(until);
CREATE TABLE items(item TEXT PRIMARY KEY, price INTEGER, stock INTEGER, available INTEGER, revision INTEGER)
    WITHOUT ROWID;
CREATE INDEX items_revision ON items(revision);
PRAGMA user_version = 1;
"""
_PUT_ITEM = """
INSERT INTO items(item, price, stock, available, revision) VALUES (?, ?, ?, ?, ?)
ON CONFLICT(item) DO UPDATE SET price = coalesce(excluded.price, price), stock = coalesce(excluded.stock, stock),
    available = coalesce(excluded.available, available), revision = excluded.revision
"""
_LET_GO = """
DELETE FROM decisions WHERE (customer, name) IN
    (SELECT customer, name FROM decisions WHERE until <= ? ORDER BY until LIMIT 8)
"""


class SqliteState:
    """The state of one host.

    Args:
        path: of the database; its folder is made where it is missing.
        events: newest events of a customer that are looked at.
        patience: seconds that a caller waits for the disk.

    Raises:
        StateUnavailableError: from the first use on, where the file cannot be used.
    """

    def __init__(self, path: Path, events: int = 1_000, patience: float = 5.0) -> None:
        self._path = path
        self._events = events
        self._writer = GroupWriter(path, self._connect, patience)
        self._local = threading.local()
        self._prepared = False
        self._preparing = threading.Lock()

    def status(self) -> StateStatus:
        """Durable while it answers: `synchronous=FULL` forces every commit to disk."""
        try:
            self._reader().execute("SELECT 1 FROM customers LIMIT 1").fetchone()
        except StateUnavailableError as error:
            return StateStatus(reachable=False, durable=False, note=str(error))
        except sqlite3.Error as error:
            return StateStatus(reachable=False, durable=False, note=f"the state cannot be read: {error}")
        return StateStatus(reachable=True, durable=True)

    def append(self, events: Sequence[Event], now: int) -> Receipt:
        """Keep events that are new."""
        rows = [
            (event_digest(e.event_id), _key(e.customer_id) if e.customer_id else None, now, packer.encode(e))
            for e in events
        ]

        def job(connection: sqlite3.Connection) -> Receipt:
            accepted: list[int] = []
            duplicates: list[int] = []
            for place, row in enumerate(rows):
                new = connection.execute(
                    "INSERT INTO events(id, customer, received, body) VALUES (?, ?, ?, ?) ON CONFLICT(id) DO NOTHING",
                    row,
                ).rowcount
                (accepted if new else duplicates).append(place)
            return Receipt(tuple(accepted), tuple(duplicates), durable=True)

        return self._writer.run(job) if rows else Receipt((), (), durable=True)

    def customer(self, customer_id: str, decision: str = "") -> CustomerState:
        """What is held of one customer."""
        key = _key(customer_id)
        bodies = self._read(
            "SELECT body FROM events WHERE customer = ? ORDER BY position DESC LIMIT ?", (key, self._events)
        )
        standing = self.standings([customer_id]).get(customer_id, Standing())
        unused = self._read("SELECT item, order_id FROM unused WHERE customer = ?", (key,))
        decided = decision and self._read("SELECT body FROM decisions WHERE customer = ? AND name = ?", (key, decision))
        return CustomerState(
            standing,
            tuple(unpack_event(body) for (body,) in reversed(bodies)),
            frozenset(unused),
            decided[0][0] if decided else None,
        )

    def standings(self, customer_ids: Sequence[str]) -> Mapping[str, Standing]:
        """What customers said about themselves."""
        keys = {_key(customer_id): customer_id for customer_id in customer_ids}
        found = {}
        listed = list(keys)
        for start in range(0, len(listed), 500):
            part = listed[start : start + 500]
            marks = ",".join("?" * len(part))
            rows = self._read(
                f"SELECT customer, consent, erased_at FROM customers WHERE customer IN ({marks})",  # noqa: S608  # marks
                part,
            )
            found.update({keys[key]: Standing(consent, erased_at) for key, consent, erased_at in rows})
        return found

    def decide(self, customer_id: str, name: str, decision: bytes, now: int, until: int) -> None:
        """Note a decision, and let go of a few whose time is over, whosever; the first of its name stands."""
        row = (_key(customer_id), name, until, decision)

        def job(connection: sqlite3.Connection) -> None:
            connection.execute(_LET_GO, (now,))
            connection.execute("INSERT OR IGNORE INTO decisions VALUES (?, ?, ?, ?)", row)

        self._writer.run(job)

    def set_consent(self, customer_id: str, consent: Consent) -> None:
        """Note what a customer consents to."""
        key = _key(customer_id)

        def job(connection: sqlite3.Connection) -> None:
            connection.execute(
                "INSERT INTO customers(customer, consent) VALUES (?, ?) "
                "ON CONFLICT(customer) DO UPDATE SET consent = excluded.consent",
                (key, consent),
            )
            if consent != "full":
                _forget(connection, key)

        self._writer.run(job)

    def set_use(self, customer_id: str, item_id: str, order_id: str, *, use: bool) -> None:
        """Note that a purchase must not, or may again, speak for a customer."""
        row = (_key(customer_id), item_id, order_id)
        sql = (
            "DELETE FROM unused WHERE customer = ? AND item = ? AND order_id = ?"
            if use
            else "INSERT OR IGNORE INTO unused VALUES (?, ?, ?)"
        )
        self._writer.run(lambda connection: connection.execute(sql, row).rowcount)

    def erase(self, customer_id: str, at: int) -> None:
        """Forget a customer."""
        key = _key(customer_id)

        def job(connection: sqlite3.Connection) -> None:
            _forget(connection, key)
            connection.execute("DELETE FROM unused WHERE customer = ?", (key,))
            connection.execute(
                "INSERT INTO customers(customer, erased_at) VALUES (?, ?) "
                "ON CONFLICT(customer) DO UPDATE SET erased_at = max(excluded.erased_at, coalesce(erased_at, 0))",
                (key, at),
            )

        self._writer.run(job)
        self._empty_log()

    def words(self) -> Sequence[Word]:
        """What the trainer must honour."""
        unused: dict[str, list[tuple[str, str]]] = defaultdict(list)
        for key, item, order_id in self._read("SELECT customer, item, order_id FROM unused ORDER BY 2, 3", ()):
            unused[key].append((item, order_id))
        rows = self._read("SELECT customer, erased_at, nullif(consent, 'full') FROM customers", ())
        said = {key: (erased_at, consent) for key, erased_at, consent in rows if erased_at or consent}
        return [
            Word(key, *said.get(key, (None, None)), tuple(unused.get(key, ()))) for key in sorted(said.keys() | unused)
        ]

    def put_items(self, items: Sequence[LiveItem]) -> int:
        """Note what a shop says of items."""

        def job(connection: sqlite3.Connection) -> int:
            (newest,) = connection.execute("SELECT coalesce(max(revision), 0) FROM items").fetchone()
            rows = [(i.item_id, i.price, i.stock, i.available, newest + 1) for i in items]
            connection.executemany(_PUT_ITEM, rows)
            return int(newest) + bool(rows)

        return self._writer.run(job)

    def items_since(self, revision: int) -> tuple[int, Sequence[LiveItem]]:
        """The items that changed after `revision`."""
        rows = self._read(
            "SELECT revision, item, price, stock, available FROM items WHERE revision > ? ORDER BY revision, item",
            (revision,),
        )
        changed = [
            LiveItem(item_id=item, price=price, stock=stock, available=None if available is None else bool(available))
            for _, item, price, stock, available in rows
        ]
        return (rows[-1][0] if rows else revision), changed

    def log(self, after: str, limit: int) -> Sequence[tuple[str, Event]]:
        """Events in the order they were kept."""
        rows = self._read(
            "SELECT position, body FROM events WHERE position > ? ORDER BY position LIMIT ?", (int(after or 0), limit)
        )
        return [(str(position), unpack_event(body)) for position, body in rows]

    def forget_log(self, upto: str, before: int) -> int:
        """Let go of archived events: here a customer's memory is the log itself, so only old ones go."""

        def job(connection: sqlite3.Connection) -> int:
            connection.execute("DELETE FROM decisions WHERE until < ?", (before,))
            return connection.execute(
                "DELETE FROM events WHERE position IN "
                "(SELECT position FROM events WHERE position <= ? AND received < ? ORDER BY position LIMIT 20000)",
                (int(upto or 0), before),
            ).rowcount

        gone = 0
        while part := self._writer.run(job):
            gone += part
        return gone

    def close(self) -> None:
        """Let go of connections."""
        self._writer.close()
        if (reader := getattr(self._local, "reader", None)) is not None:
            reader.close()
            self._local.reader = None

    def _empty_log(self) -> None:
        """Deleted rows are overwritten (`secure_delete`); this empties the write-ahead log, which still holds them."""
        try:
            connection = self._connect()
            connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
            connection.close()
        except (sqlite3.Error, StateUnavailableError):
            return  # a reader holds the log; the next checkpoint does it

    def _read(self, sql: str, values: Sequence[object]) -> list[tuple]:  # type: ignore[type-arg]  # as sqlite3 has it
        try:
            return self._reader().execute(sql, values).fetchall()
        except sqlite3.Error as error:
            raise StateUnavailableError(f"the state cannot be read: {error}") from error

    def _reader(self) -> sqlite3.Connection:
        """This thread's own connection."""
        reader: sqlite3.Connection | None = getattr(self._local, "reader", None)
        if reader is None:
            self._local.reader = reader = self._connect()
        return reader

    def _connect(self) -> sqlite3.Connection:
        try:
            if not self._prepared:
                self._prepare()
            return self._open()
        except (sqlite3.Error, OSError) as error:
            reason = getattr(error, "strerror", None) or error  # without the path
            raise StateUnavailableError(f"the state cannot be opened: {reason}") from error

    def _open(self) -> sqlite3.Connection:
        connection = sqlite3.connect(self._path, timeout=5.0, isolation_level=None, check_same_thread=False)
        connection.execute("PRAGMA synchronous = FULL")
        connection.execute("PRAGMA secure_delete = ON")
        return connection

    def _prepare(self) -> None:
        with self._preparing:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            os.close(os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600))
            connection = self._open()
            try:
                connection.execute("PRAGMA journal_mode = WAL").fetchone()
                connection.execute("BEGIN IMMEDIATE")
                (found,) = connection.execute("PRAGMA user_version").fetchone()
                if found == 0:
                    for statement in _SCHEMA.split(";"):
                        connection.execute(statement)
                connection.execute("COMMIT")
            finally:
                connection.close()
            if found not in (0, _FORMAT):
                raise StateUnavailableError(f"the state has format {found}, this version of recsvc reads {_FORMAT}")
            self._prepared = True


def _key(customer_id: str) -> str:
    return customer_digest(customer_id)


def _forget(connection: sqlite3.Connection, key: str) -> None:
    connection.execute("DELETE FROM events WHERE customer = ?", (key,))
    connection.execute("DELETE FROM decisions WHERE customer = ?", (key,))

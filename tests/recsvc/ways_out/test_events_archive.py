"""`recsvc events archive`: every event in one file, the trainer reads them, erased customers leave them again."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import polars as pl
import pytest

from recsvc.cli import archive as archiving
from recsvc.cli.archive import archive
from recsvc.cli.main import main
from recsvc.state.records import Event, Line
from recsvc.state.sqlite import SqliteState
from training.readers.options import ReadOptions
from training.readers.orders import read_orders

DAY = 86_400
NOW = 20_000 * DAY


def event(number: int, kind: str = "purchase", **said: Any) -> Event:  # noqa: ANN401  # any field's value
    """An event of a customer of its own number."""
    lines = (Line("tea", 2.0, "4.5"), Line(f"item-{number}"))
    fields = {"customer_id": f"c{number}", "items": lines, "order_id": f"o{number}", **said}
    return Event(f"e{number}", kind, NOW - 1_000 + number, **fields)  # type: ignore[arg-type]


@pytest.fixture
def state(tmp_path: Path) -> SqliteState:
    """An empty state."""
    return SqliteState(tmp_path / "state.db")


def ids(folder: Path) -> list[str]:
    """Events in the archive, with repetition."""
    tables = [pl.read_parquet(path) for path in sorted(folder.glob("events-*.parquet"))]
    return [name for table in tables for name in table["event_id"].unique(maintain_order=True)]


def test_every_event_stands_in_one_file(state: SqliteState, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """In parts, over several runs, and after a run that was stopped before it noted how far it came."""
    monkeypatch.setattr(archiving, "PART", 4)
    out = tmp_path / "archive"
    state.append([event(n) for n in range(10)], NOW)
    assert archive(state, out, 400, NOW) == archiving.Archived(10, 3, 0, 0)
    state.append([event(n, "declined", items=()) for n in range(10, 12)], NOW)
    note = (out / "archive.json").read_bytes()
    archive(state, out, 400, NOW)
    (out / "archive.json").write_bytes(note)
    state.append([event(12)], NOW)
    archive(state, out, 400, NOW)
    assert ids(out) == [f"e{n}" for n in range(13)]
    assert len(state.customer("c3").events) == 1  # the memory stays while it is young
    assert archive(state, out, 400, NOW + 401 * DAY).forgotten == 13
    assert state.customer("c3").events == ()


def test_the_trainer_reads_what_was_bought(state: SqliteState, tmp_path: Path) -> None:
    """As orders like any other: customers, times, quantities, prices; not what was only seen."""
    state.append([event(1), event(2), event(3, "impression"), event(4, items=(Line("tea"),))], NOW)
    archive(state, tmp_path / "archive", 400, NOW)
    orders, report = read_orders(sorted((tmp_path / "archive").glob("purchases-*.parquet")), ReadOptions(), None)
    assert list(orders.items) == [b"item-1", b"item-2", b"tea"]
    assert list(orders.customers) == [b"c1", b"c2", b"c4"]
    assert orders.time.tolist() == [NOW - 999, NOW - 998, NOW - 996]
    assert sorted(orders.quantity.tolist()) == [1, 1, 1, 2, 2]
    assert (report.lines, report.kept) == (5, 5)


def test_an_erased_customer_leaves_older_files(state: SqliteState, tmp_path: Path) -> None:
    """With the next run; others' rows and the customer's later ones stay."""
    out = tmp_path / "archive"
    state.append([event(1), event(2)], NOW)
    archive(state, out, 400, NOW)
    state.erase("c1", NOW)
    state.append([Event("late", "purchase", NOW + 5, "c1", (Line("pot"),), order_id="late")], NOW)
    assert archive(state, out, 400, NOW).cleaned == 2
    assert ids(out) == ["e2", "late"]
    assert b"c1" not in b"".join(path.read_bytes() for path in out.glob("*-*1.parquet"))
    assert archive(state, out, 400, NOW).cleaned == 0


def test_an_erasure_is_found_whatever_the_clocks_say(state: SqliteState, tmp_path: Path) -> None:
    """Two hosts erase in one second, one of them by a clock that is behind: both customers leave the files."""
    out = tmp_path / "archive"
    state.append([event(1), event(2), event(3)], NOW)
    archive(state, out, 400, NOW)
    state.erase("c1", NOW)
    archive(state, out, 400, NOW)
    state.erase("c2", NOW)
    state.erase("c3", NOW - 5)
    assert archive(state, out, 400, NOW).cleaned == 2
    assert ids(out) == []


def test_an_event_that_came_beside_its_erasure_is_not_written(state: SqliteState, tmp_path: Path) -> None:
    """Kept by a worker that had asked for the customer's word a moment before: the archive asks again."""
    state.erase("c1", NOW)
    state.append([event(1), event(2)], NOW)
    archive(state, tmp_path / "archive", 400, NOW)
    assert ids(tmp_path / "archive") == ["e2"]


def test_who_takes_back_their_consent_leaves_older_files(state: SqliteState, tmp_path: Path) -> None:
    """`none` takes the rows, `session` the name; `full` again brings nothing back, and later events are theirs."""
    out = tmp_path / "archive"
    state.append([event(1), event(2), event(3)], NOW)
    archive(state, out, 400, NOW)
    state.set_consent("c1", "none")
    state.set_consent("c2", "session")
    archive(state, out, 400, NOW)
    held = pl.read_parquet(next(out.glob("purchases-*")))
    assert held["customer_id"].to_list() == [None, None, "c3", "c3"]
    assert held["item_id"].to_list() == ["tea", "item-2", "tea", "item-3"]
    state.set_consent("c1", "full")
    state.append([event(4, customer_id="c1")], NOW)
    assert archive(state, out, 400, NOW).cleaned == 0
    assert ids(out) == ["e2", "e3", "e4"]


def test_the_command(
    state: SqliteState, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """It finds the state as the service does, and says what is missing."""
    monkeypatch.delenv("RECSVC_STATE", raising=False)
    command = ["events", "archive", "--out", str(tmp_path / "archive")]
    assert main(command) == 2
    assert "RECSVC_STATE" in capsys.readouterr().err
    state.append([event(1)], NOW)
    monkeypatch.setenv("RECSVC_STATE", str(tmp_path / "state.db"))
    assert main(command) == 0
    assert "1 events in 1 files" in capsys.readouterr().out
    (tmp_path / "archive" / "archive.json").write_text("half a")
    assert main(command) == 5

"""Orders straight from a database."""

from __future__ import annotations

import datetime
import os
import pwd
import shutil
import sqlite3
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from recsvc.cli.main import main
from training.readers.errors import InputError
from training.readers.options import ReadOptions
from training.readers.orders import read_orders
from training.readers.sql import read_query

DEFAULT = ReadOptions()
QUERY = "select order_id, sku, who as customer_id, at as ts, qty as quantity, price from sold order by order_id, sku"
ROWS = [
    ("o1", "00123", "ann", "2026-01-01 10:00:00", 2, 3.5),
    ("o1", "1e5", "ann", "2026-01-01 10:00:00", 1, 12.25),
    ("o2", "🫖", None, "2026-01-02 09:00:00", 1, None),
]
TABLE = "create table sold (order_id text, sku text, who text, at {time}, qty integer, price {money})"


@pytest.fixture
def sqlite(tmp_path: Path) -> str:
    """The address of a SQLite file with three lines sold."""
    with sqlite3.connect(tmp_path / "shop.db") as connection:
        connection.execute(TABLE.format(time="text", money="real"))
        connection.executemany("insert into sold values (?, ?, ?, ?, ?, ?)", ROWS)
    connection.close()
    return f"sqlite://{tmp_path / 'shop.db'}"


def check(address: str) -> None:
    """The three lines, as files would give them."""
    raw = read_query(QUERY, address, "orders.sql", DEFAULT)
    orders, report = read_orders([], DEFAULT, None, queried=[raw])
    assert list(orders.items) == [b"00123", b"1e5", "🫖".encode()]
    assert orders.time.tolist() == [1767261600, 1767344400]
    assert orders.quantity.tolist() == [2, 1, 1]
    assert orders.price.tolist() == [35_000, 122_500, -1]
    assert (report.lines, report.kept, report.formats) == (3, 3, {"orders.sql": "query"})
    with pytest.raises(InputError, match=r"orders\.sql: the query failed"):
        read_query("select nothing from nowhere", address, "orders.sql", DEFAULT)
    with pytest.raises(InputError, match="gives no rows"):
        read_query("select order_id, sku from sold where 1 = 0", address, "orders.sql", DEFAULT)
    with pytest.raises(InputError, match="no column for item_id"):
        read_query("select order_id from sold", address, "orders.sql", DEFAULT)


def test_sqlite(sqlite: str) -> None:
    """Rows become baskets; what fails is said with the query's file."""
    check(sqlite)


def test_a_query_changes_nothing(sqlite: str) -> None:
    """The connection is for reading only."""
    with pytest.raises(InputError, match="readonly"):
        read_query("delete from sold returning order_id, sku", sqlite, "orders.sql", DEFAULT)
    assert read_query(QUERY, sqlite, "orders.sql", DEFAULT).frame.height == 3


def test_addresses_that_lead_nowhere(tmp_path: Path) -> None:
    """An unknown kind, a file that is not there, a server that is away: no password in any message."""
    for address, says in (
        ("oracle://u:geheim@db/shop", "'oracle' is no known kind of database"),
        (f"sqlite://{tmp_path / 'none.db'}", "no connection"),
        ("postgresql://u:geheim@127.0.0.1:9/shop?connect_timeout=2", "no connection"),
    ):
        with pytest.raises(InputError, match=says) as caught:
            read_query(QUERY, address, "orders.sql", DEFAULT)
        assert "geheim" not in str(caught.value)


def test_train_takes_a_query(
    tmp_path: Path, sqlite: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """`train --orders-sql` writes a version; without the address, or without any orders, it says what is missing."""
    (tmp_path / "orders.sql").write_text(QUERY)
    monkeypatch.delenv("RECSVC_ORDERS_DSN", raising=False)
    common = ["train", "--models", str(tmp_path / "models")]
    with pytest.raises(SystemExit):
        main(common)
    assert "one of the arguments --orders --orders-sql is required" in capsys.readouterr().err
    common += ["--orders-sql", str(tmp_path / "orders.sql")]
    assert main(common) == 2
    assert "needs RECSVC_ORDERS_DSN" in capsys.readouterr().err
    monkeypatch.setenv("RECSVC_ORDERS_DSN", sqlite)
    assert main(common) == 0
    assert "orders.sql: read as query" in capsys.readouterr().out


def postgres_tool(name: str) -> str | None:
    """Where a PostgreSQL program is; Debian keeps them out of PATH."""
    places = sorted(Path("/usr/lib/postgresql").glob(f"*/bin/{name}"))
    return str(places[-1]) if places else shutil.which(name)


@pytest.fixture
def postgres() -> Iterator[str]:
    """The address of a PostgreSQL that this test starts, on a socket in its own folder, and ends."""
    initdb, server = postgres_tool("initdb"), postgres_tool("postgres")
    if initdb is None or server is None:
        pytest.skip("PostgreSQL is not installed here (initdb and postgres)")
    folder = Path(tempfile.mkdtemp(prefix="pg"))  # pytest's own folders are root's alone
    who: dict[str, object] = {}
    if os.geteuid() == 0:  # PostgreSQL refuses to run as root
        nobody = pwd.getpwnam("nobody")
        os.chown(folder, nobody.pw_uid, nobody.pw_gid)
        who = {"user": "nobody", "group": nobody.pw_gid, "extra_groups": []}
    data = folder / "data"
    made = [initdb, "-D", str(data), "-U", "shop", "-A", "trust", "-E", "UTF8", "--no-sync"]
    done = subprocess.run(made, check=False, capture_output=True, text=True, cwd=folder, **who)  # type: ignore[call-overload]
    assert done.returncode == 0, done.stderr
    started = [server, "-D", str(data), "-k", str(folder), "-c", "listen_addresses=", "-c", "fsync=off"]
    process = subprocess.Popen(started, cwd=folder, stderr=subprocess.PIPE, text=True, **who)  # type: ignore[call-overload]
    assert process.stderr is not None
    for line in process.stderr:
        if "ready to accept connections" in line:
            break
    else:
        pytest.fail(f"PostgreSQL ended with {process.wait()}")
    yield f"postgresql://shop@/postgres?host={folder}"
    process.terminate()
    process.wait(30)
    process.stderr.close()
    shutil.rmtree(folder)


@pytest.mark.deep
def test_postgresql(postgres: str) -> None:
    """A real server: text, timestamps, decimals and UUIDs as ids; a million rows come batch by batch; reading only."""
    import psycopg  # noqa: PLC0415  # only this test needs it

    with psycopg.connect(postgres) as connection:
        connection.execute(TABLE.format(time="timestamp", money="numeric(12, 4)"))
        connection.execute("create sequence numbers")
        rows = [(*row[:3], datetime.datetime.fromisoformat(row[3]), *row[4:]) for row in ROWS]
        connection.cursor().executemany("insert into sold values (%s, %s, %s, %s, %s, %s)", rows)
    check(postgres)
    with pytest.raises(InputError, match="the query failed"):
        read_query("delete from sold returning order_id, sku", postgres, "orders.sql", DEFAULT)
    with pytest.raises(InputError, match="read-only"):
        read_query("select nextval('numbers') as order_id, 1 as item_id", postgres, "orders.sql", DEFAULT)
    assert read_query(QUERY, postgres, "orders.sql", DEFAULT).frame.height == 3
    ids = "n / 10 as order_id, md5((n % 997)::text)::uuid as item_id"
    made = f"select {ids}, now() as ts from generate_series(1, 1000000) n"  # noqa: S608  # our own text
    frame = read_query(made, postgres, "orders.sql", DEFAULT).frame
    assert frame.height == 1_000_000
    assert frame["item_id"].str.len_chars().unique().to_list() == [36]

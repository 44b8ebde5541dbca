"""Acknowledged means on disk: kill -9 of writer and server, and the order in which the disk was asked."""

from __future__ import annotations

import json
import os
import random
import shutil
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Sequence
from pathlib import Path
from threading import Thread
from typing import TYPE_CHECKING

import pytest

from recsvc.state.contract import Receipt, StateStore, StateUnavailableError
from recsvc.state.records import Event
from recsvc.state.sqlite import SqliteState

if TYPE_CHECKING:
    from conftest import RedisServer, Words

HERE = Path(__file__).parent
NOW = 1_790_000_000

SHIM = r"""
#define _GNU_SOURCE
#include <dlfcn.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/types.h>
#include <sys/uio.h>
#include <unistd.h>
static int told = -1;
static void tell(const char *what, int fd) {
    char link[64], path[512], line[600];
    if (told < 0) told = open(getenv("RECORD_TO"), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
    snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
    ssize_t n = readlink(link, path, sizeof path - 1);
    path[n < 0 ? 0 : n] = 0;
    int length = snprintf(line, sizeof line, "%s %s\n", what, path);
    static ssize_t (*plain)(int, const void *, size_t);
    if (!plain) plain = (ssize_t (*)(int, const void *, size_t))dlsym(RTLD_NEXT, "write");
    plain(told, line, length);
}
#define WRITES(name, ...) \
    static ssize_t (*plain)(__VA_ARGS__); \
    if (!plain) plain = (ssize_t (*)(__VA_ARGS__))dlsym(RTLD_NEXT, #name);
ssize_t write(int fd, const void *b, size_t n) {
    WRITES(write, int, const void *, size_t) tell("write", fd); return plain(fd, b, n); }
ssize_t pwrite64(int fd, const void *b, size_t n, off64_t at) {
    WRITES(pwrite64, int, const void *, size_t, off64_t) tell("write", fd); return plain(fd, b, n, at); }
ssize_t pwrite(int fd, const void *b, size_t n, off_t at) {
    WRITES(pwrite, int, const void *, size_t, off_t) tell("write", fd); return plain(fd, b, n, at); }
ssize_t writev(int fd, const struct iovec *v, int n) {
    WRITES(writev, int, const struct iovec *, int) tell("write", fd); return plain(fd, v, n); }
int fsync(int fd) { WRITES(fsync, int) int done = (int)plain(fd); if (!done) tell("synced", fd); return done; }
int fdatasync(int fd) { WRITES(fdatasync, int) int done = (int)plain(fd); if (!done) tell("synced", fd); return done; }
"""


def lost_and_doubled(names: Counter[str], acknowledged: Sequence[int], size: int) -> tuple[int, int, int]:
    """Of the batches acknowledged how many events are missing; how many stand twice; how many batches stand in part."""
    lost = sum(f"b{number}-{at}" not in names for number in acknowledged for at in range(size))
    batches = Counter(name.split("-")[0] for name in set(names))
    return lost, sum(count > 1 for count in names.values()), sum(count != size for count in batches.values())


def killed_writers(path: Path, kills: int, seed: int) -> list[int]:
    """What a writer acknowledged that was killed so often."""
    environment = {**os.environ, "PYTHONPATH": str(HERE.parents[2])}
    command = [sys.executable, str(HERE / "kills.py"), str(path), str(kills), str(seed)]
    return list(json.loads(subprocess.run(command, env=environment, check=True, capture_output=True).stdout))


@pytest.mark.parametrize("kills", [12, pytest.param(500, marks=pytest.mark.deep)])
def test_a_killed_writer_loses_and_doubles_nothing(tmp_path: Path, say: Words, kills: int) -> None:
    """SQLite: every acknowledged event is there, once, its batch whole, whenever the process died."""
    acknowledged = killed_writers(tmp_path / "state.db", kills, 7)
    assert len(set(acknowledged)) > kills / 2
    store = SqliteState(tmp_path / "state.db")
    assert lost_and_doubled(say.kept(store), acknowledged, 7) == (0, 0, 0)
    store.close()


def test_half_a_batch_that_comes_back_is_read_once(
    state_server: Callable[..., RedisServer], say: Words, tmp_path: Path
) -> None:
    """Redis keeps the torn end of a transaction and may carry it out a start later, when the batch stands again.

    Of a file that ends within a command, redis-server (7.0) cuts that command off, not the transaction around it.
    """
    server = state_server()
    store = say.redis(server.url)
    store.append([say.event("before", customer_id="ann")], NOW)
    (written,) = (server.socket.parent / "appendonlydir").glob("*.incr.aof")
    whole = written.stat().st_size
    batch = [say.event(f"b-{at}", customer_id="ann") for at in range(7)]
    store.append(batch, NOW)
    server.kill()
    os.truncate(written, whole + (written.stat().st_size - whole) * 2 // 3)
    server.start()
    assert len(resent(store, batch).accepted) == 7
    server.kill()
    server.start()
    names = ["before", *(event.event_id for event in batch)]
    assert set(say.kept(store)) == set(names)
    assert sorted(event.event_id for event in store.customer("ann").events) == sorted(names)
    assert say.archived(store, tmp_path / "archive") == Counter(names)


def resent(store: StateStore, batch: list[Event]) -> Receipt:
    """The receipt of a batch that is sent until there is one."""
    for _ in range(100):
        try:
            return store.append(batch, NOW)
        except StateUnavailableError:
            time.sleep(0.05)
    pytest.fail("the store does not come back")


@pytest.mark.parametrize("kills", [4, pytest.param(500, marks=pytest.mark.deep)])
def test_a_killed_redis_loses_and_doubles_nothing(
    state_server: Callable[..., RedisServer], say: Words, tmp_path: Path, kills: int
) -> None:
    """Redis: killed while it is written to and started over its files; batches without a receipt are sent again.

    Its log may repeat what was half written when it died; the archive does not.
    """
    server, chance = state_server(), random.Random(7)
    store = say.redis(server.url)
    acknowledged: list[int] = []
    for _ in range(kills):
        stopping = []

        def write(stopping: list[bool] = stopping) -> None:
            number = acknowledged[-1] if acknowledged else 0
            while not stopping:
                try:
                    store.append([say.event(f"b{number}-{at}", customer_id="ann") for at in range(7)], NOW)
                except StateUnavailableError:
                    continue
                acknowledged.append(number)
                number += 1

        writer = Thread(target=write)
        writer.start()
        before, patience = len(acknowledged), time.monotonic() + 10
        while chance.random() < 0.999 and len(acknowledged) == before and time.monotonic() < patience:
            time.sleep(0.001)  # most die while they are written to, a few before the first word
        time.sleep(chance.uniform(0.0, 0.05))
        server.kill()
        stopping.append(True)
        writer.join()
        server.start()
    assert len(set(acknowledged)) > kills / 2
    lost, _, in_part = lost_and_doubled(say.kept(store), acknowledged, 7)
    assert (lost, in_part) == (0, 0)
    assert lost_and_doubled(say.archived(store, tmp_path / "archive"), acknowledged, 7) == (0, 0, 0)


@pytest.fixture
def recorder(tmp_path: Path) -> tuple[Path, dict[str, str]]:
    """A library that writes down every write and every returned sync, and the environment that loads it."""
    compiler = shutil.which("cc") or shutil.which("gcc") or shutil.which("g++")
    if compiler is None:
        pytest.skip("no C compiler: the order of writes and syncs is not recorded")
    source, library, told = tmp_path / "shim.c", tmp_path / "shim.so", tmp_path / "told"
    source.write_text(SHIM)
    subprocess.run([compiler, "-shared", "-fPIC", "-O1", "-w", "-o", library, source, "-ldl"], check=True)
    return told, {"LD_PRELOAD": str(library), "RECORD_TO": str(told)}


def unsynced_answers(told: Path, data: Callable[[str], bool], answer: Callable[[str], bool]) -> tuple[int, int]:
    """Answers given, and those given while something written to the data was not yet synced."""
    waiting, answers, early = set[str](), 0, 0
    for line in told.read_text("utf-8", "replace").splitlines():
        what, _, path = line.partition(" ")
        if data(path):
            (waiting.add if what == "write" else waiting.discard)(path)
        elif what == "write" and answer(path):
            answers += 1
            early += bool(waiting)
    return answers, early


def test_sqlite_syncs_before_it_acknowledges(tmp_path: Path, recorder: tuple[Path, dict[str, str]]) -> None:
    """A kill keeps what the kernel holds; a power cut does not: each receipt follows a returned sync of the log."""
    told, environment = recorder
    code = (
        "import sys; from pathlib import Path; sys.path.insert(0, sys.argv[2])\n"
        "from kills import batch, SqliteState; import os\n"
        "store = SqliteState(Path(sys.argv[1])); out = os.open(sys.argv[3], os.O_WRONLY | os.O_CREAT)\n"
        "for n in range(40): store.append(batch(n), 1); os.write(out, b'ack')\n"
        "store.close()"
    )
    command = [sys.executable, "-c", code, str(tmp_path / "state.db"), str(HERE), str(tmp_path / "answers")]
    env = {**os.environ, **environment, "PYTHONPATH": str(HERE.parents[2])}
    subprocess.run(command, env=env, check=True, capture_output=True)
    is_log = lambda path: path.endswith("-wal")  # noqa: E731  # a word for it
    found = unsynced_answers(told, is_log, lambda path: path.endswith("/answers"))
    assert found == (40, 0)
    assert any(line.startswith("write ") and line.endswith("-wal") for line in told.read_text().splitlines())


def test_redis_syncs_before_it_acknowledges(
    state_server: Callable[..., RedisServer], say: Words, recorder: tuple[Path, dict[str, str]]
) -> None:
    """With `appendfsync always` no reply leaves the server before its log is synced; with `everysec` some do."""
    told, environment = recorder
    server = state_server()
    for policy, early in (("always", False), ("everysec", True)):
        server.kill()
        told.unlink(missing_ok=True)
        server.start(**environment)
        store = say.redis(server.url)
        store._patient.config_set("appendfsync", policy)
        written = len(told.read_text().splitlines())
        for number in range(30):
            store.append([say.event(f"{policy}{number}")], NOW)
        lines = told.read_text().splitlines()[written:]
        told.write_text("\n".join(lines))
        answers, too_early = unsynced_answers(
            told, lambda path: ".aof" in path, lambda path: path.startswith("socket:")
        )
        assert answers >= 30
        assert bool(too_early) == early

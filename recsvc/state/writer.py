"""Group commit for SQLite: whatever waits is written in one transaction, so one fsync serves many callers."""

from __future__ import annotations

import contextlib
import fcntl
import os
import queue
import sqlite3
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from concurrent.futures import TimeoutError as FutureTimeoutError
from pathlib import Path
from typing import Any, TypeVar

from recsvc.state.contract import StateUnavailableError

T = TypeVar("T")
Job = tuple[Callable[[sqlite3.Connection], Any], "Future[Any]"]
_MOST = 256
"""Jobs of one transaction."""


class GroupWriter:
    """One thread that writes for all threads of a process; a lock file takes turns between processes.

    A job runs in a transaction with the jobs that waited beside it; its caller hears of it after the commit, which
    returns when the log is on disk. While one commit waits for the disk the next group gathers: no timer is needed.
    Sources: DeWitt et al., SIGMOD 1984 (group commit); sqlite.org/wal.html.

    Args:
        path: of the database.
        connect: opens a connection of the writer's own.
        patience: seconds that a caller waits.
    """

    def __init__(self, path: Path, connect: Callable[[], sqlite3.Connection], patience: float) -> None:
        self._path = path
        self._connect = connect
        self._patience = patience
        self._jobs: queue.SimpleQueue[Job | None] = queue.SimpleQueue()
        self._thread: threading.Thread | None = None
        self._starting = threading.Lock()

    def run(self, job: Callable[[sqlite3.Connection], T]) -> T:
        """What `job` returns, once it is committed.

        Raises:
            StateUnavailableError: it was not committed, or not in time (it may still be).
        """
        future = self.submit(job)
        try:
            return future.result(self._patience)
        except FutureTimeoutError as error:
            raise StateUnavailableError(f"the state did not write within {self._patience:g} s") from error
        except (sqlite3.Error, OSError) as error:
            reason = getattr(error, "strerror", None) or error  # without the path
            raise StateUnavailableError(f"the state cannot be written: {reason}") from error

    def submit(self, job: Callable[[sqlite3.Connection], T]) -> Future[T]:
        """Queue `job` and do not wait for it."""
        future: Future[T] = Future()
        self._jobs.put((job, future))
        if self._thread is None:
            with self._starting:
                if self._thread is None:
                    self._thread = threading.Thread(target=self._work, name="recsvc-state", daemon=True)
                    self._thread.start()
        return future

    def close(self) -> None:
        """Finish what waits, then end the thread."""
        if self._thread is not None:
            self._jobs.put(None)
            self._thread.join()
            self._thread = None

    def _work(self) -> None:
        connection: sqlite3.Connection | None = None
        try:
            while (group := self._gather()) is not None:
                try:
                    connection = connection or self._connect()
                    with _turn(self._path):
                        results = _commit(connection, group)
                except Exception as error:  # noqa: BLE001  # every caller hears of it, whatever it is
                    for _, future in group:
                        future.set_exception(error)
                    if connection is not None:
                        connection.close()
                        connection = None
                else:
                    for (_, future), (result, failed) in zip(group, results, strict=True):
                        future.set_exception(failed) if failed else future.set_result(result)
        finally:
            if connection is not None:
                connection.close()

    def _gather(self) -> list[Job] | None:
        """Wait for a job, then take what came with it; None at the end."""
        if (first := self._jobs.get()) is None:
            return None
        group = [first]
        with contextlib.suppress(queue.Empty):
            while len(group) < _MOST:
                if (job := self._jobs.get_nowait()) is None:
                    self._jobs.put(None)
                    break
                group.append(job)
        return group


def _commit(connection: sqlite3.Connection, group: list[Job]) -> list[tuple[Any, Exception | None]]:
    """Run a group in one transaction; a job that fails is undone alone."""
    results: list[tuple[Any, Exception | None]] = []
    connection.execute("BEGIN IMMEDIATE")
    try:
        for job, _ in group:
            connection.execute("SAVEPOINT job")
            try:
                results.append((job(connection), None))
            except Exception as error:  # its caller hears of it; the others' work stands
                if not connection.in_transaction:  # a full disk or a broken one undoes all
                    raise
                connection.execute("ROLLBACK TO job")
                results.append((None, error))
            connection.execute("RELEASE job")
        connection.execute("COMMIT")
    except BaseException:
        if connection.in_transaction:
            connection.execute("ROLLBACK")
        raise
    return results


@contextlib.contextmanager
def _turn(path: Path) -> Iterator[None]:
    """Take turns with other processes: who waits on a lock file is woken at once; SQLite itself would nap and ask."""
    lock = os.open(path.with_name(f"{path.name}.turn"), os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield
    finally:
        os.close(lock)

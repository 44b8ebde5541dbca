"""gunicorn, told what we need: threads, many workers, no control socket, counters shared between workers."""

from __future__ import annotations

import gc
import logging
import os
import shutil
import signal
import socket
import tempfile
from pathlib import Path
from typing import Any

import gunicorn.util
from gunicorn.app.base import BaseApplication

from recsvc.settings import ServiceSettings
from recsvc.state.assembly import open_state
from recsvc.web.access import Access

_SHARED_MEMORY = Path("/dev/shm")  # noqa: S108  # a folder for heartbeats, named by gunicorn's own advice
_MULTIPROC = "PROMETHEUS_MULTIPROC_DIR"
_ENDS = (signal.SIGTERM, signal.SIGQUIT, signal.SIGINT)


class Service(BaseApplication):
    """The service under gunicorn; each worker assembles its own app after the fork."""

    def __init__(self, settings: ServiceSettings) -> None:
        self._settings = settings
        open_state(settings)  # refuses what cannot be, before anything starts; nothing connects
        _import_service(settings)
        self._access = Access(settings)  # before the fork: a worker that starts later needs no secret's file
        super().__init__()

    def load_config(self) -> None:
        """Hand our settings to gunicorn; no file and no command line of its own is read."""
        settings = self._settings
        options: dict[str, Any] = {
            "bind": settings.bind,
            "workers": settings.worker_count,
            "threads": settings.threads,
            "worker_class": "gthread",
            "keepalive": settings.keepalive_seconds,
            "timeout": settings.timeout_seconds,
            "graceful_timeout": settings.graceful_seconds,
            "loglevel": settings.log_level,
            "limit_request_line": 8_190,
            "control_socket_disable": True,
            "worker_tmp_dir": _heartbeat_folder(),
            "proc_name": "recsvc",
            # A worker has its parent's handlers until it makes its own, and these would swallow its parent's word to
            # end: until then the word waits.
            "pre_fork": lambda _arbiter, _worker: signal.pthread_sigmask(signal.SIG_BLOCK, _ENDS),
            "when_ready": lambda arbiter: _when_ready(arbiter, shop=settings.storefront is not None),
            "child_exit": _child_exit,
        }
        for name, value in options.items():
            self.cfg.set(name, value)

    def load(self) -> Any:  # noqa: ANN401  # a WSGI app; gunicorn's own name for its type is private
        """Assemble the app in a worker, and open the version before the first request comes."""
        signal.pthread_sigmask(signal.SIG_UNBLOCK, _ENDS)  # now the worker's own handlers are there: see pre_fork
        from recsvc import votes_native  # noqa: PLC0415  # see _import_service
        from recsvc.store.assembly import open_store  # noqa: PLC0415  # as above
        from recsvc.web import problems  # noqa: PLC0415  # as above
        from recsvc.web.app import create_app  # noqa: PLC0415  # reads PROMETHEUS_MULTIPROC_DIR when imported

        def write_error(sock: socket.socket, status_int: int, reason: str, mesg: str) -> None:
            gunicorn.util.write_nonblock(sock, problems.raw_problem(status_int, reason, mesg))

        # Requests that break HTTP itself never reach the app; gunicorn's own answer to them would be HTML.
        gunicorn.util.write_error = write_error
        _log_to_stderr(self._settings.log_level)
        if votes_native.library() is None:
            logging.getLogger("recsvc.votes").warning("%s", votes_native.MISSING)
        store = open_store(self._settings)
        store.snapshot()
        self._access.look()
        state = open_state(self._settings)
        if state is not None and (note := state.status().note):
            logging.getLogger("recsvc.state").warning("%s", note)
        app = create_app(self._settings, store, self._access, state)
        gc.collect()
        gc.freeze()  # what is here now stays: no later collection has to walk through it
        return app


def _import_service(settings: ServiceSettings) -> None:
    """Import before the fork what every worker needs; nothing connects.

    A worker is then there in a tenth of the time, which is what a reload or a lost worker makes callers wait; and none
    runs the modules of another release beside those that were imported before.
    """
    from recsvc.store import assembly  # noqa: F401, PLC0415  # once the folder of counters is named, which it reads
    from recsvc.web import app  # noqa: F401, PLC0415  # as above

    if settings.redis_url:
        from recsvc.fleet import store  # noqa: F401, PLC0415  # only a fleet needs Redis


def run(settings: ServiceSettings) -> None:
    """Serve until a signal ends it.

    The workers' counters lie in `PROMETHEUS_MULTIPROC_DIR`, emptied of what earlier workers left there; where it is
    not set, in a folder of our own that goes when the service ends.
    """
    named = os.environ.get(_MULTIPROC)
    folder = Path(named or tempfile.mkdtemp(prefix="recsvc-counters-"))
    folder.mkdir(parents=True, exist_ok=True)
    for left in folder.glob("*.db"):
        left.unlink()
    os.environ[_MULTIPROC] = str(folder)
    service = Service(settings)
    os.register_at_fork(after_in_parent=lambda: signal.pthread_sigmask(signal.SIG_UNBLOCK, _ENDS))  # see pre_fork
    if not named:
        # In this hook, for only the arbiter runs it: workers leave through the same stack as their parent.
        service.cfg.set("on_exit", lambda _arbiter: shutil.rmtree(folder, ignore_errors=True))
    service.run()


def _when_ready(arbiter: Any, *, shop: bool) -> None:  # noqa: ANN401  # gunicorn has no types
    address = str(arbiter.LISTENERS[0])
    print(f"recsvc serves on {address}", flush=True)  # noqa: T201  # for the person who started it
    if shop:
        print(f"  open {address}/shop/ in a browser", flush=True)  # noqa: T201  # as above
    item = "D0000001" if shop else "YOUR_ITEM"
    print(f"  curl '{address}/recommend?item_id={item}&n=4'", flush=True)  # noqa: T201  # as above


def _child_exit(arbiter: Any, worker: Any) -> None:  # noqa: ANN401, ARG001  # gunicorn has no types
    from prometheus_client.multiprocess import mark_process_dead  # noqa: PLC0415  # not before the folder is named

    mark_process_dead(worker.pid)  # type: ignore[no-untyped-call]  # the library has no types here


def _heartbeat_folder() -> str | None:
    """Memory rather than disk, where there is one: a slow disk must not kill workers."""
    return str(_SHARED_MEMORY) if os.access(_SHARED_MEMORY, os.W_OK) else None


def _log_to_stderr(level: str) -> None:
    handler = logging.StreamHandler()
    handler.setFormatter(logging.Formatter("%(asctime)s [%(process)d] [%(levelname)s] %(name)s: %(message)s"))
    logger = logging.getLogger("recsvc")
    logger.handlers[:] = [handler]
    logger.setLevel(level.upper())
    logger.propagate = False

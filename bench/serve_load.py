"""Load for the serving benchmark: a closed loop by wrk, an open loop of our own."""

from __future__ import annotations

import gc
import json
import os
import re
import selectors
import shutil
import socket
import subprocess
import tempfile
import time
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

_LUA = """
local requests, started = {}, 0
function setup(thread) thread:set("first", started * 4999); started = started + 1 end
function init(args)
  for line in io.lines(args[1]) do
    local method, path, body = line:match("^(%S+) (%S+) ?(.*)$")
    local headers = {["Content-Type"] = "application/json"}
    requests[#requests + 1] = wrk.format(method, path, headers, body ~= "" and body or nil)
  end
  at = first
end
function request() at = at + 1; return requests[at % #requests + 1] end
function done(summary, latency)
  local e = summary.errors
  io.write(string.format('\\nRESULT {"requests":%d,"us":%d,"p50":%d,"p99":%d,"bad":%d}\\n', summary.requests,
    summary.duration, latency:percentile(50), latency:percentile(99),
    e.connect + e.read + e.write + e.status + e.timeout))
end
"""


@dataclass(frozen=True, slots=True)
class Query:
    """One request to send: a method, a path, for POST a JSON body."""

    method: str
    path: str
    body: str = ""


@dataclass(frozen=True, slots=True)
class Load:
    """What a run of load saw.

    Attributes:
        rate: answers per second.
        p50, p90, p99: milliseconds (`p90` is 0 in the closed loop).
        bad: answers that were not 2xx, and connections that failed.
    """

    rate: float
    p50: float
    p90: float
    p99: float
    bad: int


def require_wrk() -> str:
    """Where wrk is; says what to install where it is not."""
    if found := shutil.which("wrk"):
        return found
    raise SystemExit("no wrk, which drives the closed loop: apt-get install wrk (Debian, Ubuntu) or brew install wrk")


def closed_loop(address: str, queries: Sequence[Query], seconds: float, connections: int = 16) -> Load:
    """As many requests as the server answers, over kept-alive connections: throughput, not latency."""
    with tempfile.TemporaryDirectory() as folder:
        script, lines = Path(folder, "load.lua"), Path(folder, "queries")
        script.write_text(_LUA)
        lines.write_text("".join(f"{q.method} {q.path} {q.body}\n" for q in queries))
        command = [
            require_wrk(),
            "-t1",
            f"-c{connections}",
            f"-d{seconds:g}s",
            "-s",
            str(script),
            address,
            "--",
            str(lines),
        ]
        out = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    found = re.search(r"RESULT (.*)", out)
    if not found:
        raise SystemExit(f"wrk said nothing that can be read:\n{out}")
    result = json.loads(found[1])
    return Load(result["requests"] / result["us"] * 1e6, result["p50"] / 1e3, 0.0, result["p99"] / 1e3, result["bad"])


def open_loop(
    host: str, port: int, queries: Sequence[Query], rate: float, seconds: float, connections: int = 64
) -> Load:
    """Requests at their appointed times, whether or not earlier ones were answered.

    Latency counts from the appointed time, so that a stalled server cannot hide the requests it kept waiting
    (Gil Tene's coordinated omission). A driver of our own, one thread over non-blocking sockets: its own cost, about a
    twentieth of a millisecond for a request, is in the figures.
    """
    messages = [_message(query, host) for query in queries]
    with selectors.SelectSelector() as selector:  # waits to the microsecond; epoll rounds up to milliseconds
        loop = _OpenLoop((host, port), selector, connections)
        gc.collect()
        gc.disable()  # a collection would count as the server's delay
        try:
            began = time.perf_counter()
            for at in range(int(rate * seconds)):
                due = began + at / rate
                while (ahead := due - time.perf_counter()) > 0:
                    loop.listen(ahead)
                loop.ask(due, messages[at % len(messages)])
            while loop.busy:
                loop.listen(1.0)
            took = time.perf_counter() - began
        finally:
            gc.enable()
            loop.close()
    latencies = sorted(loop.latencies)

    def percentile(share: float) -> float:
        return latencies[min(int(share * len(latencies)), len(latencies) - 1)] * 1e3

    return Load(len(latencies) / took, percentile(0.5), percentile(0.9), percentile(0.99), loop.bad)


class _Connection:
    """One kept-alive connection, with the answer that it waits for."""

    __slots__ = ("due", "got", "sock", "whole")

    def __init__(self, sock: socket.socket) -> None:
        self.sock = sock
        self.due = 0.0
        self.got = b""
        self.whole = 0

    def read(self) -> bool:
        """Take what came; whether the answer is whole.

        Raises:
            OSError: the server hung up.
        """
        if not (data := self.sock.recv(65_536)):
            raise ConnectionResetError
        self.got += data
        if not self.whole:
            head = self.got.find(b"\r\n\r\n")
            if head < 0:
                return False
            length = re.search(rb"(?i)content-length: (\d+)", self.got[:head])
            self.whole = head + 4 + (int(length[1]) if length else 0)
        return len(self.got) >= self.whole


class _OpenLoop:
    """Requests that wait for a free connection, and connections that wait for an answer."""

    def __init__(self, address: tuple[str, int], selector: selectors.BaseSelector, connections: int) -> None:
        self._address = address
        self._selector = selector
        self._free = deque(self._connect() for _ in range(connections))
        self._asking = 0
        self._waiting: deque[tuple[float, bytes]] = deque()
        self.latencies: list[float] = []
        self.bad = 0

    @property
    def busy(self) -> bool:
        """Whether an answer is still to come."""
        return bool(self._asking or self._waiting)

    def ask(self, due: float, message: bytes) -> None:
        """Send a request, once a connection is free."""
        self._waiting.append((due, message))
        self._send()

    def listen(self, seconds: float) -> None:
        """Take the answers that come in the next `seconds`; returns once some came."""
        for key, _ in self._selector.select(seconds):
            connection: _Connection = key.data
            try:
                if connection.read():
                    self._answered(connection)
            except OSError:
                self._lost(connection)
        self._send()

    def close(self) -> None:
        """Hang up."""
        for connection in self._free:
            connection.sock.close()

    def _send(self) -> None:
        while self._waiting and self._free:
            connection = self._free.popleft()
            connection.due, message = self._waiting.popleft()
            connection.got, connection.whole = b"", 0
            self._asking += 1
            try:
                connection.sock.sendall(message)
            except OSError:
                self._lost(connection)

    def _answered(self, connection: _Connection) -> None:
        self.latencies.append(time.perf_counter() - connection.due)
        self.bad += not connection.got.startswith(b"HTTP/1.1 2")
        self._asking -= 1
        closes = b"onnection: close" in connection.got[: connection.got.find(b"\r\n\r\n")]
        self._free.append(self._instead_of(connection) if closes else connection)

    def _lost(self, connection: _Connection) -> None:
        if connection in self._free:  # an idle one that the server let go, as HTTP allows
            self._free.remove(connection)
        else:
            self.bad += 1
            self._asking -= 1
        self._free.append(self._instead_of(connection))

    def _instead_of(self, connection: _Connection) -> _Connection:
        self._selector.unregister(connection.sock)
        connection.sock.close()
        return self._connect()

    def _connect(self) -> _Connection:
        sock = socket.create_connection(self._address)
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        connection = _Connection(sock)
        self._selector.register(sock, selectors.EVENT_READ, connection)
        return connection


def _message(query: Query, host: str) -> bytes:
    head = f"{query.method} {query.path} HTTP/1.1\r\nHost: {host}\r\n"
    if query.body:
        head += f"Content-Type: application/json\r\nContent-Length: {len(query.body)}\r\n"
    return f"{head}\r\n{query.body}".encode()


def cpu_seconds(pid: int) -> float:
    """User and system time of a process and its children that live, in seconds."""
    total, ticks = 0.0, os.sysconf("SC_CLK_TCK")
    for each in [pid, *_children(pid)]:
        fields = Path(f"/proc/{each}/stat").read_text().rpartition(")")[2].split()
        total += (int(fields[11]) + int(fields[12])) / ticks
    return total


def dirty_bytes(pid: int) -> int:
    """Memory that a process shares with nobody and that no file backs: what a further worker costs."""
    rollup = Path(f"/proc/{pid}/smaps_rollup").read_text()
    return sum(int(kib) * 1024 for kib in re.findall(r"^Private_Dirty:\s+(\d+) kB", rollup, re.M))


def _children(pid: int) -> list[int]:
    return [int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]

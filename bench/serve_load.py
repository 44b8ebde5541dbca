"""Load for the serving benchmark: a closed loop by wrk, an open loop of our own."""

from __future__ import annotations

import asyncio
import json
import os
import re
import shutil
import subprocess
import tempfile
import time
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
    (Gil Tene's coordinated omission). A driver of our own, one process of asyncio: its own cost is in the figures.
    """
    return asyncio.run(_open_loop(host, port, queries, rate, seconds, connections))


async def _open_loop(
    host: str, port: int, queries: Sequence[Query], rate: float, seconds: float, connections: int
) -> Load:
    waiting: asyncio.Queue[tuple[float, bytes] | None] = asyncio.Queue()
    latencies: list[float] = []
    bad = 0

    async def worker() -> None:
        nonlocal bad
        reader, writer = await asyncio.open_connection(host, port)
        while (job := await waiting.get()) is not None:
            due, message = job
            try:
                writer.write(message)
                head = await reader.readuntil(b"\r\n\r\n")
                length = re.search(rb"(?i)content-length: (\d+)", head)
                await reader.readexactly(int(length[1]) if length else 0)
            except (OSError, asyncio.IncompleteReadError):
                bad += 1
                writer.close()
                reader, writer = await asyncio.open_connection(host, port)
                continue
            bad += not head.startswith(b"HTTP/1.1 2")
            latencies.append(time.perf_counter() - due)
            if b"onnection: close" in head:
                writer.close()
                reader, writer = await asyncio.open_connection(host, port)
        writer.close()

    messages = [_message(query, host) for query in queries]
    workers = [asyncio.create_task(worker()) for _ in range(connections)]
    began = time.perf_counter()
    for at in range(int(rate * seconds)):
        due = began + at / rate
        if (ahead := due - time.perf_counter()) > 0:
            await asyncio.sleep(ahead)
        waiting.put_nowait((due, messages[at % len(messages)]))
    for _ in workers:
        waiting.put_nowait(None)
    await asyncio.gather(*workers)
    took = time.perf_counter() - began
    latencies.sort()

    def percentile(share: float) -> float:
        return latencies[min(int(share * len(latencies)), len(latencies) - 1)] * 1e3

    return Load(len(latencies) / took, percentile(0.5), percentile(0.9), percentile(0.99), bad)


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

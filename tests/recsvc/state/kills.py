"""Kill -9 at random moments: a writer that acknowledges, and what is left of it. Run as a program, told in JSON."""

from __future__ import annotations

import json
import os
import random
import select
import signal
import sys
import time
from pathlib import Path

from recsvc.state.records import Event, Line
from recsvc.state.sqlite import SqliteState

BATCH = 7


def batch(number: int) -> list[Event]:
    """The events of one batch."""
    return [
        Event(f"b{number}-{at}", "purchase", number + 1, f"c{number % 5}", (Line("tea"),), order_id=f"o{number}")
        for at in range(BATCH)
    ]


def write_until_killed(path: Path, first: int, acknowledged: int) -> None:
    """Append batch after batch; say each number once its receipt is here."""
    store = SqliteState(path)
    number = first
    while True:
        store.append(batch(number), 1_790_000_000)
        os.write(acknowledged, b"%d\n" % number)
        number += 1


def kill_often(path: Path, kills: int, seed: int) -> list[int]:
    """Start the writer so many times, kill it each time; what was acknowledged."""
    chance = random.Random(seed)  # moments, not secrets
    acknowledged: list[int] = []
    first = 0
    for _ in range(kills):
        reading, writing = os.pipe()
        child = os.fork()
        if child == 0:
            os.close(reading)
            write_until_killed(path, first, writing)
        os.close(writing)
        if chance.random() < 0.8:  # most die while they write, some before their first word
            select.select([reading], [], [], 10)
        time.sleep(chance.uniform(0.0, 0.05))
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)
        with os.fdopen(reading, "rb") as said:
            acknowledged += [int(line) for line in said.read().split(b"\n")[:-1]]
        # The caller cannot know whether the batch after the last receipt was kept: it sends again.
        first = acknowledged[-1] if acknowledged else 0
    return acknowledged


if __name__ == "__main__":
    sys.stdout.write(json.dumps(kill_often(Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3]))))

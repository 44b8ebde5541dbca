"""What one customer's memory takes in Redis: sixteen mails of four items in eight weeks, and what came of them.

    python bench/ledger_bytes.py --redis URL [--customers 2000]

The Redis is emptied first: give it one of its own. Bytes are Redis's own count of each key (`MEMORY USAGE`).
"""

from __future__ import annotations

import argparse
import json
import time
from statistics import mean

import redis

from recsvc.contact import decided as records
from recsvc.contact.decided import Decided, Kept
from recsvc.fleet.client import patient_client, quick_client
from recsvc.fleet.guard import Guard
from recsvc.state.records import Event, Line, customer_digest
from recsvc.state.redis import RedisState
from recsvc.state.redis_keys import StateKeys

DAY = 86_400
MAILS = 16
APART = DAY * 7 // 2


def main() -> None:
    """Fill, and weigh every kind of key."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--redis", required=True, metavar="URL")
    parser.add_argument("--customers", type=int, default=2_000)
    args = parser.parse_args()
    client, keys = patient_client(args.redis), StateKeys("bench")
    client.flushdb()
    start = int(time.time()) - MAILS * APART
    state = RedisState(quick_client(args.redis, 5.0, 4), quick_client(args.redis, 5.0, 4), keys, Guard())
    for mail in range(MAILS):
        now = start + (mail + 1) * APART
        for first in range(0, args.customers, 100):
            events = [e for who in range(first, first + 100) for e in of_mail(who, mail, now)]
            state.append(events, now)
        for who in range(args.customers):
            state.decide(
                name(who), records.name_of("email", f"week {mail}", now // DAY), note(who, mail), now, now + 2 * DAY
            )
    events = len(state.log("", 10_000_000))
    each = events / args.customers
    weighed = [weight(client, keys, who) for who in range(0, args.customers, 20)]
    known = sum(size(client, key.decode()) for key in client.scan_iter(match=keys.seen(0)[:-1] + "*"))
    told = {
        "customers": args.customers,
        "events_each": round(each, 1),
        "memory_bytes": round(mean(w[0] for w in weighed)),
        "memory_bytes_per_event": round(mean(w[0] for w in weighed) / each),
        "decisions_bytes": round(mean(w[1] for w in weighed)),
        "log_bytes_per_event_until_archived": round(size(client, keys.log) / events),
        "name_bytes_per_event_for_a_week": round(known / events),
    }
    print(json.dumps(told, indent=1))
    state.close()


def size(client: redis.Redis, key: str) -> int:
    """Bytes of one key."""
    return int(client.memory_usage(key, samples=0) or 0)


def name(who: int) -> str:
    """A customer's id."""
    return f"C{who:06d}"


def of_mail(who: int, mail: int, now: int) -> list[Event]:
    """A mail, opened by six in ten, clicked by two, bought from by one in twenty."""
    campaign, customer = f"week {mail}", name(who)
    items = tuple(Line(f"D{(who * 31 + mail * 4 + at) % 100_000:07d}") for at in range(4))
    said = [Event(f"{mail}-{who}-sent", "email_sent", now, customer, items, "email", None, campaign)]
    luck = (who * 7_919 + mail * 104_729) % 100
    if luck < 60:
        said.append(Event(f"{mail}-{who}-open", "email_open", now + 60, customer, (), "email", None, campaign))
    if luck < 20:
        said.append(Event(f"{mail}-{who}-click", "click", now + 90, customer, items[:1], "email", None, campaign))
    if luck < 5:
        bought = (Line(items[0].item_id, 1.0, "12.50"),)
        said.append(
            Event(f"{mail}-{who}-order", "purchase", now + 900, customer, bought, "web", order_id=f"O{who}-{mail}")
        )
    return said


def note(who: int, mail: int) -> bytes:
    """A day's decision: four items and four reserves, with their reasons."""
    items = tuple(f"D{(who * 31 + mail * 4 + at) % 100_000:07d}" for at in range(8))
    kept = tuple(Kept(0.123456789, None, f"D{at:07d}", 17) for at in range(8))
    return records.pack(Decided(True, None, None, 4, items, "20261121T0210Z-7f3a", kept))


def weight(client: redis.Redis, keys: StateKeys, who: int) -> tuple[int, int]:
    """Bytes of a customer's events and of their decisions."""
    digest = customer_digest(name(who))
    parts = (keys.events(digest), keys.decisions(digest))
    events, decisions = (size(client, key) for key in parts)
    return events, decisions


if __name__ == "__main__":
    main()

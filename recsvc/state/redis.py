"""`StateStore` in a Redis of its own (`RECSVC_STATE_URL`): what a fleet shares. Not the cache of versions.

Durable only with `appendonly yes`, `appendfsync always`, `no-appendfsync-on-rewrite no` and `maxmemory-policy
noeviction`: Redis then answers a write after its fsync, one for all clients of a turn of its loop (redis.io, "Redis
persistence"); with `no-appendfsync-on-rewrite yes` it does not while its log is rewritten (redis.conf). The policy is
read when the store is opened and every half minute; where it is another, receipts say `durable: false`.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeVar, cast

import redis

from recsvc.fleet.guard import Guard
from recsvc.state.contract import DEDUPLICATED_DAYS, StateUnavailableError
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
    unpack_pair,
)
from recsvc.state.redis_keys import StateKeys

T = TypeVar("T")
_DAY = 86_400
_SCAN = 1_000
_RECHECK_SECONDS = 30.0
_WANTED = {
    "appendonly": "yes",
    "appendfsync": "always",
    "no-appendfsync-on-rewrite": "no",
    "maxmemory-policy": "noeviction",
}
_UNTIL = 12
"""Digits before a decision that say until when it is of use."""

_APPEND = """
local log, prefix, most, ttl, days = KEYS[1], ARGV[1], tonumber(ARGV[2]), tonumber(ARGV[3]), #KEYS - 1
local oldest = tonumber(ARGV[4]) - ttl
local accepted = {}
local function trim(list)
    redis.call('LTRIM', list, -most, -1)
    local head = redis.call('LINDEX', list, 0)
    while head and cmsgpack.unpack(head)[3] < oldest do
        redis.call('LPOP', list)
        head = redis.call('LINDEX', list, 0)
    end
    redis.call('EXPIRE', list, ttl)
end
for at = 5, #ARGV, 3 do
    local id, customer, body = ARGV[at], ARGV[at + 1], ARGV[at + 2]
    local known = false
    for day = 2, days + 1 do
        if redis.call('SISMEMBER', KEYS[day], id) == 1 then known = true break end
    end
    if not known then
        redis.call('SADD', KEYS[2], id)
        redis.call('XADD', log, '*', 'b', body, 'c', customer)
        if customer ~= '' then
            redis.call('RPUSH', prefix .. customer, body)
            trim(prefix .. customer)
        end
        accepted[#accepted + 1] = (at - 5) / 3
    end
end
redis.call('EXPIRE', KEYS[2], 86400 * (days + 1))
return accepted
"""
_DECIDE = """
local name, decision, digits, now = ARGV[1], ARGV[2], tonumber(ARGV[3]), tonumber(ARGV[4])
local held = redis.call('HGETALL', KEYS[1])
local last = tonumber(string.sub(decision, 1, digits))
for at = 1, #held, 2 do
    local till = tonumber(string.sub(held[at + 1], 1, digits)) or 0
    if till <= now then redis.call('HDEL', KEYS[1], held[at]) elseif till > last then last = till end
end
redis.call('HSETNX', KEYS[1], name, decision)
redis.call('EXPIREAT', KEYS[1], last)
"""
_PUT_ITEMS = """
local revision = redis.call('INCR', KEYS[1])
for at = 2, #ARGV, 4 do
    local item = ARGV[at]
    for field, offset in pairs({price = 1, stock = 2, available = 3}) do
        if ARGV[at + offset] ~= '' then redis.call('HSET', ARGV[1] .. item, field, ARGV[at + offset]) end
    end
    redis.call('ZADD', KEYS[2], revision, item)
end
return revision
"""


class RedisState:
    """The state of a fleet.

    Args:
        quick: for reading while a shopper waits.
        patient: for writing, which waits for a disk.
        keys: of this shop.
        guard: leaves a Redis alone that failed a moment ago.
        events: newest events kept for a customer.
        keep_days: after so many days without an event a customer's memory goes.
        clock: monotonic seconds.
    """

    def __init__(
        self,
        quick: redis.Redis,
        patient: redis.Redis,
        keys: StateKeys,
        guard: Guard,
        events: int = 1_000,
        keep_days: int = 400,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._quick = quick
        self._patient = patient
        self._keys = keys
        self._guard = guard
        self._events = events
        self._ttl = keep_days * _DAY
        self._append = patient.register_script(_APPEND)
        self._put_items = patient.register_script(_PUT_ITEMS)
        self._decide = quick.register_script(_DECIDE)
        self._clock = clock
        self._policy: tuple[float, StateStatus] | None = None

    def status(self) -> StateStatus:
        """How well this Redis keeps its word: its policy, read again every half minute."""
        now = self._clock()
        if self._policy is None or now - self._policy[0] > _RECHECK_SECONDS or not self._policy[1].reachable:
            try:
                self._policy = now, self._trip(lambda: _status_of(self._quick))
            except StateUnavailableError as error:
                self._policy = now, StateStatus(reachable=False, durable=False, note=str(error))
        return self._policy[1]

    def append(self, events: Sequence[Event], now: int) -> Receipt:
        """Keep events that are new."""
        durable = self.status().durable
        if not events:
            return Receipt((), (), durable)
        today = now // _DAY
        keys = [self._keys.log, *(self._keys.seen(today - back) for back in range(DEDUPLICATED_DAYS + 1))]
        parts: list[Any] = [self._keys.events(""), self._events, self._ttl, now]
        for event in events:
            customer = customer_digest(event.customer_id) if event.customer_id else ""
            parts += [event_digest(event.event_id), customer, packer.encode(event)]
        accepted = self._trip(lambda: cast("list[int]", self._append(keys, parts)))
        new = frozenset(accepted)
        return Receipt(tuple(accepted), tuple(place for place in range(len(events)) if place not in new), durable)

    def customer(self, customer_id: str, decision: str = "") -> CustomerState:
        """What is held of one customer."""
        who = customer_digest(customer_id)

        def trip() -> list[Any]:
            pipeline = self._quick.pipeline(transaction=False)
            pipeline.lrange(self._keys.events(who), -self._events, -1)
            pipeline.hgetall(self._keys.standing(who))
            pipeline.smembers(self._keys.unused(who))
            pipeline.hget(self._keys.decisions(who), decision)
            return pipeline.execute()

        bodies, standing, unused, decided = self._trip(trip)
        return CustomerState(
            _standing(standing),
            tuple({event.event_id: event for event in map(unpack_event, bodies)}.values()),
            frozenset(_pair(member) for member in unused),
            decided[_UNTIL:] if decided is not None else None,
        )

    def standings(self, customer_ids: Sequence[str]) -> Mapping[str, Standing]:
        """What customers said about themselves."""

        def trip() -> list[Any]:
            pipeline = self._quick.pipeline(transaction=False)
            for customer_id in customer_ids:
                pipeline.hgetall(self._keys.standing(customer_digest(customer_id)))
            return pipeline.execute()

        found = self._trip(trip) if customer_ids else []
        return {customer: _standing(said) for customer, said in zip(customer_ids, found, strict=True) if said}

    def decide(self, customer_id: str, name: str, decision: bytes, now: int, until: int) -> None:
        """Note a decision, and let go of this customer's whose time is over; the first of its name stands."""
        key = self._keys.decisions(customer_digest(customer_id))
        dated = b"%0*d%b" % (_UNTIL, until, decision)
        self._trip(lambda: self._decide([key], [name, dated, _UNTIL, now]))

    def set_consent(self, customer_id: str, consent: Consent) -> None:
        """Note what a customer consents to."""
        who = customer_digest(customer_id)

        def trip() -> list[Any]:
            pipeline = self._patient.pipeline(transaction=True)
            pipeline.hset(self._keys.standing(who), "consent", consent)
            pipeline.sadd(self._keys.words, who)
            if consent != "full":
                pipeline.delete(self._keys.events(who), self._keys.decisions(who))
            return pipeline.execute()

        self._trip(trip)
        if consent != "full":
            self._trip(lambda: self._purge_log(who))

    def set_use(self, customer_id: str, item_id: str, order_id: str, *, use: bool) -> None:
        """Note that a purchase must not, or may again, speak for a customer."""
        who, member = customer_digest(customer_id), packer.encode((item_id, order_id))

        def trip() -> list[Any]:
            pipeline = self._patient.pipeline(transaction=True)
            if use:
                pipeline.srem(self._keys.unused(who), member)
            else:
                pipeline.sadd(self._keys.unused(who), member)
                pipeline.sadd(self._keys.words, who)
            return pipeline.execute()

        self._trip(trip)

    def erase(self, customer_id: str, at: int) -> None:
        """Forget a customer."""
        who = customer_digest(customer_id)

        def trip() -> list[Any]:
            pipeline = self._patient.pipeline(transaction=True)
            pipeline.delete(self._keys.events(who), self._keys.decisions(who), self._keys.unused(who))
            pipeline.hset(self._keys.standing(who), "erased_at", str(at))
            pipeline.sadd(self._keys.words, who)
            return pipeline.execute()

        self._trip(trip)
        self._trip(lambda: self._purge_log(who))

    def words(self) -> Sequence[Word]:
        """What the trainer must honour."""
        return self._trip(self._words)

    def put_items(self, items: Sequence[LiveItem]) -> int:
        """Note what a shop says of items."""
        if not items:
            return self._trip(lambda: int(self._quick.get(self._keys.revision) or 0))
        parts: list[Any] = [self._keys.item("")]
        for item in items:
            said = (item.price, item.stock, None if item.available is None else int(item.available))
            parts += [item.item_id, *("" if value is None else str(value) for value in said)]
        return self._trip(lambda: cast("int", self._put_items([self._keys.revision, self._keys.items], parts)))

    def items_since(self, revision: int) -> tuple[int, Sequence[LiveItem]]:
        """The items that changed after `revision`."""

        def trip() -> tuple[int, list[LiveItem]]:
            changed = cast(
                "list[tuple[bytes, float]]",
                self._patient.zrangebyscore(self._keys.items, f"({revision}", "+inf", withscores=True),
            )
            pipeline = self._patient.pipeline(transaction=False)
            for item, _ in changed:
                pipeline.hgetall(self._keys.item(item.decode()))
            said = pipeline.execute()
            newest = int(changed[-1][1]) if changed else revision
            return newest, [_live(item.decode(), row) for (item, _), row in zip(changed, said, strict=True)]

        return self._trip(trip)

    def log(self, after: str, limit: int) -> Sequence[tuple[str, Event]]:
        """Events in the order they were kept.

        One may stand there twice, close together: of a batch that was being written when Redis died, its file may keep
        the first commands, which the second start after that carries out, though the batch was sent again meanwhile.
        """
        rows = self._trip(lambda: self._patient.xrange(self._keys.log, f"({after}" if after else "-", "+", limit))
        return [(place.decode(), unpack_event(row[b"b"])) for place, row in cast("list[Any]", rows)]

    def forget_log(self, upto: str, before: int) -> int:  # noqa: ARG002  # customers' lists expire by themselves
        """Let go of archived events: a customer's memory has lists of its own."""
        if not upto:
            return 0
        stamp, _, number = upto.partition("-")
        least = f"{stamp}-{int(number) + 1}"
        return self._trip(lambda: self._patient.xtrim(self._keys.log, minid=least, approximate=False))

    def close(self) -> None:
        """Let go of connections."""
        self._quick.close()
        self._patient.close()

    def _purge_log(self, who: str) -> None:
        """Take a customer's events out of the log that waits to be archived."""
        after = "-"
        while rows := cast("list[Any]", self._patient.xrange(self._keys.log, after, "+", _SCAN)):
            theirs = [place for place, row in rows if row[b"c"].decode() == who]
            if theirs:
                self._patient.xdel(self._keys.log, *theirs)
            after = f"({rows[-1][0].decode()}"

    def _words(self) -> list[Word]:
        whos = sorted(member.decode() for member in cast("set[bytes]", self._patient.smembers(self._keys.words)))
        pipeline = self._patient.pipeline(transaction=False)
        for who in whos:
            pipeline.hgetall(self._keys.standing(who))
            pipeline.smembers(self._keys.unused(who))
        found = pipeline.execute()
        words = []
        for who, said, members in zip(whos, found[::2], found[1::2], strict=True):
            standing = _standing(said)
            consent = None if standing.consent == "full" else standing.consent
            unused = tuple(sorted(_pair(member) for member in members))
            if standing.erased_at or consent or unused:
                words.append(Word(who, standing.erased_at, consent, unused))
        return words

    def _trip(self, trip: Callable[[], T]) -> T:
        found = self._guard.call(lambda: (trip(),), None)
        if found is None:
            raise StateUnavailableError("the Redis of the state does not answer, or refuses")
        return found[0]


def _status_of(client: redis.Redis) -> StateStatus:
    try:
        found = {**_config(client, "*append*"), **_config(client, "maxmemory-policy")}
    except redis.ResponseError:
        client.ping()
        return StateStatus(
            reachable=True,
            durable=False,
            note="the Redis of the state does not tell its policy, so nothing is called durable: allow CONFIG GET",
        )
    wrong = [f"{name} is {found.get(name)}, not {value}" for name, value in _WANTED.items() if found.get(name) != value]
    note = f"the Redis of the state may lose what it acknowledged: {', '.join(wrong)}" if wrong else None
    return StateStatus(reachable=True, durable=not wrong, note=note)


def _config(client: redis.Redis, pattern: str) -> dict[str, str]:
    found = cast("dict[Any, Any]", client.config_get(pattern))
    return {_text(name): _text(value) for name, value in found.items()}


def _text(said: str | bytes) -> str:
    return said.decode() if isinstance(said, bytes) else said


def _standing(said: Mapping[bytes, bytes]) -> Standing:
    consent, erased_at = said.get(b"consent"), said.get(b"erased_at")
    return Standing(
        cast("Consent", consent.decode()) if consent else None,
        int(erased_at) if erased_at else None,
    )


def _pair(member: bytes) -> tuple[str, str]:
    item, order = unpack_pair(member)
    return item, order


def _live(item_id: str, row: Mapping[bytes, bytes]) -> LiveItem:
    price, stock, available = (row.get(name) for name in (b"price", b"stock", b"available"))
    return LiveItem(
        item_id=item_id,
        price=None if price is None else int(price),
        stock=None if stock is None else int(stock),
        available=None if available is None else available == b"1",
    )

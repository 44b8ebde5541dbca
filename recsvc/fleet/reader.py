"""A version read from Redis: the frame held in memory, rows fetched per request. And its way back to disk."""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, TypeVar, cast

import numpy as np
import redis
from numpy.typing import NDArray

from models.artefact import CONTENT, DamagedVersionError, Draft, Run, draft, require_schema, unseal_run
from models.records import ItemFacts, Shop
from models.rows import (
    CARDS,
    NEXT,
    NEXT_ROW,
    PURCHASES,
    PURCHASES_ROW,
    VECTOR_ROW,
    Frame,
    Layout,
    assemble,
    dtype_of,
    frame_of,
    vectors_of,
)
from models.sealed import SealError, unseal
from models.stored import scores
from recsvc.fleet.guard import Guard
from recsvc.fleet.keys import Keys, row_field
from recsvc.store.contract import History, NextRow, Row, Trait
from recsvc.tags import Tags

T = TypeVar("T")

_BATCH_ROWS = 5_000
_NO_ROW = Row(np.empty(0, np.int32), np.empty(0, np.float32), np.empty(0, np.uint16))


class NotInRedisError(LookupError):
    """Redis does not hold the version whole, or what it holds is damaged."""


class Described:
    """A version as Redis describes it: manifest, run, frame."""

    __slots__ = ("frame", "manifest", "run")

    def __init__(self, manifest: dict[str, Any], run: Run, frame: Frame) -> None:
        self.manifest = manifest
        self.run = run
        self.frame = frame


def describe(client: redis.Redis, keys: Keys, version: str) -> Described:
    """Read a version's manifest and all that is held as a whole.

    Raises:
        NotInRedisError: something is missing or damaged.
        redis.RedisError: Redis does not answer.
    """
    sealed = cast(list[bytes | None], client.hmget(keys.manifest(version), ["manifest", "run"]))
    if sealed[0] is None or sealed[1] is None:
        raise NotInRedisError(f"Redis does not hold {version}")
    try:
        manifest, run = unseal(sealed[0], CONTENT), unseal_run(sealed[1])
        require_schema(manifest, f"{version} in Redis")
        held = {name: _block(client, keys.blocks(version), name) for name in _block_names(manifest)}
        return Described(manifest, run, frame_of(held, manifest))
    except DamagedVersionError as error:
        raise NotInRedisError(str(error)) from error
    except (SealError, ValueError, TypeError, KeyError) as error:
        raise NotInRedisError(f"what Redis holds of {version} is damaged: {error}") from error


def fetch_version(client: redis.Redis, keys: Keys, version: str) -> tuple[Draft, Run]:
    """All of a version, ready to be written to disk: byte for byte what was published.

    Raises:
        NotInRedisError: something is missing, or differs from what was published.
        redis.RedisError: Redis does not answer.
    """
    described = describe(client, keys, version)
    frame = described.frame
    sizes = {vectors_of(kind): len(frame.items) for kind in frame.kinds}
    sizes |= {CARDS: len(frame.items), PURCHASES: len(frame.customer_ids), NEXT: len(frame.customer_ids)}
    try:
        model = assemble(
            frame, {name: _all_rows(client, keys.rows(version, name), size) for name, size in sizes.items()}
        )
        drafted = draft(model)
    except (ValueError, TypeError) as error:
        raise NotInRedisError(f"what Redis holds of {version} is damaged: {error}") from error
    if drafted.content_sha256 != described.manifest[CONTENT]:
        raise NotInRedisError(f"what Redis holds of {version} is not what was published")
    return drafted, described.run


class RedisSnapshot:
    """The `Snapshot` contract over Redis: one trip for all vectors, one for all cards, one for a customer.

    A trip that fails costs its answer only: no vectors, empty cards, an unknown customer. The snapshot remembers it
    (`degraded`), so every answer takes a `fresh` one.
    """

    __slots__ = (
        "_client",
        "_frame",
        "_guard",
        "_keys",
        "degraded",
        "facts",
        "generated_at",
        "kinds",
        "settings",
        "shop",
        "tags",
        "version",
    )

    def __init__(self, client: redis.Redis, keys: Keys, guard: Guard, described: Described) -> None:
        self._client = client
        self._keys = keys
        self._guard = guard
        self._frame = described.frame
        self.degraded: bool = False
        self.version: str = described.run.name
        self.generated_at: str = described.run.trained_at
        self.shop: Shop = described.frame.shop
        self.settings: Mapping[str, object] = described.frame.settings
        self.facts: ItemFacts = described.frame.facts
        self.tags = Tags(self.facts)
        self.kinds: frozenset[str] = frozenset(described.frame.kinds)

    @property
    def revision(self) -> int:
        """The version alone."""
        return 0

    def fresh(self) -> RedisSnapshot:
        """The same for another answer, with nothing to remember."""
        other = copy.copy(self)
        other.degraded = False
        return other

    def _ask(self, trip: Callable[[], T], neutral: T) -> T:
        """What Redis says, or `neutral`, which is remembered; the neutral value is an object of its own."""
        found = self._guard.call(trip, neutral)
        if found is neutral:
            self.degraded = True
        return found

    def find(self, item_ids: Sequence[str]) -> list[int]:
        """Index of each id, -1 where unknown."""
        return [self._frame.items.find(item_id) for item_id in item_ids]

    def item_ids(self, items: Sequence[int]) -> list[str]:
        """Id of each item."""
        return [self._frame.items.text(item) for item in items]

    def vectors(self, kinds: Sequence[str], items: Sequence[int]) -> dict[str, list[Row]]:
        """Per kind one row per item: one trip; nothing where Redis does not answer."""
        held = [kind for kind in kinds if kind in self.kinds]
        fields = [row_field(item) for item in items]
        if not held or not fields:
            return {kind: [] for kind in held}

        def trip() -> list[list[bytes | None]]:
            pipeline = self._client.pipeline(transaction=False)
            for kind in held:
                pipeline.hmget(self._keys.rows(self.version, vectors_of(kind)), fields)
            return pipeline.execute()

        unanswered: list[list[bytes | None]] = []
        found = self._ask(trip, unanswered)
        return {kind: [self._vector(value) for value in rows] for kind, rows in zip(held, found, strict=False)}

    def cards(self, items: Sequence[int]) -> list[bytes]:
        """Each item's card: one trip; empty objects where Redis does not answer."""
        if not items:
            return []
        key, fields = self._keys.rows(self.version, CARDS), [row_field(item) for item in items]
        nothing: list[bytes | None] = [None] * len(items)
        found = self._ask(lambda: cast(list[bytes | None], self._client.hmget(key, fields)), nothing)
        if None in found:  # every item has a card: Redis was emptied under a host that keeps no copy
            self.degraded = True
        return [card or b"{}" for card in found]

    def customer(self, customer_id: str) -> History | None:
        """What a customer bought; None for an unknown one and where Redis does not answer."""
        at = self._frame.customer_ids.find(customer_id)
        if at < 0:
            return None
        columns = self._row(PURCHASES, at, PURCHASES_ROW)
        return History.of(columns, Trait.of(self._frame.traits, at)) if len(columns[0]) else None

    def trait(self, customer_id: str) -> Trait | None:
        """What a customer is as a whole, None for an unknown one."""
        at = self._frame.customer_ids.find(customer_id)
        return None if at < 0 else Trait.of(self._frame.traits, at)

    def next_items(self, customer_id: str) -> NextRow | None:
        """What a customer may want next; None for an unknown one, nothing where Redis does not answer."""
        at = self._frame.customer_ids.find(customer_id)
        return None if at < 0 else NextRow(*self._row(NEXT, at, NEXT_ROW))

    def _row(self, table: str, at: int, layout: Layout) -> list[NDArray[Any]]:
        """The columns of one row of a table; empty where there is none or Redis does not answer."""
        key, nothing = self._keys.rows(self.version, table), cast(list[bytes | None], [None])
        (row,) = self._ask(lambda: cast(list[bytes | None], self._client.hmget(key, [row_field(at)])), nothing)
        return self._decode(layout, row or b"")

    def _vector(self, value: bytes | None) -> Row:
        if not value:
            return _NO_ROW
        item, score, together = self._decode(VECTOR_ROW, value)
        return Row(item, scores(score), together)

    def _decode(self, layout: Layout, value: bytes) -> list[NDArray[Any]]:
        """The columns of a row, items first; none where the bytes cannot be a row of this version."""
        try:
            columns = layout.decode(value)
        except ValueError:
            columns = None
        if columns is None or (len(value) and not 0 <= columns[0].min() <= columns[0].max() < len(self._frame.items)):
            self.degraded = True
            return layout.decode(b"")
        return columns

    def bestsellers(self, category: int) -> NDArray[np.int32]:
        """A category's bestsellers, or with -1 the whole shop's."""
        return self._frame.bestsellers.row(len(self._frame.categories) if category < 0 else category)

    def variants(self, family: int) -> NDArray[np.int32]:
        """The items of a family, most bought first."""
        return self._frame.variants.row(family)


def _block_names(manifest: Mapping[str, Any]) -> list[str]:
    """The arrays that are held as a whole, from the manifest's list of files."""
    rows = ("vectors.", f"{CARDS}.", f"{PURCHASES}.", f"{NEXT}.")
    names = (name.removesuffix(".npy") for name in manifest["files"])
    return [name for name in names if not name.startswith(rows)]


def _block(client: redis.Redis, key: str, name: str) -> NDArray[Any]:
    parts: list[bytes] = []
    while (part := cast(bytes | None, client.hget(key, f"{name}#{len(parts)}"))) is not None:
        parts.append(part)
    if not parts:
        raise NotInRedisError(f"{name} is missing in {key}")
    return np.frombuffer(b"".join(parts), dtype_of(name))


def _all_rows(client: redis.Redis, key: str, size: int) -> Iterator[bytes]:
    for start in range(0, size, _BATCH_ROWS):
        fields = [row_field(row) for row in range(start, min(start + _BATCH_ROWS, size))]
        for value in cast(list[bytes | None], client.hmget(key, fields)):
            yield value or b""

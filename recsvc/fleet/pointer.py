"""Which version is served: `{seq, version, before}`, moved by compare-and-set.

`seq` counts moves, not models: publishing and rolling back both take the next number after the one they read, so of two
racing movers one wins and the other looks again, and a rollback is a move like any other.
"""

from __future__ import annotations

from typing import cast

import redis

from models.pointer import Pointer
from recsvc.fleet.keys import POINTER_FIELDS, Keys

_MOVE = """
local seq = tonumber(redis.call('HGET', KEYS[1], 'seq') or '0')
if seq ~= tonumber(ARGV[1]) then return -1 end
if redis.call('EXISTS', KEYS[2]) == 0 then return -2 end
redis.call('HSET', KEYS[1], 'seq', ARGV[2], 'version', ARGV[3], 'before', ARGV[4])
return 1
"""
"""KEYS: pointer, manifest. ARGV: seq read, next, version, the one before. 1 moved, -1 somebody did, -2 not whole."""


class IncompleteVersionError(LookupError):
    """Redis does not hold the whole version that was to be pointed at."""


def read_pointer(client: redis.Redis, keys: Keys) -> Pointer:
    """Where the pointer stands; `NOWHERE` in an empty Redis."""
    values = cast(list[bytes | None], client.hmget(keys.pointer, list(POINTER_FIELDS)))
    seq, version, before = (value.decode() if value else None for value in values)
    return Pointer(int(seq or 0), version, before)


def move_pointer(client: redis.Redis, keys: Keys, read: Pointer, to: Pointer) -> bool:
    """Move the pointer from where it was read; False where somebody moved it meanwhile.

    Raises:
        IncompleteVersionError: the version is not whole in Redis.
    """
    if to.version is None or to.seq <= read.seq:
        raise ValueError(f"a move goes forward to a version, not from {read} to {to}")
    moved = client.eval(
        _MOVE, 2, keys.pointer, keys.manifest(to.version), str(read.seq), str(to.seq), to.version, to.before or ""
    )
    if moved == -2:
        raise IncompleteVersionError(f"{to.version} is not whole in Redis")
    return bool(moved == 1)

"""Names of answers: what a cache may keep, and under which tag."""

from __future__ import annotations

import hashlib

import msgspec

from recsvc.shelves import Ask

PUBLIC = "public, max-age=60, stale-while-revalidate=600, stale-if-error=86400"
"""For answers without customer, cart or consent (RFC 9111, RFC 5861)."""

OWN = "private, max-age=60, stale-while-revalidate=600, stale-if-error=86400"
"""For the same asked with a secret key: only the asker's own cache may keep what others may not see."""

PRIVATE = "private, no-store"

_canonical = msgspec.json.Encoder(order="deterministic")


def shelf_key(version: str, revision: str, ask: Ask, view: str) -> str:
    """A hash of version, revision (settings that change shelves), canonical query, view: equal answers, equal keys."""
    return _hash(version, revision, ask, view)


def picks_key(version: str | None, revision: str, customer_id: str, n: int, purchased: str | None = None) -> str:
    """The same for a customer's picks: asked again, the answer has the same name."""
    return _hash(version, revision, customer_id, n, purchased)


def decision_key(customer_id: str, decision: str) -> str:
    """The same where a memory decides: one name per customer, channel, campaign and day."""
    return _hash(customer_id, decision)


def _hash(*parts: object) -> str:
    return hashlib.blake2b(_canonical.encode(parts), digest_size=12).hexdigest()

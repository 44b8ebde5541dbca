"""Names for events that come without one. Pure."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence

from recsvc.state.records import Line


def name_of(source: str, kind: str, visitor: str, order_id: str | None, at: int, lines: Sequence[Line]) -> str:
    """The name of an event whose sender gives none: the same event sent twice gets the same.

    An order's purchase is named by its order, for it happens once. Anything else is named by who, what, and the second
    it happened in: a list that somebody sees twice within one second was seen once.
    """
    if kind == "purchase" and order_id is not None:
        return f"{source}:{kind}:{order_id}"[:256]
    told = json.dumps([kind, visitor, order_id, at, [part.item_id for part in lines]])
    digest = hashlib.blake2b(told.encode("utf-8", "surrogatepass"), digest_size=16).hexdigest()
    return f"{source}:{kind}:{digest}"

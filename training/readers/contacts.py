"""Customer ids that are e-mail addresses or telephone numbers: neither enters a model, their hashes do."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable

import polars as pl

from models.contacts import contact_of


def contact_hash(customer_id: str) -> str | None:
    """SHA-256 (hex) of an address or a telephone number, None for any other id.

    An address is trimmed and in lower case, as mail tools exchange them; a number is `+` and its digits (E.164). So one
    person's spellings are one customer. The hash is no secret: who knows an address can compute it.
    """
    told = customer_id.strip().lower()
    if (kind := contact_of(told)) is None:
        return None
    if kind == "a telephone number":
        digits = re.sub(r"[^0-9]", "", told)
        told = "+" + (digits.removeprefix("00") if told.startswith("00") else digits)
    return hashlib.sha256(told.encode("utf-8", "replace")).hexdigest()


def without_contacts(ids: pl.Series) -> pl.Series:
    """Ids with every address and telephone number replaced by its hash; nulls stay."""
    hashes = _hashes(ids)
    return ids.replace(list(hashes), list(hashes.values())) if hashes else ids


def remark(columns: Iterable[pl.Series]) -> tuple[str, ...]:
    """What a report says of the contacts among the ids of all files, nothing where there are none."""
    found = {made for ids in columns for made in _hashes(ids).values()}
    if not found:
        return ()
    return (
        f"{len(found):,} customers are named by an e-mail address or a telephone number: their SHA-256 stands for them "
        "in the version, and the service must be asked by it; better, export ids of your own",
    )


def _hashes(ids: pl.Series) -> dict[str, str]:
    if ids.dtype != pl.String:
        return {}
    likely = ids.drop_nulls().unique()
    likely = likely.filter(likely.str.contains(r"@|^\s*(\+|00)"))
    return {name: made for name in likely if (made := contact_hash(name)) is not None}

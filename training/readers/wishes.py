"""What customers asked for: erased purchases and gifts are left out, others kept without their customer.

`erasures.jsonl`, which the service keeps beside the versions, holds a line per customer, named by the SHA-256 of their
id: `{"customer": …, "erased_at": seconds, "consent": "session" | "none", "unused": [[item, order], …]}`, each but the
first only where it was said; an order "" stands for every order with the item.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import polars as pl

from training.readers.errors import InputError

WITHHELD = "left out at the customer's wish"

_Unused = frozenset[tuple[str, str]]


@dataclass(frozen=True, slots=True)
class Wish:
    """What one customer asked for.

    Attributes:
        erased_at: purchases up to this second are left out, all that carry no time too; None for none.
        consent: `none` leaves every purchase out, `session` makes them a guest's; None for neither.
        unused: (item, order) of purchases to leave out; order "" stands for every order with the item.
    """

    erased_at: int | None = None
    consent: str | None = None
    unused: _Unused = frozenset()


Wishes = Mapping[str, Wish]
"""Digest of a customer's id → what they asked for."""


def read_wishes(paths: Sequence[Path]) -> Wishes:
    """The wishes of all files; of two the stricter: the later erasure, the narrower consent, all purchases not to use.

    Raises:
        InputError: names the file and line that cannot be read; training on would break a promise.
    """
    wishes: dict[str, Wish] = {}
    for path in paths:
        try:
            lines = path.read_text("utf-8").splitlines()
        except (OSError, UnicodeDecodeError) as error:
            raise InputError(f"{path}: cannot be read ({error}), so erased customers are not known") from error
        for number, line in enumerate(lines, 1):
            if line.strip():
                customer, wish = _wish(line, f"{path}, line {number}")
                wishes[customer] = _stricter(wishes.get(customer, Wish()), wish)
    return wishes


def honour(lines: pl.DataFrame, wishes: Wishes) -> tuple[pl.DataFrame, int]:
    """Purchases as customers allow, and how many lines were left out.

    Args:
        lines: with `customer_id`, `item_id`, `order_id` and `ts` (seconds since 1970, -1 where untimed).
        wishes: by digest.
    """
    if not wishes:
        return lines, 0
    customers = lines["customer_id"].drop_nulls().unique()
    known: dict[str, Wish] = {}
    for who in customers:
        # An address is its own hash by now (`contacts`); wishes from before it was name that very hash.
        for name in (who, _digest(who)):
            if name in wishes:
                known[who] = _stricter(known.get(who, Wish()), wishes[name])
    if not known:
        return lines, 0
    columns = {"customer_id": pl.String, "erased_at": pl.Int64, "consent": pl.String}
    said = pl.DataFrame([(who, wish.erased_at, wish.consent) for who, wish in known.items()], columns, orient="row")
    joined = lines.join(said, on="customer_id", how="left", maintain_order="left")
    erased = pl.col("erased_at").is_not_null() & (pl.col("ts") <= pl.col("erased_at"))
    out = (erased | (pl.col("consent") == "none")).fill_null(value=False)
    unused = _unused(known)
    joined = joined.join(unused, on=["customer_id", "item_id"], how="left", maintain_order="left")
    gift = pl.col("orders").list.contains("") | pl.col("orders").list.contains(pl.col("order_id").cast(pl.String))
    kept = joined.filter(~(out | gift.fill_null(value=False)))
    guest = pl.when(pl.col("consent") == "session").then(None).otherwise(pl.col("customer_id"))
    return kept.with_columns(guest.alias("customer_id")).select(lines.columns), lines.height - kept.height


def _unused(known: Mapping[str, Wish]) -> pl.DataFrame:
    rows: dict[tuple[str, str], list[str]] = {}
    for who, wish in known.items():
        for item, order in sorted(wish.unused):
            rows.setdefault((who, item), []).append(order)
    columns: dict[str, Any] = {"customer_id": pl.String, "item_id": pl.String, "orders": pl.List(pl.String)}
    return pl.DataFrame([(who, item, orders) for (who, item), orders in rows.items()], columns, orient="row")


def _digest(customer_id: str) -> str:
    return hashlib.sha256(customer_id.encode("utf-8", "surrogatepass")).hexdigest()


def _wish(line: str, where: str) -> tuple[str, Wish]:
    try:
        said = json.loads(line)
        erased_at = said.get("erased_at")
        unused = frozenset((str(item), str(order)) for item, order in _pairs(said.get("unused", [])))
        return str(said["customer"]), Wish(None if erased_at is None else int(erased_at), said.get("consent"), unused)
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise InputError(f"{where}: is no line of erasures.jsonl, so erased customers are not known") from error


def _pairs(said: Iterable[Any]) -> Iterable[tuple[Any, Any]]:
    return ((item, order) for item, order in said)


def _stricter(one: Wish, other: Wish) -> Wish:
    times = [wish.erased_at for wish in (one, other) if wish.erased_at is not None]
    consents = {one.consent, other.consent}
    consent = "none" if "none" in consents else "session" if "session" in consents else None
    return Wish(max(times) if times else None, consent, one.unused | other.unused)

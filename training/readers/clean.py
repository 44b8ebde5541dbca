"""Which lines are purchases: every other line gets one reason, the first that applies."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
import polars as pl
from numpy.typing import NDArray

from models.money import PRICE_SCALE, PRICE_UNKNOWN
from training.readers.contacts import without_contacts
from training.readers.currencies import currencies, the_currency
from training.readers.numbers import MISSING_WORDS, parse_numbers
from training.readers.options import ReadOptions
from training.readers.raw import MALFORMED
from training.readers.times import day_first_votes, parse_times, says_nothing
from training.readers.words import Lines

BAD_ID, BAD_TIME, BAD_QUANTITY, BAD_PRICE = "bad id", "bad time", "bad quantity", "bad price"
EMPTY_LINE, NO_ORDER, NO_ITEM = "empty line", "no order id", "no item id"
CANCELLED, NOT_A_PRODUCT = "cancelled", "not a product"
NOT_PAID, NOT_A_PURCHASE, PART, NO_LINES = (
    "order not paid",
    "not a purchase",
    "part of another line",
    "order of no lines",
)
NO_QUANTITY, NO_PRICE, REPEATED = "quantity not above zero", "price not above zero", "repeated line"
DROPPED = (
    *(EMPTY_LINE, NO_ORDER, NO_ITEM, CANCELLED, NOT_PAID, NOT_A_PURCHASE, NO_LINES, PART),
    *(NOT_A_PRODUCT, NO_QUANTITY, NO_PRICE, REPEATED),
)
"""Reasons of lines that were read but are no purchase; every other reason means a line that could not be read."""

CANCELLED_STATUS = (
    *("cancelled", "canceled", "refunded", "refund", "voided", "void", "failed", "declined", "expired"),
    *("storniert", "abgebrochen", "erstattet", "annulé", "annulée", "remboursé", "remboursée"),
    *("geannuleerd", "terugbetaald", "cancelado", "reembolsado", "annullato", "rimborsato"),
)

_FEES = (
    "postage;shipping;shipping fee;shipping cost;delivery;delivery fee;delivery charge;freight;carriage;handling;"
    "handling fee;discount;manual;adjustment;bank charges;fee;fees;tip;deposit;gift voucher;gift card;surcharge"
)
FEE_WORDS = frozenset(_FEES.split(";"))
"""Item ids that are no products in any shop, in lower case."""

UCI_ITEM = r"^\d{5}[A-Za-z]{0,2}$"
UCI_FEE = (
    r"(?i)^(?:POST|DOT|M|D|S|B|C2|C3|BANK CHARGES|AMAZONFEE|CRUK|PADS|GIFT|ADJUST\d*|TEST\d+"
    r"|gift_0001_\d+|DCGS\w*)$"
)
"""What is no product among files in which at least 90 % of the lines carry five-digit stock codes, as in the UCI
Online Retail sets (Chen 2015, UCI Machine Learning Repository)."""

Mask = NDArray[np.bool_] | None
"""Which lines; None for none."""

_UCI_SHARE = 0.9
_MAX_ID_BYTES = 256
_IDS = ("order_id", "item_id", "customer_id")
_NOBODY = (*MISSING_WORDS, "0", "-1", "guest", "anonymous", "unknown", "walk-in", "walk in", "walkin", "cash customer")
"""What tills and shops write, in lower case, for a customer whom they do not know."""


@dataclass(frozen=True, slots=True)
class Evidence:
    """What one file's columns tell about all of them; added over files, so that their order does not matter.

    Attributes:
        timed, untimed: files with and without times.
        day_first, month_first, dotted, slashed: see `day_first_votes`.
        priced: whether some price is above zero.
        lines, uci_lines: lines with an item id, and those of them with a five-digit stock code.
        codes: the currencies named.
    """

    timed: int = 0
    untimed: int = 0
    day_first: int = 0
    month_first: int = 0
    dotted: int = 0
    slashed: int = 0
    priced: bool = False
    lines: int = 0
    uci_lines: int = 0
    codes: frozenset[str] = frozenset()

    def __add__(self, other: Evidence) -> Evidence:
        return Evidence(
            self.timed + other.timed,
            self.untimed + other.untimed,
            self.day_first + other.day_first,
            self.month_first + other.month_first,
            self.dotted + other.dotted,
            self.slashed + other.slashed,
            self.priced or other.priced,
            self.lines + other.lines,
            self.uci_lines + other.uci_lines,
            self.codes | other.codes,
        )


@dataclass(frozen=True, slots=True)
class Rules:
    """What the evidence of all files settled, and what the shop said.

    Attributes:
        timed: whether lines carry times.
        day_first: whether `3/4/2026` is 3 April.
        priced: whether prices mean anything; where none is above zero they are unknown, not free.
        uci: whether stock codes are UCI's, so that its fee codes are known.
        not_products: the shop's own list in lower case, or None.
        currency: the one of the prices that count, None where none is named.
        mixed: whether other currencies are named too; prices in them are unknown.
    """

    timed: bool
    day_first: bool
    priced: bool
    uci: bool
    not_products: frozenset[str] | None
    currency: str | None
    mixed: bool


def gather(lines: Lines) -> Evidence:
    """The evidence of one file."""
    times = lines.asked("ts")
    timed = not says_nothing(times)
    votes = day_first_votes(times) if timed else (0, 0, 0, 0)
    uci = lines.where("item_id", lambda names: names.str.contains(UCI_ITEM))
    codes = frozenset(currencies(lines, "unit_price").asked("currency").drop_nulls().unique().to_list())
    priced = _any_positive(lines.asked("unit_price"))
    items = lines.height - lines.frame["item_id"].null_count()
    return Evidence(int(timed), int(not timed), *votes, priced, items, 0 if uci is None else int(uci.sum()), codes)


def settle(evidence: Evidence, options: ReadOptions, files: str = "orders") -> tuple[Rules, tuple[str, ...]]:
    """Rules for all files, with remarks on what had to be guessed.

    Days above 12 decide how `3/4/2026` is meant, the majority where both places have them. Where none has, dotted dates
    are day first (as in German) and others month first (as in the UCI files and American spreadsheets).
    """
    notes = []
    day_first = options.day_first
    if day_first is None:
        day_first = evidence.day_first > evidence.month_first
        if evidence.day_first == evidence.month_first:
            day_first = evidence.dotted > 0
        order = "day" if day_first else "month"
        if evidence.day_first or evidence.month_first:
            notes.append(f"dates such as 3/4/2026 read {order} first")
        elif evidence.slashed:
            notes.append(
                f"dates such as 3/4/2026 taken as {order} first, though no day above 12 says so: "
                "if that is wrong, export them as 2026-04-03"
            )
    uci = evidence.lines > 0 and evidence.uci_lines >= _UCI_SHARE * evidence.lines
    if uci and options.not_products is None:
        notes.append("five-digit stock codes: POST, M, D and their like are fees")
    if not evidence.priced:
        notes.append("no price above zero: prices are unknown")
    own = None if options.not_products is None else frozenset(c.lower() for c in options.not_products)
    currency = the_currency(evidence.codes, options.currency, files)
    mixed = len(evidence.codes) > 1
    if mixed:
        notes.append(
            f"prices in {', '.join(sorted(evidence.codes - {currency}))} are unknown, those in {currency} count"
        )
    return Rules(evidence.timed > 0, day_first, evidence.priced, uci, own, currency, mixed), tuple(notes)


def classify(cells: Lines, rules: Rules) -> tuple[Lines, pl.Series | None]:
    """The lines of one file with values in place of cells, and each line's reason (null for a purchase).

    Columns: order_id, customer_id, item_id, title by their values (`words`); ts Int64 (-1 without times); quantity
    Float64; unit_price Int64 ten-thousandths (`PRICE_UNKNOWN` where none); line Int64; `place` if the cells have it.
    The reason is None where every line is a purchase.
    """
    ts = pl.repeat(-1, cells.height, dtype=pl.Int64, eager=True)
    if rules.timed:
        ts = cells.through("ts", lambda column: parse_times(column, day_first=rules.day_first))
    known = _prices(cells, rules)
    for name in _IDS:
        known = known.changed(name, _tidy_ids)
    known = known.changed("customer_id", lambda names: without_contacts(_no_guest(names)))
    known = known.changed("title", lambda titles: titles.str.head(1000))
    quantity = known.through("quantity", parse_numbers).alias("quantity")
    price = known.column("unit_price")
    reason = _first_reason(cells, _reasons(known, quantity, price, ts, rules))
    whole = _whole(price) if rules.priced else pl.repeat(PRICE_UNKNOWN, cells.height, dtype=pl.Int64, eager=True)
    kept = [*_IDS, "title", "line", *(["place"] if "place" in known.frame.columns else [])]
    frame = known.frame.select(kept).with_columns(ts.alias("ts"), quantity.fill_null(1.0), whole.alias("unit_price"))
    return Lines(frame, {name: values for name, values in known.values.items() if name in kept}), reason


def _whole(price: pl.Series) -> pl.Series:
    return price.fill_nan(None).round().cast(pl.Int64).fill_null(PRICE_UNKNOWN)


def _prices(cells: Lines, rules: Rules) -> Lines:
    """The cells with prices in ten-thousandths, null where unknown, NaN where a cell holds no usable number."""
    if not rules.priced:
        price = pl.Series([None]).new_from_index(0, cells.height)
    else:
        price = cells.through("unit_price", parse_numbers) * PRICE_SCALE
    if rules.priced and rules.mixed:
        foreign = currencies(cells, "unit_price").where("currency", lambda codes: codes != rules.currency)
        if foreign is not None:
            price = pl.select(pl.when(~pl.lit(pl.Series(foreign))).then(price)).to_series()
    values = {name: values for name, values in cells.values.items() if name != "unit_price"}
    return Lines(cells.frame.with_columns(price.alias("unit_price")), values)


def _first_reason(cells: Lines, tests: Iterable[tuple[str, Mask]]) -> pl.Series | None:
    """Of each line the first reason that applies, null where none does; a format's own comes before all."""
    found = [(why, mask) for why, mask in tests if mask is not None and mask.any()]
    aside, own = cells.filter(cells.frame[MALFORMED].is_not_null()).numbered(MALFORMED)
    kinds = list(dict.fromkeys([*(why for why, _ in found), *aside]))
    if not kinds:
        return None
    number = np.full(cells.height, -1, dtype=np.int16)
    for why, mask in reversed(found):
        number[mask] = kinds.index(why)
    if len(own):
        number[cells.frame[MALFORMED].is_not_null().to_numpy()] = np.array([kinds.index(why) for why in aside])[own]
    places = pl.Series(number).to_frame("n").select(pl.when(pl.col("n") >= 0).then("n")).to_series().cast(pl.UInt32)
    return pl.Series("reason", kinds, dtype=pl.Enum(kinds)).gather(places)


def _reasons(
    known: Lines, quantity: pl.Series, price: pl.Series, ts: pl.Series, rules: Rules
) -> Iterable[tuple[str, Mask]]:
    """Each reason with the lines that it may apply to, None for none."""
    no_order, no_time = _empty(known.frame["order_id"]), _empty(ts)
    counted = known.frame["quantity"].dtype != pl.Null
    below = _mask(quantity <= 0) if counted else None
    yield EMPTY_LINE, None if no_order is None else _nothing(known, quantity, price, ts)
    yield NO_ORDER, no_order
    yield NO_ITEM, _empty(known.frame["item_id"])
    for name in _IDS:
        yield BAD_ID, known.where(name, _bad_id)
    yield BAD_TIME, no_time
    yield BAD_QUANTITY, _mask(quantity.is_nan()) if counted else None
    yield BAD_PRICE, _mask(price.is_nan()) if rules.priced else None
    yield CANCELLED, known.where("status", _is_cancelled)
    of_c = None if below is None else known.where("order_id", lambda names: names.str.contains(r"^C\d+$"))
    yield CANCELLED, None if of_c is None or below is None else of_c & below
    yield NOT_A_PRODUCT, known.where("item_id", lambda names: _not_a_product(names, rules))
    yield NO_QUANTITY, below
    yield NO_PRICE, _mask(price.round() <= 0) if rules.priced else None


def _empty(column: pl.Series) -> Mask:
    return column.is_null().to_numpy() if column.null_count() else None


def _mask(test: pl.Series) -> Mask:
    return test.fill_null(value=False).to_numpy() if test.any() else None


def _nothing(known: Lines, quantity: pl.Series, price: pl.Series, ts: pl.Series) -> Mask:
    """Lines without any cell."""
    empty = quantity.is_null() & price.is_null() & (ts.is_null() | (ts < 0))
    for name in (*_IDS, "title", "status"):
        empty &= known.frame[name].is_null()
    return empty.to_numpy()


def _is_cancelled(names: pl.Series) -> pl.Series:
    """WooCommerce's database writes `wc-` before its words."""
    return names.str.to_lowercase().str.strip_prefix("wc-").is_in(CANCELLED_STATUS)


def _bad_id(names: pl.Series) -> pl.Series:
    return names.str.contains(r"[\x00-\x1f\x7f]") | (names.str.len_bytes() > _MAX_ID_BYTES)


def _not_a_product(names: pl.Series, rules: Rules) -> pl.Series:
    lower = names.str.to_lowercase()
    if rules.not_products is not None:
        return lower.is_in(sorted(rules.not_products))
    fee = lower.is_in(sorted(FEE_WORDS))
    return fee | names.str.contains(UCI_FEE) if rules.uci else fee


def _tidy_ids(names: pl.Series) -> pl.Series:
    """Where every id of a column ends in `.0`, the column went through floating point: 17850.0 is 17850."""
    if len(names) and names.str.ends_with(".0").all() and names.str.contains(r"^\d+\.0$").all():
        return names.str.strip_suffix(".0")
    return names


def _no_guest(names: pl.Series) -> pl.Series:
    guest = names.str.to_lowercase().is_in(_NOBODY)
    return pl.select(pl.when(~guest).then(names)).to_series()


def _any_positive(prices: pl.Series) -> bool:
    if prices.dtype == pl.String:
        return bool(prices.str.contains(r"^[^-]*[1-9]").any())
    return prices.dtype != pl.Null and bool((prices.cast(pl.Float64).fill_nan(None) > 0).any())

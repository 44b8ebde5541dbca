"""Which lines are purchases: every other line gets one reason, the first that applies."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import numpy as np
import polars as pl

from models.money import PRICE_SCALE, PRICE_UNKNOWN
from training.readers.contacts import without_contacts
from training.readers.currencies import currencies, the_currency
from training.readers.numbers import MISSING_WORDS, parse_numbers
from training.readers.options import ReadOptions
from training.readers.raw import MALFORMED, Raw
from training.readers.times import day_first_votes, parse_times, says_nothing
from training.readers.words import renamed, through, values

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

CANCELLED_STATUS = ("cancelled", "canceled", "refunded", "refund", "voided", "void")

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


def gather(raw: Raw) -> Evidence:
    """The evidence of one file."""
    frame = raw.frame
    times = values(frame["ts"])
    timed = not says_nothing(times)
    votes = day_first_votes(times) if timed else (0, 0, 0, 0)
    items = frame["item_id"]
    uci = int(through(items, lambda names: names.str.contains(UCI_ITEM)).sum())
    codes = frozenset(values(currencies(frame, "unit_price")).drop_nulls().unique().to_list())
    priced = _any_positive(values(frame["unit_price"]))
    return Evidence(int(timed), int(not timed), *votes, priced, items.count(), uci, codes)


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


def classify(raw: Raw, rules: Rules) -> pl.DataFrame:
    """The lines of one file with values in place of cells, and `reason` (null for a purchase).

    Columns: order_id, customer_id, item_id, title as coded text (`words`); ts Int64 (-1 without times); quantity
    Float64; unit_price Int64 ten-thousandths (`PRICE_UNKNOWN` where none); line Int64; reason as coded text; `place` if
    raw has it. Raw's text columns are coded too.
    """
    cells, n = raw.frame, raw.frame.height
    quantity = through(cells["quantity"], parse_numbers).alias("quantity")
    price = _prices(cells, rules)
    ts = pl.repeat(-1, n, dtype=pl.Int64, eager=True)
    if rules.timed:
        ts = through(cells["ts"], lambda column: parse_times(column, day_first=rules.day_first))
    ids = {name: _tidy_id(cells[name]) for name in _IDS}
    ids["customer_id"] = renamed(ids["customer_id"], lambda names: without_contacts(_no_guest(names)))
    known = {**ids, "ts": ts, "quantity": quantity, "price": price}
    whole = price.fill_nan(None).round().cast(pl.Int64).fill_null(PRICE_UNKNOWN)
    return pl.DataFrame(
        [
            *(column.alias(name) for name, column in ids.items()),
            renamed(cells["title"], lambda titles: titles.str.head(1000)).alias("title"),
            ts.alias("ts"),
            quantity.fill_null(1.0),
            whole.alias("unit_price"),
            cells["line"],
            _first_reason(cells, _reasons(cells, known, rules)),
            *([cells["place"]] if "place" in cells.columns else []),
        ]
    )


def _prices(cells: pl.DataFrame, rules: Rules) -> pl.Series:
    """Prices in ten-thousandths, null where unknown, NaN where a cell holds no usable number."""
    if not rules.priced:
        return pl.repeat(None, cells.height, dtype=pl.Float64, eager=True)
    price = through(cells["unit_price"], parse_numbers) * PRICE_SCALE
    if not rules.mixed:
        return price
    foreign = (currencies(cells, "unit_price") != rules.currency).fill_null(value=False)
    return pl.select(pl.when(~foreign).then(price)).to_series()


def _first_reason(cells: pl.DataFrame, tests: Iterable[tuple[str, pl.Series]]) -> pl.Series:
    """Of each line the first reason that applies, null where none does; a format's own comes before all."""
    found = list(tests)
    number = np.full(cells.height, -1, dtype=np.int16)
    for place in range(len(found) - 1, -1, -1):
        number[found[place][1].fill_null(value=False).to_numpy()] = place
    names = [why for why, _ in found]
    aside = cells[MALFORMED]
    if aside.null_count() < len(aside):
        at = aside.is_not_null().to_numpy()
        own = aside.drop_nulls().unique().sort().to_list()
        names += [why for why in own if why not in names]
        place_of = {why: names.index(why) for why in own}
        number[at] = [place_of[why] for why in aside.drop_nulls()]
    places = pl.Series(number).to_frame("n").select(pl.when(pl.col("n") >= 0).then("n")).to_series().cast(pl.UInt32)
    return pl.Series("reason", names, dtype=pl.Enum(names)).gather(places)


def _reasons(cells: pl.DataFrame, known: Mapping[str, pl.Series], rules: Rules) -> Iterable[tuple[str, pl.Series]]:
    order, item, quantity, price, ts = (known[c] for c in ("order_id", "item_id", "quantity", "price", "ts"))
    status = through(cells["status"], lambda names: names.str.to_lowercase().is_in(CANCELLED_STATUS))
    of_c = through(order, lambda names: names.str.contains(r"^C\d+$")).fill_null(value=False)
    nothing = quantity.is_null() & price.is_null() & (ts.is_null() | (ts < 0))
    bad_id = pl.select(pl.any_horizontal(through(known[c], _bad_id).fill_null(value=False) for c in _IDS)).to_series()
    for name in (*_IDS, "title", "status"):
        nothing &= known.get(name, cells[name]).is_null()
    yield EMPTY_LINE, nothing
    yield NO_ORDER, order.is_null()
    yield NO_ITEM, item.is_null()
    yield BAD_ID, bad_id
    yield BAD_TIME, ts.is_null()
    yield BAD_QUANTITY, quantity.is_nan()
    yield BAD_PRICE, price.is_nan()
    yield CANCELLED, status.fill_null(value=False) | (of_c & (quantity <= 0).fill_null(value=False))
    yield NOT_A_PRODUCT, through(item, lambda names: _not_a_product(names, rules))
    yield NO_QUANTITY, quantity <= 0
    yield NO_PRICE, price.round() <= 0


def _bad_id(names: pl.Series) -> pl.Series:
    return names.str.contains(r"[\x00-\x1f\x7f]") | (names.str.len_bytes() > _MAX_ID_BYTES)


def _not_a_product(names: pl.Series, rules: Rules) -> pl.Series:
    lower = names.str.to_lowercase()
    if rules.not_products is not None:
        return lower.is_in(sorted(rules.not_products))
    fee = lower.is_in(sorted(FEE_WORDS))
    return fee | names.str.contains(UCI_FEE) if rules.uci else fee


def _tidy_id(column: pl.Series) -> pl.Series:
    """Where every id of a column ends in `.0`, the column went through floating point: 17850.0 is 17850."""
    names = values(column)
    if names.count() and names.str.contains(r"^\d+\.0$").all(ignore_nulls=True):
        return renamed(column, lambda ids: ids.str.strip_suffix(".0"))
    return column


def _no_guest(names: pl.Series) -> pl.Series:
    guest = names.str.to_lowercase().is_in(_NOBODY)
    return pl.select(pl.when(~guest).then(names)).to_series()


def _any_positive(prices: pl.Series) -> bool:
    if prices.dtype == pl.String:
        return bool(prices.str.contains(r"^[^-]*[1-9]").any())
    return prices.dtype != pl.Null and bool((prices.cast(pl.Float64).fill_nan(None) > 0).any())

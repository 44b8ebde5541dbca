"""What a shop may say about its files."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from training.readers.wishes import Wishes


@dataclass(frozen=True, slots=True)
class ReadOptions:
    """How to read a shop's files; the defaults find out by themselves.

    Attributes:
        columns: our column name → the file's, for columns not recognised or in doubt; an empty name means that the
            file has no such column.
        day_first: whether `3/4/2026` is 3 April; None looks for days above 12 in the files.
        not_products: item ids that are no products (any case), in place of the built-in rule; None keeps that rule.
        formats: names of formats that files are of, at most one for orders and one for the catalogue; the others are
            recognised.
        currency: ISO 4217 code whose prices count; prices in another are unknown. None where all are in one.
        as_of: seconds since 1970-01-01 UTC at which prices are wanted, for sale prices that have a window; None
            leaves those out.
        max_unparsed: largest share of unreadable lines, 0 to 1, before a file is refused.
        wishes: of customers: whom to leave out.
    """

    columns: Mapping[str, str] = field(default_factory=dict)
    day_first: bool | None = None
    not_products: frozenset[str] | None = None
    formats: tuple[str, ...] = ()
    currency: str | None = None
    as_of: int | None = None
    max_unparsed: float = 0.05
    wishes: Wishes = field(default_factory=dict)

    def __post_init__(self) -> None:
        if not 0 <= self.max_unparsed <= 1:
            raise ValueError(f"max_unparsed is a share from 0 to 1, not {self.max_unparsed}")

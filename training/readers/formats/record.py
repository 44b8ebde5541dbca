"""What a format is: the names by which it is known, and its parser."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from training.readers.files import Source
from training.readers.options import ReadOptions
from training.readers.raw import Raw

Shape = Literal["table", "json", "xml", "parquet"]
Kind = Literal["orders", "catalogue"]


@dataclass(frozen=True, slots=True)
class Format:
    """One format that a shop's tool writes.

    Attributes:
        name: as `--format` and the report call it.
        kind: what its lines are.
        shapes: how its bytes are laid out.
        must: names (as `look` writes them) without which a file is not of this format.
        may: names that further speak for it; they weigh the confidence.
        read: its parser: the file's cells under our names.
    """

    name: str
    kind: Kind
    shapes: frozenset[Shape]
    must: tuple[str, ...]
    may: tuple[str, ...]
    read: Callable[[Source, ReadOptions], Raw]


@dataclass(frozen=True, slots=True)
class Seen:
    """What a first look at a file shows.

    Attributes:
        shape: how its bytes are laid out.
        names: the header's cells, the JSON objects' paths, the XML tags or the Parquet columns, in lower case without
            spaces and signs; a path's steps are joined by dots, an `@` and an XML prefix `g:` stay.
    """

    shape: Shape
    names: frozenset[str]

    def has(self, name: str) -> bool:
        """Whether `name` was seen, at any depth: `items.sku` also as `orders.items.sku`."""
        return name in self.names or any(n.endswith("." + name) for n in self.names)


@dataclass(frozen=True, slots=True)
class Recognised:
    """A format chosen for a file.

    Attributes:
        format: the one.
        found, of: how many of its telling names were seen, of how many; 0 of 0 where `--format` decided or the columns
            have to be found by their names.
    """

    format: Format
    found: int
    of: int

    def text(self) -> str:
        """`shopify-orders (11 of 12 telling names, 92 %)`."""
        if not self.of:
            return self.format.name
        return f"{self.format.name} ({self.found} of {self.of} telling names, {self.found / self.of:.0%})"

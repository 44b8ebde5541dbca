"""Every format, in the order in which the documentation lists them."""

from __future__ import annotations

from training.readers.formats.plain import PLAIN_CATALOGUE, PLAIN_ORDERS
from training.readers.formats.record import Format

FORMATS: tuple[Format, ...] = (PLAIN_ORDERS, PLAIN_CATALOGUE)
"""Orders, then catalogues; of each kind the plain one, without names of its own, comes first."""

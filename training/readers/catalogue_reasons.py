"""Why a line of a catalogue lists no item."""

from __future__ import annotations

NO_ITEM, BAD_ID, REPEATED, DIFFERENT = "no item id", "bad id", "repeated line", "item listed again, differently"
PICTURE, OTHER_VIEW = "another picture of an item", "another view of an item"
DROPPED = (NO_ITEM, PICTURE, OTHER_VIEW)
"""Reasons of lines that were read but list no item; every other but a repeat means a line that could not be read."""

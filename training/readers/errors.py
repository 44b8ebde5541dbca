"""The one error a reader raises."""

from __future__ import annotations


class InputError(ValueError):
    """A shop's file cannot be used; the message names the file, the line or column, and what to do next."""

"""Titles that are alike but for a variant word: the poor shop's family ids."""

from __future__ import annotations

import re
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

_WORD = re.compile(r"[^\W_]+", re.UNICODE)
_NUMBER = re.compile(r"\d+([.,]\d+)?([a-z]{1,3})?")

_COLOURS = """
black white red blue green yellow pink purple violet orange brown grey gray beige ivory cream gold golden silver
copper turquoise lilac navy teal mint charcoal clear transparent amber olive aqua peach coral lavender crimson
schwarz weiss weiß rot blau grün gelb rosa lila braun grau silbern türkis
noir noire blanc blanche rouge bleu bleue vert verte jaune violette gris grise argent
"""
_SIZES = """
xs s m l xl xxl xxxl small medium large mini midi maxi big
klein gross groß petit petite grand grande
"""

VARIANT_WORDS = frozenset(f"{_COLOURS} {_SIZES}".split())
"""Words by which the variants of one product differ; numbers and sizes such as `500ml` count as well."""


_LARGEST = 12
"""A title that more items share is a description ("yogurt, 6 oz"), not the name of one product in variants."""


def stems(titles: Sequence[str]) -> NDArray[np.int32]:
    """Label items whose titles differ in nothing but variant words, numbers and the order of the rest.

    Args:
        titles: one per item, empty where unknown.

    Returns:
        int32 (n_items,): a label shared by at least two items and at most twelve, or -1.
    """
    keys = [_key(title) for title in titles]
    members: dict[tuple[str, ...], list[int]] = {}
    for item, key in enumerate(keys):
        if key:
            members.setdefault(key, []).append(item)
    labels = np.full(len(titles), -1, dtype=np.int32)
    for label, items in enumerate(group for group in members.values() if 1 < len(group) <= _LARGEST):
        labels[items] = label
    return labels


def kinds(titles: Sequence[str]) -> NDArray[np.int32]:
    """Label items by kind: as `stems`, but however many share it, since "yogurt, 6 oz" is a kind; -1 without words.

    Args:
        titles: one per item, empty where unknown.

    Returns:
        int32 (n_items,), labels in the order in which kinds first come.
    """
    number: dict[tuple[str, ...], int] = {}
    keys = map(_key, titles)
    return np.array([number.setdefault(key, len(number)) if key else -1 for key in keys], dtype=np.int32)


def _key(title: str) -> tuple[str, ...]:
    words = _WORD.findall(title.casefold())
    return tuple(sorted(word for word in words if word not in VARIANT_WORDS and not _NUMBER.fullmatch(word)))

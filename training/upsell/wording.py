"""Titles as weighted words: how alike two are, and, without categories, which name the same kind of thing."""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import pairwise

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray

from training.titles import VARIANT_WORDS

_WORD = re.compile(r"[^\W\d_]{2,}", re.UNICODE)

_WIDEST = 400
"""A word of more titles than this says little of a kind and would pair everything with everything."""

_HEAD = 0.4
"""Share of its titles that a word begins or ends where it is what a thing is called, and not a pattern on it."""

_SURE = 3.0
"""Titles' worth of belief that a word does not tell the price."""


def word_vectors(titles: Sequence[str], phrases: bool = False) -> sp.csr_array:
    """Titles × words: inverse document frequency `ln(1 + n/df)` of each word of a title, once, rows of length 1.

    Args:
        titles: one per item, empty where unknown.
        phrases: take pairs of neighbouring words as words as well.
    """
    counts, _, _ = _counted(titles, phrases)
    frequency = np.asarray(counts.sum(axis=0))
    return _unit_rows(sp.csr_array(counts @ sp.diags_array(np.log1p(len(titles) / np.maximum(frequency, 1)))))


def wording(vectors: sp.csr_array, one: NDArray[np.int64], other: NDArray[np.int64]) -> NDArray[np.float64]:
    """Cosine of each pair of titles, float64; 0 where one is empty."""
    step = 100_000
    parts = [
        np.asarray(vectors[one[at : at + step]].multiply(vectors[other[at : at + step]]).sum(axis=1)).ravel()
        for at in range(0, len(one), step)
    ]
    return np.concatenate(parts) if parts else np.zeros(0)


def same_kind(
    titles: Sequence[str], price: NDArray[np.int64], least: float
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Pairs of items whose titles name the same kind of thing, both ways round, by item, then other.

    Words that tell the price name a kind ("lunch bag"), words on things of any price a pattern ("retrospot"): a word
    weighs `idf · told · (0.1 + edge)`, `told = 1 − variance of log price among its titles / variance among all`,
    shrunk towards 0 where few titles have it, `edge` the share of its titles that it ends. (Where the words that begin
    titles tell the price better, as in Romance languages, that it begins.) Pairs whose cosine reaches `least` and that
    share a head, a word or pair of words that begins or ends 40 % of its titles or more, are of one kind. Titles of the
    same words are one article under two codes, and no step.

    Args:
        titles: one per item; items without a title are of no kind.
        price: int64 (n_items,), above 0.
        least: cosine, 0–1.
    """
    counts, begins, ends = _counted(titles, phrases=True)
    frequency = np.diff(counts.indptr)
    log = np.log(price)
    mean = (log @ counts) / np.maximum(frequency, 1)
    spread = np.maximum((log**2) @ counts / np.maximum(frequency, 1) - mean**2, 0)
    told = 1 - spread / max(float(log.var()), 1e-12) if len(log) else spread
    told = np.clip(told, 0, None) * frequency / (frequency + _SURE)
    weight = np.where((frequency > 1) & (frequency <= _WIDEST), np.log1p(len(titles) / np.maximum(frequency, 1)), 0)
    edge = (begins if told @ begins > told @ ends else ends) / np.maximum(frequency, 1)
    # Rows are scaled by all their words: what a title says besides counts against it.
    vectors = _unit_rows(sp.csr_array(counts @ sp.diags_array(weight * told * (0.1 + edge))))
    near = sp.csr_array(vectors @ vectors.T).tocoo()
    keep = (near.data >= least) & (near.row != near.col)
    one, other = near.row[keep].astype(np.int64), near.col[keep].astype(np.int64)
    heads = (frequency > 1) & (np.maximum(begins, ends) >= _HEAD * frequency)
    headed = sp.csr_array(counts @ sp.diags_array(heads.astype(np.float64)))
    same = _same_words(titles)
    kept = np.flatnonzero((wording(headed, one, other) > 0) & (same[one] != same[other]))
    order = kept[np.lexsort((other[kept], one[kept]))]
    return one[order], other[order]


def _same_words(titles: Sequence[str]) -> NDArray[np.int64]:
    """A number per title, equal where they are the same words in any order, numbers and colours included."""
    number: dict[tuple[str, ...], int] = {}
    keys = (tuple(sorted(title.casefold().split())) for title in titles)
    return np.array([number.setdefault(key, len(number)) for key in keys], dtype=np.int64)


def _counted(titles: Sequence[str], phrases: bool) -> tuple[sp.csc_array, NDArray[np.float64], NDArray[np.float64]]:
    """Titles × words, 1 where a title has the word; per word how many titles it begins and how many it ends."""
    number: dict[str, int] = {}
    columns: list[int] = []
    indptr = [0]
    edges: tuple[list[int], list[int]] = ([], [])
    for title in titles:
        words = [word for word in _WORD.findall(title.casefold()) if word not in VARIANT_WORDS]
        pairs = list(map(" ".join, pairwise(words))) if phrases else []
        columns.extend(sorted(number.setdefault(term, len(number)) for term in dict.fromkeys(words + pairs)))
        indptr.append(len(columns))
        for side, place in zip(edges, (0, -1), strict=True):
            side.extend(number[terms[place]] for terms in (words, pairs) if terms)
    matrix = sp.csr_array((np.ones(len(columns)), columns, indptr), shape=(len(titles), len(number)))
    begins, ends = (np.bincount(side, minlength=len(number)).astype(np.float64) for side in edges)
    return matrix.tocsc(), begins, ends


def _unit_rows(matrix: sp.csr_array) -> sp.csr_array:
    length = np.sqrt(np.asarray(matrix.multiply(matrix).sum(axis=1)).ravel())
    return sp.csr_array(sp.diags_array(1 / np.maximum(length, 1e-12)) @ matrix)

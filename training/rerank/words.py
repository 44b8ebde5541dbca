"""Titles as weighted words."""

from __future__ import annotations

import re
from collections.abc import Sequence

import numpy as np
import scipy.sparse as sp

_WORD = re.compile(r"[^\W_]+", re.UNICODE)


def title_words(titles: Sequence[str]) -> sp.csr_array:
    """Rows of length 1: a word of n_word of the n titles weighs `log(n / n_word)`, 0 where it stands in one alone.

    Args:
        titles: one per item, empty where unknown.

    Returns:
        csr_array (n_items, n_words); a row without a telling word is empty.
    """
    number: dict[str, int] = {}
    columns: list[int] = []
    indptr = [0]
    for title in titles:
        found = {number.setdefault(word, len(number)) for word in _WORD.findall(title.casefold())}
        columns.extend(sorted(found))
        indptr.append(len(columns))
    column = np.array(columns, dtype=np.int64)
    count = np.bincount(column, minlength=max(len(number), 1))
    weight = np.where(count > 1, np.log(max(len(titles), 1) / np.maximum(count, 1)), 0.0)
    matrix = sp.csr_array((weight[column], column, np.array(indptr)), shape=(len(titles), max(len(number), 1)))
    matrix.eliminate_zeros()
    length = np.sqrt(np.asarray(matrix.multiply(matrix).sum(axis=1)).ravel())
    return sp.csr_array(sp.diags_array(1 / np.maximum(length, 1e-12)) @ matrix)

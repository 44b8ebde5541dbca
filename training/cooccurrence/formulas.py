"""How a count of pairs becomes a score: the statistics as records, and their formulas in NumPy.

With C = C_ij the (weighted) baskets that hold both items, D_i and D_j the baskets that hold either, N all baskets:

| name              | score                             | source                                           |
|-------------------|-----------------------------------|--------------------------------------------------|
| count             | C                                 |                                                  |
| conditional       | C / D_i                           | Deshpande & Karypis, TOIS 2004                   |
| cosine            | C / (D_i^½ · D_j^½)               | Sarwar et al., WWW 2001                          |
| lift              | C · N / (D_i · D_j)               | Brin et al., SIGMOD 1997                         |
| asymmetric(alpha) | C / (D_i^alpha · D_j^(1 − alpha)) | Aiolli, RecSys 2013                              |
| jaccard           | C / (D_i + D_j − C)               | Jaccard 1912                                     |
| llr               | ± 2 Σ O ln(O / E), four cells     | Dunning, Computational Linguistics 19(1), 1993   |

A quotient of nothing by nothing is 0. `llr` is negative where the pair meets less often than chance would have it
(C < D_i·D_j / N), so that repelling items end last; a cell below 0 (possible with voters) counts as 0.
Everything is computed in float64 from + − × ÷ √ in one fixed order, then rounded once to float32: the compiled engine
repeats these very steps, so that equal counts give equal bits. (Powers other than 0, ½ and 1 are computed here only.)
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from training.cooccurrence.statistics import Jaccard, Quotient, Statistic
from training.cooccurrence.totals import Totals

Floats = NDArray[np.float64]
Indices = NDArray[np.int64] | NDArray[np.int32]

_LN2 = 0.6931471805599453
_SQRT_HALF = 0.7071067811865476
_LOG_TERMS = 11


def score(
    statistic: Statistic, pairs: Floats, anchor: Indices, neighbour: Indices, totals: Totals
) -> NDArray[np.float32]:
    """Scores of pairs.

    Args:
        statistic: the formula.
        pairs: (n,) C_ij of each pair.
        anchor: (n,) item i of each pair.
        neighbour: (n,) item j of each pair.
        totals: D_i, D_j and N.

    Returns:
        (n,) float32.
    """
    if isinstance(statistic, Quotient):
        left, right = denominators(statistic, totals)
        scores = _divide(pairs, left[anchor] * right[neighbour])
    elif isinstance(statistic, Jaccard):
        scores = _divide(pairs, totals.anchor[anchor] + totals.neighbour[neighbour] - pairs)
    else:
        scores = _signed_llr(pairs, totals.anchor[anchor], totals.neighbour[neighbour], totals.total)
    return scores.astype(np.float32) + np.float32(0)  # −0 becomes 0


def denominators(statistic: Quotient, totals: Totals) -> tuple[Floats, Floats]:
    """(n_items,) left and right, so that the score is C / (left_i · right_j)."""
    right = _power(totals.neighbour, statistic.right)
    if statistic.times_total:
        right = _divide(right, np.float64(totals.total))
    return _power(totals.anchor, statistic.left), right


def log(x: Floats) -> Floats:
    """Natural logarithm of positive, normal numbers, good to about 1e-16, the same bits on every machine.

    x = m · 2^e with m in [√½, √2); ln m = 2 artanh(s), s = (m − 1) / (m + 1), by its Taylor series: |s| ≤ 0.172, so
    eleven terms leave less than 1e-17. Library logarithms differ in their last bit from machine to machine.
    """
    mantissa, exponent = np.frexp(x)
    low = mantissa < _SQRT_HALF
    mantissa = np.where(low, mantissa * 2.0, mantissa)
    s = (mantissa - 1.0) / (mantissa + 1.0)
    z = s * s
    series = np.full_like(z, 1.0 / (2 * _LOG_TERMS - 1))
    for term in range(_LOG_TERMS - 2, -1, -1):
        series = series * z + 1.0 / (2 * term + 1)
    result: Floats = (exponent - low) * _LN2 + 2.0 * s * series
    return result


def _power(x: Floats, exponent: float) -> Floats:
    if exponent == 0.0:
        return np.ones_like(x)
    if exponent == 1.0:
        return x
    return np.sqrt(x) if exponent == 0.5 else np.power(x, exponent)


def _divide(above: Floats, below: Floats | np.float64) -> Floats:
    return np.divide(above, below, out=np.zeros_like(above), where=below > 0.0)


def _signed_llr(both: Floats, d_i: Floats, d_j: Floats, n: float) -> Floats:
    rest_i, rest_j = np.maximum(n - d_i, 0.0), np.maximum(n - d_j, 0.0)
    expected = d_i * d_j / n if n > 0.0 else np.zeros_like(both)
    total = (
        _cell(both, d_i * d_j, n)
        + _cell(np.maximum(d_i - both, 0.0), d_i * rest_j, n)
        + _cell(np.maximum(d_j - both, 0.0), rest_i * d_j, n)
        + _cell(np.maximum(rest_i - d_j + both, 0.0), rest_i * rest_j, n)
    )
    return np.where(both < expected, -2.0 * total, 2.0 * total)


def _cell(observed: Floats, margins: Floats, n: float) -> Floats:
    """O ln(O / E) with E = margins / n; nothing where either is nothing."""
    some = (observed > 0.0) & (margins > 0.0)
    ratio = np.divide(observed * n, margins, out=np.ones_like(observed), where=some)
    return np.where(some, observed * log(ratio), 0.0)

"""The door's checks: whatever passes here gives a right answer further in."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from training.cooccurrence import native
from training.cooccurrence.problem import Problem

Baskets = sparse.csr_array | sparse.csr_matrix
Numbers = NDArray[Any]

_INFINITE = 0x7F800000  # float32, by its bits


def problem(
    baskets: Baskets,
    weights: Numbers | None = None,
    anchor_weights: Numbers | None = None,
    voters: Numbers | None = None,
    supporters: Numbers | None = None,
) -> Problem:
    """The checked record of what a caller handed in.

    Raises:
        TypeError: something has another type or dtype than promised.
        ValueError: something has another shape or another content than promised; the message names the basket.
    """
    if voters is not None and supporters is not None:
        raise ValueError("give voters or supporters, not both: min_support counts voters where voters vote")
    indptr, item = _places_and_items(baskets)
    nnz, (n_baskets, n_items) = len(item), baskets.shape
    return Problem(
        indptr=indptr,
        item=item,
        n_items=n_items,
        weights=None if weights is None else _weights("weights", weights, n_baskets, "basket"),
        anchor_weights=None if anchor_weights is None else _weights("anchor_weights", anchor_weights, nnz, "entry"),
        voters=None if voters is None else _people("voters", voters, n_baskets, least=0),
        supporters=None if supporters is None else _supporters(supporters, n_baskets),
    )


def at_least(name: str, value: int, least: int) -> None:
    """Refuse a whole number that is too small, or none at all."""
    if isinstance(value, bool) or not isinstance(value, int | np.integer):
        raise TypeError(f"{name} is a whole number, not {value!r}")
    if value < least:
        raise ValueError(f"{name} is at least {least}, not {value}")


def _places_and_items(baskets: Baskets) -> tuple[NDArray[np.int64], NDArray[np.int32]]:
    if not (sparse.issparse(baskets) and baskets.format == "csr" and baskets.ndim == 2):
        raise TypeError(f"baskets are a two-dimensional scipy.sparse.csr_array, not {type(baskets).__name__}")
    indptr, indices, data = (np.asarray(part) for part in (baskets.indptr, baskets.indices, baskets.data))
    n_baskets, n_items = baskets.shape
    if n_items > np.iinfo(np.int32).max or n_baskets > np.iinfo(np.int32).max:
        raise ValueError(f"baskets are {n_baskets} × {n_items}; more than 2^31 of either do not fit")
    places = indptr.astype(np.int64, copy=False)
    if not native.sound(places, indices, data, n_items):
        _explain(places, indices, data, n_items)
    return places, indices.astype(np.int32, copy=False)


def _explain(indptr: NDArray[np.int64], indices: Numbers, data: Numbers, n_items: int) -> None:
    """Raise what is wrong with baskets; nothing where nothing is."""
    if indptr[0] != 0 or indptr[-1] != len(indices) or np.any(indptr[1:] < indptr[:-1]):
        raise ValueError("the indptr of baskets does not rise from 0 to the number of entries")
    if len(indices) and (indices.min() < 0 or indices.max() >= n_items):
        raise ValueError(f"baskets hold an item outside 0 … {n_items - 1}")
    _check_ones(data, len(indices))
    _check_rising(indptr, indices)


def _check_ones(data: Numbers, nnz: int) -> None:
    if data.dtype.kind not in "buif":
        raise TypeError(f"the entries of baskets are numbers or booleans, not {data.dtype}")
    if len(data) != nnz:
        raise ValueError(f"baskets have {nnz} item indices but {len(data)} entries")
    if nnz and not bool(np.all(data == 1)):
        bad = data[np.flatnonzero(data != 1)[0]]
        raise ValueError(f"a stored entry of baskets is 1, not {bad}; drop zeros with baskets.eliminate_zeros()")


def _check_rising(indptr: Numbers, indices: Numbers) -> None:
    falling = indices[1:] <= indices[:-1]
    starts = indptr[1:-1]
    falling[starts[(starts > 0) & (starts < len(indices))] - 1] = False
    if not falling.any():
        return
    place = int(np.flatnonzero(falling)[0])
    basket = int(np.searchsorted(indptr, place, side="right")) - 1
    if indices[place] == indices[place + 1]:
        raise ValueError(
            f"basket {basket} holds item {indices[place]} twice; call baskets.sum_duplicates() and set data to 1"
        )
    raise ValueError(f"the items of basket {basket} are not sorted; call baskets.sort_indices()")


def _weights(name: str, values: Numbers, length: int, of_what: str) -> NDArray[np.float32]:
    array = np.asarray(values)
    if array.dtype != np.float32:
        raise TypeError(f"{name} are float32, not {array.dtype}")
    if array.shape != (length,):
        raise ValueError(f"{name} are one per {of_what}, shape ({length},), not {array.shape}")
    array = np.ascontiguousarray(array)
    # The bits of NaN, infinity and negative numbers are all beyond those of the finite: one look without a copy.
    if length and array.view(np.uint32).max() >= _INFINITE:
        good = (array >= 0) & (array < np.inf)
        if not good.all():
            place = int(np.flatnonzero(~good)[0])
            raise ValueError(f"{name}[{place}] is {array[place]}; weights are finite and not negative")
    return array


def _people(name: str, values: Numbers, length: int, least: int) -> NDArray[np.int32]:
    array = np.asarray(values)
    if array.dtype != np.int32:
        raise TypeError(f"{name} are int32, not {array.dtype}")
    if array.shape != (length,):
        raise ValueError(f"{name} are one per basket, shape ({length},), not {array.shape}")
    if length and array.min() < least:
        raise ValueError(f"{name}[{int(np.argmin(array))}] is {array.min()}; {name} are at least {least}")
    return np.ascontiguousarray(array)


def _supporters(values: Numbers, length: int) -> NDArray[np.int32]:
    """Guests, −1, get numbers of their own beyond all others."""
    array = _people("supporters", values, length, least=-1)
    guests = np.flatnonzero(array < 0)
    if not len(guests):
        return array
    first = int(array.max()) + 1
    if first + len(guests) > np.iinfo(np.int32).max:
        raise ValueError(
            f"supporters reach {first - 1} and leave no numbers for {len(guests)} guests; count them from 0"
        )
    numbered = array.copy()
    numbered[guests] = np.arange(first, first + len(guests))
    return numbered

"""Every reader on files gone wrong: a small real one of each format, changed at random."""

from __future__ import annotations

import random
from collections.abc import Sequence
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from training.readers.catalogue import read_catalogue
from training.readers.errors import InputError
from training.readers.options import ReadOptions
from training.readers.orders import read_orders

SEEDS = sorted((Path(__file__).parent / "seeds").glob("*/*"))
LENIENT = ReadOptions(max_unparsed=1, as_of=1_767_225_600)
SHARP = [
    *(b",", b";", b"\t", b"|", b'"', b"'", b"\n", b"\r\n", b"\r", b"\0", b"\xff", b"\xef\xbb\xbf", b"\x1f", b"\\"),
    *(b"<", b">", b"&", b"[", b"]", b"{", b"}", b":", b"null", b"true", b"1e999", b"-1", b"NaN", b"\\ud800", b"00123"),
    *(b"1e5", b"\xf0\x9f\xab\x96", b"<!DOCTYPE a>", b"<![CDATA[", b"]]>", b"{}", b"[]", b'""', b"(not set)", b"id:"),
    *(b"2026-13-45", b"1.234,50", b" USD", b"EUR "),
]
Edit = tuple[str, float, float, bytes]
EDITS = st.lists(
    st.tuples(
        st.sampled_from(["put", "cut", "copy", "swap", "flip"]),
        st.floats(0, 1),
        st.floats(0, 0.2),
        st.one_of(st.sampled_from(SHARP), st.binary(max_size=4)),
    ),
    max_size=6,
)
FUZZ = settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)


def changed(data: bytes, edits: Sequence[Edit]) -> bytes:
    """The file after all edits."""
    for kind, where, share, piece in edits:
        start = int(where * len(data))
        end = min(len(data), start + 1 + int(share * len(data)))
        middle = {
            "put": piece + data[start:end],
            "cut": b"",
            "copy": data[start:end] * 2,
            "swap": data[start:end][::-1],
            "flip": piece.ljust(end - start, b" ")[: end - start],
        }[kind]
        data = data[:start] + middle + data[end:]
    return data


def read(path: Path, kind: str) -> str:
    """Read: what comes is a report that adds up (its record checks it), or the refusal, which names the file."""
    try:
        if kind == "orders":
            orders, report = read_orders([path], LENIENT, path.with_name("rejects.csv"))
            assert report.kept >= orders.indptr[-1] > 0
        else:
            catalogue, listed = read_catalogue(path, LENIENT)
            assert listed.kept == len(catalogue.ids) > 0
    except InputError as error:
        return str(error)
    return ""


@pytest.mark.parametrize("seed", SEEDS, ids=lambda seed: seed.name)
def test_each_seed_is_read_as_it_stands(tmp_path: Path, seed: Path) -> None:
    """Before anything goes wrong, nothing does."""
    path = tmp_path / "export"
    path.write_bytes(seed.read_bytes())
    assert read(path, seed.parent.name) == ""


@pytest.mark.parametrize("seed", SEEDS, ids=lambda seed: seed.name)
@FUZZ
@given(edits=EDITS)
def test_files_gone_wrong_are_read_or_refused(tmp_path: Path, seed: Path, edits: list[Edit]) -> None:
    """Nothing but InputError comes out, and every line is kept or counted."""
    path = tmp_path / "export"
    path.write_bytes(changed(seed.read_bytes(), edits))
    said = read(path, seed.parent.name)
    assert not said or path.name in said


@pytest.mark.deep
@pytest.mark.parametrize("seed", SEEDS, ids=lambda seed: seed.name)
def test_files_gone_wrong_at_length(tmp_path: Path, seed: Path) -> None:
    """Five hundred ways more for each format; `make fuzz` goes on as long as one likes."""
    rng, path, whole = random.Random(seed.name), tmp_path / "export", seed.read_bytes()
    for _ in range(500):
        kinds = rng.choices(["put", "cut", "copy", "swap", "flip"], k=rng.randint(1, 12))
        edits = [(kind, rng.random(), rng.random() ** 3 * 0.3, rng.choice(SHARP)) for kind in kinds]
        path.write_bytes(changed(whole, edits))
        said = read(path, seed.parent.name)
        assert not said or path.name in said

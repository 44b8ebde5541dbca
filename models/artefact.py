"""A version on disk: a folder of plain `.npy` arrays, `manifest.json` (what it is) and `run.json` (how it came to be).

The manifest lists every array with its size and SHA-256 and seals itself with `content_sha256`: same data and
settings, same manifest, whoever trained it, when, and with how many threads. Name, host, time and library
versions stand in `run.json`, sealed too. The format is described in `docs/reference/version-format.md`.
"""

from __future__ import annotations

import dataclasses
import hashlib
import io
import os
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar, cast

import numpy as np
from numpy.typing import NDArray

from models.customers import Customers, Next, Purchases, Traits
from models.files import sha256_of, sync_folder, write_synced
from models.model import Model
from models.records import ItemFacts, Lists, Shop
from models.sealed import SealError, digest, seal, unseal
from models.stored import StoredVectors
from models.strings import StringTable

T = TypeVar("T")

SCHEMA = 3
"""The format that is written."""

READ = (2, 3)
"""The formats that are read: a release may be updated before the next training. Older ones are cheap to train again."""

MANIFEST = "manifest.json"
RUN = "run.json"
CONTENT = "content_sha256"
_RUN_SEAL = "run_sha256"


class DamagedVersionError(ValueError):
    """A version whose files are not the ones that were written; it must not be served."""


@dataclass(frozen=True, slots=True)
class Run:
    """How a version came to be; not part of its content.

    Attributes:
        name: the version's name, also its folder's.
        trained_at: ISO 8601 time (UTC).
        host: the machine's name.
        libraries: name → version of what computed it.
        content_sha256: of the manifest this run produced.
        notes: what else the trainer reports (engine, seconds, lines read and dropped), plain JSON values.
    """

    name: str
    trained_at: str
    host: str
    libraries: Mapping[str, str]
    content_sha256: str
    notes: Mapping[str, object]


@dataclass(frozen=True, slots=True)
class Version:
    """A verified version, its arrays mapped from disk."""

    model: Model
    run: Run

    @property
    def name(self) -> str:
        """The version's name."""
        return self.run.name


@dataclass(frozen=True, slots=True)
class Draft:
    """A model ready to be written: arrays by file name, and the manifest that lists them."""

    arrays: Mapping[str, NDArray[Any]]
    manifest: bytes
    content_sha256: str


def draft(model: Model) -> Draft:
    """Hash a model; equal models give equal bytes."""
    arrays = dict(_arrays(model))
    document = {
        "schema": SCHEMA,
        "files": {name: _describe(array) for name, array in sorted(arrays.items())},
        "kinds": sorted(model.vectors),
        "shop": dataclasses.asdict(model.shop),
        "settings": dict(model.settings),
    }
    return Draft(arrays, seal(document, CONTENT), digest(document))


def seal_run(run: Run) -> bytes:
    """`run.json`, sealed."""
    return seal(dataclasses.asdict(run), _RUN_SEAL)


def unseal_run(data: bytes) -> Run:
    """What `seal_run` wrote.

    Raises:
        SealError: it is damaged.
    """
    document = unseal(data, _RUN_SEAL)
    del document[_RUN_SEAL]
    return Run(**cast(dict[str, Any], document))


def write(folder: Path, drafted: Draft, run: Run) -> None:
    """Write a version's files into an existing empty folder, the manifest last, each forced to disk."""
    for name, array in drafted.arrays.items():
        write_synced(folder / name, _header(array), array.data)
    write_synced(folder / RUN, seal_run(run))
    write_synced(folder / MANIFEST, drafted.manifest)
    sync_folder(folder)


def read(folder: Path, *, verified: bool = False) -> Version:
    """Verify a version byte by byte, then map its arrays.

    Args:
        folder: the version's.
        verified: its bytes were read and found whole before: check sizes and seals only.

    Raises:
        DamagedVersionError: names the first file that is missing, of another size or of another checksum.
    """
    manifest = _reading(folder / MANIFEST, lambda data: unseal(data, CONTENT))
    run = _reading(folder / RUN, unseal_run)
    require_schema(manifest, str(folder))
    if run.content_sha256 != manifest[CONTENT]:
        raise DamagedVersionError(f"{folder / RUN} belongs to another manifest")
    files = cast(dict[str, dict[str, Any]], manifest["files"])
    if not verified:
        _verify(folder, files)
    arrays = {name.removesuffix(".npy"): _map(folder / name, facts) for name, facts in files.items()}
    return Version(_model(arrays, manifest), run)


def require_schema(manifest: Mapping[str, object], where: str) -> None:
    """Refuse a version of another format.

    Raises:
        DamagedVersionError: says which format it has and what to do.
    """
    if manifest.get("schema") not in READ:
        raise DamagedVersionError(
            f"{where}: written in format {manifest.get('schema')}, this release reads "
            f"{' and '.join(map(str, READ))}; train again"
        )


def _arrays(model: Model) -> Iterator[tuple[str, NDArray[Any]]]:
    """Every array of a model with its file name."""
    parts: dict[str, object] = {
        "items": model.items,
        "facts": model.facts,
        "cards": model.cards,
        "categories": model.categories,
        "bestsellers": model.bestsellers,
        "variants": model.variants,
        "customer_ids": model.customers.ids,
        "customers": model.customers.traits,
        "purchases": model.customers.purchases,
        "next": model.customers.next,
    }
    parts.update({f"vectors.{kind}": vectors for kind, vectors in model.vectors.items()})
    for part, record in parts.items():
        for field in dataclasses.fields(cast(Any, record)):
            value = getattr(record, field.name)
            if isinstance(value, np.ndarray):
                yield f"{part}.{field.name}.npy", np.ascontiguousarray(value)


def _model(arrays: Mapping[str, NDArray[Any]], manifest: Mapping[str, Any]) -> Model:
    def part(name: str) -> dict[str, NDArray[Any]]:
        return {key.removeprefix(f"{name}."): value for key, value in arrays.items() if key.startswith(f"{name}.")}

    return Model(
        items=StringTable(**part("items")),
        facts=ItemFacts.of(part("facts")),
        cards=StringTable(**part("cards")),
        categories=StringTable(**part("categories")),
        vectors={kind: StoredVectors(**part(f"vectors.{kind}")) for kind in manifest["kinds"]},
        bestsellers=Lists(**part("bestsellers")),
        variants=Lists(**part("variants")),
        customers=Customers(
            ids=StringTable(**part("customer_ids")),
            traits=Traits(**part("customers")),
            purchases=Purchases(**part("purchases")),
            next=Next(**part("next")),
        ),
        shop=Shop(**manifest["shop"]),
        settings=manifest["settings"],
    )


def _header(array: NDArray[Any]) -> bytes:
    """The first bytes of an `.npy` file (NumPy Enhancement Proposal 1); the array's own bytes follow."""
    buffer = io.BytesIO()
    np.lib.format.write_array_header_1_0(buffer, np.lib.format.header_data_from_array_1_0(array))
    return buffer.getvalue()


def _describe(array: NDArray[Any]) -> dict[str, object]:
    header = _header(array)
    checksum = hashlib.sha256(header)
    checksum.update(array.data)
    return {"bytes": len(header) + array.nbytes, "sha256": checksum.hexdigest()}


def _reading(path: Path, parse: Callable[[bytes], T]) -> T:
    try:
        return parse(path.read_bytes())
    except OSError as error:
        raise DamagedVersionError(f"{path} cannot be read: {error.strerror}") from error
    except SealError as error:
        raise DamagedVersionError(f"{path} is damaged: {error}") from error


def _verify(folder: Path, files: Mapping[str, Mapping[str, Any]]) -> None:
    """Read every byte, several files at a time: hashing holds no lock, and a version may have gigabytes.

    Raises:
        DamagedVersionError: names the first file, in the manifest's order, that is not what was written.
    """
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        for _ in pool.map(lambda name: _check(folder / name, files[name]), files):
            pass


def _check(path: Path, facts: Mapping[str, Any]) -> None:
    _require_size(path, facts)
    try:
        if sha256_of(path) != facts["sha256"]:
            raise DamagedVersionError(f"{path} is damaged: its checksum is not the manifest's")
    except OSError as error:
        raise DamagedVersionError(f"{path} cannot be read: {error.strerror}") from error


def _require_size(path: Path, facts: Mapping[str, Any]) -> None:
    try:
        size = path.stat().st_size
    except OSError as error:
        raise DamagedVersionError(f"{path} cannot be read: {error.strerror}") from error
    if size != facts["bytes"]:
        raise DamagedVersionError(f"{path} is damaged: {size} bytes, {facts['bytes']} were written")


def _map(path: Path, facts: Mapping[str, Any]) -> NDArray[Any]:
    _require_size(path, facts)
    try:
        # A plain view of the map: np.memmap pays about a microsecond for every slice taken of it.
        return np.asarray(np.load(path, mmap_mode="r", allow_pickle=False))
    except OSError as error:
        raise DamagedVersionError(f"{path} cannot be read: {error.strerror}") from error

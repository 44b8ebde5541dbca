"""JSON that carries its own checksum, written in one canonical way so that any changed byte shows."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping


class SealError(ValueError):
    """A sealed document whose bytes are not the ones that were sealed."""


def seal(document: Mapping[str, object], field: str) -> bytes:
    """Canonical JSON of `document` with its own SHA-256 (over the document without it) in `field`."""
    bare = {key: value for key, value in document.items() if key != field}
    return _canonical({**bare, field: digest(bare)})


def digest(document: Mapping[str, object]) -> str:
    """SHA-256 of a document's canonical JSON, in hex."""
    return hashlib.sha256(_canonical(document)).hexdigest()


def unseal(data: bytes, field: str) -> dict[str, object]:
    """Parse and check what `seal` wrote.

    Raises:
        SealError: not JSON, no seal, or bytes that differ from what was sealed, be it by a space.
    """
    try:
        document = json.loads(data)
    except ValueError as error:
        raise SealError(f"not JSON: {error}") from error
    if not isinstance(document, dict) or field not in document:
        raise SealError(f"has no {field}")
    if seal(document, field) != data:
        raise SealError(f"its bytes do not match its {field}")
    return document


def _canonical(document: Mapping[str, object]) -> bytes:
    return (json.dumps(document, sort_keys=True, indent=1, ensure_ascii=False, allow_nan=False) + "\n").encode()

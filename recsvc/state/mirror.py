"""What customers said that outlives everything: a copy beside the versions, read when the state is silent.

`<models>/erasures.jsonl` holds one `Word` per line and no id. The trainer honours it; an erasure in it is never taken
back, whatever an older copy of the state says.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Sequence
from pathlib import Path

import msgspec

from models.files import write_whole
from recsvc.state.contract import StateStore, StateUnavailableError
from recsvc.state.records import Standing, Word, customer_digest

NAME = "erasures.jsonl"

_log = logging.getLogger("recsvc.state")
_decode = msgspec.json.Decoder(Word).decode


class Mirror:
    """Keeps the copy, looks people up in it.

    Args:
        folder: where versions lie.
        state: what is copied, None for a copy that somebody else keeps.
        every: seconds between two looks at the state.
        clock: monotonic seconds.
    """

    def __init__(
        self,
        folder: Path,
        state: StateStore | None,
        every: float = 30.0,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._path = folder / NAME
        self._state = state
        self._every = every
        self._clock = clock
        self._looked: float | None = None
        self._looking = threading.Lock()
        self._words: dict[str, Word] = {}

    def standing(self, customer_id: str) -> Standing:
        """What a customer said about themselves, as far as the copy knows."""
        self.refresh()
        word = self._words.get(customer_digest(customer_id))
        return Standing() if word is None else Standing(word.consent, word.erased_at)

    def refresh(self, *, now: bool = False) -> None:
        """Bring the copy up to date where it is due, or `now`; a state that does not answer leaves it as it is."""
        due = self._looked is None or self._clock() - self._looked >= self._every
        if not (due or now) or not self._looking.acquire(blocking=now):
            return
        try:
            self._looked = self._clock()
            kept = read_words(self._path)
            try:
                said = self._state.words() if self._state is not None else kept
            except StateUnavailableError:
                said = kept
            merged = merge(kept, said)
            self._words = {word.customer: word for word in merged}
            if merged != kept:
                self._write(merged)
        except (OSError, ValueError) as error:
            _log.warning("the copy of erasures beside the versions cannot be kept: %s", error)
        finally:
            self._looking.release()

    def _write(self, words: Sequence[Word]) -> None:
        self._path.parent.mkdir(parents=True, exist_ok=True)
        write_whole(self._path, pack(words))


def pack(words: Sequence[Word]) -> bytes:
    """A line per word."""
    return b"".join(msgspec.json.encode(word) + b"\n" for word in words)


def read_words(path: Path) -> list[Word]:
    """The words of a file, by digest; none where it does not exist."""
    try:
        lines = path.read_bytes().splitlines()
    except FileNotFoundError:
        return []
    return sorted((_decode(line) for line in lines if line), key=lambda word: word.customer)


def merge(kept: Sequence[Word], said: Sequence[Word]) -> list[Word]:
    """The state's words, and every erasure that the copy knows: of one customer the later."""
    merged = {word.customer: word for word in said}
    for word in kept:
        if word.erased_at is not None:
            newer = merged.get(word.customer, Word(word.customer))
            latest = max(word.erased_at, newer.erased_at or 0)
            merged[word.customer] = msgspec.structs.replace(newer, erased_at=latest)
    return [merged[customer] for customer in sorted(merged)]

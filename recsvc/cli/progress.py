"""Long work shows progress: a bar on a terminal, a line per stage and quarter otherwise."""

from __future__ import annotations

import sys
import time
from types import TracebackType
from typing import NoReturn, Self, TextIO

from tqdm import tqdm


class Reporter:
    """Hears `(stage, share done)` and shows it on `stream`, by default what stderr is when it is made."""

    def __init__(self, stream: TextIO | None = None) -> None:
        self._stream = stream or sys.stderr
        self._started = time.monotonic()
        self._stage = ""
        self._quarter = 0
        self._bar: tqdm[NoReturn] | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._close()

    def __call__(self, stage: str, share: float) -> None:
        """Show that `share` (0…1) of `stage` is done."""
        if stage != self._stage:
            self._close()
            self._stage, self._quarter = stage, 0
            self._open()
        if self._bar is not None:
            self._bar.update(share - self._bar.n)
        elif int(share * 4) > self._quarter:
            self._quarter = int(share * 4)
            self._line(f"{stage}: {share:.0%}")

    def _open(self) -> None:
        if self._stream.isatty():
            shape = "{desc:<24} {percentage:3.0f}% |{bar}| {elapsed}"
            self._bar = tqdm(total=1.0, desc=self._stage, bar_format=shape, file=self._stream)
        else:
            self._line(self._stage)

    def _close(self) -> None:
        if self._bar is not None:
            self._bar.update(1.0 - self._bar.n)
            self._bar.close()
            self._bar = None

    def _line(self, text: str) -> None:
        print(f"[{time.monotonic() - self._started:7.1f} s] {text}", file=self._stream, flush=True)

"""The shapes of a file of picks, by name: those that any tool reads, and those that one mail tool takes as they are.

A tool's own shape holds everybody and says of each whether to send: an older pick must not stay in a profile. Tables
say `yes` and `no`, text that no import takes for a number or a boolean; bodies of requests say true and false.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import IO, Any, Literal, get_args

from recsvc.picks_layouts import Lines, Table, Told, Writer
from recsvc.web import render

Layout = Literal["csv", "jsonl", "klaviyo", "braze", "iterable", "sfmc", "brevo"]
LAYOUTS: tuple[str, ...] = get_args(Layout)
TELLING = frozenset({"klaviyo", "braze", "iterable", "sfmc", "brevo"})
"""Layouts that say of every customer whether to send; the others hold those alone to whom something may be sent."""

BRAZE_BATCH = 75
"""Attribute objects that one request to Braze's `/users/track` takes (Braze, "User track")."""

ITERABLE_BATCH = 500
"""Users of one request to Iterable's `/api/users/bulkUpdate`: a megabyte or so, of the four that it takes."""

_SAID = ("send", "send_reason", "next_eligible_at", "source", "count")


def open_layout(layout: str, file: IO[str], n: int) -> Writer:
    """The writer of a layout; `n`: most items of a customer."""
    makers: dict[str, Callable[[], Writer]] = {
        "csv": lambda: Table(file, n),
        "jsonl": lambda: Lines(file),
        "klaviyo": lambda: _Profiles(file, n, ("External ID", "customer_id", *_SAID), twice=True),
        "sfmc": lambda: _Profiles(file, n, ("SubscriberKey", *_SAID)),
        "brevo": lambda: _Profiles(file, n, ("EXT_ID", *map(_attribute, _SAID)), ";", _attribute),
        "braze": lambda: _Bodies(file, BRAZE_BATCH, "attributes", lambda who, said: {"external_id": who, **said}),
        "iterable": lambda: _Bodies(
            file, ITERABLE_BATCH, "users", lambda who, said: {"userId": who, "preferUserId": True, "dataFields": said}
        ),
    }
    return makers[layout]()


def is_table(layout: str) -> bool:
    """Whether spreadsheets open it."""
    return layout in {"csv", "klaviyo", "sfmc", "brevo"}


def _attribute(name: str) -> str:
    """An attribute of Brevo's, in capitals as its contacts have them."""
    return f"RECS_{name.upper()}"


class _Profiles(Table):
    """A row per profile, contact or subscriber, whose id stands first; every other column becomes a property.

    Args:
        file, n, first, apart, name: as a `Table` has them.
        twice: whether the id stands in the second column too, as a property that templates can ask for.
    """

    def __init__(
        self,
        file: IO[str],
        n: int,
        first: tuple[str, ...],
        apart: str = ",",
        name: Callable[[str], str] = str,
        *,
        twice: bool = False,
    ) -> None:
        super().__init__(file, n, first, apart, name)
        self._ids = 2 if twice else 1

    def write(self, told: Told) -> None:
        send = "no" if told.reason else "yes"
        said = (send, told.reason or "", told.again or "", told.source, len(told.items))
        self.row(told, [*[told.customer_id] * self._ids, *said])


class _Bodies(Lines):
    """A line per request: a JSON body of up to `most` users.

    `recs_items` is an array of objects. A null takes an attribute away, so nothing of an earlier file stays (Braze,
    "User attributes object"; Iterable, "Bulk update user data").
    """

    def __init__(self, file: IO[str], most: int, key: str, user: Callable[[str, dict[str, Any]], object]) -> None:
        super().__init__(file)
        self._most, self._key, self._user = most, key, user
        self._waiting: list[object] = []

    def write(self, told: Told) -> None:
        flat = render.flat_doubles(told.items)
        items = [{name: flat[f"item_{at}_{name}"] for name in render.FLAT} for at in range(1, len(told.items) + 1)]
        said = {
            "recs_send": told.reason is None,
            "recs_send_reason": told.reason,
            "recs_next_eligible_at": told.again,
            "recs_source": told.source,
            "recs_items": items or None,
        }
        self._waiting.append(self._user(told.customer_id, said))
        if len(self._waiting) == self._most:
            self.close()

    def close(self) -> None:
        if self._waiting:
            self.line({self._key: self._waiting})
            self._waiting = []

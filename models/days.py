"""Days as numbers since 1970-01-01 (UTC), and back."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def day_of(moment: str | None) -> int | None:
    """Day of an ISO 8601 time or date, UTC where it names no zone; None for None.

    Raises:
        ValueError: it is no such time.
    """
    if moment is None:
        return None
    parsed = datetime.fromisoformat(moment)
    aware = parsed if parsed.tzinfo else parsed.replace(tzinfo=UTC)
    return (aware - _EPOCH).days


def date_of(day: int) -> str:
    """ISO 8601 date of a day."""
    return (_EPOCH + timedelta(days=day)).date().isoformat()

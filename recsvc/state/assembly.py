"""Which state the settings ask for."""

from __future__ import annotations

from recsvc.settings import ServiceSettings, SettingsError
from recsvc.state.contract import StateStore

WRITE_SECONDS = 5.0
"""How long a writer waits for the Redis of the state, which waits for its disk."""


def open_state(settings: ServiceSettings) -> StateStore | None:
    """SQLite with `RECSVC_STATE`, Redis with `RECSVC_STATE_URL`, None with neither. Nothing connects before its use.

    Raises:
        SettingsError: both are set, or the URL is none.
    """
    if settings.state is not None and settings.state_url is not None:
        raise SettingsError("RECSVC_STATE and RECSVC_STATE_URL are both set; keep the one whose data you want")
    if settings.state is not None:
        from recsvc.state.sqlite import SqliteState  # noqa: PLC0415  # only the peer that is asked for

        return SqliteState(settings.state, settings.state_events)
    if settings.state_url is None:
        return None
    from recsvc.fleet.client import RedisUrlError, quick_client  # noqa: PLC0415  # as above
    from recsvc.fleet.guard import Guard  # noqa: PLC0415
    from recsvc.state.redis import RedisState  # noqa: PLC0415
    from recsvc.state.redis_keys import StateKeys  # noqa: PLC0415

    connections = settings.threads + 2
    try:
        return RedisState(
            quick_client(settings.state_url, settings.state_timeout_seconds, connections),
            quick_client(settings.state_url, WRITE_SECONDS, connections),
            StateKeys(settings.namespace),
            Guard(settings.redis_rest_seconds),
            settings.state_events,
            settings.state_days,
        )
    except RedisUrlError as error:
        raise SettingsError(str(error).replace("RECSVC_REDIS_URL", "RECSVC_STATE_URL")) from error

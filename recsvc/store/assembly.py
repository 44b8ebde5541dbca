"""Which store the settings ask for."""

from __future__ import annotations

from models.registry import Registry
from recsvc.settings import ServiceSettings
from recsvc.store.artefact import ArtefactStore
from recsvc.store.contract import ModelStore


def open_store(settings: ServiceSettings) -> ModelStore:
    """The folder of versions alone, or with `RECSVC_REDIS_URL` the fleet's. Nothing connects before its first use."""
    registry = Registry(settings.models)
    if not settings.redis_url:
        return ArtefactStore(registry, settings.refresh_seconds)
    from recsvc.fleet.client import patient_client, quick_client  # noqa: PLC0415  # only a fleet needs Redis
    from recsvc.fleet.guard import Guard  # noqa: PLC0415
    from recsvc.fleet.keys import Keys  # noqa: PLC0415
    from recsvc.fleet.store import FleetStore  # noqa: PLC0415

    return FleetStore(
        registry,
        quick_client(settings.redis_url, settings.redis_timeout_seconds, settings.threads + 2),
        patient_client(settings.redis_url),
        Keys(settings.namespace),
        Guard(settings.redis_rest_seconds),
        refresh_seconds=settings.refresh_seconds,
        keep=settings.keep_versions,
    )

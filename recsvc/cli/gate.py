"""May a version replace the live one? The verdict that stands beside it, and the word of whoever publishes."""

from __future__ import annotations

import redis

from models.gate import read_verdict
from models.registry import Registry
from recsvc.cli.main import CommandError
from recsvc.fleet.client import RedisUrlError, patient_client
from recsvc.fleet.keys import Keys
from recsvc.fleet.pointer import read_pointer
from recsvc.settings import ServiceSettings

EXIT_REFUSED = 3
EXIT_REDIS = 4


def pass_gate(registry: Registry, name: str, settings: ServiceSettings, *, force: bool) -> str:
    """What the gate said, where `name` may be published.

    Without a live version there is nothing to protect, and without a verdict nothing to go by: both pass, said aloud.

    Raises:
        CommandError: exit code 3 where the gate refused and nobody forced it, 4 where Redis cannot tell what is live.
    """
    verdict = read_verdict(registry.root, name)
    if verdict is None:
        return f"no verdict stands beside {name}: published without one"
    if verdict.passed:
        return "passed"
    said = "; ".join(verdict.reasons) or "no reason given"
    live = live_version(registry, settings)
    if live is None:
        return f"refused ({said}), but no version is live: published"
    if live == name:
        return f"refused ({said}), but {name} is live already"
    if force:
        return f"refused ({said}), published by --force"
    raise CommandError(
        f"not published, {live} stays: the gate refused {name}: {said}. "
        f"To publish it all the same: recsvc publish {name} --force",
        EXIT_REFUSED,
    )


def live_version(registry: Registry, settings: ServiceSettings) -> str | None:
    """What is served now: where hosts share a Redis its pointer says so, else this host's."""
    if not settings.redis_url:
        return registry.current()
    try:
        return read_pointer(patient_client(settings.redis_url), Keys(settings.namespace)).version
    except RedisUrlError as error:
        raise CommandError(str(error)) from error
    except redis.RedisError as error:
        raise CommandError(f"not published: Redis says {error!s}; is RECSVC_REDIS_URL right?", EXIT_REDIS) from error

"""Make a version the one that is served: on this host, and with RECSVC_REDIS_URL for the whole fleet."""

from __future__ import annotations

import argparse
import os
import time
from pathlib import Path

import redis

from models.artefact import DamagedVersionError, Version
from models.pointer import Pointer
from models.registry import NoVersionError, Registry, minute_of
from recsvc.cli.main import CommandError
from recsvc.cli.progress import Reporter
from recsvc.fleet.client import RedisUrlError, patient_client
from recsvc.fleet.keys import Keys
from recsvc.fleet.pointer import IncompleteVersionError
from recsvc.fleet.publisher import PublishError, SupersededError, publish_version
from recsvc.settings import ServiceSettings, SettingsError, from_environment

EXIT_REDIS = 4


def arguments(parser: argparse.ArgumentParser) -> None:
    """The options of `recsvc publish`."""
    parser.add_argument("version", nargs="?", metavar="VERSION", help="which (default: the newest)")
    parser.add_argument("--models", type=Path, metavar="DIR", help="where versions live (default: RECSVC_MODELS)")


def run(args: argparse.Namespace) -> int:
    """Publish; the exit code is 0, 2 for a version that cannot be published, 4 where Redis refused."""
    settings = settings_for(args.models)
    registry = Registry(settings.models)
    name = args.version or next(iter(registry.names()), None)
    if name is None:
        raise CommandError(f"{registry.root} holds no version; train one first: recsvc train --orders FILE")
    pointer = publish(registry, name, settings)
    removed = registry.prune(settings.keep_versions)
    print(f"published {name}, move {pointer.seq}{_where(settings)}")
    if removed:
        print(f"removed from disk: {', '.join(removed)}")
    return 0


def publish(registry: Registry, name: str, settings: ServiceSettings, *, rollback: bool = False) -> Pointer:
    """Move the fleet's pointer (where there is a Redis), then this host's; back to an older version only by rollback.

    Raises:
        CommandError: exit code 2 for the version, 4 for Redis; what was served before still is.
    """
    try:
        version = registry.open(name)
        if settings.redis_url:
            return registry.publish(name, _publish_to_redis(registry, version, settings, settings.redis_url, rollback))
        current = registry.current()
        if not rollback and current is not None and minute_of(current) > minute_of(name):
            raise SupersededError(
                f"{current}, newer than {name}, is published and stays; to go back: recsvc models rollback {name}"
            )
        return registry.publish(name)
    except (NoVersionError, DamagedVersionError, SupersededError) as error:
        raise CommandError(str(error)) from error
    except (PublishError, IncompleteVersionError) as error:
        raise CommandError(f"not published, the version before stays: {error}", EXIT_REDIS) from error
    except redis.RedisError as error:
        text = f"not published, the version before stays: Redis says {error!s}"
        raise CommandError(f"{text}; is RECSVC_REDIS_URL right, is there room?", EXIT_REDIS) from error


def settings_for(models: Path | None) -> ServiceSettings:
    """The service's settings, which a publisher shares, with `--models` before `RECSVC_MODELS`."""
    env = dict(os.environ)
    if models is not None:
        env["RECSVC_MODELS"] = str(models)
    try:
        return from_environment(env)
    except SettingsError as error:
        raise CommandError(str(error)) from error


def _publish_to_redis(
    registry: Registry, version: Version, settings: ServiceSettings, url: str, rollback: bool
) -> Pointer:
    try:
        client = patient_client(url)
    except RedisUrlError as error:
        raise CommandError(str(error)) from error
    with Reporter() as progress:
        done = publish_version(
            client,
            Keys(settings.namespace),
            version,
            now=time.time(),
            grace=settings.grace_seconds,
            known_seq=registry.pointer().seq,
            rollback=rollback,
            progress=progress,
        )
    return done.pointer


def _where(settings: ServiceSettings) -> str:
    return f", namespace {settings.namespace}" if settings.redis_url else ""

"""The interface against its own specification: Schemathesis invents requests, good and bad, and checks answers."""

from __future__ import annotations

from typing import TYPE_CHECKING

import hypothesis
import pytest
import schemathesis
from schemathesis import GenerationMode

from models.registry import Registry
from recsvc.settings import ServiceSettings
from recsvc.state.sqlite import SqliteState
from recsvc.store.artefact import ArtefactStore
from recsvc.web.app import create_app
from recsvc.web.openapi import ROUTES

if TYPE_CHECKING:
    from conftest import Builders
    from schemathesis import Case
    from schemathesis.schemas import BaseSchema


@pytest.fixture(scope="module")
def interface(shop: Builders, tmp_path_factory: pytest.TempPathFactory) -> BaseSchema:
    """The specification of a service over the tea shop that has a state."""
    root = tmp_path_factory.mktemp("fuzzed")
    shop.write(root / "models", shop.tea())
    settings = ServiceSettings(models=root / "models", refresh_seconds=3_600)
    store = ArtefactStore(Registry(settings.models), 3_600, in_background=False)
    app = create_app(settings, store, state=SqliteState(root / "state.db"))
    schema = schemathesis.openapi.from_wsgi("/openapi.json", app)
    # Too many things at once may be too many bytes before anybody counts them.
    refused = schema.config.checks.negative_data_rejection
    refused.expected_statuses = [*refused.expected_statuses, "413"]
    return schema


def fuzz(interface: BaseSchema, method: str, path: str, mode: GenerationMode, examples: int) -> int:
    """Send invented requests to one operation, and check every answer; returns how many were sent."""
    operation = interface[path][method]
    sent = 0

    @hypothesis.settings(
        max_examples=examples,
        deadline=None,
        derandomize=True,
        database=None,
        suppress_health_check=list(hypothesis.HealthCheck),
    )
    @hypothesis.given(case=operation.as_strategy(generation_mode=mode))
    def send(case: Case) -> None:
        nonlocal sent
        sent += 1
        case.call_and_validate()

    send()
    return sent


OPERATIONS = [pytest.param(route.method, route.path, id=route.operation) for route in ROUTES]


def can_be_wrong(interface: BaseSchema, method: str, path: str) -> bool:
    """Whether there is anything in a request of this operation that could break its specification."""
    definition = interface[path][method].definition.raw
    return bool(definition.get("parameters")) or "requestBody" in definition


@pytest.mark.parametrize(("method", "path"), OPERATIONS)
def test_every_operation_keeps_its_word(interface: BaseSchema, method: str, path: str) -> None:
    """No server error; status, content type, headers and body as specified; good data is taken, bad data refused."""
    assert fuzz(interface, method, path, GenerationMode.POSITIVE, 25) > 0
    if can_be_wrong(interface, method, path):
        assert fuzz(interface, method, path, GenerationMode.NEGATIVE, 25) > 0


@pytest.mark.deep
@pytest.mark.parametrize(("method", "path"), OPERATIONS)
def test_every_operation_keeps_its_word_a_thousand_times(interface: BaseSchema, method: str, path: str) -> None:
    """The same, a thousand requests each."""
    assert fuzz(interface, method, path, GenerationMode.POSITIVE, 500) > 0
    if can_be_wrong(interface, method, path):
        assert fuzz(interface, method, path, GenerationMode.NEGATIVE, 500) > 0

"""The specification and the metrics page are what the service does."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import jsonschema
import pytest

import recsvc
from recsvc.events import own
from recsvc.state.sqlite import SqliteState
from recsvc.web import messages, replenish_messages, state_messages
from recsvc.web.metrics import TABLE
from recsvc.web.parse import ALIASES

if TYPE_CHECKING:
    from conftest import Builders, CheckedClient

REPOSITORY = Path(__file__).parents[2]
REFERENCE = REPOSITORY / "docs" / "reference"
Serve = Callable[..., "CheckedClient"]


def test_routes_and_paths_are_the_same(tea: CheckedClient) -> None:
    """Every route is specified, nothing else is."""
    routes = {
        (re.sub(r"<(?:\w+:)?(\w+)>", r"{\1}", rule.rule), method.lower())
        for rule in tea.client.application.url_map.iter_rules()
        for method in (rule.methods or set()) - {"HEAD", "OPTIONS"}
    }
    paths = tea.specification["paths"]
    assert routes == {(path, method) for path, operations in paths.items() for method in operations}


def test_the_specification_is_openapi_3_1(tea: CheckedClient) -> None:
    """Version, unique operations, schemas that are schemas, references that lead somewhere."""
    found = tea.specification
    assert found["openapi"] == "3.1.0"
    assert found["info"]["version"] == recsvc.__version__
    operations = [operation["operationId"] for path in found["paths"].values() for operation in path.values()]
    assert len(operations) == len(set(operations))
    for schema in found["components"]["schemas"].values():
        jsonschema.Draft202012Validator.check_schema(schema)
    references = re.findall(r"'\$ref': '#/components/schemas/(\w+)'", str(found))
    assert set(references) == set(found["components"]["schemas"])


def test_query_parameters_are_those_that_are_read(tea: CheckedClient) -> None:
    """Names, `required`, and no null, which a query string cannot say."""
    parameters = tea.specification["paths"]["/recommend"]["get"]["parameters"]
    assert [p["name"] for p in parameters] == list(messages.RecommendQuery.__struct_encode_fields__)
    assert [p["name"] for p in parameters if p["required"]] == ["item_id"]
    assert "null" not in str(parameters)
    assert "None" not in str(parameters)


@pytest.mark.parametrize(
    "body",
    [
        {"cart": []},
        {"cart": [{"item_id": "tea", "quantity": 2}], "n": 3, "type": "upsell", "customer_id": None},
        {"cart": [{"item_id": "tea", "quantity": None}], "min_price": "1.50", "max_price": 8, "exclude": ["pot"]},
        {"cart": [], "n": 0},
        {"cart": [], "n": 1.5},
        {"cart": [{"item_id": ""}]},
        {"cart": [{}]},
        {"cart": [], "min_price": "1.23456"},
        {"cart": [], "min_price": -0.1},
        {"cart": [], "colour": "red"},
        {"n": 3},
        [],
        {"cart": [{"item_id": "x"}] * 1_001},
        {"cart": [], "consent": "none", "fields": ["title"]},
        {"cart": [], "fields": []},
    ],
)
def test_a_body_is_accepted_if_and_only_if_the_specification_says_so(tea: CheckedClient, body: Any) -> None:  # noqa: ANN401  # any JSON
    """The schema of the body is as strict as the service, no stricter, no laxer."""
    schema = {"$ref": "#/components/schemas/RecommendBody", "components": tea.specification["components"]}
    valid = jsonschema.Draft202012Validator(schema).is_valid(body)
    assert tea.post("/recommend", json=body).status_code == (200 if valid else 400)


def test_the_metrics_page_lists_exactly_what_is_exported(serve: Serve, shop: Builders, tmp_path: Path) -> None:
    """Every name, type and label of the table is exported once it has happened, and nothing else is."""
    client = serve(shop.tea(), state=SqliteState(tmp_path / "state.db"))
    client.post("/events", json={"events": [{"event_id": "e1", "type": "view", "item_id": "tea"}]})
    tag = client.get("/recommend?item_id=tea&item_id=nothing").headers.get("ETag")
    assert tag is None
    tag = client.get("/recommend?item_id=tea").headers["ETag"]
    client.get("/recommend?item_id=tea", headers={"If-None-Match": tag})
    client.get("/customers/ann/picks")
    text = client.get("/metrics").text
    exported = {
        (name, kind): set(re.findall(r"(\w+)=\"", " ".join(re.findall(rf"^{name}(?:_bucket)?{{.*$", text, re.M))))
        for name, kind in re.findall(r"^# TYPE (\S+) (\S+)$", text, re.M)
        if not name.endswith("_created")
    }
    assert exported == {
        (row.name, row.kind): {*row.labels, *(("le",) if row.kind == "histogram" else ())} for row in TABLE
    }
    assert 'recsvc_requests_total{method="GET",route="/recommend",status="304"} 1.0' in text
    assert "recsvc_missing_ids_total 1.0" in text
    assert 'recsvc_shelves_total{outcome="bestsellers",type="cross_sell"} 2.0' in text
    assert 'recsvc_picks_total{source="personal"} 1.0' in text
    page = [
        line for line in (REFERENCE / "metrics.md").read_text("utf-8").splitlines() if line.startswith("| `recsvc_")
    ]
    assert page == [
        f"| `{row.name}` | {row.kind} | {', '.join(f'`{label}`' for label in row.labels) or '–'} | {row.meaning} |"
        for row in TABLE
    ]


def test_the_api_page_names_every_parameter_answer_and_alias(tea: CheckedClient) -> None:
    """docs/reference/api.md: a row per path, parameter, answer field and alias; none that is not there."""
    page = (REFERENCE / "api.md").read_text("utf-8")

    def rows(heading: str) -> list[str]:
        section = page.split(f"## {heading}\n", 1)[1].split("\n## ", 1)[0]
        return re.findall(r"^\| `([^`]+)`", section, re.M)

    paths = tea.specification["paths"]
    assert rows("Paths") == [f"{method.upper()} {path}" for path, ops in paths.items() for method in ops]
    asked = [*messages.RecommendQuery.__struct_encode_fields__, *messages.RecommendBody.__struct_encode_fields__]
    assert sorted(rows("Parameters of /recommend")) == sorted(set(asked))
    assert rows("Aliases") == list(ALIASES)
    assert rows("Answer of /recommend") == list(messages.Recommendations.__struct_encode_fields__)
    assert rows("An item") == list(messages.Item.__struct_encode_fields__)
    assert rows("Parameters of picks") == list(messages.PicksQuery.__struct_encode_fields__)
    assert rows("Events") == list(own.NewEvent.__struct_encode_fields__)
    assert rows("Answer of /events") == list(state_messages.EventsReceipt.__struct_encode_fields__)
    replenish_rows = [
        *replenish_messages.ReplenishQuery.__struct_encode_fields__,
        *replenish_messages.Replenishment.__struct_encode_fields__,
        *(
            name
            for name in replenish_messages.DueItem.__struct_encode_fields__
            if name not in messages.Item.__struct_encode_fields__
        ),
        *replenish_messages.CategoryStanding.__struct_encode_fields__,
    ]
    assert rows("Replenish") == replenish_rows
    assert rows("Picks") == list(messages.Picks.__struct_encode_fields__)


def test_the_version_is_said_once() -> None:
    """The package and the project file agree."""
    project = (REPOSITORY / "pyproject.toml").read_text("utf-8")
    assert f'version = "{recsvc.__version__}"' in project

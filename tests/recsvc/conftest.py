"""A tea shop built in memory, and the service over it."""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import jsonschema
import numpy as np
import pytest
import redis
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from models.artefact import Run, draft
from models.customers import Customers, Next, Purchases, Traits
from models.model import Model
from models.money import PRICE_SCALE, PRICE_UNKNOWN
from models.records import ItemFacts, ItemVectors, Lists, Shop
from models.registry import Registry, version_name
from models.stored import StoredVectors, store_vectors
from models.strings import StringTable
from recsvc.fleet.client import patient_client
from recsvc.keys.rate import Rates
from recsvc.settings import ServiceSettings
from recsvc.state.contract import StateStore
from recsvc.store.artefact import ArtefactStore
from recsvc.web.access import Access
from recsvc.web.app import create_app

UNTIL_DAY = 20_000
UNTIL = "2024-10-04T18:00:00+00:00"


def lists(rows: Iterable[Iterable[int]]) -> Lists:
    """Pack rows of item indices."""
    rows = [list(row) for row in rows]
    indptr = np.concatenate([[0], np.cumsum([len(row) for row in rows])]).astype(np.int64)
    return Lists(indptr, np.array([i for row in rows for i in row], np.int32))


def purchases_of(rows: list[list[tuple[Any, ...]]]) -> Purchases:
    """(item index, count, last_day[, first_day[, habit]]) per customer, last bought first; habit is else the count."""
    entries = [(*e, e[2])[:4] if len(e) == 3 else e for row in rows for e in row]
    count = np.array([e[1] for e in entries], np.uint32)
    last, first = (np.array([e[at] for e in entries], np.int32) for at in (2, 3))
    return Purchases(
        indptr=lists([[e[0] for e in row] for row in rows]).indptr,
        item=np.array([e[0] for e in entries], np.int32),
        count=count,
        last_day=last,
        first_day=first,
        habit=np.array([e[4] if len(e) > 4 else e[1] for e in entries], np.float16),
        interval_days=np.where(last > first, (last - first) / np.maximum(count - 1.0, 1), 0).astype(np.uint16),
        quantity=np.ones(len(entries), np.float16),
    )


def traits_of(rows: list[list[tuple[Any, ...]]]) -> Traits:
    """Customers of whom nothing is known but their orders: as many as they have of their most frequent item."""
    n = len(rows)
    return Traits(
        np.array([max((e[1] for e in row), default=0) for row in rows], np.uint32),
        np.zeros(n, np.uint8),
        np.full(n, np.nan, np.float32),
        np.full(n, np.nan, np.float16),
    )


def next_lists(rows: list[list[tuple[Any, ...]]]) -> Next:
    """(item index, score, why) per customer."""
    entries = [e for row in rows for e in row]
    return Next(
        lists([[e[0] for e in row] for row in rows]).indptr,
        np.array([e[0] for e in entries], np.int32),
        np.array([e[1] for e in entries], np.float16),
        np.array([e[2] for e in entries], np.uint8),
    )


def build_model(
    items: Mapping[str, Mapping[str, Any]],
    vectors: Mapping[str, Mapping[str, list[tuple[str, float, int]]]] | None = None,
    customers: Mapping[str, list[tuple[Any, ...]]] | None = None,
    *,
    orders: int = 100,
    settings: Mapping[str, object] | None = None,
    timed: bool = True,
    ahead: Mapping[str, list[tuple[str, float, int]]] | None = None,
) -> Model:
    """A model from plain words.

    `customers` holds (item, count, last_day[, first_day[, habit]]), last bought first; `ahead` what some of them may
    want next: (item, score, why).
    """
    ids = sorted(items, key=str.encode)
    at = {name: i for i, name in enumerate(ids)}
    facts = [items[name] for name in ids]
    categories = sorted({f["category"] for f in facts if f.get("category")})
    family_names = list(dict.fromkeys(items[name].get("family", name) for name in ids))
    family = [family_names.index(items[name].get("family", name)) for name in ids]
    stems = sorted({f["stem"] for f in facts if f.get("stem")})
    recent = [float(f.get("orders", 10)) for f in facts]
    by_popularity = sorted(range(len(ids)), key=lambda i: (-recent[i], i))

    def in_category(name: str) -> list[int]:
        return [i for i in by_popularity if facts[i].get("category") == name]

    def vectors_of(rows: Mapping[str, list[tuple[str, float, int]]]) -> StoredVectors:
        entries = [sorted(((at[j], s, t) for j, s, t in rows.get(i, [])), key=lambda e: (-e[1], e[0])) for i in ids]
        flat = [e for row in entries for e in row]
        vectors = ItemVectors(
            lists([[e[0] for e in row] for row in entries]).indptr,
            np.array([e[0] for e in flat], np.int32),
            np.array([e[1] for e in flat], np.float32),
            np.array([e[2] for e in flat], np.uint32),
        )
        return store_vectors(vectors)

    buyers = sorted(customers or {}, key=str.encode)
    bought = [[(at[e[0]], *e[1:]) for e in (customers or {})[b]] for b in buyers]
    return Model(
        items=StringTable.of(ids),
        facts=ItemFacts(
            price=np.array(
                [PRICE_UNKNOWN if f.get("price") is None else round(f["price"] * PRICE_SCALE) for f in facts], np.int64
            ),
            orders=np.array([f.get("orders", 10) for f in facts], np.uint32),
            recent=np.array(recent, np.float32),
            category=np.array([categories.index(f["category"]) if f.get("category") else -1 for f in facts], np.int32),
            family=np.array(family, np.int32),
            stem=np.array([stems.index(f["stem"]) if f.get("stem") else -1 for f in facts], np.int32),
            consumable=np.array([f.get("consumable", 0) for f in facts], np.uint8),
            in_stock=np.array([f.get("in_stock", 1) for f in facts], np.uint8),
            interval_days=np.array([f.get("interval_days", 0) for f in facts], np.uint16),
            repeat=np.array([f.get("repeat", 0.0) for f in facts], np.float32),
            buyers=np.array([f.get("buyers", 8) for f in facts], np.uint32),
        ),
        cards=StringTable.of(
            json.dumps(
                {
                    "title": f.get("title", name.title()),
                    "category": f.get("category"),
                    "link": f"https://shop.example/{name}",
                }
            )
            for name, f in zip(ids, facts, strict=True)
        ),
        categories=StringTable.of(categories),
        vectors={kind: vectors_of(rows) for kind, rows in (vectors or {"cross_sell": {}, "upsell": {}}).items()},
        bestsellers=lists([*(in_category(name) for name in categories), by_popularity]),
        variants=lists([[i for i in by_popularity if family[i] == label] for label in range(len(family_names))]),
        customers=Customers(
            ids=StringTable.of(buyers),
            traits=traits_of(bought),
            purchases=purchases_of(bought),
            next=next_lists([[(at[e[0]], *e[1:]) for e in (ahead or {}).get(buyer, [])] for buyer in buyers]),
        ),
        shop=Shop(
            orders=orders,
            items=len(ids),
            customers=len(buyers),
            data_from="2024-04-07T08:00:00+00:00" if timed else None,
            data_until=UNTIL if timed else None,
            window_days=180 if timed else 0,
            currency="EUR",
        ),
        settings=settings or {},
    )


def write_version(root: Path, model: Model, minute: int = 0, *, publish: bool = True) -> str:
    """Write a model as the version of 2026-11-21, minute `minute`."""
    drafted = draft(model)
    trained = datetime(2026, 11, 21, 2, minute, tzinfo=UTC)
    name = version_name(trained, drafted.content_sha256)
    registry = Registry(root)
    name = registry.write(drafted, Run(name, trained.isoformat(), "host", {}, drafted.content_sha256, {}))
    if publish:
        registry.publish(name)
    return name


def tea_shop(**changes: object) -> Model:
    """Tea goes with cups; cups come in two colours; a dearer pot and cup; biscuits are eaten up."""
    items: dict[str, dict[str, Any]] = {
        "tea": {"price": 4.5, "category": "Tea", "orders": 60, "consumable": 1, "title": "Green tea"},
        "tea-fine": {"price": 12, "category": "Tea", "orders": 20, "consumable": 1, "title": "Fine green tea"},
        "tea-rare": {"price": 48, "category": "Tea", "orders": 4, "consumable": 1, "title": "Rare green tea"},
        "cup-blue": {"price": 8, "category": "Cups", "orders": 40, "family": "cup", "title": "Cup blue"},
        "cup-red": {"price": 9, "category": "Cups", "orders": 40, "family": "cup", "title": "Cup red"},
        "mug": {"price": 12, "category": "Cups", "orders": 25, "title": "Mug"},
        "pot": {"price": 35, "category": "Pots", "orders": 15, "title": "Tea pot"},
        "pot-silver": {"price": 350, "category": "Pots", "orders": 2, "title": "Silver pot", "in_stock": 0},
        "biscuit": {"price": 3, "category": "Food", "orders": 50, "consumable": 1, "title": "Biscuits"},
        "spoon": {"price": None, "category": "Cups", "orders": 9, "title": "Spoon"},
        "ünï/çode id,1": {"price": 1, "orders": 1, "title": "„Odd“ — 茶"},
    }
    vectors = {
        "cross_sell": {
            "tea": [("cup-blue", 0.5, 24), ("biscuit", 0.4, 30), ("pot", 0.2, 9), ("mug", 0.2, 10)],
            "cup-blue": [("tea", 0.6, 24), ("spoon", 0.3, 8), ("biscuit", 0.2, 12)],
            "cup-red": [("tea", 0.6, 24), ("spoon", 0.3, 8), ("biscuit", 0.2, 12)],
            "pot": [("tea", 0.7, 9), ("cup-blue", 0.3, 5)],
        },
        "upsell": {
            "tea": [("tea-fine", 0.7, 6), ("tea-rare", 0.2, 1)],
            "cup-blue": [("mug", 0.5, 4)],
            "pot": [("pot-silver", 0.9, 1)],
        },
    }
    customers = {
        "ann": [("tea", 4, UNTIL_DAY - 30), ("cup-blue", 1, UNTIL_DAY - 90), ("pot", 1, UNTIL_DAY - 100)],
        "ben": [("mug", 1, UNTIL_DAY - 5)],
        "zoë/1": [("biscuit", 1, UNTIL_DAY - 1)],
    }
    parts: dict[str, Any] = {"items": items, "vectors": vectors, "customers": customers, **changes}
    return build_model(**parts)


class CheckedClient:
    """A Flask test client that holds every answer against the service's own specification."""

    def __init__(self, client: FlaskClient, root: Path) -> None:
        self.client = client
        self.root = root
        self.specification = client.get("/openapi.json").json

    def get(self, path: str, **options: Any) -> TestResponse:  # noqa: ANN401  # as Flask's client has it
        """GET, checked."""
        return self._check("get", path, self.client.get(path, **options))

    def post(self, path: str, **options: Any) -> TestResponse:  # noqa: ANN401  # as Flask's client has it
        """POST, checked."""
        return self._check("post", path, self.client.post(path, **options))

    def put(self, path: str, **options: Any) -> TestResponse:  # noqa: ANN401  # as Flask's client has it
        """PUT, checked."""
        return self._check("put", path, self.client.put(path, **options))

    def delete(self, path: str, **options: Any) -> TestResponse:  # noqa: ANN401  # as Flask's client has it
        """DELETE, checked."""
        return self._check("delete", path, self.client.delete(path, **options))

    def shelf(self, query: str, kind: str = "cross_sell") -> list[str]:
        """The ids on one shelf."""
        response = self.get(f"/recommend?type={kind}&{query}")
        assert response.status_code == 200, response.text
        return [item["item_id"] for item in response.json[kind]]

    def _check(self, method: str, path: str, response: TestResponse) -> TestResponse:
        bare = path.partition("?")[0]
        parts = bare.split("/")
        template = f"/customers/{{customer_id}}/{parts[-1]}" if bare.startswith("/customers/") else bare
        template = "/items/{item_id}" if bare.startswith("/items/") else template
        operation = self.specification["paths"].get(template, {}).get(method)
        described = (operation or {"responses": {}})["responses"]
        if operation is not None and response.status_code != 304:
            content = described.get(str(response.status_code), described["default"])["content"]
            assert response.mimetype in content
            if "json" in response.mimetype:
                schema = {**content[response.mimetype]["schema"], "components": self.specification["components"]}
                jsonschema.Draft202012Validator(schema).validate(response.json)
        if operation is None or response.status_code >= 400:
            problem = {"$ref": "#/components/schemas/Problem", "components": self.specification["components"]}
            assert response.mimetype == "application/problem+json"
            jsonschema.Draft202012Validator(problem).validate(response.json)
            assert response.json["status"] == response.status_code
        return response


class Builders:
    """How tests build models and versions."""

    model = staticmethod(build_model)
    tea = staticmethod(tea_shop)
    write = staticmethod(write_version)
    until_day = UNTIL_DAY


@pytest.fixture(scope="session")
def shop() -> Builders:
    """The builders: `shop.model(…)`, `shop.tea(…)`, `shop.write(root, model, minute)`."""
    return Builders()


@pytest.fixture
def serve(tmp_path: Path) -> Callable[..., CheckedClient]:
    """`serve(model)`: a test client over a published version; every answer is checked against /openapi.json."""

    def start(
        model: Model | None = None,
        clock: Callable[[], float] = time.time,
        state: StateStore | None = None,
        **settings: Any,  # noqa: ANN401  # any field's value
    ) -> CheckedClient:
        root = tmp_path / f"models-{len(list(tmp_path.iterdir()))}"
        if model is not None:
            write_version(root, model)
        chosen = ServiceSettings(models=root, refresh_seconds=0, **settings)
        store = ArtefactStore(Registry(root), 0, in_background=False)
        app = create_app(chosen, store, Access(chosen, clock, Rates(clock)), state, clock)
        return CheckedClient(app.test_client(), root)

    return start


@pytest.fixture
def tea(serve: Callable[..., CheckedClient]) -> CheckedClient:
    """The tea shop, served."""
    return serve(tea_shop())


REPOSITORY = Path(__file__).parents[2]


class Served:
    """`recsvc serve`, the real thing, in a process of its own.

    Attributes:
        environment: what it was started with: ours without anything that configures the service, and its settings.
        log: the file that its standard error goes to.
        process: gunicorn's arbiter.
        address: where it answers.
    """

    program = "import sys; from recsvc.cli.main import main; sys.exit(main())"

    def __init__(
        self, folder: Path, options: Sequence[str], settings: Mapping[str, str], program: str = program
    ) -> None:
        self.environment = bare_environment(TMPDIR=str(folder), **settings)
        self.log = folder / "log"
        command = [
            sys.executable,
            "-c",
            program,
            "serve",
            *([] if "--bind" in options else ["--bind", "127.0.0.1:0"]),
            *options,
        ]
        with self.log.open("a") as log:
            self.process = subprocess.Popen(
                command, env=self.environment, stdout=subprocess.PIPE, stderr=log, text=True, cwd=folder
            )
        assert self.process.stdout is not None
        found = re.search(r":(\d+)$", self.process.stdout.readline().strip())
        assert found, self.log.read_text()
        self.port = int(found[1])
        self.address = f"http://127.0.0.1:{self.port}"

    def workers(self) -> set[int]:
        """The processes that answer."""
        pid = self.process.pid
        return {int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()}

    def end(self) -> None:
        """End it at once."""
        self.process.kill()
        self.process.wait()
        if self.process.stdout:
            self.process.stdout.close()


def bare_environment(**changes: str) -> dict[str, str]:
    """Ours without anything that configures the service."""
    bare = {k: v for k, v in os.environ.items() if not k.startswith(("RECSVC_", "PROMETHEUS_", "GUNICORN_"))}
    return {**bare, "PYTHONPATH": str(REPOSITORY), **changes}


@pytest.fixture
def environment() -> dict[str, str]:
    """`bare_environment()`, for a process of a test's own."""
    return bare_environment()


@pytest.fixture
def served(tmp_path: Path) -> Iterator[Callable[..., Served]]:
    """`served("--workers", "2", RECSVC_STATE=…)`: the running service; it is ended with the test."""
    running: list[Served] = []

    def start(*options: str, program: str = Served.program, **settings: str) -> Served:
        running.append(Served(tmp_path, options, settings, program))
        return running[-1]

    yield start
    for each in running:
        each.end()


CLI_ORDERS = [
    *(f"{i},{item},c{i % 4},2026-01-{i + 1:02},1,4.5,complete" for i in range(12) for item in ("tea", "cup")),
    *(f"{i},{item},c{i % 4},2026-01-{i + 1:02},2,9.0,complete" for i in range(0, 12, 2) for item in ("pot", "mug")),
]
CLI_ITEMS = ["tea,Tea,Tea,4.5", "cup,Cup,Cups,8", "pot,Pot,Pots,35", "tray,Tray,Pots,20"]


class CliShop:
    """A tiny shop's files for the commands: twelve days of tea and cups, and a folder for versions."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.models = folder / "models"
        self.lines = len(CLI_ORDERS)

    def write(self, name: str, lines: Iterable[str]) -> Path:
        """A text file of the shop's."""
        (self.folder / name).write_text("".join(f"{line}\n" for line in lines), "utf-8")
        return self.folder / name

    def orders(self, extra: Iterable[str] = ()) -> Path:
        """Its orders, and lines more."""
        header = "order_id,item_id,customer_id,ts,quantity,unit_price,status"
        return self.write("orders.csv", [header, *CLI_ORDERS, *extra])

    def catalogue(self, extra: Iterable[str] = ()) -> Path:
        """What it says of its items, and lines more."""
        return self.write("catalogue.csv", ["item_id,title,category,price", *CLI_ITEMS, *extra])

    def train(self) -> list[str]:
        """A command line that trains on it."""
        return ["train", "--orders", str(self.orders()), "--models", str(self.models)]

    def nightly(self) -> list[str]:
        """A command line for its night."""
        return ["nightly", "--orders", str(self.orders()), "--models", str(self.models)]


@pytest.fixture
def cli(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> CliShop:
    """The files of a tiny shop; no variable of ours is set."""
    for name in [name for name in os.environ if name.startswith("RECSVC_") and name != "RECSVC_REDIS_SERVER"]:
        monkeypatch.delenv(name)
    return CliShop(tmp_path)


class RedisServer:
    """One redis-server process that can be killed, paused, emptied and started again over its files."""

    def __init__(self, binary: str, folder: Path, *options: str) -> None:
        self.socket = folder / "redis.sock"
        self.url = f"unix://{self.socket}"
        self._command = [
            binary,
            *("--port", "0", "--unixsocket", str(self.socket), "--save", "", "--appendonly", "no"),
            *("--dir", str(folder), "--logfile", str(folder / "redis.log"), *options),
        ]
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def client(self) -> redis.Redis:
        """A patient client; it checks that the server is the one started here."""
        client = patient_client(self.url)
        assert self._process is not None
        assert client.info("server")["process_id"] == self._process.pid
        return client

    def start(self, **environment: str) -> None:
        """Start it over what its files hold, if anything, and wait until it answers."""
        env = {**os.environ, **environment}
        self._process = subprocess.Popen(self._command, stdout=subprocess.DEVNULL, env=env)
        for _ in range(1_000):
            try:
                redis.Redis.from_url(self.url).ping()
            except redis.RedisError:
                time.sleep(0.01)
            else:
                return
        raise RuntimeError("redis-server did not start")

    def kill(self) -> None:
        """Kill -9; its files stay."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            self._process = None
        self.socket.unlink(missing_ok=True)

    def pause(self) -> None:
        """SIGSTOP: connections stand, nobody answers."""
        assert self._process is not None
        self._process.send_signal(signal.SIGSTOP)

    def resume(self) -> None:
        """SIGCONT."""
        assert self._process is not None
        self._process.send_signal(signal.SIGCONT)


@pytest.fixture(scope="session")
def redis_binary() -> str:
    """The redis-server that `make` found or brought."""
    binary = os.environ.get("RECSVC_REDIS_SERVER") or shutil.which("redis-server")
    if not binary:
        pytest.skip("no redis-server: run `make test`, which brings one, or set RECSVC_REDIS_SERVER")
    return binary


@pytest.fixture
def start_redis(redis_binary: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[..., RedisServer]]:
    """`start_redis(*options)`: an empty redis-server of its own: private socket, known process, killed at the end."""
    started: list[RedisServer] = []

    def start(*options: str) -> RedisServer:
        server = RedisServer(redis_binary, tmp_path_factory.mktemp("r"), *options)
        started.append(server)
        server.start()
        return server

    yield start
    for server in started:
        server.kill()

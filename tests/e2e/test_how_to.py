"""The how-to pages' commands, run as they stand: by a shell, in their order, against services with the page's settings.

Paths of the pages (`/srv/shop`, `/etc/recsvc`) lie in the test's own folder, their hosts are the service under test.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PAGES = sorted((ROOT / "docs" / "how-to").rglob("*.md"))
FENCED = re.compile(r"^```([a-z]*)\n(.*?)^```$", re.DOTALL | re.MULTILINE)
COMMAND = re.compile(r"^(recsvc|curl|export|docker) ")
EVERYWHERE = "0.0.0.0"  # noqa: S104  # as the page says, with keys
SCHEDULED = {
    "cron": re.compile(r"^10 2 \* \* \*  recsvc  (.*)$", re.MULTILINE),
    "systemd": re.compile(r"^ExecStart=(.*)$", re.MULTILINE),
    "kubernetes": re.compile(r'command: \[sh, -c, "(.*)"\]'),
}
EXPORTS = ("export-links", "picks-in-mails", "braze", "brevo", "iterable", "klaviyo", "sfmc")
NOT_EXECUTED = {
    "docker compose up --build": "needs a container engine; scripts/try-container.sh runs its parts",
    "docker build --target serve -t recsvc-serve .": "likewise; scripts/try-container.sh runs the Dockerfile's steps",
    "docker build --target train -t recsvc-train .": "likewise",
}
"""Commands that no test can run here, each with its reason. What cron and its like start is run."""


def commands(page: Path) -> list[str]:
    """Commands of a page's shell blocks in order, continued lines joined, and of its prose those with placeholders."""
    text = page.read_text("utf-8")
    blocks = [block.replace("\\\n", " ") for kind, block in FENCED.findall(text) if kind in ("", "sh")]
    found = [line for block in blocks for line in block.splitlines() if COMMAND.match(line)]
    prose = FENCED.sub("", text)
    return found + re.findall(r"`(recsvc (?:models|publish) [^`]+)`", prose)


class Host:
    """A folder that plays a host: a shop's export, `recsvc` on the path, versions, and a service started when asked."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.environment = {key: value for key, value in os.environ.items() if not key.startswith("RECSVC_")}
        binary = folder / "srv" / "recsvc" / ".venv" / "bin" / "recsvc"
        binary.parent.mkdir(parents=True)
        start = f"import sys; sys.path.insert(0, {str(ROOT)!r}); from recsvc.cli.main import main; sys.exit(main())"
        binary.write_text(f'#!/bin/sh\nexec {sys.executable} -c {json.dumps(start)} "$@"\n')
        binary.chmod(0o755)
        self.environment |= {
            "PATH": f"{binary.parent}:{os.environ['PATH']}",
            "RECSVC_MODELS": str(folder / "models"),
            "RECSVC_WORKERS": "1",
            "OMP_NUM_THREADS": "1",
            "customer_id": "17850",
        }
        for name in ("srv/shop", "etc/recsvc", "var/log/recsvc", "data"):
            (folder / name).mkdir(parents=True)
        self.server: subprocess.Popen[str] | None = None
        self.served_with: dict[str, str] = {}
        self.address = ""

    def here(self, command: str) -> str:
        """A command with this host's paths."""
        command = re.sub(r"(?<![\w.}])/(srv|etc|var|data)/", rf"{self.folder}/\1/", command)
        return command.replace("{{customer_id}}", "$customer_id")

    def run(self, command: str) -> str:
        """Run one line by a shell; its standard output."""
        done = subprocess.run(
            ["sh", "-c", self.here(command)],
            cwd=self.folder,
            env=self.environment,
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, f"{command}\n{done.stdout}\n{done.stderr}"
        return done.stdout

    def export(self, command: str) -> None:
        """`export NAME=VALUE`, for all that follows."""
        name = re.split(r"[ =]", command)[1]
        self.environment[name] = self.run(f'{command.partition("#")[0]}; printf %s "${name}"')

    def url(self, bind: str = "127.0.0.1:0") -> str:
        """A service with the settings of this moment; started again where they changed."""
        if self.server is None or self.served_with != self.environment:
            self.close()
            self.served_with = dict(self.environment)
            log = (self.folder / "log").open("w")
            self.server = subprocess.Popen(
                ["recsvc", "serve", "--bind", bind],
                cwd=self.folder,
                env=self.environment,
                stdout=subprocess.PIPE,
                stderr=log,
                text=True,
            )
            log.close()
            assert self.server.stdout is not None
            said = self.server.stdout.readline()
            assert "http://" in said, (self.folder / "log").read_text()
            self.address = next(word for word in said.split() if word.startswith("http://")).rstrip(",")
        return self.address.replace(EVERYWHERE, "127.0.0.1")

    def ask(self, command: str) -> dict[str, object]:
        """A `curl` of a page, of the service here."""
        there = re.sub(r"https://[a-z]+\.example|(?:http://)?127\.0\.0\.1:8000", self.url(), command)
        answer = json.loads(self.run(there.replace("curl ", "curl -sf ", 1)))
        assert isinstance(answer, dict)
        return answer

    def sell(self, order: str) -> None:
        """One more order in the shop's exports: a version of the same minute and the same orders has the same name."""
        for export in (self.folder / "srv" / "shop", self.folder / "data"):
            with (export / "orders-01.csv").open("a") as file:
                file.write("".join(f"{order},17850,{item},2026-01-28,1,2.50\n" for item in ("85123A", "22423")))
        self.run("gzip -kf /srv/shop/orders-01.csv")

    def close(self) -> None:
        """End the service."""
        if self.server is not None:
            self.server.terminate()
            with self.server:  # closes its pipe
                self.server.wait(20)
            self.server = None


@pytest.fixture(scope="module")
def host(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Host]:
    """A host with one night behind it."""
    if shutil.which("curl") is None:
        pytest.skip("no curl here")
    host = Host(tmp_path_factory.mktemp("host"))
    lines = [
        f"o{n},{17850 + n % 5},{item},2026-01-{n % 28 + 1:02},1,2.50"
        for n in range(60)
        for item in ("85123A", "22423", f"X{n % 7}")
    ]
    orders = "\n".join(["order_id,customer_id,item_id,ts,quantity,unit_price", *lines]) + "\n"
    catalogue = "item_id,title,category,price\n85123A,Heart,Lights,2.55\n22423,Stand,Cakes,12.75\nX1,Lamp,Lights,4\n"
    for folder in ("srv/shop", "data"):
        (host.folder / folder / "orders-01.csv").write_text(orders)
        (host.folder / folder / "catalogue.csv").write_text(catalogue)
    host.run("gzip -k /srv/shop/orders-01.csv")
    host.run("recsvc nightly --orders /srv/shop/orders*.gz --catalogue /srv/shop/catalogue.csv")
    yield host
    host.close()


@pytest.fixture
def fresh(host: Host) -> Iterator[Host]:
    """The host, with nothing left of another page's settings."""
    before = dict(host.environment)
    yield host
    host.close()
    host.environment = before


def test_every_command_is_run_or_excused() -> None:
    """What a how-to page tells to type is run by a test of this file; the few that cannot be are listed, each once."""
    told = [command for page in PAGES for command in commands(page)]
    with_commands = {page.stem for page in PAGES if commands(page)}
    assert with_commands == {"keys", "retrain-nightly", "run-in-containers", *EXPORTS}
    assert sorted(NOT_EXECUTED) == sorted(command for command in told if command.startswith("docker"))


@pytest.mark.parametrize("name", EXPORTS)
def test_exports(fresh: Host, name: str) -> None:
    """Each export of the page writes the file that it names; who was sent a mailing is noted once."""
    page = next(page for page in PAGES if page.stem == name)
    fresh.environment["RECSVC_STATE"] = str(fresh.folder / f"{name}.db")
    (fresh.folder / "sent.txt").write_text("17850\n13047\n17850\n")
    for command in commands(page):
        if " events sent " in command:
            assert fresh.run(command).startswith("2 noted, 0 known before")
            assert fresh.run(command).startswith("0 noted, 2 known before")
        if " --out " not in command:
            continue
        out = fresh.folder / command.split(" --out ")[1].split()[0]
        out.unlink(missing_ok=True)
        fresh.run(command)
        assert out.stat().st_size > 0, command


def test_keys(fresh: Host) -> None:
    """The keys made open what they should, a rotated key ends, and a signed token opens its customer's picks alone."""
    secret, token = "", ""
    for command in commands(ROOT / "docs" / "how-to" / "keys.md"):
        if command.startswith("export"):
            fresh.export(command)
        elif command.startswith("recsvc serve"):
            assert fresh.url(f"{EVERYWHERE}:0")
        elif "token=" in command:
            picks = fresh.ask(re.sub(r"token=[^']+", f"token={token}", command))
            assert picks["items"]
        elif command.startswith("curl"):
            fresh.environment["KEY"] = secret
            assert fresh.ask(command)["cross_sell"]
        else:
            said = fresh.run(command)
            found = re.search(r"sk_\S+", said)
            secret = found[0] if found and not secret else secret
            token = said.split()[-1] if " --customer " in command and not token else token
    assert secret
    assert token.count(".") == 1
    listed = json.loads((fresh.folder / "etc" / "recsvc" / "keys.json").read_text())
    assert "prometheus" in json.dumps(listed)


def test_nights(fresh: Host) -> None:
    """By hand, by cron, by systemd and by Kubernetes: each ends with 0; then versions are looked at and moved."""
    page = ROOT / "docs" / "how-to" / "retrain-nightly.md"
    text = page.read_text("utf-8")
    typed = commands(page)
    outcomes = []
    for night, command in enumerate([typed[0], *(pattern.findall(text)[0] for pattern in SCHEDULED.values())]):
        fresh.sell(f"night {night}")
        said = fresh.run(command) or (fresh.folder / "var" / "log" / "recsvc" / "nightly.log").read_text()
        outcomes.append(json.loads(said.splitlines()[-1])["outcome"])
    assert outcomes == ["published"] * 4
    names = sorted(path.name for path in (fresh.folder / "models").glob("2*"))
    live = (fresh.folder / "models" / "current").read_text().strip()
    words = {"NEW": live, "LIVE": next(name for name in names if name != live), "VERSION": live}
    for command in typed[1:]:
        fresh.run(re.sub(r"\b(NEW|LIVE|VERSION)\b", lambda match: words[match[0]], command))


def test_a_token_for_salesforce(fresh: Host) -> None:
    """The page's command signs a token that the service takes."""
    fresh.environment["RECSVC_TOKEN_SECRET"] = "9f2c" * 16
    command = next(c for c in commands(ROOT / "docs" / "how-to" / "mail-tools" / "sfmc.md") if " keys token " in c)
    token = fresh.run(command).split()[-1]
    assert fresh.ask(f"curl 'https://recs.example/customers/17850/picks?n=4&token={token}'")["items"]


def test_the_memory_of_the_containers(fresh: Host) -> None:
    """The page's event is taken and on disk."""
    fresh.environment["RECSVC_STATE"] = str(fresh.folder / "state.db")
    asked = [c for c in commands(ROOT / "docs" / "how-to" / "run-in-containers.md") if c not in NOT_EXECUTED]
    assert len(asked) == 1
    answer = fresh.ask(asked[0])
    assert answer["durable"] is True

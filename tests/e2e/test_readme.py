"""The README's commands, run as they stand."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
BLOCK = re.compile(r"```sh\n(.*?)```", re.DOTALL)


def blocks() -> list[str]:
    """The README's shell blocks, in order."""
    return BLOCK.findall((ROOT / "README.md").read_text("utf-8"))


def commands(starting_with: str) -> list[str]:
    """The README's commands that start so, continued lines joined, comments left to the shell."""
    lines = "\n".join(blocks()).replace("\\\n", " ").splitlines()
    return [line for line in lines if line.startswith(starting_with)]


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A folder with an order file and a catalogue, trained, published and served by the README's own commands."""
    folder = tmp_path_factory.mktemp("five-minutes")
    binary = folder / ".venv" / "bin" / "recsvc"
    binary.parent.mkdir(parents=True)
    start = f"import sys; sys.path.insert(0, {str(ROOT)!r}); from recsvc.cli.main import main; sys.exit(main())"
    binary.write_text(f'#!/bin/sh\nexec {sys.executable} -c {json.dumps(start)} "$@"\n')
    binary.chmod(0o755)
    lines = [
        f"o{n},{17850 + n % 5},{item},2026-01-{n % 28 + 1:02},1,2.50"
        for n in range(60)
        for item in ("85123A", "22423", f"X{n % 7}")
    ]
    lines.insert(0, "order_id,customer_id,item_id,ts,quantity,unit_price")
    (folder / "orders.csv").write_text("\n".join(lines) + "\n")
    (folder / "catalogue.csv").write_text(
        "item_id,title,category,brand,price\n85123A,Heart,Lights,A,2.55\n22423,Stand,Cakes,A,12.75\nX1,Lamp,Lights,B,4\n"
    )
    environment = {**os.environ, "RECSVC_WORKERS": "1"}
    environment.pop("RECSVC_MODELS", None)
    steps = commands(".venv/bin/recsvc")
    assert [step.split()[1] for step in steps] == ["train", "publish", "serve"]
    for step in steps[:2]:
        subprocess.run(step, shell=True, check=True, cwd=folder, env=environment, capture_output=True)  # noqa: S602  # as a reader would
    listening = {**environment, "RECSVC_BIND": "127.0.0.1:0"}
    with subprocess.Popen(steps[2].split(), cwd=folder, env=listening, stdout=subprocess.PIPE, text=True) as server:
        assert server.stdout is not None
        (folder / "url").write_text(server.stdout.readline().split()[3].rstrip(","))
        yield folder
        server.terminate()
        server.wait(20)


def test_the_questions_of_the_readme_are_answered(shop: Path) -> None:
    """Every curl of the five-minute part gets a shelf or picks."""
    url = (shop / "url").read_text()
    asked = [c for c in commands("curl") if "D0000001" not in c]
    assert len(asked) == 5
    if shutil.which("curl") is None:
        pytest.skip("no curl here")
    for command in asked:
        there = command.replace("http://127.0.0.1:8000", url)
        done = subprocess.run(there, shell=True, check=True, capture_output=True, cwd=shop)  # noqa: S602  # as a reader would
        answer = json.loads(done.stdout)
        if "/replenish" in command:
            assert answer["as_of"] == "2026-01-28"
        elif "/customers/" in command:
            assert answer["items"]
        elif "type=upsell" in command:
            assert [item["item_id"] for item in answer["upsell"]] == ["X1"]
        else:
            assert answer["missing_ids"] == []
            assert answer["cross_sell"]


@pytest.mark.deep
def test_make_demo_in_a_fresh_clone(tmp_path: Path) -> None:
    """Nothing but `make demo` typed in a new clone, and the shop answers."""
    clone = tmp_path / "clone"
    subprocess.run(["git", "clone", "-q", str(ROOT), str(clone)], check=True)
    environment = {key: value for key, value in os.environ.items() if not key.startswith(("RECSVC_", "MAKE", "MFLAGS"))}
    log = (tmp_path / "log").open("w")
    make = subprocess.Popen(
        ["make", "demo", "BIND=127.0.0.1:18765"],
        cwd=clone,
        env=environment,
        stdout=log,
        stderr=log,
        start_new_session=True,
    )
    try:
        for _ in range(900):
            assert make.poll() is None, (tmp_path / "log").read_text()[-3_000:]
            try:
                with urllib.request.urlopen("http://127.0.0.1:18765/recommend?item_id=D0000001&n=4") as answer:
                    assert json.load(answer)["cross_sell"]
                break
            except OSError:
                time.sleep(1)
        else:
            pytest.fail((tmp_path / "log").read_text()[-3_000:])
    finally:
        os.killpg(make.pid, 15)
        make.wait(30)
        log.close()

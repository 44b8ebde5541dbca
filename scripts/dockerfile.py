"""Executes a Dockerfile's steps in plain folders by chroot, where no container engine is at hand. Needs root.

    python3 scripts/dockerfile.py BASE OUT

BASE is a folder with a root file system that stands for the image named in `ARG PYTHON_IMAGE`; each stage becomes
OUT/<stage>. Known: ARG, FROM, ENV, WORKDIR, COPY, RUN, USER, and CMD, HEALTHCHECK and EXPOSE, which build nothing.
Anything else is an error. Not like Docker: no layers, no cache, no isolation from the host's network and kernel.
"""

from __future__ import annotations

import fnmatch
import json
import os
import re
import shlex
import shutil
import string
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path

CONTEXT = Path(__file__).resolve().parents[1]
PATH = "/usr/local/bin:/usr/local/sbin:/usr/sbin:/usr/bin:/sbin:/bin"
PASSED_ON = ("http_proxy", "https_proxy", "no_proxy", "PIP_INDEX_URL", "PIP_CERT")


@dataclass
class Stage:
    """A stage being built: its root folder, and what later steps and `docker run` inherit from it."""

    root: Path
    env: dict[str, str] = field(default_factory=dict)
    workdir: str = "/"
    user: str = "0:0"
    cmd: list[str] = field(default_factory=list)
    health: list[str] = field(default_factory=list)


def steps(text: str) -> list[tuple[str, str]]:
    """Instructions with their arguments, comments left out and continued lines joined."""
    lines = "\n".join(line for line in text.splitlines() if not line.lstrip().startswith("#"))
    joined = re.sub(r"\\\n\s*", " ", lines)
    words = (line.strip().partition(" ") for line in joined.splitlines() if line.strip())
    return [(word.upper(), rest.strip()) for word, _, rest in words]


def ignored(path: Path, patterns: list[str]) -> bool:
    """Whether .dockerignore leaves out `path` (relative): plain paths, and `**/name` at any depth."""
    whole = [str(Path(*path.parts[: i + 1])) for i in range(len(path.parts))]
    return any(
        fnmatch.fnmatchcase(part, pattern.removeprefix("**/"))
        for pattern in patterns
        for part in (path.parts if pattern.startswith("**/") else whole)
    )


def copy(stage: Stage, stages: dict[str, Stage], argument: str) -> None:
    """COPY, with --from and --chmod."""
    words = shlex.split(argument)
    options = dict(word[2:].split("=", 1) for word in words if word.startswith("--"))
    *sources, target = [word for word in words if not word.startswith("--")]
    to = stage.root / str(Path(stage.workdir) / target).lstrip("/")
    for source in sources:
        if "from" in options:
            subprocess.run(["cp", "-a", stages[options["from"]].root / source.lstrip("/"), to], check=True)
            continue
        patterns = [p for p in (CONTEXT / ".dockerignore").read_text().split("\n") if p and not p.startswith("#")]

        def skip(folder: str, names: list[str], patterns: list[str] = patterns) -> list[str]:
            base = Path(folder).relative_to(CONTEXT)
            return [name for name in names if ignored(base / name, patterns)]

        found = CONTEXT / source
        if found.is_dir():
            shutil.copytree(found, to, ignore=skip, dirs_exist_ok=True)
        else:
            to.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(found, to)
        if "chmod" in options:
            to.chmod(int(options["chmod"], 8))


def run(stage: Stage, command: str) -> None:
    """RUN, by /bin/sh in the stage's root."""
    print(f"  RUN {command[:110]}", flush=True)
    env = {**{name: os.environ[name] for name in PASSED_ON if name in os.environ}, "HOME": "/root", **stage.env}
    line = f"cd {shlex.quote(stage.workdir)} && {command}"
    chroot = shutil.which("chroot") or "/usr/sbin/chroot"
    subprocess.run([chroot, f"--userspec={stage.user}", stage.root, "/bin/sh", "-c", line], env=env, check=True)


def build(base: Path, out: Path) -> dict[str, Stage]:
    """Execute every step of every stage."""
    stages: dict[str, Stage] = {}
    stage = Stage(base)
    for word, rest in steps((CONTEXT / "Dockerfile").read_text()):
        if word == "FROM":
            parent, _, name = rest.partition(" AS ")
            print(f"FROM {parent} AS {name}", flush=True)
            known = stages.get(parent)
            stage = (
                Stage(out / name, dict(known.env), known.workdir, known.user)
                if known
                else Stage(out / name, {"PATH": PATH})
            )
            subprocess.run(["cp", "-a", "--reflink=auto", known.root if known else base, stage.root], check=True)
            stages[name] = stage
        elif word == "ENV":
            known_so_far = dict(stage.env)
            for pair in shlex.split(rest):
                name, _, value = pair.partition("=")
                stage.env[name] = string.Template(value).substitute(known_so_far)
        elif word == "WORKDIR":
            stage.workdir = rest
            (stage.root / rest.lstrip("/")).mkdir(parents=True, exist_ok=True)
        elif word == "COPY":
            copy(stage, stages, rest)
        elif word == "RUN":
            run(stage, rest)
        elif word == "USER":
            stage.user = rest
        elif word == "CMD":
            stage.cmd = json.loads(rest)
        elif word == "HEALTHCHECK":
            stage.health = json.loads(rest[rest.index("CMD") + 3 :])
        elif word not in {"ARG", "EXPOSE"}:
            raise SystemExit(f"Dockerfile: {word} is not known here")
    return stages


def main() -> None:
    """Build, and write beside every root what `docker run` would take from the image."""
    base, out = Path(sys.argv[1]).resolve(), Path(sys.argv[2]).resolve()
    for name, stage in build(base, out).items():
        inherited = "".join(f"export {k}={shlex.quote(v)}\n" for k, v in stage.env.items())
        said = f"WORKDIR={stage.workdir}\nRUN_AS={stage.user}\nCMD={shlex.quote(shlex.join(stage.cmd))}\n"
        (out / f"{name}.env").write_text(f"{inherited}{said}HEALTH={shlex.quote(shlex.join(stage.health))}\n")


if __name__ == "__main__":
    main()

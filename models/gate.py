"""What an evaluation said of a version before it is published: `<models>/gates/<version>.json`, outside the version.

The file is one JSON object: `{"verdict": "pass" | "refuse", "reasons": ["…", …]}`, and where the trainer wrote it also
`warnings`, a list of sentences, and `figures`, an object with the numbers behind it.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from models.files import write_whole

FOLDER = "gates"
_PASS, _REFUSE = "pass", "refuse"


@dataclass(frozen=True, slots=True)
class Verdict:
    """May this version replace the live one?

    Attributes:
        passed: yes or no.
        reasons: sentences for people, most important first; may be empty.
        warnings: what is odd but refuses nothing.
        figures: the numbers behind it, plain JSON values.
    """

    passed: bool
    reasons: tuple[str, ...]
    warnings: tuple[str, ...] = ()
    figures: Mapping[str, object] = field(default_factory=dict)


def verdict_path(root: Path, name: str) -> Path:
    """Where the verdict on version `name` stands, or would stand."""
    return root / FOLDER / f"{name}.json"


def read_verdict(root: Path, name: str) -> Verdict | None:
    """The verdict on version `name`, None where nobody judged it. A file that makes no sense is a refusal."""
    path = verdict_path(root, name)
    try:
        document = json.loads(path.read_bytes())
        word, reasons, warnings = document["verdict"], document.get("reasons", []), document.get("warnings", [])
        if word not in {_PASS, _REFUSE} or not isinstance(reasons, list) or not isinstance(warnings, list):
            raise ValueError("verdict is pass or refuse, reasons and warnings are lists")
        figures = dict(document.get("figures", {}))
    except FileNotFoundError:
        return None
    except (OSError, ValueError, TypeError, KeyError, AttributeError) as error:
        return Verdict(False, (f"{path} cannot be understood ({error}): judge the version again or remove the file",))
    return Verdict(word == _PASS, tuple(map(str, reasons)), tuple(map(str, warnings)), figures)


def write_verdict(root: Path, name: str, verdict: Verdict) -> None:
    """Put the verdict on version `name` where `read_verdict` finds it, in place of an earlier one."""
    document = {
        "verdict": _PASS if verdict.passed else _REFUSE,
        "reasons": list(verdict.reasons),
        "warnings": list(verdict.warnings),
        "figures": dict(verdict.figures),
    }
    path = verdict_path(root, name)
    path.parent.mkdir(parents=True, exist_ok=True)
    write_whole(path, (json.dumps(document, indent=1, sort_keys=True, ensure_ascii=False) + "\n").encode())


def drop(root: Path, name: str) -> None:
    """Forget the verdict on version `name`."""
    verdict_path(root, name).unlink(missing_ok=True)

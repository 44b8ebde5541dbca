"""What an evaluation said of a version before it is published: `<models>/gates/<version>.json`, outside the version.

The file is one JSON object: `{"verdict": "pass" | "refuse", "reasons": ["…", …]}`.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

FOLDER = "gates"
_PASS, _REFUSE = "pass", "refuse"


@dataclass(frozen=True, slots=True)
class Verdict:
    """May this version replace the live one?

    Attributes:
        passed: yes or no.
        reasons: sentences for people, most important first; may be empty.
    """

    passed: bool
    reasons: tuple[str, ...]


def verdict_path(root: Path, name: str) -> Path:
    """Where the verdict on version `name` stands, or would stand."""
    return root / FOLDER / f"{name}.json"


def read_verdict(root: Path, name: str) -> Verdict | None:
    """The verdict on version `name`, None where nobody judged it. A file that makes no sense is a refusal."""
    path = verdict_path(root, name)
    try:
        document = json.loads(path.read_bytes())
        word, reasons = document["verdict"], document.get("reasons", [])
        if word not in {_PASS, _REFUSE} or not isinstance(reasons, list):
            raise ValueError("verdict is pass or refuse, reasons is a list")
    except FileNotFoundError:
        return None
    except (OSError, ValueError, TypeError, KeyError, AttributeError) as error:
        return Verdict(False, (f"{path} cannot be understood ({error}): judge the version again or remove the file",))
    return Verdict(word == _PASS, tuple(str(reason) for reason in reasons))


def drop(root: Path, name: str) -> None:
    """Forget the verdict on version `name`."""
    verdict_path(root, name).unlink(missing_ok=True)

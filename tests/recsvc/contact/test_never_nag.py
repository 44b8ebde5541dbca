"""Eight weeks in the demo shop: fewer mails, no fewer clicks, nothing repeated."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[3]


def test_a_memory_writes_less_and_is_clicked_no_less() -> None:
    """At least 30 % fewer mails at no fewer clicks than always the top four; no item inside its cool-down."""
    command = [sys.executable, str(ROOT / "bench" / "never_nag.py"), "--size", "toy", "--customers", "30", "--json"]
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "OMP_NUM_THREADS": "1", "POLARS_MAX_THREADS": "1"}
    done = subprocess.run(command, env=environment, check=True, capture_output=True, text=True)
    told = json.loads(done.stdout.splitlines()[-1])
    assert told["customers"] == 30
    assert told["mails"]["always"] == 30 * 16
    assert told["mails"]["memory"] <= 0.7 * told["mails"]["always"]
    assert told["clicks"]["memory"] >= told["clicks"]["always"]
    assert told["repeated_inside_cool_down"]["memory"] == 0 < told["repeated_inside_cool_down"]["always"]

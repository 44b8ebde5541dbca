"""What every room's tests share."""

from __future__ import annotations

from pathlib import Path

import hypothesis
import pytest

# The same code gives the same verdict: no deadline on a busy machine, no new examples on another run. Whoever looks for
# new ones says `--hypothesis-profile search`, or `make fuzz`.
hypothesis.settings.register_profile("repeatable", deadline=None, derandomize=True)
hypothesis.settings.register_profile("search", deadline=None, print_blob=True)
hypothesis.settings.load_profile("repeatable")

SHARED_DATA = Path(__file__).parents[2] / "shared" / "data"


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """The folder with real shops' orders, beside the project; the test is skipped where it is absent."""
    if not SHARED_DATA.is_dir():
        pytest.skip("no ../shared/data beside the project: tests on real shops' orders are left out")
    return SHARED_DATA

"""Settings: read once, checked, documented."""

from __future__ import annotations

from pathlib import Path

import pytest

from recsvc.cli.main import CommandError
from recsvc.cli.serve import refuse_no_shop, refuse_open_bind
from recsvc.settings import ServiceSettings, SettingsError, choices, from_environment, is_loopback, misspelt

DOCS = Path(__file__).parents[2] / "docs" / "reference" / "settings.md"


def test_an_empty_environment_leaves_every_default() -> None:
    """Unset and empty variables mean the default."""
    assert from_environment({}) == ServiceSettings()
    assert from_environment({choice.env: "" for choice in choices().values()}) == ServiceSettings()


def test_every_field_is_read_from_its_variable() -> None:
    """Each variable reaches its own field, and only it."""
    said = {
        "models": ("/tmp/m", Path("/tmp/m")),  # noqa: S108  # never opened
        "bind": ("[::1]:80", "[::1]:80"),
        "allow_open": ("1", True),
        "keys": ("keys.json", Path("keys.json")),
        "token_secret": ("s" * 32, "s" * 32),
        "token_secret_file": ("secrets", Path("secrets")),
        "storefront": ("shop", Path("shop")),
        "log_level": ("warning", "warning"),
        "request_log": ("json", "json"),
        "refresh_seconds": ("0.5", 0.5),
        "picks_half_life_days": ("7", 7.0),
        "due_after_days": ("14", 14.0),
        "state": ("state.db", Path("state.db")),
        "state_url": ("redis://s:6379/0", "redis://s:6379/0"),
        "contact_caps": ("email=1/14", "email=1/14"),
        "state_events": ("50", 50),
        "redis_url": ("redis://r:6379/0", "redis://r:6379/0"),
        "links": ("only", "only"),
        "upsell_cap": ("1.5", 1.5),
        "namespace": ("shop-eu_1", "shop-eu_1"),
    }
    for name, choice in choices().items():
        text, value = said.get(name, ("3000" if name.startswith("max") else "7", None))
        expected = int(text) if value is None else value
        changed = from_environment({choice.env: text})
        assert getattr(changed, name) == expected
        others = [other for other in choices() if other != name]
        assert all(getattr(changed, other) == getattr(ServiceSettings(), other) for other in others)


@pytest.mark.parametrize(
    ("variable", "text"),
    [
        ("RECSVC_BIND", "8000"),
        ("RECSVC_BIND", "127.0.0.1:99999"),
        ("RECSVC_BIND", "127.0.0.1:٨"),
        ("RECSVC_CONTACT_CAPS", "email=2"),
        ("RECSVC_CONTACT_CAPS", "fax=2/7"),
        ("RECSVC_WORKERS", "-1"),
        ("RECSVC_WORKERS", "two"),
        ("RECSVC_THREADS", "0"),
        ("RECSVC_ALLOW_OPEN", "yes"),
        ("RECSVC_LOG_LEVEL", "loud"),
        ("RECSVC_REFRESH_SECONDS", "nan"),
        ("RECSVC_PICKS_HALF_LIFE_DAYS", "soon"),
    ],
)
def test_a_bad_value_is_refused_by_the_name_of_its_variable(variable: str, text: str) -> None:
    """The message names the variable, repeats the value and says what is wanted."""
    with pytest.raises(SettingsError, match=f"{variable}='.*' must be ") as caught:
        from_environment({variable: text})
    assert repr(text) in str(caught.value)


def test_a_misspelt_variable_is_told_with_the_one_meant() -> None:
    """Ours and what resembles none of ours are not."""
    env = {"RECSVC_WORKRES": "2", "RECSVC_REDIS_URl": "x", "RECSVC_WORKERS": "2", "RECSVC_NIGHTLY_AT": "3", "PATH": ""}
    assert misspelt(env) == {"RECSVC_REDIS_URl": "RECSVC_REDIS_URL", "RECSVC_WORKRES": "RECSVC_WORKERS"}
    others = "ORDERS_DSN NIGHTLY_AT DATA REDIS_MEMORY STATE_MEMORY REDIS_SERVER CHROMIUM"
    assert misspelt({f"RECSVC_{name}": "x" for name in others.split()}) == {}


def test_only_loopback_is_open_without_a_key() -> None:
    """A bind that others can reach needs the operator's word."""
    assert all(is_loopback(bind) for bind in ("127.0.0.1:1", "127.9.9.9:1", "[::1]:1", "localhost:1"))
    assert not any(is_loopback(bind) for bind in ("0.0.0.0:1", "[::]:1", "10.0.0.1:1", "shop.example:1"))
    with pytest.raises(CommandError, match="RECSVC_ALLOW_OPEN=1"):
        refuse_open_bind(ServiceSettings(bind="0.0.0.0:8000"))
    refuse_open_bind(ServiceSettings(bind="0.0.0.0:8000", allow_open=True))


def test_a_storefront_needs_a_demo_shop(tmp_path: Path) -> None:
    """A folder without one is refused before anything starts, with the command that makes one."""
    refuse_no_shop(ServiceSettings())
    with pytest.raises(CommandError, match="recsvc demo-shop --out"):
        refuse_no_shop(ServiceSettings(storefront=tmp_path))


def test_the_settings_page_lists_exactly_the_settings() -> None:
    """docs/reference/settings.md has one row per field, with its variable, default, unit and meaning."""
    defaults = ServiceSettings()
    rows = []
    for name, choice in choices().items():
        value = getattr(defaults, name)
        default = "unset" if value is None else int(value) if isinstance(value, bool) else value
        rows.append(f"| `{choice.env}` | `{default}` | {choice.unit} | {choice.meaning} |")
    page = [line for line in DOCS.read_text("utf-8").splitlines() if line.startswith("| `RECSVC_")]
    assert page == rows

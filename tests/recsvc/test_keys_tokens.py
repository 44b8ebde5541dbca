"""Customer tokens: what is signed, who they open, when they end; and how often somebody may ask."""

from __future__ import annotations

import hmac
import re
from hashlib import sha256
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from recsvc.cli.main import main
from recsvc.keys.rate import Rates, client_of
from recsvc.keys.tokens import LONGEST, SKEW, TOKEN_SCOPES, Signer, TokenError, TokenScope

SECRET = b"0123456789abcdef0123456789abcdef"
NOW = 1_800_000_000.0
SIGNER = Signer((SECRET,), "recsvc")
HOW_TO = Path(__file__).parents[2] / "docs" / "how-to" / "keys.md"


def test_a_token_is_the_hmac_of_its_text() -> None:
    """By hand: HMAC-SHA256 over `v1|namespace|customer|scope|exp`, in hex, after `exp` and a dot."""
    expected = hmac.new(SECRET, b"v1|recsvc|ann|email|1800000600", sha256).hexdigest()
    assert SIGNER.sign("ann", "email", 1_800_000_600) == f"1800000600.{expected}"


def test_the_how_to_signs_as_the_service_does() -> None:
    """The secret, text and token printed in docs/how-to/keys.md belong together."""
    page = HOW_TO.read_text("utf-8")
    secret, text, token = (
        re.search(rf"^{name}: +(\S+)$", page, re.M)[1]  # type: ignore[index]  # it is there, or the test fails
        for name in ("secret", "text", "token")
    )
    _, namespace, customer_id, scope, exp = text.split("|")
    assert scope in TOKEN_SCOPES
    assert Signer((secret.encode(),), namespace).sign(customer_id, scope, int(exp)) == token


@pytest.mark.parametrize("scope", TOKEN_SCOPES)
def test_a_token_lives_until_its_end_and_no_longer_than_its_scope_may(scope: TokenScope) -> None:
    """Clocks may differ by five minutes; a token signed for longer than allowed opens nothing."""
    for ahead, message in (
        (-SKEW, None),
        (-SKEW - 1, "expired"),
        (60, None),
        (LONGEST[scope] + SKEW, None),
        (LONGEST[scope] + SKEW + 1, "does not open"),
    ):
        token = SIGNER.sign("ann", scope, int(NOW) + ahead)
        if message is None:
            SIGNER.verify(token, "ann", [scope], NOW)
        else:
            with pytest.raises(TokenError, match=message):
                SIGNER.verify(token, "ann", [scope], NOW)


def test_a_token_opens_one_customer_of_one_shop_for_one_purpose() -> None:
    """Another customer, namespace, scope or secret: the same refusal."""
    token = SIGNER.sign("ann", "email", int(NOW) + 60)
    SIGNER.verify(token, "ann", TOKEN_SCOPES, NOW)
    SIGNER.verify(token.upper(), "ann", TOKEN_SCOPES, NOW)  # hex digits of any case
    for signer, customer_id, scopes in (
        (SIGNER, "ben", TOKEN_SCOPES),
        (SIGNER, "ann", ("web",)),
        (Signer((SECRET,), "other"), "ann", TOKEN_SCOPES),
        (Signer((b"x" * 32,), "recsvc"), "ann", TOKEN_SCOPES),
        (Signer((), "recsvc"), "ann", TOKEN_SCOPES),
    ):
        with pytest.raises(TokenError, match="does not open this"):
            signer.verify(token, customer_id, scopes, NOW)


def test_an_old_secret_opens_until_it_is_taken_away() -> None:
    """The first secret signs, every secret opens."""
    both = Signer((b"n" * 32, SECRET), "recsvc")
    both.verify(SIGNER.sign("ann", "web", int(NOW) + 60), "ann", ["web"], NOW)
    new = both.sign("ann", "web", int(NOW) + 60)
    with pytest.raises(TokenError):
        SIGNER.verify(new, "ann", ["web"], NOW)


@pytest.mark.parametrize(
    "token",
    [
        "",
        ".",
        "1800000600",
        "1800000600." + "0" * 63,
        "1800000600." + "g" * 64,
        "-1." + "0" * 64,
        "+1." + "0" * 64,
        "1800000600." + "0" * 64 + "\n",
        "٣." + "0" * 64,
        "9" * 400 + "." + "0" * 64,
        "01." + "0" * 64,
    ],
)
def test_what_is_no_token_is_refused(token: str) -> None:
    """Nothing breaks, nothing opens."""
    with pytest.raises(TokenError, match="A token is"):
        SIGNER.verify(token, "ann", TOKEN_SCOPES, NOW)


@given(st.text(), st.text(), st.sampled_from(TOKEN_SCOPES), st.sampled_from(TOKEN_SCOPES))
def test_no_two_customers_share_a_token(one: str, other: str, scope: TokenScope, other_scope: TokenScope) -> None:
    """Whatever ids hold, bars and dots too: only the same customer and scope open."""
    token = SIGNER.sign(one, scope, int(NOW) + 60)
    if (one, scope) == (other, other_scope):
        SIGNER.verify(token, other, [other_scope], NOW)
    else:
        with pytest.raises(TokenError):
            SIGNER.verify(token, other, [other_scope], NOW)


def test_ids_that_imitate_the_text_around_them_gain_nothing() -> None:
    """A customer who chose `ann|web|…` as an id holds no token of ann's."""
    exp = int(NOW) + 60
    token = SIGNER.sign(f"ann|email|{exp}", "email", exp)
    with pytest.raises(TokenError):
        SIGNER.verify(token, "ann", TOKEN_SCOPES, NOW)


def test_signatures_are_compared_in_constant_time(monkeypatch: pytest.MonkeyPatch) -> None:
    """`hmac.compare_digest` over whole signatures decides, once per scope and secret, found or not."""
    compared: list[int] = []

    def never(a: bytes, b: bytes) -> bool:
        compared.append(len(a) + len(b))
        return False

    token = SIGNER.sign("ann", "email", int(NOW) + 60)
    monkeypatch.setattr("recsvc.keys.tokens.hmac.compare_digest", never)
    with pytest.raises(TokenError):
        SIGNER.verify(token, "ann", TOKEN_SCOPES, NOW)
    assert compared == [64, 64]


def test_the_command_signs_what_the_service_opens(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """`recsvc keys token`: by default as long as the scope may live; longer is refused; so is a missing secret."""
    monkeypatch.setenv("RECSVC_TOKEN_SECRET", SECRET.decode())
    monkeypatch.setattr("recsvc.cli.keys.time.time", lambda: NOW)
    for words, scope, seconds in (
        ([], "email", LONGEST["email"]),
        (["--scope", "web"], "web", LONGEST["web"]),
        (["--scope", "web", "--days", "0.5"], "web", 43_200),
        (["--days", "7"], "email", 7 * 86_400),
    ):
        assert main(["keys", "token", "--customer", "zoë/1", *words]) == 0
        token = capsys.readouterr().out.strip()
        assert int(token.partition(".")[0]) == NOW + seconds
        SIGNER.verify(token, "zoë/1", [scope], NOW)  # type: ignore[list-item]  # a known scope
    for words in (["--days", "31"], ["--scope", "web", "--days", "2"], ["--days", "0"], ["--days", "nan"]):
        assert main(["keys", "token", "--customer", "ann", *words]) == 2
        assert "--days takes" in capsys.readouterr().err
    monkeypatch.setenv("RECSVC_TOKEN_SECRET", "too-short-to-be-one")
    assert main(["keys", "token", "--customer", "ann"]) == 2
    said = capsys.readouterr().err
    assert "RECSVC_TOKEN_SECRET" in said
    assert "too-short-to-be-one" not in said
    monkeypatch.delenv("RECSVC_TOKEN_SECRET")
    assert main(["keys", "token", "--customer", "ann"]) == 2
    assert "openssl rand" in capsys.readouterr().err


def test_a_bucket_lets_n_through_at_once_and_then_one_at_a_time() -> None:
    """Six a minute: six at once, the seventh waits ten seconds; a minute's rest fills the bucket again."""
    time = 100.0
    rates = Rates(lambda: time)
    asker = ("key", "10.0.0.1")
    assert [rates.wait(asker, 6) for _ in range(6)] == [0.0] * 6
    assert rates.wait(asker, 6) == pytest.approx(10)
    assert rates.wait(("key", "10.0.0.2"), 6) == 0
    time = 109.0
    assert rates.wait(asker, 6) == pytest.approx(1)
    time = 110.0
    assert rates.wait(asker, 6) == 0
    assert rates.wait(asker, 6) == pytest.approx(10)
    time = 1_000.0
    assert [rates.wait(asker, 6) > 0 for _ in range(7)] == [False] * 6 + [True]


@given(st.lists(st.integers(0, 20), min_size=1, max_size=60), st.integers(1, 12))
def test_the_rate_is_that_of_a_bucket_of_tokens(gaps: list[int], per_minute: int) -> None:
    """Beside an obvious bucket: capacity N, N tokens a minute, a request takes one. Times and steps are whole."""
    steps = [gap * 60 // per_minute * per_minute / per_minute for gap in gaps]
    time, tokens, last = 0.0, float(per_minute), 0.0
    rates = Rates(lambda: time)
    for step in steps:
        time += step
        tokens = min(per_minute, tokens + (time - last) * per_minute / 60)
        last = time
        allowed = tokens >= 1 - 1e-6
        assert (rates.wait(("k", "a"), per_minute) == 0) == allowed
        tokens -= allowed


def test_askers_are_forgotten_before_they_fill_the_memory() -> None:
    """Those whose buckets are full again first; where too many still wait, all."""
    time = 0.0
    rates = Rates(lambda: time, most=10)
    for i in range(10):
        rates.wait(("k", str(i)), 60)
    time = 30.0
    rates.wait(("k", "new"), 60)
    assert len(rates) == 1
    for i in range(100):
        rates.wait(("k", str(i)), 60)
        assert len(rates) <= 10


def test_a_client_is_an_address_or_a_network_of_one_household() -> None:
    """IPv4 by address, IPv6 by /64, IPv4 in IPv6 clothes as IPv4."""
    assert client_of("192.0.2.7") == "192.0.2.7"
    assert client_of("::ffff:192.0.2.7") == "192.0.2.7"
    assert client_of("2001:db8:1:2:3:4:5:6") == client_of("2001:db8:1:2::9") == "2001:db8:1:2::/64"
    assert client_of("2001:db8:1:3::9") != client_of("2001:db8:1:2::9")
    assert client_of(None) == client_of("a.sock") == "unknown"

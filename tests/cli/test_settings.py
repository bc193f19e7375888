"""Settings from the environment: what is right is taken, what is wrong is named with its remedy."""

import pytest

from listino.config import web_settings
from listino.core.errors import Malformed
from listino.core.quotes import Secret

OLD, NEW = "o" * 32, "n" * 32


def test_quotes_hold_for_half_an_hour_and_are_signed_by_the_databases_own_secrets(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.delenv("LISTINO_QUOTE_MINUTES", raising=False)
    monkeypatch.delenv("LISTINO_QUOTE_SECRETS", raising=False)
    settings = web_settings()
    assert (settings.quote_minutes, settings.quote_secrets) == (30, ())


def test_what_is_stated_of_quotes_is_taken(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LISTINO_QUOTE_MINUTES", "10080")
    monkeypatch.setenv("LISTINO_QUOTE_SECRETS", f"b:{NEW}, a:{OLD},")
    settings = web_settings()
    assert settings.quote_minutes == 10080
    assert settings.quote_secrets == (Secret("b", NEW.encode()), Secret("a", OLD.encode()))


def test_what_is_stated_of_tokens_is_taken(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("LISTINO_PUBLIC_MAX_AGE_S", raising=False)
    assert (web_settings().token_secrets, web_settings().public_max_age_s) == ((), 10)
    monkeypatch.setenv("LISTINO_TOKEN_SECRETS", f"a:{NEW}")
    monkeypatch.setenv("LISTINO_PUBLIC_MAX_AGE_S", "0")
    assert (web_settings().token_secrets, web_settings().public_max_age_s) == ((Secret("a", NEW.encode()),), 0)


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("LISTINO_QUOTE_MINUTES", "0"),
        ("LISTINO_QUOTE_MINUTES", "10081"),
        ("LISTINO_QUOTE_MINUTES", "soon"),
        ("LISTINO_QUOTE_SECRETS", NEW),
        ("LISTINO_QUOTE_SECRETS", f"a.b:{NEW}"),
        ("LISTINO_QUOTE_SECRETS", "a:short"),
        ("LISTINO_TOKEN_SECRETS", "a:short"),
    ],
)
def test_what_cannot_be_is_refused_by_name(monkeypatch: pytest.MonkeyPatch, name: str, text: str) -> None:
    monkeypatch.setenv(name, text)
    with pytest.raises(Malformed) as refusal:
        web_settings()
    assert (refusal.value.faults[0].field, text in refusal.value.detail) == (name, "MINUTES" in name)

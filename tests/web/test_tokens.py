"""A token for browsers: who may mint it, what is refused of it, and when it ends."""

from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import msgspec
import pytest
from joserfc import jwt
from joserfc.jwk import OctKey, RSAKey

from listino.config import SystemChance
from listino.db import access, secret_files
from listino.flows.access import created, revoked
from listino.flows.tokens import rotated
from tests.browsers import PAGE, me, minted, token_of
from tests.shop import NOW, House, opened


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    with opened(tmp_path) as house:
        yield house


def key_with(house: House, *scopes: str, test: bool = False, channel: str | None = None) -> dict[str, str]:
    """The header of a new key."""
    _, secret = created(house.database, "store", scopes, channel=channel, test=test, now=NOW, chance=SystemChance())
    return {"Authorization": f"Bearer {secret}"}


def origins_kept(house: House) -> list[Any]:
    rows = house.database.read().connection.execute("SELECT origin, until FROM token_origin ORDER BY origin").fetchall()
    return [tuple(row) for row in rows]


def test_a_token_says_for_whom_it_is_and_when_it_ends(house: House) -> None:
    said = minted(house, origins=["https://Shop.Example.com:443/", "http://localhost:8080", PAGE]).json()
    assert said.pop("token").count(".") == 2
    assert said == {
        "expires_at": "2026-11-23T12:15:00Z", "kind": "customer", "customer": "rossi", "channel": "web",
        "origins": [PAGE, "http://localhost:8080"],
    }  # fmt: skip
    public = minted(house, None, minutes=525_600).json()
    assert (public["kind"], public["customer"], public["expires_at"]) == ("public", None, "2027-11-23T12:00:00Z")


CANNOT_BE: tuple[tuple[dict[str, Any], str], ...] = (
    ({"origins": []}, "origins"),
    ({"origins": [PAGE] * 21}, "origins"),
    ({"origins": [PAGE, "null"]}, "origins[1]"),
    ({"origins": ["*"]}, "origins[0]"),
    ({"origins": ["https://*.example.com"]}, "origins[0]"),
    ({"origins": ["https://shop.example.com/cart"]}, "origins[0]"),
    ({"origins": ["https://me@shop.example.com"]}, "origins[0]"),
    ({"origins": ["ftp://shop.example.com"]}, "origins[0]"),
    ({"origins": ["shop.example.com"]}, "origins[0]"),
    ({"origins": ["https://bücher.example"]}, "origins[0]"),
    ({"origins": ["https://a.example:99999"]}, "origins[0]"),
    ({"minutes": 0}, "minutes"),
    ({"minutes": 1_441}, "minutes"),
    ({"items_per_hour": 0}, "items_per_hour"),
    ({"currency": "eur"}, "currency"),
    ({"language": "it\n"}, "language"),
    ({"expires_at": "2030-01-01"}, "expires_at"),
    ({"customer": None, "channel": None}, "channel"),
    ({"customer": None, "orders": True}, "orders"),
)


def test_a_token_that_cannot_be_is_refused_by_its_field(house: House) -> None:
    for said, field in CANNOT_BE:
        answer = minted(house, **said)
        assert (answer.status, answer.json()["errors"][0]["field"]) == (400, field), said
        assert answer.json()["errors"][0]["remedy"]
    assert origins_kept(house) == []


def test_a_token_needs_a_customer_that_is_there_and_not_blocked(house: House) -> None:
    house.put("customers", "verdi", status="blocked")
    answers = [minted(house, "verdi"), minted(house, "nobody"), minted(house, channel="nowhere")]
    assert [(one.status, one.json()["code"]) for one in answers] == [
        (403, "customer_blocked"), (404, "unknown_customer"), (404, "unknown_channel"),
    ]  # fmt: skip


def test_only_a_key_with_the_scope_mints_and_only_one_that_orders_mints_for_orders(house: House) -> None:
    others = [scope for scope in access.SCOPES if scope not in {"all", "tokens:create"}]
    refused = minted(house, headers=key_with(house, *others))
    assert (refused.status, refused.json()["code"]) == (403, "scope_missing")
    store = key_with(house, "tokens:create", channel="web")
    assert minted(house, headers=store, channel=None).json()["channel"] == "web"
    assert minted(house, headers=store, orders=True).json()["code"] == "scope_missing"


def test_a_test_key_mints_test_tokens(house: House) -> None:
    token = minted(house, headers=key_with(house, "tokens:create", test=True)).json()["token"]
    assert me(house, token).json()["test"] is True


def claims_of(token: str) -> dict[str, Any]:
    body = token.split(".")[1]
    claims: dict[str, Any] = msgspec.json.decode(urlsafe_b64decode(body + "=" * (-len(body) % 4)))
    return claims


def part(said: Any) -> str:
    return urlsafe_b64encode(msgspec.json.encode(said)).decode().rstrip("=")


def test_what_was_not_signed_here_by_our_one_algorithm_is_no_token(house: House) -> None:
    token = token_of(house)
    head, body, signature = token.split(".")
    other = part(claims_of(token) | {"sub": "bianchi"})
    (secret,) = secret_files.read(secret_files.file_path(house.path, "token"))
    kid, right = {"kid": secret.id}, OctKey.import_key(secret.key)
    rsa = RSAKey.generate_key(2048)
    forged = [
        f"{head}.{other}.{signature}",
        f"{part({'alg': 'none', **kid})}.{other}.",
        f"{part({'alg': 'none', **kid})}.{other}.{signature}",
        jwt.encode({"alg": "HS512", **kid}, claims_of(token), right, ["HS512"]),
        jwt.encode({"alg": "RS256", **kid}, claims_of(token), rsa, ["RS256"]),
        jwt.encode({"alg": "HS256", **kid}, claims_of(token), OctKey.import_key(b"x" * 32), ["HS256"]),
        jwt.encode({"alg": "HS256", "kid": "other"}, claims_of(token), right, ["HS256"]),
        jwt.encode({"alg": "HS256"}, claims_of(token), right, ["HS256"]),
        f"{head}.{body}.", f"{head}.{body}", "..", "x", token + "A" * 8_000,
    ]  # fmt: skip
    answers = [me(house, one, "/prices/hammer") for one in forged]
    assert {(one.status, one.json()["code"]) for one in answers} == {(401, "unauthenticated")}
    assert me(house, token, "/prices/hammer").status == 200


def test_a_token_ends_by_its_minute(house: House) -> None:
    token = token_of(house, minutes=1)
    house.clock.at = NOW + timedelta(seconds=59)
    assert me(house, token).status == 200
    house.clock.at = NOW + timedelta(seconds=60)
    answer = me(house, token)
    assert (answer.status, answer.json()["code"]) == (401, "token_expired")
    assert answer.headers["access-control-allow-origin"] == PAGE


def test_a_token_ends_with_its_key_with_its_customer_and_with_a_restored_database(house: House) -> None:
    token = token_of(house)
    house.put("customers", "rossi", status="blocked")
    assert me(house, token).json()["code"] == "token_ended"
    house.put("customers", "rossi", status="active", country="IT")
    assert me(house, token).status == 200
    gone = token_of(house, "bianchi")
    house.client.request("DELETE", "/v1/customers/bianchi")
    assert me(house, gone, "/prices/hammer").json()["code"] == "token_ended"
    house.database.write(lambda tx: tx.execute("UPDATE book SET epoch = 'another'"))
    assert me(house, token).json()["code"] == "unauthenticated"
    token = token_of(house)
    assert me(house, token).status == 200
    revoked(house.database, house.key, NOW)
    answers = [me(house, token), me(house, token, "/prices", "POST", json={"lines": [{"item": "hammer"}]})]
    assert [(one.status, one.json()["code"]) for one in answers] == [(401, "unauthenticated")] * 2


@pytest.mark.parametrize(("revoke", "status"), [(False, 200), (True, 401)])
def test_tokens_of_an_old_secret_hold_on_unless_it_is_revoked(house: House, revoke: bool, status: int) -> None:
    token = token_of(house)
    assert me(house, token).status == 200
    rotated(house.database, SystemChance(), revoke=revoke)
    assert me(house, token).status == status
    assert me(house, token_of(house)).status == 200


def test_keys_and_tokens_open_each_their_own_doors(house: House) -> None:
    token = token_of(house)
    with_key = house.client.request("GET", "/v1/me/prices/hammer")
    bare = house.client.request("GET", "/v1/me", headers={"Authorization": ""})
    assert [(one.status, one.json()["code"]) for one in (with_key, bare)] == [
        (403, "token_needed"), (401, "unauthenticated"),
    ]  # fmt: skip
    head = {"Authorization": f"Bearer {token}"}
    paths = ["/v1/prices/hammer", "/v1/orders", "/v1/items", "/v1/customers/rossi", "/metrics", "/v1/changes"]
    answers = [house.client.request("GET", path, headers=head) for path in paths]
    assert {(one.status, one.json()["detail"]) for one in answers} == {
        (401, "This is no API key: with a browser's token ask under /v1/me."),
    }
    assert minted(house, headers=head).status == 401


def asked_from(house: House, token: str, origin: str | None) -> Any:
    headers = {"Authorization": f"Bearer {token}"} | ({} if origin is None else {"Origin": origin})
    answer = house.client.request("GET", "/v1/me/prices/hammer", headers=headers)
    return answer.status, answer.headers.get("access-control-allow-origin")


def test_a_page_of_another_origin_is_refused_and_may_not_read_why(house: House) -> None:
    token = token_of(house)
    assert asked_from(house, token, PAGE) == (200, PAGE)
    assert asked_from(house, token, None) == (200, None)
    others = ["null", "https://evil.example", "https://shop.example.com.evil.example", "http://shop.example.com",
              "https://shop.example.com:8443", "HTTPS://SHOP.EXAMPLE.COM", "https://shop.example.com/", "*",
              ""]  # fmt: skip
    assert {asked_from(house, token, origin) for origin in others} == {(403, None)}
    token_of(house, "bianchi", origins=["https://other.example"])
    assert asked_from(house, token, "https://other.example") == (403, None)


def preflight(house: House, path: str, origin: str = PAGE, method: str = "GET") -> Any:
    headers = {"Origin": origin, "Access-Control-Request-Method": method, "Authorization": "",
               "Access-Control-Request-Headers": "authorization"}  # fmt: skip
    answer = house.client.request("OPTIONS", path, headers=headers)
    named = ("access-control-allow-origin", "access-control-allow-methods")
    return answer.status, *(answer.headers.get(name) for name in named)


def test_a_browser_asks_before_it_shows_its_token(house: House) -> None:
    nobody = (403, None, None)
    assert preflight(house, "/v1/me/prices") == nobody
    token_of(house, minutes=30)
    assert preflight(house, "/v1/me/prices") == (204, PAGE, "GET, POST")
    assert preflight(house, "/v1/me/prices/hammer", method="DELETE") == (204, PAGE, "GET")
    assert preflight(house, "/v1/me/nothing") == (404, None, None)
    assert preflight(house, "/v1/me/prices", "https://evil.example") == nobody
    assert preflight(house, "/v1/me/prices", "null") == nobody
    assert preflight(house, "/v1/prices/hammer")[1] is None
    bare = house.client.request("OPTIONS", "/v1/me/prices")
    assert (bare.status, bare.headers["allow"]) == (405, "GET, HEAD, POST")
    house.clock.at = NOW + timedelta(hours=2)
    assert preflight(house, "/v1/me/prices") == nobody
    house.clock.at = NOW
    revoked(house.database, house.key, NOW)
    assert preflight(house, "/v1/me/prices") == nobody


def test_from_where_tokens_ask_is_written_once_an_hour_and_forgotten(house: House) -> None:
    token_of(house, minutes=5)
    kept = origins_kept(house)
    token_of(house, minutes=50)
    assert origins_kept(house) == kept == [(PAGE, "2026-11-23T13:00:00.000000Z")]
    house.clock.at = NOW + timedelta(days=1)
    token_of(house, origins=["https://new.example"])
    assert [origin for origin, _ in origins_kept(house)] == ["https://new.example"]

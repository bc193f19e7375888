"""A page in a browser, as the doors see it: its token, and what it asks with it."""

from typing import Any

from tests.asgi import Response
from tests.shop import House

PAGE = "https://shop.example.com"


def minted(
    house: House, customer: str | None = "rossi", headers: dict[str, str] | None = None, **said: Any
) -> Response:
    """The answer to who asks for a token for pages of PAGE; for the guest of the channel web without a customer."""
    asked = {"customer": customer, "channel": "web", "origins": [PAGE]} | said
    asked = {name: value for name, value in asked.items() if value is not None}
    return house.client.request("POST", "/v1/customer-tokens", json=asked, headers=headers or {})


def token_of(house: House, customer: str | None = "rossi", **said: Any) -> str:
    """A token, which must be given."""
    answer = minted(house, customer, **said)
    assert answer.status == 201, answer.body
    token: str = answer.json()["token"]
    return token


def me(house: House, token: str, path: str = "", method: str = "GET", **options: Any) -> Response:
    """What a page of PAGE is answered at /v1/me."""
    headers = {"Authorization": f"Bearer {token}", "Origin": PAGE} | options.pop("headers", {})
    return house.client.request(method, f"/v1/me{path}", headers=headers, **options)

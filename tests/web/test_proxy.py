"""Every address that we print is the one at which the caller sees us, and only trusted proxies may say it."""

from pathlib import Path
from typing import Any

import pytest

from listino.core.errors import Malformed
from listino.web.app import App
from listino.web.proxy import Proxies
from listino.web.settings import WebSettings
from tests.asgi import Client
from tests.shop import CountedChance, House, SetClock, an_order, opened

FORWARDED = {
    "host": "inner:8080",
    "x-forwarded-for": "203.0.113.7",
    "x-forwarded-proto": "https",
    "x-forwarded-host": "prices.example.com",
    "x-forwarded-prefix": "/listino",
}
PLAIN = "http://inner:8080"


@pytest.fixture
def house(tmp_path: Path) -> Any:
    with opened(tmp_path) as opened_house:
        yield opened_house


class Doors:
    """The house's doors with other settings; the peer is 127.0.0.1."""

    def __init__(self, house: House, **settings: Any) -> None:
        folder = str(house.path.parent / "more-metrics")
        app = App(house.database, WebSettings(metrics_folder=folder, **settings), SetClock(), CountedChance(500))
        self.client = Client(app, {"Authorization": f"Bearer {house.key}"})

    def printed(self, path: str = "", **headers: str) -> set[str]:
        """The addresses that Location and OpenAPI show, without what follows them."""
        order = self.client.request("POST", f"{path}/v1/orders", json=an_order(), headers=headers)
        assert order.status == 201, order.body
        location, _, order_id = order.headers["location"].rpartition("/v1/orders/")
        assert order_id == order.json()["id"]
        contract = self.client.request("GET", f"{path}/openapi.json", headers=headers).json()
        page = self.client.request("GET", f"{path}/docs", headers=headers).body.decode()
        addresses = {location, *(server["url"] for server in contract["servers"])}
        assert all(address in page for address in addresses)
        self.client.close()
        return addresses


@pytest.mark.parametrize(
    ("settings", "sent", "address"),
    [
        ({}, FORWARDED, PLAIN),
        ({"trusted_proxies": ("10.0.0.0/8",)}, FORWARDED, PLAIN),
        ({"trusted_proxies": ("127.0.0.1",)}, FORWARDED, "https://prices.example.com/listino"),
        ({"trusted_proxies": ("127.0.0.0/8", "::1")}, FORWARDED, "https://prices.example.com/listino"),
        ({"trusted_proxies": ("127.0.0.1",)}, {"host": "inner:8080"}, PLAIN),
        ({"base_path": "/api"}, {"host": "inner:8080"}, f"{PLAIN}/api"),
        ({"base_path": "/api", "trusted_proxies": ("127.0.0.1",)}, FORWARDED, "https://prices.example.com/listino"),
        ({"public_url": "https://shop.example/api"}, FORWARDED, "https://shop.example/api"),
        ({"public_url": "https://shop.example", "base_path": "/api"}, FORWARDED, "https://shop.example/api"),
    ],
)
def test_an_address_is_printed_as_the_caller_sees_it(
    house: House, settings: dict[str, Any], sent: dict[str, str], address: str
) -> None:
    assert Doors(house, **settings).printed(**sent) == {address}


@pytest.mark.parametrize("path", ["", "/api"])
def test_a_base_path_is_taken_off_whether_the_proxy_leaves_it_or_not(house: House, path: str) -> None:
    assert Doors(house, base_path="/api").printed(path, host="inner:8080") == {f"{PLAIN}/api"}
    doors = Doors(house, base_path="/api")
    price = doors.client.request("GET", f"{path}/v1/prices/hammer", params={"customer": "rossi"})
    doors.client.close()
    assert price.status == 200


def test_a_prefix_that_looks_like_our_own_path_does_not_hide_it(house: House) -> None:
    sent = FORWARDED | {"x-forwarded-prefix": "/v1"}
    assert Doors(house, trusted_proxies=("127.0.0.1",)).printed(**sent) == {"https://prices.example.com/v1"}


@pytest.mark.parametrize(
    ("header", "value"),
    [
        ("x-forwarded-host", "evil.example/path"),
        ("x-forwarded-host", "a b"),
        ("x-forwarded-proto", "javascript"),
        ("x-forwarded-prefix", "//evil.example"),
        ("x-forwarded-prefix", '/a"b'),
    ],
)
def test_what_is_no_host_scheme_or_path_is_not_believed(house: House, header: str, value: str) -> None:
    sent = {"host": "inner:8080", header: value}
    assert Doors(house, trusted_proxies=("127.0.0.1",)).printed(**sent) == {PLAIN}


def scope(peer: str, **headers: str) -> dict[str, Any]:
    return {
        "scheme": "http",
        "path": "/",
        "client": (peer, 1),
        "headers": [(name.replace("_", "-").encode(), value.encode()) for name, value in headers.items()],
    }


@pytest.mark.parametrize(
    ("peer", "chain", "hosts", "client", "host"),
    [
        ("10.0.0.1", "203.0.113.7", "a.example", "203.0.113.7", "a.example"),
        # Two trusted proxies, each of which adds what it saw.
        ("10.0.0.1", "203.0.113.7, 10.0.0.2", "a.example, inner", "203.0.113.7", "a.example"),
        # What the caller itself had put before them does not count.
        ("10.0.0.1", "1.2.3.4, 203.0.113.7", "evil.example, a.example", "203.0.113.7", "a.example"),
        ("203.0.113.7", "1.2.3.4", "evil.example", "203.0.113.7", None),
        ("::ffff:10.0.0.1", "203.0.113.7", "a.example", "203.0.113.7", "a.example"),
    ],
)
def test_the_client_is_the_first_that_no_trusted_proxy_is(
    peer: str, chain: str, hosts: str, client: str, host: str | None
) -> None:
    proxies = Proxies(WebSettings(trusted_proxies=("10.0.0.0/8",)))
    seen = proxies.seen(scope(peer, x_forwarded_for=chain, x_forwarded_host=hosts))
    assert seen["client"][0] == client
    assert dict(seen["headers"]).get(b"host") == (host.encode() if host else None)


@pytest.mark.parametrize(
    ("settings", "field"),
    [
        ({"trusted_proxies": ("proxy.local",)}, "trusted_proxies"),
        ({"base_path": "/a b"}, "base_path"),
        ({"public_url": "shop.example"}, "public_url"),
        ({"public_url": "https://shop.example/?a=1"}, "public_url"),
    ],
)
def test_a_setting_that_cannot_be_is_refused_at_the_start(settings: dict[str, Any], field: str) -> None:
    with pytest.raises(Malformed) as refused:
        Proxies(WebSettings(**settings))
    assert refused.value.faults[0].field == field

"""The lines that a newcomer tries on the demo: each is one `curl`, to be copied as it stands."""

import shlex
from collections.abc import Iterator
from datetime import datetime
from decimal import Decimal
from typing import Any
from urllib.parse import quote, urlencode

import msgspec

from listino.core.money import plain
from listino.core.rules import Rule
from listino.flows.records import plain_fact

STORE = "web-shop"


def tour(address: str, key: str, asked: Any, anew: Rule, now: datetime) -> Iterator[tuple[str, str]]:
    """What each line shows, and the line."""
    number = f"DEMO-{now:%Y%m%d-%H%M%S}"
    quantity = {"quantity": plain(asked.quantity)}
    first = {"customer": asked.customer, **quantity, "channel": asked.channel}
    other = {"customer": asked.other_customer, **quantity, "channel": asked.channel}
    value = f"{plain(anew.value or Decimal(0))} {anew.currency}"
    orders = urlencode({"store": STORE, "number": number})
    yield (
        f"What {asked.item} costs customer {asked.customer}, with the steps that lead there:",
        _get(key, f"{address}/v1/prices/{quote(asked.item, safe='')}?{urlencode(first)}"),
    )
    price = _get(key, f"{address}/v1/prices/{quote(asked.item, safe='')}?{urlencode(other)}")
    yield f"What it costs customer {asked.other_customer}, who has an agreed price:", price
    yield (
        f"That agreement changes to {value}:",
        _send("PUT", key, f"{address}/v1/rules/{quote(anew.code, safe='')}", plain_fact(anew)),
    )
    yield "The same question again: the very next answer knows it:", price
    yield "A web shop's order:", _send("POST", key, f"{address}/v1/orders", _order(asked, number, now))
    yield "The order as it stands in the management system:", _get(key, f"{address}/v1/orders?{orders}")


def _order(asked: Any, number: str, now: datetime) -> dict[str, Any]:
    return {
        "store": STORE,
        "number": number,
        "ordered_at": f"{now:%Y-%m-%dT%H:%M:%S}Z",
        "channel": asked.channel,
        "customer": asked.other_customer,
        "currency": "EUR",
        "lines": [
            {"item": asked.item, "quantity": plain(asked.quantity), "unit": asked.unit},
        ],
        "reference": "Site office, 2nd floor",
    }


def _get(key: str, url: str) -> str:
    return _curl([], key, url)


def _send(method: str, key: str, url: str, said: dict[str, Any]) -> str:
    body = msgspec.json.encode(said).decode()
    return _curl(["-X", method, "-H", "Content-Type: application/json", "-d", body], key, url)


def _curl(words: list[str], key: str, url: str) -> str:
    """One command over some lines, the continued ones ended by a backslash."""
    lines = [f"curl -sS -w '\\n' -H {shlex.quote('Authorization: Bearer ' + key)}"]
    lines += [shlex.join(words[place : place + 2]) for place in range(0, len(words), 2)]
    return " \\\n  ".join([*lines, shlex.quote(url)])

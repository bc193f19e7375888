"""A basket's promise: what it was priced for and what it came to, signed, so that an order can bring it back."""

import json
from base64 import urlsafe_b64decode, urlsafe_b64encode
from binascii import Error as NotBase64
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from hashlib import sha256
from hmac import compare_digest, digest
from typing import Any, NamedTuple

from listino.core.money import plain

# The first part of every quote: how the others are to be read.
FORM = "lq1"
LENGTH_MAX = 100_000


class Secret(NamedTuple):
    """What signs quotes, and the name under which a quote says which of several it was."""

    id: str
    key: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Quote:
    """What a basket promises: to whom, in which circumstances, as of when, and for how much.

    Shapes:  context: what else was said of the question, by field; lines: digest of what was asked for,
             in any order; amounts: digest of what every line came to; totals: net, tax, gross, the last
             two None where a tax is not known; usage: by subject what was used up of caps and contracts.
    """

    id: str
    customer: str | None
    channel: str | None
    context: Mapping[str, Any]
    at: datetime
    revision: int
    epoch: str
    lines: str
    amounts: str
    totals: tuple[Decimal, Decimal | None, Decimal | None]
    usage: Mapping[str, Decimal]
    expires_at: datetime


def digest_of(rows: Iterable[tuple[str, ...]]) -> str:
    """The digest of rows of texts, in whatever order they come."""
    said = json.dumps(sorted(rows), ensure_ascii=False, separators=(",", ":"))
    return _text(sha256(said.encode()).digest()[:24])


def signed(quote: Quote, secret: Secret) -> str:
    """A quote as compact text that fits in a URL: its form, its secret's name, what it says, and the signature."""
    said = {
        "id": quote.id,
        "customer": quote.customer,
        "channel": quote.channel,
        "context": quote.context,
        "at": _instant_text(quote.at),
        "revision": quote.revision,
        "epoch": quote.epoch,
        "lines": quote.lines,
        "amounts": quote.amounts,
        "totals": [None if amount is None else plain(amount) for amount in quote.totals],
        "usage": {subject: plain(used) for subject, used in quote.usage.items()},
        "expires": _instant_text(quote.expires_at),
    }
    body = json.dumps(
        {name: value for name, value in said.items() if value not in (None, {})},
        ensure_ascii=False, separators=(",", ":"),
    )  # fmt: skip
    text = f"{FORM}.{secret.id}.{_text(body.encode())}"
    return f"{text}.{_signature(text, secret.key)}"


def secret_id_of(text: str) -> str | None:
    """Under which secret a text says that it was signed; None where it is no quote."""
    parts = text.split(".")
    return parts[1] if len(parts) == 4 and parts[0] == FORM and len(text) <= LENGTH_MAX else None


def quote_of(text: str, secret: Secret) -> Quote | None:
    """The quote that a text is; None where the secret did not sign it."""
    said, _, signature = text.rpartition(".")
    if not compare_digest(signature.encode(), _signature(said, secret.key).encode()):
        return None
    try:
        read = json.loads(urlsafe_b64decode(_padded(said.split(".")[2])))
    except (NotBase64, ValueError):
        return None  # Signed by us, so it was us who wrote it so: another version, with another form.
    net, *others = read["totals"]
    tax, gross = (None if amount is None else Decimal(amount) for amount in others)
    return Quote(
        id=read["id"],
        customer=read.get("customer"),
        channel=read.get("channel"),
        context=read.get("context", {}),
        at=datetime.fromisoformat(read["at"]),
        revision=read["revision"],
        epoch=read["epoch"],
        lines=read["lines"],
        amounts=read["amounts"],
        totals=(Decimal(net), tax, gross),
        usage={subject: Decimal(used) for subject, used in read.get("usage", {}).items()},
        expires_at=datetime.fromisoformat(read["expires"]),
    )


def _signature(text: str, key: bytes) -> str:
    return _text(digest(key, text.encode(), "sha256"))


def _text(raw: bytes) -> str:
    return urlsafe_b64encode(raw).decode().rstrip("=")


def _padded(text: str) -> str:
    return text + "=" * (-len(text) % 4)


def _instant_text(at: datetime) -> str:
    return at.astimezone(UTC).isoformat()

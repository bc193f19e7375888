"""A store's server mints a token for a browser; a browser shows it, and is known by it alone.

The token names one customer, or the guest of a channel. Nothing of it is kept but from which origins it may
ask; it ends by its hour, with the key that minted it, with its customer, and with a database that is restored.
"""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import OctKey

from listino.core.errors import Fault, NotAllowed, NotFound
from listino.core.quotes import Secret
from listino.db import access, tokens
from listino.db.engine import Database, Reading
from listino.db.snapshot import Snapshot
from listino.flows.access import ApiKey, Chance, Limit
from listino.flows.price import Asked, buyer_for
from listino.flows.secrets import Secrets
from listino.flows.secrets import rotated as secrets_rotated

WHAT = "token"
ALGORITHM = "HS256"
LENGTH_MAX = 7_000
ID_BYTES = 12
ITEMS_PER_HOUR = 5_000
# What is kept of origins is written at most so often, however many tokens are minted.
ORIGINS_KEPT_FOR = timedelta(hours=1)
REMEDY = "Have the store's server mint another by POST /v1/customer-tokens."


@dataclass(frozen=True, slots=True, kw_only=True)
class Browser:
    """Who asks with a token: one customer, or the guest of a channel; minted by a key, for pages of some origins.

    Shapes:  kind: customer or public; budget: how many different items it may ask for in an hour (None: any);
             address: from which network a guest asks, where its items are counted by it; orders: whether it may
             place orders; sees_orders: whether it may read its customer's; test: minted by a test key; limit: how
             often that key may ask.
    """

    token_id: str
    key_id: str
    key_name: str
    kind: str
    customer: str | None
    channel: str | None
    currency: str | None
    language: str | None
    origins: tuple[str, ...]
    budget: int | None
    orders: bool
    test: bool
    limit: Limit | None
    expires_at: datetime
    sees_orders: bool = False
    address: str | None = None

    @property
    def subject(self) -> str:
        """For whom items are counted: a key's customer; a public token by itself, or those who ask from an address."""
        if self.customer is not None:
            return f"{self.key_id} {self.customer}"
        return self.token_id if self.address is None else f"{self.key_id} {self.channel} {self.address}"


class Tokens:
    """Mints tokens, and reads those that were minted here."""

    def __init__(self, database: Database, chance: Chance, stated: tuple[Secret, ...] = ()) -> None:
        """`stated`: the installation's own secrets, the newest first; else those of a file beside the database."""
        self._database = database
        self._chance = chance
        self._secrets = Secrets(database, WHAT, chance, stated)

    def new_id(self) -> str:
        """A token's own name."""
        return self._chance.token_hex(ID_BYTES)

    def minted(self, browser: Browser, epoch: str, now: datetime) -> str:
        """A token as text; from where it may ask is on disk.

        Errors:  Unavailable where it cannot be signed or kept.
        """
        secret = self._secrets.newest()
        claims = {
            "jti": browser.token_id,
            "iss": browser.key_id,
            "sub": browser.customer,
            "chn": browser.channel,
            "cur": browser.currency,
            "lng": browser.language,
            "org": browser.origins,
            "bud": browser.budget,
            "ord": browser.orders or None,
            "epo": epoch,
            "iat": int(now.timestamp()),
            "exp": int(browser.expires_at.timestamp()),
        }
        self._know_origins(browser, now)
        said = {name: value for name, value in claims.items() if value is not None}
        return jwt.encode({"alg": ALGORITHM, "kid": secret.id}, said, OctKey.import_key(secret.key), [ALGORITHM])

    def _know_origins(self, browser: Browser, now: datetime) -> None:
        until = browser.expires_at.replace(minute=0, second=0, microsecond=0) + ORIGINS_KEPT_FOR
        new = tokens.missing(self._database.read(), browser.origins, browser.key_id, until)
        if new:
            self._database.write(lambda tx: tokens.keep(tx, new, browser.key_id, until, now))

    def read(self, text: str, reading: Reading) -> tuple[Browser, ApiKey] | None:
        """Who a token says asks, and the key that minted it; whether it has ended is for the caller to see.

        None where it was not minted here, by one of our secrets and our one algorithm; where its key is revoked, or
        the database was restored since.
        """
        if len(text) > LENGTH_MAX or not text.isascii():
            return None
        try:
            claims = jwt.decode(text, self._key_of, [ALGORITHM]).claims
        except (JoseError, ValueError, TypeError, LookupError):
            return None
        key = access.open_key(reading, claims["iss"])
        return None if key is None or claims["epo"] != reading.epoch else (_browser(claims, key), key)

    def _key_of(self, token: Any) -> OctKey:
        """The key that signed a token, as it says.

        Errors:  LookupError where there is no such key.
        """
        name = token.headers().get("kid")
        secret = self._secrets.named(name) if isinstance(name, str) else None
        if secret is None:
            raise LookupError
        return OctKey.import_key(secret.key)


def _browser(claims: dict[str, Any], key: ApiKey) -> Browser:
    customer = claims.get("sub")
    return Browser(
        token_id=claims["jti"],
        key_id=key.id,
        key_name=key.name,
        kind="public" if customer is None else "customer",
        customer=customer,
        channel=claims.get("chn"),
        currency=claims.get("cur"),
        language=claims.get("lng"),
        origins=tuple(claims["org"]),
        budget=claims.get("bud"),
        orders=claims.get("ord", False),
        test=key.test,
        limit=key.limit,
        expires_at=datetime.fromtimestamp(claims["exp"], UTC),
        sees_orders=claims.get("ord", False) or key.may("orders:read"),
    )


def question_of(browser: Browser, now: datetime) -> Asked:
    """What every question of a browser says: who asks, where, in which currency."""
    return Asked(
        "", now, customer=browser.customer, channel=browser.channel, currency=browser.currency, explain="none"
    )  # fmt: skip


def check_buyer(book: Snapshot, browser: Browser, now: datetime) -> None:
    """Refuse a token whose customer or channel is there no longer, or blocked.

    Errors:  NotAllowed (token_ended).
    """
    try:
        customer = buyer_for(book, question_of(browser, now)).customer
        ended = customer is not None and customer.status != "active"
    except NotFound:
        ended = True
    if ended:
        text = "This token is for a customer or channel that is not active any more."
        raise NotAllowed("token_ended", text, (Fault("authorization", "token_ended", text, REMEDY),))


def rotated(database: Database, chance: Chance, *, revoke: bool) -> str:
    """Sign with a new secret from now on; tokens of the old ones hold on, unless they are to be revoked: its id.

    Errors:  Unavailable where it cannot be written.
    """
    name = secrets_rotated(database, WHAT, chance, revoke=revoke)
    database.write(access.changed)  # Whatever workers remember of tokens is looked at anew.
    return name


def is_origin(reading: Reading, origin: str, now: datetime) -> bool:
    """Whether any token that may be shown from an origin holds."""
    return tokens.is_known(reading, origin, now)

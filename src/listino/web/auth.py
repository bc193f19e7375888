"""Who asks: the API key of a request, looked up once per change of access."""

from collections.abc import MutableMapping
from hashlib import sha256
from typing import Any

from listino.core.errors import Fault, NotAllowed
from listino.db.engine import Reading
from listino.flows.access import ApiKey, key_for
from listino.web.limits import Limits
from listino.web.request_log import KEY

KEYS_KEPT_MAX = 10_000
INVALID = "This API key is not valid, or no longer."
TOKEN = "This is no API key: with a browser's token ask under /v1/me."
TOKEN_BEGINS = b"eyJ"


class Guard:
    """The keys that this process has seen since access last changed."""

    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        self._kept: tuple[tuple[int, str], dict[bytes, ApiKey]] = ((-1, ""), {})

    def asking(self, authorization: bytes | None, reading: Reading, scope: MutableMapping[str, Any]) -> ApiKey:
        """The key of an Authorization header that asks now, counted against its limit; its request then tells it.

        Errors:  NotAllowed (unauthenticated) without a valid one; TooOften.
        """
        key = self.key(authorization, reading)
        scope[KEY] = key.id
        if key.limit is not None:
            self._limits.check(key)
        return key

    def key(self, authorization: bytes | None, reading: Reading) -> ApiKey:
        """The key of an Authorization header.

        Errors:  NotAllowed (unauthenticated) without a valid one.
        """
        if authorization is None or authorization[:7].lower() != b"bearer ":
            raise _unauthenticated("This needs an API key.")
        secret = authorization[7:].strip()
        key = self.opened_by(secret, reading)
        if key is None:
            raise _unauthenticated(TOKEN if secret.startswith(TOKEN_BEGINS) else INVALID)
        return key

    def opened_by(self, secret: bytes, reading: Reading) -> ApiKey | None:
        """The key that a secret opens; None where it opens none, or no longer."""
        now = (reading.access, reading.epoch)
        kept = self._kept
        if kept[0] != now:
            kept = self._kept = (now, {})
        keys = kept[1]  # What another thread learns of a later moment does not come in here, nor this into that.
        digest = sha256(secret).digest()
        key = keys.get(digest)
        if key is None:
            key = key_for(reading, digest)
            if key is not None and len(keys) < KEYS_KEPT_MAX:
                keys[digest] = key
        return key


def _unauthenticated(text: str) -> NotAllowed:
    remedy = "Send `Authorization: Bearer KEY`; `listino keys create` makes a key."
    return NotAllowed("unauthenticated", text, (Fault("authorization", "unauthenticated", text, remedy),))


def require(key: ApiKey, scope: str) -> None:
    """Refuse what a key has no scope for.

    Errors:  NotAllowed.
    """
    if not key.may(scope):
        text = f"The key {key.name!r} does not have the scope {scope}."
        raise NotAllowed(
            "scope_missing", text, (Fault("authorization", "scope_missing", text, f"Use a key with {scope}."),)
        )

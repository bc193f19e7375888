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


class Guard:
    """The keys that this process has seen since access last changed."""

    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        self._access = -1
        self._keys: dict[bytes, ApiKey] = {}

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
        return self.key_of(authorization[7:].strip(), reading)

    def key_of(self, secret: bytes, reading: Reading) -> ApiKey:
        """The key that a secret opens.

        Errors:  NotAllowed (unauthenticated) where it opens none, or no longer.
        """
        if reading.access != self._access:
            self._keys, self._access = {}, reading.access
        digest = sha256(secret).digest()
        key = self._keys.get(digest)
        if key is None:
            key = key_for(reading, digest)
            if key is None:
                raise _unauthenticated("This API key is not valid, or no longer.")
            if len(self._keys) < KEYS_KEPT_MAX:
                self._keys[digest] = key
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

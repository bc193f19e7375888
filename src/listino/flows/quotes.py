"""Quotes are signed, and read back when an order brings them; those that a browser is given it cannot read."""

from hashlib import sha256
from typing import Any

from joserfc import jwe
from joserfc.errors import JoseError
from joserfc.jwk import OctKey

from listino.core.quotes import LENGTH_MAX as LENGTH_MAX
from listino.core.quotes import Quote, Secret, quote_of, secret_id_of, signed
from listino.db.engine import Database
from listino.flows.secrets import Chance as Chance
from listino.flows.secrets import Secrets
from listino.flows.secrets import rotated as secrets_rotated

WHAT = "quote"
# How a quote begins that only we can read: of what is used up, and under which rules, a page is told nothing.
SEALED = "lqs1."
ENCRYPTION = {"alg": "dir", "enc": "A256GCM"}


class Signer:
    """Signs quotes with the newest secret, and reads those that any of them signed."""

    def __init__(self, database: Database, chance: Chance, stated: tuple[Secret, ...] = ()) -> None:
        """`stated`: the installation's own secrets, the newest first; else those of a file beside the database."""
        self._secrets = Secrets(database, WHAT, chance, stated)

    def signed(self, quote: Quote) -> str:
        """A quote as text.

        Errors:  Unavailable where there is no secret and none can be written.
        """
        return signed(quote, self._secrets.newest())

    def sealed(self, quote: Quote) -> str:
        """A quote as text that only we can read.

        Errors:  Unavailable where there is no secret and none can be written.
        """
        secret = self._secrets.newest()
        header = {**ENCRYPTION, "kid": secret.id}
        return SEALED + jwe.encrypt_compact(header, signed(quote, secret).encode(), _seal(secret))

    def _opened(self, text: str) -> str:
        """What is in a sealed quote; nothing where it was not sealed here."""
        try:
            opened = jwe.decrypt_compact(text, self._seal_of, list(ENCRYPTION.values())).plaintext or b""
            return opened.decode()
        except (JoseError, ValueError, TypeError, LookupError):
            return ""

    def _seal_of(self, sealed: Any) -> OctKey:
        name = sealed.headers().get("kid")
        secret = self._secrets.named(name) if isinstance(name, str) else None
        if secret is None:
            raise LookupError
        return _seal(secret)

    def read(self, text: str) -> Quote | None:
        """The quote that a text is; None where it was not signed here."""
        if text.startswith(SEALED) and len(text) <= LENGTH_MAX:
            text = self._opened(text[len(SEALED) :])
        secret = self._secrets.named(secret_id_of(text))
        return quote_of(text, secret) if secret is not None else None


def _seal(secret: Secret) -> OctKey:
    """What seals quotes under a secret; not what signs them."""
    return OctKey.import_key(sha256(b"sealed quotes\x1f" + secret.key).digest())


def rotated(database: Database, chance: Chance, *, revoke: bool) -> str:
    """Sign with a new secret from now on; quotes of the old ones hold on, unless they are to be revoked: its id.

    Errors:  Unavailable where it cannot be written.
    """
    return secrets_rotated(database, WHAT, chance, revoke=revoke)

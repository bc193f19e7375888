"""The secrets that sign quotes: made at the first need, known to every worker, replaced without a break."""

from contextlib import suppress

from listino.core.errors import Unavailable
from listino.core.quotes import LENGTH_MAX as LENGTH_MAX
from listino.core.quotes import Quote, Secret, quote_of, secret_id_of, signed
from listino.db import quote_secrets
from listino.db.engine import Database
from listino.flows.access import Chance as Chance

KEY_BYTES = 32


class Signer:
    """Signs quotes with the newest secret, and reads those that any of them signed.

    The secrets are `stated` by the installation, the newest first; else they stand in a file beside the
    database, which is looked at again whenever it is another one.
    """

    def __init__(self, database: Database, chance: Chance, stated: tuple[Secret, ...] = ()) -> None:
        self._path = database.path
        self._chance = chance
        self._stated = stated
        self._secrets = stated
        self._seen: tuple[int, int] | None = None

    def signed(self, quote: Quote) -> str:
        """A quote as text.

        Errors:  Unavailable where there is no secret and none can be written.
        """
        known = self._known()
        if not known:
            secret = new_secret(self._chance)
            try:
                quote_secrets.keep_first(self._path, secret)
            except OSError as error:
                raise _unwritten(error) from None
            known = self._known() or (secret,)
        return signed(quote, known[0])

    def read(self, text: str) -> Quote | None:
        """The quote that a text is; None where it was not signed here."""
        name = secret_id_of(text)
        secret = next((secret for secret in self._known() if secret.id == name), None)
        return quote_of(text, secret) if secret is not None else None

    def _known(self) -> tuple[Secret, ...]:
        """The secrets; those that were known before where the file cannot be read."""
        if not self._stated:
            with suppress(OSError):
                seen = quote_secrets.changed_at(self._path)
                if seen != self._seen:
                    self._secrets, self._seen = quote_secrets.read(self._path), seen
        return self._secrets


def new_secret(chance: Chance) -> Secret:
    """A secret that nobody knows yet."""
    return Secret(chance.token_hex(4), bytes.fromhex(chance.token_hex(KEY_BYTES)))


def rotated(database: Database, chance: Chance, *, revoke: bool) -> str:
    """Sign with a new secret from now on; quotes of the old ones hold on, unless they are to be revoked: its id.

    Errors:  Unavailable where it cannot be written.
    """
    secret = new_secret(chance)
    try:
        old = () if revoke else quote_secrets.read(database.path)[: SECRETS_MAX - 1]
        quote_secrets.replace(database.path, (secret, *old))
    except OSError as error:
        raise _unwritten(error) from None
    return secret.id


def _unwritten(error: OSError) -> Unavailable:
    text = f"What signs quotes cannot be written beside the database: {error.strerror}."
    return Unavailable(text, code="quote_secrets")


# A quote holds for so short a time that more secrets than these are of no use.
SECRETS_MAX = 5

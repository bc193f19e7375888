"""Quotes are signed, and read back when an order brings them."""

from listino.core.quotes import LENGTH_MAX as LENGTH_MAX
from listino.core.quotes import Quote, Secret, quote_of, secret_id_of, signed
from listino.db.engine import Database
from listino.flows.secrets import Chance as Chance
from listino.flows.secrets import Secrets
from listino.flows.secrets import rotated as secrets_rotated

WHAT = "quote"


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

    def read(self, text: str) -> Quote | None:
        """The quote that a text is; None where it was not signed here."""
        secret = self._secrets.named(secret_id_of(text))
        return quote_of(text, secret) if secret is not None else None


def rotated(database: Database, chance: Chance, *, revoke: bool) -> str:
    """Sign with a new secret from now on; quotes of the old ones hold on, unless they are to be revoked: its id.

    Errors:  Unavailable where it cannot be written.
    """
    return secrets_rotated(database, WHAT, chance, revoke=revoke)

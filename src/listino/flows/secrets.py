"""Secrets that sign what we give out: made at the first need, known to every worker, replaced without a break."""

from contextlib import suppress

from listino.core.errors import Unavailable
from listino.core.quotes import Secret
from listino.db import secret_files
from listino.db.engine import Database
from listino.flows.access import Chance as Chance

KEY_BYTES = 32
# What is signed holds for so short a time that more secrets than these are of no use.
SECRETS_MAX = 5
# By what is signed, how it is said that its secrets cannot be written.
UNWRITTEN = {"quote": "quote_secrets", "token": "token_secrets"}


class Secrets:
    """The secrets that sign one kind of text (`what`: quote, token).

    They are `stated` by the installation, the newest first; else they stand in a file beside the database,
    which is looked at again whenever it is another one.
    """

    def __init__(self, database: Database, what: str, chance: Chance, stated: tuple[Secret, ...] = ()) -> None:
        self._database_path = database.path
        self._path = secret_files.file_path(database.path, what)
        self._what = what
        self._chance = chance
        self._stated = stated
        self._secrets = stated
        self._seen: tuple[int, int] | None = None

    def newest(self) -> Secret:
        """The secret that signs now; made where there is none yet.

        Errors:  Unavailable where there is no secret and none can be written.
        """
        known = self.known()
        if not known:
            secret = new_secret(self._chance)
            try:
                secret_files.keep_first(self._database_path, self._what, secret)
            except OSError as error:
                raise _unwritten(self._what, error) from None
            known = self.known() or (secret,)
        return known[0]

    def named(self, name: str | None) -> Secret | None:
        """The secret of a name; None where there is no such secret, or no longer."""
        return next((secret for secret in self.known() if secret.id == name), None)

    def known(self) -> tuple[Secret, ...]:
        """The secrets; those that were known before where the file cannot be read."""
        if not self._stated:
            with suppress(OSError):
                seen = secret_files.changed_at(self._path)
                if seen != self._seen:
                    self._secrets, self._seen = secret_files.read(self._path), seen
        return self._secrets


def new_secret(chance: Chance) -> Secret:
    """A secret that nobody knows yet."""
    return Secret(chance.token_hex(4), bytes.fromhex(chance.token_hex(KEY_BYTES)))


def rotated(database: Database, what: str, chance: Chance, *, revoke: bool) -> str:
    """Sign with a new secret from now on; what the old ones signed holds on, unless they are to be revoked: its id.

    Errors:  Unavailable where it cannot be written.
    """
    secret = new_secret(chance)
    try:
        path = secret_files.file_path(database.path, what)
        old = () if revoke else secret_files.read(path)[: SECRETS_MAX - 1]
        secret_files.replace(database.path, what, (secret, *old))
    except OSError as error:
        raise _unwritten(what, error) from None
    return secret.id


def _unwritten(what: str, error: OSError) -> Unavailable:
    text = f"What signs {what}s cannot be written beside the database: {error.strerror}."
    return Unavailable(text, code=UNWRITTEN[what])

"""Secrets that sign what we give out, in files beside the database: workers read them, and no backup holds them."""

import os
from contextlib import suppress
from pathlib import Path

from listino.core.quotes import Secret
from listino.db.erasures import sync_folder


def file_path(database: Path, what: str) -> Path:
    """Where the secrets of a database are that sign `what` (quote, token): a line for each, the newest last."""
    return Path(f"{database}-{what}-secrets")


def read(path: Path) -> tuple[Secret, ...]:
    """The secrets, the newest first; none where there are none yet. A line cut off by a crash is left out."""
    found: list[Secret] = []
    for line in path.read_text().splitlines() if path.exists() else ():
        name, _, key = line.partition(" ")
        with suppress(ValueError):
            found.append(Secret(name, bytes.fromhex(key)))
    return tuple(secret for secret in reversed(found) if secret.key)


def changed_at(path: Path) -> tuple[int, int] | None:
    """What shows that the file is another one than before; None while there is none."""
    try:
        status = path.stat()
    except FileNotFoundError:
        return None
    return status.st_mtime_ns, status.st_ino


def keep_first(database: Path, what: str, secret: Secret) -> None:
    """Make the file with a first secret, unless another process has made it meanwhile."""
    path = file_path(database, what)
    part = Path(f"{path}.{secret.id}")
    try:
        _write(part, (secret,), database)
        if path.exists() and not read(path):  # Emptied by somebody's hand.
            part.replace(path)
        else:
            with suppress(FileExistsError):
                os.link(part, path)
    finally:
        part.unlink(missing_ok=True)
    sync_folder(path.parent)


def replace(database: Path, what: str, secrets: tuple[Secret, ...]) -> None:
    """Put secrets, the newest first, in the place of those that there are."""
    path = file_path(database, what)
    part = Path(f"{path}.{secrets[0].id}")
    _write(part, secrets, database)
    part.replace(path)
    sync_folder(path.parent)


def _write(path: Path, secrets: tuple[Secret, ...], database: Path) -> None:
    """Write a file for the database's owner alone, also where somebody else gives the command."""
    with open(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
        file.writelines(f"{secret.id} {secret.key.hex()}\n" for secret in reversed(secrets))
        file.flush()
        os.fsync(file.fileno())
        with suppress(FileNotFoundError, PermissionError):  # A server's database is no file.
            owner = database.stat()
            os.fchown(file.fileno(), owner.st_uid, owner.st_gid)

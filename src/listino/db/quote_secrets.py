"""The secrets that sign quotes, in a file beside the database: every worker reads it, and no backup holds it."""

import os
from contextlib import suppress
from pathlib import Path

from listino.core.quotes import Secret
from listino.db.erasures import sync_folder


def file_path(database: Path) -> Path:
    """Where the secrets of a database are: a line for each, the newest last."""
    return Path(f"{database}-quote-secrets")


def read(database: Path) -> tuple[Secret, ...]:
    """The secrets, the newest first; none where there are none yet. A line cut off by a crash is left out."""
    path = file_path(database)
    found: list[Secret] = []
    for line in path.read_text().splitlines() if path.exists() else ():
        name, _, key = line.partition(" ")
        with suppress(ValueError):
            found.append(Secret(name, bytes.fromhex(key)))
    return tuple(secret for secret in reversed(found) if secret.key)


def changed_at(database: Path) -> tuple[int, int] | None:
    """What shows that the file is another one than before; None while there is none."""
    try:
        status = file_path(database).stat()
    except FileNotFoundError:
        return None
    return status.st_mtime_ns, status.st_ino


def keep_first(database: Path, secret: Secret) -> None:
    """Make the file with a first secret, unless another process has made it meanwhile."""
    path, part = file_path(database), Path(f"{file_path(database)}.{secret.id}")
    try:
        _write(part, (secret,), database)
        if path.exists() and not read(database):  # Emptied by somebody's hand.
            part.replace(path)
        else:
            with suppress(FileExistsError):
                os.link(part, path)
    finally:
        part.unlink(missing_ok=True)
    sync_folder(path.parent)


def replace(database: Path, secrets: tuple[Secret, ...]) -> None:
    """Put secrets, the newest first, in the place of those that there are."""
    path, part = file_path(database), Path(f"{file_path(database)}.{secrets[0].id}")
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

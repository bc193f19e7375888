"""The list of whom to forget, beside the database: it outlives a restore of an older copy. Codes only."""

import os
from datetime import datetime
from pathlib import Path

import msgspec

from listino.db.snapshot import stamp


class Erasure(msgspec.Struct):
    """One customer's code, and when it was erased."""

    customer: str
    at: str


_line = msgspec.json.Decoder(Erasure)


def list_path(database: Path) -> Path:
    """Where the list of a database is."""
    return Path(f"{database}-erasures")


def note(database: Path, customer: str, now: datetime) -> None:
    """Append a customer's code to the list; it is on disk when this returns."""
    path = list_path(database)
    with path.open("ab") as file:
        file.write(msgspec.json.encode(Erasure(customer, stamp(now))) + b"\n")
        file.flush()
        os.fsync(file.fileno())
    sync_folder(path.parent)


def noted(database: Path) -> dict[str, str]:
    """The customers of the list with the last instant of their erasure; a line cut off by a crash is left out."""
    path = list_path(database)
    found: dict[str, str] = {}
    for line in path.read_bytes().splitlines() if path.exists() else ():
        try:
            erasure = _line.decode(line)
        except msgspec.DecodeError:
            continue
        found[erasure.customer] = max(erasure.at, found.get(erasure.customer, ""))
    return found


def sync_folder(folder: Path) -> None:
    """Bring a folder's names to disk."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)

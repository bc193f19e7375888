"""Files that commands write for somebody: never over another, readable by their owner alone."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from listino.core.errors import malformed


@contextmanager
def written_anew(path: Path, field: str = "output") -> Iterator[BinaryIO]:
    """A new file to write to.

    Errors:  Malformed where there is one already.
    """
    try:
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        raise malformed(field, "exists", f"{path} exists already.", "Name a new file, or remove it first.") from None
    with os.fdopen(handle, "wb") as file:
        yield file

"""Memory that all workers of a machine share: a file of fixed size, mapped when it is first needed."""

import mmap
import os
from functools import cached_property
from pathlib import Path

import structlog

log = structlog.get_logger()


class SharedMemory:
    """A file's bytes, and the handle by which workers lock parts of it."""

    def __init__(self, path: Path, size: int) -> None:
        self._size = size
        self.handle = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)

    @cached_property
    def bytes(self) -> mmap.mmap:
        """The bytes of the file, all of it on the disk before any is touched; this process's own without room for it.

        A page of a mapped file that the disk has no room for ends the process when it is written. On a full disk
        prices and orders are answered all the same, and what is counted here each worker counts for itself.
        """
        try:
            os.posix_fallocate(self.handle, 0, self._size)
            return mmap.mmap(self.handle, self._size)
        except OSError as error:
            log.warning("counted_apart", reason=error.strerror, bytes=self._size)
            return mmap.mmap(-1, self._size)

    def close(self) -> None:
        """Let go of the file."""
        if "bytes" in vars(self):
            self.bytes.close()
        os.close(self.handle)

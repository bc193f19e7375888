"""Asks every door for as long as is wished: `make fuzz SECONDS=600`."""

import sys
import tempfile
import time
from pathlib import Path

from tests.fuzz.contract import book_served, ran

SECONDS = 300


def main() -> int:
    """Run to the end of the time, with a seed of its own that a repeat can name; 0 when nothing was found."""
    seconds, seed, *_ = [*sys.argv[1:], "", ""]
    with tempfile.TemporaryDirectory() as folder, book_served(Path(folder)) as server:
        options = ("--max-time", seconds or str(SECONDS), "--seed", seed or str(int(time.time())))
        run = ran(server, Path(folder), *options, every_kind=True)
    print(run.stdout, run.stderr, sep="")
    return run.returncode


if __name__ == "__main__":
    sys.exit(main())

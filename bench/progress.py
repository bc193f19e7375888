"""What the benchmarks are doing, for whoever waits; stdout belongs to the result."""

import sys
import time

_STARTED_AT = time.perf_counter()


def told(text: str) -> None:
    """Say on stderr what happens now."""
    print(f"{time.perf_counter() - _STARTED_AT:6.1f} s  {text}", file=sys.stderr, flush=True)

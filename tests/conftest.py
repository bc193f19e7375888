"""What every test may use: chance with a printed seed, and Hypothesis that says how to repeat a failure."""

import os
import random
from collections.abc import Generator

import pytest
import structlog
from hypothesis import HealthCheck, settings

SEED = os.environ.get("LISTINO_TEST_SEED") or str(random.SystemRandom().randrange(10**9))

# How fast a machine draws is no property of ours.
settings.register_profile("listino", print_blob=True, deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("listino")


# A failure inside shows its traceback, not the values of all that it held.
structlog.configure(
    processors=[structlog.dev.ConsoleRenderer(colors=False, exception_formatter=structlog.dev.plain_traceback)]
)


@pytest.fixture
def chance(request: pytest.FixtureRequest) -> random.Random:
    """Chance of this test alone: one seed gives it the same numbers whichever tests run beside it."""
    return random.Random(f"{SEED} {request.node.nodeid}")


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item,
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    report = yield
    if report.failed and "chance" in getattr(item, "fixturenames", ()):
        report.sections.append(("chance", f"to repeat it: LISTINO_TEST_SEED={SEED}"))
    return report

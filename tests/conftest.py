"""What every test may use: chance with a printed seed, and Hypothesis that says how to repeat a failure."""

import os
import random
from collections.abc import Generator, Iterator

import pytest
import structlog
from hypothesis import HealthCheck, settings

from tests import engines

SEED = os.environ.get("LISTINO_TEST_SEED") or str(random.SystemRandom().randrange(10**9))

# The folders whose tests run on both engines, and of these the modules of which `make test` runs both.
ON_BOTH = ("db", "flows")
CORE = {
    "test_book", "test_writer", "test_snapshot", "test_release", "test_migrate", "test_statements", "test_price",
    "test_records", "test_on_a_server", "test_turns",
}  # fmt: skip

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


@pytest.fixture(autouse=True, scope="module")
def engine(request: pytest.FixtureRequest) -> Iterator[str]:
    """The engine that new databases are made on: SQLite, unless a test asks for the other."""
    name: str = getattr(request, "param", engines.SQLITE)
    with engines.working_on(name):
        yield name


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """What concerns the database runs on both engines: `make test` takes the core of it, `make test-all` all."""
    if metafunc.definition.path.parent.name not in ON_BOTH:
        return
    only = metafunc.definition.get_closest_marker("only_on")
    if only is not None:
        metafunc.parametrize("engine", list(only.args), indirect=True, scope="module")
        return
    module = metafunc.definition.path.stem
    marks = () if module in CORE else (pytest.mark.long,)
    on_server = pytest.param(engines.POSTGRESQL, marks=marks)
    metafunc.parametrize("engine", [engines.SQLITE, on_server], indirect=True, scope="module")

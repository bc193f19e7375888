"""What the tests in a browser share: the browser, started once for each file."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser

from tests.browser import browser


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    """The browser of this file."""
    with browser.chromium() as running:
        yield running

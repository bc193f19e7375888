"""A real Chromium for tests: the one that is there, else Debian's, else Playwright's own download."""

import fcntl
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path

import pytest
from playwright.sync_api import Browser, sync_playwright

NAMES = ("chromium", "chromium-browser", "google-chrome")
FLAGS = (
    "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
    "--disable-background-networking", "--disable-component-update", "--disable-sync",
)  # fmt: skip
APT_TIMEOUT_S = 240
DOWNLOAD_TIMEOUT_S = 60


@contextmanager
def chromium() -> Iterator[Browser]:
    """A new browser with nothing in it; without any, a failure where CI is set and a named "not run" elsewhere."""
    path, why = found()
    if path is None:
        told = f"no browser: {why}"
        if os.environ.get("CI"):
            pytest.fail(told)
        pytest.skip(told)
    with launched(path) as browser:
        yield browser


@contextmanager
def launched(path: str) -> Iterator[Browser]:
    """The browser at a path, until it is not needed any more."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=FLAGS, timeout=60_000)
        try:
            yield browser
        finally:
            browser.close()


@cache
def found() -> tuple[str | None, str]:
    """The path of a browser, or why there is none; only one process at a time may install one."""
    with (Path(tempfile.gettempdir()) / "listino-browser.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        tried = []
        for way in (_on_the_path, _debians, _playwrights):
            path, why = way()
            if path is not None:
                return path, why
            tried.append(why)
        return None, "; ".join(tried)


def _on_the_path() -> tuple[str | None, str]:
    path = next((path for path in map(shutil.which, NAMES) if path is not None), None)
    return path, f"none of {', '.join(NAMES)} is on the PATH"


def _debians() -> tuple[str | None, str]:
    if os.geteuid() != 0 or shutil.which("apt-get") is None:
        return None, "only root can install Debian's package"
    install = ["apt-get", "install", "-y", "--no-install-recommends", "chromium"]
    if not _ran(install, APT_TIMEOUT_S, DEBIAN_FRONTEND="noninteractive"):
        return None, "apt-get could not install chromium"
    return _on_the_path()


def _playwrights() -> tuple[str | None, str]:
    if not _ran([sys.executable, "-m", "playwright", "install", "chromium"], DOWNLOAD_TIMEOUT_S):
        return None, f"Playwright's download failed, or took over {DOWNLOAD_TIMEOUT_S} s"
    with sync_playwright() as playwright:
        path = playwright.chromium.executable_path
    return (path, "") if Path(path).exists() else (None, "Playwright's download is not there")


def _ran(command: list[str], timeout_s: float, **environment: str) -> bool:
    try:
        done = subprocess.run(
            command, capture_output=True, timeout=timeout_s, env=os.environ | environment, check=False
        )
    except (OSError, subprocess.TimeoutExpired):
        return False
    return done.returncode == 0

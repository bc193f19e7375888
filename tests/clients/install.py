"""`make test-clients`: install the clients that the registries of this machine have, and say which are not."""

import os
import shutil
import subprocess
import sys

from tests.clients.drivers import DRIVERS, HERE, NODE

PACKAGES = (
    ("strace",),
    ("php-cli", "php-soap", "php-xml", "php-curl"),
    ("mono-devel",),
    ("default-jdk-headless", "jaxws", "libjaxws-java", "libjackson2-databind-java"),
)
INSTALL_TIMEOUT_S = 900.0


def main() -> None:
    """Install what is missing; what cannot be installed is named, and is no failure here."""
    lacking = any(driver.missing() for driver in DRIVERS if not driver.name.startswith("node"))
    if lacking or shutil.which("strace") is None:
        _debian()
    if any(driver.missing() for driver in DRIVERS if driver.name.startswith("node")):
        _npm()
    for driver in DRIVERS:
        missing = driver.missing()
        print(f"{driver.name}: {'not installed, lacks ' + missing if missing else 'installed'}")


def _debian() -> None:
    if os.geteuid() != 0 or shutil.which("apt-get") is None:
        print("Debian's packages are installed by root alone.", file=sys.stderr)
        return
    _tried("apt-get", "update", "-qq")
    for packages in PACKAGES:
        _tried("apt-get", "install", "-y", "-qq", "--no-install-recommends", *packages)


def _npm() -> None:
    if shutil.which("npm") is None:
        return
    NODE.mkdir(parents=True, exist_ok=True)
    for name in ("package.json", "package-lock.json"):
        shutil.copy(HERE / name, NODE / name)
    _tried("npm", "ci", "--no-audit", "--no-fund", "--ignore-scripts", "--prefix", str(NODE))


def _tried(*command: str) -> None:
    environment = os.environ | {"DEBIAN_FRONTEND": "noninteractive"}
    try:
        done = subprocess.run(
            command, capture_output=True, text=True, timeout=INSTALL_TIMEOUT_S, check=False, env=environment
        )
    except subprocess.TimeoutExpired:
        print(f"{' '.join(command)}: given up after {INSTALL_TIMEOUT_S:.0f} s", file=sys.stderr)
        return
    if done.returncode:
        print(f"{' '.join(command)}: {done.stderr[-2000:]}", file=sys.stderr)


if __name__ == "__main__":
    main()

"""A real Tryton: made once per machine, copied and started for a test, stopped and killed as a test wants."""

import fcntl
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from hashlib import blake2b
from importlib.metadata import distributions
from pathlib import Path
from typing import Any

from listino.connectors.erp_tryton.rpc import Account, Rpc
from listino.connectors.http import HttpClient, Policy
from listino.core.errors import Unavailable
from tests.connectors.tryton.seed_names import ADMIN_PASSWORD, DATABASE, PASSWORD
from tests.server import free_port

BIN = Path(sys.executable).parent
ROOT = Path(__file__).parents[3]
SEED = Path(__file__).with_name("seed.py")
MODULES = ("sale_price_list",)
START_TIMEOUT_S = 120.0


def http() -> HttpClient:
    """The way to the network that the product itself takes."""
    return HttpClient(Policy(company_network=True))


@dataclass
class Tryton:
    """A server of Tryton's on a database file of its own."""

    folder: Path
    port: int = field(default_factory=free_port)
    process: "subprocess.Popen[bytes] | None" = None

    @property
    def url(self) -> str:
        """Where it answers."""
        return f"http://127.0.0.1:{self.port}"

    def settings(self, **own: Any) -> dict[str, Any]:
        """What an installation's file says of it."""
        connection = {"url": self.url, "database": DATABASE, "user": "listino", "password": PASSWORD, "deadline_s": 20}
        return {"connector": "tryton", "connection": connection, "tryton": {"zone": "Europe/Rome", **own}}

    def settings_file(self) -> Path:
        """The file of an installation that hands orders over to it, and soon knows what became of a call."""
        path = self.folder / "erp.toml"
        path.write_text(
            f"""connector = "tryton"

[connection]
url = "{self.url}"
database = "{DATABASE}"
user = "listino"
password = "env:TRYTON_PASSWORD"
deadline_s = 6
settling_s = 4
calls_per_minute = 6000

[tryton]
zone = "Europe/Rome"
overlap_s = 2
stock = false

[mirror]
every_s = 1
"""
        )
        return path

    def admin(self) -> Rpc:
        """Its administrator, for what people do in it."""
        account = Account(url=self.url, database=DATABASE, user="admin", password=ADMIN_PASSWORD)
        return Rpc(http(), account)

    def start(self) -> None:
        """Start it, and wait until it answers."""
        command = [str(BIN / "trytond"), "-c", str(self.folder / "trytond.conf"), "-d", DATABASE]
        with (self.folder / "trytond.log").open("ab") as log:
            self.process = subprocess.Popen(command, stdout=log, stderr=log, start_new_session=True)
        ends = time.monotonic() + START_TIMEOUT_S
        while True:
            assert self.process.poll() is None, (self.folder / "trytond.log").read_text()
            try:
                assert self.admin().context["company"]
                return
            except Unavailable:
                assert time.monotonic() < ends, "Tryton did not start in time."
                time.sleep(0.1)

    def stop(self) -> None:
        """Ask it to end, and wait."""
        self._end(signal.SIGTERM)

    def kill(self) -> None:
        """SIGKILL, in the middle of whatever it does."""
        self._end(signal.SIGKILL)

    def _end(self, sent: signal.Signals) -> None:
        if self.process is not None and self.process.poll() is None:
            os.killpg(self.process.pid, sent)
            self.process.wait(30)


@contextmanager
def running(folder: Path, template: Path) -> Iterator[Tryton]:
    """A Tryton on a copy of the company that was made."""
    (folder / "db").mkdir(parents=True)
    shutil.copy(template, folder / "db" / f"{DATABASE}.sqlite")
    tryton = Tryton(folder)
    _configure(folder, tryton.port)
    tryton.start()
    try:
        yield tryton
    finally:
        tryton.kill()


def made_template(cache: Path) -> Path:
    """The database of the company: made by Tryton itself, kept as long as neither it nor the company changes."""
    versions = sorted(f"{found.name} {found.version}" for found in distributions() if found.name.startswith("trytond"))
    key = blake2b(
        "\n".join([*versions, SEED.read_text(), SEED.with_name("seed_names.py").read_text()]).encode(), digest_size=8
    ).hexdigest()
    made = cache / f"{key}.sqlite"
    with (cache / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not made.exists():
            for old in cache.glob("*.sqlite"):
                old.unlink()
            _make(cache / "making", made)
    return made


def _make(folder: Path, made: Path) -> None:
    shutil.rmtree(folder, ignore_errors=True)
    (folder / "db").mkdir(parents=True)
    database = folder / "db" / f"{DATABASE}.sqlite"
    database.touch()
    (folder / "password").write_text(ADMIN_PASSWORD)
    config = str(_configure(folder, 0))
    environment = os.environ | {"TRYTONPASSFILE": str(folder / "password")}
    modules = [argument for module in MODULES for argument in ("-u", module)]
    admin = [str(BIN / "trytond-admin"), "-c", config, "-d", DATABASE, "--all", "--email", "admin@shop.example"]
    _run([*admin, "--activate-dependencies", *modules], environment)
    _run([sys.executable, "-m", "tests.connectors.tryton.seed", config, DATABASE], environment)
    database.rename(made)
    shutil.rmtree(folder)


def _configure(folder: Path, port: int) -> Path:
    path = folder / "trytond.conf"
    said: Mapping[str, Mapping[str, str]] = {
        "database": {"uri": "sqlite://", "path": str(folder / "db")},
        "web": {"listen": f"127.0.0.1:{port}"},
        "session": {"timeout": str(int(timedelta(hours=2).total_seconds()))},
    }
    lines = [
        f"[{name}]\n" + "".join(f"{key} = {value}\n" for key, value in table.items()) for name, table in said.items()
    ]
    path.write_text("\n".join(lines))
    return path


def _run(command: list[str], environment: dict[str, str]) -> None:
    done = subprocess.run(command, capture_output=True, text=True, timeout=600, env=environment, check=False, cwd=ROOT)
    assert done.returncode == 0, done.stdout + done.stderr

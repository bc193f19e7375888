"""The clients: what each needs, how it is built for a contract, and how it is asked.

All but zeep are programs beside this file that read calls as JSON and print outcomes as JSON; each uses its SOAP
library as its manual says.
"""

import json
import os
import shutil
import subprocess
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.clients import zeep_client
from tests.clients.place import Outcome, Place

HERE = Path(__file__).parent
# Where the packages of Node are installed to, outside what git holds.
NODE = HERE.parents[1] / ".clients" / "node"
JARS = Path("/usr/share/java")
JAVA_PARTS = ("jaxws-rt", "jaxws-api", "jaxb-api", "jaxb-runtime", "saaj-impl", "jackson-databind")
CALL_TIMEOUT_S = 120.0


@dataclass(frozen=True)
class Driver:
    """A client: `missing` names what is not installed (nothing: ""), `asked` carries calls out in an own folder."""

    name: str
    missing: Callable[[], str]
    asked: Callable[[Place, str, Path, list[dict[str, Any]]], list[Outcome]]


def _without(*commands: str) -> str:
    return ", ".join(command for command in commands if shutil.which(command) is None)


def _run(command: list[str], calls: list[dict[str, Any]], **environment: str) -> list[Outcome]:
    done = subprocess.run(
        command, input=json.dumps(calls), capture_output=True, text=True, timeout=CALL_TIMEOUT_S, check=False,
        env=os.environ | environment,
    )  # fmt: skip
    assert done.returncode == 0, f"{command[0]}: {done.stderr}\n{done.stdout}"
    outcomes: list[Outcome] = json.loads(done.stdout)
    return outcomes


def _build(command: list[str], folder: Path) -> None:
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=CALL_TIMEOUT_S, check=False)
    assert done.returncode == 0, f"{' '.join(command)}: {done.stdout}\n{done.stderr}"


def _php_missing() -> str:
    if _without("php"):
        return "php"
    modules = subprocess.run(["php", "-m"], capture_output=True, text=True, check=False).stdout.split()
    return "" if "soap" in modules else "php-soap"


def _php(place: Place, version: str, _: Path, calls: list[dict[str, Any]]) -> list[Outcome]:
    return _run(["php", str(HERE / "client.php"), place.contract(version), version, place.key], calls)


def _node(script: str) -> Callable[[Place, str, Path, list[dict[str, Any]]], list[Outcome]]:
    def asked(place: Place, version: str, _: Path, calls: list[dict[str, Any]]) -> list[Outcome]:
        command = ["node", str(HERE / script), place.contract(version), version, place.key]
        return _run(command, calls, NODE_PATH=str(NODE / "node_modules"))

    return asked


def _node_missing(package: str) -> Callable[[], str]:
    def missing() -> str:
        return _without("node") or ("" if (NODE / "node_modules" / package).is_dir() else f"the npm package {package}")

    return missing


def _dotnet(place: Place, version: str, folder: Path, calls: list[dict[str, Any]]) -> list[Outcome]:
    program = folder / "client.exe"
    if not program.exists():
        protocol = "Soap12" if version == "1.2" else "Soap"
        _build(["wsdl", f"-protocol:{protocol}", "-out:Stubs.cs", place.contract(version)], folder)
        parts = ["-r:System.Web.Services", "-r:System.Web.Extensions", "-r:System.Xml"]
        _build(["mcs", f"-out:{program}", *parts, "Stubs.cs", str(HERE / "Client.cs")], folder)
    return _run(["mono", str(program), f"{place.address}/soap", place.key], calls)


def _java_missing() -> str:
    jars = [f"{part}.jar" for part in JAVA_PARTS if not (JARS / f"{part}.jar").exists()]
    return ", ".join(filter(None, [_without("java", "javac", "wsimport"), *jars]))


def _java(place: Place, version: str, folder: Path, calls: list[dict[str, Any]]) -> list[Outcome]:
    classes = ":".join([str(folder), str(JARS / "*")])
    if not (folder / "Client.class").exists():
        contract = f"{place.address}/soap?wsdl"
        _build(["wsimport", "-extension", "-quiet", "-keep", "-p", "listino", "-d", str(folder), contract], folder)
        _build(["javac", "-cp", classes, "-d", str(folder), str(HERE / "Client.java")], folder)
    return _run(["java", "-cp", classes, "Client", f"{place.address}/soap?wsdl", version, place.key], calls)


DRIVERS = (
    Driver("zeep", lambda: "", zeep_client.asked),
    Driver("php", _php_missing, _php),
    Driver("node soap", _node_missing("soap"), _node("client_soap.js")),
    Driver("node strong-soap", _node_missing("strong-soap"), _node("client_strong.js")),
    Driver("dotnet (mono)", lambda: _without("mono", "mcs", "wsdl"), _dotnet),
    Driver("java (jax-ws)", _java_missing, _java),
)

"""A file of requests as editors run them (VS Code REST Client, JetBrains HTTP Client), read and sent."""

import http.client
import json
import re
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from tests.server import Answer, Server

_TITLE = re.compile(r"^(?P<title>.*?)(?: \((?P<status>\d{3})\))?$")


@dataclass
class Request:
    """One request with its title, and the status that the title names: 200 where it names none."""

    title: str
    status: int
    method: str
    path: str
    headers: dict[str, str]
    body: str
    known: dict[str, str] = field(repr=False)

    def sent(self, server: Server) -> Answer:
        """What it is answered; what later requests need of the answer is kept for them."""
        self.known |= {"key": server.key, "now": datetime.now(UTC).isoformat(timespec="seconds")}
        connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=5)
        headers = {name: self._filled(value) for name, value in self.headers.items()}
        connection.request(self.method, self._filled(self.path), self._filled(self.body) or None, headers)
        response = connection.getresponse()
        stream = response.headers["content-type"].startswith("text/event-stream")
        answer = Answer(response.status, response.readline() if stream else response.read())
        connection.close()
        said = json.loads(answer.body) if response.headers["content-type"].startswith("application/json") else {}
        given = {name: said[name] for name in ("token", "quote") if isinstance(said.get(name), str)}
        if self.method == "POST" and self.path == "/v1/orders" and response.status == 201:
            given["order"] = said["id"]
        self.known |= given
        return answer

    def _filled(self, text: str) -> str:
        return re.sub(r"\{\{\$?(\w+)[^}]*\}\}", lambda found: self.known[NAMES.get(found[1], found[1])], text)


# How the editors name the present.
NAMES = {"datetime": "now"}


def requests_of(path: Path) -> list[Request]:
    """The requests of a file in their order; they share what is known."""
    known: dict[str, str] = {}
    first, *parts = re.split(r"^### ", path.read_text(encoding="utf-8"), flags=re.MULTILINE)
    assert re.findall(r"^@(\w+) = ", first, re.MULTILINE) == ["host", "key", "token", "quote", "order"]
    return [_read(part, known) for part in parts]


def _read(part: str, known: dict[str, str]) -> Request:
    title, _, rest = part.partition("\n")
    lines = [line for line in rest.splitlines() if not line.startswith(("#", "//"))]
    while not lines[0]:
        del lines[0]
    head, _, body = "\n".join(lines).partition("\n\n")
    first, *headers = head.splitlines()
    method, address = first.split(" ", 1)
    assert address.startswith("{{host}}/"), address
    found = _TITLE.match(title)
    assert found is not None
    pairs = dict(line.split(": ", 1) for line in headers)
    return Request(found["title"], int(found["status"] or 200), method, address.removeprefix("{{host}}"), pairs,
                   body.strip(), known)  # fmt: skip

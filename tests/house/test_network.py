"""One place opens sockets to the outside for HTTP, one for mail: deadlines, address checks and scrubbing hold there."""

from tests.house.code import SOURCE, parsed, place, python_files
from tests.house.test_core import imported_modules

NETWORK = {
    "aiohttp", "ftplib", "http", "httpx", "imaplib", "poplib", "requests", "smtplib", "socket", "socketserver", "ssl",
    "telnetlib", "urllib.request", "urllib3", "websockets", "xmlrpc",
}  # fmt: skip
# Who may nevertheless, each with its reason.
EXCEPTIONS = {
    "src/listino/connectors/http.py": "the one way to the network",
    "src/listino/connectors/events.py": "a stream has no end by a deadline",
    "src/listino/connectors/mail.py": "mail is not HTTP",
    "src/listino/cli/serving.py": "asks whether the port is free, and the own server whether it is up",
    "src/listino/web/hanging_up.py": "cuts connections that others opened to us; opens none",
}


def test_nobody_else_opens_a_socket() -> None:
    found = [
        f"{place(path, node)} {module}"
        for path in python_files(SOURCE)
        if place(path) not in EXCEPTIONS
        for node, module in imported_modules(parsed(path))
        if {module, module.split(".")[0]} & NETWORK
    ]
    assert found == [], "\n".join(found)

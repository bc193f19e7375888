"""A store's own site at another origin than ours: its pages, a strict policy, and who is signed in."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import msgspec

TOKEN_PATH = "/listino-token"


@dataclass
class Site:
    """Pages by path, and a token for whoever is signed in (a cookie names the customer)."""

    address: str
    pages: dict[str, str] = field(default_factory=dict)
    policy: str = ""
    # Mints a token for a customer, or for the guest; None: the store cannot now.
    mint: Callable[[str | None], dict[str, Any]] | None = None
    minted: int = 0

    def answer(self, path: str, customer: str | None) -> tuple[int, str, bytes]:
        """Status, content type and body of a path."""
        if path == TOKEN_PATH:
            if self.mint is None:
                return 503, "text/plain", b""
            self.minted += 1
            return 200, "application/json", msgspec.json.encode(self.mint(customer))
        if path not in self.pages:
            return 404, "text/plain", b""
        kind = {"js": "text/javascript", "css": "text/css"}.get(path.rpartition(".")[2], "text/html")
        return 200, f"{kind}; charset=utf-8", self.pages[path].encode()


@contextmanager
def site() -> Iterator[Site]:
    """A site under way on a port of its own."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            cookies = dict(pair.split("=", 1) for pair in self.headers.get("Cookie", "").split("; ") if "=" in pair)
            status, kind, body = shop.answer(self.path.partition("?")[0], cookies.get("customer") or None)
            self.send_response(status)
            self.send_header("Content-Type", kind)
            self.send_header("Content-Length", str(len(body)))
            self.send_header("Cache-Control", "no-store")
            if shop.policy:
                self.send_header("Content-Security-Policy", shop.policy)
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    shop = Site(f"http://127.0.0.1:{server.server_address[1]}")
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
    thread.start()
    try:
        yield shop
    finally:
        server.shutdown()
        server.server_close()
        thread.join()

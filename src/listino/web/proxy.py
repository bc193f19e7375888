"""Behind which address the caller sees us: what trusted proxies say, the base path, the public URL."""

import re
from functools import lru_cache
from ipaddress import IPv4Network, IPv6Network, ip_address, ip_network
from typing import Any
from urllib.parse import urlsplit

from starlette.requests import HTTPConnection

from listino.core.errors import malformed
from listino.web.hanging_up import PEER
from listino.web.settings import WebSettings

# As callers see us under few names, so many are remembered.
ROOTS_KEPT_MAX = 64
FORWARDED = (b"x-forwarded-for", b"x-forwarded-proto", b"x-forwarded-host", b"x-forwarded-prefix")
_HOST = re.compile(r"(\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9._-]+)(:\d{1,5})?", re.ASCII)
_PREFIX = re.compile(r"(/[A-Za-z0-9._~!$&'()*+,;=:@%-]+)*", re.ASCII)

Network = IPv4Network | IPv6Network
Scope = dict[str, Any]


class Proxies:
    """Makes of a request what the caller sent before proxies passed it on.

    Errors:  Malformed for a setting that is no address, path or URL.
    """

    def __init__(self, settings: WebSettings) -> None:
        self._trusted = tuple(_network(text) for text in settings.trusted_proxies)
        self._prefix = settings.base_path.rstrip("/")
        if not _PREFIX.fullmatch(self._prefix):
            raise malformed("base_path", "not_a_path", f"{self._prefix!r} is not a path.", "Write it as /prices.")
        self._public = _public(settings.public_url) if settings.public_url is not None else None

    def seen(self, scope: Scope) -> Scope:
        """A request's scope with scheme, host, client and root path as the caller sees them.

        The path comes without base path or prefix, and goes with it, as ASGI's root path wants.
        """
        scheme, host, client, prefix = scope["scheme"], None, scope.get("client"), self._prefix
        if self._trusted and client is not None and self._trusts(client[0]):
            said = _forwarded(scope)
            chain = said.get(b"x-forwarded-for", [])
            hops = 1
            while hops < len(chain) and self._trusts(chain[-hops]):
                hops += 1
            if chain:
                client = (chain[-hops], 0)
            scheme = _nearest(said, b"x-forwarded-proto", hops, re.compile("https?")) or scheme
            host = _nearest(said, b"x-forwarded-host", hops, _HOST)
            stripped = _nearest(said, b"x-forwarded-prefix", hops, _PREFIX)
            prefix = prefix if stripped is None else stripped
        if self._public is not None:
            scheme, host, path = self._public
            prefix = path or self._prefix
        return _rewritten(scope, scheme, host, client, prefix)

    def _trusts(self, address: str) -> bool:
        try:
            found = ip_address(address.strip("[]"))
        except ValueError:
            return False
        mapped = getattr(found, "ipv4_mapped", None)
        return any((mapped or found) in network for network in self._trusted)


def network_of(address: str) -> str:
    """What counts as one caller: an address, or of IPv6 the network of 64 bits that one line is given."""
    try:
        found = ip_address(address.strip("[]"))
    except ValueError:
        return address
    mapped = getattr(found, "ipv4_mapped", None)
    if mapped is not None or found.version == 4:
        return str(mapped or found)
    return str(IPv6Network((int(found) >> 64 << 64, 64)))


def root_of(connection: HTTPConnection) -> str:
    """The address that our paths are to be put behind, as the caller sees us; never ends in a slash."""
    scope = connection.scope
    server = scope.get("server")
    return _root(
        scope["scheme"], None if server is None else tuple(server), connection.headers.get("host"),
        scope.get("app_root_path", scope.get("root_path", "")),
    )  # fmt: skip


@lru_cache(maxsize=ROOTS_KEPT_MAX)
def _root(scheme: str, server: tuple[str, int] | None, host: str | None, root_path: str) -> str:
    headers = [] if host is None else [(b"host", host.encode("latin-1"))]
    scope = {"type": "http", "scheme": scheme, "server": server, "headers": headers, "root_path": root_path, "path": ""}
    base = HTTPConnection(scope).base_url
    return str(base).rstrip("/") if _HOST.fullmatch(base.netloc) else root_path


def _rewritten(scope: Scope, scheme: str, host: str | None, client: Any, prefix: str) -> Scope:
    changed: Scope = {**scope, "scheme": scheme, "client": client, PEER: scope.get("client")}
    if prefix:
        changed["root_path"], changed["path"] = prefix, prefix + scope["path"]
    if host is not None:
        others = [(name, value) for name, value in scope["headers"] if name != b"host"]
        changed["headers"] = [(b"host", host.encode()), *others]
    return changed


def _forwarded(scope: Scope) -> dict[bytes, list[str]]:
    said: dict[bytes, list[str]] = {}
    for name, value in scope["headers"]:
        if name in FORWARDED:
            said.setdefault(name, []).extend(part.strip() for part in value.decode("latin-1").split(","))
    return said


def _nearest(said: dict[bytes, list[str]], name: bytes, hops: int, pattern: re.Pattern[str]) -> str | None:
    """What the outermost trusted proxy said; what its own caller had put before that does not count."""
    values = said.get(name)
    if not values:
        return None
    value = values[-min(hops, len(values))].rstrip("/")
    return value if pattern.fullmatch(value) else None


def _network(text: str) -> Network:
    try:
        return ip_network(text, strict=False)
    except ValueError:
        remedy = "Name addresses or networks, as 10.0.0.0/8,127.0.0.1."
        raise malformed("trusted_proxies", "not_an_address", f"{text!r} is not an address.", remedy) from None


def _public(url: str) -> tuple[str, str, str]:
    parts = urlsplit(url.rstrip("/"))
    if parts.scheme not in {"http", "https"} or not _HOST.fullmatch(parts.netloc) or not _PREFIX.fullmatch(parts.path):
        remedy = "Write it as https://prices.example.com/api."
        raise malformed("public_url", "not_a_url", f"{url!r} is not the URL of a server.", remedy)
    return parts.scheme, parts.netloc, parts.path

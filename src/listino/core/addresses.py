"""Which network addresses may be called when somebody outside the company has named the target."""

from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network

from listino.core.errors import malformed

Network = IPv4Network | IPv6Network

# IPv6 addresses through which a gateway reaches the IPv4 address in their last four bytes (RFC 6052).
_NAT64 = IPv6Network("64:ff9b::/96")
# Special ones that not every version of Python knows as such (IANA's registries), and a cloud's own services behind
# an address that looks like anybody's.
_SPECIAL = (
    IPv4Network("192.0.0.0/24"),
    IPv4Network("192.88.99.0/24"),
    IPv4Network("168.63.129.16/32"),
    IPv6Network("64:ff9b:1::/48"),
    IPv6Network("2001::/23"),
    IPv6Network("5f00::/16"),
)


def networks_from(text: str, setting: str) -> tuple[Network, ...]:
    """The networks of a setting: `10.1.0.0/16, 192.168.1.20`.

    Errors:  Malformed, naming the setting.
    """
    found: list[Network] = []
    for part in filter(None, (part.strip() for part in text.split(","))):
        try:
            found.append(ip_network(part))
        except ValueError as error:
            remedy = "Write networks with a comma between them: 10.1.0.0/16, 192.168.1.20, fd00:12::/64."
            raise malformed(setting, "form", f"{part!r} is not a network: {error}.", remedy) from error
    return tuple(found)


def may_be_called(address: str, allowed: tuple[Network, ...]) -> bool:
    """Whether an address is one of the public internet, or in a network that the operator allows."""
    plain = _meant(ip_address(address.partition("%")[0]))
    return is_allowed(address, allowed) or _is_public(plain)


def is_allowed(address: str, allowed: tuple[Network, ...]) -> bool:
    """Whether an address is in a network that the operator allows."""
    plain = _meant(ip_address(address.partition("%")[0]))
    return any(plain in network for network in allowed)


def _is_public(address: IPv4Address | IPv6Address) -> bool:
    return address.is_global and not address.is_multicast and not any(address in network for network in _SPECIAL)


def _meant(address: IPv4Address | IPv6Address) -> IPv4Address | IPv6Address:
    """The IPv4 address that an IPv6 one stands for, where it stands for one."""
    if isinstance(address, IPv6Address):
        if address in _NAT64:
            return IPv4Address(address.packed[-4:])
        return address.ipv4_mapped or address.sixtofour or address
    return address

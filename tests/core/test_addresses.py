"""Which addresses a webhook may lead to."""

from ipaddress import ip_network

import pytest

from listino.core.addresses import may_be_called, networks_from
from listino.core.errors import Malformed

REFUSED = """
127.0.0.1 127.8.8.8 0.0.0.0 10.0.0.1 172.16.0.1 172.31.255.255 192.168.1.1 169.254.169.254 100.64.0.1 100.100.100.200
192.0.0.192 168.63.129.16 224.0.0.1 255.255.255.255 240.0.0.1 ::1 :: fe80::1 fe80::1%eth0 fc00::1 fd00:ec2::254 ff02::1
::ffff:127.0.0.1 ::ffff:10.0.0.1 64:ff9b::a00:1 2002:a00:1:: 2001:db8::1
""".split()


@pytest.mark.parametrize("address", REFUSED)
def test_what_is_not_of_the_public_internet_is_refused(address: str) -> None:
    assert not may_be_called(address, ())


@pytest.mark.parametrize("address", ["8.8.8.8", "172.32.0.1", "2606:4700::1111", "::ffff:8.8.8.8", "64:ff9b::808:808"])
def test_public_addresses_are_called(address: str) -> None:
    assert may_be_called(address, ())


def test_an_allowed_network_is_called_and_its_neighbour_is_not() -> None:
    allowed = (ip_network("10.1.0.0/16"),)
    assert may_be_called("10.1.2.3", allowed)
    assert may_be_called("::ffff:10.1.2.3", allowed)
    assert not may_be_called("10.2.0.1", allowed)


def test_the_setting_says_what_is_wrong_with_it() -> None:
    assert networks_from(" 10.1.0.0/16, 192.168.1.20 ,", "X") == (
        ip_network("10.1.0.0/16"),
        ip_network("192.168.1.20/32"),
    )
    with pytest.raises(Malformed) as refusal:
        networks_from("10.1.0.1/16", "LISTINO_WEBHOOK_NETWORKS")
    assert refusal.value.faults[0].field == "LISTINO_WEBHOOK_NETWORKS"

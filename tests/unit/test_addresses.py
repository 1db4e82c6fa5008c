"""Which addresses the server speaks to on somebody else's word."""

from __future__ import annotations

from ipaddress import IPv4Address, IPv6Address, ip_address

import pytest
from hypothesis import given
from hypothesis import strategies as st

from askare.outside.addresses import AllowList, Kind, kind_of, may_connect, written_address

NOTHING_LISTED = AllowList()


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("127.0.0.1", Kind.LOOPBACK),
        ("127.255.255.254", Kind.LOOPBACK),
        ("0.0.0.0", Kind.LOOPBACK),  # noqa: S104  -- not listened on
        ("::1", Kind.LOOPBACK),
        ("::", Kind.LOOPBACK),
        ("10.1.2.3", Kind.PRIVATE),
        ("172.16.0.1", Kind.PRIVATE),
        ("172.31.255.255", Kind.PRIVATE),
        ("192.168.1.1", Kind.PRIVATE),
        ("100.64.0.1", Kind.PRIVATE),
        ("fc00::1", Kind.PRIVATE),
        ("fd12:3456::1", Kind.PRIVATE),
        ("fec0::1", Kind.PRIVATE),
        ("169.254.1.1", Kind.LINK_LOCAL),
        ("fe80::1", Kind.LINK_LOCAL),
        ("fe80::1%eth0", Kind.LINK_LOCAL),
        ("169.254.169.254", Kind.METADATA),
        ("100.100.100.200", Kind.METADATA),
        ("168.63.129.16", Kind.METADATA),
        ("192.0.0.192", Kind.METADATA),
        ("fd00:ec2::254", Kind.METADATA),
        ("224.0.0.1", Kind.RESERVED),
        ("255.255.255.255", Kind.RESERVED),
        ("198.18.0.1", Kind.RESERVED),
        ("ff02::1", Kind.RESERVED),
        ("2001:db8::1", Kind.RESERVED),
        ("2001::1", Kind.RESERVED),
        ("100::1", Kind.RESERVED),
        ("4000::1", Kind.RESERVED),
        ("172.15.255.255", Kind.PUBLIC),
        ("172.32.0.1", Kind.PUBLIC),
        ("100.128.0.1", Kind.PUBLIC),
        ("8.8.8.8", Kind.PUBLIC),
        ("2a00:1450:4010::1", Kind.PUBLIC),
    ],
)
def test_each_address_belongs_to_one_kind(text: str, kind: Kind) -> None:
    assert kind_of(ip_address(text)) is kind


@pytest.mark.parametrize(
    "carrier",
    [
        "::ffff:{v4}",
        "::ffff:0:{v4}",
        "::{v4}",
        "64:ff9b::{v4}",
        "2002:{hex}::1",
        "2a00:1450::5efe:{v4}",
        "2a00:1450::200:5efe:{v4}",
    ],
)
@pytest.mark.parametrize(
    ("v4", "kind"),
    [
        ("127.0.0.1", Kind.LOOPBACK),
        ("10.0.0.1", Kind.PRIVATE),
        ("169.254.169.254", Kind.METADATA),
        ("192.168.0.1", Kind.PRIVATE),
    ],
)
def test_an_address_inside_another_one_counts_as_itself(carrier: str, v4: str, kind: Kind) -> None:
    packed = int(IPv4Address(v4))
    carried = carrier.format(v4=v4, hex=f"{packed >> 16:x}:{packed & 0xFFFF:x}")

    assert kind_of(ip_address(carried)) is kind


@pytest.mark.parametrize(
    "spelling",
    [
        "127.0.0.1",
        "127.0.0.1.",
        "2130706433",
        "0x7f000001",
        "017700000001",
        "0177.0.0.1",
        "0x7f.0.0.1",
        "127.1",
        "127.0.1",
        "0X7F.1",
    ],
)
def test_every_spelling_of_an_address_is_the_address(spelling: str) -> None:
    assert written_address(spelling) == IPv4Address("127.0.0.1")


def test_brackets_belong_to_the_spelling() -> None:
    assert written_address("[::ffff:127.0.0.1]") == IPv6Address("::ffff:127.0.0.1")


@pytest.mark.parametrize("name", ["example.com", "127.0.0.1.example", "localhost", "a", "", ".", "0x", "999.1.1.1.1"])
def test_a_name_is_no_address(name: str) -> None:
    assert written_address(name) is None


@given(st.ip_addresses())
def test_only_public_addresses_are_open_to_everybody(address: IPv4Address | IPv6Address) -> None:
    if may_connect(address, host="somewhere.example", port=443, allow=NOTHING_LISTED):
        # What Python's own table calls private is never among them.
        assert not any((address.is_loopback, address.is_link_local, address.is_private, address.is_multicast))


def listed(text: str, address: str, *, host: str = "pbx.example", port: int = 80) -> bool:
    return may_connect(ip_address(address), host=host, port=port, allow=AllowList.read(text))


def test_a_listed_address_is_open_by_whatever_name() -> None:
    assert listed("10.0.0.5", "10.0.0.5")
    assert not listed("10.0.0.5", "10.0.0.6")


def test_a_listed_range_is_open() -> None:
    assert listed("192.168.0.0/16, fd00::/8", "192.168.7.7")
    assert listed("192.168.0.0/16, fd00::/8", "fd00::7")
    assert not listed("192.168.0.0/16, fd00::/8", "10.0.0.1")


def test_a_listed_name_is_open_wherever_it_leads() -> None:
    assert listed("PBX.example", "10.0.0.5")
    assert listed("pbx.example.", "127.0.0.1")
    assert not listed("pbx.example", "10.0.0.5", host="other.example")


def test_a_star_stands_for_all_names_below() -> None:
    assert listed("*.example", "10.0.0.5")
    assert not listed("*.example", "10.0.0.5", host="example")


def test_a_port_may_be_named() -> None:
    assert listed("pbx.example:80, 10.0.0.9:81", "10.0.0.5")
    assert not listed("pbx.example:81", "10.0.0.5")
    assert listed("[::1]:80", "::1")
    assert not listed("127.0.0.1:81", "127.0.0.1")


def test_every_bad_entry_of_the_list_is_named() -> None:
    with pytest.raises(ValueError, match=r"http://a, 10\.0\.0\.0/33"):
        AllowList.read("good.example, http://a, 10.0.0.0/33")

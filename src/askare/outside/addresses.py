"""Which network addresses the server may speak to on somebody else's word.

An address given by a client may point into the house: at this machine, at its neighbours, at the cloud's metadata.
So every address is looked up in the table below, whatever way it was written, and only public ones pass, besides
those that the administrator lists (`ASKARE_OUTBOUND_ALLOW`).
"""

from __future__ import annotations

import re
import socket
from enum import Enum
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network

from msgspec import Struct

Address = IPv4Address | IPv6Address
Network = IPv4Network | IPv6Network


class Kind(Enum):
    """What an address belongs to; only PUBLIC ones are open to everybody."""

    PUBLIC = "public"
    LOOPBACK = "loopback"  # this machine
    PRIVATE = "private"  # the house's own network
    LINK_LOCAL = "link-local"  # this cable
    METADATA = "metadata"  # where clouds hand out a machine's keys
    RESERVED = "reserved"  # multicast, documentation, and whatever nobody has given out


# First match wins.  Source: the IANA special-purpose registries for IPv4 and IPv6, and the clouds' manuals.
_IPV4 = [
    (IPv4Network(network), kind)
    for network, kind in (
        ("169.254.169.254/32", Kind.METADATA),  # nearly all clouds
        ("169.254.170.2/32", Kind.METADATA),  # Amazon, containers
        ("169.254.170.23/32", Kind.METADATA),  # Amazon, Kubernetes
        ("100.100.100.200/32", Kind.METADATA),  # Alibaba
        ("168.63.129.16/32", Kind.METADATA),  # Azure; public by its number
        ("192.0.0.192/32", Kind.METADATA),  # Oracle
        ("0.0.0.0/8", Kind.LOOPBACK),  # Linux connects 0.0.0.0 to itself
        ("127.0.0.0/8", Kind.LOOPBACK),
        ("169.254.0.0/16", Kind.LINK_LOCAL),
        ("10.0.0.0/8", Kind.PRIVATE),
        ("100.64.0.0/10", Kind.PRIVATE),  # behind a carrier's address translation
        ("172.16.0.0/12", Kind.PRIVATE),
        ("192.168.0.0/16", Kind.PRIVATE),
        ("192.0.0.0/24", Kind.RESERVED),
        ("192.0.2.0/24", Kind.RESERVED),
        ("192.88.99.0/24", Kind.RESERVED),
        ("198.18.0.0/15", Kind.RESERVED),
        ("198.51.100.0/24", Kind.RESERVED),
        ("203.0.113.0/24", Kind.RESERVED),
        ("224.0.0.0/3", Kind.RESERVED),  # multicast, future use, broadcast
    )
]
_IPV6 = [
    (IPv6Network(network), kind)
    for network, kind in (
        ("fd00:ec2::/32", Kind.METADATA),  # Amazon
        ("fd20:ce::254/128", Kind.METADATA),  # Google
        ("::/127", Kind.LOOPBACK),  # :: and ::1
        ("fe80::/10", Kind.LINK_LOCAL),
        ("fc00::/7", Kind.PRIVATE),
        ("fec0::/10", Kind.PRIVATE),  # site-local, of old
        ("64:ff9b:1::/48", Kind.PRIVATE),  # address translation inside a house
        ("2001::/23", Kind.RESERVED),  # Teredo, ORCHID and other tunnels
        ("2001:db8::/32", Kind.RESERVED),
        ("3fff::/20", Kind.RESERVED),
        ("2000::/3", Kind.PUBLIC),  # all that has been given out; what is not in it is reserved
    )
]
# Ranges whose addresses carry an IPv4 address, and how many bits to the left of the end it lies.
_CARRIERS = (
    (IPv6Network("::ffff:0:0/96"), 0),  # IPv4-mapped
    (IPv6Network("::ffff:0:0:0/96"), 0),  # IPv4-translated
    (IPv6Network("64:ff9b::/96"), 0),  # NAT64
    (IPv6Network("2002::/16"), 80),  # 6to4
)
_IPV4_COMPATIBLE = IPv6Network("::/96")
_ISATAP = (0x00005EFE, 0x02005EFE)  # bits 64 to 95 of an address whose last 32 are an IPv4 address


def kind_of(address: Address) -> Kind:
    """What an address belongs to.  An IPv6 address that carries an IPv4 address is what that one is."""
    if isinstance(address, IPv4Address):
        return next((kind for network, kind in _IPV4 if address in network), Kind.PUBLIC)
    if address.scope_id is not None:
        return Kind.LINK_LOCAL
    for network, shift in _CARRIERS:
        if address in network:
            return kind_of(IPv4Address((int(address) >> shift) & 0xFFFFFFFF))
    if (int(address) >> 32) & 0xFFFFFFFF in _ISATAP:
        carried = kind_of(IPv4Address(int(address) & 0xFFFFFFFF))
        if carried is not Kind.PUBLIC:
            return carried
    if address in _IPV4_COMPATIBLE and int(address) > 1:
        return kind_of(IPv4Address(int(address) & 0xFFFFFFFF))
    return next((kind for network, kind in _IPV6 if address in network), Kind.RESERVED)


def written_address(host: str) -> Address | None:
    """The address that a host is, when it is not a name; in any spelling that some resolver understands.

    >>> written_address("0x7f.1"), written_address("2130706433"), written_address("[::1]"), written_address("a.example")
    (IPv4Address('127.0.0.1'), IPv4Address('127.0.0.1'), IPv6Address('::1'), None)
    """
    bare = host[1:-1] if host.startswith("[") and host.endswith("]") else host
    try:
        return ip_address(bare.rstrip(".") or bare)
    except ValueError:
        pass
    if not re.fullmatch(r"[0-9a-fA-FxX.]+", bare):
        return None
    try:  # decimal, octal, hexadecimal, and with fewer than four parts
        return IPv4Address(socket.inet_aton(bare.rstrip(".")))
    except OSError:
        return None


class AllowList(Struct, frozen=True):
    """What the administrator opens: hosts by name, addresses, ranges; each with all ports or with one.

    A name that begins with `*.` stands for everything below it.  Opening a name opens whatever address it has.
    """

    hosts: frozenset[tuple[str, int | None]] = frozenset()
    networks: tuple[tuple[Network, int | None], ...] = ()

    @classmethod
    def read(cls, text: str) -> AllowList:
        """The list that a setting spells: separated by commas.  Raises ValueError naming every entry that is none."""
        hosts: set[tuple[str, int | None]] = set()
        networks: list[tuple[Network, int | None]] = []
        bad: list[str] = []
        for entry in filter(None, map(str.strip, text.split(","))):
            host, port = _split_port(entry)
            network = _network(host)
            if network is not None:
                networks.append((network, port))
            elif re.fullmatch(r"(\*\.)?[a-z0-9_]([a-z0-9_.-]*[a-z0-9_])?\.?", host.lower()):
                hosts.add((_folded(host), port))
            else:
                bad.append(entry)
        if bad:
            raise ValueError(f"neither a host, an address nor a range such as 10.0.0.0/8: {', '.join(bad)}")
        return cls(frozenset(hosts), tuple(networks))

    def opens_host(self, host: str, port: int) -> bool:
        name = _folded(host)
        parents = [f"*.{name[at + 1 :]}" for at, letter in enumerate(name) if letter == "."]
        return any((one, wanted) in self.hosts for one in (name, *parents) for wanted in (None, port))

    def opens_address(self, address: Address, port: int) -> bool:
        return any(
            address.version == network.version and address in network and wanted in (None, port)
            for network, wanted in self.networks
        )


# Where the administrator names a server in a setting of its own, it may well be in the house.
OF_THE_HOUSE = frozenset({Kind.PUBLIC, Kind.LOOPBACK, Kind.PRIVATE})
OF_EVERYBODY = frozenset({Kind.PUBLIC})


def may_connect(
    address: Address, *, host: str, port: int, allow: AllowList, open_kinds: frozenset[Kind] = OF_EVERYBODY
) -> bool:
    """Whether the server may connect to this very address, which `host` stands for."""
    return kind_of(address) in open_kinds or allow.opens_host(host, port) or allow.opens_address(address, port)


def _folded(host: str) -> str:
    return host.lower().rstrip(".")


def _network(text: str) -> Network | None:
    try:
        return ip_network(text.strip("[]"), strict=False)
    except ValueError:
        return None


def _split_port(entry: str) -> tuple[str, int | None]:
    match = re.fullmatch(r"(\[[^\]]+\]|[^:]+):(\d{1,5})", entry)
    return (match[1], int(match[2])) if match else (entry, None)

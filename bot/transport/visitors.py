"""Who asks, also from behind a proxy: `X-Forwarded-For` is believed only where a known proxy has written it."""

from collections.abc import Iterable, Sequence
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network

Network = IPv4Network | IPv6Network
IPV6_PREFIX = 64  # one customer's network has at least that many addresses


def read_networks(texts: Iterable[str]) -> tuple[Network, ...]:
    """Return addresses and networks, such as 10.0.0.7 or 10.0.0.0/8; ValueError for what is none."""
    return tuple(map(ip_network, texts))


def visitor(remote: str | None, forwarded: Sequence[str], trusted: Sequence[Network]) -> str:
    """Return the address that a request comes from; `forwarded` are its headers `X-Forwarded-For`, in their order.

    Each proxy adds on the right whom it got the request from, so what stands left of the first address that is no known
    proxy could be made up. The network of an IPv6 address stands for all of its addresses.
    """
    hops = [one.strip() for one in ",".join(forwarded).split(",")] if forwarded else []
    found = _address(remote or "")
    while found is not None and hops and any(found in network for network in trusted):
        found = _address(hops.pop())
    return _named(found)


def _address(text: str) -> IPv4Address | IPv6Address | None:
    try:
        found = ip_address(text.removeprefix("[").removesuffix("]"))
    except ValueError:
        return None
    return (found.ipv4_mapped or found) if isinstance(found, IPv6Address) else found


def _named(address: IPv4Address | IPv6Address | None) -> str:
    if isinstance(address, IPv6Address):
        return str(ip_network((int(address), IPV6_PREFIX), strict=False))
    return str(address or "")

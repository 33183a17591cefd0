"""Which machines a calendar may be fetched from: public ones, and private ones that an admin names."""

from collections.abc import Iterable
from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address, ip_network

from domain.errors import DomainError

Address = IPv4Address | IPv6Address

_NAT64 = IPv6Network("64:ff9b::/96")


class PrivateAddress(DomainError):
    """A name or address that leads into a private network, or only to a part of one."""


class Reach:
    """Decides by address, never by name: a name may lead somewhere else a moment later."""

    def __init__(self, networks: Iterable[str] = ()) -> None:
        self._networks = [ip_network(network, strict=False) for network in networks]

    def allowed(self, found: Iterable[str], *, encrypted: bool) -> list[Address]:
        """Return the addresses when every one may be reached; raises PrivateAddress otherwise.

        Unencrypted traffic stays in the private networks that are named.
        """
        addresses = [ip_address(text.partition("%")[0]) for text in found]
        for address in map(_meant, addresses):
            named = any(address in network for network in self._networks)
            if not named and not encrypted:
                raise PrivateAddress("only https addresses are fetched")
            if not named and (not address.is_global or address.is_multicast):
                raise PrivateAddress(
                    "it leads to a private address; an admin can allow its network with "
                    "SOJOURN_CALENDAR_NETWORKS"
                )
        return addresses


def _meant(address: Address) -> Address:
    """An IPv4 address that is wrapped into one of IPv6 is judged as itself."""
    if isinstance(address, IPv4Address):
        return address
    teredo = address.teredo[1] if address.teredo else None
    nat64 = IPv4Address(int(address) & 0xFFFFFFFF) if address in _NAT64 else None
    return address.ipv4_mapped or address.sixtofour or teredo or nat64 or address

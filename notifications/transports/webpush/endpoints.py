"""Which push services we speak to. An endpoint is a URL that a stranger gave us, so we choose, not they.

The same check runs when a subscription is saved and again before each message; the addresses behind the name
are checked when a connection is opened, on the very addresses it then uses.
"""

import ipaddress
import re
from dataclasses import dataclass

from django.conf import settings

LONGEST = 1024
HOSTS = frozenset({"fcm.googleapis.com"})
SUFFIXES = (".push.services.mozilla.com", ".push.apple.com", ".notify.windows.com")
PORTS = {"https": 443, "http": 80}

# One strict pattern and no URL parser: where two parsers read one address differently, such checks are
# passed.
ENDPOINT = re.compile(r"(https?)://([a-z0-9.-]+)(?::([0-9]{1,5}))?(/[A-Za-z0-9._~!$&'()*+,;=:@%/?-]*)")

NAT64 = ipaddress.IPv6Network("64:ff9b::/96")


@dataclass(frozen=True, slots=True)
class Endpoint:
    scheme: str
    host: str
    port: int
    target: str  # path and query

    @property
    def origin(self) -> str:
        """As RFC 6454 writes it: without the port that the scheme implies."""
        port = "" if self.port == PORTS[self.scheme] else f":{self.port}"
        return f"{self.scheme}://{self.host}{port}"


def checked(url: str) -> Endpoint:
    """The parts of a push endpoint that we may call. ValueError, a sentence, for every other URL."""
    match = ENDPOINT.fullmatch(url) if len(url) <= LONGEST else None
    if match is None:
        raise ValueError("This is not the address of a push service.")
    scheme, host, port, target = match.groups()
    endpoint = Endpoint(scheme, host, int(port or PORTS[scheme]), target)
    if is_extra(host, endpoint.port):
        return endpoint
    if not (host in HOSTS or host.endswith(SUFFIXES)):
        raise ValueError("This push service is not on the list of services that Amble speaks to.")
    if scheme != "https" or endpoint.port != PORTS["https"]:
        raise ValueError("A push service is called by https on its usual port.")
    return endpoint


def is_extra(host: str, port: int) -> bool:
    """Whether the operator named this host: alone, for its usual ports, or with exactly this port."""
    extra = settings.PUSH_EXTRA_HOSTS
    return f"{host}:{port}" in extra or (host in extra and port in PORTS.values())


def is_public(address: str) -> bool:
    """Whether an IP address belongs to the open internet, also when it is IPv4 wrapped in IPv6."""
    ip = ipaddress.ip_address(address.partition("%")[0])
    if isinstance(ip, ipaddress.IPv6Address):
        wrapped = ipaddress.IPv4Address(int(ip) & 0xFFFFFFFF) if ip in NAT64 else None
        ip = wrapped or ip.ipv4_mapped or ip.sixtofour or ip
    return ip.is_global and not ip.is_multicast

"""The proxy that the environment names for an address: HTTPS_PROXY, HTTP_PROXY and NO_PROXY, in either case.

https://docs.python.org/3/library/urllib.request.html#urllib.request.getproxies
"""

from urllib.parse import urlsplit
from urllib.request import getproxies, proxy_bypass

AS_HTTP = {"ws": "http", "wss": "https"}  # a WebSocket begins as a request, and no one sets WSS_PROXY


def proxy_for(url: str) -> str | None:
    """Return the proxy for an address, also of a WebSocket; None to connect directly."""
    parts = urlsplit(url)
    proxy = getproxies().get(AS_HTTP.get(parts.scheme, parts.scheme))
    return None if proxy is None or proxy_bypass(parts.hostname or "") else proxy

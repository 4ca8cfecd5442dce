"""Whether a request arrives under the address that people use, BASE_URL. A proxy that does not pass on under which host
and scheme it was asked makes the portal take its own pages' forms for a stranger's, and its cookies travel as for http.
"""

from __future__ import annotations

from urllib.parse import urlsplit

from flask import current_app, request

from portal.config import Settings

THIS_MACHINE = frozenset({"localhost", "127.0.0.1", "::1"})


def lost_on_the_way() -> tuple[str, ...]:
    """Which of `host` and `scheme` this request does not have as BASE_URL says; never what it has instead, which may be
    an address inside. An installation that people use on its own machine (`make run`) has no proxy and is not judged."""
    settings: Settings = current_app.extensions["settings"]
    wanted = urlsplit(settings.base_url)
    if wanted.hostname in THIS_MACHINE:
        return ()
    kept = {"host": _place(request.host) == _place(wanted.netloc), "scheme": request.scheme == wanted.scheme}
    return tuple(name for name, as_wanted in kept.items() if not as_wanted)


def _place(host: str) -> tuple[str | None, int | None]:
    """Name and port; the port that goes without saying is none, under either scheme."""
    try:
        said = urlsplit(f"//{host}")
        return said.hostname, None if said.port in (80, 443) else said.port
    except ValueError:  # a port or an address that is none
        return None, None

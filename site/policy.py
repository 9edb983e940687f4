"""What the site may load, as one policy: everything from the site itself, and nothing else.

``_headers`` in the built site tells it to the hosts which read such a file (Netlify, Cloudflare
Pages); ``make serve`` sends it; and ``python site/policy.py nginx`` (``apache``, ``caddy``) prints
the lines for the settings of a server of one's own. A host that sends no headers of ours, such as
GitHub Pages, serves the same pages without them.

No script and no style sheet stands inside a page, so none is allowed, but for the two of the page
for wrong addresses (`notfound`), by their hashes. Style attributes are: KaTeX
places every part of a formula with one, and figures colour their lines with them. Icons of the
theme are pictures within its style sheet, hence ``data:``. Left out on purpose is
``frame-ancestors``: a course platform may show the pages in a frame of its own. Whoever does not
want that adds ``frame-ancestors 'self'``.
"""

from __future__ import annotations

import sys
from collections.abc import Mapping
from types import MappingProxyType

__all__ = ["HEADERS", "POLICY", "SERVERS", "files", "headers", "policy"]

POLICY: Mapping[str, str] = MappingProxyType(
    {
        "default-src": "'none'",
        "script-src": "'self'",
        "style-src": "'self'",
        "style-src-attr": "'unsafe-inline'",
        "img-src": "'self' data:",
        "font-src": "'self'",
        "connect-src": "'self'",  # search quotes from the pages that it finds
        "form-action": "'self'",
        "base-uri": "'none'",
        "object-src": "'none'",
    }
)


def policy(inline: Mapping[str, str] = MappingProxyType({})) -> str:
    """Return the policy as the value of a header.

    Parameters
    ----------
    inline : mapping, optional
        What more some directives allow.

    Examples
    --------
    >>> policy()[:43]
    "default-src 'none'; script-src 'self'; styl"
    """
    parts = ((name, value, inline.get(name, "")) for name, value in POLICY.items())
    return "; ".join(" ".join(filter(None, part)) for part in parts)


HEADERS: Mapping[str, str] = MappingProxyType(
    {
        "Content-Security-Policy": policy(),
        "X-Content-Type-Options": "nosniff",
        "Referrer-Policy": "strict-origin-when-cross-origin",
        # In a frame without an origin of its own, fonts count as another site's. All is public.
        "Access-Control-Allow-Origin": "*",
    }
)
"""What to send with every file."""


def headers(inline: Mapping[str, str]) -> dict[str, str]:
    """Return what to send where the page for wrong addresses is sent, too; see `policy`."""
    return {**HEADERS, "Content-Security-Policy": policy(inline)}


def files(inline: Mapping[str, str]) -> dict[str, bytes]:
    """Return the file that tells some hosts what to send; see `policy`."""
    lines = ["/*", *(f"  {name}: {value}" for name, value in headers(inline).items())]
    return {"_headers": ("\n".join(lines) + "\n").encode()}


SERVERS: Mapping[str, str] = MappingProxyType(
    {
        "nginx": 'add_header {name} "{value}" always;',
        "apache": 'Header always set {name} "{value}"',
        "caddy": 'header {name} "{value}"',
    }
)
"""How each server writes one header in its settings."""


def main(arguments: list[str]) -> int:
    """Print the headers for one of `SERVERS`."""
    if len(arguments) != 1 or arguments[0] not in SERVERS:
        print(f"usage: python site/policy.py {'|'.join(SERVERS)}", file=sys.stderr)
        return 2
    import notfound

    for name, value in headers(notfound.inline()).items():
        print(SERVERS[arguments[0]].format(name=name, value=value))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

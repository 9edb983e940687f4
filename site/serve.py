"""Show the built book: ``python site/serve.py`` serves ``_build/html`` to this machine's browsers.

The book also works when its files are opened directly; a server is for browsers that restrict
what a file may do, and for looking at it as readers will.
"""

from __future__ import annotations

import argparse
import functools
import http.server
import os
import sys
from http import HTTPStatus
from pathlib import Path
from typing import Any

import editions
import notfound
import policy

ROOT = Path(__file__).resolve().parents[1]


HEADERS = policy.headers(notfound.inline())


class Server(http.server.ThreadingHTTPServer):
    """A server for a browser, which opens more connections at once than Python's default of 5.

    What does not fit is tried again by the system, later and later, and the page hangs.
    """

    request_queue_size = 128


class Handler(http.server.SimpleHTTPRequestHandler):
    """Serve files, always fresh: what was just built is what is shown.

    An address where there is nothing shows the site's own page for that, as a web server does.
    """

    def end_headers(self) -> None:
        """Ask the browser to look again each time, and to hold the pages to the site's policy."""
        self.send_header("Cache-Control", "no-cache")
        for name, value in HEADERS.items():
            self.send_header(name, value)
        super().end_headers()

    def send_error(self, code: int, message: str | None = None, explain: str | None = None) -> None:
        """Answer with the site's page for wrong addresses where that is what is wrong."""
        page = Path(self.directory, notfound.NAME)
        if code != HTTPStatus.NOT_FOUND or not page.is_file():
            return super().send_error(code, message, explain)
        body = page.read_bytes()
        self.log_error("code %d, message %s", code, message or HTTPStatus(code).phrase)
        self.send_response(code)
        self.send_header("Content-Type", "text/html; charset=utf-8")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    def log_message(self, format: str, *args: Any) -> None:
        """Print nothing for a file that was sent."""

    def log_error(self, format: str, *args: Any) -> None:
        """Print what could not be sent."""
        print(f"{self.path}: {format % args}", file=sys.stderr)


def main(arguments: list[str] | None = None) -> int:
    """Serve until interrupted."""
    parser = argparse.ArgumentParser(description="Show the built book in a browser.")
    parser.add_argument("folder", nargs="?", type=Path, help="default: the book of this checkout")
    parser.add_argument("--port", type=int, default=0, help="default: any that is free")
    parser.add_argument(
        "--solutions", choices=("yes", "no"), default="yes", help="which book (default: yes)"
    )
    options = parser.parse_args(arguments)
    if options.folder is None:
        options.folder = editions.site_folder(ROOT, options.solutions == "yes")
    if not (options.folder / "index.html").is_file():
        make = "make book" + ("" if options.solutions == "yes" else " SOLUTIONS=no")
        print(f"There is no book in {options.folder}: run '{make}' first.", file=sys.stderr)
        return 1
    handler = functools.partial(Handler, directory=os.fspath(options.folder.resolve()))
    try:
        # Loopback only: a preview is nobody else's business.
        server = Server(("127.0.0.1", options.port), handler)
    except OSError as error:
        print(f"Port {options.port} cannot be used: {error.strerror}.", file=sys.stderr)
        return 1
    with server:
        print(
            f"The book is at http://127.0.0.1:{server.server_address[1]}/  (Ctrl-C ends this)",
            flush=True,
        )
        try:
            server.serve_forever()
        except KeyboardInterrupt:
            print()
    return 0


if __name__ == "__main__":
    sys.exit(main())

"""How tests open the built site as its readers get it, and note everything that goes wrong.

The site is served below a path of several folders with a space in it, with the headers of its own
policy, and the browser can reach nothing else.
"""

from __future__ import annotations

from typing import Any

PREFIX = "/a/b c/"

# Every violation of the policy, with what it was; the console tells of some only in words.
VIOLATIONS = """
globalThis.violations = [];
addEventListener("securitypolicyviolation", (event) => violations.push([
  event.effectiveDirective, event.blockedURI, event.sourceFile, event.lineNumber, event.sample,
].join(" ")));
"""


class Watch:
    """What went wrong in a browser context.

    Attributes
    ----------
    trouble : list of str
        Requests to elsewhere and such as failed, errors and warnings in the console, exceptions.
    requests : list of str
        Every address that was asked for.
    """

    def __init__(self, context: Any, base: str) -> None:
        self.context = context
        self.base = base
        self.trouble: list[str] = []
        self.requests: list[str] = []
        context.add_init_script(VIOLATIONS)
        context.on("request", self._asked)
        context.on("page", self._attach)

    def _attach(self, page: Any) -> None:
        page.on("console", self._note)
        page.on("pageerror", lambda error: self.trouble.append(str(error)))
        page.on("response", self._answered)

    def _asked(self, request: Any) -> None:
        url = request.url
        self.requests.append(url)
        if not url.startswith((self.base, "data:")):
            self.trouble.append(f"asked for {url}")

    def _note(self, message: Any) -> None:
        if message.type in ("error", "warning"):
            self.trouble.append(message.text)

    def _answered(self, response: Any) -> None:
        if response.status >= 400:
            self.trouble.append(f"{response.status} {response.url}")

    def forget(self) -> None:
        """Begin anew, with another page."""
        self.trouble.clear()
        self.requests.clear()

    def everything(self) -> list[str]:
        """Return the trouble so far, with what the policy forbade in any frame of any page."""
        forbidden = [
            violation
            for page in self.context.pages
            for frame in page.frames
            for violation in frame.evaluate("globalThis.violations ?? []")
        ]
        return self.trouble + forbidden


def overflow(page: Any) -> int:
    """Return by how many pixels a page is wider than the screen."""
    width: int = page.evaluate(
        "document.documentElement.scrollWidth - document.documentElement.clientWidth"
    )
    return width

"""How tests open a page with explorables, and what they see there."""

from __future__ import annotations

import re
import time

# Every path, transform and number of the live figure, and its canvases: what the eye sees.
LOOK = """() => { const root = document.querySelector('.mmx');
  return [...root.children].filter(e => !e.matches('.quiet, style')).map(e => e.outerHTML).join('')
    + [...root.querySelectorAll('canvas')].map(c => c.toDataURL()).join(''); }"""


class Tab:
    """A browser page, and what it logs, throws and asks the network for; none of it is allowed."""

    def __init__(self, browser, options):
        self.options, self.problems, self.host = options, [], None
        self.context = browser.new_context(**options)
        self.context.set_default_timeout(30_000)
        self.page = self.context.new_page()
        self.page.on("request", self.asked)
        self.page.on("console", lambda message: self.problems.append(message.text))
        self.page.on("pageerror", lambda error: self.problems.append(str(error)))

    def asked(self, request):
        if not request.url.startswith((self.host, "data:")):
            self.problems.append(f"request: {request.url}")

    def go(self, address, path):
        """Open a page anew, even if it is the one that is open.

        A link to a place in it would load nothing, so an empty page comes between the two; between
        others that would only cost time.
        """
        self.host = re.match(r"\w+://[^/]*", address)[0]
        self.problems = []
        file, _, place = path.partition("#")
        if place and self.page.url.partition("#")[0] == f"{address}/{file}":
            self.page.goto("about:blank")
        self.page.goto(f"{address}/{path}")

    def leave(self):
        """Leave the page to the next test, with a window and a mouse as they were at first."""
        if self.page.viewport_size != self.options["viewport"]:
            self.page.set_viewport_size(self.options["viewport"])
        self.page.emulate_media(media="null")
        self.page.mouse.move(0, 0)


class Tabs:
    """The browser pages of a session, of which each test borrows some.

    A page of a new context costs the processor half a second before anything is loaded. A test gets
    one that another test has left, if there is one with the same options.
    """

    def __init__(self, browser):
        self.browser, self.free = browser, []

    def borrow(self, options):
        options = {"viewport": {"width": 1200, "height": 1100}} | options
        for tab in self.free:
            if tab.options == options:
                self.free.remove(tab)
                return tab
        return Tab(self.browser, options)

    def give_back(self, tab):
        tab.leave()
        self.free.append(tab)

    def close(self):
        for tab in self.free:
            tab.context.close()


def visiting(tabs, session):
    """Yield ``visit(address, path, **context options) -> page``; a page with problems fails.

    What the fixture ``visit`` does. With ``quiet=False`` the problems, which are
    ``page.watch.problems``, may be.
    """
    borrowed, quiet_ones = [], []
    failed = session.testsfailed

    def go(address, path="en.html", *, quiet=True, **options):
        tab = tabs.borrow(options)
        borrowed.append(tab)
        if quiet:
            quiet_ones.append(tab)
        tab.page.watch = tab
        tab.go(address, path)
        return tab.page

    yield go
    problems = [tab.problems for tab in quiet_ones if tab.problems]
    for tab in borrowed:
        # Nobody knows what a test that failed has left behind, a mouse button held down, say.
        if problems or session.testsfailed > failed:
            tab.context.close()
        else:
            tabs.give_back(tab)
    assert problems == []


def frame(page):
    """Wait until the frame that follows the last input is drawn."""
    page.evaluate("() => new Promise((r) => requestAnimationFrame(() => requestAnimationFrame(r)))")


def rest(page):
    """Wait until the words are written beside a picture whose point is held: it has to rest first.

    Theirs and ours are timers of one page, and ours begins later and lasts longer.
    """
    frame(page)
    page.evaluate("() => new Promise((r) => setTimeout(() => requestAnimationFrame(r), 150))")


def look(page):
    """Return what the eye sees after the next frame."""
    frame(page)
    return page.evaluate(LOOK)


def until(page, condition, timeout=60):
    """Wait until an expression or a function of ours is true.

    Playwright's own waiting needs eval, which the pages forbid.
    """
    end = time.monotonic() + timeout
    while not (condition() if callable(condition) else page.evaluate(condition)):
        assert time.monotonic() < end, f"never true: {str(condition)[:300]}"
        page.wait_for_timeout(20)


def link(page, setting):
    """Follow a link to a setting, ``name:trait=value,...``, of the page that is open."""
    page.evaluate(
        """setting => new Promise((followed) => {
          if (location.hash === `#${setting}`) { followed(); return; }
          // The figure listens, too, and for longer; so it has heard of it when we have.
          addEventListener("hashchange", () => followed(), { once: true });
          location.hash = setting; })""",
        setting,
    )
    frame(page)


def grips(page, box=0):
    """Return the points to drag of an explorable."""
    return page.locator(".mm-explorable").nth(box).locator(".mmx .grip")


def status(page, panel=0, box=0):
    """Return the words under a panel, after the frame in which they are drawn."""
    frame(page)
    words = page.locator(".mm-explorable").nth(box).locator(".mmx .status").nth(panel)
    return words.inner_text().replace("\xa0", " ")


def drawn(page, box=0):
    """Return every path and transform of the panels of a live figure."""
    frame(page)
    return page.locator(".mm-explorable").nth(box).locator(".mmx .panels").inner_html()


def slider(page, name, box=0):
    """Return a slider by its name; the box for typing has the same name."""
    return page.locator(".mm-explorable").nth(box).get_by_role("slider", name=name, exact=True)

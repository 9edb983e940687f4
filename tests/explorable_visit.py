"""How tests open a page with explorables, and what they see there."""

from __future__ import annotations

import re
import time

# Every path, transform and number of the live figure, and its canvases: what the eye sees.
LOOK = """() => { const root = document.querySelector('.mmx');
  return [...root.children].filter(e => !e.matches('.quiet, style')).map(e => e.outerHTML).join('')
    + [...root.querySelectorAll('canvas')].map(c => c.toDataURL()).join(''); }"""


class Watch:
    """What a page logs, throws and asks the network for; none of it is allowed."""

    def __init__(self, context, address):
        self.problems: list[str] = []
        host = re.match(r"\w+://[^/]*", address)[0]

        def route(route):
            if route.request.url.startswith((host, "data:")):
                route.continue_()
            else:
                self.problems.append(f"request: {route.request.url}")
                route.abort()

        context.route("**/*", route)

    def attach(self, page):
        page.on(
            "console",
            lambda m: self.problems.append(m.text) if m.type in ("error", "warning") else None,
        )
        page.on("pageerror", lambda e: self.problems.append(str(e)))


def visiting(browser):
    """Yield ``visit(address, path, **context options) -> page``; a page with problems fails.

    A fixture in the making: ``visit = pytest.fixture(visiting)``.
    """
    contexts, watches = [], []

    def go(address, path="en.html", *, quiet=True, **options):
        context = browser.new_context(**{"viewport": {"width": 1200, "height": 900}} | options)
        context.set_default_timeout(10_000)
        contexts.append(context)
        watch = Watch(context, address)
        page = context.new_page()
        watch.attach(page)
        if quiet:
            watches.append(watch)
        page.watch = watch
        page.goto(f"{address}/{path}")
        return page

    yield go
    for context in contexts:
        context.close()
    assert [w.problems for w in watches if w.problems] == []


def frame(page):
    """Wait until the frame that follows the last input is drawn."""
    page.evaluate("() => new Promise((r) => requestAnimationFrame(() => requestAnimationFrame(r)))")


def look(page):
    """Return what the eye sees after the next frame."""
    frame(page)
    return page.evaluate(LOOK)


def until(page, expression, timeout=10):
    """Wait until an expression is true; Playwright's own waiting needs eval, which is forbidden."""
    end = time.monotonic() + timeout
    while not page.evaluate(expression):
        assert time.monotonic() < end, f"never true: {expression[:300]}"
        page.wait_for_timeout(20)


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

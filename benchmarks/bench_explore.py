"""Measure what explorables cost a reader: bytes, time until they are there, time for one input.

Usage: ``python benchmarks/bench_explore.py [--quick] [explorable ...]``. Three figures:

bytes
    Host, shared modules and all explorables: gzipped together, and file by file. Beside it
    html-manager and RequireJS, which come from a content delivery network and cannot be had here:
    their size was measured once.
visible
    From the start of navigation to the first frame with a live figure, each time in a fresh
    browser context, over loopback; the page is the book's, or, where none is built, a bare one.
input
    For each explorable, how long a reader waits for the new picture, on a processor slowed down
    four times; ``frames.py`` says what is measured, and why so. Every slider and every point is
    dragged by real mouse events, fifty a second whether or not the page keeps up; the browser hands
    them out at the start of a frame, as it does for a reader, and they fall on every part of one.
    The words beside a picture are written after it: they count as far as the next input has to wait
    for them. Before all others the least that is possible: a slider of the browser with one text.
"""

from __future__ import annotations

import functools
import gzip
import http.server
import json
import statistics
import sys
import tempfile
import threading
import time
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, sync_playwright

ROOT = Path(__file__).resolve().parents[1]
BOOK = ROOT / "_build" / "html"
sys.path[:0] = [str(ROOT), str(ROOT / "tests"), str(ROOT / "site")]

import frames  # noqa: E402
import report  # noqa: E402
from conftest import FLAGS, QuietHandler, QuietServer, chromium_path  # noqa: E402
from d2lmini import explore  # noqa: E402
from d2lmini.explore.scripts import classic_script, minified, names, shared_script  # noqa: E402
from explorable_page import HOST, block, page, state_of, write_site  # noqa: E402

# What the usual way loads before the first widget shows, gzipped: the bundle of html-manager, 914
# KB, and RequireJS, 87 KB. Measured once, when the design was made (its section on explorables).
USUAL = 914 + 87
VISIBLE_LIMIT, INPUT_LIMIT = 400.0, 16.0  # milliseconds
SLOWDOWN = 4.0  # of the processor, while inputs are timed
PACE = 0.02  # seconds from one move of the mouse to the next

VISIBLE = """
new MutationObserver((_, observer) => {
  if (!document.querySelector('[data-live]')) return;
  observer.disconnect();
  requestAnimationFrame(() => {
    const { port1, port2 } = new MessageChannel();
    port1.onmessage = () => { globalThis.visible = performance.now(); };
    port2.postMessage(0);
  });
}).observe(document, { attributes: true, subtree: true, attributeFilter: ['data-live'] });
"""

BARE = """<!doctype html><div data-live><input type="range" step="any" style="width:400px">
<p>0</p></div><script>document.querySelector("input").addEventListener("input", (event) => {
  document.querySelector("p").textContent = event.target.value;
});</script>"""


def weight() -> dict[str, int]:
    """Return the gzipped size of the host, of what is shared and of each explorable, in bytes."""
    texts = {"host": minified(HOST.read_text(encoding="utf-8")), "shared": shared_script()}
    texts |= {name: classic_script(name) for name in names()}
    texts["together"] = "".join(texts.values())
    return {name: len(gzip.compress(t.encode(), 9, mtime=0)) for name, t in texts.items()}


def spread(times: list[float]) -> dict[str, float]:
    """Return the median and the 95th percentile."""
    cuts = statistics.quantiles(times, n=20, method="inclusive")
    return {"median": round(statistics.median(times), 2), "p95": round(cuts[-1], 2)}


def visible(browser: Browser, address: str, runs: int) -> list[float]:
    """Return the milliseconds from navigation to the first live figure, one per fresh context."""
    times = []
    for _ in range(runs):
        context = browser.new_context(viewport={"width": 1200, "height": 900})
        context.add_init_script(VISIBLE)
        view = context.new_page()
        view.goto(address)
        view.wait_for_function("globalThis.visible !== undefined")
        times.append(view.evaluate("globalThis.visible"))
        context.close()
    return times


def repaint(browser: Browser, address: str, moves: int, slowdown: float) -> list[frames.Answer]:
    """Return the answer to each input while all is dragged, one after another.

    The first of each drag are left out: they pay once for what is compiled and drawn first.
    """
    context = browser.new_context(viewport={"width": 1200, "height": 900})
    view = context.new_page()
    view.goto(address)
    view.wait_for_selector("[data-live]")
    tools = context.new_cdp_session(view)
    tools.send("Emulation.setCPUThrottlingRate", {"rate": slowdown})
    view.evaluate(frames.NOTE)
    found: list[frames.Answer] = []

    def drag(places: list[tuple[float, float]]) -> None:
        view.mouse.move(*places[0])
        browser.start_tracing(page=view, categories=frames.CATEGORIES)
        view.mouse.down()
        due = time.perf_counter()
        for x, y in places:
            # Playwright's own move, and its waiting, keep the page busy with questions of theirs.
            tools.send(
                "Input.dispatchMouseEvent",
                {"type": "mouseMoved", "x": x, "y": y, "button": "left", "buttons": 1},
            )
            due += PACE
            time.sleep(max(0.0, due - time.perf_counter()))
        view.evaluate("() => new Promise((r) => requestAnimationFrame(() => setTimeout(r)))")
        inputs = view.evaluate(frames.READ)
        trace = json.loads(browser.stop_tracing())
        view.mouse.up()
        found.extend(frames.answers(trace, inputs)[5:])

    shares = [abs((k / 20) % 2 - 1) for k in range(moves)]  # to and fro
    for slider in view.locator("[data-live] input[type=range]").all():
        slider.scroll_into_view_if_needed()
        box = slider.bounding_box()
        assert box is not None
        y = box["y"] + box["height"] / 2
        drag([(box["x"] + 10 + share * (box["width"] - 20), y) for share in shares])
    for reset in view.locator("[data-preset=reset]").all():
        reset.click()
    for grip in view.locator("[data-live] .grip").all():
        grip.scroll_into_view_if_needed()
        x, y = grip.evaluate("g => { const m = g.getScreenCTM(); return [m.e, m.f]; }")
        drag([(x + 80 * share, y - 50 * share) for share in (1 - s for s in shares)])
    context.close()
    return found


def serve(folder: Path) -> str:
    """Serve a folder on a free loopback port; return the address."""
    handler: type[http.server.SimpleHTTPRequestHandler] = QuietHandler
    server = QuietServer(("127.0.0.1", 0), functools.partial(handler, directory=str(folder)))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return f"http://127.0.0.1:{server.server_address[1]}"


def write_pages(folder: Path) -> list[str]:
    """Write a page for each explorable, and the bare one; return the explorables."""
    write_site(folder)
    classes = {explore._MODULE_OF[name]: getattr(explore, name) for name in explore.__all__}
    for name, cls in classes.items():
        figure = cls()
        html = page(block(figure), state_of([figure]), policy=False)
        (folder / f"{name}.html").write_text(html, encoding="utf-8")
    (folder / "bare.html").write_text(BARE, encoding="utf-8")
    return list(classes)


def measure(names: list[str], quick: bool) -> report.Found:
    """Return the rows, and the figures of each explorable."""
    runs, moves = (3, 20) if quick else (15, 60)
    with tempfile.TemporaryDirectory() as scratch, sync_playwright() as playwright:
        folder = Path(scratch)
        there = write_pages(folder)
        if unknown := [name for name in names if name not in there]:
            raise SystemExit(f"there is no explorable {unknown[0]!r}; there are {', '.join(there)}")
        bare = serve(folder)
        built = (BOOK / "en" / "index.html").is_file()
        first = f"{serve(BOOK)}/en/index.html" if built else f"{bare}/ravine.html"
        browser = playwright.chromium.launch(executable_path=chromium_path(), args=list(FLAGS))
        sizes = weight()
        shown = visible(browser, first, runs)
        painted: dict[str, Any] = {}
        for name in ["bare", *(names or there)]:
            found = repaint(browser, f"{bare}/{name}.html", moves, SLOWDOWN)
            work = spread([answer.work for answer in found])
            painted[name] = spread([answer.wait for answer in found]) | {"work": work}
        browser.close()
    slowest = max(names or there, key=lambda name: painted[name]["p95"])
    rows = [
        report.compare(
            "JavaScript of all explorables, gzipped",
            "html-manager and RequireJS, as measured once",
            [sizes["together"] / 1000],
            [USUAL],
            unit="KB",
            target=20,
        ),
        report.within(
            "from opening a page to the first explorable", shown, unit="ms", most=VISIBLE_LIMIT
        ),
        report.within(
            f"input to paint, the processor slowed down {SLOWDOWN:g} times: 95 % of the inputs to "
            f"the slowest explorable ({slowest})",
            [painted[slowest]["p95"]],
            unit="ms",
            most=INPUT_LIMIT,
        ),
        report.within(
            "input to paint of a bare slider and a text, likewise",
            [painted["bare"]["p95"]],
            unit="ms",
        ),
    ]
    return rows, {
        "page": "en/index.html of the book" if built else "a bare page",
        "bytes": sizes,
        "visible": spread(shown),
        "input": painted,
    }


def main() -> int:
    """Measure, print a table, add to ``_build/bench.json``; 1 if a target was missed."""
    parser = report.arguments(__doc__)
    parser.add_argument("names", nargs="*", metavar="explorable", help="only these (default: all)")
    options = parser.parse_args()
    return report.run("explore", lambda: measure(options.names, options.quick), quick=options.quick)


if __name__ == "__main__":
    sys.exit(main())

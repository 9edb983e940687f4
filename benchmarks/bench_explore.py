"""Measure what an explorable costs a reader: bytes, time until it is there, time for one input.

Run ``python benchmarks/bench_explore.py``. It prints a table and writes the figures under
``explore`` in ``_build/bench.json``. The page is the one of the tests, with the hero figure, or the
built book's with ``--site``. Three figures:

bytes
    Host and figure, gzipped together in one page's worth.
visible
    From the start of navigation to the first frame with a live figure, each time in a fresh
    browser context, over loopback.
input
    From a pointer's input event to the end of the frame that shows the new picture, on a processor
    slowed down four times; the slider is dragged by real mouse events, which the browser hands out
    at the start of a frame, as it does for a reader.
"""

from __future__ import annotations

import argparse
import functools
import gzip
import http.server
import json
import statistics
import sys
import tempfile
import threading
from pathlib import Path

from playwright.sync_api import Browser, sync_playwright

ROOT = Path(__file__).resolve().parents[1]
BOOK = ROOT / "_build" / "html"
sys.path[:0] = [str(ROOT), str(ROOT / "tests")]

from conftest import FLAGS, QuietHandler, QuietServer, chromium_path  # noqa: E402
from d2lmini.explore import Ravine  # noqa: E402
from d2lmini.explore.base import classic_script, names  # noqa: E402
from explorable_page import HOST, block, page, state_of, write_site  # noqa: E402

TARGETS = {"bytes": 15 * 1024, "visible": 400.0, "input": 16.0}

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

RECORD = """
() => {
  globalThis.took = [];
  let last = 0;
  document.addEventListener('input', () => {
    const began = performance.now();
    // Once a frame: after this frame's callbacks, style, layout and paint, a message comes through.
    requestAnimationFrame(() => {
      const { port1, port2 } = new MessageChannel();
      port1.onmessage = () => {
        if (began > last) took.push(performance.now() - began);
        last = began;
      };
      port2.postMessage(0);
    });
  }, true);
}
"""


def weight() -> dict[str, int]:
    """Return the gzipped size of the host and of each explorable, in bytes."""
    sizes = {"host": len(gzip.compress(HOST.read_bytes(), 9, mtime=0))}
    for name in names():
        sizes[name] = len(gzip.compress(classic_script(name).encode(), 9, mtime=0))
    return sizes


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


def repaint(browser: Browser, address: str, moves: int, slowdown: float) -> list[float]:
    """Return the milliseconds from input event to painted frame while a slider is dragged."""
    context = browser.new_context(viewport={"width": 1200, "height": 900})
    view = context.new_page()
    view.goto(address)
    view.wait_for_selector("[data-live]")
    slider = view.locator("[data-live] input[type=range]").first
    slider.scroll_into_view_if_needed()
    box = slider.bounding_box()
    assert box is not None
    context.new_cdp_session(view).send("Emulation.setCPUThrottlingRate", {"rate": slowdown})
    view.evaluate(RECORD)
    middle = box["y"] + box["height"] / 2
    view.mouse.move(box["x"] + 20, middle)
    view.mouse.down()
    for k in range(moves):
        share = abs((k / 40) % 2 - 1)  # to and fro, through settings that converge and diverge
        view.mouse.move(box["x"] + 10 + share * (box["width"] - 20), middle)
        view.wait_for_timeout(20)
    view.mouse.up()
    times = view.evaluate("took")
    context.close()
    return times


def serve(folder: Path) -> str:
    """Serve a folder on a free loopback port; return the address."""
    handler: type[http.server.SimpleHTTPRequestHandler] = QuietHandler
    server = QuietServer(("127.0.0.1", 0), functools.partial(handler, directory=str(folder)))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return f"http://127.0.0.1:{server.server_address[1]}"


def main() -> int:
    """Measure, print a table, write the figures; return 1 if a target is missed."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument(
        "--site",
        type=Path,
        default=BOOK if (BOOK / "index.html").is_file() else None,
        help="a built book (default: _build/html; where there is none, a bare page)",
    )
    parser.add_argument("--page", default="en/index.html", help="the page of the book to open")
    parser.add_argument("--runs", type=int, default=15)
    parser.add_argument("--moves", type=int, default=200)
    parser.add_argument("--slowdown", type=float, default=4)
    args = parser.parse_args()

    with tempfile.TemporaryDirectory() as scratch, sync_playwright() as playwright:
        folder, path = Path(scratch), "page.html"
        if args.site:
            folder, path = args.site, args.page
            if not (folder / path).is_file():
                parser.error(f"{folder / path} is not a file: build the book first")
        else:
            hero = Ravine(eta=0.6, beta=0.5)
            write_site(folder)
            html = page(block(hero), state_of([hero]), policy=False)
            (folder / path).write_text(html, encoding="utf-8")
        address = f"{serve(folder)}/{path}"
        browser = playwright.chromium.launch(executable_path=chromium_path(), args=list(FLAGS))
        sizes = weight()
        shown = spread(visible(browser, address, args.runs))
        painted_times = repaint(browser, address, args.moves, args.slowdown)
        painted = spread(painted_times)
        browser.close()

    results = {
        "page": str(args.page if args.site else "the test page"),
        "bytes": {**sizes, "host + ravine": sizes["host"] + sizes["ravine"]},
        "visible": shown,
        "input": {**painted, "slowdown": args.slowdown, "inputs": len(painted_times)},
    }
    total = results["bytes"]["host + ravine"]
    rows = [
        ("JavaScript, gzipped: host + ravine", f"{total / 1024:.1f} KB", total <= TARGETS["bytes"]),
        (
            "first explorable visible, median (p95)",
            f"{shown['median']:.0f} ({shown['p95']:.0f}) ms",
            shown["median"] <= TARGETS["visible"],
        ),
        (
            f"slider input to repaint, {args.slowdown:g}x slower, median (p95)",
            f"{painted['median']:.1f} ({painted['p95']:.1f}) ms",
            painted["median"] <= TARGETS["input"],
        ),
    ]
    limits = ("<= 15 KB", "<= 400 ms", "<= 16 ms")
    for (what, value, fine), limit in zip(rows, limits, strict=True):
        print(f"{what:<62}{value:>18}   {limit:<10} {'ok' if fine else 'MISSED'}")

    target = ROOT / "_build" / "bench.json"
    target.parent.mkdir(exist_ok=True)
    known = json.loads(target.read_text(encoding="utf-8")) if target.is_file() else {}
    target.write_text(json.dumps(known | {"explore": results}, indent=2) + "\n", encoding="utf-8")
    return 0 if all(fine for *_, fine in rows) else 1


if __name__ == "__main__":
    raise SystemExit(main())

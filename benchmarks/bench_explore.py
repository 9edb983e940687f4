"""Measure what explorables cost a reader: bytes, time until they are there, time for one input.

Run ``python benchmarks/bench_explore.py``. It prints a table and writes the figures under
``explore`` in ``_build/bench.json``. Four figures:

bytes
    Host, shared modules and all explorables: gzipped together, and file by file.
visible
    From the start of navigation to the first frame with a live figure, each time in a fresh
    browser context, over loopback; the page is the book's, or, where none is built, a bare one.
input
    For each explorable, from a pointer's event to the end of the frame that shows the new picture,
    on a processor slowed down four times; every slider and every point is dragged by real mouse
    events, which the browser hands out at the start of a frame, as it does for a reader. The words
    beside a picture are written after it and stand in the next frame: they are not in this figure.
    Before all others the least that is possible: a slider of the browser with one text.
kernel
    The usual way, beside it: ``interact`` and Matplotlib in JupyterLab with a live kernel, from a
    key on the slider to the new image, at the processor's full speed. html-manager, the other
    usual way, comes from a content delivery network and is not measured here.
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
sys.path[:0] = [str(ROOT), str(ROOT / "tests"), str(ROOT / "site")]

from conftest import FLAGS, QuietHandler, QuietServer, chromium_path  # noqa: E402
from d2lmini import explore  # noqa: E402
from d2lmini.explore.scripts import classic_script, minified, names, shared_script  # noqa: E402
from explorable_page import HOST, block, page, state_of, write_site  # noqa: E402
from lab_server import opened, run, serving  # noqa: E402

TARGETS = {"bytes": 45 * 1024, "visible": 400.0, "input": 16.0, "kernel": 20.0}

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
  for (const kind of ['input', 'pointermove']) document.addEventListener(kind, (event) => {
    if (kind === 'pointermove' && !(event.buttons && event.target.closest?.('.grip'))) return;
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


BARE = """<!doctype html><div data-live><input type="range" step="any" style="width:400px">
<p>0</p></div><script>document.querySelector("input").addEventListener("input", (event) => {
  document.querySelector("p").textContent = event.target.value;
});</script>"""


# Draws what the ravine draws, the usual way.
INTERACT = [
    "%matplotlib inline\n"
    "import matplotlib.pyplot as plt\n"
    "from ipywidgets import FloatSlider, interact\n"
    "import d2lmini as d2l\n"
    "f = d2l.ravine()\n"
    "@interact(eta=FloatSlider(value=0.3, min=0, max=0.7, step=0.01))\n"
    "def show(eta):\n"
    "    fig, axes = plt.subplots(1, 2, figsize=(9, 3))\n"
    "    for ax, beta in zip(axes, (0, 0.5)):\n"
    "        trace = d2l.momentum(f.grad, (-5, -2), eta=eta, beta=beta, steps=20)\n"
    "        d2l.plot_trace(ax, f, trace)\n"
    "    plt.show()\n",
]


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


def repaint(browser: Browser, address: str, moves: int, slowdown: float) -> list[float]:
    """Return the milliseconds from event to painted frame while all is dragged, one after another.

    The first of each drag are left out: they pay once for what is compiled and drawn first.
    """
    context = browser.new_context(viewport={"width": 1200, "height": 900})
    view = context.new_page()
    view.goto(address)
    view.wait_for_selector("[data-live]")
    context.new_cdp_session(view).send("Emulation.setCPUThrottlingRate", {"rate": slowdown})
    view.evaluate(RECORD)
    times: list[float] = []

    def drag(places: list[tuple[float, float]]) -> None:
        view.mouse.move(*places[0])
        view.mouse.down()
        for x, y in places:
            view.mouse.move(x, y)
            view.wait_for_timeout(20)
        view.mouse.up()
        times.extend(view.evaluate("took.splice(0)")[5:])

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
    return times


def kernel(browser: Browser, moves: int) -> list[float]:
    """Return the milliseconds from a key on an `interact` slider to the new image, in Lab."""
    times = []
    with (
        tempfile.TemporaryDirectory() as home,
        serving(Path(home), {"interact": INTERACT}) as address,
    ):
        context = browser.new_context(viewport={"width": 1300, "height": 900})
        context.set_default_timeout(60_000)
        view = context.new_page()
        opened(view, address("interact"))
        run(view, 0)
        cell = view.locator(".jp-CodeCell").first
        cell.locator("img").wait_for()
        handle = cell.locator(".widget-slider .noUi-handle")
        handle.focus()
        for _ in range(moves):
            # Both ends in the page: Playwright's own way there and back is not the reader's.
            view.evaluate(
                """() => {
                  const source = () => document.querySelector('.jp-CodeCell img')?.src;
                  const before = source();
                  addEventListener('keydown', () => {
                    const began = performance.now();
                    const check = () => {
                      const now = source();
                      if (now && now !== before) globalThis.waited = performance.now() - began;
                      else requestAnimationFrame(check);
                    };
                    check();
                  }, { once: true, capture: true });
                  globalThis.waited = undefined;
                }"""
            )
            view.keyboard.press("ArrowRight")
            view.wait_for_function("globalThis.waited !== undefined")
            times.append(view.evaluate("waited"))
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
    parser.add_argument("--moves", type=int, default=60, help="of each slider and each point")
    parser.add_argument("--slowdown", type=float, default=4)
    parser.add_argument("names", nargs="*", help="some explorables instead of all")
    args = parser.parse_args()
    if args.site and not (args.site / args.page).is_file():
        parser.error(f"{args.site / args.page} is not a file: build the book first")

    with tempfile.TemporaryDirectory() as scratch, sync_playwright() as playwright:
        folder = Path(scratch)
        write_site(folder)
        classes = {explore._MODULE_OF[name]: getattr(explore, name) for name in explore.__all__}
        for name, cls in classes.items():
            figure = cls()
            html = page(block(figure), state_of([figure]), policy=False)
            (folder / f"{name}.html").write_text(html, encoding="utf-8")
        (folder / "bare.html").write_text(BARE, encoding="utf-8")
        bare = serve(folder)
        first = f"{serve(args.site)}/{args.page}" if args.site else f"{bare}/ravine.html"
        browser = playwright.chromium.launch(executable_path=chromium_path(), args=list(FLAGS))
        sizes = weight()
        shown = spread(visible(browser, first, args.runs))
        painted = {
            name: spread(repaint(browser, f"{bare}/{name}.html", args.moves, args.slowdown))
            for name in ["bare", *(args.names or classes)]
        }
        usual = spread(kernel(browser, 20))
        quick = spread(repaint(browser, f"{bare}/ravine.html", args.moves, 1))
        browser.close()

    total = sizes["together"]
    files = sum(sizes.values()) - total
    ratio = usual["median"] / quick["median"]
    results = {
        "page": str(args.page if args.site else "the test page"),
        "bytes": {**sizes, "files": files},
        "visible": shown,
        "input": {"slowdown": args.slowdown, **painted},
        "kernel": {"interact": usual, "ravine": quick, "ratio": round(ratio, 1)},
    }
    rows = [
        (f"JavaScript, gzipped together (by file {files / 1024:.1f} KB)",
         f"{total / 1024:.1f} KB", "<= 45 KB",
         total <= TARGETS["bytes"]),
        ("first explorable visible, median (p95)",
         f"{shown['median']:.0f} ({shown['p95']:.0f}) ms", "<= 400 ms",
         shown["median"] <= TARGETS["visible"]),
        *(
            (f"{name}: input to repaint, {args.slowdown:g}x slower, median (p95)",
             f"{took['median']:.1f} ({took['p95']:.1f}) ms", "p95 <= 16 ms",
             took["p95"] <= TARGETS["input"])
            for name, took in painted.items()
        ),
        (f"interact with a kernel, {usual['median']:.0f} ms, over ravine",
         f"{ratio:.1f} x", ">= 20 x", ratio >= TARGETS["kernel"]),
    ]  # fmt: skip
    for what, value, limit, fine in rows:
        print(f"{what:<62}{value:>18}   {limit:<13} {'ok' if fine else 'MISSED'}")

    target = ROOT / "_build" / "bench.json"
    target.parent.mkdir(exist_ok=True)
    known = json.loads(target.read_text(encoding="utf-8")) if target.is_file() else {}
    target.write_text(json.dumps(known | {"explore": results}, indent=2) + "\n", encoding="utf-8")
    return 0 if all(fine for *_, fine in rows) else 1


if __name__ == "__main__":
    raise SystemExit(main())

"""Measure a slider in the static page beside the usual way, `interact` with a live kernel.

Usage: ``python benchmarks/bench_kernel.py [--quick]``. Both show the ravine, in the same Chromium
at the processor's full speed, and are measured in turns, some inputs at a time:

ours
    From an input to the end of the frame that shows the new picture, as ``frames.py`` says.
usual
    ``interact`` and Matplotlib in JupyterLab with a live kernel on the same machine: from a key on
    the slider to the moment when the page has the new image, before that is painted.
"""

from __future__ import annotations

import statistics
import sys
import tempfile
from pathlib import Path

from playwright.sync_api import Page, sync_playwright

import report
from bench_explore import repaint, serve, write_pages  # which says where tests and site are
from measure import in_turns

from conftest import FLAGS, chromium_path  # isort: skip
from lab_server import opened, run, serving  # isort: skip

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

WATCH = """() => {
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


def turn(view: Page, keys: int) -> list[float]:
    """Return the milliseconds from a key on the `interact` slider to the new image, key by key."""
    times = []
    for _ in range(keys):
        # Both ends in the page: Playwright's own way there and back is not the reader's.
        view.evaluate(WATCH)
        view.keyboard.press("ArrowRight")
        view.wait_for_function("globalThis.waited !== undefined")
        times.append(view.evaluate("waited"))
    return times


def measure(quick: bool) -> report.Found:
    """Return the row."""
    keys, rounds = (3, 1) if quick else (6, 5)
    with tempfile.TemporaryDirectory() as name, sync_playwright() as playwright:
        folder, lab_folder = Path(name) / "site", Path(name) / "lab"
        folder.mkdir()
        lab_folder.mkdir()
        write_pages(folder)
        address = f"{serve(folder)}/ravine.html"
        browser = playwright.chromium.launch(executable_path=chromium_path(), args=list(FLAGS))
        with serving(lab_folder, {"interact": INTERACT}) as lab:
            context = browser.new_context(viewport={"width": 1300, "height": 900})
            context.set_default_timeout(60_000)
            view = context.new_page()
            opened(view, lab("interact"))
            run(view, 0)
            cell = view.locator(".jp-CodeCell").first
            cell.locator("img").wait_for()
            cell.locator(".widget-slider .noUi-handle").focus()
            turn(view, 2)  # warms up
            times = in_turns(
                {
                    "ours": lambda: statistics.median(
                        answer.wait for answer in repaint(browser, address, 40, 1)
                    ),
                    "usual": lambda: statistics.median(turn(view, keys)),
                },
                rounds,
            )
            context.close()
        browser.close()
    row = report.compare(
        "a slider of the ravine, input to paint",
        "`interact` and Matplotlib with a live kernel",
        times["ours"],
        times["usual"],
        unit="ms",
        target=20,
    )
    return [row], {}


def main() -> int:
    """Measure, print a table, add to ``_build/bench.json``; 1 if the target was missed."""
    quick = report.arguments(__doc__).parse_args().quick
    return report.run("kernel", lambda: measure(quick), quick=quick)


if __name__ == "__main__":
    sys.exit(main())

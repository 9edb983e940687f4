"""Explorables in a real JupyterLab: sliders, picture and Python traits move one another."""

from __future__ import annotations

import importlib.util
import json
import os
import secrets
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path

import nbformat
import pytest

ROOT = Path(__file__).resolve().parents[1]

pytestmark = [
    pytest.mark.lab,
    pytest.mark.slow,
    pytest.mark.skipif(
        importlib.util.find_spec("jupyterlab") is None,
        reason="JupyterLab is not installed: pip install jupyterlab",
    ),
]

CELLS = [
    "import d2lmini as d2l\n"
    "from IPython.display import display\n"
    "r = d2l.explore.Ravine(eta=0.4, beta=0.5)\n"
    "display(r)",
    'print("eta is", r.eta, "and start is", r.start)',
    "r.eta = 0.6; r.start = (-4, 1)",
    'print("eta is", r.eta, "and the slider", r.panel.children[0].children[0].value)',
]


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


@pytest.fixture(scope="module")
def lab(tmp_path_factory):
    """Yield the address of a notebook in a JupyterLab server of our own."""
    home = tmp_path_factory.mktemp("lab")
    work = home / "work"
    work.mkdir()
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(text) for text in CELLS])
    notebook.metadata["kernelspec"] = {"name": "python3", "display_name": "Python 3"}
    nbformat.write(notebook, work / "explore.ipynb")
    port, token = free_port(), secrets.token_hex(16)
    environment = os.environ | {
        "PYTHONPATH": str(ROOT),
        "JUPYTER_CONFIG_DIR": str(home / "config"),
        "JUPYTER_DATA_DIR": str(home / "data"),
        "JUPYTER_RUNTIME_DIR": str(home / "runtime"),
        "JUPYTERLAB_SETTINGS_DIR": str(home / "settings"),
        "JUPYTERLAB_WORKSPACES_DIR": str(home / "workspaces"),
        "IPYTHONDIR": str(home / "ipython"),
    }
    log = (home / "log.txt").open("w+")
    command = [
        *(sys.executable, "-m", "jupyterlab", "--no-browser", "--allow-root"),
        *("--ip=127.0.0.1", f"--port={port}", "--ServerApp.port_retries=0"),
        *(f"--IdentityProvider.token={token}", f"--ServerApp.root_dir={work}"),
        # No news and no updates: the server asks nobody.
        *("--LabApp.news_url=", "--LabApp.check_for_updates_class=jupyterlab.NeverCheckForUpdate"),
    ]
    server = subprocess.Popen(command, env=environment, stdout=log, stderr=subprocess.STDOUT)
    address = f"http://127.0.0.1:{port}"
    try:
        end = time.monotonic() + 60
        while True:
            try:
                urllib.request.urlopen(f"{address}/api/status?token={token}", timeout=5).close()
                break
            except (urllib.error.URLError, ConnectionError, TimeoutError):
                if server.poll() is not None or time.monotonic() > end:
                    log.seek(0)
                    pytest.fail(f"JupyterLab did not start:\n{log.read()}")
                time.sleep(0.2)
        yield f"{address}/lab/tree/explore.ipynb?token={token}&reset"
    finally:
        sessions = []
        try:
            with urllib.request.urlopen(f"{address}/api/kernels?token={token}", timeout=5) as reply:
                sessions = json.load(reply)
            for kernel in sessions:  # a kernel outlives a server which is only terminated
                stop = urllib.request.Request(
                    f"{address}/api/kernels/{kernel['id']}?token={token}", method="DELETE"
                )
                urllib.request.urlopen(stop, timeout=10).close()
        except (urllib.error.URLError, ConnectionError, TimeoutError):
            pass
        server.terminate()
        try:
            server.wait(20)
        except subprocess.TimeoutExpired:
            server.kill()
            server.wait()
        log.close()


@pytest.fixture
def notebook(browser, lab):
    """Return the open notebook, with a kernel that is ready; a script error fails the test."""
    context = browser.new_context(viewport={"width": 1300, "height": 1800})
    context.set_default_timeout(60_000)
    page = context.new_page()
    errors: list[str] = []
    page.on("pageerror", lambda e: errors.append(str(e)))
    page.goto(lab)
    page.wait_for_selector(".jp-Notebook .jp-CodeCell")
    # Until its kernel is there, Lab answers a key with the question which kernel to start.
    page.locator(".jp-Toolbar-kernelName").filter(has_text="Python 3").wait_for()
    page.wait_for_selector('.jp-Notebook-ExecutionIndicator[data-status="idle"]')
    yield page
    context.close()
    assert errors == []


def run(page, index):
    """Run a cell and wait for its new number; return its text output."""
    cell = page.locator(".jp-Notebook .jp-CodeCell").nth(index)
    prompt = cell.locator(".jp-InputArea-prompt")
    old = prompt.inner_text()
    end = time.monotonic() + 120
    while (now := prompt.inner_text()) == old or "*" in now:
        assert time.monotonic() < end, f"cell {index} did not run, its prompt is {now!r}"
        choose = page.locator("dialog .jp-mod-accept")
        if choose.count():
            choose.first.click()
        elif now == old:
            # A key press before Lab has wired its shortcuts is lost; one that arrived shows [*].
            cell.locator(".cm-content").click()
            page.keyboard.press("Shift+Enter")
        page.wait_for_timeout(500)
    page.wait_for_selector('.jp-Notebook-ExecutionIndicator[data-status="idle"]')
    return "\n".join(cell.locator(".jp-OutputArea-output pre").all_inner_texts())


def test_slider_picture_and_python_move_one_another(notebook):
    page = notebook
    run(page, 0)
    figure = page.locator(".jp-CodeCell").first
    figure.locator(".mmx .panels svg circle").first.wait_for()
    assert figure.locator(".mmx").count() == 1
    status = figure.locator(".mmx .status").first
    words = status.inner_text().replace("\xa0", " ")
    assert words == "converges, ρ = 0.920 a step; loss after 20 steps: 0.089"

    # The slider moves the picture and the trait.
    handle = figure.locator(".widget-slider .noUi-handle").first
    handle.focus()
    for _ in range(5):
        page.keyboard.press("ArrowRight")
    status.filter(has_text="ρ = 0.910").wait_for()
    readout = figure.locator(".widget-readout").first
    assert readout.inner_text() == "0.45"
    page.wait_for_timeout(300)  # the front end sends the last of a burst after the first's reply
    assert "eta is 0.45 and start is (-5.0, -2.0)" in run(page, 1)

    # A key on the start point moves the trait too.
    grip = figure.locator(".mmx .grip").first
    grip.focus()
    page.keyboard.press("Shift+ArrowRight")
    assert grip.get_attribute("aria-valuetext") is not None
    page.wait_for_timeout(300)
    assert "start is (-4.0, -2.0)" in run(page, 1)

    # Python moves the slider and the picture.
    run(page, 2)
    status.filter(has_text="diverges: every step multiplies x₂ by −1.40").wait_for()
    readout.filter(has_text="0.6").wait_for()
    assert readout.inner_text() == "0.6"
    assert grip.get_attribute("aria-valuetext") == "x₁ = −4, x₂ = 1"
    assert "eta is 0.6 and the slider 0.6" in run(page, 3)

    # A preset between two steps of the slider is kept as it is (Lab's own readout rounds it).
    figure.locator("[data-preset=best_gd]").first.click()
    figure.locator(".mmx .head").first.filter(has_text="η = 0.4762").wait_for()
    status.filter(has_text="ρ = 0.905").wait_for()
    page.wait_for_timeout(300)
    assert "eta is 0.476190476190476" in run(page, 1)


def test_dark_theme_of_lab_reaches_the_figure(notebook):
    page = notebook
    run(page, 0)
    circle = page.locator(".mmx .panels .head circle").first
    circle.wait_for()
    fill = "e => getComputedStyle(e).fill"
    assert circle.evaluate(fill) == "rgb(194, 65, 12)"
    page.evaluate("document.body.setAttribute('data-jp-theme-light', 'false')")
    assert circle.evaluate(fill) == "rgb(251, 146, 60)"

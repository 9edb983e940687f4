"""A JupyterLab server of our own, and how a browser opens a notebook of it and runs its cells."""

from __future__ import annotations

import json
import math
import os
import secrets
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import nbformat

ROOT = Path(__file__).resolve().parents[1]


def free_port() -> int:
    """Return a port that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def answers(server: subprocess.Popen[bytes], address: str) -> bool:
    """Wait until a server that was just started answers; if it does not, end it."""
    end = time.monotonic() + 120
    while server.poll() is None and time.monotonic() < end:
        try:
            urllib.request.urlopen(address, timeout=5).close()
            return True
        except (urllib.error.URLError, ConnectionError, TimeoutError):
            time.sleep(0.2)
    server.kill()
    server.wait()
    return False


@contextmanager
def serving(home: Path, notebooks: Mapping[str, Sequence[str]]) -> Iterator[Callable[[str], str]]:
    """Serve notebooks, given by name with their cells; yield what makes a name an address."""
    work = home / "work"
    work.mkdir()
    for name, texts in notebooks.items():
        cells = [nbformat.v4.new_code_cell(text) for text in texts]
        notebook = nbformat.v4.new_notebook(cells=cells)
        notebook.metadata["kernelspec"] = {"name": "python3", "display_name": "Python 3"}
        nbformat.write(notebook, work / f"{name}.ipynb")
    token = secrets.token_hex(16)
    environment = os.environ | {
        "PYTHONPATH": str(ROOT),
        "JUPYTER_CONFIG_DIR": str(home / "config"),
        "JUPYTER_DATA_DIR": str(home / "data"),
        "JUPYTER_RUNTIME_DIR": str(home / "runtime"),
        "JUPYTERLAB_SETTINGS_DIR": str(home / "settings"),
        "JUPYTERLAB_WORKSPACES_DIR": str(home / "workspaces"),
        "IPYTHONDIR": str(home / "ipython"),
    }
    command = [
        *(sys.executable, "-m", "jupyterlab", "--no-browser", "--allow-root"),
        *("--ip=127.0.0.1", "--ServerApp.port_retries=0"),
        *(f"--IdentityProvider.token={token}", f"--ServerApp.root_dir={work}"),
        # No news and no updates: the server asks nobody.
        *(
            "--LabApp.news_url=None",
            "--LabApp.check_for_updates_class=jupyterlab.NeverCheckForUpdate",
        ),
    ]
    log = home / "log.txt"
    for _ in range(3):  # somebody may take the port before the server does
        port = free_port()
        with log.open("w") as output:
            server = subprocess.Popen(
                [*command, f"--port={port}"],
                env=environment,
                stdout=output,
                stderr=subprocess.STDOUT,
            )
        address = f"http://127.0.0.1:{port}"
        if answers(server, f"{address}/api/status?token={token}"):
            break
    else:
        raise RuntimeError(f"JupyterLab did not start:\n{log.read_text()}")
    try:
        yield lambda name: f"{address}/lab/tree/{name}.ipynb?token={token}&reset"
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


def opened(page: Any, address: str) -> None:
    """Open a notebook and wait until its kernel is ready."""
    page.goto(address)
    page.wait_for_selector(".jp-Notebook .jp-CodeCell")
    # Until its kernel is there, Lab answers a key with the question which kernel to start.
    page.locator(".jp-Toolbar-kernelName").filter(has_text="Python 3").wait_for()
    page.wait_for_selector('.jp-Notebook-ExecutionIndicator[data-status="idle"]')


def run_until(page: Any, index: int, true: Callable[[str], bool]) -> str:
    """Run a cell until its output is as awaited, and return it.

    The front end sends the last of a burst of changes when the kernel has answered the first.
    """
    end = time.monotonic() + 120
    while not true(told := run(page, index)):
        assert time.monotonic() < end, f"cell {index} goes on telling {told!r}"
    return told


def run(page: Any, index: int) -> str:
    """Run a cell and wait for its new number; return its text output."""
    cell = page.locator(".jp-Notebook .jp-CodeCell").nth(index)
    prompt = cell.locator(".jp-InputArea-prompt")
    old = prompt.inner_text()
    end, pressed = time.monotonic() + 120, -math.inf
    while (now := prompt.inner_text()) == old or "*" in now:
        assert time.monotonic() < end, f"cell {index} did not run, its prompt is {now!r}"
        choose = page.locator("dialog .jp-mod-accept")
        if choose.count():
            choose.first.click()
        elif now == old and time.monotonic() > pressed + 3:
            # A key press before Lab has wired its shortcuts is lost; one that arrived shows [*].
            cell.locator(".cm-content").click()
            page.keyboard.press("Shift+Enter")
            pressed = time.monotonic()
        page.wait_for_timeout(50)
    page.wait_for_selector('.jp-Notebook-ExecutionIndicator[data-status="idle"]')
    return "\n".join(cell.locator(".jp-OutputArea-output pre").all_inner_texts())

"""Open the notebooks in JupyterLab: ``python site/lab.py [--lang KEY]``.

Readers change and run copies, in ``my-notebooks/<language>/``: those in ``notebooks/`` are made
from the chapters, and would be made again over what a reader did. A copy that was not touched
follows the course; one that was is the reader's, and is never written again.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import secrets
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import FrameType

import nbformat
from nbformat.sign import NotebookNotary

import editions
from errors import refused
from files import write_if_changed
from locking import exclusive

__all__ = ["bring", "main"]

ROOT = Path(__file__).resolve().parents[1]
FOLDER = "my-notebooks"
_RECORD = ".copied.json"  # by page, the digest of the notebook that was copied


def bring(notebooks: Mapping[str, Path], folder: Path) -> list[str]:
    """Copy notebooks into a reader's folder, but over nothing that the reader changed.

    Parameters
    ----------
    notebooks : mapping of str to Path
        Where the notebook of each page is.
    folder : Path
        The folder.

    Returns
    -------
    list of str
        The pages which the reader changed, and the course has changed since, too.
    """
    record = _record(folder)
    behind = []
    notary = NotebookNotary()
    for page, path in notebooks.items():
        data = path.read_bytes()
        copy = folder / f"{page}.ipynb"
        present = _digest(copy.read_bytes()) if copy.is_file() else None
        if present is not None and present not in (record.get(page), _digest(data)):
            if record.get(page) != _digest(data):
                behind.append(page)
            continue
        if write_if_changed(copy, data):
            # Its outputs are those of the course, so they may be shown before a cell has run.
            notary.sign(nbformat.reads(data.decode("utf-8"), as_version=4))
        record[page] = _digest(data)
    notary.store.close()
    write_if_changed(folder / _RECORD, json.dumps(record, indent=1).encode())
    return behind


def _record(folder: Path) -> dict[str, str]:
    try:
        record = json.loads((folder / _RECORD).read_text("utf-8"))
    except (OSError, ValueError):
        return {}
    return record if isinstance(record, dict) else {}


def _digest(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def has_screen(environment: Mapping[str, str]) -> bool:
    """Whether a browser that is started here appears before the reader."""
    if "SSH_CONNECTION" in environment:
        return False
    if sys.platform.startswith("linux"):
        return any(environment.get(name) for name in ("DISPLAY", "WAYLAND_DISPLAY"))
    return True


def command(folder: Path, page: str, port: int, *, browser: bool) -> list[str]:
    """Return the command that serves `folder` to this machine's browsers, `page` first."""
    made = [
        *(sys.executable, "-m", "jupyterlab", "--ip=127.0.0.1", f"--port={port}"),
        *("--ServerApp.port_retries=0", "--ServerApp.answer_yes=True", "--log-level=WARN"),
        *(f"--ServerApp.root_dir={folder}", f"--LabApp.default_url=/lab/tree/{page}.ipynb"),
        # Neither news nor updates: JupyterLab asks nobody.
        *(
            "--LabApp.news_url=None",
            "--LabApp.check_for_updates_class=jupyterlab.NeverCheckForUpdate",
        ),
    ]
    if not browser:
        made.append("--no-browser")
    if hasattr(os, "geteuid") and os.geteuid() == 0:
        made.append("--allow-root")  # as in a container; only this machine can reach it anyway
    return made


def serve(folder: Path, page: str, *, browser: bool) -> int:
    """Run JupyterLab until it is interrupted; return the status to end with."""
    port, token = _free_port(), secrets.token_hex(24)
    # Not on the command line, which every user of the machine can read.
    environment = os.environ | {"JUPYTER_TOKEN": token}
    address = f"http://127.0.0.1:{port}"
    server = subprocess.Popen(command(folder, page, port, browser=browser), env=environment)
    try:
        while not _answers(f"{address}/api/status?token={token}"):
            if server.poll() is not None:
                print("JupyterLab did not start; it says above why.", file=sys.stderr)
                return 1
            time.sleep(0.1)
        print(f"JupyterLab is at {address}/lab/tree/{page}.ipynb?token={token}")
        if not has_screen(os.environ):
            print(
                "From another machine: ssh -L "
                f"{port}:127.0.0.1:{port} <this machine>, then open that address there."
            )
        print("Ctrl-C ends it.", flush=True)
        return server.wait()
    except KeyboardInterrupt:
        print()
        return 0
    finally:
        # Ctrl-C has reached it, too; `kill` has reached only us. It ends its kernels itself.
        server.terminate()
        try:
            server.wait(20)
        except subprocess.TimeoutExpired:
            server.kill()
            server.wait()


def _answers(address: str) -> bool:
    try:
        urllib.request.urlopen(address, timeout=5).close()
    except (urllib.error.URLError, ConnectionError, TimeoutError):
        return False
    return True


def _interrupt(_signal: int, _frame: FrameType | None) -> None:
    raise KeyboardInterrupt


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command line; the result is the process's status."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("--lang", default=editions.SOURCE, metavar="KEY", help="default: en")
    parser.add_argument("--no-browser", action="store_true", help="only print the address")
    parser.add_argument("--root", type=Path, default=ROOT, help=argparse.SUPPRESS)
    options = parser.parse_args(argv)
    try:
        course = editions.load(options.root)
    except editions.ConfigError as error:
        print(error, file=sys.stderr)
        return 1
    key = options.lang
    if key not in course.editions:
        known = ", ".join(course.editions)
        print(f"There is no language {key!r}: LANG must be one of {known}.", file=sys.stderr)
        return 1
    there = course.notebooks(key)
    if course.first_page not in there:
        print("There are no notebooks: run 'make notebooks' first.", file=sys.stderr)
        return 1
    signal.signal(signal.SIGTERM, _interrupt)
    folder = course.root / FOLDER
    try:
        with exclusive(course.root, "lab"):
            behind = bring(there, folder / key)
    except OSError as error:
        print(f"{refused(error)}\nYour earlier copies are as they were.", file=sys.stderr)
        return 1
    print(f"Your copies of the notebooks are in {FOLDER}/{key}/; change them as you like.")
    for page in behind:
        print(
            f"  {FOLDER}/{key}/{page}.ipynb is as you left it, and the course's has changed "
            "since: rename or delete yours to get that one"
        )
    browser = not options.no_browser and has_screen(os.environ)
    return serve(folder, f"{key}/{course.first_page}", browser=browser)


if __name__ == "__main__":
    sys.exit(main())

"""Open the notebooks in JupyterLab: ``python site/lab.py [--lang KEY]``.

The book of the language is built first, if it is not up to date: the notebooks come from it, and
the reader works on copies (`copies`). A book that cannot be built keeps nobody from earlier copies.
"""

from __future__ import annotations

import argparse
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

import copies
import editions
from errors import refused

__all__ = ["main"]

ROOT = Path(__file__).resolve().parents[1]
# Switched off there: the question whether to fetch news; and an extension that a reader may have
# installed for other work, which reads Markdown in its own way, in which what is folded is not.
SETTINGS = Path(__file__).resolve().parent / "labsettings"


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
    paths = [str(SETTINGS), *filter(None, [os.environ.get("JUPYTER_CONFIG_PATH")])]
    environment["JUPYTER_CONFIG_PATH"] = os.pathsep.join(paths)
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


def _ready(course: editions.Course, key: str, folder: Path) -> bool:
    """Bring the copies of a language up to date, and say so; return whether there are any."""
    if copies.build(course, [key]):
        behind = copies.renew(course, key, folder)
    elif (folder / key / f"{course.first_page}.ipynb").is_file():
        print("JupyterLab opens your copies as they are.", file=sys.stderr)
        behind = []
    else:
        return False
    print(f"Your copies of the notebooks are in {folder.name}/{key}/; change them as you like.")
    for page in behind:
        print(
            f"  {folder.name}/{key}/{page}.ipynb is as you left it, and the course's has changed "
            "since: rename or delete yours to get that one"
        )
    return True


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command line; the result is the process's status."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("--lang", default=editions.SOURCE, metavar="KEY", help="default: en")
    parser.add_argument("--no-browser", action="store_true", help="only print the address")
    parser.add_argument("--root", type=Path, default=ROOT, help=argparse.SUPPRESS)
    parser.add_argument("--folder", type=Path, metavar="FOLDER", help="of the copies")
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
    signal.signal(signal.SIGTERM, _interrupt)
    folder = (options.folder or course.root / editions.COPIES).resolve()
    try:
        if not _ready(course, key, folder):
            return 1
    except OSError as error:
        print(f"{refused(error)}\nYour earlier copies are as they were.", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130
    browser = not options.no_browser and has_screen(os.environ)
    return serve(folder, f"{key}/{course.first_page}", browser=browser)


if __name__ == "__main__":
    sys.exit(main())

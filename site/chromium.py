"""The browser that prints the book and runs the tests: ``python site/chromium.py`` installs one.

It is whatever Chromium the machine has: the one named by the environment variable
``COURSE_CHROMIUM``, one on the ``PATH``, or the one which ``playwright install chromium`` fetched.
Of several on the ``PATH`` it is the one without windows, which does the same for less: a fresh
profile costs a third, a test run about a fifth less.
The command uses what is installed; else installs Debian's package where that needs no password;
else asks Playwright for its own build. Where none of this works, it says so and succeeds: the
browser tests are then skipped, and `make pdf` says what it needs.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

__all__ = ["FLAGS", "BrowserError", "launched", "named_or_found"]

CANDIDATES = (
    "chromium-headless-shell",
    "chromium",
    "chromium-browser",
    "google-chrome",
    "google-chrome-stable",
    "chrome",
)
FLAGS = ("--no-sandbox", "--disable-gpu", "--disable-background-networking")


class BrowserError(Exception):
    """There is no Chromium, or it cannot be used; the message says what to do."""


def named_or_found() -> str | None:
    """Return the path of a Chromium of this machine, or None to let Playwright use its own.

    Raises
    ------
    BrowserError
        ``COURSE_CHROMIUM`` names no file.
    """
    named = os.environ.get("COURSE_CHROMIUM")
    if named:
        if not Path(named).is_file():
            raise BrowserError(
                f"COURSE_CHROMIUM={named!r} is not a file: name a Chromium, or unset it"
            )
        return named
    return next((path for path in map(shutil.which, CANDIDATES) if path), None)


@contextmanager
def launched() -> Iterator[Any]:
    """Yield a headless Chromium, a ``Browser`` of Playwright, while the block runs.

    Raises
    ------
    BrowserError
        There is none, or it does not start, or it ends before the block does.
    """
    from playwright.sync_api import Error, sync_playwright

    path = named_or_found()
    with sync_playwright() as playwright:
        if path is None and not Path(playwright.chromium.executable_path).is_file():
            raise BrowserError(
                "there is no Chromium on this machine: run 'sudo apt install chromium' (Debian, "
                f"Ubuntu) or '{Path(sys.executable).parent / 'playwright'} install chromium', or "
                "name one: COURSE_CHROMIUM=/path/to/chromium make ..."
            )
        try:
            browser = playwright.chromium.launch(executable_path=path, args=list(FLAGS))
        except Error as error:
            raise BrowserError(
                f"{path or playwright.chromium.executable_path} does not start; name another one: "
                f"COURSE_CHROMIUM=/path/to/chromium make ...\n{error.message.splitlines()[0]}"
            ) from None
        try:
            yield browser
        except Error as error:
            if browser.is_connected() and "crashed" not in error.message:
                raise
            raise BrowserError(
                "Chromium ended in the middle of its work, as it does when memory runs out: "
                "close other programs, then try again"
            ) from None
        finally:
            browser.close()


def found() -> bool:
    """Whether this machine has a Chromium, its own or Playwright's."""
    from playwright.sync_api import sync_playwright

    if named_or_found():
        return True
    with sync_playwright() as playwright:
        return os.path.isfile(playwright.chromium.executable_path)


def attempt(*commands: list[str]) -> bool:
    """Run the commands one after another; True if all of them succeed."""
    for command in commands:
        print("  " + " ".join(command), flush=True)
        try:
            done = subprocess.run(command, capture_output=True, text=True, timeout=600)
        except (OSError, subprocess.TimeoutExpired) as error:
            print(f"  failed: {error}")
            return False
        if done.returncode:
            print("  failed: " + (done.stderr.strip().splitlines() or ["no message"])[-1])
            return False
    return True


def ways() -> list[list[list[str]]]:
    """The installations to try, in order, each a list of commands."""
    known = []
    if shutil.which("apt-get"):
        as_root = [] if os.geteuid() == 0 else ["sudo", "--non-interactive"]
        if not as_root or shutil.which("sudo"):
            apt = [*as_root, "apt-get"]
            install = [*apt, "install", "--yes", "--no-install-recommends", "fonts-noto-cjk"]
            known += [
                [[*apt, "update", "-qq"], [*install, package]]
                for package in ("chromium-headless-shell", "chromium")
            ]
    known.append([[sys.executable, "-m", "playwright", "install", "chromium"]])
    return known


def main() -> int:
    """Install a Chromium unless there is one."""
    try:
        if found():
            return 0
        print("There is no Chromium; installing one")
        if any(attempt(*commands) and found() for commands in ways()):
            return 0
    except BrowserError as error:
        print(error, file=sys.stderr)
        return 1
    print(
        "No Chromium could be installed: browser tests will be skipped, and no PDF can be made.\n"
        "Install Chromium or Chrome, or name one: COURSE_CHROMIUM=/path/to/chromium make ..."
    )
    return 0


if __name__ == "__main__":
    sys.exit(main())

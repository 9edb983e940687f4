"""Make sure that a Chromium is there for the browser tests: ``python tests/install_browser.py``.

Uses what is installed; else installs Debian's package where that needs no password; else asks
Playwright for its own build. Where none of this works, it says so and succeeds: the browser tests
are then skipped.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys

from playwright.sync_api import sync_playwright

from conftest import chromium_path


def found() -> bool:
    """Whether this machine has a Chromium, its own or Playwright's."""
    if chromium_path():
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
            packages = ["chromium", "fonts-noto-cjk"]
            known.append(
                [
                    [*apt, "update", "-qq"],
                    [*apt, "install", "--yes", "--no-install-recommends", *packages],
                ]
            )
    known.append([[sys.executable, "-m", "playwright", "install", "chromium"]])
    return known


def main() -> None:
    if found():
        return
    print("No Chromium for the browser tests; installing one")
    for commands in ways():
        if attempt(*commands) and found():
            return
    print(
        "No Chromium could be installed, so the browser tests will be skipped.\n"
        "Install Chromium or Chrome, or name one: COURSE_CHROMIUM=/path/to/chromium make test"
    )


if __name__ == "__main__":
    main()

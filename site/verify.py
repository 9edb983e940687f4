"""Execute the stored notebooks again and compare every output: ``python site/verify.py``.

nbval in its strict form, in the environment that the outputs were made in, and with an empty cache
of training runs, so that a stored curve is trained anew instead of being read back.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from execute import kernel_environment

__all__ = ["main", "verify"]

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent


def verify(root: Path, notebooks: Sequence[Path], *, jobs: int) -> int:
    """Compare the outputs of notebooks with new ones; the result is pytest's status.

    Parameters
    ----------
    root : Path
        The checkout.
    notebooks : sequence of Path
        Notebooks, or folders of them.
    jobs : int
        Notebooks at a time.
    """
    with tempfile.TemporaryDirectory(prefix="course-") as scratch:
        environment = kernel_environment(root, Path(scratch) / "ipython")
        # pytest has to find the plugin before it reads any configuration.
        environment["PYTHONPATH"] += os.pathsep + str(HERE)
        environment["D2LMINI_CACHE"] = str(Path(scratch) / "cache")
        # One kernel per notebook, so its cells have to stay together, and in the plugin's order.
        together = ("-n", str(jobs), "--dist", "loadfile", "--no-loadscope-reorder")
        return subprocess.call(
            [
                sys.executable,
                *("-m", "pytest", "-p", "nbval_datasets", "-p", "no:cacheprovider"),
                *("--nbval", "--nbval-current-env", "--nbval-kernel-startup-timeout=300"),
                f"--nbval-sanitize-with={ROOT / 'tests' / 'nbval_sanitize.cfg'}",
                *(together if jobs > 1 else ()),
                *("--quiet", "-r", "fEs", f"--rootdir={root}"),
                *map(str, notebooks),
            ],
            cwd=root,
            env=environment,
        )


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command line; the result is the process's status."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("notebooks", nargs="*", type=Path, help="notebooks or folders of them")
    parser.add_argument("--jobs", type=int, default=2, help="notebooks at a time (default: 2)")
    parser.add_argument("--root", type=Path, default=ROOT, help=argparse.SUPPRESS)
    arguments = parser.parse_args(argv)
    root = arguments.root.resolve()
    chosen = [path.resolve() for path in arguments.notebooks] or [root / "notebooks"]
    for path in chosen:
        if not path.exists():
            raise SystemExit(f"{path} does not exist: run make notebooks first")
    return verify(root, chosen, jobs=arguments.jobs)


if __name__ == "__main__":
    sys.exit(main())

"""Put the plain notebooks of the built book on a branch: ``python site/plainbranch.py``.

Colab opens notebooks from a repository only, and those of ``_build/`` are in none. So whoever
publishes keeps them in a branch of their own, as ``<language>/<page>.ipynb``, which holds one
commit, the last one: what is made anew with every build has no history. A branch that holds
anything else is left alone. Needs nothing but Python and git, and touches neither the files of the
checkout nor its index.
"""

from __future__ import annotations

import argparse
import os
import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
# As in `editions` and `repository`, which need more than Python has.
FOLDER = "_notebooks"
VARIABLE = "COURSE_NOTEBOOKS_BRANCH"
_OURS = re.compile(r"[a-z][a-z0-9-]*/[\w-]+\.ipynb")

# Who commits: what Actions itself uses, so that nobody's name is on what no person wrote.
_BOT = {
    f"GIT_{role}_{what}": said
    for role in ("AUTHOR", "COMMITTER")
    for what, said in (
        ("NAME", "github-actions[bot]"),
        ("EMAIL", "41898282+github-actions[bot]@users.noreply.github.com"),
    )
}


class BranchError(Exception):
    """The notebooks cannot be put there; the message says what to do."""


def files_of(site: Path) -> dict[str, Path]:
    """Return the plain notebooks of a site, by their names in the branch.

    Raises
    ------
    BranchError
        There are none.
    """
    found = {
        f"{path.parent.parent.name}/{path.name}": path
        for path in sorted(site.glob(f"*/{FOLDER}/*.ipynb"))
    }
    if not found:
        raise BranchError(f"{site} has no notebooks: run 'make book' first")
    return found


def push(root: Path, site: Path, branch: str, remote: str = "origin") -> str:
    """Make `branch` of a remote repository hold the notebooks of `site`; return its new commit.

    Raises
    ------
    BranchError
        There are no notebooks, or the branch holds something else.
    subprocess.CalledProcessError
        git refused; it says why on standard error.
    """

    def git(*arguments: str, given: str | None = None) -> str:
        done = subprocess.run(
            ["git", "-C", str(root), *arguments],
            input=given,
            stdout=subprocess.PIPE,
            text=True,
            check=True,
            env=os.environ | _BOT,
        )
        return done.stdout.strip()

    files = files_of(site)
    if git("ls-remote", remote, f"refs/heads/{branch}"):
        git("fetch", "--quiet", remote, f"refs/heads/{branch}")
        there = git("ls-tree", "-r", "--name-only", "FETCH_HEAD").splitlines()
        other = next((name for name in there if not _OURS.fullmatch(name)), None)
        if other:
            raise BranchError(
                f"{VARIABLE}={branch} holds {other}, and would be replaced: name a branch that "
                "is to hold the notebooks and nothing else, for instance notebooks"
            )
    hashes = git(
        "hash-object", "-w", "--no-filters", "--stdin-paths",
        given="".join(f"{path.resolve()}\n" for path in files.values()),
    ).split()  # fmt: skip
    folders: dict[str, str] = {}
    for name, blob in zip(files, hashes, strict=True):
        folder, _, page = name.partition("/")
        folders[folder] = folders.get(folder, "") + f"100644 blob {blob}\t{page}\n"
    trees = {folder: git("mktree", given=listed) for folder, listed in folders.items()}
    top = git("mktree", given="".join(f"040000 tree {t}\t{name}\n" for name, t in trees.items()))
    source = git("rev-parse", "--short", "HEAD")
    commit = git(
        "commit-tree", top, "-m", f"The notebooks of the book that was built from {source}"
    )
    git("push", "--quiet", "--force", remote, f"{commit}:refs/heads/{branch}")
    return commit


def main(arguments: list[str] | None = None) -> int:
    """Run the command line."""
    parser = argparse.ArgumentParser(description="Push the plain notebooks of _build/html/.")
    parser.add_argument("--site", type=Path, default=ROOT / "_build" / "html")
    parser.add_argument("--root", type=Path, default=ROOT, help="the checkout")
    parser.add_argument("--remote", default="origin", help="where to (default: origin)")
    options = parser.parse_args(arguments)
    branch = os.environ.get(VARIABLE, "").strip()
    try:
        if not branch:
            raise BranchError(
                f"{VARIABLE} is not set: say which branch is to hold the notebooks, for instance "
                f"{VARIABLE}=notebooks"
            )
        push(options.root, options.site, branch, options.remote)
    except (BranchError, subprocess.CalledProcessError) as error:
        print(f"{error}\nNothing was published.", file=sys.stderr)
        return 1
    print(f"The notebooks are on the branch {branch}.")
    return 0


if __name__ == "__main__":
    sys.exit(main())

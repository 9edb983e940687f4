"""Where the course's repository is on the web, and what leads from there to a running notebook.

The course is published by whoever publishes it, so the address stands in no page's source. A build
takes it from the first of these that knows one:

1. ``COURSE_REPOSITORY`` and ``COURSE_BRANCH``, variables of the environment,
2. ``GITHUB_REPOSITORY`` and its companions, which GitHub Actions sets,
3. the remote ``origin`` of the checkout, with a branch that is there,
4. ``repository:`` in ``_config.yml``.

A remote that nobody else can reach, such as a folder, counts as none.
"""

from __future__ import annotations

import os
import re
import subprocess
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlsplit

from editions import ConfigError

__all__ = ["PLAIN_BRANCH", "Repository", "configured", "find", "git", "plain_branch", "web_address"]

PLAIN_BRANCH = "COURSE_NOTEBOOKS_BRANCH"
"""Names, in the environment, the branch that whoever publishes keeps the plain notebooks in."""

# Hosts where a repository that is cloned by ssh is read at the same path by https.
_HOSTS = frozenset({"github.com", "gitlab.com", "codeberg.org", "bitbucket.org"})
# Further names of theirs, the first two for ssh through the port of https.
_ALIASES = {
    "ssh.github.com": "github.com",
    "altssh.gitlab.com": "gitlab.com",
    "altssh.bitbucket.org": "bitbucket.org",
    "www.github.com": "github.com",
}
_HOST = re.compile(r"(?=.*[a-z])[a-z0-9-]+(\.[a-z0-9-]+)+")
_PRIVATE = re.compile(r".*\.(local|localhost|localdomain|lan|internal|intranet|home|corp|test)")
_PATH = re.compile(r"[\w.~-]*\w(/[\w.~-]*\w)*", re.ASCII)
# What git allows in the name of a branch, without what an address would have to escape.
_BRANCH = re.compile(r"(?!.*(\.\.|//|/\.|\.lock(/|$)))[\w][\w./+-]*(?<![./])", re.ASCII)
_FORM = "https://github.com/<owner>/<name>"


@dataclass(frozen=True)
class Repository:
    """A repository on the web, and a branch that holds the course.

    Attributes
    ----------
    web : str
        Its address, for a browser and for git.
    branch : str
        The branch.

    Examples
    --------
    >>> course = Repository("https://github.com/ada/course", "main")
    >>> course.colab("notebooks/vi/ravine.ipynb")
    'https://colab.research.google.com/github/ada/course/blob/main/notebooks/vi/ravine.ipynb'
    >>> course.binder("notebooks/vi/ravine.ipynb")
    'https://mybinder.org/v2/gh/ada/course/main?urlpath=lab%2Ftree%2Fnotebooks%2Fvi%2Fravine.ipynb'
    >>> Repository("https://gitlab.com/ada/maths/course", "main").binder("a.ipynb")
    'https://mybinder.org/v2/gl/ada%2Fmaths%2Fcourse/main?urlpath=lab%2Ftree%2Fa.ipynb'
    >>> Repository("https://codeberg.org/ada/course", "main").binder("a.ipynb")[:61]
    'https://mybinder.org/v2/git/https%3A%2F%2Fcodeberg.org%2Fada%'
    >>> Repository("https://codeberg.org/ada/course", "main").colab("a.ipynb") is None
    True
    """

    web: str
    branch: str

    @property
    def host(self) -> str:
        """The name of the host."""
        return str(urlsplit(self.web).hostname)

    @property
    def path(self) -> str:
        """Owner and name."""
        return urlsplit(self.web).path.strip("/")

    def same_as(self, other: Repository | None) -> bool:
        """Whether `other` is this branch of this repository; hosts do not tell case apart."""
        return (
            other is not None
            and self.web.lower() == other.web.lower()
            and self.branch == other.branch
        )

    def binder(self, path: str) -> str:
        """Return the address which opens the file `path` in JupyterLab on Binder."""
        if self.host == "github.com":
            where = f"gh/{self.path}"
        elif self.host == "gitlab.com":
            where = f"gl/{quote(self.path, safe='')}"
        else:
            where = f"git/{quote(self.web, safe='')}"
        file = quote(f"lab/tree/{path}", safe="")
        return f"https://mybinder.org/v2/{where}/{quote(self.branch)}?urlpath={file}"

    def colab(self, path: str) -> str | None:
        """Return the address which opens the notebook `path` on Colab, which knows GitHub only."""
        if self.host != "github.com":
            return None
        file = quote(f"{self.path}/blob/{self.branch}/{path}")
        return f"https://colab.research.google.com/github/{file}"


def web_address(remote: str) -> str | None:
    """Return the https address of what git calls `remote`; None if only some can reach it.

    Examples
    --------
    >>> web_address("git@github.com:ada/course.git")
    'https://github.com/ada/course'
    >>> web_address("https://user:secret@gitlab.com/ada/maths/course.git")
    'https://gitlab.com/ada/maths/course'
    >>> web_address("../course") is web_address("git@work:course.git") is None
    True
    """
    remote = remote.strip()
    scp = re.fullmatch(r"(?:[\w.-]+@)?([\w.-]+):(?!//)(.*)", remote, re.ASCII)
    if scp and not re.fullmatch(r"[A-Za-z]", scp[1]):  # not a drive of Windows
        scheme, host, port, path = "ssh", scp[1], None, scp[2]
    else:
        try:
            parts = urlsplit(remote)
            scheme, host, port, path = parts.scheme, parts.hostname or "", parts.port, parts.path
        except ValueError:
            return None
        if parts.query or parts.fragment:
            return None
    host = _ALIASES.get(host.lower(), host.lower())
    path = path.strip("/").removesuffix(".git")
    if scheme not in ("https", "http", "ssh", "git", "git+ssh"):
        return None
    if not _HOST.fullmatch(host) or _PRIVATE.fullmatch(host) or not _PATH.fullmatch(path):
        return None
    if host in _HOSTS:
        deep = path.count("/")
        # GitLab has groups within groups; the others have an owner and a name.
        fits = deep >= 1 if host == "gitlab.com" else deep == 1
        return f"https://{host}/{path}" if fits else None
    # Elsewhere the path by ssh need not be that by https.
    if scheme not in ("https", "http"):
        return None
    return f"{scheme}://{host}{f':{port}' if port else ''}/{path}"


def find(
    root: Path, config: Mapping[str, Any], environment: Mapping[str, str] = os.environ
) -> Repository | None:
    """Return where the course of the folder `root` is published; None if nothing says so.

    Parameters
    ----------
    root : Path
        The checkout.
    config : mapping
        What ``_config.yml`` holds.
    environment : mapping of str to str
        The variables of the environment.

    Raises
    ------
    ConfigError
        ``COURSE_REPOSITORY``, ``COURSE_BRANCH`` or ``repository:`` cannot be used.
    """
    named = environment.get("COURSE_REPOSITORY", "").strip()
    branch = environment.get("COURSE_BRANCH", "").strip()
    if branch:
        _require_branch(branch, "COURSE_BRANCH=")
    web = _require_address(named, "COURSE_REPOSITORY=") if named else None
    for found, its_branch in _known(root, config, environment):
        if (web is None or found.lower() == web.lower()) and (branch or its_branch):
            return Repository(web or found, branch or str(its_branch))
    if web is None:
        return None
    if not branch:
        raise ConfigError(
            f"COURSE_REPOSITORY={named} is not the repository that this checkout comes from, so "
            "its branch is not known: set COURSE_BRANCH, too, for instance COURSE_BRANCH=main"
        )
    return Repository(web, branch)


def plain_branch(environment: Mapping[str, str] = os.environ) -> str:
    """Return the branch that holds the plain notebooks, as ``<language>/<page>.ipynb``, or nothing.

    Nobody but the one who publishes knows whether there is such a branch, so only the environment
    says so.

    Raises
    ------
    ConfigError
        What it says is no name of a branch.

    Examples
    --------
    >>> plain_branch({"COURSE_NOTEBOOKS_BRANCH": "notebooks"}), plain_branch({})
    ('notebooks', '')
    """
    branch = environment.get(PLAIN_BRANCH, "").strip()
    return _require_branch(branch, f"{PLAIN_BRANCH}=") if branch else ""


def configured(config: Mapping[str, Any]) -> Repository | None:
    """Return the repository that ``repository:`` in ``_config.yml`` names; None if it is empty.

    Raises
    ------
    ConfigError
        What stands there cannot be used.
    """
    entry = config.get("repository") or {}
    if not isinstance(entry, dict):
        raise ConfigError(f"_config.yml: repository: needs url: and branch:, not {entry!r}")
    url = entry.get("url") or ""
    if not url:
        return None
    web = _require_address(url, "_config.yml: repository: url: ")
    return Repository(
        web, _require_branch(entry.get("branch"), "_config.yml: repository: branch: ")
    )


def _known(
    root: Path, config: Mapping[str, Any], environment: Mapping[str, str]
) -> Iterator[tuple[str, str | None]]:
    """Yield the addresses that the surroundings know, each with its branch if that is known."""
    server = environment.get("GITHUB_SERVER_URL", "").rstrip("/")
    name = environment.get("GITHUB_REPOSITORY", "")
    web = web_address(f"{server}/{name}") if server and name else None
    if web:
        # The commit of a pull request is on no branch of its own; it is meant for this one.
        branch = environment.get("GITHUB_BASE_REF") or environment.get("GITHUB_REF_NAME") or ""
        yield web, branch if _BRANCH.fullmatch(branch) else None
    top = git(root, "rev-parse", "--show-toplevel")
    # A course unpacked within another repository is not what that one's remote holds.
    if top and Path(top).resolve() == Path(root).resolve():
        web = web_address(git(root, "remote", "get-url", "origin") or "")
        if web:
            yield web, _branch_of_origin(root)
    there = configured(config)
    if there:
        yield there.web, there.branch


def _branch_of_origin(root: Path) -> str | None:
    """Return a branch that origin has: the one this branch follows, or else its main one."""
    for question in (
        ("rev-parse", "--abbrev-ref", "--symbolic-full-name", "@{upstream}"),
        ("symbolic-ref", "--short", "refs/remotes/origin/HEAD"),
    ):
        remote, _, branch = (git(root, *question) or "").partition("/")
        if remote == "origin" and _BRANCH.fullmatch(branch):
            return branch
    return None


def git(root: Path, *arguments: str) -> str | None:
    """Return what git answers about `root`; None if it does not know, or is not there."""
    # A hook of git's own would tell it of another repository.
    environment = {key: value for key, value in os.environ.items() if not key.startswith("GIT_")}
    try:
        done = subprocess.run(
            ["git", "-C", str(root), *arguments],
            capture_output=True,
            text=True,
            check=True,
            env=environment,
        )
    except (OSError, subprocess.CalledProcessError, UnicodeDecodeError):
        return None
    return done.stdout.strip()


def _require_address(value: object, said: str) -> str:
    web = web_address(value) if isinstance(value, str) else None
    if web is None:
        raise ConfigError(
            f"{said}{value} is no repository that readers can reach: give its address on the web, "
            f"like {_FORM}, or leave it empty"
        )
    return web


def _require_branch(value: object, said: str) -> str:
    if not isinstance(value, str) or not _BRANCH.fullmatch(value):
        raise ConfigError(f"{said}{value} is no name of a branch: give one, for instance main")
    return value

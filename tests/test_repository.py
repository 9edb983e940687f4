"""Where the course is published: forms of remotes, who is asked first, and what links say."""

from __future__ import annotations

import subprocess
from collections.abc import Callable
from pathlib import Path
from urllib.parse import parse_qs, unquote, urlsplit

import pytest

from editions import ConfigError
from repository import Repository, configured, find, web_address

ADA = "https://github.com/ada/course"
CONFIGURED = {"repository": {"url": "https://github.com/eve/course", "branch": "trunk"}}
ACTIONS = {
    "GITHUB_SERVER_URL": "https://github.com",
    "GITHUB_REPOSITORY": "bob/course",
    "GITHUB_REF_NAME": "main",
}


@pytest.mark.parametrize(
    ("remote", "web"),
    [
        ("https://github.com/ada/course", ADA),
        ("https://github.com/ada/course.git", ADA),
        ("https://github.com/ada/course/", ADA),
        ("http://www.GitHub.com/ada/course", ADA),
        ("https://ada:secret@github.com/ada/course.git", ADA),
        ("git@github.com:ada/course.git", ADA),
        ("github.com:ada/course", ADA),
        ("ssh://git@github.com/ada/course.git", ADA),
        ("ssh://git@ssh.github.com:443/ada/course.git", ADA),
        ("git://github.com/ada/course.git", ADA),
        ("https://github.com/ada/my.course_2", "https://github.com/ada/my.course_2"),
        ("git@gitlab.com:ada/maths/course.git", "https://gitlab.com/ada/maths/course"),
        ("git@codeberg.org:ada/course.git", "https://codeberg.org/ada/course"),
        ("https://git.example.org:8443/course.git", "https://git.example.org:8443/course"),
    ],
)
def test_each_form_of_a_remote_is_one_address(remote: str, web: str) -> None:
    assert web_address(remote) == web


@pytest.mark.parametrize(
    "remote",
    [
        *(
            "",
            "/srv/course",
            "../course",
            "course",
            "C:\\course",
            "C:/course",
            "file:///srv/course",
        ),
        *("git@work:ada/course.git", "git@git.example.org:ada/course.git"),
        *("https://localhost/ada/course", "http://127.0.0.1/ada/course", "https://git.lan/a/b"),
        *(
            "https://github.com/ada",
            "https://github.com/ada/course/tree/main",
            "https://github.com",
        ),
        *("https://github.com/ada/course?x=1", "https://github.com/ada/cou rse", "javascript:a/b"),
        *('https://github.com/ada/"><script>', "https://github.com:port/ada/course"),
    ],
)
def test_what_readers_cannot_reach_has_no_address(remote: str) -> None:
    assert web_address(remote) is None


Checkout = Callable[..., Path]


def git(folder: Path, *arguments: str) -> None:
    """Run git without the settings of whoever runs the tests."""
    subprocess.run(
        ["git", "-c", "user.name=A", "-c", "user.email=a@example.org", *arguments],
        cwd=folder,
        check=True,
        capture_output=True,
    )


@pytest.fixture
def checkout(tmp_path: Path) -> Checkout:
    """Return a function that makes a checkout with a remote, and with branches that it has."""

    def make(remote: str | None, *branches: str, follows: str | None = None) -> Path:
        git(tmp_path, "init", "-q", "-b", "work")
        git(tmp_path, "commit", "-q", "--allow-empty", "-m", "first")
        if remote is not None:
            git(tmp_path, "remote", "add", "origin", remote)
        for branch in branches:
            git(tmp_path, "update-ref", f"refs/remotes/origin/{branch}", "HEAD")
        if branches:
            there = f"refs/remotes/origin/{branches[0]}"
            git(tmp_path, "symbolic-ref", "refs/remotes/origin/HEAD", there)
        if follows:
            git(tmp_path, "branch", "-q", f"--set-upstream-to=origin/{follows}")
        return tmp_path

    return make


def test_a_checkout_knows_its_origin_and_the_branch_it_follows(checkout: Checkout) -> None:
    root = checkout("git@github.com:ada/course.git", "main", "spring/2", follows="spring/2")
    assert find(root, {}, {}) == Repository(ADA, "spring/2")


def test_a_branch_that_origin_lacks_leads_to_its_main_one(checkout: Checkout) -> None:
    assert find(checkout(ADA, "main"), {}, {}) == Repository(ADA, "main")


@pytest.mark.parametrize("remote", [None, "/srv/course", "../course"])
def test_a_checkout_of_nothing_public_offers_nothing(
    checkout: Checkout, remote: str | None
) -> None:
    root = checkout(remote, *(["main"] if remote else []))
    assert find(root, {}, {}) is None


def test_a_remote_to_which_nothing_was_pushed_offers_nothing(checkout: Checkout) -> None:
    root = checkout(ADA)
    assert find(root, {}, {}) is None
    assert find(root, {}, {"COURSE_BRANCH": "main"}) == Repository(ADA, "main")


def test_a_folder_within_another_repository_is_not_that_one(checkout: Checkout) -> None:
    course = checkout(ADA, "main") / "unpacked"
    course.mkdir()
    assert find(course, {}, {}) is None


def test_without_git_there_is_nothing_to_ask(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    assert find(tmp_path, {}, {}) is None
    assert find(tmp_path, CONFIGURED, {}) == Repository("https://github.com/eve/course", "trunk")


def test_the_nearest_source_of_the_address_wins(checkout: Checkout) -> None:
    root = checkout(ADA, "main")
    own = {"COURSE_REPOSITORY": "https://gitlab.com/joe/course", "COURSE_BRANCH": "spring"}
    assert find(root, CONFIGURED, ACTIONS | own) == Repository(
        "https://gitlab.com/joe/course", "spring"
    )
    assert find(root, CONFIGURED, ACTIONS) == Repository("https://github.com/bob/course", "main")
    assert find(root, CONFIGURED, {}) == Repository(ADA, "main")
    empty = {"COURSE_REPOSITORY": "", "COURSE_BRANCH": ""}
    assert find(root, CONFIGURED, empty) == Repository(ADA, "main")


def test_a_pull_request_is_shown_with_the_branch_it_is_for(tmp_path: Path) -> None:
    request = {"GITHUB_REF_NAME": "12/merge", "GITHUB_BASE_REF": "spring"}
    assert find(tmp_path, {}, ACTIONS | request) == Repository(
        "https://github.com/bob/course", "spring"
    )


def test_the_branch_need_not_be_repeated_for_the_same_repository(checkout: Checkout) -> None:
    root = checkout(ADA, "main")
    assert find(root, {}, {"COURSE_REPOSITORY": f"{ADA}.git"}) == Repository(ADA, "main")


@pytest.mark.parametrize(
    ("environment", "said"),
    [
        (
            {"COURSE_REPOSITORY": "ada/course"},
            r"COURSE_REPOSITORY=ada/course is no repository .* like https://github\.com/<owner>",
        ),
        ({"COURSE_REPOSITORY": ADA}, r"its branch is not known: set COURSE_BRANCH, too"),
        ({"COURSE_BRANCH": "a..b"}, r"COURSE_BRANCH=a\.\.b is no name of a branch"),
        ({"COURSE_REPOSITORY": ADA, "COURSE_BRANCH": "-x"}, r"COURSE_BRANCH=-x is no name"),
    ],
)
def test_a_variable_that_cannot_be_used_is_an_error(
    tmp_path: Path, environment: dict[str, str], said: str
) -> None:
    with pytest.raises(ConfigError, match=said):
        find(tmp_path, {}, environment)


@pytest.mark.parametrize(
    "entry",
    [
        ADA,
        {"url": "course", "branch": "main"},
        {"url": ["x"], "branch": "main"},
        {"url": ADA},
        {"url": ADA, "branch": 2},
    ],
)
def test_a_setting_that_cannot_be_used_is_an_error(entry: object) -> None:
    with pytest.raises(ConfigError, match=r"_config\.yml: repository:"):
        configured({"repository": entry})


@pytest.mark.parametrize("config", [{}, {"repository": None}, {"repository": {"url": ""}}])
def test_an_empty_setting_is_none(config: dict[str, object]) -> None:
    assert configured(config) is None


@pytest.mark.parametrize("web", [ADA, "https://gitlab.com/a/b/c", "https://git.example.org/x"])
@pytest.mark.parametrize("branch", ["main", "spring/2026", "v1.0+a"])
def test_links_can_be_read_back(web: str, branch: str) -> None:
    """Binder takes what is before the first slashes, and then the branch, which may have some."""
    there = Repository(web, branch)
    link = urlsplit(there.binder("notebooks/vi/ravine.ipynb"))
    assert parse_qs(link.query) == {"urlpath": ["lab/tree/notebooks/vi/ravine.ipynb"]}
    kind, spec = link.path.removeprefix("/v2/").split("/", 1)
    *name, ref = spec.split("/", 2 if kind == "gh" else 1)
    assert unquote(ref) == branch
    assert unquote("/".join(name)) == (web if kind == "git" else urlsplit(web).path.strip("/"))
    assert kind == {"github.com": "gh", "gitlab.com": "gl"}.get(there.host, "git")
    colab = there.colab("notebooks/vi/ravine.ipynb")
    assert (colab is not None) == (kind == "gh")
    if colab:
        assert unquote(urlsplit(colab).path) == (
            f"/github/ada/course/blob/{branch}/notebooks/vi/ravine.ipynb"
        )

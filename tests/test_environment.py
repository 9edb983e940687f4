"""The environment script says what a machine lacks, and never trusts half an installation."""

from __future__ import annotations

import ast
import os
import re
import subprocess
import sys
from importlib.metadata import distributions, packages_distributions
from pathlib import Path

import pytest
from packaging.requirements import Requirement

import environment

SCRIPT = Path(environment.__file__)
ROOT = SCRIPT.parents[1]

PRINT = """
import sys
sys.modules |= dict.fromkeys(sys.argv[2:])  # as if they were not installed
import pathlib, pdf, weights
fonts = pathlib.Path(sys.argv[1]).glob("*.woff2")
print(len(weights.cut(next(fonts).read_bytes(), 400)))
"""


def test_an_old_python_is_named_with_the_remedy(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(environment.sys, "version_info", (3, 9, 2, "final", 0))
    with pytest.raises(SystemExit, match=r"needs Python 3\.11 or newer.* is Python 3\.9"):
        environment.check_python()


def test_an_old_python_can_read_the_script() -> None:
    ast.parse(SCRIPT.read_text(encoding="utf-8"), feature_version=(3, 4))


def test_a_python_without_venv_is_named_with_the_package(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "ensurepip", None)  # as in Debian's python3 without -venv
    with pytest.raises(SystemExit, match=r"cannot create virtual environments.*\n.*python3-venv"):
        environment.check_python()


def test_a_failing_command_is_shown_and_nothing_is_stamped(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("requirements.txt").write_text("no-such-package-of-that-name==0.0.0\n", encoding="utf-8")
    fails = [sys.executable, "-c", "raise SystemExit(3)"]
    monkeypatch.setattr(
        environment, "install", lambda folder, requirements: environment.run(*fails)
    )
    with pytest.raises(SystemExit, match="status 3"):
        environment.main("env", "requirements.txt", "stamp")
    assert not Path("stamp").exists()


def test_an_installation_is_repeated_only_when_its_requirements_changed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    requirements = Path("requirements.txt")
    requirements.write_text("numpy==2.4.6\n", encoding="utf-8")
    installed: list[str] = []
    monkeypatch.setattr(environment, "install", lambda folder, name: installed.append(name))
    for _ in range(2):
        environment.main("env", "requirements.txt", "stamp")
    assert installed == ["requirements.txt"]
    requirements.write_text("numpy==2.4.7\n", encoding="utf-8")
    environment.main("env", "requirements.txt", "stamp")
    assert installed == ["requirements.txt"] * 2


def test_two_installations_at_once_wait_for_each_other(tmp_path: Path) -> None:
    slow = (
        "import sys, time; sys.path.insert(0, sys.argv[1]); import environment;"
        "environment.install = lambda f, r: (open('log', 'a').write('<'), time.sleep(1),"
        " open('log', 'a').write('>'));"
        "environment.main('env', 'requirements.txt', sys.argv[2])"
    )
    (tmp_path / "requirements.txt").write_text("numpy\n", encoding="utf-8")
    running = [
        subprocess.Popen([sys.executable, "-c", slow, str(SCRIPT.parent), stamp], cwd=tmp_path)
        for stamp in ("one", "two")
    ]
    assert [process.wait(timeout=60) for process in running] == [0, 0]
    assert (tmp_path / "log").read_text(encoding="utf-8") == "<><>"


@pytest.mark.skipif(sys.platform != "linux", reason="the lock is made, and complete, for Linux")
def canonical(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


def pinned(*parts: str) -> dict[str, str]:
    """Return what the files ``requirements<part>.txt`` pin, and the versions."""
    texts = [(ROOT / f"requirements{part}.txt").read_text(encoding="utf-8") for part in parts]
    found = re.findall(r"^([\w.-]+)==(\S+)", "\n".join(texts), re.MULTILINE)
    return {canonical(name): version for name, version in found}


def test_everything_that_pinned_packages_bring_along_is_pinned() -> None:
    """What pip installs unasked is part of the environment, and must be part of the lock."""

    pins = pinned("", "-lab", "-pdf", "-dev")
    installed = {canonical(d.name): d for d in distributions()}
    # A build for a kind of machine, such as torch 2.13.0+cpu, is the same version.
    found = {name: installed[name].version.partition("+")[0] for name in pins if name in installed}
    assert found == pins
    unpinned = {}
    for name in sorted(pins.keys() - {"torch"}):  # whose needs differ from build to build
        for line in installed[name].requires or []:
            requirement = Requirement(line)
            needed = canonical(requirement.name)
            wanted = requirement.marker is None or requirement.marker.evaluate({"extra": ""})
            if (
                wanted
                and needed in installed
                and needed not in {*pins, "setuptools", "pip", "wheel"}
            ):
                unpinned[needed] = f"needed by {name}"
    assert unpinned == {}


def test_the_book_is_printed_without_what_only_tests_need() -> None:
    """``make pdf`` installs less than ``make test``, where a missing pin would not be noticed."""
    tests = pinned("-dev").keys() - pinned("", "-pdf").keys()
    modules = [
        m for m, names in packages_distributions().items() if {*map(canonical, names)} <= tests
    ]
    assert "hypothesis" in modules
    done = subprocess.run(
        [sys.executable, "-c", PRINT, str(ROOT / "site" / "fonts"), *modules],
        cwd=ROOT / "site",
        capture_output=True,
        text=True,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(map(str, (ROOT / "site", ROOT)))},
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert int(done.stdout) > 1000


def test_only_torch_is_taken_from_the_index_named_for_it() -> None:
    root = SCRIPT.parents[1]
    assert environment.pinned(root / "requirements.txt", "torch").startswith("torch==")
    assert environment.pinned(root / "requirements.txt", "no-such-package") is None


def test_tests_of_one_file_stay_on_one_worker(request: pytest.FixtureRequest) -> None:
    """pytest-xdist says nothing where it cannot group them, and each worker makes every fixture."""
    if "PYTEST_XDIST_WORKER" in os.environ:
        assert request.node.nodeid.endswith("@test_environment")

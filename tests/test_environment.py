"""The environment script says what a machine lacks, and never trusts half an installation."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
from importlib.metadata import distributions
from pathlib import Path

import pytest

import environment

SCRIPT = Path(environment.__file__)


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


def test_every_installed_package_is_pinned() -> None:
    """What pip brings along unasked is part of the environment, and must be part of the lock."""

    def canonical(name: str) -> str:
        return re.sub(r"[-_.]+", "-", name).lower()

    root = SCRIPT.parents[1]
    pins = {}
    for name in ("requirements.txt", "requirements-dev.txt"):
        text = (root / name).read_text(encoding="utf-8")
        pins |= {canonical(n): v for n, v in re.findall(r"^([\w.-]+)==(\S+)", text, re.MULTILINE)}
    tools = {"pip", "setuptools", "wheel", "d2lmini"}  # of the environment itself; the course
    installed = {canonical(d.name): d.version for d in distributions()}
    # A build for a kind of machine, such as torch 2.13.0+cpu, is the same version.
    differ = {
        name: f"installed {version}, pinned {pins.get(name, 'nowhere')}"
        for name, version in installed.items()
        if name not in tools and version.partition("+")[0] != pins.get(name)
    }
    assert differ == {}


def test_only_torch_is_taken_from_the_index_named_for_it() -> None:
    root = SCRIPT.parents[1]
    assert environment.pinned(root / "requirements.txt", "torch").startswith("torch==")
    assert environment.pinned(root / "requirements.txt", "no-such-package") is None

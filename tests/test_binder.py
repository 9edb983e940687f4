"""What Binder is told: the same packages as here, and scripts that can run."""

from __future__ import annotations

import os
import re
import subprocess
import tomllib
from pathlib import Path

import pytest
import yaml
from packaging.requirements import Requirement
from packaging.version import Version

ROOT = Path(__file__).resolve().parents[1]
BINDER = ROOT / "binder"


def canonical(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


def requirements(lines: list[str]) -> dict[str, Requirement]:
    read = map(Requirement, lines)
    return {canonical(requirement.name): requirement for requirement in read}


ENVIRONMENT = yaml.safe_load((BINDER / "environment.yml").read_text("utf-8"))
*CONDA, PIP = ENVIRONMENT["dependencies"]
PINS = requirements(PIP["pip"])
LOCKED = (ROOT / "requirements.txt").read_text("utf-8")
LOCK = requirements(re.findall(r"^[\w.-]+==\S+", LOCKED, re.MULTILINE))
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
EXTRAS = PROJECT["optional-dependencies"]


def test_its_versions_are_those_of_the_lock() -> None:
    assert {name: str(pin.specifier) for name, pin in PINS.items()} == {
        name: str(LOCK[name].specifier) for name in PINS
    }


def test_it_has_what_the_notebooks_use() -> None:
    lines = [*PROJECT["dependencies"], *EXTRAS["training"], *EXTRAS["data"], *EXTRAS["explore"]]
    assert requirements(lines).keys() - {"torch", "d2lmini"} <= PINS.keys()


def test_its_image_has_the_notebooks_that_pages_lead_to_and_not_what_builds_them(
    tmp_path: Path,
) -> None:
    """The scripts that take minutes stand for themselves, by what they are called with."""
    called = tmp_path / "called"
    python = tmp_path / "bin" / "python"
    python.parent.mkdir()
    python.write_text(
        f'#!/bin/sh\necho "$@" >> {called}\n'
        'if [ "$1 $2" = "-m venv" ]; then for last; do :; done; '
        'mkdir -p "$last/bin" && cp "$0" "$last/bin/python" && echo "$last" > made; fi\n'
    )
    python.chmod(0o755)
    course = tmp_path / "course"
    (course / "_build").mkdir(parents=True)
    (course / "requirements.txt").write_text("numpy==2\ntorch==2\n")
    environment = os.environ | {"PATH": f"{python.parent}:{os.environ['PATH']}"}
    subprocess.run(["bash", BINDER / "postBuild"], cwd=course, env=environment, check=True)
    assert "site/copies.py --jobs 1" in called.read_text()
    assert not Path((course / "made").read_text().strip()).exists()
    assert not (course / "_build").exists()


def test_pytorch_is_the_build_without_gpu_libraries_in_the_range_of_the_package() -> None:
    assert ENVIRONMENT["channels"] == ["conda-forge"]
    conda = {re.split(r"[=<>]", line)[0]: line for line in CONDA}
    torch = Requirement(conda["pytorch-cpu"])
    assert torch.specifier == requirements(EXTRAS["training"])["torch"].specifier
    assert str(LOCK["torch"].specifier).removeprefix("==") in torch.specifier
    assert "torch" not in PINS, "pip would bring the other build"


def test_its_python_is_one_that_the_package_allows() -> None:
    python = next(line.removeprefix("python=") for line in CONDA if line.startswith("python="))
    assert Requirement(f"python{PROJECT['requires-python']}").specifier.contains(Version(python))


@pytest.mark.parametrize("name", ["postBuild", "start"])
def test_its_scripts_can_be_run(name: str) -> None:
    assert os.access(BINDER / name, os.X_OK)
    assert subprocess.run(["bash", "-n", BINDER / name], check=False).returncode == 0


def test_a_server_starts_with_one_thread() -> None:
    show = ["python3", "-c", "import os; print(os.environ['OMP_NUM_THREADS'])"]
    done = subprocess.run([BINDER / "start", *show], capture_output=True, text=True, check=True)
    assert done.stdout == "1\n"

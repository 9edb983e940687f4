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
LOCK = requirements(
    [
        line
        for name in ("requirements.txt", "requirements-lab.txt")
        for line in re.findall(r"^[\w.-]+==\S+", (ROOT / name).read_text("utf-8"), re.MULTILINE)
    ]
)
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
EXTRAS = PROJECT["optional-dependencies"]


def test_its_versions_are_those_of_the_lock() -> None:
    assert {name: str(pin.specifier) for name, pin in PINS.items()} == {
        name: str(LOCK[name].specifier) for name in PINS
    }


def test_it_has_what_the_notebooks_use() -> None:
    lines = [*PROJECT["dependencies"], *EXTRAS["training"], *EXTRAS["data"], *EXTRAS["explore"]]
    assert requirements(lines).keys() - {"torch", "d2lmini"} <= PINS.keys()
    assert "jupyterlab-myst" in PINS, "formulas and boxes would be shown as their source"


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

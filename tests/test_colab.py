"""The cell that installs the course on Colab: where it is, and what it does there and elsewhere."""

from __future__ import annotations

import subprocess
import sys
from typing import Any

import nbformat
import pytest

import colab
import pages
from course_project import Course
from repository import Repository

ADA = Repository("https://github.com/ada/course", "main")
SETTING = "repository:\n  url: https://github.com/ada/course\n  branch: {}\n"


@pytest.fixture(scope="module")
def course(tmp_path_factory: pytest.TempPathFactory) -> Course:
    """A course whose notebooks were executed before its repository was known."""
    course = Course(tmp_path_factory.mktemp("course"))
    course.page("en/bowl")
    course.page("vi/bowl")
    course.write("chapters/en/words.md", "---\ntitle: x\n---\n# Words\n\nNo code.\n")
    done = course.run("notebooks.py")
    assert done.returncode == 0, done.stderr
    before = course.bytes()
    course.write("_config.yml", SETTING.format("main"))
    late = course.run("notebooks.py", "--check")
    assert late.returncode == 1
    assert late.stderr.count("installs the course from elsewhere than _config.yml says") == 2
    done = course.run("notebooks.py")
    assert done.returncode == 0, done.stderr
    assert "3 notebooks: 0 executed, 2 changed, 0 failed" in done.stdout
    assert course.bytes()["en/words"] == before["en/words"]
    return course


def test_it_stands_before_the_setup_cell_and_is_the_same_on_every_page(course: Course) -> None:
    for name in ("en/bowl", "vi/bowl"):
        cells = course.notebook(name).cells
        assert [cell.cell_type for cell in cells[:3]] == ["markdown", "code", "code"]
        expected = colab.install_cell(ADA)
        assert (cells[1].source, cells[1].metadata) == (expected.source, expected.metadata)
        assert cells[2].metadata["tags"] == ["setup"]
        code = [cell for cell in cells if cell.cell_type == "code"]
        assert [cell.execution_count for cell in code] == [1, 2, 3, 4]
        assert code[0].outputs == []
        assert code[3].outputs[0].execution_count == 4
        assert not pages.flaws(course.notebook(name))


def test_it_is_executed_and_verified_like_the_others(course: Course) -> None:
    stored = course.bytes()
    done = course.run("notebooks.py", "--force", "en/bowl")
    assert "1 executed, 0 changed" in done.stdout, done.stdout + done.stderr
    assert course.bytes() == stored
    done = course.run("verify.py", "--jobs", "1", str(course.path("en/bowl")))
    assert done.returncode == 0, done.stdout + done.stderr
    assert "4 passed" in done.stdout


def test_a_line_that_fails_is_that_of_the_chapter(course: Course) -> None:
    text = (course.root / "chapters/en/bowl.md").read_text("utf-8")
    try:
        course.replace("chapters/en/bowl.md", "x = 6 * 7", "x = 6 / 0")
        line = text[: text.index("x = 6 * 7")].count("\n") + 1
        done = course.run("notebooks.py", "en/bowl")
        assert f"chapters/en/bowl.md:{line}: cell 2 failed" in done.stderr
    finally:
        course.write("chapters/en/bowl.md", text)


def test_another_branch_is_another_cell_and_none_takes_it_away(course: Course) -> None:
    try:
        course.write("_config.yml", SETTING.format("spring"))
        assert "0 executed, 2 changed" in course.run("notebooks.py").stdout
        assert "ada/course@spring" in course.path("en/bowl").read_text("utf-8")
        course.write("_config.yml", "title: x\n")
        assert "0 executed, 2 changed" in course.run("notebooks.py").stdout
        assert "google.colab" not in course.path("en/bowl").read_text("utf-8")
    finally:
        course.write("_config.yml", SETTING.format("main"))
        course.run("notebooks.py")


def test_a_setting_that_cannot_be_used_changes_nothing(course: Course) -> None:
    stored = course.bytes()
    try:
        course.write("_config.yml", "repository:\n  url: ada/course\n")
        done = course.run("notebooks.py")
        assert done.returncode != 0
        assert "_config.yml: repository: url: ada/course is no repository" in done.stderr
        assert course.bytes() == stored
    finally:
        course.write("_config.yml", SETTING.format("main"))


def test_no_chapter_may_have_such_a_cell(course: Course) -> None:
    page = course.page("en/own", "```{code-cell} python\n:tags: [install]\n\nx = 1\n```\n")
    try:
        done = course.run("notebooks.py", "en/own")
        assert "the tag install is for the cell that `make notebooks` adds" in done.stderr
    finally:
        page.unlink()


@pytest.fixture
def calls(monkeypatch: pytest.MonkeyPatch) -> list[tuple[Any, ...]]:
    """Record what would be run in another process."""
    made: list[tuple[Any, ...]] = []
    monkeypatch.setattr(subprocess, "run", lambda *a, **k: made.append((*a, k)))
    return made


def test_elsewhere_it_does_nothing(
    calls: list[tuple[Any, ...]], capfd: pytest.CaptureFixture[str]
) -> None:
    assert "google.colab" not in sys.modules
    scope: dict[str, Any] = {}
    exec(colab.install_cell(ADA).source, scope)
    assert calls == []
    assert capfd.readouterr() == ("", "")
    assert scope.keys() - {"__builtins__"} == {"sys"}


def test_on_colab_it_installs_the_package_from_the_repository(
    calls: list[tuple[Any, ...]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "google.colab", nbformat)  # any module will do
    exec(colab.install_cell(ADA).source, {})
    package = "d2lmini[all] @ git+https://github.com/ada/course@main"
    pip = [sys.executable, "-m", "pip", "install", "--quiet", package]
    assert calls == [(pip, {"check": True})]

"""The page of exercises: every check has an open cell, and every solution passes its check."""

from __future__ import annotations

import functools
import re
from pathlib import Path

import pytest

import d2lmini as d2l
from d2lmini.exercises.answers import EXERCISES

PAGES = sorted((Path(d2l.__file__).parents[1] / "chapters").glob("*/exercises.md"))
IDS = [page.parent.name for page in PAGES]


def open_cells(text: str) -> list[str]:
    return re.findall(r'^d2l\.check\("([a-z0-9-]+)", \.\.\.\)$', text, re.MULTILINE)


def solutions(text: str) -> dict[str, str]:
    """Return the Python of each solution by the label of its exercise."""
    found = re.findall(r"^:::\{solution\} (\S+)\n(.*?)^:::$", text, re.MULTILINE | re.DOTALL)
    return {
        label: "\n".join(re.findall(r"^```python\n(.*?)^```$", body, re.MULTILINE | re.DOTALL))
        for label, body in found
    }


@pytest.mark.parametrize("page", PAGES, ids=IDS)
def test_every_check_has_its_open_cell_in_the_order_of_the_library(page: Path) -> None:
    assert tuple(open_cells(page.read_text("utf-8"))) == d2l.exercise_names()


@pytest.mark.parametrize("page", PAGES, ids=IDS)
def test_every_exercise_has_a_hint_and_a_solution(page: Path) -> None:
    text = page.read_text("utf-8")
    exercises = re.findall(r"^:::\{exercise\}.*\n:label: (\S+)$", text, re.MULTILINE)
    assert list(solutions(text)) == exercises
    for block in re.split(r"^:::\{exercise\}", text, flags=re.MULTILINE)[1:]:
        assert len(re.findall(r"^:::\{dropdown\} ", block, re.MULTILINE)) == 1
        assert ":class: dropdown" in block.split(":::{solution}")[1]


@functools.cache  # where translations leave the code as it is, it is run once for all of them
def passes(code: str) -> bool:
    """Say whether the value of the last line, after the others, is a verdict that is good."""
    *statements, last = code.split("\n")
    space: dict[str, object] = {"d2l": d2l}
    exec("\n".join(statements), space)
    return bool(eval(last, space))


@pytest.mark.parametrize("name", list(EXERCISES))
@pytest.mark.parametrize("page", PAGES, ids=IDS)
def test_the_solution_passes_its_check(page: Path, name: str) -> None:
    code = solutions(page.read_text("utf-8"))[f"ex-{name}"].strip()
    last = code.split("\n")[-1]
    assert last.startswith(f'd2l.check("{name}", ')
    assert passes(code), last


@pytest.mark.parametrize("page", PAGES, ids=IDS)
def test_the_code_of_the_open_ended_solutions_runs(
    page: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    found = solutions(page.read_text("utf-8"))
    for label in sorted(set(found) - {f"ex-{name}" for name in EXERCISES}):
        exec(found[label], {"d2l": d2l})
        assert capsys.readouterr().out, label

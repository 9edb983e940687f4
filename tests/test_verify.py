"""The strict comparison of stored outputs fails when it should, and only then."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

import pytest

from course_project import Course

SANITIZE = Path(__file__).parent / "nbval_sanitize.cfg"

# Each alteration is stored as a notebook of its own, and all are verified in one run.
FAIL = {
    "number": ("x = 42", "x = 43"),
    "curve": ("M 0 1 L 2 3", "M 0 1 L 2 4"),  # computed, not measured
    "label": ("<text>step</text>", "<text>stop</text>"),
    "text": ("<Figure>", "<Figures>"),
    "style": ("fill: none", "fill: red"),
    "clipping": ("url(#p1)", "url(#p2)"),  # of the measured curve, but not its points
    "nothing": ('"x = 42\\n"', '""'),
}
PASS = {
    "whole": ("x = 42", "x = 42"),
    "measured": ("M 1 1 L 2 2", "M 1 1.01 L 2 2.02"),
}
NEEDS = ('"d2lmini": {', '"d2lmini": {"datasets": ["mnist"],')


@dataclass(frozen=True)
class Verdict:
    """What a verification said."""

    status: int
    said: str

    @property
    def failed(self) -> dict[str, str]:
        """The cells that failed, by notebook."""
        return dict(re.findall(r"^FAILED \S*?(\w+)\.ipynb::(Cell \d+)", self.said, re.MULTILINE))


def store(course: Course, name: str, old: str, new: str) -> Path:
    """Store the notebook again under another name, altered in one place."""
    text = course.path("en/bowl").read_text("utf-8")
    assert text.count(old) == 1, f"{old!r} stands {text.count(old)} times"
    path = course.path(f"en/{name}")
    path.write_text(text.replace(old, new), "utf-8")
    return path


def verify(course: Course, *paths: Path, jobs: int = 1, **environment: str) -> Verdict:
    done = course.run("verify.py", "--jobs", str(jobs), *map(str, paths), **environment)
    return Verdict(done.returncode, done.stdout + done.stderr)


@pytest.fixture(scope="module")
def course(tmp_path_factory: pytest.TempPathFactory) -> Course:
    course = Course(tmp_path_factory.mktemp("course"))
    course.page("en/bowl")
    done = course.run("notebooks.py")
    assert done.returncode == 0, done.stderr
    return course


@pytest.fixture(scope="module")
def verdict(course: Course) -> Verdict:
    """The verdict on all alterations, several at a time."""
    paths = [store(course, name, *change) for name, change in {**FAIL, **PASS}.items()]
    return verify(course, *paths, jobs=2)


@pytest.mark.parametrize("name", FAIL)
def test_an_altered_output_fails(verdict: Verdict, name: str) -> None:
    assert verdict.status == 1
    assert verdict.failed.get(name) == ("Cell 1" if name in ("number", "nothing") else "Cell 2")


@pytest.mark.parametrize("name", PASS)
def test_outputs_as_they_were_made_and_points_of_measured_curves_pass(
    verdict: Verdict, name: str
) -> None:
    assert name not in verdict.failed
    assert f"{len(FAIL)} failed, {3 * len(FAIL | PASS) - len(FAIL)} passed" in verdict.said


def test_a_page_without_its_data_is_skipped_with_the_reason(course: Course) -> None:
    result = verify(course, store(course, "skipped", *NEEDS))
    assert result.status == 0
    assert "3 skipped" in result.said
    assert "passed" not in result.said
    assert "needs mnist: name a folder that holds it in D2LMINI_DATA" in result.said


def test_a_page_with_its_data_is_verified(course: Course, tmp_path: Path) -> None:
    (tmp_path / "mnist").mkdir()
    result = verify(course, store(course, "present", *NEEDS), D2LMINI_DATA=str(tmp_path))
    assert result.status == 0
    assert "3 passed" in result.said


def test_training_runs_are_not_read_from_the_cache(course: Course, tmp_path: Path) -> None:
    kept = str(tmp_path / "cache")
    course.page(
        "en/cache",
        "```{code-cell} python\nimport os\n"
        f"print(os.environ.get('D2LMINI_CACHE') == {kept!r})\n```\n",
    )
    made = course.run("notebooks.py", "en/cache", D2LMINI_CACHE=kept)
    assert made.returncode == 0, made.stderr
    assert '"True\\n"' in course.path("en/cache").read_text("utf-8")
    result = verify(course, course.path("en/cache"), D2LMINI_CACHE=kept)
    assert result.failed == {"cache": "Cell 1"}


def test_the_sanitizer_is_ascii() -> None:
    text = SANITIZE.read_bytes().decode("ascii")
    assert text.count("\nregex: ") == text.count("\nreplace: ") == 1

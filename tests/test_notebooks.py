"""From chapters to executed notebooks: what runs, what is kept, what is refused."""

from __future__ import annotations

import json
import os
import re
import signal
import stat
import subprocess
import time
from pathlib import Path
from typing import Any

import nbformat
import pytest
from filelock import FileLock

import notebooks
import pages
import widgets
from chapters import parse
from course_project import BODY, Course
from fingerprint import fingerprint

ROOT = Path(__file__).resolve().parents[1]

EXPLORABLE = (
    "```{code-cell} python\nfrom d2lmini.explore.bowl import Bowl\nBowl(eta=0.3).show()\n```\n"
)


@pytest.fixture(scope="module")
def finished(tmp_path_factory: pytest.TempPathFactory) -> dict[str, bytes]:
    """The files of a course whose notebooks are up to date, made once."""
    course = Course(tmp_path_factory.mktemp("course"))
    course.page("en/bowl")
    course.page("vi/bowl")
    course.page("en/touch", EXPLORABLE)
    done = course.run("notebooks.py", "--jobs", "2")
    assert done.returncode == 0, done.stderr
    assert "3 executed, 3 changed, 0 failed" in done.stdout
    return course.files()


@pytest.fixture
def course(finished: dict[str, bytes], tmp_path: Path) -> Course:
    """A course of its own for each test, as `finished` left it."""
    return Course.filled(tmp_path, finished)


def outputs(course: Course, name: str) -> list[list[dict]]:
    return [cell.outputs for cell in course.notebook(name).cells if cell.cell_type == "code"]


def test_a_notebook_holds_text_outputs_and_little_else(course: Course) -> None:
    notebook = course.notebook("en/bowl")
    nbformat.validate(notebook)
    assert set(notebook.metadata) == {"kernelspec", "language_info", "d2lmini"}
    assert "version" not in notebook.metadata.language_info
    assert all(set(cell.metadata) <= {"tags", "mystnb"} for cell in notebook.cells)
    assert [cell.execution_count for cell in notebook.cells if cell.cell_type == "code"] == [
        1,
        2,
        3,
    ]
    assert outputs(course, "en/bowl")[1] == [
        {"output_type": "stream", "name": "stdout", "text": "x = 42\n"}
    ]
    assert "buoc" in outputs(course, "vi/bowl")[2][0]["data"]["image/svg+xml"]


def test_a_second_run_does_nothing(course: Course) -> None:
    before = course.bytes()
    stamps = {name: course.path(name).stat().st_mtime_ns for name in before}
    done = course.run("notebooks.py")
    assert "0 executed, 0 changed" in done.stdout
    assert course.bytes() == before
    assert {name: course.path(name).stat().st_mtime_ns for name in before} == stamps


def test_executing_unchanged_sources_changes_no_byte(course: Course) -> None:
    before = course.bytes()
    done = course.run("notebooks.py", "--force")
    assert "3 executed, 0 changed" in done.stdout, done.stderr
    assert course.bytes() == before


def test_what_a_cell_prints_in_pieces_is_stored_as_one(course: Course) -> None:
    pieces = (
        "import time\nfor x in range(3):\n    print(x, flush=True)\n    time.sleep(0.4)\nx = 6 * 7"
    )
    course.replace("chapters/en/bowl.md", "x = 6 * 7", pieces)
    assert course.run("notebooks.py", "en/bowl").returncode == 0
    assert outputs(course, "en/bowl")[1] == [
        {"output_type": "stream", "name": "stdout", "text": "0\n1\n2\nx = 42\n"}
    ]


def test_new_prose_keeps_the_outputs_and_executes_nothing(course: Course) -> None:
    before = outputs(course, "en/bowl")
    course.replace("chapters/en/bowl.md", "A first sentence.", "Another sentence.\n\n## New\n")
    done = course.run("notebooks.py")
    assert "0 executed, 1 changed" in done.stdout
    assert "text updated" in done.stdout
    assert outputs(course, "en/bowl") == before
    assert "## New" in course.path("en/bowl").read_text("utf-8")


@pytest.mark.parametrize(
    ("path", "old", "new", "stale"),
    [
        ("chapters/en/bowl.md", "6 * 7", "6 * 8", {"en/bowl"}),
        ("chapters/en/bowl.md", "python\nx =", "python\n:tags: [hide-input]\n\nx =", {"en/bowl"}),
        ("d2lmini/languages/vi.json", "buoc", "khac", {"vi/bowl"}),
        ("d2lmini/languages/en.json", "step", "stop", {"en/bowl", "en/touch", "vi/bowl"}),
        ("d2lmini/data.py", "import os", "import  os", {"en/bowl", "en/touch", "vi/bowl"}),
        ("requirements.txt", "2.4.6", "2.4.7", {"en/bowl", "en/touch", "vi/bowl"}),
    ],
)
def test_what_an_output_depends_on_makes_it_stale(
    course: Course, path: str, old: str, new: str, stale: set[str]
) -> None:
    text = (course.root / path).read_text("utf-8")
    course.write(path, text.replace(old, new))
    done = course.run("notebooks.py", "--check")
    named = {line.split(".ipynb")[0].removeprefix("notebooks/") for line in done.stderr.split("\n")}
    assert named - {""} == stale
    assert done.returncode == 1


def test_a_stale_page_is_executed_again(course: Course) -> None:
    course.replace("chapters/en/bowl.md", "6 * 7", "6 * 8")
    done = course.run("notebooks.py")
    assert "1 executed, 1 changed" in done.stdout
    assert outputs(course, "en/bowl")[1][0]["text"] == "x = 48\n"
    assert course.run("notebooks.py", "--check").returncode == 0


def test_a_new_module_reaches_the_notebook_without_executing(course: Course) -> None:
    course.write("d2lmini/explore/bowl.js", "export default { render() {} };\n")
    done = course.run("notebooks.py", "--check")
    assert done.returncode == 1
    assert "notebooks/en/touch.ipynb:1: the explorables' JavaScript changed" in done.stderr
    done = course.run("notebooks.py")
    assert "0 executed, 1 changed" in done.stdout
    states = widgets.model_states(course.notebook("en/touch")).values()
    texts = [model["state"]["_esm"] for model in states if "_esm" in model["state"]]
    assert texts == ["export default { render() {} };\n"]


def test_stored_widgets_are_complete_and_their_ids_depend_on_order_alone(course: Course) -> None:
    notebook = course.notebook("en/touch")
    states = widgets.model_states(notebook)
    assert {model["model_name"] for model in states.values()} >= {
        "VBoxModel",
        "FloatSliderModel",
        "LinkModel",
        "AnyModel",
    }
    assert widgets.views(notebook) == [
        key for key, model in states.items() if model["model_name"] == "VBoxModel"
    ]
    text = json.dumps(states)
    references = {part.split('"')[0] for part in text.split("IPY_MODEL_")[1:]}
    assert references <= states.keys()
    # Another seed of the random ids, the same notebook.
    renamed = nbformat.reads(
        nbformat.writes(notebook).replace(next(iter(states)), "f" * 32), as_version=4
    )
    assert widgets.rename_models(renamed) == notebook


@pytest.mark.parametrize("damage", ["missing", "truncated", "unexecuted", "edited", "no state"])
def test_a_damaged_notebook_is_made_again(course: Course, damage: str) -> None:
    path = course.path("en/touch")
    whole = path.read_bytes()
    notebook = course.notebook("en/touch")
    if damage == "missing":
        path.unlink()
    elif damage == "truncated":
        path.write_bytes(whole[: len(whole) // 2])
    else:
        if damage == "unexecuted":
            notebook.cells[-1].execution_count = None
        elif damage == "edited":
            notebook.cells[-1].source += "  # by hand"
        else:
            widgets.model_states(notebook).pop(widgets.views(notebook)[0])
        nbformat.write(notebook, path)
    check = course.run("notebooks.py", "--check")
    assert check.returncode == 1
    assert check.stderr.startswith("notebooks/en/touch.ipynb:1: ")
    assert "1 executed, 1 changed" in course.run("notebooks.py").stdout
    assert path.read_bytes() == whole


def test_an_edited_text_in_the_notebook_is_found_and_put_right(course: Course) -> None:
    whole = course.path("en/bowl").read_bytes()
    course.path("en/bowl").write_bytes(whole.replace(b"A first", b"A last"))
    check = course.run("notebooks.py", "--check")
    assert "notebooks/en/bowl.ipynb:1: its text differs from the chapter's" in check.stderr
    course.run("notebooks.py")
    assert course.path("en/bowl").read_bytes() == whole


def test_a_notebook_without_a_chapter_is_reported(course: Course) -> None:
    (course.root / "chapters/en/touch.md").unlink()
    check = course.run("notebooks.py", "--check")
    assert check.returncode == 1
    assert "notebooks/en/touch.ipynb:1: there is no chapter for it" in check.stderr


# Cells that do not run cleanly: the line in the cell, and what is said of it.
UNCLEAN = {
    "division": ("a = 1\nb = a / 0\n", 2, "ZeroDivisionError: division by zero"),
    "function": ("def f():\n    return g\n\nf()\n", 2, "NameError: name 'g' is not defined"),
    "syntax": ("a = 1\nb = (\n", 2, "SyntaxError"),
    "warning": ("import warnings\nwarnings.warn('careful')\n", 2, "UserWarning: careful"),
    "stderr": ("import sys\nprint('oh', file=sys.stderr)\n", 1, "oh"),
    "exit": ("import os\nos._exit(3)\n", 1, "ended the Python process"),
    "address": ("object()\n", 1, "memory address"),
}


@pytest.fixture(scope="module")
def unclean(
    finished: dict[str, bytes], tmp_path_factory: pytest.TempPathFactory
) -> tuple[Course, subprocess.CompletedProcess[str], dict[str, bytes]]:
    """A course with a page of each of them, which had a notebook; its run; the notebooks before."""
    course = Course.filled(tmp_path_factory.mktemp("course"), finished)
    for name, (cell, _, _) in UNCLEAN.items():
        course.page(f"en/{name}", f"Text.\n\n```{{code-cell}} python\n{cell}```\n")
        course.path(f"en/{name}").write_bytes(course.path("en/bowl").read_bytes())
    course.replace("chapters/vi/bowl.md", "6 * 7", "5 * 7")
    before = course.bytes()
    return course, course.run("notebooks.py", "--jobs", "2"), before


@pytest.mark.parametrize("name", UNCLEAN)
def test_a_cell_that_does_not_run_cleanly_is_named_with_its_line(unclean: Any, name: str) -> None:
    course, done, _ = unclean
    cell, line, says = UNCLEAN[name]
    text = (course.root / f"chapters/en/{name}.md").read_text("utf-8")
    first = text.split("\n").index(cell.split("\n")[0]) + 1
    complaints = re.split(r"^(?=chapters/)", done.stderr, flags=re.MULTILINE)
    (said,) = [each for each in complaints if each.startswith(f"chapters/en/{name}.md:")]
    assert said.startswith(f"chapters/en/{name}.md:{first + line - 1}: cell 2 ")
    assert says in said


def test_nothing_is_stored_of_a_page_that_does_not_run_cleanly(unclean: Any) -> None:
    course, done, before = unclean
    assert done.returncode == 1
    # The other page was brought up to date.
    assert f"1 executed, 1 changed, {len(UNCLEAN)} failed" in done.stdout
    after = course.bytes()
    assert {name for name in before if before[name] != after[name]} == {"vi/bowl"}


def _kernel_that_refuses(course: Course, times: int) -> Path:
    """Put a kernel before the real one that ends so many times before it answers."""
    count = course.root / "starts.txt"
    (course.root / "ipykernel_launcher.py").write_text(
        "import sys\n"
        f"with open({str(count)!r}, 'a') as file:\n"
        "    file.write('x')\n"
        f"with open({str(count)!r}) as file:\n"
        f"    if len(file.read()) <= {times}:\n"
        "        sys.exit('Address already in use')\n"
        "from ipykernel.kernelapp import launch_new_instance\n"
        "launch_new_instance()\n"
    )
    return count


def test_a_kernel_that_loses_its_port_is_started_again(course: Course) -> None:
    course.replace("chapters/vi/bowl.md", "6 * 7", "5 * 7")
    count = _kernel_that_refuses(course, 1)
    done = course.run("notebooks.py", "vi/bowl")
    assert "1 executed, 1 changed, 0 failed" in done.stdout, done.stderr
    assert count.read_text() == "xx"


def test_a_kernel_that_never_starts_is_said_with_what_it_said(course: Course) -> None:
    before = course.bytes()
    course.replace("chapters/vi/bowl.md", "6 * 7", "5 * 7")
    _kernel_that_refuses(course, 100)
    done = course.run("notebooks.py", "vi/bowl")
    assert done.returncode == 1
    assert "chapters/vi/bowl.md:1: its kernel did not start: " in done.stderr
    assert "Address already in use" in done.stderr
    assert "Traceback" not in done.stderr
    assert course.bytes() == before


@pytest.mark.parametrize(
    ("name", "text", "where"),
    [
        ("en/bad", "---\na: [\n---\n", "chapters/en/bad.md:2: the front matter is not YAML"),
        (
            "en/bad",
            "---\na: 1\n---\n```{code-cell} python\nx = 1\n```\n",
            "chapters/en/bad.md:4: the first code cell",
        ),
        (
            "vi/bad",
            '---\na: 1\n---\n```{code-cell} python\n:tags: [setup]\nd2l.use_language("en")\n```\n',
            "chapters/vi/bad.md:6: the first code cell",
        ),
        ("en/bad", "---\na: 1\n---\n```{code-cell}\nx\n", "chapters/en/bad.md:4: the fence"),
        ("xx/bad", "---\na: 1\n---\n", "chapters/xx/bad.md:1: there is no language 'xx'"),
    ],
)
def test_a_broken_chapter_is_named_and_the_others_are_done(
    course: Course, name: str, text: str, where: str
) -> None:
    course.write(f"chapters/{name}.md", text)
    done = course.run("notebooks.py")
    assert done.returncode == 1
    assert where in done.stderr
    assert "4 notebooks: 0 executed, 0 changed, 1 failed" in done.stdout


def test_a_page_without_code_is_not_executed_and_never_stale(course: Course) -> None:
    course.write("chapters/en/list.md", "---\na: 1\n---\n\n# A list\n")
    for code in ("", "\nx = 1\n"):
        course.replace("d2lmini/data.py", "import os\n", f"import os\n{code}")
        done = course.run("notebooks.py", "en/list")
        assert done.returncode == 0, done.stderr
        assert "1 notebooks: 0 executed" in done.stdout
    assert [cell.cell_type for cell in course.notebook("en/list").cells] == ["markdown"]


@pytest.mark.parametrize(
    "cell",
    [
        "```{code-cell} python\n:tags: [nbval-skip]\n\nx = 1\n```\n",
        "```{code-cell} python\n:tags: [raises-exception]\n\nx = 1\n```\n",
        "```{code-cell} python\nx = 1\n# NBVAL_IGNORE_OUTPUT\n```\n",
    ],
)
def test_no_cell_may_leave_itself_out_of_the_verification(course: Course, cell: str) -> None:
    course.page("en/bowl", cell)
    done = course.run("notebooks.py", "--check")
    assert "every cell is executed and compared" in done.stderr
    assert done.returncode == 1


def test_a_page_is_not_executed_without_its_data(course: Course, tmp_path: Path) -> None:
    before = course.bytes()
    course.page("en/bowl", BODY.replace("6 * 7", "7 * 7"), extra="datasets: [mnist]\n")
    done = course.run("notebooks.py")
    assert done.returncode == 1
    assert "chapters/en/bowl.md:10: the page changed" in done.stderr
    assert "D2LMINI_DATA" in done.stderr
    assert course.bytes() == before
    data = tmp_path / "data"
    (data / "mnist").mkdir(parents=True)
    done = course.run("notebooks.py", D2LMINI_DATA=str(data))
    assert done.returncode == 0, done.stderr
    assert course.notebook("en/bowl").metadata.d2lmini.datasets == ["mnist"]
    # Up to date, it needs no data.
    assert course.run("notebooks.py").returncode == 0


def test_an_unknown_data_set_is_an_error(course: Course) -> None:
    course.page("en/bowl", extra="datasets: [stars]\n")
    course.replace("chapters/en/bowl.md", "6 * 7", "1")
    done = course.run("notebooks.py")
    assert "chapters/en/bowl.md:10: d2lmini.data has no stars_available" in done.stderr


def test_pages_can_be_named(course: Course) -> None:
    assert "1 notebooks: 1 executed" in course.run("notebooks.py", "--force", "vi/bowl").stdout
    assert "2 notebooks" in course.run("notebooks.py", "bowl").stdout
    assert "1 notebooks" in course.run("notebooks.py", "chapters/en/touch.md").stdout
    wrong = course.run("notebooks.py", "fr/bowl")
    assert wrong.returncode == 1
    assert "no page 'fr/bowl'; there are: en/bowl" in wrong.stderr


def test_personal_ipython_settings_do_not_reach_the_pages(course: Course, tmp_path: Path) -> None:
    startup = tmp_path / "ipython/profile_default/startup/00.py"
    startup.parent.mkdir(parents=True)
    startup.write_text("print('hello from my settings')\n")
    before = course.bytes()
    done = course.run("notebooks.py", "--force", "en/bowl", IPYTHONDIR=str(tmp_path / "ipython"))
    assert done.returncode == 0, done.stderr
    assert course.bytes() == before


def test_two_runs_at_once_take_turns(course: Course) -> None:
    course.replace("chapters/en/bowl.md", "x = 6", "x = 2 * 3")
    with FileLock(course.root / "_build" / ".notebooks.lock"):  # as if a third one were at work
        runs = [course.popen("notebooks.py") for _ in range(2)]
        for run in runs:
            assert "waiting for it to end" in run.stdout.readline()
    said = sorted(run.communicate(timeout=120)[0] for run in runs)
    assert sum("1 executed, 1 changed" in out for out in said) == 1, said
    assert sum("0 executed, 0 changed" in out for out in said) == 1, said


@pytest.mark.skipif(os.name == "nt", reason="there are no such signals on Windows")
@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGTERM, signal.SIGKILL])
def test_an_interrupted_run_leaves_whole_notebooks_and_no_kernel(course: Course, how: int) -> None:
    before = course.bytes()
    mark = course.root / "kernel.pid"
    slow = (
        f"import os, time; open({str(mark)!r}, 'w').write(str(os.getpid())); time.sleep(900); x ="
    )
    path = course.root / "chapters/en/bowl.md"
    path.write_text(path.read_text("utf-8").replace("\nx = 6", f"\n{slow} 6"), "utf-8")
    run = course.popen("notebooks.py")
    deadline = time.monotonic() + 120
    while not (mark.exists() and mark.read_text()) and time.monotonic() < deadline:
        time.sleep(0.05)
    kernel = int(mark.read_text())
    run.send_signal(how)
    _, err = run.communicate(timeout=120)
    if how != signal.SIGKILL:
        assert run.returncode == 130
        assert "interrupted" in err
    assert course.bytes() == before
    deadline = time.monotonic() + 120
    while alive(kernel) and time.monotonic() < deadline:
        time.sleep(0.1)
    assert not alive(kernel)
    path.write_text(path.read_text("utf-8").replace(f"{slow} 6", "x = 6"), "utf-8")
    (course.root / "notebooks/en/.bowl.ipynb.rest.tmp").write_text("{")
    assert course.run("notebooks.py").returncode == 0
    assert course.bytes() == before
    assert not list(course.root.rglob("*.tmp"))


def alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except OSError:
        return False
    status = Path(f"/proc/{pid}/status")
    return not (status.exists() and "\nState:\tZ" in status.read_text())


def test_a_read_only_checkout_is_a_clear_error(course: Course) -> None:
    if os.geteuid() == 0:
        # Root may write anywhere, so a file in the folder's place has to stand in its way.
        lock = course.root / "_build"
        for path in sorted(lock.rglob("*"), reverse=True):
            path.unlink()
        lock.rmdir()
        lock.write_text("")
    else:
        (course.root / "_build").chmod(stat.S_IRUSR | stat.S_IXUSR)
        (course.root / "_build/.notebooks.lock").chmod(stat.S_IRUSR)
    done = course.run("notebooks.py")
    assert done.returncode == 1
    assert done.stderr.startswith("cannot write ")
    assert "Traceback" not in done.stderr


def test_a_checkout_with_other_line_ends_has_the_same_fingerprint(course: Course) -> None:
    text = (course.root / "chapters/en/bowl.md").read_text("utf-8")
    cells = parse(text, Path("chapters/en/bowl.md")).cells
    before = fingerprint(course.root, "en", cells)
    for path in course.root.rglob("*.py"):
        path.write_bytes(path.read_bytes().replace(b"\n", b"\r\n"))
    crlf = parse(text.replace("\n", "\r\n"), Path("chapters/en/bowl.md")).cells
    assert fingerprint(course.root, "en", crlf) == before


def test_every_stored_cell_of_the_course_was_executed_and_can_be_verified() -> None:
    found, errors = notebooks.read_pages(ROOT)
    assert not errors
    assert found
    for page in found:
        notebook = pages.stored(page.path)
        assert notebook is not None, f"{page.path} is missing: run make notebooks"
        assert pages.flaws(notebook) == [], page.path
        code = [cell for cell in notebook.cells if cell.cell_type == "code"]
        assert bool(code) == bool(page.chapter.cells), page.path
        # A page of text alone, such as the glossary, has nothing to show.
        assert not code or any(cell.outputs for cell in code), f"{page.path} shows nothing"
        for cell in code:
            for output in cell.outputs:
                assert output.output_type != "error"
                assert output.get("name") != "stderr"
                assert "image/png" not in output.get("data", {}), "figures are SVG"


def test_the_book_reads_the_same_markdown_as_the_checks() -> None:
    import yaml

    from chapters import EXTENSIONS

    config = yaml.safe_load((ROOT / "_config.yml").read_text("utf-8"))
    assert set(config["parse"]["myst_enable_extensions"]) == set(EXTENSIONS)

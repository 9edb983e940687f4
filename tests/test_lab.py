"""`make lab`: readers work on copies, which follow the course until they are changed."""

from __future__ import annotations

import importlib.util
import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import nbformat
import pytest

import lab
import small_course
from course_project import SITE

ROOT = Path(__file__).resolve().parents[1]


@pytest.fixture
def notebooks(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> dict[str, Path]:
    """Return where the notebooks of two pages are."""
    monkeypatch.setenv("JUPYTER_DATA_DIR", str(tmp_path / "data"))
    made = {page: tmp_path / "notebooks" / f"{page}.ipynb" for page in ("index", "ravine")}
    for page, path in made.items():
        write(path, page)
    return made


def write(path: Path, text: str) -> bytes:
    path.parent.mkdir(parents=True, exist_ok=True)
    cell = nbformat.v4.new_code_cell(text, id="cell")
    nbformat.write(nbformat.v4.new_notebook(cells=[cell]), path)
    return path.read_bytes()


def test_a_copy_follows_the_course_until_it_is_changed(
    notebooks: dict[str, Path], tmp_path: Path
) -> None:
    mine = tmp_path / "mine"
    assert lab.bring(notebooks, mine) == []
    assert (mine / "ravine.ipynb").read_bytes() == notebooks["ravine"].read_bytes()

    new = write(notebooks["ravine"], "new")
    assert lab.bring(notebooks, mine) == []
    assert (mine / "ravine.ipynb").read_bytes() == new

    own = write(mine / "ravine.ipynb", "what I tried")
    assert lab.bring(notebooks, mine) == []
    write(notebooks["ravine"], "newer")
    assert lab.bring(notebooks, mine) == ["ravine"]
    assert lab.bring(notebooks, mine) == ["ravine"], "it is said again"
    assert (mine / "ravine.ipynb").read_bytes() == own

    (mine / "ravine.ipynb").unlink()
    assert lab.bring(notebooks, mine) == []
    assert (mine / "ravine.ipynb").read_bytes() == notebooks["ravine"].read_bytes()


@pytest.mark.parametrize("record", [None, "[]", "{"])
def test_a_lost_record_costs_no_work(
    notebooks: dict[str, Path], tmp_path: Path, record: str | None
) -> None:
    mine = tmp_path / "mine"
    lab.bring(notebooks, mine)
    own = write(mine / "ravine.ipynb", "what I tried")
    (mine / ".copied.json").unlink()
    if record is not None:
        (mine / ".copied.json").write_text(record)
    assert lab.bring(notebooks, mine) == ["ravine"]
    assert (mine / "ravine.ipynb").read_bytes() == own


def test_a_browser_is_opened_only_before_the_reader(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "platform", "linux")
    assert lab.has_screen({"DISPLAY": ":0"})
    assert not lab.has_screen({})
    assert not lab.has_screen({"DISPLAY": ":0", "SSH_CONNECTION": "a 1 b 22"})
    monkeypatch.setattr(sys, "platform", "darwin")
    assert lab.has_screen({})


def test_an_unknown_language_is_named(capsys: pytest.CaptureFixture[str]) -> None:
    assert lab.main(["--lang", "xx"]) == 1
    assert "no language 'xx': LANG must be one of en, vi, tr, zh" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("arguments", "variable", "expected"),
    [
        (["LANG=vi"], "tr_TR.UTF-8", "site/lab.py --lang vi"),
        ([], "tr_TR.UTF-8", "site/lab.py"),
    ],
)
def test_only_make_s_own_lang_is_a_language_of_the_course(
    arguments: list[str], variable: str, expected: str
) -> None:
    done = subprocess.run(
        ["make", "-n", "lab", *arguments],
        capture_output=True,
        text=True,
        cwd=ROOT,
        env={"PATH": "/usr/local/bin:/usr/bin:/bin", "LANG": variable},
        check=True,
    )
    assert done.stdout.replace('"', "").rstrip().endswith(expected)


@pytest.fixture
def address(tmp_path: Path) -> Iterator[str]:
    """Start what `make lab LANG=vi` starts, in a small course; yield the address it prints."""
    if importlib.util.find_spec("jupyterlab") is None:
        pytest.skip("JupyterLab is not installed: make lab installs it")
    root = small_course.make(tmp_path / "course")
    names = ("CONFIG_DIR", "DATA_DIR", "RUNTIME_DIR")
    dirs = {f"JUPYTER_{name}": str(tmp_path / name) for name in names}
    dirs |= {f"JUPYTERLAB_{n}_DIR": str(tmp_path / n) for n in ("SETTINGS", "WORKSPACES")}
    environment = {"PYTHONPATH": str(ROOT), "IPYTHONDIR": str(tmp_path / "ipython"), **dirs}
    started = subprocess.Popen(
        [sys.executable, SITE / "lab.py", "--lang", "vi", "--no-browser", "--root", root],
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, **environment, "SSH_CONNECTION": "a 1 b 22"},
    )
    said = ""
    assert started.stdout is not None
    for line in started.stdout:
        said += line
        if "Ctrl-C" in line:
            break
    found = re.search(r"JupyterLab is at (http://127\.0\.0\.1:(\d+)/\S+)", said)
    assert found, said
    assert "copies of the notebooks are in my-notebooks/vi/" in said
    assert f"ssh -L {found[2]}:127.0.0.1:{found[2]}" in said
    yield found[1]
    started.send_signal(signal.SIGTERM)
    with started:  # waits, and closes the pipe
        assert started.wait(90) == 0


@pytest.mark.lab
@pytest.mark.slow
def test_jupyterlab_opens_at_the_first_page_and_shows_stored_figures(
    browser: Any, address: str
) -> None:
    context = browser.new_context(viewport={"width": 1200, "height": 900})
    try:
        page = context.new_page()
        asked: list[str] = []
        page.on("request", lambda request: asked.append(request.url))
        page.goto(address)
        page.locator(".jp-Notebook h1", has_text="Mở đầu").wait_for(timeout=60_000)
        assert "/vi/index.ipynb" in page.url
        # Of a notebook that is not trusted, it would not show an SVG before the cell has run.
        page.locator(
            ".jp-Notebook .jp-OutputArea-output svg, .jp-OutputArea-output img"
        ).first.wait_for()
        # A theorem is shown as one, and not as the source of the directive.
        page.goto(address.replace("/index.ipynb", "/boxes.ipynb"))
        shown = page.locator(".jp-Notebook:visible").get_by_text("Thung lũng β", exact=False).first
        shown.wait_for(timeout=60_000)
        assert "prf:theorem" not in page.locator(".jp-Notebook:visible").first.inner_text()
        home = address.partition("/lab")[0]
        elsewhere = [u for u in asked if not u.startswith((home, "data:", "blob:"))]
        assert elsewhere == []
    finally:
        context.close()

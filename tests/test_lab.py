"""`make lab`: readers work on copies, which follow the course until they are changed."""

from __future__ import annotations

import hashlib
import importlib.util
import json
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

import copies
import lab
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
    assert copies.bring(notebooks, mine) == []
    assert (mine / "ravine.ipynb").read_bytes() == notebooks["ravine"].read_bytes()

    new = write(notebooks["ravine"], "new")
    assert copies.bring(notebooks, mine) == []
    assert (mine / "ravine.ipynb").read_bytes() == new

    own = write(mine / "ravine.ipynb", "what I tried")
    assert copies.bring(notebooks, mine) == []
    write(notebooks["ravine"], "newer")
    assert copies.bring(notebooks, mine) == ["ravine"]
    assert copies.bring(notebooks, mine) == ["ravine"], "it is said again"
    assert (mine / "ravine.ipynb").read_bytes() == own

    (mine / "ravine.ipynb").unlink()
    assert copies.bring(notebooks, mine) == []
    assert (mine / "ravine.ipynb").read_bytes() == notebooks["ravine"].read_bytes()


def test_what_jupyterlab_saves_by_itself_is_no_change_of_the_reader_s(
    notebooks: dict[str, Path], tmp_path: Path
) -> None:
    mine = tmp_path / "mine"
    copies.bring(notebooks, mine)
    opened = nbformat.read(mine / "ravine.ipynb", 4)
    opened.metadata["kernelspec"] = {"name": "python3", "display_name": "Python 3 (ipykernel)"}
    nbformat.write(opened, mine / "ravine.ipynb")
    saved = (mine / "ravine.ipynb").read_bytes()
    assert copies.bring(notebooks, mine) == []
    assert (mine / "ravine.ipynb").read_bytes() == saved, "the course has nothing new"
    new = write(notebooks["ravine"], "new")
    assert copies.bring(notebooks, mine) == []
    assert (mine / "ravine.ipynb").read_bytes() == new


def test_a_copy_that_an_earlier_version_made_is_renewed_if_it_is_untouched(
    notebooks: dict[str, Path], tmp_path: Path
) -> None:
    mine = tmp_path / "mine"
    copies.bring(notebooks, mine)
    files = {page: (mine / f"{page}.ipynb").read_bytes() for page in notebooks}
    record = {page: hashlib.sha256(data).hexdigest() for page, data in files.items()}
    (mine / ".copied.json").write_text(json.dumps(record))
    own = write(mine / "index.ipynb", "what I tried")
    new = {page: write(path, f"plain {page}") for page, path in notebooks.items()}
    assert copies.bring(notebooks, mine) == ["index"]
    assert (mine / "ravine.ipynb").read_bytes() == new["ravine"]
    assert (mine / "index.ipynb").read_bytes() == own


def test_a_copy_that_cannot_be_read_is_the_reader_s(
    notebooks: dict[str, Path], tmp_path: Path
) -> None:
    mine = tmp_path / "mine"
    copies.bring(notebooks, mine)
    for text in ("", "{", "[]", "{}"):
        (mine / "ravine.ipynb").write_text(text)
        write(notebooks["ravine"], f"new after {text}")
        assert copies.bring(notebooks, mine) == ["ravine"]
        assert (mine / "ravine.ipynb").read_text() == text


def test_a_book_that_cannot_be_built_keeps_nobody_from_earlier_copies(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(copies, "build", lambda *_: False)
    served: list[tuple[Path, str]] = []
    monkeypatch.setattr(lab, "serve", lambda folder, page, **_: served.append((folder, page)) or 0)
    monkeypatch.setattr(signal, "signal", lambda *_: None)
    call = ["--lang", "vi", "--folder", str(tmp_path / "mine")]
    assert lab.main(call) == 1
    assert not (tmp_path / "mine").exists()
    own = write(tmp_path / "mine" / "vi" / "index.ipynb", "what I tried")
    assert lab.main(call) == 0
    assert served == [(tmp_path / "mine", "vi/index")]
    assert "opens your copies as they are" in capsys.readouterr().err
    assert (tmp_path / "mine" / "vi" / "index.ipynb").read_bytes() == own


@pytest.mark.parametrize("record", [None, "[]", "{"])
def test_a_lost_record_costs_no_work(
    notebooks: dict[str, Path], tmp_path: Path, record: str | None
) -> None:
    mine = tmp_path / "mine"
    copies.bring(notebooks, mine)
    own = write(mine / "ravine.ipynb", "what I tried")
    (mine / ".copied.json").unlink()
    if record is not None:
        (mine / ".copied.json").write_text(record)
    assert copies.bring(notebooks, mine) == ["ravine"]
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
def address(built_site: Path, tmp_path: Path) -> Iterator[str]:
    """Start what `make lab LANG=vi` starts, with a folder of its own; yield the address."""
    if importlib.util.find_spec("jupyterlab") is None:
        pytest.skip("JupyterLab is not installed: make lab installs it")
    assert built_site.is_dir()
    names = ("CONFIG_DIR", "DATA_DIR", "RUNTIME_DIR")
    dirs = {f"JUPYTER_{name}": str(tmp_path / name) for name in names}
    dirs |= {f"JUPYTERLAB_{n}_DIR": str(tmp_path / n) for n in ("SETTINGS", "WORKSPACES")}
    environment = {"PYTHONPATH": str(ROOT), "IPYTHONDIR": str(tmp_path / "ipython"), **dirs}
    command = [sys.executable, SITE / "lab.py", "--lang", "vi"]
    started = subprocess.Popen(
        [*command, "--no-browser", "--folder", tmp_path / "mine"],
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
    assert "copies of the notebooks are in mine/vi/" in said
    assert f"ssh -L {found[2]}:127.0.0.1:{found[2]}" in said
    yield found[1]
    started.send_signal(signal.SIGTERM)
    with started:  # waits, and closes the pipe
        assert started.wait(90) == 0


def shown(page: Any) -> Any:
    """Return the notebook that JupyterLab shows."""
    return page.locator(".jp-Notebook:visible")


@pytest.mark.lab
@pytest.mark.slow
def test_jupyterlab_shows_the_pages_as_the_book_says_them_and_follows_their_links(
    browser: Any, address: str
) -> None:
    context = browser.new_context(viewport={"width": 1200, "height": 900})
    context.set_default_timeout(60_000)
    try:
        page = context.new_page()
        asked: list[str] = []
        page.on("request", lambda request: asked.append(request.url))
        page.goto(address)
        page.locator(".jp-Notebook h1").first.wait_for()
        assert "/vi/index.ipynb" in page.url
        # Of a notebook that is not trusted, it would not show an SVG before the cell has run.
        page.locator(
            ".jp-Notebook .jp-OutputArea-output svg, .jp-OutputArea-output img"
        ).first.wait_for()
        page.goto(address.replace("/index.ipynb", "/convergence.ipynb"))
        shown(page).locator("blockquote", has_text="Định lý 5.").first.wait_for()
        folded = shown(page).locator("details").first
        formula = folded.locator("mjx-container").first
        formula.wait_for(state="attached")
        assert not formula.is_visible()
        folded.locator("summary").click()
        formula.wait_for()
        # A notebook is drawn as far as it is seen, and its last cell leads on.
        link = shown(page).locator("a", has_text="6. ").last
        link.scroll_into_view_if_needed()
        link.click()
        page.wait_for_url("**/vi/noise.ipynb*")
        shown(page).locator("h1", has_text="6. ").wait_for()
        home = address.partition("/lab")[0]
        elsewhere = [u for u in asked if not u.startswith((home, "data:", "blob:"))]
        assert elsewhere == []
        assert page.get_by_text("Jupyter news").count() == 0
    finally:
        context.close()

"""From a chapter to its notebook: text, ids and metadata, with the outputs that are still valid."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import nbformat
from jupytext.myst import myst_to_notebook
from nbformat import NotebookNode

import colab
from chapters import SETUP_TAG, Chapter
from elements import CodeCell
from errors import ChapterError
from fingerprint import fingerprint
from repository import Repository
from widgets import model_states, refresh_modules, rename_models, views

__all__ = [
    "Page",
    "check_cells",
    "compose",
    "finish",
    "flaws",
    "known_languages",
    "serialize",
    "stored",
    "valid_outputs",
]

OURS = "d2lmini"
"""The key of the notebook metadata under which the fingerprint and the data sets stand."""

_NOT_FOR_NOTEBOOKS = ("jupytext", "kernelspec", "language_info", "datasets", "translation_of")
_KERNEL = {"display_name": "Python 3", "language": "python", "name": "python3"}
# What MyST-NB and GitHub need to colour the code; a version would change with the machine.
_LANGUAGE = {"file_extension": ".py", "name": "python", "pygments_lexer": "ipython3"}

_FORBIDDEN_TAGS = re.compile(r"nbval-.*|raises-exception|skip-execution")
_FORBIDDEN_COMMENT = re.compile(r"^\s*#+\s*(NBVAL_\w+|PYTEST_VALIDATE_IGNORE_OUTPUT)", re.MULTILINE)


@dataclass(frozen=True)
class Page:
    """A chapter and the notebook that belongs to it.

    Attributes
    ----------
    root : Path
        The checkout.
    chapter : Chapter
        The text.
    repository : Repository or None
        Where its notebook is to install the course from on Colab.
    """

    root: Path
    chapter: Chapter
    repository: Repository | None = None

    @property
    def name(self) -> str:
        """Language and page: ``en/ravine``."""
        return f"{self.chapter.language}/{self.chapter.page}"

    @property
    def path(self) -> Path:
        """Where its notebook is stored."""
        return self.root / "notebooks" / self.chapter.language / f"{self.chapter.page}.ipynb"

    @property
    def fingerprint(self) -> str:
        """What the outputs have to have been made with."""
        return fingerprint(self.root, self.chapter.language, self.chapter.cells)


def known_languages(root: Path) -> list[str]:
    """The languages that figures can be labelled in: one file each in ``d2lmini/languages``."""
    return sorted(path.stem for path in (root / "d2lmini" / "languages").glob("*.json"))


def check_cells(root: Path, chapter: Chapter) -> None:
    """Require what every page needs to be executed and verified.

    Raises
    ------
    ChapterError
        If the language is unknown, the first cell is not the setup cell of that language, or a
        cell asks to be left out of the verification.
    """
    known = known_languages(root)
    if chapter.language not in known:
        raise ChapterError(
            chapter.path,
            1,
            f"there is no language {chapter.language!r} (there are {', '.join(known)}): "
            f"add d2lmini/languages/{chapter.language}.json, or rename the folder",
        )
    if not chapter.cells:
        return  # a page to look things up in, such as the glossary
    for number, cell in enumerate(chapter.cells):
        if (SETUP_TAG in cell.tags) != (number == 0):
            raise ChapterError(chapter.path, cell.line, _setup_wanted(chapter))
        _check_verified(chapter, cell)
    setup = chapter.cells[0]
    if f'use_language("{chapter.language}")' not in setup.source:
        raise ChapterError(chapter.path, setup.code_line, _setup_wanted(chapter))


def _setup_wanted(chapter: Chapter) -> str:
    return (
        "the first code cell, and no other, is the setup cell: tagged [setup], "
        f'with the call d2l.use_language("{chapter.language}")'
    )


def _check_verified(chapter: Chapter, cell: CodeCell) -> None:
    for tag in cell.tags:
        if tag == colab.TAG:
            raise ChapterError(
                chapter.path,
                cell.line,
                f"the tag {tag} is for the cell that `make notebooks` adds: drop it",
            )
        if _FORBIDDEN_TAGS.fullmatch(str(tag)):
            raise ChapterError(
                chapter.path, cell.line, f"every cell is executed and compared: drop the tag {tag}"
            )
    comment = _FORBIDDEN_COMMENT.search(cell.source)
    if comment:
        line = cell.code_line + cell.source.count("\n", 0, comment.start(1))
        raise ChapterError(
            chapter.path, line, f"every cell is executed and compared: drop {comment[1]}"
        )


def compose(page: Page, outputs_of: NotebookNode | None, mark: str) -> NotebookNode:
    """Make the notebook of a page.

    Parameters
    ----------
    page : Page
        The page.
    outputs_of : NotebookNode or None
        A notebook whose outputs, execution counts and widget state are to be taken over; its code
        cells must be those of the chapter.
    mark : str
        The fingerprint to record.
    """
    chapter = page.chapter
    notebook = myst_to_notebook(chapter.text)
    metadata = {
        key: value for key, value in chapter.front_matter.items() if key not in _NOT_FOR_NOTEBOOKS
    }
    own: dict[str, object] = {"fingerprint": mark}
    if chapter.datasets:
        own["datasets"] = list(chapter.datasets)
    metadata |= {"kernelspec": _KERNEL, "language_info": _LANGUAGE, OURS: own}
    notebook.metadata = nbformat.from_dict(metadata)
    _check_same_cells(chapter, notebook)
    colab.with_cell(notebook, page.repository)
    _number(notebook)
    if outputs_of is not None:
        old = iter(colab.chapter_cells(outputs_of.cells))
        for count, cell in enumerate(_code_cells(notebook), start=1):
            # The cell which installs the course says nothing, so it need not have been executed.
            before = cell if colab.TAG in cell.metadata.get("tags", ()) else next(old)
            cell.outputs = before.outputs
            cell.execution_count = count if before is cell or before.execution_count else None
            for output in cell.outputs:
                if output.output_type == "execute_result":
                    output.execution_count = count
        if "widgets" in outputs_of.metadata:
            notebook.metadata["widgets"] = outputs_of.metadata["widgets"]
    return notebook


def finish(notebook: NotebookNode) -> NotebookNode:
    """What is left to do with a notebook that was just executed, before it is stored."""
    for cell in _code_cells(notebook):
        cell.metadata.pop("execution", None)
    notebook.metadata["language_info"] = nbformat.from_dict(_LANGUAGE)
    return rename_models(notebook)


def flaws(notebook: NotebookNode) -> list[str]:
    """What makes the stored outputs of a notebook unfit to be verified or shown."""
    found = []
    for number, cell in enumerate(colab.chapter_cells(notebook.cells), start=1):
        if cell.execution_count is None:
            # The verification would skip this cell instead of comparing it.
            found.append(f"code cell {number} was never executed")
    states = model_states(notebook)
    lost = [view for view in views(notebook) if view not in states]
    return found + [f"the state of widget {view} is missing" for view in lost]


def stored(path: Path) -> NotebookNode | None:
    """Read a stored notebook; None if there is none, or what is there is not a notebook."""
    try:
        notebook = nbformat.reads(path.read_text("utf-8"), as_version=4)
    except (OSError, UnicodeDecodeError, nbformat.reader.NotJSONError, nbformat.ValidationError):
        return None
    return notebook if isinstance(notebook.get("cells"), list) else None


def valid_outputs(page: Page, notebook: NotebookNode | None, mark: str) -> bool:
    """Whether a stored notebook's outputs are those of the page's present code."""
    if notebook is None or notebook.metadata.get(OURS, {}).get("fingerprint") != mark:
        return False
    # The fingerprint could have been kept while somebody edited the notebook by hand.
    sources = [cell.source for cell in colab.chapter_cells(notebook.cells)]
    return sources == [c.source for c in page.chapter.cells] and not flaws(notebook)


def serialize(notebook: NotebookNode) -> bytes:
    """The bytes to store: sorted keys, present front-end modules, a line end at the end."""
    refresh_modules(notebook)
    return (nbformat.writes(notebook) + "\n").encode("utf-8")


def _code_cells(notebook: NotebookNode) -> list[NotebookNode]:
    return [cell for cell in notebook.cells if cell.cell_type == "code"]


def _number(notebook: NotebookNode) -> None:
    """Give the cells ids that depend on their content, not on the moment."""
    seen: dict[str, int] = {}
    for cell in notebook.cells:
        key = json.dumps([cell.cell_type, cell.source], ensure_ascii=False)
        seen[key] = seen.get(key, 0) + 1
        cell.id = hashlib.sha256(f"{key} {seen[key]}".encode()).hexdigest()[:12]


def _check_same_cells(chapter: Chapter, notebook: NotebookNode) -> None:
    """Two readers have read the file, jupytext and `elements`; they must agree about the code."""
    ours: Sequence[CodeCell] = chapter.cells
    theirs = _code_cells(notebook)
    for cell, other in zip(ours, theirs, strict=False):
        if cell.source.rstrip() != other.source.rstrip():
            raise ChapterError(chapter.path, cell.line, "jupytext reads other code in this cell")
    if len(ours) > len(theirs):
        raise ChapterError(
            chapter.path,
            ours[len(theirs)].line,
            "code cells stand at the top level of a page, not within another directive",
        )
    if len(ours) < len(theirs):
        raise ChapterError(chapter.path, 1, "jupytext reads more code cells than there are")

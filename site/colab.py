"""The cell by which a notebook installs the course on Colab, where nothing of it is.

A notebook cannot find out where it was opened from: Colab tells it by interfaces that are not
documented and have changed. So the address stands in the notebook, and comes from ``repository:``
in ``_config.yml``, not from the checkout, whose remote must not change what is stored. The cell is
put before the first code cell when a notebook is written, stands in no chapter, and is the same on
every page; the book leaves it out, and elsewhere than on Colab it does nothing.
"""

from __future__ import annotations

from collections.abc import Iterable

from nbformat import NotebookNode, v4

from repository import Repository

__all__ = ["TAG", "chapter_cells", "install_cell", "with_cell"]

TAG = "install"
"""Marks the cell; no cell of a chapter may have it."""

# The extra "all" gives the versions that d2lmini works with, not those of requirements.txt: what
# Colab brings along, PyTorch above all, is used as it is.
_SOURCE = """\
import sys

if "google.colab" in sys.modules:
    import subprocess

    package = "d2lmini[all] @ git+{web}@{branch}"
    pip = [sys.executable, "-m", "pip", "install", "--quiet"]
    subprocess.run([*pip, package], check=True)"""


def install_cell(repository: Repository) -> NotebookNode:
    """Return the cell that installs the course from `repository`."""
    source = _SOURCE.format(web=repository.web, branch=repository.branch)
    # The book leaves out what is tagged remove-cell; JupyterLab and Colab fold the code.
    metadata = {
        "tags": ["remove-cell", TAG],
        "jupyter": {"source_hidden": True},
        "cellView": "form",
    }
    return v4.new_code_cell(source, metadata=metadata)


def with_cell(notebook: NotebookNode, repository: Repository | None) -> None:
    """Put the cell before the first code cell of a notebook, if it has one and there is a need."""
    kinds = [cell.cell_type for cell in notebook.cells]
    if repository is not None and "code" in kinds:
        notebook.cells.insert(kinds.index("code"), install_cell(repository))


def chapter_cells(cells: Iterable[NotebookNode]) -> list[NotebookNode]:
    """Return those of `cells` that are code cells of the chapter: all but that one."""
    return [
        cell
        for cell in cells
        if cell.cell_type == "code" and TAG not in cell.metadata.get("tags", ())
    ]

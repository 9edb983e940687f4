"""The widget state that a notebook stores, made reproducible and kept current.

ipywidgets gives every model a random id, and anywidget stores the text of its front-end module in
the notebook. So that executing unchanged sources changes no byte, ids are renamed by order of
appearance; so that an edit of a module needs no execution, its text is put in afresh on every run.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from typing import Any

import nbformat
from nbformat import NotebookNode

__all__ = [
    "STATE",
    "VIEW",
    "current_module",
    "model_states",
    "refresh_modules",
    "rename_models",
    "views",
]

STATE = "application/vnd.jupyter.widget-state+json"
VIEW = "application/vnd.jupyter.widget-view+json"

_REFERENCE = "IPY_MODEL_"
_OURS = "d2lmini.explore."


def model_states(notebook: NotebookNode) -> dict[str, Any]:
    """The stored models of a notebook by id; empty if it has none."""
    states = notebook.metadata.get("widgets", {}).get(STATE, {}).get("state", {})
    assert isinstance(states, dict)
    return states


def views(notebook: NotebookNode) -> list[str]:
    """The ids of the models that the outputs show, in order."""
    return [
        output.data[VIEW]["model_id"]
        for cell in notebook.cells
        for output in cell.get("outputs", [])
        if VIEW in output.get("data", {})
    ]


def rename_models(notebook: NotebookNode) -> NotebookNode:
    """Return the notebook with its widget ids replaced by ones that depend on their order alone.

    The order is that of the outputs; from each displayed model on, the models that it refers to,
    depth first by name of the trait; last the models that nothing displayed refers to (links), in
    the order in which they were made.

    Examples
    --------
    >>> from nbformat.v4 import new_notebook
    >>> states = {"a1": {"state": {"child": "IPY_MODEL_b2"}}, "b2": {"state": {}}}
    >>> notebook = new_notebook(metadata={"widgets": {STATE: {"state": states}}})
    >>> len(model_states(rename_models(notebook))), "a1" in model_states(rename_models(notebook))
    (2, False)
    """
    states = model_states(notebook)
    order: dict[str, None] = {}

    def visit(model: str) -> None:
        if model in states and model not in order:
            order[model] = None
            for reference in _references(states[model].get("state", {})):
                visit(reference)

    for model in [*views(notebook), *states]:
        visit(model)
    if not order:
        return notebook
    text = nbformat.writes(notebook)
    for number, model in enumerate(order):
        # Ids are 32 random digits, so an exact match can be nothing else, wherever it stands.
        text = text.replace(model, hashlib.sha256(f"model {number}".encode()).hexdigest()[:32])
    return nbformat.reads(text, as_version=4)


def _references(value: Any) -> Iterator[str]:
    if isinstance(value, str) and value.startswith(_REFERENCE):
        yield value[len(_REFERENCE) :]
    elif isinstance(value, dict):
        for key in sorted(value):
            yield from _references(value[key])
    elif isinstance(value, list):
        for item in value:
            yield from _references(item)


def current_module(identifier: str) -> str:
    """The front-end module of one of our explorables, as its files hold it now.

    Parameters
    ----------
    identifier : str
        Module and class, as anywidget stores it in ``_anywidget_id``.

    Raises
    ------
    LookupError
        If there is no such explorable any more; executing the page makes the state anew.

    Examples
    --------
    >>> current_module("d2lmini.explore.gone.Gone")
    Traceback (most recent call last):
        ...
    LookupError: no explorable 'gone': ...
    """
    # Not the class itself: it would bring in ipywidgets and Matplotlib, which takes seconds.
    from d2lmini.explore import scripts

    try:
        return scripts.module(identifier.split(".")[-2])
    except ValueError as error:
        raise LookupError(str(error)) from None


def refresh_modules(notebook: NotebookNode) -> list[str]:
    """Put the current front-end modules into the stored state; return whose changed.

    Only explorables of this project are looked at: other packages' come with their versions.
    """
    changed = set()
    for model in model_states(notebook).values():
        state = model.get("state", {})
        identifier = state.get("_anywidget_id", "")
        if not identifier.startswith(_OURS):
            continue
        text = current_module(identifier)
        if state.get("_esm") != text:
            state["_esm"] = text
            changed.add(identifier)
    return sorted(changed)

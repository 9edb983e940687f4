"""A pytest plugin: which notebooks are verified, and in which order.

Those whose data sets cannot be had here are skipped, with the reason; the order is that in which
they are executed.
"""

from __future__ import annotations

import functools
import json
from pathlib import Path

import pytest

from needed_data import REMEDY, missing, turns


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Sort the cells, and mark those of notebooks that lack a data set.

    A notebook all of whose cells are skipped gets no kernel.
    """
    needed = {item.path: _datasets(item.path) for item in items if item.path.suffix == ".ipynb"}
    for item in items:
        absent = _missing(needed.get(item.path, ()))
        if absent:
            reason = f"{item.path.name} needs {' and '.join(absent)}: {REMEDY}"
            item.add_marker(pytest.mark.skip(reason=reason))
    order = turns((path.name, bool(names)) for path, names in needed.items())
    ranks = dict(zip(needed, order, strict=True))
    items.sort(key=lambda item: ranks.get(item.path, 1))


@functools.cache
def _datasets(path: Path) -> tuple[str, ...]:
    metadata = json.loads(path.read_text("utf-8"))["metadata"]
    return tuple(metadata.get("d2lmini", {}).get("datasets", []))


@functools.cache
def _missing(names: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(missing(names, download=True))

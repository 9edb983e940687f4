"""A pytest plugin: which notebooks are verified, and in which order.

Those whose data sets cannot be had here are skipped, with the reason. Those that train do the long
work, which the languages share: whoever comes first computes, and the others find the result. So
one language begins with them, and the others end with them.
"""

from __future__ import annotations

import functools
import json
from pathlib import Path

import pytest

from needed_data import REMEDY, missing


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Sort the cells, and mark those of notebooks that lack a data set.

    A notebook all of whose cells are skipped gets no kernel.
    """
    first: dict[str, Path] = {}
    turns: dict[Path, int] = {}
    for item in items:
        if item.path.suffix == ".ipynb":
            needed = _datasets(item.path)
            absent = _missing(needed)
            if absent:
                reason = f"{item.path.name} needs {' and '.join(absent)}: {REMEDY}"
                item.add_marker(pytest.mark.skip(reason=reason))
            if needed:
                begins = first.setdefault(item.path.name, item.path) == item.path
                turns[item.path] = -1 if begins else 1
    items.sort(key=lambda item: turns.get(item.path, 0))


@functools.cache
def _datasets(path: Path) -> tuple[str, ...]:
    metadata = json.loads(path.read_text("utf-8"))["metadata"]
    return tuple(metadata.get("d2lmini", {}).get("datasets", []))


@functools.cache
def _missing(names: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(missing(names, download=True))

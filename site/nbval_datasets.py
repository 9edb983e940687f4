"""A pytest plugin: skip the notebooks whose data sets cannot be had here, and say why."""

from __future__ import annotations

import functools
import json
from pathlib import Path

import pytest

from needed_data import REMEDY, missing


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark the cells of notebooks that lack a data set; their kernels are then never started."""
    for item in items:
        if item.path.suffix == ".ipynb":
            absent = _missing_for(item.path)
            if absent:
                reason = f"{item.path.name} needs {' and '.join(absent)}: {REMEDY}"
                item.add_marker(pytest.mark.skip(reason=reason))


@functools.cache
def _missing_for(path: Path) -> tuple[str, ...]:
    metadata = json.loads(path.read_text("utf-8"))["metadata"]
    return tuple(missing(metadata.get("d2lmini", {}).get("datasets", []), download=True))

"""The examples in the docstrings of the site's modules run."""

from __future__ import annotations

import doctest
import importlib

import pytest

MODULES = (
    "chapters",
    "errors",
    "files",
    "locking",
    "markdownmarks",
    "needed_data",
    "numerals",
    "plain",
    "repository",
    "walker",
    "widgets",
    "wording",
)


@pytest.mark.parametrize("name", MODULES)
def test_the_examples_run(name: str) -> None:
    results = doctest.testmod(importlib.import_module(name), optionflags=doctest.ELLIPSIS)
    assert results.attempted > 0
    assert results.failed == 0

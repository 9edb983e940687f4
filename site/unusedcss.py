"""Leaving out the rules of a style sheet which no page of the site can use.

The theme's style sheet is written for every site there may be: two thousand icons, a grid, forms,
carousels. Here a rule is left out when its selector asks for a class or an identifier that no
element of a page has and that occurs as a word in no script, so nothing that a script could add is
lost. What is left stays in its order.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Set
from itertools import pairwise
from typing import Any

import tinycss2

__all__ = ["pruned", "words"]

_WORD = re.compile(rb"[A-Za-z_][\w-]*")
_GIVEN = re.compile(rb'\b(?:class|id)="([^"]*)"')
# Rules within these apply to elements, as at the top level.
_GROUPS = frozenset({"media", "supports", "layer", "container"})


def words(pages: Iterable[bytes], scripts: Iterable[bytes]) -> frozenset[str]:
    """Return every class and identifier that elements have, or may get from a script.

    Examples
    --------
    >>> sorted(words([b'<p class="mm-box a" id="here">text'], [b'e.classList.add("open")']))
    ['a', 'add', 'classList', 'e', 'here', 'mm-box', 'open']
    """
    found: set[bytes] = set()
    for page in pages:
        for names in set(_GIVEN.findall(page)):
            found.update(names.split())
    for script in scripts:
        found.update(_WORD.findall(script))
    return frozenset(word.decode() for word in found)


def pruned(css: str, used: Set[str]) -> str:
    """Return `css` without the rules that need a class or an identifier which is not in `used`.

    Parameters
    ----------
    css : str
        A style sheet.
    used : set of str
        Every word that can be a class or an identifier; see `words`.

    Examples
    --------
    >>> pruned(".a{x:1}.b,.a .c{x:2}@media print{.b{x:3}}p:not(.b){x:4}", {"a"})
    '.a{x:1}p:not(.b){x:4}'
    """
    return "".join(_kept(_rules(css), used))


def _rules(css: Any) -> list[Any]:
    return list(tinycss2.parse_rule_list(css, skip_comments=True, skip_whitespace=True))


def _kept(rules: list[Any], used: Set[str]) -> Iterator[str]:
    for rule in rules:
        if rule.type == "qualified-rule":
            selectors = [s for s in _selectors(rule.prelude) if _names(s) <= used]
            if selectors:
                body = tinycss2.serialize(rule.content).strip()
                yield ",".join(tinycss2.serialize(s).strip() for s in selectors) + f"{{{body}}}"
        elif rule.type == "at-rule" and rule.lower_at_keyword in _GROUPS and rule.content:
            body = "".join(_kept(_rules(rule.content), used))
            if body:
                yield f"@{rule.at_keyword} {tinycss2.serialize(rule.prelude).strip()}{{{body}}}"
        else:
            yield rule.serialize()


def _selectors(prelude: list[Any]) -> list[list[Any]]:
    """Return the selectors of a rule, which stand between commas."""
    found: list[list[Any]] = [[]]
    for token in prelude:
        if token.type == "literal" and token.value == ",":
            found.append([])
        else:
            found[-1].append(token)
    return found


def _names(selector: list[Any]) -> set[str]:
    """Return the classes and identifiers that elements must have for `selector` to apply.

    Of ``:is(.a, .b)`` one is enough, and ``:not(.a)`` excludes, so what stands in brackets, which
    the parser gives as one token, is not asked for.
    """
    names = {token.value for token in selector if token.type == "hash"}
    for before, token in pairwise(selector):
        if token.type == "ident" and before.type == "literal" and before.value == ".":
            names.add(token.value)
    return names

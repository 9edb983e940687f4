"""Words in figures and widgets, in the reader's language.

A language is a file: ``languages/<code>.json`` maps flat keys (``"axis.step"``) to text, in which
``{name}`` stands for a field that the caller fills in. Adding a language means adding a file; no
code changes. The keys ``language.name`` (the language's own name for itself) and ``language.tag``
(its BCP 47 tag) describe the language.
"""

from __future__ import annotations

import difflib
import json
from functools import cache
from importlib.resources import files

from . import _language
from .checks import shown
from .messages import Phrase, tell

__all__ = ["available_languages", "catalogue", "label", "language", "use_language"]


@cache
def _catalogues() -> dict[str, dict[str, str]]:
    folder = files("d2lmini").joinpath("languages")
    return {
        entry.name.removesuffix(".json"): json.loads(entry.read_text(encoding="utf-8"))
        for entry in sorted(folder.iterdir(), key=lambda entry: entry.name)
        if entry.name.endswith(".json")
    }


def available_languages() -> tuple[str, ...]:
    """Return the codes of the languages that figures can be labelled in.

    Returns
    -------
    tuple of str
        In alphabetical order; one per file in ``d2lmini/languages``.

    Examples
    --------
    >>> import d2lmini as d2l
    >>> "vi" in d2l.available_languages()
    True
    """
    return tuple(_catalogues())


def use_language(code: str) -> None:
    """Label everything that is drawn from now on in the given language, and say errors in it.

    Errors and warnings that have no translation stay English.

    Parameters
    ----------
    code : str
        One of :func:`available_languages`, for example ``"vi"``.

    Raises
    ------
    ValueError
        If there is no catalogue for the language; the message lists those there are.

    Examples
    --------
    >>> import d2lmini as d2l
    >>> d2l.use_language("tr")
    >>> d2l.label("axis.step")
    'adım'
    >>> d2l.use_language("en")
    """
    if not isinstance(code, str) or code not in _catalogues():
        raise ValueError(
            tell(
                "no labels for the language {got}: use one of {codes}, or add a file "
                "d2lmini/languages/<code>.json",
                got=shown(code),
                codes=", ".join(map(repr, available_languages())),
            )
        )
    _language.code = code


def language() -> str:
    """Return the code of the language in use (``"en"`` unless :func:`use_language` was called).

    Returns
    -------
    str
        A code from :func:`available_languages`.

    Examples
    --------
    >>> import d2lmini as d2l
    >>> d2l.language()
    'en'
    """
    return _language.code


def catalogue(prefix: str = "") -> dict[str, str]:
    """Return the labels of the language in use whose keys start with a prefix.

    Parameters
    ----------
    prefix : str
        Such as ``"axis."``; everything by default. The keys are returned whole.

    Returns
    -------
    dict of str to str
        A fresh copy, with fields (``{step}``) not filled in: what a widget's front end needs.

    Examples
    --------
    >>> from d2lmini.labels import catalogue
    >>> catalogue("method.gd")
    {'method.gd': 'gradient descent'}
    """
    texts = _catalogues()[_language.code]
    return {key: text for key, text in texts.items() if key.startswith(prefix)}


def label(key: str, **fields: object) -> str:
    """Return the text of a label in the language in use.

    Parameters
    ----------
    key : str
        A key of the catalogues, such as ``"axis.step"``.
    **fields
        Values for the fields that the text names in braces.

    Returns
    -------
    str
        The text with its fields filled in.

    Raises
    ------
    LookupError
        If there is no such key, or if a field that the text needs is missing.

    Examples
    --------
    >>> import d2lmini as d2l
    >>> d2l.label("trace.leaves", step=3)
    'leaves at step 3'
    """
    texts = _catalogues()[_language.code]
    if not isinstance(key, str) or key not in texts:
        near = difflib.get_close_matches(key, texts, n=1) if isinstance(key, str) else []
        hint = (
            Phrase("did you mean {near!r}?", near=near[0])
            if near
            else Phrase("the keys are in languages/en.json")
        )
        raise LookupError(
            tell(
                "no label {got} in {language!r}: {hint}",
                got=shown(key),
                language=_language.code,
                hint=hint,
            )
        )
    try:
        return texts[key].format(**fields)
    except (KeyError, IndexError) as error:
        raise LookupError(
            tell(
                "the label {key!r} needs the field {error}: its text is {text!r}",
                key=key,
                error=error,
                text=texts[key],
            )
        ) from None

"""Errors and warnings in the reader's language.

The English text of a message stands where the message is raised, as a template whose fields stand
in braces, and is the key of its translations, which a file per language holds:
``languages/messages/<code>.json``, from the English template to the translated one. English has
no such file. What a file lacks, or gets wrong, is said in English.

A message may be made of several phrases: what was wrong, and a remedy that the caller knows. Each
is a template of its own, so each can be translated without the other. Formulas, values and names
of parameters are fields, and the same in all languages.

Templates are literals, so that ``site/messages.py`` can read them from the sources; `make check`
compares the translations with them.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import cache
from importlib.resources import files

from . import _language

__all__ = ["Phrase", "tell"]


class Phrase:
    """A part of a message: put into the reader's language when it is said, and not before.

    Making one costs next to nothing; nothing is looked up or formatted until there is an error.

    Parameters
    ----------
    text : str
        The English template, a literal.
    **fields
        What stands for its fields. A field may be a phrase itself.

    Examples
    --------
    >>> remedy = Phrase("pass for example {example}", example="n=40")
    >>> f"n must be at least 1: {remedy}"
    'n must be at least 1: pass for example n=40'
    """

    __slots__ = ("fields", "text")

    def __init__(self, text: str, /, **fields: object) -> None:
        self.text = text
        self.fields = fields

    def __str__(self) -> str:
        """Return the text in the language in use, or in English where that has none that fits."""
        translated = _catalogue(_language.code).get(self.text, self.text)
        try:
            return translated.format(**self.fields)
        except (LookupError, ValueError, TypeError, AttributeError):
            if translated is self.text:
                raise
            # An error about a translation, in place of the message, would help nobody.
            return self.text.format(**self.fields)

    def __repr__(self) -> str:
        fields = "".join(f", {name}={value!r}" for name, value in self.fields.items())
        return f"Phrase({self.text!r}{fields})"


def tell(text: str, /, **fields: object) -> str:
    """Return a message in the language in use.

    Parameters
    ----------
    text : str
        The English template, a literal.
    **fields
        What stands for its fields; `Phrase` for what is to be translated as well.

    Examples
    --------
    >>> import d2lmini as d2l
    >>> tell("eta must be >= 0, got eta={eta:g}: a negative step climbs", eta=-0.1)
    'eta must be >= 0, got eta=-0.1: a negative step climbs'
    """
    return str(Phrase(text, **fields))


@cache
def _catalogue(code: str) -> Mapping[str, str]:
    """Return the translations of a language; none where there is no sound file of them."""
    if code == "en":
        return {}
    path = files("d2lmini").joinpath("languages", "messages", f"{code}.json")
    try:
        texts = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    known = texts if isinstance(texts, dict) else {}
    return {key: text for key, text in known.items() if text and isinstance(text, str)}

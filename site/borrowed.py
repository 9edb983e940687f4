"""Pages without a translation: an edition shows the English one in their place, and says so.

The page belongs to the edition, with its menus, its search and its place in the table of contents,
so that no link leads out of it. Only the text is English: it is taken from the finished English
page, where the words around it ("Fig. 2.1", "Theorem 6.2") are English as well, and marked as
English, so that screen readers pronounce it rightly.
"""

from __future__ import annotations

import html
import re

__all__ = ["borrow", "frame", "mark"]

_BEGIN, _END = "<!--course:text-->", "<!--course:text ends-->"
_TEXT = re.compile(re.escape(_BEGIN.encode()) + b".*" + re.escape(_END.encode()), re.DOTALL)


def mark(body: str) -> str:
    """Return the text of a page between two marks, for `borrow` to find.

    Examples
    --------
    >>> mark("<p>Text</p>")
    '<!--course:text--><p>Text</p><!--course:text ends-->'
    """
    return f"{_BEGIN}{body}{_END}"


def frame(text: str, tag: str, said: str, more: str, url: str) -> str:
    """Return the text of a page in another language than that of its edition.

    Parameters
    ----------
    text : str
        HTML, as `mark` returns it.
    tag : str
        BCP 47 tag of the language that the text is in.
    said, more : str
        What to tell the reader, in the language of the edition; `more` links the original.
    url : str
        Where the original is.
    """
    return (
        '<aside class="mm-borrowed" role="note">'
        f"<p><strong>{html.escape(said)}</strong> "
        f'<a href="{html.escape(url)}" hreflang="{tag}">{html.escape(more)}</a></p></aside>\n'
        f'<div class="mm-original" lang="{tag}">{text}</div>'
    )


def borrow(page: bytes, original: bytes) -> bytes:
    """Return a finished page with the text of another one.

    Parameters
    ----------
    page, original : bytes
        Two HTML pages whose text is marked.

    Raises
    ------
    ValueError
        If the text of one of them is not marked.

    Examples
    --------
    >>> one, two = mark("<p>Hình 1</p>").encode(), mark("<p>Fig. 1</p>").encode()
    >>> borrow(b"<main>" + one + b"</main>", two).decode()
    '<main><!--course:text--><p>Fig. 1</p><!--course:text ends--></main>'
    """
    there, text = _TEXT.search(page), _TEXT.search(original)
    if there is None or text is None:
        raise ValueError("the text of a page is not marked: the page is not one of this build")
    return page[: there.start()] + text[0] + page[there.end() :]

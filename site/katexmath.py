"""Sphinx's mathematics, drawn by KaTeX: the nodes of a page become finished HTML."""

from __future__ import annotations

import html
import re
from typing import TYPE_CHECKING, Any

from docutils import nodes
from sphinx.locale import _
from sphinx.util import logging
from sphinx.util.math import get_node_equation_number

from formulas import FormulaError, render

if TYPE_CHECKING:
    from sphinx.application import Sphinx
    from sphinx.writers.html5 import HTML5Translator

__all__ = ["setup"]

logger = logging.getLogger(__name__)

# Numbers are Sphinx's, so that references find them; without the star KaTeX would count as well.
_NUMBERED = re.compile(r"\\(begin|end)\{(equation|align|alignat|gather|multline|eqnarray)\}")
_LABEL = re.compile(r"\\label\{[^{}]*\}")
# A browser may break a line behind a formula even where a full stop or a suffix follows it.
_CLOSING = re.compile(r"[^\w\s(\[{“‘（《「]+")
_STARRED = {"multline": "gather*", "eqnarray": "align*"}


def display_tex(text: str, nowrap: bool = False) -> str:
    r"""Return what KaTeX is to draw for the text of a display formula.

    As in Sphinx, a blank line separates formulas that stand below each other, ``\\`` breaks a
    line, and ``&`` marks where lines are aligned.

    Examples
    --------
    >>> display_tex("a = b")
    'a = b'
    >>> print(display_tex(r"a &= b \\ c &= d"))
    \begin{aligned}a &= b \\ c &= d\end{aligned}
    >>> print(display_tex(r"\begin{align}a &= b\label{x}\end{align}", nowrap=True))
    \begin{align*}a &= b\end{align*}
    """
    if nowrap or _NUMBERED.match(text.strip()):
        return _LABEL.sub("", _NUMBERED.sub(_star, text))
    parts = [part.strip() for part in re.split(r"\n\s*\n", text) if part.strip()]
    lines = [_split(part) for part in parts]
    if len(lines) > 1:
        return r"\begin{gathered}" + r"\\[0.6em]".join(lines) + r"\end{gathered}"
    return lines[0] if lines else ""


def _star(match: re.Match[str]) -> str:
    """Return the unnumbered twin of an environment's ``\\begin`` or ``\\end``."""
    name = _STARRED.get(match[2], match[2] + "*")
    return rf"\{match[1]}{{{name}}}"


def _split(part: str) -> str:
    """Put formulas of several lines, which have no environment of their own, into ``aligned``."""
    outside = re.sub(r"\\begin\{(\w+\*?)\}.*?\\end\{\1\}", "", part, flags=re.DOTALL)
    broken = r"\\" in outside or re.search(r"(?<!\\)&", outside)
    return rf"\begin{{aligned}}{part}\end{{aligned}}" if broken else part


def _html(node: nodes.Element, tex: str, display: bool) -> str:
    """Render `tex`; a formula that does not parse is a warning, which ends the build."""
    try:
        return render(tex, display)
    except FormulaError as error:
        logger.warning("%s", error, location=node, type="course", subtype="formula")
        return f"<code>{html.escape(tex)}</code>"


def keep_marks(_app: Sphinx, doctree: nodes.document, _page: str) -> None:
    """Tie each formula in a line to the mark that follows it, for style to keep them together."""
    for math in list(doctree.findall(nodes.math)):
        parent, siblings = math.parent, math.parent.children
        at = next(i for i, node in enumerate(siblings) if node is math)
        behind = siblings[at + 1] if at + 1 < len(siblings) else None
        if isinstance(behind, nodes.Text) and (mark := _CLOSING.match(behind)):
            tied = nodes.inline("", "", math, nodes.Text(mark[0]), classes=["mm-tied"])
            parent[at : at + 2] = [tied, nodes.Text(behind[mark.end() :])]


def _visit_inline(self: HTML5Translator, node: nodes.math) -> None:
    self.body.append(self.starttag(node, "span", "", CLASS="math notranslate"))
    self.body.append(_html(node, node.astext(), display=False) + "</span>")
    raise nodes.SkipNode


def _visit_display(self: HTML5Translator, node: nodes.math_block) -> None:
    tex = display_tex(node.astext(), bool(node.get("nowrap")))
    self.body.append(self.starttag(node, "div", "", CLASS="math notranslate mm-equation"))
    # Only the formula scrolls where the screen is too narrow; its number stays in sight.
    self.body.append(f'<div class="mm-scroll">{_html(node, tex, display=True)}</div>')
    if node.get("number"):
        number = get_node_equation_number(self, node)
        self.body.append(f'<span class="eqno">({number})')
        if node["ids"]:
            self.add_permalink_ref(node, _("Link to this equation"))
        self.body.append("</span>")
    self.body.append("</div>\n")
    raise nodes.SkipNode


def setup(app: Sphinx) -> dict[str, Any]:
    """Register the renderer; Sphinx prefers it to its own, MathJax, since only one is added."""
    app.connect("doctree-resolved", keep_marks)
    app.add_html_math_renderer("katex", (_visit_inline, None), (_visit_display, None))
    return {"parallel_read_safe": True, "parallel_write_safe": True}

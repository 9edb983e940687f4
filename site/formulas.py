"""Mathematics, rendered when the book is built: TeX in, HTML and MathML out.

KaTeX (``site/katex/``) runs inside QuickJS, a small JavaScript engine in this process, so a page
needs no script for its formulas, only a style sheet and fonts, and a formula that does not parse
stops the build instead of turning red in front of a reader::

    python site/formulas.py                       # checks chapters/*/*.md
    python site/formulas.py chapters/vi/ravine.md

A formula is the same in every language and in the next build, and to draw it takes a millisecond,
so what was drawn is kept (`keep`) and found again (`recall`). Languages that are built at the same
time draw each for itself; those which come after them find all but their own.
"""

from __future__ import annotations

import functools
import hashlib
import json
import sys
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

from files import write_if_changed

__all__ = ["Drawn", "FormulaError", "Problem", "check", "drawn_here", "keep", "recall", "render"]

HERE = Path(__file__).resolve().parent
KATEX = HERE / "katex" / "katex.min.js"

# Names for what the course writes often would stand here, {r"\name": r"\expansion"}; a chapter is
# TeX that reads the same in Jupyter, which knows no such names, so there are none.
MACROS: dict[str, str] = {}

# KaTeX asks `strict` about everything that LaTeX itself would refuse, and all of it is an error,
# but for letters inside \text{…} which KaTeX has no metrics for, such as Vietnamese ệ: a browser
# draws those from the font of the page.
_DRIVER = r"""
(source) => {
  const { tex, display, macros } = JSON.parse(source);
  const inText = (at) => {
    const groups = /\\(?:text(?:rm|bf|it|sf|tt|normal)?|mbox)\s*\{/g;
    for (let group; (group = groups.exec(tex)); ) {
      let depth = 1;
      let end = groups.lastIndex;
      for (; end < tex.length && depth; end++) {
        if (tex[end] === "\\") end++;
        else if (tex[end] === "{") depth++;
        else if (tex[end] === "}") depth--;
      }
      if (groups.lastIndex <= at && at < end) return true;
    }
    return false;
  };
  const strict = (code, message, token) => {
    const at = token && token.loc ? token.loc.start : -1;
    if (code === "unknownSymbol" && /\p{L}/u.test(tex.charAt(at)) && inText(at)) return "ignore";
    // Said again of the same letter when it is drawn; any other has been refused by then.
    if (code === "symbolNotInFont" && /metrics for '\p{L}'/u.test(message)) return "ignore";
    return "error";
  };
  try {
    return JSON.stringify({ html: katex.renderToString(tex, {
      displayMode: display, output: "htmlAndMathml", throwOnError: true, trust: false,
      strict, macros: { ...macros },
    }) });
  } catch (error) {
    return JSON.stringify({
      message: String(error.rawMessage || error.message),
      position: typeof error.position === "number" ? error.position : null,
    });
  }
}
"""

Drawn = dict[tuple[str, bool], str]
"""The HTML of formulas, by their TeX and whether they stand on a line of their own."""

_recalled: Drawn = {}
_drawn: Drawn = {}

_STRICT = "LaTeX-incompatible input and strict mode is set to 'error': "


class FormulaError(ValueError):
    """A formula which KaTeX cannot read.

    Attributes
    ----------
    tex : str
        The formula.
    reason : str
        What is wrong with it, in KaTeX's words.
    position : int or None
        The index into `tex` where it went wrong, where KaTeX knows it.
    """

    def __init__(self, tex: str, reason: str, position: int | None) -> None:
        self.tex = tex
        self.reason = reason
        self.position = position
        super().__init__(f"formula {_excerpt(tex, position)}: {reason}")


def _excerpt(tex: str, position: int | None, room: int = 24) -> str:
    """Return `tex` on one line, cut to the neighbourhood of `position`, which ``▸`` marks."""
    if position is None:
        text = tex if len(tex) <= 2 * room else tex[: 2 * room] + "…"
    else:
        start, end = max(0, position - room), min(len(tex), position + room)
        text = (
            ("…" if start else "")
            + tex[start:position]
            + "▸"
            + tex[position:end]
            + ("…" if end < len(tex) else "")
        )
    return "“" + " ".join(text.split()) + "”"


@functools.cache
def _katex() -> Callable[[str], str]:
    """Start the JavaScript engine, load KaTeX, and return the function which renders."""
    import quickjs  # here, since whoever only wants FormulaError needs no engine

    context = quickjs.Context()
    context.eval(KATEX.read_text(encoding="utf-8") + ";globalThis.katex = katex;")
    driver: Callable[[str], str] = context.eval(_DRIVER)
    return driver


def render(tex: str, display: bool = False) -> str:
    r"""Return the HTML, with MathML for screen readers inside, of one formula.

    Parameters
    ----------
    tex : str
        TeX, without dollar signs: what stands between them, or in a ``math`` directive.
    display : bool, optional
        True for a formula on its own line.

    Returns
    -------
    str
        A ``<span class="katex">`` (inside ``<span class="katex-display">`` for a display formula).

    Raises
    ------
    FormulaError
        `tex` is not a formula: it does not parse, or LaTeX would refuse it.

    Examples
    --------
    >>> "<mi>β</mi>" in render(r"\beta v")
    True
    >>> render(r"\foo")
    Traceback (most recent call last):
    ...
    formulas.FormulaError: formula “▸\foo”: Undefined control sequence: \foo
    """
    formula = (tex, display)
    if formula in _recalled:
        return _recalled[formula]
    if formula in _drawn:
        return _drawn[formula]
    answer = json.loads(_katex()(json.dumps({"tex": tex, "display": display, "macros": MACROS})))
    if "html" not in answer:
        reason = answer["message"].removeprefix("KaTeX parse error: ").removeprefix(_STRICT)
        raise FormulaError(tex, reason, answer["position"])
    html: str = answer["html"]
    _drawn[formula] = html
    return html


def drawn_here() -> Drawn:
    """Return the formulas that this process has drawn, and not recalled."""
    return dict(_drawn)


def recall(path: Path) -> None:
    """Let `render` know again what `keep` has written; what another KaTeX drew is forgotten."""
    _recalled.update(_read(path))


def keep(path: Path, drawn: Drawn) -> None:
    """Add formulas to those in a file, which is made if need be.

    Nothing is ever taken out, but for what another KaTeX drew: a formula takes 3 KB, so it takes
    an author a thousand changed ones to make the file twice as large.
    """
    if drawn:
        formulas = [[*formula, html] for formula, html in sorted((_read(path) | drawn).items())]
        data = {"drawn by": _renderer(), "formulas": formulas}
        write_if_changed(path, json.dumps(data, ensure_ascii=False).encode())


def _read(path: Path) -> Drawn:
    """Return what a file holds, of which whatever is not as `keep` writes it is drawn anew."""
    try:
        kept = json.loads(path.read_text(encoding="utf-8"))
        if kept["drawn by"] != _renderer():
            return {}
        found = {(tex, display): html for tex, display, html in kept["formulas"]}
    except (OSError, ValueError, TypeError, KeyError):
        return {}
    whole = all(
        (type(tex), type(display), type(html)) == (str, bool, str)
        for (tex, display), html in found.items()
    )
    return found if whole else {}


@functools.cache
def _renderer() -> str:
    """Return a digest of all that decides what a formula looks like."""
    code = KATEX.read_text(encoding="utf-8") + _DRIVER + json.dumps(MACROS)
    return hashlib.sha256(code.encode()).hexdigest()


@dataclass(frozen=True)
class Problem:
    """A formula of a chapter which does not parse, and where it stands."""

    path: Path
    line: int
    error: FormulaError

    def __str__(self) -> str:
        """Return ``chapters/vi/ravine.md:42: formula “…”: reason``."""
        return f"{_short(self.path)}:{self.line}: {self.error}"


def _short(path: Path) -> Path:
    """Return `path` relative to the current folder, where it lies below it."""
    path = path.resolve()
    here = Path.cwd()
    return path.relative_to(here) if path.is_relative_to(here) else path


def check(paths: Iterable[Path]) -> list[Problem]:
    """Render every formula of the chapters `paths`, and return those which fail.

    Parameters
    ----------
    paths : iterable of Path
        Chapter files.

    Returns
    -------
    list of Problem
        In the order of the files and of their lines; empty when all is well.
    """
    import chapters  # reads Markdown; the renderer above does not need it

    problems = []
    for path in paths:
        for line, tex, display in chapters.formulas(path):
            try:
                render(tex, display)
            except FormulaError as error:
                problems.append(Problem(path, line + _lines_before(tex, error.position), error))
    return problems


def _lines_before(tex: str, position: int | None) -> int:
    """Return how many lines of `tex` lie above `position`."""
    return tex.count("\n", 0, position) if position else 0


def main(arguments: list[str]) -> int:
    """Check the chapters named by `arguments`, or all; return 1 if a formula fails."""
    paths = [Path(a) for a in arguments] or sorted(HERE.parent.glob("chapters/*/*.md"))
    problems = check(paths)
    for problem in problems:
        print(problem, file=sys.stderr)
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

"""The mathematics of the book: what KaTeX makes of it, and what an author hears about a mistake."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from docutils import nodes
from docutils.utils import new_document

import formulas
import katexmath


def mathml(rendered: str) -> str:
    """Return what a screen reader is given of a rendered formula."""
    found = re.search(r"<math.*?</math>", rendered, flags=re.DOTALL)
    assert found is not None
    return found[0]


def test_a_formula_becomes_html_and_mathml_without_a_script() -> None:
    rendered = formulas.render(r"\frac{\eta}{1 - \beta}")
    assert rendered.startswith('<span class="katex">')
    assert "<mfrac>" in mathml(rendered)
    assert "<script" not in rendered


def test_display_style_differs_from_inline_style() -> None:
    assert 'class="katex-display"' in formulas.render("a", display=True)
    assert 'class="katex-display"' not in formulas.render("a")


@pytest.mark.parametrize(
    ("tex", "position"),
    [
        (r"a + \frac{1", 11),  # ends too early
        (r"a + \nosuchcommand", 4),
        (r"a + \begin{matrix} 1", None),  # never closed
        (r"x^2'", 3),  # LaTeX: double superscript
        (r"x % a comment", None),  # would comment out the closing dollar sign
        ("số", 1),  # a Vietnamese word belongs into \text{…}
        ("动量", 0),
        (r"\text{a} + 量", 11),  # … and only what stands inside of it is text
        (r"\htmlClass{a}{b}", None),  # nothing that reaches outside of the formula
    ],
)
def test_what_latex_would_refuse_is_an_error_with_its_place(tex: str, position: int | None) -> None:
    with pytest.raises(formulas.FormulaError) as caught:
        formulas.render(tex)
    if position is not None:
        assert caught.value.position == position
    assert caught.value.tex == tex
    assert caught.value.reason


@pytest.mark.parametrize("words", ["số điều kiện", "öğrenme oranı", "学习率", "iIıİ"])
def test_words_of_all_languages_may_stand_in_text(words: str) -> None:
    assert "katex-error" not in formulas.render(rf"\text{{{words}}} = \kappa")


def test_a_symbol_that_is_no_letter_is_refused_in_text_too() -> None:
    with pytest.raises(formulas.FormulaError):
        formulas.render(r"\text{☃}")


def test_the_message_shows_where_in_a_long_formula() -> None:
    tex = "a + b + " * 20 + r"\nosuch" + " + c" * 20
    with pytest.raises(
        formulas.FormulaError, match=r"“….*▸\\nosuch.*…”: Undefined control"
    ) as caught:
        formulas.render(tex)
    assert len(str(caught.value)) < 140


@pytest.mark.parametrize(
    "formulas_of_it",
    [None, {"x": "<b>x</b>"}, [1], [["x", True]], [["x", True, None]], [[["x"], True, "<b>x</b>"]]],
)
def test_a_file_of_formulas_that_is_not_as_it_was_written_is_made_anew(
    tmp_path: Path, formulas_of_it: object
) -> None:
    path = tmp_path / "formulas.json"
    drawn = {("y", False): "<i>y</i>"}
    formulas.keep(path, drawn)
    kept = json.loads(path.read_text("utf-8"))
    kept["formulas"] = formulas_of_it
    if formulas_of_it is None:
        del kept["formulas"]
    path.write_text(json.dumps(kept), "utf-8")
    assert formulas._read(path) == {}
    formulas.keep(path, drawn)
    assert formulas._read(path) == drawn


def test_a_formula_that_was_kept_is_not_drawn_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "formulas.json"
    monkeypatch.setattr(formulas, "_recalled", {})
    monkeypatch.setattr(formulas, "_drawn", {})
    drawn = formulas.render(r"\kappa_{17}")
    assert formulas.drawn_here() == {(r"\kappa_{17}", False): drawn}
    formulas.keep(path, formulas.drawn_here())
    formulas.keep(path, {("x", True): "<b>x</b>"})  # of another language

    def start_again() -> None:
        monkeypatch.setattr(formulas, "_recalled", {})
        monkeypatch.setattr(formulas, "_drawn", {})
        formulas.recall(path)

    with monkeypatch.context() as patch:
        patch.setattr(formulas, "_katex", lambda: pytest.fail("it is drawn again"))
        start_again()
        assert formulas.render(r"\kappa_{17}") == drawn
        assert formulas.render("x", display=True) == "<b>x</b>"
        assert formulas.drawn_here() == {}
    monkeypatch.setattr(formulas, "_renderer", lambda: "another KaTeX")
    start_again()
    assert formulas.render("x", display=True) != "<b>x</b>"
    for damaged in ("", "[]", "{"):
        path.write_text(damaged, encoding="utf-8")
        start_again()
        assert formulas.render(r"\kappa_{17}") == drawn


@pytest.mark.parametrize(
    "tex",
    [
        "a = b",
        "a &= b \\\\ c &= d",
        "a \\\\ b",
        "a = b\n\nc = d",
        "a = b\n\nc &= d \\\\ &= e",
        r"\begin{bmatrix} 1 & 2 \\ 3 & 4 \end{bmatrix}",
        r"\begin{aligned} a &= b \\ c &= d \end{aligned}",
        r"\begin{cases} 1 & x > 0 \\ 0 & x \le 0 \end{cases} \\ y",
        r"P = A \& B",
    ],
)
def test_every_shape_of_a_display_formula_can_be_drawn(tex: str) -> None:
    formulas.render(katexmath.display_tex(tex), display=True)


@pytest.mark.parametrize("name", ["equation", "align", "gather", "multline", "alignat"])
def test_environments_are_numbered_by_sphinx_and_not_by_katex(name: str) -> None:
    argument = "{1}" if name == "alignat" else ""
    tex = rf"\begin{{{name}}}{argument} a &= b \label{{x}} \\ c &= d \end{{{name}}}"
    if name in {"equation", "gather", "multline"}:
        tex = tex.replace("&", "").replace(r"\\", "")
    drawn = formulas.render(katexmath.display_tex(tex, nowrap=True), display=True)
    assert "eqn-num" not in drawn
    assert "tag" not in drawn.replace("annotation", "")


PAGE = """---
title: x
---
# A page

Good: $a$ and, broken, $\\frac{1$.

:::{note}
$$
a = b \\\\
c = \\nosuch
$$
:::

```python
x = "$not a formula\\nosuch$"
```
"""


def test_check_names_file_and_line_of_every_broken_formula(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    chapter = tmp_path / "chapters" / "vi" / "ravine.md"
    chapter.parent.mkdir(parents=True)
    chapter.write_text(PAGE, encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    said = [str(problem) for problem in formulas.check([chapter])]
    assert [line.split(": ")[0] for line in said] == [
        "chapters/vi/ravine.md:6",
        "chapters/vi/ravine.md:11",
    ]
    assert "nosuch" in said[1]


def test_the_command_fails_when_a_formula_does(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    good, bad = tmp_path / "good.md", tmp_path / "bad.md"
    good.write_text("---\ntitle: x\n---\n$a$\n", encoding="utf-8")
    bad.write_text(PAGE, encoding="utf-8")
    assert formulas.main([str(good)]) == 0
    assert capsys.readouterr().err == ""
    assert formulas.main([str(good), str(bad)]) == 1
    assert f"{bad}:6: formula" in capsys.readouterr().err


def test_every_formula_of_the_course_can_be_drawn() -> None:
    root = Path(formulas.HERE).parent
    paths = sorted(root.glob("chapters/*/*.md"))
    assert paths
    assert [str(problem) for problem in formulas.check(paths)] == []


def test_vendored_katex_is_complete() -> None:
    folder = formulas.HERE / "katex"
    css = (folder / "katex.min.css").read_text(encoding="utf-8")
    named = set(re.findall(r"url\(([^)]*)\)", css))
    assert named
    assert named == {f"fonts/{path.name}" for path in (folder / "fonts").iterdir()}
    assert "MIT" in (folder / "LICENSE").read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("behind", "mark"),
    [
        (", and", ","),
        ("，也", "，"),
        ("’yı", "’"),
        (").", ")."),
        (" and", ""),
        ("（见", ""),
        ("", ""),
    ],
)
def test_a_formula_is_tied_to_the_mark_that_closes_it(behind: str, mark: str) -> None:
    formula = nodes.math("", r"\beta")
    paragraph = nodes.paragraph("", "", nodes.Text("With "), formula)
    if behind:
        paragraph += nodes.Text(behind)
    document = new_document("page")
    document += paragraph
    before = paragraph.astext()
    katexmath.keep_marks(None, document, "page")  # type: ignore[arg-type]
    assert paragraph.astext() == before
    tied = list(paragraph.findall(nodes.inline))
    assert [node.astext() for node in tied] == ([r"\beta" + mark] if mark else [])

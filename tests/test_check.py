"""What `make check` finds: each test breaks one thing in a course that is in order."""

from __future__ import annotations

from pathlib import Path

import pytest

import check
import numerals
import parity
import wording
from chapters import Chapter, content_hash, parse
from course_project import Course, chapter

ROOT = Path(__file__).resolve().parents[1]

ENGLISH = r"""A ravine has two slopes, and gradient descent has one learning rate for both of them.
After 20 steps with $\eta = 0.4$ the error of {cite:t}`Goh2017` is small.

(sec-slopes)=
## Slopes

See {eq}`eq-a` and [the next page](next.md), or [this site](https://example.org/a).

```{math}
:label: eq-a
a = b \quad \text{if small}
```

:::{admonition} Why is $\beta$ there?
:class: tip

Because of the twelve apostles and the 3 kings.
:::

```{code-cell} python
---
tags: [hide-input]
mystnb:
  figure:
    name: fig-a
    caption: |
      Two paths with $\eta$ in a ravine, drawn side by side.
  image:
    alt: Two crossing lines in a box
---
d2l.Figure()
```

- The gradient, the gradient, the gradients.

:::{prf:theorem} Stability
:label: thm-a

By {prf:ref}`thm-b`.
:::

:::{solution} ex-a
:class: dropdown

Done.
:::
"""

VIETNAMESE = r"""Khe núi có hai độ dốc, còn hạ gradient chỉ có một tốc độ học cho cả hai hướng.
Với $\eta = 0.4$, sau 20 bước, sai số của {cite:t}`Goh2017` nhỏ.

(sec-slopes)=
## Độ dốc

Xem [trang sau](next.md) và {eq}`eq-a`, hoặc [trang này](https://example.org/a).

```{math}
:label: eq-a
a = b \quad \text{nếu nhỏ}
```

:::{admonition} Vì sao có $\beta$?
:class: tip

Vì 12 sứ đồ và 3 vị vua.
:::

```{code-cell} python
---
tags: [hide-input]
mystnb:
  figure:
    name: fig-a
    caption: |
      Hai đường đi với $\eta$ trong khe núi, vẽ cạnh nhau.
  image:
    alt: Hai đường cắt nhau trong một khung
---
d2l.Figure()
```

- Gradient này, gradient kia, và các gradient.

:::{prf:theorem} Tính ổn định
:label: thm-a

Theo {prf:ref}`thm-b`.
:::

:::{solution} ex-a
:class: dropdown

Xong.
:::
"""

META = "myst:\n  html_meta:\n    description: {}\n"


@pytest.fixture
def english(tmp_path: Path) -> Chapter:
    path = tmp_path / "chapters/en/page.md"
    path.parent.mkdir(parents=True)
    text = chapter("en", ENGLISH, extra=META.format("About slopes"))
    path.write_text(text, "utf-8")
    return parse(text, path)


def translated(english: Chapter, body: str = VIETNAMESE, extra: str = "") -> Chapter:
    path = english.path.parents[1] / "vi/page.md"
    front = META.format("Về độ dốc") + f"translation_of: {content_hash(english.path)}\n"
    return parse(chapter("vi", body, extra=extra or front).replace("# The bowl", "# Cái bát"), path)


def test_a_faithful_translation_has_no_findings(english: Chapter) -> None:
    assert parity.compare(english, translated(english)) == []


@pytest.mark.parametrize(
    ("old", "new", "line", "says"),
    [
        ("## Độ dốc", "### Độ dốc", "### Độ dốc", "heading level '3', in English '2'"),
        ("## Độ dốc\n", "", "", "heading level '2' is missing"),
        (r"$\eta = 0.4$", r"$\eta = 0.5$", "0.5", r"formula '\\eta = 0.5' is not in this section"),
        (r"$\beta$", r"$\beta$ $\beta$", "Vì sao", r"formula '\\beta' is not in this section"),
        ("a = b", "a = c", "a = c", "formula 'a = c"),
        ("{eq}`eq-a`", "{eq}`eq-b`", "eq-b", "reference 'eq:eq-b' is not in this section"),
        ("(sec-slopes)=", "(sec-dốc)=", "(sec-dốc)", "label 'sec-dốc' is not in this section"),
        ("{cite:t}", "{cite:p}", "Goh2017", "citation 'cite:p:Goh2017' is not"),
        ("(next.md)", "(index.md)", "index.md", "reference 'index.md' is not"),
        ("org/a", "org/b", "org/b", "link 'https://example.org/b' is not"),
        (":::{admonition}", ":::{note}", ":::{note}", "directive 'note with class tip', in"),
        (":class: tip\n", "", ":::{admonition}", "directive 'admonition', in English"),
        ("d2l.Figure()", "d2l.Figure( )", "d2l.Figure( )", "other code than in chapters/en/page"),
        ("tags: [hide-input]", "tags: [hide-cell]", "```{code-cell} python\n---", "tags"),
        ("    name: fig-a\n", "", "```{code-cell} python\n---", "mystnb.figure.name"),
        ("  image:\n    alt: Hai đường cắt nhau trong một khung\n", "",
         "```{code-cell} python\n---", "the cell has no mystnb.image.alt"),
        ("fig-a", "fig-b", "fig-b", "label 'fig-b' is not"),
        ("Hai đường cắt nhau trong một khung", "Two crossing lines in a box", "alt: Two",
         "the alternative text is still English"),
        ("Hai đường đi với $\\eta$ trong khe núi, vẽ cạnh nhau.",
         "Two paths with $\\eta$ in a ravine, drawn side by side.", "      Two paths",
         "still English: 'Two paths"),
        ("sau 20 bước", "sau 30 bước", "sau 30", "the number 30 is not in this section"),
        ("3 vị vua", "ba vị vua", "## Độ dốc", "the number 3 is missing in this section"),
        ("{prf:theorem}", "{prf:lemma}", ":::{prf:lemma}", "directive 'prf:lemma with label', in"),
        (":label: thm-a", ":label: thm-c", ":label: thm-c", "label 'thm-c' is not in this"),
        ("`thm-b`", "`thm-c`", "Theo", "reference 'prf:ref:thm-c' is not in this section"),
        ("{solution} ex-a", "{solution} ex-b", "ex-b", "reference 'exercise:ex-b' is not in"),
        (":class: dropdown\n", ":class: tip\n", ":::{solution}", "'solution with class tip', in"),
        ("12 sứ đồ", "13 sứ đồ", "13 sứ đồ", "the number 13 is not in this section"),
    ],
)  # fmt: skip
def test_a_difference_is_found_on_its_line(
    english: Chapter, old: str, new: str, line: str, says: str
) -> None:
    assert VIETNAMESE.count(old) == 1
    page = translated(english, VIETNAMESE.replace(old, new))
    findings = parity.compare(english, page)
    assert any(says in finding.message for finding in findings), findings
    finding = next(finding for finding in findings if says in finding.message)
    if line:
        assert finding.line == page.text.count("\n", 0, page.text.index(line)) + 1


def test_the_setup_cell_may_differ_in_the_language_only(english: Chapter) -> None:
    page = translated(english)
    text = page.text.replace("import d2lmini as d2l\n", "import d2lmini as d2l\nx = 1\n")
    findings = parity.compare(english, parse(text, page.path))
    assert [finding.message for finding in findings] == [
        "other code than in chapters/en/page.md:17"
    ]


def test_a_changed_english_page_makes_its_translation_stale(english: Chapter) -> None:
    page = translated(english)
    english.path.write_text(english.text + "\nMore.\n", "utf-8")
    assert [f.message for f in parity.compare(english, page) if "stale" in f.message]


def test_a_translation_says_what_it_renders_and_describes_itself(english: Chapter) -> None:
    page = translated(english, extra=META.format("About slopes"))
    messages = [finding.message for finding in parity.compare(english, page)]
    assert any("does not say which English text it renders" in m for m in messages)
    assert "the description is still English" in messages


def messages(chapter: Chapter, english: Chapter | None = None) -> list[str]:
    return [f"{f.line}: {f.message}" for f in wording.check_wording(chapter, english, TERMS)]


TERMS = wording.Terms(ROOT)


def page(language: str, body: str) -> Chapter:
    return parse("---\na: 1\n---\n" + body, Path(f"chapters/{language}/page.md"))


@pytest.mark.parametrize(
    ("language", "wrong", "right"),
    [
        ("vi", "Phương pháp đà giúp nhiều.", "Phương pháp động lượng được đào sâu."),
        ("vi", "Hội tụ quầy hàng ở đây.", "Hội tụ chững lại ở đây."),
        ("vi", "Các trọng lượng của mạng.", "Các trọng số của mạng."),
        ("tr", "Burada ivmeyi kullanırız.", "Burada momentumu kullanırız."),
        ("tr", "Çizilmelerden uygulama.", "Sıfırdan uygulama."),
        ("tr", "İterasyon sayısı.", "Yineleme sayısı."),
        ("zh", "这是冲量。", "这是动量。"),
        ("zh", "这里有超参。", "这里有超参数。"),
        ("zh", "这是动量,也是速度。", "这是动量，也是速度。"),
        ("zh", "学习率$\\eta$ 很大。", "学习率 $\\eta$ 很大。"),
        ("zh", "用NumPy 计算。", "用 NumPy 计算，见{ref}`fig-a`。"),
        ("zh", "走 20步。", "走 20 步。"),
        ("zh", "见**“动量”**。", "见 **动量** 。"),
    ],
)
def test_wrong_wording_is_found_and_right_wording_is_not(
    language: str, wrong: str, right: str
) -> None:
    assert messages(page(language, right + "\n")) == []
    if "**" in wrong:  # the closing marks stand between punctuation and a letter
        wrong = "见**“动量”**吧。"
    found = messages(page(language, f"\n{wrong}\n"))
    assert found
    assert all(message.startswith("5: ") for message in found)


def test_code_and_formulas_are_not_wording() -> None:
    assert messages(page("tr", "`ivme` ve $ivme$.\n\n```python\nivme = 1\n```\n")) == []


@pytest.mark.parametrize(
    ("language", "text"),
    [
        ("tr", "Öğrenme oranlarının ve ağırlığın seçimi; İKİNCİ yinelemede gradyan."),
        ("vi", "Tốc độ học, trọng số, vòng lặp và gradient."),
        ("zh", "学习率、权重、迭代和梯度。"),
    ],
)
def test_glossary_terms_are_recognised_in_their_forms(language: str, text: str) -> None:
    english = page("en", "Learning rates. " * 3 + "A weight, weights. Weight iteration. " * 3)
    assert messages(page(language, text + "\n"), english) == []
    missing = messages(page(language, "。\n"), english)
    wanted = {row["en"]: row[language] for row in TERMS.glossary}
    assert len(missing) == 3
    for term in ("learning rate", "weight", "iteration"):
        assert any(repr(wanted[term]) in message for message in missing)


def test_a_term_used_seldom_or_within_another_is_not_required() -> None:
    english = page("en", "A gradient. " + "Gradient descent and learning-rate decay. " * 4)
    found = messages(page("zh", "梯度下降和学习率衰减。\n"), english)
    assert found == []
    found = messages(page("zh", "学习率和梯度。\n"), english)
    assert len(found) == 2


def test_decomposed_characters_are_found(tmp_path: Path) -> None:
    path = tmp_path / "page.md"
    path.write_text("ok\nto\u0302\u0301c\n", "utf-8")
    assert [finding.line for finding in wording.check_text(path)] == [2]
    path.write_text("ok\ntốc\n", "utf-8")
    assert wording.check_text(path) == []


def test_numbers_are_read_as_written() -> None:
    found = numerals.numbers(
        "Of 10,000 steps 2.5 %,\n2.5 and 20步; x2 and v1.2 are names.\n3. Item 4"
    )
    assert found == [(0, "10000"), (0, "2.5"), (1, "2.5"), (1, "20"), (2, "4")]


@pytest.fixture(scope="module")
def finished(tmp_path_factory: pytest.TempPathFactory) -> dict[str, bytes]:
    """The files of a small course in order: notebooks stored, one translation accepted."""
    course = Course(tmp_path_factory.mktemp("course"))
    course.page("en/bowl")
    course.page("vi/bowl")
    course.replace("chapters/vi/bowl.md", "# The bowl", "# Cái bát")
    course.replace("chapters/vi/bowl.md", "A first sentence.", "Câu đầu tiên.")
    course.write("_toc.yml", "format: jb-book\nroot: notebooks/en/bowl\n")
    for name in ("glossary.csv", "avoid.csv"):
        course.write(f"chapters/{name}", (ROOT / "chapters" / name).read_text("utf-8"))
    assert course.run("check.py", "--accept", "vi/bowl").returncode == 0
    done = course.run("notebooks.py")
    assert done.returncode == 0, done.stderr
    return course.files()


@pytest.fixture
def course(finished: dict[str, bytes], tmp_path: Path) -> Course:
    """A course of its own for each test, as `finished` left it."""
    return Course.filled(tmp_path, finished)


def test_the_command_passes_on_a_course_in_order_and_names_what_is_not(course: Course) -> None:
    done = course.run("check.py")
    assert done.returncode == 0, done.stdout + done.stderr
    assert "2 pages in 2 languages checked" in done.stdout

    path = course.page("en/more", "Text $\\frac{1$.\n")
    line = path.read_text("utf-8").split("\n").index("Text $\\frac{1$.") + 1
    course.write("_toc.yml", "root: notebooks/en/bowl\nchapters:\n- file: notebooks/en/gone\n")
    course.replace("chapters/en/bowl.md", "A first sentence.", "The first sentence.")
    done = course.run("check.py")
    assert done.returncode == 1
    said = done.stdout
    assert f"chapters/en/more.md:{line}: formula" in said
    assert "not yet translated: vi: more" in said
    assert "_toc.yml:1: notebooks/en/more is not in the table of contents" in said
    assert "_toc.yml:3: there is no chapters/en/gone.md" in said
    assert "notebooks/en/more.ipynb:1: missing: run make notebooks" in said
    assert "notebooks/en/bowl.ipynb:1: its text differs from the chapter's" in said
    assert "the translation is stale" in said
    assert "run .venv/bin/python site/check.py --accept vi/bowl" in said


def test_a_missing_translation_is_a_note_and_anything_else_a_finding(course: Course) -> None:
    course.page("en/more")
    course.page("en/most")
    toc = "root: notebooks/en/bowl\nchapters:\n- file: notebooks/en/more\n"
    course.write("_toc.yml", toc + "- file: notebooks/en/most\n")
    assert course.run("notebooks.py").returncode == 0
    done = course.run("check.py")
    assert done.returncode == 0, done.stdout
    assert "not yet translated: vi: more, most\n" in done.stdout
    course.page("vi/extra")
    done = course.run("check.py")
    assert done.returncode == 1
    assert "chapters/vi/extra.md:1: English has no such page" in done.stdout


def test_what_a_further_language_lacks_is_found(course: Course) -> None:
    course.languages("en", "vi", "eo")
    said = "\n".join(str(finding) for finding in check._languages(course.root))
    assert "eo: site/ui/eo.json is missing" in said
    assert "eo: chapters/eo/bowl.md is missing: an edition begins with it" in said
    assert "eo: d2lmini/languages/eo.json is missing" in said
    assert "eo: chapters/glossary.csv has no column eo" in said
    assert "vi: " not in said


def test_code_that_would_be_cut_off_at_the_edge_of_the_page_is_found(course: Course) -> None:
    text = (course.root / "chapters/en/bowl.md").read_text("utf-8")
    line = text.count("\n", 0, text.index("import d2lmini")) + 1
    for width, code in ((80, 0), (81, 1)):
        comment = "#" * width
        changed = text.replace("import d2lmini", f"{comment}\nimport d2lmini", 1)
        course.write("chapters/en/bowl.md", changed)
        said = course.run("check.py").stdout
        assert (f"chapters/en/bowl.md:{line}: 81 characters of code" in said) == bool(code)


def test_pages_that_list_things_list_each_of_them_once(course: Course) -> None:
    front = "---\na: 1\n---\n\n"
    rows = "momentum\n: It is this.\n\nmomentum\n: It is that.\n\nvim\n: An editor.\n"
    course.write("chapters/en/glossary.md", f"{front}```{{terms}}\n{rows}```\n")
    course.write("d2lmini/__init__.py", "_MODULE_OF = {'a': 'm', 'b': 'm'}\n_SUBMODULES = ()\n")
    course.write("d2lmini/m.py", "def a():\n    'A.'\n\ndef b():\n    'B.'\n")
    course.write("chapters/en/api.md", f"{front}```{{api}}\nd2l.a\nd2l.c\n```\n")
    said = [str(finding) for finding in check._listed(course.root)]
    assert "chapters/en/glossary.md:9: momentum is listed a second time" in said
    assert "chapters/en/glossary.md:12: vim is no term of it" in said
    assert any("glossary.md:1: gradient is not listed: chapters/glossary.csv" in s for s in said)
    assert "chapters/en/api.md:7: d2l.c is not public in d2lmini" in said
    assert "chapters/en/api.md:1: d2l.b is not listed: it is public in d2lmini" in said
    assert not any("d2l.a " in finding for finding in said)


def test_accepting_a_translation_changes_one_line(course: Course) -> None:
    course.replace("chapters/en/bowl.md", "A first sentence.", "The first sentence.")
    before = (course.root / "chapters/vi/bowl.md").read_text("utf-8").split("\n")
    done = course.run("check.py", "--accept", "vi/bowl")
    assert done.returncode == 0
    after = (course.root / "chapters/vi/bowl.md").read_text("utf-8").split("\n")
    changed = [new for old, new in zip(before, after, strict=True) if old != new]
    assert changed == [f"translation_of: {content_hash(course.root / 'chapters/en/bowl.md')}"]


@pytest.mark.parametrize("name", ["en/bowl", "vi/bowl"])
def test_a_broken_page_is_named_and_not_accepted(course: Course, name: str) -> None:
    course.write(f"chapters/{name}.md", "---\ntitle: [\n---\n")
    before = (course.root / "chapters/vi/bowl.md").read_bytes()
    done = course.run("check.py", "--accept", "vi/bowl")
    assert done.returncode == 1
    assert done.stderr.startswith(f"chapters/{name}.md:")
    assert done.stderr.endswith("vi/bowl was not accepted.\n")
    assert "Traceback" not in done.stderr
    assert (course.root / "chapters/vi/bowl.md").read_bytes() == before


@pytest.mark.parametrize("name", ["en/bowl", "vi/none", "bowl", ""])
def test_only_a_translation_can_be_accepted(course: Course, name: str) -> None:
    with pytest.raises(SystemExit, match="takes a translated page"):
        check.accept(course.root, name)

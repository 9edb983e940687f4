"""A course of two languages and five pages, with everything that the build treats specially.

The last page is there in English only.
"""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import nbformat
import yaml

from colab import install_cell
from repository import Repository

ROOT = Path(__file__).resolve().parents[1]

SVG = (
    '<?xml version="1.0" encoding="utf-8"?>\n<svg xmlns:xlink="http://www.w3.org/1999/xlink" '
    'width="504pt" height="216pt" viewBox="0 0 504 216" xmlns="http://www.w3.org/2000/svg">'
    "<metadata>made by hand</metadata><defs><style>*{stroke-linejoin: round}</style>"
    '<clipPath id="window"><rect width="504" height="216"/></clipPath>'
    '<path id="dot" d="M0 0h3"/></defs>'
    '<path d="M0 0H504V216H0z" style="fill: #ffffff"/>'
    '<g clip-path="url(#window)"><path d="M10 200L490 20" style="fill: none; stroke: #C2410C"/>'
    '<use xlink:href="#dot" x="9" y="9" fill="#1d4ed8"/></g>'
    '<text x="20" y="40" style="font: 12px sans-serif; fill: #1f2937">loss</text></svg>'
)
VIEW = "application/vnd.jupyter.widget-view+json"
STATE = "application/vnd.jupyter.widget-state+json"

WORDS = {
    "en": {"start": "The start", "page": "The valley", "text": "A paragraph about momentum."},
    "vi": {"start": "Mở đầu", "page": "Thung lũng", "text": "Một đoạn văn về động lượng."},
}


PAGES = ("valley", "boxes", "words", "later")


def make(root: Path, languages: tuple[str, ...] = ("en", "vi")) -> Path:
    """Write the course into `root`, and return `root`."""
    config = yaml.safe_load((ROOT / "_config.yml").read_text(encoding="utf-8"))
    config["languages"] = {key: config["languages"][key] for key in languages}
    config["bibtex_bibfiles"] = ["chapters/references.bib"]
    config["sphinx"]["local_extensions"] = {"course_sphinx": str(ROOT / "site")}
    toc = {
        "format": "jb-book",
        "root": "notebooks/en/index",
        "options": {"numbered": 1},
        "chapters": [{"file": f"notebooks/en/{page}"} for page in PAGES],
    }
    root.mkdir(parents=True, exist_ok=True)
    for name, data in (("_config.yml", config), ("_toc.yml", toc)):
        (root / name).write_text(yaml.safe_dump(data, allow_unicode=True), encoding="utf-8")
    (root / "chapters").mkdir(exist_ok=True)
    (root / "chapters" / "references.bib").write_text(
        "@article{Polyak1964, author = {Polyak, Boris}, title = {Some methods}, "
        "journal = {A journal}, year = {1964}}\n",
        encoding="utf-8",
    )
    (root / "chapters" / "glossary.csv").write_text(
        "en,vi,basis\nmomentum,động lượng,G\nlearning rate,tốc độ học,C\n", encoding="utf-8"
    )
    for key in languages:
        write_page(root, key, "index", start_page(key))
        write_page(root, key, "valley", valley_page(key))
        write_page(root, key, "boxes", boxes_page(key))
        write_page(root, key, "words", words_page(key))
    write_page(root, "en", "later", later_page())
    return root


def write_page(root: Path, language: str, page: str, notebook: Any) -> Path:
    """Write a notebook of the course, and return its path."""
    path = root / "notebooks" / language / f"{page}.ipynb"
    path.parent.mkdir(parents=True, exist_ok=True)
    nbformat.write(notebook, path)
    return path


def copy_pages(root: Path, source: str, target: str) -> None:
    """Give the language `target` the pages of `source`."""
    shutil.copytree(root / "notebooks" / source, root / "notebooks" / target, dirs_exist_ok=True)


def notebook(*cells: Any, widgets: Any = None) -> Any:
    """Return a notebook of the cells, with identifiers that do not change."""
    for number, cell in enumerate(cells):
        cell["id"] = f"cell-{number}"
    made = nbformat.v4.new_notebook(cells=list(cells))
    made.metadata["kernelspec"] = {
        "display_name": "Python 3",
        "language": "python",
        "name": "python3",
    }
    made.metadata["language_info"] = {"name": "python"}
    if widgets:
        made.metadata["widgets"] = {STATE: widgets}
    return made


def markdown(text: str) -> Any:
    """Return a Markdown cell."""
    return nbformat.v4.new_markdown_cell(text)


def figure_cell(name: str, caption: str, data: dict[str, Any], alt: str = "A falling line.") -> Any:
    """Return an executed cell whose output is a figure."""
    cell = nbformat.v4.new_code_cell("fig", execution_count=1)
    cell.metadata["mystnb"] = {"figure": {"name": name, "caption": caption}, "image": {"alt": alt}}
    cell.outputs = [nbformat.v4.new_output("execute_result", data=data, execution_count=1)]
    return cell


def start_page(language: str) -> Any:
    """Return the first page: an explorable, and links."""
    words = WORDS[language]
    states = {
        "box": {
            "model_module": "@jupyter-widgets/controls",
            "model_module_version": "2.0.0",
            "model_name": "VBoxModel",
            "state": {"children": ["IPY_MODEL_figure"]},
        },
        "figure": {
            "model_module": "anywidget",
            "model_module_version": "~0.11.0",
            "model_name": "AnyModel",
            "state": {
                "_anywidget_id": "d2lmini.explore.ravine.Ravine",
                "_esm": "export default { render() { /* SECRET */ } }",
                "_css": "p { color: red }",
                "eta": 0.4,
            },
        },
    }
    hero = figure_cell(
        "fig-hero",
        f"{words['page']}: $\\eta = 0.4$.",
        {
            VIEW: {"model_id": "box", "version_major": 2, "version_minor": 0},
            "image/svg+xml": SVG,
            "text/plain": "Ravine(eta=0.4)",
        },
    )
    return notebook(
        markdown(f"# {words['start']}\n\n{words['text']} {{cite:t}}`Polyak1964`.\n"),
        hero,
        markdown(f"[{words['page']}](valley.ipynb)\n\n```{{bibliography}}\n```\n"),
        widgets={"state": states, "version_major": 2, "version_minor": 0},
    )


def valley_page(language: str, formula: str = r"\frac{1}{2} \lambda x^2") -> Any:
    """Return the second page: formulas of every kind, figures, code, a table, a dropdown."""
    words = WORDS[language]
    code = nbformat.v4.new_code_cell("print(1 + 1)", execution_count=1)
    code.outputs = [nbformat.v4.new_output("stream", name="stdout", text="2\n")]
    hidden = nbformat.v4.new_code_cell("x = 1", execution_count=2)
    hidden.metadata["tags"] = ["hide-input"]
    text = rf"""# {words["page"]}

{words["text"]} Inline: $\beta v + g$; see {{eq}}`eq-loss` and {{numref}}`fig-line`.

```{{math}}
:label: eq-loss
f(x) = {formula}
```

\begin{{align}}
v &\leftarrow \beta v + g \\
x &\leftarrow x - \eta v
\end{{align}}

$$
a = b

c &= d \\
  &= e
$$

## {words["text"]}

```{{note}}
{words["text"]}
```

````{{dropdown}} {words["page"]}
$x^2$
````

| $\eta$ | $\beta$ |
|---|---|
| 0.4 | 0.5 |
"""
    figure = {"image/svg+xml": SVG, "text/plain": "<Figure>"}
    return notebook(
        markdown(text),
        install_cell(Repository("https://github.com/ada/course", "main")),
        code,
        hidden,
        figure_cell("fig-line", words["page"], figure),
        figure_cell("fig-again", words["text"], figure),
    )


def boxes_page(language: str) -> Any:
    """Return the third page: statements, proofs, exercises and solutions, folded and not."""
    words = WORDS[language]
    text = rf"""# {words["page"]} 2

{words["text"]} {{prf:ref}}`thm-boxes-stable`, {{prf:ref}}`def-boxes-rate`, {{ref}}`ex-boxes-rate`,
{{numref}}`ex-boxes-rate`, {{ref}}`sol-boxes-rate`.

:::{{prf:definition}} {words["page"]}
:label: def-boxes-rate

$\rho = |1 - \eta\lambda|$
:::

:::{{prf:theorem}} {words["page"]} $\beta$
:label: thm-boxes-stable

{words["text"]}

```{{math}}
:label: eq-boxes
0 < \eta\lambda < 2
```
:::

:::{{prf:proof}}
{words["text"]} {{eq}}`eq-boxes`
:::

::::{{prf:proof}}
:class: dropdown

```{{math}}
a = b
```

:::{{prf:lemma}}
$c$
:::
::::

:::{{prf:remark}}
:nonumber:

{words["text"]}
:::

:::{{exercise}} {words["page"]} $\kappa$
:label: ex-boxes-rate

{words["text"]}
:::

:::{{solution}} ex-boxes-rate
:label: sol-boxes-rate
:class: dropdown

$\rho = 0.9$
:::

:::{{exercise-start}}
:label: ex-boxes-code
:::

{words["text"]}
"""
    code = nbformat.v4.new_code_cell("print(3)", execution_count=1)
    code.outputs = [nbformat.v4.new_output("stream", name="stdout", text="3\n")]
    end = ":::{exercise-end}\n:::\n\n:::{solution} ex-boxes-code\n$4$\n:::\n"
    return notebook(markdown(text), code, markdown(end))


def words_page(language: str) -> Any:
    """Return the fourth page: terms, entries of the reference, and code in the text."""
    words = WORDS[language]
    text = rf"""# {words["page"]} 3

`d2l.momentum`, `d2l.momentum(f.grad, x0)`, `d2lmini.Trace`, `d2l.Trace.steps`, `d2l.unheard_of`
and `momentum`; see {{term}}`learning rate`.

```{{terms}}
momentum
: {words["text"]} $\beta$

learning rate
: {words["text"]}
```

```{{api}}
d2l.momentum
d2l.Trace
d2l.dialects
d2l.load_mnist
```
"""
    return notebook(markdown(text))


def later_page() -> Any:
    """Return the page which is not translated: a figure, a theorem, and references to others."""
    text = r"""# Written later

An English sentence about the plateau, {numref}`fig-later`, {prf:ref}`thm-later`,
{prf:ref}`thm-boxes-stable` and [the valley](valley.md).

:::{prf:theorem}
:label: thm-later

$\beta < 1$
:::
"""
    figure = {"image/svg+xml": SVG, "text/plain": "<Figure>"}
    return notebook(markdown(text), figure_cell("fig-later", "A plateau.", figure))

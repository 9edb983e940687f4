"""A course in a folder of its own, small enough that a test can break it.

It has the shape of this checkout: chapters in two languages, a `d2lmini` with label catalogues, a
data set, one explorable. Its code is only as large as the site scripts' view of it.
"""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import nbformat
from nbformat import NotebookNode

SITE = Path(__file__).resolve().parents[1] / "site"

PACKAGE = '''
_language = "en"

def use_language(code):
    global _language
    _language = code

def label(word):
    import json
    from importlib.resources import files
    return json.loads(files("d2lmini").joinpath(f"languages/{_language}.json").read_text())[word]

class Figure:
    """Displays itself as SVG, like the figures of the course."""

    def __init__(self, path="M 0 1 L 2 3", measured="M 1 1 L 2 2"):
        self.path, self.measured = path, measured

    def _repr_mimebundle_(self, **kwargs):
        svg = (
            f'<svg xmlns="http://www.w3.org/2000/svg">\\n <text>{label("step")}</text>\\n'
            f' <g id="line2d_1">\\n  <path d="{self.path}" style="fill: none"/>\\n </g>\\n'
            f' <g id="measured-1">\\n  <path d="{self.measured}" clip-path="url(#p1)"/>\\n </g>\\n'
            "</svg>"
        )
        return {"image/svg+xml": svg, "text/plain": "<Figure>"}
'''

DATA = """
import os
from pathlib import Path

def mnist_available(root=None, *, download=False):
    folder = os.environ.get("D2LMINI_DATA")
    return bool(folder) and Path(folder, "mnist").exists()
"""

SCRIPTS = """
from importlib.resources import files

def module(name):
    return _known(name).read_text()

def _known(name):
    path = files("d2lmini.explore").joinpath(f"{name}.js")
    if not path.is_file():
        raise ValueError(f"no explorable {name!r}")
    return path
"""

EXPLORABLE = """
import anywidget, ipywidgets, traitlets
from d2lmini.explore.scripts import module

class Bowl(anywidget.AnyWidget):
    _esm = module("bowl")
    eta = traitlets.Float(0.4).tag(sync=True)

    def __repr__(self):
        return f"Bowl(eta={self.eta})"

    def show(self):
        slider = ipywidgets.FloatSlider(value=self.eta)
        ipywidgets.jslink((self, "eta"), (slider, "value"))
        return ipywidgets.VBox([slider, self])
"""

JAVASCRIPT = "export default { render({ model, el }) { el.textContent = 'bowl'; } };\n"


def chapter(language: str, body: str, *, extra: str = "") -> str:
    """The text of a chapter: front matter, a title, the setup cell, and a body."""
    return f"""---
jupytext:
  text_representation:
    extension: .md
    format_name: myst
kernelspec:
  display_name: Python 3
  language: python
  name: python3
{extra}---

# The bowl

```{{code-cell}} python
:tags: [setup]

import d2lmini as d2l
d2l.use_language("{language}")
```

{body}"""


BODY = """A first sentence.

```{code-cell} python
x = 6 * 7
print("x =", x)
```

```{code-cell} python
d2l.Figure()
```
"""


class Course:
    """A course in a folder."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.write("d2lmini/__init__.py", PACKAGE)
        self.write("d2lmini/data.py", DATA)
        self.write("d2lmini/explore/__init__.py", "")
        self.write("d2lmini/explore/scripts.py", SCRIPTS)
        self.write("d2lmini/explore/bowl.py", EXPLORABLE)
        self.write("d2lmini/explore/bowl.js", JAVASCRIPT)
        self.write("d2lmini/languages/en.json", '{"step": "step"}')
        self.write("d2lmini/languages/vi.json", '{"step": "buoc"}')
        self.write("requirements.txt", "numpy==2.4.6\n")
        self.languages("en", "vi")

    def languages(self, *keys: str) -> None:
        """Say in `_config.yml` which languages the course has."""
        entry = "{name: n, tag: TAG, sphinx: TAG, title: t, description: d}"
        lines = [f"  {key}: {entry.replace('TAG', key)}\n" for key in keys]
        self.write("_config.yml", "title: The bowl\nlanguages:\n" + "".join(lines))

    def write(self, path: str, text: str) -> Path:
        """Write a file of the course."""
        target = self.root / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(text, encoding="utf-8")
        return target

    def replace(self, path: str, old: str, new: str) -> None:
        """Edit a file of the course; what is to be replaced must be there once."""
        text = (self.root / path).read_text("utf-8")
        assert text.count(old) == 1, f"{old!r} stands {text.count(old)} times in {path}"
        self.write(path, text.replace(old, new))

    def page(self, name: str, body: str = BODY, *, extra: str = "") -> Path:
        """Write ``<language>/<page>``."""
        return self.write(f"chapters/{name}.md", chapter(name.split("/")[0], body, extra=extra))

    def files(self) -> dict[str, bytes]:
        """Every file of the course, for `filled`: what took long to make is made once."""
        return {
            path.relative_to(self.root).as_posix(): path.read_bytes()
            for path in self.root.rglob("*")
            if path.is_file() and "__pycache__" not in path.parts
        }

    @classmethod
    def filled(cls, root: Path, files: dict[str, bytes]) -> Course:
        """A copy of a course in another folder."""
        copy = cls(root)
        for name, data in files.items():
            target = root / name
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(data)
        return copy

    def path(self, name: str) -> Path:
        """Where the notebook of a page is stored."""
        return self.root / "notebooks" / f"{name}.ipynb"

    def notebook(self, name: str) -> NotebookNode:
        """Read the notebook of a page."""
        return nbformat.read(self.path(name), as_version=4)

    def popen(self, script: str, *arguments: str, **environment: str) -> subprocess.Popen[str]:
        """Start one of the site's scripts on this course."""
        return subprocess.Popen(
            [sys.executable, str(SITE / script), "--root", str(self.root), *arguments],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            env={**self.environment, **environment},
        )

    @property
    def environment(self) -> dict[str, str]:
        """This process's environment, without what would let a course find data or settings."""
        drop = ("D2LMINI_DATA", "PYTHONPATH", "PYTHONWARNINGS")
        return {key: value for key, value in os.environ.items() if key not in drop}

    def run(
        self, script: str, *arguments: str, **environment: str
    ) -> subprocess.CompletedProcess[str]:
        """Run one of the site's scripts on this course, to its end."""
        process = self.popen(script, *arguments, **environment)
        out, err = process.communicate(timeout=300)
        return subprocess.CompletedProcess(arguments, process.returncode, out, err)

    def bytes(self) -> dict[str, bytes]:
        """All stored notebooks, by name."""
        return {
            f"{path.parent.name}/{path.stem}": path.read_bytes()
            for path in sorted((self.root / "notebooks").glob("*/*.ipynb"))
        }

"""A page with explorables, as the book writes it, without building the book.

The state comes from the widgets themselves and goes through the same steps: MyST-NB puts it into
the page as one JSON script, without the modules' text, and each explorable stands in its own
``div`` with its static figure.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

from ipywidgets.embed import dependency_state

import d2lmini as d2l
from d2lmini.explore.scripts import SHARED, classic_script, minified, names, shared_script

ROOT = Path(__file__).resolve().parents[1]
HOST = ROOT / "site" / "explore" / "host.js"
VIEW = "application/vnd.jupyter.widget-view+json"
STATE = "application/vnd.jupyter.widget-state+json"

# The variables that the book's style sheet sets; the rest of the page is as plain as can be.
STYLE = """
:root{--mm-ink:#1f2937;--mm-muted:#6b7280;--mm-grid:#d1d5db;--mm-contour:#9aa5b1;--mm-paper:#fff;
--mm-gd:#c2410c;--mm-momentum:#1d4ed8;--mm-nesterov:#047857;--mm-accent:#a21caf}
html[data-theme=dark]{--mm-ink:#e5e7eb;--mm-muted:#9ca3af;--mm-grid:#374151;--mm-contour:#5b6675;
--mm-paper:#121212;--mm-gd:#fb923c;--mm-momentum:#60a5fa;--mm-nesterov:#34d399;--mm-accent:#e879f9}
html{background:var(--mm-paper);color:var(--mm-ink)}
body{margin:0 auto;padding:0 16px;max-width:800px;font:16px/1.6 system-ui,"Noto Sans CJK SC",
sans-serif}
.mm-static svg{max-width:100%;height:auto}
"""
POLICY = "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src data:"


def state_of(explorables: Iterable[Any]) -> dict[str, Any]:
    """Return the embedded state of some explorables and of the links among their widgets."""
    state = dependency_state([e.panel for e in explorables], drop_defaults=False)
    for entry in state.values():
        for key in ("_esm", "_css"):
            entry["state"].pop(key, None)
    return {"version_major": 2, "version_minor": 0, "state": state}


def block(explorable: Any) -> str:
    """Return the HTML of one explorable, as the book's Sphinx extension writes it."""
    bundle = explorable._repr_mimebundle_()
    name = type(explorable).__module__.rpartition(".")[2]
    svg = re.sub(r"^.*?(?=<svg)", "", bundle["image/svg+xml"], flags=re.DOTALL)
    return (
        f'<div class="mm-explorable" data-explorable="{name}">\n'
        f'<div class="mm-static">{svg}</div>\n'
        f'<script type="{VIEW}">{json.dumps(bundle[VIEW])}</script>\n</div>\n'
    )


def page(body: str, state: dict[str, Any], *, lang: str = "en", policy: bool = True) -> str:
    """Return a whole page; ``policy`` forbids everything but scripts of the site itself."""
    csp = f'<meta http-equiv="Content-Security-Policy" content="{POLICY}">' if policy else ""
    scripts = "".join(
        f'<script defer src="_static/explore/{name}.js"></script>'
        for name in (SHARED, "host", *dict.fromkeys(re.findall(r'data-explorable="(\w+)"', body)))
    )
    data = json.dumps(state).replace("</", "<\\/")
    return (
        f'<!doctype html><html lang="{lang}" data-theme="light"><head><meta charset="utf-8">{csp}'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>Page</title><style>{STYLE}</style>{scripts}</head>"
        f'<body><main><h1 id="top">Page</h1>\n{body}<h2 id="a-heading">A heading</h2>'
        f'<p style="min-height:60vh">Text.</p></main>'
        f'<script type="{STATE}">{data}</script></body></html>'
    )


def write_site(folder: Path) -> Path:
    """Put the scripts where the book has them; return the folder."""
    target = folder / "_static" / "explore"
    target.mkdir(parents=True, exist_ok=True)
    (target / "host.js").write_text(minified(HOST.read_text(encoding="utf-8")), encoding="utf-8")
    (target / f"{SHARED}.js").write_text(shared_script(), encoding="utf-8")
    for name in names():
        (target / f"{name}.js").write_text(classic_script(name), encoding="utf-8")
    return folder


class ExplorablePages:
    """A folder with one page per explorable and language, each written when it is asked for."""

    def __init__(self, folder: Path) -> None:
        self.folder = write_site(folder)

    def __call__(self, name: str, code: str = "en") -> str:
        """Return the name of the file with the explorable of the module `name`."""
        file = self.folder / f"{name}-{code}.html"
        if not file.exists():
            d2l.use_language(code)
            kinds = (getattr(d2l.explore, kind) for kind in d2l.explore.__all__)
            figure = next(kind for kind in kinds if kind.__module__.endswith(f".{name}"))()
            file.write_text(page(block(figure), state_of([figure]), lang=code), encoding="utf-8")
            d2l.use_language("en")
        return file.name


def write_pages(folder: Path, make: Callable[[], list[Any]]) -> Path:
    """Write one page per language with the explorables that `make` returns; return the folder."""
    write_site(folder)
    for code in d2l.available_languages():
        d2l.use_language(code)
        figures = make()
        html = page("".join(map(block, figures)), state_of(figures), lang=code)
        (folder / f"{code}.html").write_text(html, encoding="utf-8")
    d2l.use_language("en")
    return folder

"""Cell outputs with figures: inlined SVG, and around it, where there are widgets, the explorable.

MyST-NB keeps every representation of an output until the page is written and then picks one. For
an explorable this is one too few: the page shows the figure until the widget is alive, in print
and without JavaScript. So just before MyST-NB picks, both are put into one block.
"""

from __future__ import annotations

import html
import json
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from docutils import nodes
from sphinx.transforms.post_transforms import SphinxPostTransform
from sphinx.util import logging

from figures import inline_svg

if TYPE_CHECKING:
    from sphinx.application import Sphinx
    from sphinx.environment import BuildEnvironment
    from sphinx.writers.html5 import HTML5Translator

__all__ = ["kinds_on_page", "setup"]

VIEW = "application/vnd.jupyter.widget-view+json"
IMAGE = "image/svg+xml"

logger = logging.getLogger(__name__)


class finished_html(nodes.General, nodes.Element):
    """HTML which is written as it stands; unlike a raw node it is not searched for words."""


def _visit(self: HTML5Translator, node: finished_html) -> None:
    self.body.append(node["html"])
    raise nodes.SkipNode


class InlineFigures(SphinxPostTransform):
    """Replace the SVG of cell outputs by the element itself."""

    default_priority = 3  # MyST-NB's SelectMimeType has 4
    formats = ("html",)

    def run(self, **kwargs: Any) -> None:
        """Look at each output of the page."""
        states = _states(self.env, self.env.docname)
        for cell in self.document.findall(nodes.container):
            if "setup" in cell.get("cell_metadata", {}).get("tags", ()):
                _fold(cell, self.config.course_words["setup"])
        bundles = [
            node
            for node in self.document.findall(nodes.container)
            if node.get("nb_element") == "mime_bundle"
        ]
        for number, bundle in enumerate(bundles, start=1):
            kinds = {child["mime_type"]: child for child in bundle.children}
            image = next(kinds[IMAGE].findall(nodes.image), None) if IMAGE in kinds else None
            if image is None:
                if VIEW in kinds:
                    logger.warning(
                        "a widget without a figure: pages show %s, too, in print and without "
                        "JavaScript, so _repr_mimebundle_ must give it",
                        IMAGE,
                        location=bundle,
                        type="course",
                        subtype="widget",
                    )
                continue
            svg = self._svg(image, bundle, f"f{number}-")
            view = _view(kinds[VIEW]) if VIEW in kinds else None
            node = finished_html(html=_explorable(svg, view, states) if view else svg)
            if view:
                _fold(bundle, self.config.course_words["show_code"])
            bundle.replace_self(node)

    def _svg(self, image: nodes.image, bundle: nodes.Element, prefix: str) -> str:
        label = " ".join(image.get("alt", "").split())
        if not label:
            logger.warning(
                "a figure without a description: say what it shows under mystnb: image: alt: "
                "in the metadata of its cell",
                location=bundle,
                type="course",
                subtype="alt",
            )
        path = Path(self.app.srcdir, image["uri"].lstrip("/"))
        svg = path.read_text(encoding="utf-8")
        return f'<div class="mm-figure">{inline_svg(svg, label=label, prefix=prefix)}</div>'


def _fold(node: nodes.Element | None, prompt: str) -> None:
    """Fold the code of the cell around `node` away: a page opens with its figure.

    Folded are the line that sets the language, and the call that makes an explorable, unless the
    author has decided otherwise with a tag of MyST-NB.
    """
    while node is not None and node.get("nb_element") != "cell_code":
        node = node.parent
    if node is not None and "hide_mode" not in node:
        node["hide_mode"] = "input"
        node["prompt_show"] = node["prompt_hide"] = prompt


def _view(container: nodes.Element) -> dict[str, Any] | None:
    """Return the widget view that MyST-NB has put into a script element."""
    text = "".join(raw.astext() for raw in container.findall(nodes.raw))
    start, end = text.find("{"), text.rfind("}")
    view = json.loads(text[start : end + 1].replace("\\/", "/")) if start >= 0 else None
    return view if isinstance(view, dict) and "model_id" in view else None


def _explorable(svg: str, view: dict[str, Any], states: Mapping[str, Any]) -> str:
    """Return the block of the figure and the widget which takes its place."""
    kind = next(iter(sorted(_kinds(states, view["model_id"]))), "")
    script = json.dumps(view, sort_keys=True).replace("</", "<\\/")
    return (
        f'<div class="mm-explorable" data-explorable="{html.escape(kind)}">\n'
        f'<div class="mm-static">{svg}</div>\n'
        f'<script type="{VIEW}">{script}</script>\n</div>'
    )


def _states(env: BuildEnvironment, docname: str) -> dict[str, Any]:
    """Return the states of the widgets of a page, by model."""
    script = getattr(env, "nb_metadata", {}).get(docname, {}).get("js_files", {})
    if "ipywidgets_state" not in script:
        return {}
    states: dict[str, Any] = json.loads(script["ipywidgets_state"][1]["body"])["state"]
    return states


def _kinds(states: Mapping[str, Any], model: str) -> set[str]:
    """Return the names of the explorables that `model` shows: ``ravine`` for `…ravine.Ravine`."""
    found, queue, seen = set(), [model], set()
    while queue:
        model = queue.pop()
        if model in seen:
            continue
        seen.add(model)
        state = states.get(model, {}).get("state", {})
        identifier = state.get("_anywidget_id")
        if identifier:
            found.add(identifier.rsplit(".", 2)[-2])
        text = json.dumps(state)
        queue += [name for name in states if f"IPY_MODEL_{name}" in text]
    return found


def kinds_on_page(env: BuildEnvironment, docname: str) -> list[str]:
    """Return the names of the explorables of a page, sorted."""
    states = _states(env, docname)
    return sorted(set().union(*(_kinds(states, model) for model in states)))


def strip_sources(app: Sphinx, doctree: nodes.document) -> None:
    """Take the source of the modules out of the widgets' states: the page loads it as a file."""
    script = app.env.nb_metadata[app.env.docname].get("js_files", {}).get("ipywidgets_state")
    if script is None:
        return
    saved = json.loads(script[1]["body"])
    for model in saved["state"].values():
        for name in ("_esm", "_css"):
            model.get("state", {}).pop(name, None)
    script[1]["body"] = json.dumps(saved, sort_keys=True).replace("</", "<\\/")


def setup(app: Sphinx) -> dict[str, Any]:
    """Register the node and what makes it."""
    app.add_node(finished_html, html=(_visit, None))
    app.add_post_transform(InlineFigures)
    app.connect("doctree-read", strip_sources)
    return {"parallel_read_safe": True, "parallel_write_safe": True}

"""Definitions, theorems, proofs, exercises, solutions: quiet boxes, folded without a script.

The directives are those of sphinx-proof and sphinx-exercise, which also number them and resolve
references to them. What they write into the page is not: their boxes repeat identifiers, say some
words in English in every language, and fold only with the help of a script. Here each of them
becomes a ``<div>``, or with ``:class: dropdown`` a ``<details>``, which the browser itself folds.

Theorems, definitions, lemmas, … share one counter, so that 6.3 stands between 6.2 and 6.4.
"""

from __future__ import annotations

import html
from typing import TYPE_CHECKING, Any, ClassVar

from docutils import nodes
from docutils.parsers.rst import directives
from sphinx.locale import get_translation
from sphinx.transforms.post_transforms import SphinxPostTransform
from sphinx.util import logging
from sphinx.util.docutils import SphinxDirective
from sphinx_exercise.nodes import exercise_subtitle, is_exercise_node, is_solution_node
from sphinx_proof.nodes import NODE_TYPES, unenumerable_node
from sphinx_proof.proof_type import PROOF_TYPES

if TYPE_CHECKING:
    from sphinx.application import Sphinx
    from sphinx.config import Config
    from sphinx.environment import BuildEnvironment
    from sphinx.util.typing import OptionSpec
    from sphinx.writers.html5 import HTML5Translator

__all__ = ["CATALOGUES", "setup"]

logger = logging.getLogger(__name__)

CATALOGUES = ("proof", "exercise")
"""The packages' catalogues of words; ``site/ui/<language>.json`` has what they lack."""

COUNTER = "theorem"
FOLDED = "dropdown"
_PACKAGES = ("sphinx_proof", "sphinx_exercise")


class course_box(nodes.General, nodes.Element):
    """A box: its title, then what it says.

    The attribute ``kind`` is ``theorem``, ``proof``, ``exercise``, …, ``label`` the word and the
    number that it is called by, and ``folded`` whether it opens closed.
    """


class course_box_title(nodes.Part, nodes.TextElement):
    """What a box is about; it may be empty."""


class Proof(SphinxDirective):
    """``{prf:proof}``: a proof, with ``:class: dropdown`` folded away."""

    has_content = True
    optional_arguments = 1
    final_argument_whitespace = True
    option_spec: ClassVar[OptionSpec] = {"class": directives.class_option}

    def run(self) -> list[nodes.Node]:
        """Make the box."""
        self.assert_has_content()
        argument = self.arguments[0] if self.arguments else ""
        words, messages = self.state.inline_text(argument, self.lineno)
        label = get_translation("proof")("Proof")
        box = _box("proof", str(label), self.options.get("class", []), words)
        self.state.nested_parse(self.content, self.content_offset, box)
        return [box, *messages]


def _box(kind: str, label: str, classes: list[str], title: list[nodes.Node]) -> course_box:
    """Return a box which holds nothing yet but its title."""
    own = [name for name in classes if name != FOLDED]
    box = course_box(kind=kind, label=label, folded=FOLDED in classes)
    box["classes"] = ["mm-box", f"mm-box-{kind}", *own]
    box += course_box_title("", "", *title)
    return box


def _number(env: BuildEnvironment, docname: str, counter: str, identifier: str) -> str:
    """Return `` 3.1``, or nothing for what is not numbered."""
    numbers = env.toc_fignumbers.get(docname, {}).get(counter, {})
    number = ".".join(map(str, numbers.get(identifier, ())))
    return f" {number}" if number else ""


def called_exercise(env: BuildEnvironment, exercise: nodes.Element) -> str:
    """Return what an exercise is called: ``Exercise 9.1``."""
    number = _number(env, exercise["docname"], "exercise", exercise["label"])
    return f"{get_translation('exercise')('Exercise')}{number}"


class Boxes(SphinxPostTransform):
    """Replace the nodes of the two packages by boxes."""

    default_priority = 19  # references are resolved (10); sphinx-exercise writes its titles at 20
    formats = ("html",)

    def run(self, **kwargs: Any) -> None:
        """Look at each of them, inner ones too."""
        statements = (*NODE_TYPES.values(), unenumerable_node)
        for node in list(self.document.findall(nodes.Element)):
            if isinstance(node, statements):
                self._replace(node, self._statement(node))
            elif is_exercise_node(node):
                self._replace(node, self._exercise(node))
            elif is_solution_node(node):
                self._replace(node, self._solution(node))

    @staticmethod
    def _replace(node: nodes.Element, box: course_box) -> None:
        box["ids"] = node["ids"]
        # Behind the title comes a section, whose identifier is the same in all boxes.
        for child in node.children[1:]:
            box += child.children if isinstance(child, nodes.section) else [child]
        node.parent.replace(
            node, box
        )  # replace_self would hand on the classes, dropdown among them

    def _statement(self, node: nodes.Element) -> course_box:
        kind = node["realtype"]
        word = get_translation("proof")(kind.title())
        label = f"{word}{_number(self.env, self.env.docname, COUNTER, node['label'])}"
        own = [name for name in node["classes"] if name not in ("proof", kind)]
        return _box(kind, label, own, node[0].children)

    def _exercise(self, node: nodes.Element) -> course_box:
        title = [
            child
            for part in node[0].children
            if isinstance(part, exercise_subtitle)
            for child in part.children
        ]
        own = [name for name in node["classes"] if not name.startswith("exercise")]
        return _box("exercise", called_exercise(self.env, node), own, title)

    def _solution(self, node: nodes.Element) -> course_box:
        known = getattr(self.env, "sphinx_exercise_registry", {})
        exercise = known.get(node["target_label"], {}).get("node")
        own = [name for name in node["classes"] if not name.startswith("solution")]
        if exercise is None:
            logger.warning("there is no exercise %r", node["target_label"], location=node)
            return _box("solution", "", own, [])
        label = self.config.course_words["solution_to"] % called_exercise(self.env, exercise)
        return _box("solution", label, own, [])


class SolutionReferences(SphinxPostTransform):
    """Call a solution by its name where the text refers to it.

    sphinx-exercise writes the source of formulas there, and on another page no number.
    """

    default_priority = 23  # sphinx-exercise has 22
    formats = ("html",)

    def run(self, **kwargs: Any) -> None:
        """Look at each reference within the book."""
        known = getattr(self.env, "sphinx_exercise_registry", {})
        word = str(get_translation("exercise")("Solution to"))
        for reference in self.document.findall(nodes.reference):
            label = reference.get("refid") or reference.get("refuri", "").rpartition("#")[2]
            solution = known.get(label, {}).get("node")
            if not is_solution_node(solution) or not reference.astext().startswith(word):
                continue
            exercise = known.get(solution["target_label"], {}).get("node")
            if exercise is not None:
                called = self.config.course_words["solution_to"] % called_exercise(
                    self.env, exercise
                )
                reference[0].children = []
                reference[0] += nodes.Text(called)


def _visit_box(self: HTML5Translator, node: course_box) -> None:
    self.body.append(self.starttag(node, "details" if node["folded"] else "div"))


def _depart_box(self: HTML5Translator, node: course_box) -> None:
    self.body.append("</div></details>\n" if node["folded"] else "</div>\n")


def _visit_title(self: HTML5Translator, node: course_box_title) -> None:
    box = node.parent
    tag = "summary" if box["folded"] else "p"
    self.body.append(f'<{tag} class="mm-box-title">')
    self.body.append(f'<span class="mm-box-label">{html.escape(box["label"])}</span>')
    if node.children:
        self.body.append(' <span class="mm-box-name">')


def _depart_title(self: HTML5Translator, node: course_box_title) -> None:
    box = node.parent
    if node.children:
        self.body.append("</span>")
    if box["folded"]:
        self.body.append('</summary>\n<div class="mm-box-body">\n')
    else:
        if box["ids"]:
            self.add_permalink_ref(box, self.config.course_words["link_to_box"])
        self.body.append("</p>\n")


def prepare(app: Sphinx, config: Config) -> None:
    """Settle how boxes are counted, and leave the packages' style sheets out."""
    config.prf_realtyp_to_countertyp = dict.fromkeys(PROOF_TYPES, COUNTER)
    config.proof_title_format = "%t"
    left_out = ("proof.css", "exercise.css")
    app.registry.css_files = [item for item in app.registry.css_files if item[0] not in left_out]
    # They would still be copied, at the end.
    for listener in list(app.events.listeners.get("build-finished", ())):
        if listener.handler.__module__ in _PACKAGES:
            app.disconnect(listener.id)


def setup(app: Sphinx) -> dict[str, Any]:
    """Register the boxes; the two packages must have been loaded."""
    app.setup_extension("sphinx_proof")
    app.setup_extension("sphinx_exercise")
    app.add_node(course_box, html=(_visit_box, _depart_box))
    app.add_node(course_box_title, html=(_visit_title, _depart_title))
    app.add_directive_to_domain("prf", "proof", Proof, override=True)
    app.add_post_transform(Boxes)
    app.add_post_transform(SolutionReferences)
    app.connect("config-inited", prepare, priority=90)
    return {"parallel_read_safe": True, "parallel_write_safe": True}

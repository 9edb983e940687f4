"""The reference of `d2lmini` as a page of the book, and links to it from code in the text.

``{api}`` lists names, one on a line; each becomes an entry, made of what `reference` has read.
The docstrings are reStructuredtext in numpydoc's form, whose lists of parameters are definition
lists once their headings are taken out, so docutils itself reads them.
"""

from __future__ import annotations

import html
import re
from typing import TYPE_CHECKING, Any

from docutils import nodes
from docutils.utils import new_document
from sphinx import addnodes
from sphinx.parsers import RSTParser
from sphinx.transforms.post_transforms import SphinxPostTransform
from sphinx.util import logging
from sphinx.util.docutils import SphinxDirective

import reference
from reference import ALIAS, Entry

if TYPE_CHECKING:
    from sphinx.application import Sphinx
    from sphinx.environment import BuildEnvironment
    from sphinx.writers.html5 import HTML5Translator

__all__ = ["PAGE", "anchors", "setup", "to_rst"]

logger = logging.getLogger(__name__)

PAGE = "api"
"""The name of the page."""

_HEADING = re.compile(r"^(\w[\w ]*)\n-{3,}$", re.MULTILINE)
_LISTS = frozenset({"Parameters", "Returns", "Yields", "Attributes", "Raises", "Warns", "See Also"})
_FOOTNOTE = re.compile(r"^\.\. \[(\d+)\] (.*(?:\n[ \t]+\S.*)*)", re.MULTILINE)
_CODE = re.compile(r"(?:d2l|d2lmini)((?:\.\w+)+)(?:\(.*\))?", re.DOTALL)


class api_entry(nodes.General, nodes.Element):
    """An entry: its signature, then its documentation. ``level`` is that of its heading."""


class api_signature(nodes.Part, nodes.TextElement):
    """What to write in order to use it."""


def to_rst(doc: str) -> str:
    """Return a numpydoc docstring as reStructuredText.

    Examples
    --------
    >>> print(to_rst("Square it.\\n\\nParameters\\n----------\\n*x : float\\n    A number."))
    Square it.
    <BLANKLINE>
    .. rubric:: Parameters
    <BLANKLINE>
    \\*x : float
        A number.
    """
    # Footnotes would need numbers that are unique on the page; here they are plain text.
    doc = _FOOTNOTE.sub(lambda m: f"[{m[1]}] " + " ".join(m[2].split()), doc)
    doc = re.sub(r"\[(\d+)\]_", r"[\1]", doc)
    parts = _HEADING.split(doc)
    made = [parts[0].rstrip()]
    for title, body in zip(parts[1::2], parts[2::2], strict=True):
        body = body.strip("\n")
        if title in _LISTS:
            body = re.sub(r"^(?=\*)|(?<=^\*)(?=\*)", r"\\", body, flags=re.MULTILINE)
        made.append(f".. rubric:: {title}\n\n{body}")
    return "\n\n".join(made)


def anchors(env: BuildEnvironment) -> list[str]:
    """Return the names that the reference page has an entry for."""
    return sorted(getattr(env, "course_api", {}))


class Api(SphinxDirective):
    """``{api}``: the entries of the names in its body."""

    has_content = True

    def run(self) -> list[nodes.Node]:
        """Make the entries."""
        package = reference.package_folder()
        self.known = known = reference.read(package)
        for path in {package / "__init__.py", *(entry.path for entry in known.values())}:
            self.env.note_dependency(str(path))
        made: list[nodes.Node] = []
        overview = nodes.bullet_list(classes=["mm-api-overview", "language-en"])
        for name in (line.strip() for line in self.content):
            if not name:
                continue
            if name not in known:
                logger.warning("d2lmini has no public %r", name, location=self.get_location())
                continue
            made.append(self._entry(known[name], 3))
            overview += self._line(known[name])
        return [overview, *made] if made else []

    def _line(self, entry: Entry) -> nodes.list_item:
        """Return a line of the overview: the name, which `CodeLinks` links, and what it is."""
        first = entry.doc.strip().split("\n\n")[0].replace("\n", " ")
        said = self._rst(first, str(entry.path))[:1]
        name = nodes.paragraph("", "", nodes.literal("", entry.name), nodes.Text(" "))
        name += [child for paragraph in said for child in paragraph.children]
        return nodes.list_item("", name)

    def _entry(self, entry: Entry, level: int) -> api_entry:
        if not hasattr(self.env, "course_api"):
            self.env.course_api = {}  # type: ignore[attr-defined]
        self.env.course_api[entry.name] = self.env.docname
        node = api_entry(level=level, kind=entry.kind)
        node["ids"] = [entry.name]
        node["classes"] = ["mm-api", "language-en"]  # docutils makes lang="en" of it
        node += api_signature("", f"{entry.name}{entry.signature}", name=entry.name)
        node += self._parsed(entry)
        node += [self._entry(member, level + 1) for member in entry.members]
        return node

    def _parsed(self, entry: Entry) -> list[nodes.Node]:
        """Return the documentation of an entry, parsed."""
        return self._rst(to_rst(entry.doc), str(entry.path))

    def _rst(self, text: str, source: str) -> list[nodes.Node]:
        """Parse reStructuredText, and make its names links."""
        document = new_document(source, self.state.document.settings)
        document.reporter = self.state.document.reporter
        parser = RSTParser()
        parser.set_application(self.env.app)
        parser.parse(text, document)
        for node in list(document.findall(nodes.title_reference)):
            node.parent.replace(node, nodes.literal("", node.astext()))
        for node in list(document.findall(addnodes.pending_xref)):
            # :func:`~d2lmini.train`: the name links itself, where it is a public one (`CodeLinks`).
            target = node["reftarget"].rpartition(".")[2]
            public = next((name for name in self.known if name.endswith(f".{target}")), "")
            node.parent.replace(node, nodes.literal("", public or node["reftarget"]))
        return list(document.children)


class CodeLinks(SphinxPostTransform):
    """Let code in the text that names something of `d2lmini` lead to its entry."""

    default_priority = 15
    formats = ("html",)

    def run(self, **kwargs: Any) -> None:
        """Look at each piece of code in running text; a name that is unknown stays as it is."""
        known: dict[str, str] = getattr(self.env, "course_api", {})
        for literal in list(self.document.findall(nodes.literal)):
            match = _CODE.fullmatch(literal.astext())
            name = f"{ALIAS}{match[1]}" if match else ""
            if name not in known or _is_linked(literal):
                continue
            page = known[name]
            here = self.env.docname
            address = "" if page == here else self.app.builder.get_relative_uri(here, page)
            link = nodes.reference("", "", internal=True, refuri=f"{address}#{name}")
            link["classes"] = ["mm-code-link"]
            literal.parent.replace(literal, link)
            link += literal


def _is_linked(node: nodes.Node) -> bool:
    """Whether a node is part of a link or of a title, where no link can be."""
    while node is not None:
        if isinstance(node, (nodes.reference, nodes.title, addnodes.pending_xref)):
            return True
        node = node.parent
    return False


def purge(app: Sphinx, env: BuildEnvironment, docname: str) -> None:
    """Forget the entries of a page that is read again or is gone."""
    known = getattr(env, "course_api", {})
    env.course_api = {  # type: ignore[attr-defined]
        name: page for name, page in known.items() if page != docname
    }


def merge(app: Sphinx, env: BuildEnvironment, docnames: list[str], other: BuildEnvironment) -> None:
    """Take over the entries that another process has read."""
    theirs = getattr(other, "course_api", {})
    env.course_api = getattr(env, "course_api", {}) | theirs  # type: ignore[attr-defined]


def _visit_entry(self: HTML5Translator, node: api_entry) -> None:
    self.body.append(self.starttag(node, "div"))


def _depart_entry(self: HTML5Translator, node: api_entry) -> None:
    self.body.append("</div>\n")


def _visit_signature(self: HTML5Translator, node: api_signature) -> None:
    entry = node.parent
    name, arguments = node["name"], node.astext().removeprefix(node["name"])
    before, _, last = name.rpartition(".")
    kind = {"class": "class ", "module": "module "}.get(entry["kind"], "")
    self.body.append(
        f'<h{entry["level"]} class="mm-api-name"><code>'
        f'<span class="mm-api-kind">{kind}</span><span class="mm-api-path">{before}.</span>'
        f"<wbr/><b>{last}</b>"
        f'<span class="mm-api-arguments">{html.escape(arguments)}</span></code>'
    )
    self.add_permalink_ref(entry, self.config.course_words["link_to_box"])
    self.body.append(f"</h{entry['level']}>\n")
    raise nodes.SkipNode


def setup(app: Sphinx) -> dict[str, Any]:
    """Register the directive and the links."""
    app.add_node(api_entry, html=(_visit_entry, _depart_entry))
    app.add_node(api_signature, html=(_visit_signature, None))
    app.add_directive("api", Api)
    app.add_post_transform(CodeLinks)
    app.connect("env-purge-doc", purge)
    app.connect("env-merge-info", merge)
    return {"parallel_read_safe": True, "parallel_write_safe": True}

"""The Sphinx extension of the course: what makes Jupyter Book's pages ours.

Registered in ``_config.yml`` (``sphinx: local_extensions``), so ``jupyter-book build .`` has all of
it; ``site/book.py`` adds the settings which only a site of several languages needs. The pieces:

- mathematics by KaTeX at build time (`katexmath`),
- figures inlined and explorables mounted (`explorables`),
- boxes of theorems, proofs, exercises and solutions (`boxes`),
- the reference of `d2lmini` (`apipage`) and the glossary (`terms`),
- links between chapters (`pagelinks`), line breaks in Chinese (`linebreaks`), words around
  citations (`citations`),
- search in Vietnamese and Chinese (`searchwords`),
- and here: words of the interface, links between the languages, style sheets and scripts.
"""

from __future__ import annotations

import hashlib
import json
from gettext import NullTranslations
from pathlib import Path
from typing import TYPE_CHECKING, Any

from myst_nb.sphinx_ext import add_global_html_resources
from sphinx import locale

import apipage
import borrowed
import boxes
import citations
import editions
import explorables
import figures
import katexmath
import linebreaks
import pagelinks
import searchwords
import terms

if TYPE_CHECKING:
    from docutils import nodes
    from sphinx.application import Sphinx
    from sphinx.config import Config
    from sphinx.environment import BuildEnvironment

__all__ = ["setup"]

HERE = Path(__file__).resolve().parent
CATALOGUES = ("sphinx", "booktheme", *boxes.CATALOGUES)


class Words(NullTranslations):
    """A catalogue of messages with some of them said better."""

    def __init__(self, better: dict[str, str], catalogue: NullTranslations) -> None:
        super().__init__()
        self.better = better
        self.catalogue = catalogue

    def gettext(self, message: str) -> str:
        """Return our translation of `message`, or the catalogue's."""
        better = self.better.get(" ".join(message.split()))
        return self.catalogue.gettext(message) if better is None else better

    def ngettext(self, msgid1: str, msgid2: str, n: int) -> str:
        """Return the catalogue's: we say nothing better about numbers."""
        return self.catalogue.ngettext(msgid1, msgid2, n)


def configure(app: Sphinx, config: Config) -> None:
    """Settle what must not depend on the folder that the book is built from."""
    words = editions.ui(config.course_language)
    config.course_words = words["course"]
    for name, value in words.get("config", {}).items():
        config[name] = value
    options = config.html_theme_options
    options["search_bar_text"] = words["course"]["search_placeholder"]
    options["article_header_end"] = [
        "language-switcher.html",
        "notebook-download.html",
        "article-header-buttons.html",
    ]
    options["footer_content_items"] = ["course-footer.html"]
    config.templates_path.insert(0, str(HERE / "templates"))
    config.html_static_path.insert(0, str(HERE / "static"))
    config.html_favicon = str(HERE / "static" / "favicon.svg")
    # Without JavaScript; with it, layout.html follows the reader's system.
    config.html_context["default_mode"] = "light"
    config.html_use_index = False
    config.html_domain_indices = False
    # MyST-NB would load RequireJS and a widget manager of 900 KB from another site.
    config.nb_ipywidgets_js = {}


def say_it_better(app: Sphinx) -> None:
    """Put the words of ``site/ui/<language>.json`` before those of Sphinx and of the theme."""
    words = editions.ui(app.config.course_language)
    for catalogue in CATALOGUES:
        place = ("general", catalogue)
        present = locale.translators.get(place, NullTranslations())
        locale.translators[place] = Words(words.get(catalogue, {}), present)
    app.translator = locale.translators["general", "sphinx"]
    environment = app.builder.templates.environment if app.builder.format == "html" else None
    if environment is not None:
        environment.install_gettext_translations(app.translator)


def add_assets(app: Sphinx, config: Config) -> None:
    """Link the style sheets and scripts of every page."""
    words = editions.ui(config.course_language)["course"]
    app.add_css_file("katex/katex.min.css", priority=200)
    app.add_css_file("fonts/fonts.css", priority=201)
    app.add_css_file("palette.css", priority=600)
    app.add_css_file("icons.css", priority=601)
    app.add_css_file("course.css", priority=602)
    said = {name: words[name] for name in ("copy", "copied", "copy_failed", "scrolls")}
    said["language"] = config.course_language
    app.add_js_file(None, body=f"const courseWords = {json.dumps(said, ensure_ascii=False)};")
    browser = editions.ui(config.course_language).get("browser", {})
    if browser:
        # Sphinx's own messages in the browser, about search results.
        messages = json.dumps(browser, ensure_ascii=False)
        body = f"Object.assign(Documentation.TRANSLATIONS, {messages});"
        app.add_js_file(None, body=body, priority=600)
    app.add_js_file("course.js", loading_method="defer", priority=600)
    app.add_js_file("keyboard.js", loading_method="defer", priority=600)


def copy_assets(app: Sphinx) -> None:
    """Write the files that are not copied from ``site/static``, before pages name their hashes."""
    static = Path(app.outdir, "_static")
    _write(static / "palette.css", figures.theme_css())
    # MyST-NB copies its style sheet after the pages are written, so its hash would appear on them
    # only in the second build.
    add_global_html_resources(app, None)
    sources = [HERE / "katex" / "katex.min.css", *(HERE / "katex" / "fonts").iterdir()]
    sources += [HERE / "fonts" / "fonts.css", *(HERE / "fonts").glob("*.woff2")]
    for source in sources:
        _write(static / source.relative_to(HERE), source.read_bytes())


def note_changes(app: Sphinx, env: BuildEnvironment) -> list[str]:
    """Write the explorables' scripts; return the pages to be written again though not read again.

    Titles stand in the sidebar of every page; numbers of figures and theorems, names of the library
    and citations where other pages refer to them; and every page names the hash of each script. A
    changed one changes them all.
    """
    kinds = {kind for docname in env.found_docs for kind in explorables.kinds_on_page(env, docname)}
    stamp = hashlib.sha256()
    if kinds:
        from d2lmini.explore.scripts import SHARED, classic_script, minified, shared_script

        host = HERE.joinpath("explore", "host.js").read_text(encoding="utf-8")
        scripts = {SHARED: shared_script(), "host": minified(host)}
        scripts |= {kind: classic_script(kind) for kind in sorted(kinds)}
        for name, script in scripts.items():
            _write(Path(app.outdir, "_static", "explore", f"{name}.js"), script)
            stamp.update(script.encode())
    for path in sorted((HERE / "static").rglob("*")):
        if path.is_file():
            stamp.update(path.read_bytes())
    titles = {docname: title.astext() for docname, title in env.titles.items()}
    named = [titles, env.toctree_includes, env.toc_fignumbers, apipage.anchors(env)]
    named.append(citations.cited_on(env))
    stamp.update(json.dumps(named, sort_keys=True).encode())
    if getattr(env, "course_stamp", None) == stamp.hexdigest():
        return []
    env.course_stamp = stamp.hexdigest()  # type: ignore[attr-defined]
    return sorted(env.found_docs)


def _write(path: Path, data: str | bytes) -> None:
    """Write `data` unless the file holds it already."""
    data = data.encode() if isinstance(data, str) else data
    if not path.is_file() or path.read_bytes() != data:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)


def alternates(
    course: editions.Course, here: str, page: str, shown: list[str]
) -> list[dict[str, Any]]:
    """Return where `page` of language `here` stands in each of the languages `shown`.

    Parameters
    ----------
    course : Course
        The course.
    here : str
        The language of the page.
    page : str
        Its name, without a suffix; it may be none of a notebook, like ``search``.
    shown : list of str
        The languages of the site.

    Returns
    -------
    list of dict
        For each language ``key``, ``name``, ``tag``, ``url`` (relative, from `page`; where the
        language has no such page, that of its first page), ``same`` (whether the page is there in
        the language itself, and not the English one in its place), ``current``, and ``absolute``
        (the address on the published site, or nothing).
    """
    notebooks = {p for edition in course.editions.values() for p in edition.pages}
    up = "../" * (page.count("/") + 1)
    links = []
    for key in shown:
        edition = course.editions[key]
        same = page in edition.pages or page not in notebooks
        there = same or page in course.borrowed(key)
        target = f"{key}/{page if there else course.first_page}.html"
        links.append(
            {
                "key": key,
                "name": edition.name,
                "tag": edition.tag,
                "url": up + target,
                "same": same,
                "current": key == here,
                "absolute": course.base_url + target if course.base_url else "",
            }
        )
    return links


def add_context(
    app: Sphinx, pagename: str, templatename: str, context: dict[str, Any], doctree: nodes.document
) -> None:
    """Tell the templates about the languages and the words, and load the explorables' scripts."""
    config = app.config
    words = editions.ui(config.course_language)["course"]
    context["words"] = words
    context["languages"] = []
    if config.course_shown:
        course = editions.load(Path(config.course_root))
        links = alternates(course, config.course_language, pagename, list(config.course_shown))
        context["languages"] = links
        context["landing"] = "../" * (pagename.count("/") + 1) + "index.html"
        context["x_default"] = _default(course, links, context["landing"], pagename)
        written = _language_of_text(course, pagename, config, context)
        context["notebook_name"] = f"{pagename.replace('/', '-')}-{written}.ipynb"
    else:
        context["notebook_name"] = pagename.rsplit("/", 1)[-1] + ".ipynb"
    if context.get("body"):
        # Two labels that MyST-NB writes in English, whatever the language of the book.
        context["body"] = context["body"].replace(
            'aria-label="Toggle hidden content"', f'aria-label="{words["toggle_hidden"]}"'
        )
    kinds = explorables.kinds_on_page(app.env, pagename) if doctree is not None else []
    for path in ["shared", "host", *kinds] if kinds else []:
        app.add_js_file(f"explore/{path}.js", loading_method="defer", priority=700)


def _language_of_text(
    course: editions.Course, pagename: str, config: Config, context: dict[str, Any]
) -> str:
    """Mark the text of a page, say so where it is borrowed, and return the language it is in."""
    if not context.get("body"):
        return str(config.course_language)
    context["body"] = borrowed.mark(context["body"])
    if pagename not in course.borrowed(config.course_language):
        return str(config.course_language)
    original = course.editions[editions.SOURCE]
    words = config.course_words
    url = "../" * (pagename.count("/") + 1) + f"{original.key}/{pagename}.html"
    context["body"] = borrowed.frame(
        context["body"], original.tag, words["untranslated"], words["untranslated_more"], url
    )
    # The canonical address, which search engines show: that of the original.
    absolute = f"{course.base_url}{original.key}/{pagename}.html"
    context["pageurl"] = absolute if course.base_url else url
    return original.key


def _default(
    course: editions.Course, links: list[dict[str, Any]], landing: str, pagename: str
) -> dict[str, str]:
    """Return where a reader of none of the languages is sent: the choice, or the English page."""
    if pagename == "index":
        return {"url": landing, "absolute": course.base_url}
    source = next((link for link in links if link["key"] == editions.SOURCE), links[0])
    return {"url": source["url"], "absolute": source["absolute"]}


def setup(app: Sphinx) -> dict[str, Any]:
    """Register everything; called by Sphinx."""
    app.add_config_value("course_root", "", "html")
    app.add_config_value("course_language", editions.SOURCE, "env")
    app.add_config_value("course_shown", [], "html")
    app.add_config_value("course_words", {}, "env")
    # Jupyter Book sets these even when the extensions which read them are not loaded.
    for name in ("comments_config", "thebe_config"):
        if name not in app.config:
            app.add_config_value(name, {}, "html")
    for module in (apipage, boxes, citations, explorables, katexmath, linebreaks, pagelinks):
        module.setup(app)
    for module in (searchwords, terms):
        module.setup(app)
    app.connect("config-inited", configure, priority=100)
    app.connect("config-inited", add_assets)
    app.connect("builder-inited", say_it_better)
    app.connect("builder-inited", copy_assets)
    app.connect("env-updated", note_changes)
    # Early: the theme renders some of the templates, which need this context, in its own handler.
    app.connect("html-page-context", add_context, priority=100)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}

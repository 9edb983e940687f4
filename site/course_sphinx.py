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
- what a page says about itself to machines (`about`),
- comments on slides (`slidemarks`),
- a notebook to download, which reads well without MyST (`plain`),
- and here: words of the interface, links between the languages, style sheets and scripts.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import replace
from functools import cache
from gettext import NullTranslations
from pathlib import Path
from typing import TYPE_CHECKING, Any

import sphinx
from markupsafe import Markup
from myst_nb.sphinx_ext import add_global_html_resources
from sphinx import locale

import about
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
import plain
import searchwords
import slidemarks
import terms
from repository import Repository

if TYPE_CHECKING:
    from docutils import nodes
    from sphinx.application import Sphinx
    from sphinx.config import Config
    from sphinx.environment import BuildEnvironment

__all__ = ["setup"]

HERE = Path(__file__).resolve().parent
# Its mark in its address: Sphinx gives one to the scripts that it knows of, and this is none.
_HEAD_SCRIPT = hashlib.sha256((HERE / "static" / "head.js").read_bytes()).hexdigest()[:8]
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
        "notebook-menu.html",
        "article-header-buttons.html",
    ]
    options["footer_content_items"] = ["course-footer.html"]
    config.templates_path.insert(0, str(HERE / "templates"))
    config.html_static_path.insert(0, str(HERE / "static"))
    config.html_favicon = str(HERE / "static" / "favicon.svg")
    # Without JavaScript; with it, head.js follows the reader's system.
    config.html_context["default_mode"] = "light"
    config.html_use_index = False
    config.html_copy_source = False  # the notebook to download is the plain one
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
    app.add_css_file("katex/katex.min.css", priority=200)
    app.add_css_file("fonts/fonts.css", priority=201)
    app.add_css_file("palette.css", priority=600)
    app.add_css_file("icons.css", priority=601)
    app.add_css_file("course.css", priority=602)
    app.add_js_file("words.js", priority=590)
    app.add_js_file("course.js", priority=600)
    app.add_js_file("keyboard.js", priority=600)


def words_script(language: str, catalogue: str) -> str:
    """Return the script that tells the others their words, in the language of the edition.

    Parameters
    ----------
    language : str
        The language of the course.
    catalogue : str
        Sphinx's code of it. Sphinx has a script of its own with its words for the browser, which
        makes the rule of the plural from a string; the policy of the site forbids that, so the same
        words and the same rule are written here.
    """
    words = editions.ui(language)
    said = {name: words["course"][name] for name in ("copy", "copied", "copy_failed", "scrolls")}
    said["language"] = language
    script = f"const courseWords = {_literal(said)};\n"
    theirs = Path(sphinx.package_dir, "locale", catalogue, "LC_MESSAGES", "sphinx.js")
    messages: dict[str, Any] = {}
    if theirs.is_file():
        text = theirs.read_text(encoding="utf-8")
        found = json.loads(text[text.index("(") + 1 : text.rindex(")")])
        messages = {message: said for message, said in found["messages"].items() if said}
        script += f"Documentation.PLURAL_EXPR = (n) => Number({found['plural_expr']});\n"
        script += f"Documentation.LOCALE = {_literal(found['locale'])};\n"
    messages |= words.get("browser", {})
    if messages:
        script += f"Object.assign(Documentation.TRANSLATIONS, {_literal(messages)});\n"
    return script


def _literal(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, sort_keys=True)


def copy_assets(app: Sphinx) -> None:
    """Write the files that are not copied from ``site/static``, before pages name their hashes."""
    static = Path(app.outdir, "_static")
    _write(static / "palette.css", figures.theme_css())
    _write(static / "words.js", words_script(app.config.course_language, app.config.language))
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


@cache
def _course(root: Path) -> editions.Course:
    """Return the course of the book, read once for all of its pages."""
    return editions.load(root)


def add_context(
    app: Sphinx, pagename: str, templatename: str, context: dict[str, Any], doctree: nodes.document
) -> None:
    """Tell the templates about the languages and the words, and load the explorables' scripts."""
    config = app.config
    words = editions.ui(config.course_language)["course"]
    context["words"] = words
    context["head_script"] = _HEAD_SCRIPT
    context["about"] = about.About()
    context["languages"] = []
    written = config.course_language
    if config.course_shown:
        course = _course(Path(config.course_root))
        links = alternates(course, config.course_language, pagename, list(config.course_shown))
        context["languages"] = links
        context["landing"] = "../" * (pagename.count("/") + 1) + "index.html"
        context["about"] = about.about(
            course,
            list(config.course_shown),
            config.course_language,
            pagename,
            title=Markup(context.get("title", "")).striptags(),
            said=about.description(context.get("metatags") or ""),
        )
        context["x_default"] = _default(course, links, context["landing"], pagename)
        written = _language_of_text(course, pagename, config, context)
        context["notebook_name"] = f"{pagename.replace('/', '-')}-{written}.ipynb"
    else:
        context["notebook_name"] = pagename.rsplit("/", 1)[-1] + ".ipynb"
    context["plain_notebook"] = editions.plain_notebook(pagename)
    context |= _ways_to_run(config, pagename, written)
    if context.get("body"):
        for written, better in (
            # Two labels that MyST-NB writes in English, whatever the language of the book.
            ('aria-label="Toggle hidden content"', f'aria-label="{words["toggle_hidden"]}"'),
            # A role that is no longer one, within a list whose entries must be entries.
            ('role="doc-biblioentry"', 'role="listitem"'),
        ):
            context["body"] = context["body"].replace(written, better)
    kinds = explorables.kinds_on_page(app.env, pagename) if doctree is not None else []
    for path in ["shared", "host", *kinds] if kinds else []:
        app.add_js_file(f"explore/{path}.js", priority=700)


def _ways_to_run(config: Config, page: str, language: str) -> dict[str, Any]:
    """Return what the menu of a page says about running its notebook, which is in `language`."""
    notebook = f"{language}/{page}.ipynb"
    there = Repository(**config.course_repository) if config.course_repository else None
    addresses = {}
    if there is not None:
        addresses["Binder"] = there.binder(editions.copied_notebook(language, page))
        if config.course_plain_branch:
            addresses["Colab"] = replace(there, branch=config.course_plain_branch).colab(notebook)
        elif config.course_on_colab:
            addresses["Colab"] = there.colab(f"notebooks/{notebook}")
    return {
        "repository": there.web if there else "",
        "runs_on": [{"name": name, "url": url} for name, url in addresses.items() if url],
        "lab_command": "make lab" + (f" LANG={language}" if language != editions.SOURCE else ""),
    }


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
    app.add_config_value("course_repository", {}, "html")
    app.add_config_value("course_on_colab", False, "html")
    app.add_config_value("course_plain_branch", "", "html")
    app.add_config_value("course_words", {}, "env")
    # Jupyter Book sets these even when the extensions which read them are not loaded.
    for name in ("comments_config", "thebe_config"):
        if name not in app.config:
            app.add_config_value(name, {}, "html")
    for module in (apipage, boxes, citations, explorables, katexmath, linebreaks, pagelinks):
        module.setup(app)
    for module in (plain, searchwords, slidemarks, terms):
        module.setup(app)
    app.connect("config-inited", configure, priority=100)
    app.connect("config-inited", add_assets)
    app.connect("builder-inited", say_it_better)
    app.connect("builder-inited", copy_assets)
    app.connect("env-updated", note_changes)
    # Early: the theme renders some of the templates, which need this context, in its own handler.
    app.connect("html-page-context", add_context, priority=100)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}

"""The build of the book: its parts, and builds of a small course as an author meets them."""

from __future__ import annotations

import dataclasses
import doctest
import importlib
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from xml.etree import ElementTree

import nbformat
import pytest
import yaml
from bs4 import BeautifulSoup
from filelock import FileLock

import assemble
import book
import borrowed
import chapters
import course_sphinx
import editions
import figures
import linebreaks
import onebook
import reference
import searchwords
import serve
import small_course
import stamps
from repository import Repository

ROOT = Path(__file__).resolve().parents[1]
BOOK = ROOT / "site" / "book.py"
LANGUAGES = ("en", "vi", "tr", "zh")


# Languages and settings


@pytest.fixture
def course(tmp_path: Path) -> Path:
    """Return a small course in English and Vietnamese, not built."""
    return small_course.make(tmp_path)


def test_each_language_is_built_from_its_own_folder_and_settings(course: Path) -> None:
    read = editions.load(course)
    sources = course / "_build" / "books" / "vi" / "sources"
    config = read.derived_config("vi", sources)
    assert read.derived_toc("vi") == {
        "format": "jb-book",
        "root": "index",
        "options": {"numbered": 1},
        "chapters": [{"file": page} for page in small_course.PAGES],
    }
    assert config["title"] == "Động lượng trong tối ưu"
    assert config["sphinx"]["config"]["language"] == "vi"
    bibliography = sources / config["bibtex_bibfiles"][0]
    assert Path(os.path.normpath(bibliography)) == course / "chapters" / "references.bib"
    assert Path(config["sphinx"]["local_extensions"]["course_sphinx"]).is_absolute()
    assert read.config["title"] != config["title"], "the settings that were read must not change"


def test_a_page_that_is_not_translated_yet_is_borrowed(course: Path) -> None:
    (course / "notebooks" / "vi" / "valley.ipynb").unlink()
    read = editions.load(course)
    assert read.editions["vi"].pages == ("index", "boxes", "words")
    assert read.borrowed("vi") == ("valley", "later")
    assert read.borrowed("en") == ()
    assert read.derived_toc("vi")["chapters"] == read.derived_toc("en")["chapters"]
    there = {page: path.parent.name for page, path in read.notebooks("vi").items()}
    assert there["valley"] == there["later"] == "en"
    assert there["index"] == there["boxes"] == "vi"


def test_a_page_without_any_notebook_is_left_out(course: Path) -> None:
    (course / "notebooks" / "en" / "later.ipynb").unlink()
    read = editions.load(course)
    assert [entry["file"] for entry in read.derived_toc("vi")["chapters"]] == [
        *small_course.PAGES[:-1]
    ]


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda c: c.pop("languages"), "needs languages:"),
        (lambda c: c["languages"]["vi"].pop("title"), "vi: needs title"),
        (lambda c: c["languages"]["vi"].update(tag="viet nam"), "no BCP 47 tag"),
        (lambda c: c["languages"].update({False: c["languages"]["vi"]}), "quote it"),
    ],
)
def test_settings_that_cannot_be_used_are_named(course: Path, change: Any, message: str) -> None:
    path = course / "_config.yml"
    config = yaml.safe_load(path.read_text(encoding="utf-8"))
    change(config)
    path.write_text(yaml.safe_dump(config), encoding="utf-8")
    with pytest.raises(editions.ConfigError, match=message):
        editions.load(course)


def test_a_page_outside_the_folder_of_notebooks_is_refused(course: Path) -> None:
    (course / "_toc.yml").write_text("format: jb-book\nroot: README\n", encoding="utf-8")
    with pytest.raises(editions.ConfigError, match="README"):
        editions.load(course)


def test_links_lead_to_the_same_page_or_to_the_first(course: Path) -> None:
    (course / "notebooks" / "vi" / "valley.ipynb").unlink()
    (course / "notebooks" / "en" / "boxes.ipynb").unlink()
    read = editions.load(course)

    def urls(page: str) -> list[tuple[str, bool]]:
        links = course_sphinx.alternates(read, "en", page, ["en", "vi"])
        return [(link["url"], link["same"]) for link in links]

    assert urls("index") == [("../en/index.html", True), ("../vi/index.html", True)]
    assert urls("valley") == [("../en/valley.html", True), ("../vi/valley.html", False)]
    assert urls("boxes") == [("../en/index.html", False), ("../vi/boxes.html", True)]
    assert urls("search") == [("../en/search.html", True), ("../vi/search.html", True)]
    assert urls("deep/page")[1][0] == "../../vi/deep/page.html"


def test_addresses_are_absolute_where_the_site_has_one(course: Path) -> None:
    path = course / "_config.yml"
    config = yaml.safe_load(path.read_text(encoding="utf-8"))
    config["html"]["baseurl"] = "https://example.org/course"
    path.write_text(yaml.safe_dump(config), encoding="utf-8")
    read = editions.load(course)
    links = course_sphinx.alternates(read, "en", "valley", ["en", "vi"])
    assert links[1]["absolute"] == "https://example.org/course/vi/valley.html"
    assert read.derived_config("vi", course)["html"]["baseurl"] == "https://example.org/course/vi/"


# Words of the interface


def test_the_course_has_its_four_languages() -> None:
    read = editions.load(ROOT)
    assert tuple(read.editions) == LANGUAGES
    assert [e.tag for e in read.editions.values()] == ["en", "vi", "tr", "zh-CN"]


@pytest.mark.parametrize("key", LANGUAGES[1:])
def test_every_word_is_translated(key: str) -> None:
    english, words, vietnamese = editions.ui("en"), editions.ui(key), editions.ui("vi")
    for section in ("course", "config"):
        assert words[section].keys() == english[section].keys()
        for name, value in words[section].items():
            assert value, name
            assert value != english[section][name], f"{section}: {name} is still English"
    for section in ("sphinx", "booktheme", "proof", "exercise", "browser"):
        assert words[section].keys() == vietnamese[section].keys()
        for message, value in words[section].items():
            assert value, message
            assert value != message
            assert set(re.findall(r"\$\{\w+\}|%\w", value)) == set(
                re.findall(r"\$\{\w+\}|%\w", message)
            )


def test_a_missing_file_of_words_says_what_to_do() -> None:
    with pytest.raises(editions.ConfigError, match=r"copy site/ui/en\.json"):
        editions.ui("xx")


# Figures, line breaks, search


def test_a_figure_follows_the_theme_and_keeps_its_words() -> None:
    made = figures.inline_svg(small_course.SVG, label="A “line” & more", prefix="f7-")
    root = ElementTree.fromstring(made)
    assert root.get("aria-label") == "A “line” & more"
    assert root.get("role") == "img"
    assert "width" not in root.attrib
    assert "var(--mm-gd, #c2410c)" in made.replace("#C2410C", "#c2410c")
    assert "var(--mm-paper, #ffffff)" in made
    assert re.findall(r"#[0-9a-fA-F]{6}(?!\))", made) == [], "a colour without a variable"
    assert ">loss</text>" in made
    assert "<style" not in made, "a style sheet inside a figure is one of the page"
    assert "made by hand" not in made


def test_a_figure_is_plain_svg_whatever_else_the_process_writes() -> None:
    ElementTree.register_namespace("", "another")  # as whoever writes another kind of XML does
    made = figures.inline_svg(small_course.SVG, label="x", prefix="a-")
    assert made.startswith("<svg ")


def test_identifiers_of_two_figures_differ() -> None:
    one, two = (figures.inline_svg(small_course.SVG, label="x", prefix=p) for p in ("a-", "b-"))
    for made, prefix in ((one, "a-"), (two, "b-")):
        identifiers = set(re.findall(r'\bid="([^"]*)"', made))
        referred = set(re.findall(r'url\(#([^)]*)\)|href="#([^"]*)"', made))
        assert {r for pair in referred for r in pair if r} <= identifiers
        assert all(i.startswith(prefix) for i in identifiers)


@pytest.mark.parametrize("broken", ["", "<svg", "<html/>", "<svg/>"])
def test_what_is_no_svg_is_refused(broken: str) -> None:
    with pytest.raises(ValueError, match="not an SVG document"):
        figures.inline_svg(broken, label="x", prefix="p-")


def test_a_presentation_attribute_gets_a_variable_too() -> None:
    made = figures.inline_svg(small_course.SVG, label="x", prefix="p-")
    assert 'fill="#1d4ed8"' not in made
    assert "fill: var(--mm-momentum, #1d4ed8)" in made


@pytest.mark.parametrize(
    ("text", "joined"),
    [
        ("一句。\n二句", "一句。二句"),
        ("一\n二", "一二"),
        ("值为 0.4，\nη", "值为 0.4，η"),
        ("用 Python\n写", "用 Python\n写"),
        ("A sentence.\nAnother.", "A sentence.\nAnother."),
        ("“引用”\n之后", "“引用”之后"),
    ],
)
def test_line_breaks_leave_no_gap_in_chinese(text: str, joined: str) -> None:
    assert linebreaks.join_lines(text) == joined


def test_chinese_text_and_query_are_cut_alike() -> None:
    quickjs = pytest.importorskip("quickjs")
    context = quickjs.Context()
    context.eval(searchwords.PairsOfCharacters.js_splitter_code + ";globalThis.s = splitQuery")
    cut = context.eval("q => JSON.stringify(s(q))")
    words = searchwords.PairsOfCharacters({})
    for text in ("动量法", "动", "学习率 η 与 momentum", "条件数κ=20，很大", "SGD动量beta"):
        assert json.loads(cut(text)) == words.split(text)


@pytest.mark.parametrize(
    "module",
    [
        *("apipage", "assemble", "borrowed", "editions", "figures", "formulas", "katexmath"),
        *("linebreaks", "searchwords", "terms"),
    ],
)
def test_examples_in_the_documentation_hold(module: str) -> None:
    result = doctest.testmod(importlib.import_module(module))
    assert result.failed == 0


# The reference of the library


def test_the_reference_knows_every_public_name() -> None:
    import d2lmini
    from d2lmini import dialects, explore

    wanted = {
        *(f"d2l.{name}" for name in d2lmini.__all__),
        *(f"d2l.dialects.{name}" for name in dialects.__all__),
        *(f"d2l.explore.{name}" for name in explore.__all__),
    }
    assert set(reference.read(ROOT / "d2lmini")) == wanted


def test_the_reference_page_lists_every_public_name_once() -> None:
    page = chapters.read(ROOT / "chapters" / "en" / "api.md")
    listed = [element.value for element in page.of_kind("term")]
    assert sorted(listed) == sorted(reference.read(ROOT / "d2lmini"))


def test_what_is_read_is_what_python_says() -> None:
    """Static reading against the imported package: signatures and docstrings."""
    import inspect

    import d2lmini

    compared = 0
    for name, entry in reference.read(ROOT / "d2lmini").items():
        if entry.kind != "function":
            continue
        value = d2lmini
        for part in name.split(".")[1:]:
            value = getattr(value, part)
        assert entry.doc == inspect.getdoc(value), name
        parameters = inspect.signature(value).parameters
        read_names = re.findall(
            r"(?:^|, )\*{0,2}(\w+)", re.sub(r"=[^,]*", "", entry.signature[1:-1])
        )
        assert [n for n in read_names if n in parameters] == list(parameters), name
        compared += 1
    assert compared > 20


def test_a_public_name_that_is_nowhere_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "__init__.py").write_text("_MODULE_OF = {'a': 'm'}\n_SUBMODULES = ()\n", "utf-8")
    (tmp_path / "m.py").write_text("b = 1\n", "utf-8")
    with pytest.raises(LookupError, match="a is public, but is neither defined nor imported"):
        reference.read(tmp_path)


# Pages in another language


def test_only_the_text_is_borrowed() -> None:
    one = b"<title>vi</title>" + borrowed.mark("<p>Vi</p>").encode() + b"<footer>vi</footer>"
    two = b"<title>en</title>" + borrowed.mark("<p>En</p>").encode() + b"<footer>en</footer>"
    assert borrowed.borrow(one, two) == (
        b"<title>vi</title>" + borrowed.mark("<p>En</p>").encode() + b"<footer>vi</footer>"
    )
    with pytest.raises(ValueError, match="not marked"):
        borrowed.borrow(b"<p>no mark</p>", two)


# Putting the site together


def books(folder: Path, **files: dict[str, str]) -> dict[str, Path]:
    """Write a folder of files for each language."""
    for key, content in files.items():
        for name, text in content.items():
            path = folder / key / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")
    return {key: folder / key for key in files}


def test_what_is_the_same_in_all_languages_is_there_once(tmp_path: Path) -> None:
    page = '<link href="_static/a.css?v=1"><script src="_static/words.js"></script><a href="x">'
    deep = '<link href="../_static/a.css">'
    folders = books(
        tmp_path,
        en={"_static/a.css": "a", "_static/words.js": "en", "i.html": page, "d/i.html": deep},
        vi={"_static/a.css": "a", "_static/words.js": "vi", "i.html": page, "d/i.html": deep},
    )
    site = assemble.collect(folders, {"index.html": b"front"})
    assert set(site) == {
        "_static/a.css",
        *("index.html", "en/i.html", "vi/i.html", "en/d/i.html", "vi/d/i.html"),
        *("en/_static/words.js", "vi/_static/words.js"),
    }
    assert b'"../_static/a.css?v=1"' in site["vi/i.html"]
    assert b'"_static/words.js"' in site["vi/i.html"]
    assert b'"../../_static/a.css"' in site["vi/d/i.html"]


def content(folder: Path) -> dict[str, bytes]:
    """Return the files below `folder`."""
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file()
    }


def test_a_new_site_replaces_the_old_one_and_keeps_what_did_not_change(tmp_path: Path) -> None:
    target = tmp_path / "html"
    assert assemble.assemble(target, {"a": b"1", "b/c": b"2", "gone": b"3"}) == 3
    before = (target / "a").stat()
    assert assemble.assemble(target, {"a": b"1", "b/c": b"new"}) == 2
    assert content(target) == {"a": b"1", "b/c": b"new"}
    after = (target / "a").stat()
    assert (after.st_ino, after.st_mtime_ns) == (before.st_ino, before.st_mtime_ns)
    assert assemble.assemble(target, {"a": b"1", "b/c": b"new"}) == 0
    assert sorted(p.name for p in tmp_path.iterdir()) == ["html"]


@pytest.mark.parametrize("killed", [False, True], ids=["interrupted", "killed"])
@pytest.mark.parametrize("at", range(1, 5))
def test_an_interruption_leaves_the_old_site_or_the_new_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, at: int, killed: bool
) -> None:
    target = tmp_path / "html"
    old, new = {"a": b"old", "b": b"old"}, {"a": b"new", "b": b"new"}
    assemble.assemble(target, old)
    calls = 0

    def interrupted(real: Any) -> Any:
        def call(*args: Any, **options: Any) -> Any:
            nonlocal calls
            calls += 1
            if calls == at:
                raise KeyboardInterrupt
            return real(*args, **options)

        return call

    with monkeypatch.context() as patch:
        patch.setattr(Path, "write_bytes", interrupted(Path.write_bytes))
        patch.setattr(Path, "rename", interrupted(Path.rename))
        if killed:  # then nothing else is done
            patch.setattr(assemble, "recover", lambda target: None)
        with pytest.raises(KeyboardInterrupt):
            assemble.assemble(target, new)
    if killed:
        assemble.recover(target)
    assert sorted(p.name for p in tmp_path.iterdir()) == ["html"]
    assert content(target) in (old, new)
    assemble.assemble(target, new)
    assert content(target) == new
    assert sorted(p.name for p in tmp_path.iterdir()) == ["html"]


# What is up to date


def test_whatever_has_a_part_in_the_site_is_seen_to_change(
    course: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    there = Repository("https://github.com/ada/course", "main")

    def now(shown: tuple[str, ...] = ("en", "vi"), published: Repository | None = there) -> str:
        return stamps.site(editions.load(course), list(shown), published)

    before = now()
    assert now() == before
    seen = {before, now(("en",)), now(published=None), now(published=Repository(there.web, "a"))}
    edited = ("notebooks/vi/valley.ipynb", "notebooks/en/later.ipynb", "chapters/references.bib")
    for name in (*edited, "chapters/glossary.csv", "_config.yml", "_toc.yml"):
        path = course / name
        path.write_bytes(path.read_bytes() + b"\n")
        seen.add(now())
    monkeypatch.setenv("COURSE_BASE_URL", "https://example.org/course/")
    seen.add(now())
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "1767225600")
    seen.add(now())
    assert len(seen) == 4 + 6 + 2


def test_the_modules_that_a_book_is_built_with_are_all_known() -> None:
    known = set(stamps._modules("course_sphinx", "onebook"))
    code = """import sys
sys.path.insert(0, sys.argv[1])
import course_sphinx, onebook, solutions
print(*(getattr(module, "__file__", "") for module in sys.modules.values()), sep="\\n")
"""
    done = subprocess.run(
        [sys.executable, "-c", code, str(BOOK.parent)], capture_output=True, text=True, check=True
    )
    imported = {Path(line) for line in done.stdout.splitlines()}
    assert {path for path in imported if path.parent == BOOK.parent} <= known
    assert not known & {
        BOOK.parent / f"{name}.py" for name in ("book", "assemble", "pdf", "slides")
    }


# Builds, as from the command line


# A build asks its surroundings where the course is published; those of the tests do not count.
PUBLISHED = {"COURSE_REPOSITORY": "https://github.com/ada/course", "COURSE_BRANCH": "main"}
NOWHERE = {"COURSE_REPOSITORY": "", "COURSE_BRANCH": "", "GITHUB_REPOSITORY": ""}


def run(root: Path, *arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """Build the course in `root`, which is published, to the end."""
    return subprocess.run(
        command(root, *arguments),
        capture_output=True,
        text=True,
        cwd=root,
        env={**os.environ, **PUBLISHED, "PYTHONPATH": str(ROOT), **environment},
        timeout=300,
        check=False,
    )


def command(root: Path, *arguments: str) -> list[str]:
    """Return the command which builds the course in `root`."""
    return [sys.executable, str(BOOK), "--root", str(root), *arguments]


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a small course which has been built; tests work on copies of it."""
    root = small_course.make(tmp_path_factory.mktemp("built"))
    path = root / "_config.yml"
    config = yaml.safe_load(path.read_text(encoding="utf-8"))
    config["repository"] = {"url": PUBLISHED["COURSE_REPOSITORY"], "branch": "main"}
    path.write_text(yaml.safe_dump(config, allow_unicode=True), encoding="utf-8")
    done = run(root)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "on Binder and Colab, from https://github.com/ada/course, branch main." in done.stdout
    return root


@pytest.fixture
def copy(built: Path, tmp_path: Path) -> Iterator[Path]:
    """Return a copy of the built course, which a test may change.

    Sphinx remembers paths and times, so the copy keeps both: it is moved to where the original
    is for the time of the test.
    """
    keep = tmp_path / "keep"
    shutil.copytree(built, keep, copy_function=shutil.copy2)
    yield built
    shutil.rmtree(built)
    keep.rename(built)


def page(root: Path, name: str) -> str:
    """Return a file of the built site."""
    return (root / "_build" / "html" / name).read_text(encoding="utf-8")


def identity(folder: Path) -> dict[str, tuple[int, int]]:
    """Return inode and time of every file below `folder`: what does not change if nobody writes."""
    return {
        path.relative_to(folder).as_posix(): (path.stat().st_ino, path.stat().st_mtime_ns)
        for path in folder.rglob("*")
        if path.is_file()
    }


@pytest.mark.slow
def test_the_site_has_every_language_and_one_copy_of_what_they_share(built: Path) -> None:
    html = built / "_build" / "html"
    assert {p.name for p in html.iterdir() if p.is_dir()} == {
        *("_static", "cards", "landing"),
        *("en", "vi"),
    }
    assert (html / "_static" / "katex" / "katex.min.css").is_file()
    assert not list(html.glob("??/_static/katex*"))
    assert '<html lang="vi"' in page(built, "vi/valley.html")
    assert (html / "vi" / "_notebooks" / "valley.ipynb").is_file()
    assert not (html / "vi" / "_sources").exists()


@pytest.mark.slow
def test_nothing_is_fetched_from_elsewhere(built: Path) -> None:
    for path in (built / "_build" / "html").rglob("*.html"):
        text = path.read_text(encoding="utf-8")
        fetched = re.findall(r'<(?:script|link|img|iframe)[^>]*(?:src|href)="(https?:[^"]*)"', text)
        assert fetched == [], path.name
        assert "MathJax" not in text
        assert "require.js" not in text.lower()
        assert "thebe" not in text.lower()


@pytest.mark.slow
def test_links_between_the_languages(built: Path) -> None:
    text = page(built, "vi/valley.html")
    assert re.findall(r'rel="alternate" hreflang="([^"]*)" href="([^"]*)"', text) == [
        ("en", "../en/valley.html"),
        ("vi", "../vi/valley.html"),
        ("x-default", "../en/valley.html"),
    ]
    assert 'hreflang="x-default" href="../index.html"' in page(built, "vi/index.html")
    menu = re.search(r'<details class="mm-languages">.*?</details>', text, flags=re.DOTALL)
    assert menu is not None
    assert re.findall(r'<a href="([^"]*)" lang="([^"]*)"', menu[0]) == [
        ("../en/valley.html", "en"),
        ("../vi/valley.html", "vi"),
    ]
    assert re.findall(r'lang="(\w+)"[^>]*aria-current', menu[0]) == ["vi"]


@pytest.mark.slow
def test_a_source_is_in_english_in_every_language_and_the_pages_that_cite_it_are_not(
    built: Path,
) -> None:
    entry = BeautifulSoup(page(built, "vi/index.html"), "html.parser").select_one("div.citation p")
    assert entry is not None
    english = entry.select_one('[lang="en"]')
    assert english is not None
    assert "Some methods" in english.get_text()
    cited_on = entry.select_one(".mm-cited-on")
    assert cited_on is not None
    assert cited_on.get_text() == "Mở đầu"
    assert cited_on.find_parent(lang="en") is None


def notebook_menu(text: str) -> str:
    """Return the menu of the notebook of a page."""
    menu = re.search(r'<details class="mm-notebook">.*?</details>', text, flags=re.DOTALL)
    assert menu is not None
    return menu[0]


@pytest.mark.slow
@pytest.mark.parametrize(
    ("name", "notebook", "command"),
    [
        ("en/valley", "en/valley", "make lab"),
        ("vi/valley", "vi/valley", "make lab LANG=vi"),
        ("vi/later", "en/later", "make lab"),  # there is no Vietnamese one
    ],
)
def test_a_page_says_where_its_notebook_runs(
    built: Path, name: str, notebook: str, command: str
) -> None:
    menu = notebook_menu(page(built, f"{name}.html"))
    links = dict(re.findall(r'<a href="([^"]*)" target="_blank" rel="noopener">([^<]*)<', menu))
    run_on = editions.ui(name[:2])["course"]["run_on"]
    file = f"notebooks/{notebook}.ipynb"
    quoted = f"lab%2Ftree%2Fmy-notebooks%2F{notebook.replace('/', '%2F')}.ipynb"
    assert links == {
        f"https://mybinder.org/v2/gh/ada/course/main?urlpath={quoted}": run_on % "Binder",
        f"https://colab.research.google.com/github/ada/course/blob/main/{file}": run_on % "Colab",
        "https://github.com/ada/course": editions.ui(name[:2])["course"]["repository"],
    }
    assert f"<code>{command}</code>" in menu
    there, saved = f"_notebooks/{Path(name).name}.ipynb", f"{Path(name).name}-{notebook[:2]}.ipynb"
    assert f'href="{there}" download="{saved}"' in menu


@pytest.mark.slow
def test_the_cell_that_installs_the_course_is_in_the_notebook_and_not_on_the_page(
    built: Path,
) -> None:
    cell = "google.colab"
    assert cell in page(built, "vi/_notebooks/valley.ipynb")
    assert cell not in page(built, "vi/valley.html")
    assert cell not in page(built, "vi/searchindex.js")


def test_the_notebooks_of_another_repository_are_not_offered_on_colab(
    course: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    read = editions.load(course)
    there = Repository("https://github.com/ada/course", "main")
    assert not book.on_colab(read, there)
    config = {**read.config, "repository": {"url": there.web, "branch": "main"}}
    same = dataclasses.replace(read, config=config)
    assert book.on_colab(same, there)
    assert not book.on_colab(same, Repository(there.web, "spring"))
    book.tell_where_notebooks_run(read, there)
    assert "on Binder, from https://github.com/ada/course, branch main; not on Colab" in (
        capsys.readouterr().out
    )
    monkeypatch.setenv("COURSE_NOTEBOOKS_BRANCH", "notebooks")
    book.tell_where_notebooks_run(read, there)
    assert "on Binder and Colab, from" in capsys.readouterr().out, "the plain ones can"


@pytest.mark.parametrize(
    ("branch", "opened"), [("", "main/notebooks/vi/later.ipynb"), ("plain", "plain/vi/later.ipynb")]
)
def test_colab_opens_the_plain_notebook_where_there_is_a_branch_of_them(
    branch: str, opened: str
) -> None:
    config = SimpleNamespace(
        course_repository={"web": "https://github.com/ada/course", "branch": "main"},
        course_plain_branch=branch,
        course_on_colab=True,
    )
    ways = course_sphinx._ways_to_run(config, "later", "vi")  # type: ignore[arg-type]
    links = {link["name"]: link["url"] for link in ways["runs_on"]}
    assert links["Colab"] == f"https://colab.research.google.com/github/ada/course/blob/{opened}"
    assert links["Binder"].endswith("notebooks%2Fvi%2Flater.ipynb"), "where the environment is"
    config.course_on_colab = False  # only the stored ones lack the cell that installs the course
    names = [link["name"] for link in course_sphinx._ways_to_run(config, "later", "vi")["runs_on"]]  # type: ignore[arg-type]
    assert ("Colab" in names) == bool(branch)


def test_an_address_that_cannot_be_used_stops_the_build(course: Path) -> None:
    done = run(course, COURSE_REPOSITORY="ada/course")
    assert done.returncode == 1
    assert "COURSE_REPOSITORY=ada/course is no repository" in done.stderr
    assert not (course / "_build" / "html").exists()


@pytest.mark.slow
def test_formulas_and_figures_are_numbered_and_referred_to(built: Path) -> None:
    text = page(built, "vi/valley.html")
    assert '<span class="katex">' in text
    number = re.search(r'<span class="eqno">\(([\d.]+)\)', text)
    assert number is not None
    assert f'href="#equation-eq-loss">({number[1]})</a>' in text
    assert re.search(r'<span class="caption-number">Hình \d', text)
    assert re.search(r'href="#fig-line"><span[^>]*>Hình \d', text)
    assert text.count('role="img"') == 2
    identifiers = re.findall(r'\bid="([^"]+)"', text)
    assert len(identifiers) == len(set(identifiers))


@pytest.mark.slow
def test_a_page_without_a_translation_is_english_in_the_frame_of_its_edition(built: Path) -> None:
    text = page(built, "vi/later.html")
    words = editions.ui("vi")["course"]
    assert '<html lang="vi"' in text
    before, _, article = text.partition("<!--course:text-->")
    assert words["untranslated"] in before
    assert f'href="../en/later.html" hreflang="en">{words["untranslated_more"]}</a>' in before
    assert before.rstrip().endswith('<div class="mm-original" lang="en">')
    article = article.partition("<!--course:text ends-->")[0]
    assert "An English sentence about the plateau" in article
    for said in ("Fig. 4.1", "Theorem 4.1", "Theorem 2.2"):
        assert said in article
    assert not re.search("Hình|Định lý", article), "numbers are those of the English page"
    assert '<link rel="canonical" href="../en/later.html"' in text
    # No search engine is told that this is Vietnamese, but the menu leads from one to the other.
    assert re.findall(r'rel="alternate" hreflang="([^"]*)"', text) == ["en", "x-default"]
    assert 'href="../vi/later.html" lang="vi"' in page(built, "en/later.html")
    assert 'href="later.html"' in page(built, "vi/boxes.html"), "in the table of contents"
    assert 'download="later-en.ipynb"' in text
    assert "plateau" in page(built, "vi/searchindex.js")
    assert words["untranslated"] not in page(built, "vi/valley.html")


@pytest.mark.slow
def test_the_notebook_of_a_page_without_a_translation_is_the_english_one(built: Path) -> None:
    text = page(built, "vi/_notebooks/later.ipynb")
    assert text == page(built, "en/_notebooks/later.ipynb")
    assert "**Theorem 4.1**" in text


@pytest.mark.slow
def test_a_plain_notebook_says_what_its_page_says(built: Path) -> None:
    boxes = plain_text(built, "vi/boxes")
    for said in (
        "> **Định nghĩa 2.1** (Thung lũng)\n>\n> $\\rho = |1 - \\eta\\lambda|$\n",
        "> **Định lý 2.2** (Thung lũng $\\beta$)\n",
        "> $$ 0 < \\eta\\lambda < 2 \\tag{2.1} $$",
        "<details>\n<summary><b>Chứng minh</b></summary>\n\n$$ a = b $$\n\n> **Bổ đề 2.3**\n",
        "<summary><b>Lời giải Bài tập 2.1</b></summary>",
        "Định lý 2.2, Định nghĩa 2.1, ",
        "**Bài tập 2.2**\n\nMột đoạn văn về động lượng.\n\n⟦print(3)⟧",  # cells cannot be quoted
        "> **Lời giải Bài tập 2.2**\n>\n> $4$",
    ):
        assert said in boxes, said
    valley = plain_text(built, "vi/valley")
    for said in (
        "# 1. Thung lũng\n",
        "see (1.1) and Hình 1.1.",
        "$$ \\begin{aligned} v &\\leftarrow \\beta v + g \\\\ x",
        "> **Ghi chú**\n>\n> Một đoạn văn",
        "$$ f(x) = \\frac{1}{2} \\lambda x^2 \\tag{1.1} $$",
        "<details>\n<summary>Thung lũng</summary>\n\n$x^2$\n\n</details>",
        "| $\\eta$ | $\\beta$ |\n| --- | --- |\n| 0.4 | 0.5 |",
        "⟦fig⟧\n\n**Hình 1.1** Thung lũng",
    ):
        assert said in valley, said
    assert "- **động lượng** (en momentum)\n\n  Một đoạn" in plain_text(built, "vi/words")
    assert "\n### `d2l.momentum(grad, x0, *, eta, beta" in plain_text(built, "vi/words")
    assert "Polyak [1964]" in plain_text(built, "vi/index")


def plain_text(root: Path, name: str) -> str:
    """Return the text of a plain notebook, with the code of its cells in ⟦⟧."""
    language, _, stem = name.partition("/")
    notebook = nbformat.reads(page(root, f"{language}/_notebooks/{stem}.ipynb"), as_version=4)
    shown = [cell for cell in notebook.cells if "install" not in cell.metadata.get("tags", ())]
    return "\n\n".join(
        cell.source if cell.cell_type == "markdown" else f"⟦{cell.source}⟧" for cell in shown
    )


@pytest.mark.slow
def test_boxes_are_numbered_named_and_folded_by_the_browser(built: Path) -> None:
    text = page(built, "vi/boxes.html")
    for said in ("Định nghĩa 2.1", "Định lý 2.2", "Bổ đề 2.3", "Nhận xét", "Chứng minh"):
        assert f'<span class="mm-box-label">{said}</span>' in text
    assert '<a class="reference internal" href="#thm-boxes-stable">Định lý 2.2</a>' in text
    for label, said in (
        ("ex-boxes-rate", "Bài tập 2.1"),
        ("sol-boxes-rate", "Lời giải Bài tập 2.1"),
    ):
        assert re.search(rf'href="#{label}"><span class="std [^"]*">{said}</span></a>', text)
    assert '<summary class="mm-box-title"><span class="mm-box-label">Chứng minh</span>' in text
    folded = re.findall(r'<details class="([^"]*)"[^>]*>\n*<summary', text)
    assert folded.count("mm-box mm-box-proof") == 1
    assert folded.count("mm-box mm-box-solution") == 1
    title = re.search(
        r'<div class="mm-box mm-box-theorem" id="thm-boxes-stable">.*?</p>', text, re.S
    )
    assert title is not None
    assert 'class="katex"' in title[0], "formulas in titles are drawn"
    assert '<span class="eqno">(2.1)' in text
    identifiers = re.findall(r'\bid="([^"]+)"', text)
    assert len(identifiers) == len(set(identifiers))
    code = text.index("Bài tập 2.2</span>")
    assert code < text.index('class="nb">print') < text.index("Lời giải Bài tập 2.2</span>")
    names = {path.name for path in (built / "_build" / "html").rglob("*")}
    assert not names & {"proof.css", "exercise.css", "togglebutton.js"}
    assert not re.search("proof.css|exercise.css|togglebutton", text)


@pytest.mark.slow
def test_terms_come_from_the_table_and_code_leads_to_the_reference(built: Path) -> None:
    text = page(built, "vi/words.html")
    assert re.search(r'<dt id="term-momentum"><span class="mm-term">động lượng</span>', text)
    assert re.search(r'en <span lang="en">momentum</span>', text)
    assert 'href="#term-learning-rate"' in text
    for code in ("d2l.momentum", "d2l.momentum(f.grad, x0)", "d2lmini.Trace", "d2l.Trace.steps"):
        name = code.partition("(")[0].replace("d2lmini", "d2l")
        assert re.search(
            rf'<a class="mm-code-link[^"]*" href="#{re.escape(name)}"><code[^>]*>.*?</code></a>',
            text,
        ), code
    assert re.search(r'(?<!">)<code[^>]*><span class="pre">d2l.unheard_of</span></code>', text)
    entry = re.search(r'<div class="mm-api" id="d2l.momentum" lang="en">.*?\n</div>', text, re.S)
    assert entry is not None
    assert (
        '<b>momentum</b><span class="mm-api-arguments">(grad, x0, *, eta, beta, steps' in entry[0]
    )
    assert 'class="katex"' in entry[0]
    assert re.search(r'<dt>eta<span class="classifier">', entry[0])
    assert '<span class="gp">&gt;&gt;&gt; </span>' in entry[0]
    assert 'id="d2l.Trace.steps"' in text
    assert "load_mnist" in page(built, "vi/searchindex.js")


@pytest.mark.slow
def test_sources_say_which_pages_cite_them(built: Path) -> None:
    text = page(built, "vi/index.html")
    assert re.search(
        r'<span class="mm-cited-on"><a class="[^"]*" href="[^"]*">Mở đầu</a></span>', text
    )


@pytest.mark.slow
def test_an_explorable_carries_its_figure_and_its_script(built: Path) -> None:
    text = page(built, "vi/index.html")
    block = re.search(
        r'<div class="mm-explorable" data-explorable="ravine">.*?</script>', text, re.S
    )
    assert block is not None
    assert '<div class="mm-static"><div class="mm-figure"><svg' in block[0]
    assert '"model_id": "box"' in block[0]
    assert "SECRET" not in text, "the module's source belongs into its file"
    assert "_anywidget_id" in text
    scripts = re.findall(r'<script defer="defer" src="([^"?]*/explore/[^"?]*)', text)
    names = ("shared", "host", "ravine")
    assert scripts == [f"../_static/explore/{name}.js" for name in names]
    assert "explore/" not in page(built, "vi/valley.html")
    script = page(built, "_static/explore/ravine.js")
    assert "momentumExplorables" in script
    assert not re.search(r"^(export|import)\b", script, flags=re.MULTILINE)


@pytest.mark.slow
def test_code_that_readers_need_not_see_is_folded(built: Path) -> None:
    text = page(built, "vi/index.html")
    assert editions.ui("vi")["course"]["show_code"] in text
    assert "Toggle hidden content" not in text


@pytest.mark.slow
def test_a_second_build_touches_nothing(copy: Path) -> None:
    before = identity(copy / "_build" / "html")
    done = run(copy)
    assert done.returncode == 0, done.stderr
    assert "nothing to do" in done.stdout
    assert identity(copy / "_build" / "html") == before
    script = copy / "_build" / "html" / "_static" / "course.js"
    script.write_text("damaged", encoding="utf-8")
    assert "\n1 of " in run(copy).stdout
    assert "damaged" not in script.read_text(encoding="utf-8")


def test_a_book_whose_notebooks_for_jupyterlab_are_gone_is_not_complete(tmp_path: Path) -> None:
    task = onebook.Task("vi", {"index": tmp_path / "index.ipynb"}, tmp_path / "vi", True)
    task.html.mkdir(parents=True)
    task.finish({"frame": "x"})
    assert task.stamp() == {}
    task.lab.mkdir()
    (task.lab / "index.ipynb").touch()
    assert task.stamp() == {"frame": "x"}
    task.start("x")
    assert (task.lab / "index.ipynb").is_file(), "a page that did not change is not written again"
    task.finish({"frame": "x"})
    task.start("y")
    assert not task.lab.exists()


@pytest.mark.slow
def test_an_edit_changes_its_page_and_no_other_language(copy: Path) -> None:
    before = identity(copy / "_build" / "html")
    path = copy / "notebooks" / "vi" / "valley.ipynb"
    path.write_text(path.read_text("utf-8").replace("Một đoạn văn", "Một đoạn khác"), "utf-8")
    # Asked for English alone, a build leaves the other language to the next one.
    assert "en, vi: nothing to do" in run(copy, "--lang", "en").stdout
    done = run(copy)
    assert done.returncode == 0, done.stderr
    assert "en: nothing to do" in done.stdout
    assert "Một đoạn khác" in page(copy, "vi/valley.html")
    after = identity(copy / "_build" / "html")
    changed = {name for name in before if before[name] != after[name]}
    assert changed == {"vi/valley.html", "vi/_notebooks/valley.ipynb", "vi/searchindex.js"}


@pytest.mark.slow
def test_a_new_title_appears_on_every_page_of_the_language(copy: Path) -> None:
    path = copy / "notebooks" / "vi" / "valley.ipynb"
    path.write_text(path.read_text("utf-8").replace("# Thung lũng", "# Hẻm núi"), "utf-8")
    done = run(copy)
    assert done.returncode == 0, done.stderr
    assert page(copy, "vi/index.html").count("Hẻm núi") >= 2  # in the sidebar and as next page
    assert "Hẻm núi" not in page(copy, "en/index.html")


@pytest.mark.slow
def test_an_edit_of_a_module_shows_without_an_edit_of_a_notebook(
    copy: Path, tmp_path: Path
) -> None:
    packages = tmp_path / "packages"
    shutil.copytree(
        ROOT / "d2lmini", packages / "d2lmini", ignore=shutil.ignore_patterns("__pycache__")
    )
    before = page(copy, "vi/index.html")
    module = packages / "d2lmini" / "explore" / "ravine.js"
    module.write_text(module.read_text("utf-8") + "\nconst EDITED = 1;\n", "utf-8")
    done = run(copy, PYTHONPATH=str(packages))
    assert done.returncode == 0, done.stderr
    assert "EDITED" in page(copy, "_static/explore/ravine.js")
    after = page(copy, "vi/index.html")
    for name in ("host", "ravine"):
        version = re.compile(rf"explore/{name}\.js\?v=(\w+)")
        one, two = version.search(before), version.search(after)
        assert one is not None
        assert two is not None
        assert (one[1] != two[1]) == (name == "ravine"), "a browser would go on using the old one"


@pytest.mark.slow
def test_every_fault_of_every_language_is_told_and_told_again_and_the_site_stays(
    copy: Path,
) -> None:
    before = identity(copy / "_build" / "html")
    # A broken formula, and what readers should not get.
    notebook = small_course.valley_page("vi", r"\frac{1")
    _, _, code, _, figure, widget = notebook.cells
    code.outputs = [nbformat.v4.new_output("stream", name="stderr", text="findfont: no")]
    del figure.metadata["mystnb"]["image"]
    widget.outputs[0].data = {small_course.VIEW: {"model_id": "m"}, "text/plain": "w"}
    small_course.write_page(copy, "vi", "valley", notebook)
    words = "# x\n\n{ref}`nowhere`\n\n:::{topic} T\n\nNot in plain Markdown.\n:::\n"
    unknown = small_course.notebook(small_course.markdown(words))
    small_course.write_page(copy, "en", "valley", unknown)
    # Again, for what was read in the first attempt is not read in the second one.
    for _ in range(2):
        done = run(copy)
        assert done.returncode == 1
        assert re.search(r"vi/valley\.ipynb:\d+: WARNING: formula “f\(x\) = ", done.stderr)
        assert re.search(r"en/valley\.ipynb:\d+: WARNING: undefined label: 'nowhere'", done.stderr)
        assert re.search(
            r"en/valley\.ipynb:\d+: WARNING: on the page 'valley', \{topic\} has no form in the "
            r"notebook to download: .* site/plainmarkdown\.py",
            done.stderr,
        )
        assert "stderr was found" in done.stderr
        assert "a figure without a description" in done.stderr
        assert "a widget without a figure" in done.stderr
        assert identity(copy / "_build" / "html") == before


@pytest.mark.slow
def test_a_broken_formula_of_a_chapter_is_named_with_its_line_there(copy: Path) -> None:
    before = identity(copy / "_build" / "html")
    chapter = copy / "chapters" / "vi" / "valley.md"
    chapter.parent.mkdir()
    chapter.write_text("---\ntitle: x\n---\n# x\n\n$\\frac{1$\n", encoding="utf-8")
    notebook = small_course.valley_page("vi", formula=r"\frac{1")
    small_course.write_page(copy, "vi", "valley", notebook)
    done = run(copy)
    assert done.returncode == 1
    assert "chapters/vi/valley.md:6: formula" in done.stderr
    assert identity(copy / "_build" / "html") == before


@pytest.mark.slow
def test_a_killed_build_leaves_the_site_and_the_next_one_recovers(copy: Path) -> None:
    path = copy / "notebooks" / "vi" / "valley.ipynb"
    text = path.read_text("utf-8")
    log = copy / "_build" / "books" / "vi" / "build.log"
    for attempt in range(5):  # where we are not given time to look, the build may end before we do
        path.write_text(text.replace("Một đoạn văn", f"Một đoạn khác {attempt}"), "utf-8")
        before = identity(copy / "_build" / "html")
        log.unlink()
        build = subprocess.Popen(
            command(copy),
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            env={**os.environ, "PYTHONPATH": str(ROOT)},
            start_new_session=True,
        )
        deadline = time.monotonic() + 120
        while build.poll() is None and not (
            log.is_file() and "reading sources" in log.read_text("utf-8")
        ):
            assert time.monotonic() < deadline
            time.sleep(0.02)
        if build.poll() is None:
            os.killpg(build.pid, signal.SIGKILL)
        if build.wait() == -signal.SIGKILL:
            break
    else:
        pytest.fail("the build could not be killed in five attempts")
    assert identity(copy / "_build" / "html") == before
    done = run(copy)
    assert done.returncode == 0, done.stderr
    assert f"Một đoạn khác {attempt}" in page(copy, "vi/valley.html")


@pytest.mark.slow
def test_of_two_builds_at_once_one_waits(copy: Path) -> None:
    (copy / "_build" / "books" / "vi" / "built.json").unlink()
    with FileLock(copy / "_build" / ".book.lock"):  # as if a third one were at work
        builds = [
            subprocess.Popen(
                command(copy),
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                text=True,
                env={**os.environ, "PYTHONPATH": str(ROOT)},
            )
            for _ in range(2)
        ]
        for build in builds:
            assert build.stdout is not None
            assert "waiting" in build.stdout.readline()
    said = [build.communicate(timeout=300)[0] for build in builds]
    assert [build.returncode for build in builds] == [0, 0], said
    assert sum("Building vi" in text for text in said) == 1
    assert sum("en, vi: nothing to do" in text for text in said) == 1


@pytest.mark.slow
def test_plain_jupyter_book_gives_the_english_edition(copy: Path) -> None:
    site = content(copy / "_build" / "html")
    done = subprocess.run(
        ["jupyter-book", "build", ".", "-W", "-n", "--keep-going"],
        executable=shutil.which("jupyter-book", path=str(Path(sys.executable).parent)),
        capture_output=True,
        text=True,
        cwd=copy,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        timeout=300,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    text = page(copy, "notebooks/en/valley.html")
    assert '<span class="katex">' in text
    assert "mm-languages" not in text, "there is no other language to go to"
    assert 'data-explorable="ravine"' in page(copy, "notebooks/en/index.html")
    # It writes into the folder of the site; the next build of the course puts that right.
    assert run(copy).returncode == 0
    assert content(copy / "_build" / "html") == site


@pytest.mark.slow
def test_a_further_language_is_settings_and_files(tmp_path: Path) -> None:
    root = small_course.make(tmp_path / "course", languages=("en",))
    ignore = shutil.ignore_patterns("__pycache__")
    shutil.copytree(ROOT / "site", root / "site", ignore=ignore)
    shutil.copy(ROOT / "requirements.txt", root)
    path = root / "_config.yml"
    config = yaml.safe_load(path.read_text(encoding="utf-8"))
    config["sphinx"]["local_extensions"] = {"course_sphinx": "site"}
    config["languages"]["de"] = {
        "name": "Deutsch",
        "tag": "de",
        "sphinx": "de",
        "title": "Impuls in der Optimierung",
        "description": "Warum der Gradientenabstieg langsam ist.",
    }
    path.write_text(yaml.safe_dump(config, allow_unicode=True), encoding="utf-8")
    shutil.copy(root / "site" / "ui" / "en.json", root / "site" / "ui" / "de.json")
    small_course.copy_pages(root, "en", "de")
    done = subprocess.run(
        [sys.executable, "site/book.py", "--lang", "de"],
        capture_output=True,
        text=True,
        cwd=root,
        env={**os.environ, **NOWHERE, "PYTHONPATH": str(ROOT)},
        timeout=300,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert '<html lang="de"' in page(root, "de/valley.html")
    menu = notebook_menu(page(root, "de/valley.html"))
    assert menu.count("<a ") == menu.count(" download=") == 1, "it is published nowhere"
    assert "Impuls in der Optimierung" in page(root, "index.html")
    assert not (root / "_build" / "html" / "en").exists()


@pytest.mark.slow
def test_a_site_without_solutions_has_none_anywhere_and_stands_beside_the_other(
    copy: Path,
) -> None:
    full = copy / "_build" / "html"
    before = identity(full)
    assert "mm-box-solution" in page(copy, "en/boxes.html")
    done = run(copy, "--lang", "en", "--solutions", "no")
    assert done.returncode == 0, done.stdout + done.stderr
    assert identity(full) == before
    site = copy / "_build" / "without-solutions" / "html"
    files = {path: path.read_bytes() for path in site.rglob("*") if path.is_file()}
    secret = (b"sol-boxes-rate", b"rho = 0.9", b"mm-box-solution", b"Solution to")
    css = site / "_static" / "course.css"  # where the class has its look
    assert [str(path) for path, data in files.items() for s in secret if s in data] == [str(css)]
    text = (site / "en" / "boxes.html").read_text("utf-8")
    assert text.count('class="mm-box mm-box-exercise"') == 2
    assert len(re.findall(r'<a class="[^"]*" href="#ex-boxes-rate"', text)) >= 3
    # Both are up to date now, each for itself.
    again = run(copy, "--lang", "en", "--solutions", "no")
    assert "en: nothing to do" in again.stdout
    # The full site has the other language, too, which is looked at again.
    assert "en, vi: nothing to do" in run(copy, "--lang", "en").stdout
    assert identity(full) == before


def test_an_unknown_language_is_named(course: Path) -> None:
    done = run(course, "--lang", "xx")
    assert done.returncode == 1
    assert "there is no language 'xx': _config.yml has en, vi" in done.stderr


def test_missing_notebooks_are_named_with_the_remedy(course: Path) -> None:
    shutil.rmtree(course / "notebooks" / "vi")
    done = run(course)
    assert done.returncode == 1
    assert "notebooks/vi/index.ipynb is missing: run 'make notebooks'" in done.stderr
    assert not (course / "_build" / "html").exists()


# Showing it


def test_serving_says_when_there_is_nothing_to_serve(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert serve.main([str(tmp_path)]) == 1
    assert "run 'make book' first" in capsys.readouterr().err


def test_serving_shows_the_page_for_wrong_addresses_and_ends_cleanly_when_interrupted(
    tmp_path: Path,
) -> None:
    from urllib.error import HTTPError
    from urllib.request import urlopen

    (tmp_path / "index.html").write_text("the book", encoding="utf-8")
    (tmp_path / "404.html").write_text("not here", encoding="utf-8")
    server = subprocess.Popen(
        [sys.executable, str(ROOT / "site" / "serve.py"), str(tmp_path)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert server.stdout is not None
    address = re.search(r"http://127\.0\.0\.1:\d+/", server.stdout.readline())
    assert address is not None
    with urlopen(address[0], timeout=60) as answer:
        assert answer.read() == b"the book"
    with pytest.raises(HTTPError, match="404") as nothing:
        urlopen(f"{address[0]}vi/nowhere.html", timeout=60)
    assert nothing.value.read() == b"not here"
    nothing.value.close()
    server.send_signal(signal.SIGINT)
    _, errors = server.communicate(timeout=60)
    assert (server.returncode, errors) == (
        0,
        "/vi/nowhere.html: code 404, message File not found\n",
    )

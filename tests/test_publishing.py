"""Publishing: policy, site map, what pages say about themselves, workflows, citation, changelog."""

from __future__ import annotations

import json
import re
import tomllib
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest
import yaml

import about
import chapters
import d2lmini
import editions
import notfound
import policy
import sitemap
import slim
import unusedcss
from repository import PLAIN_BRANCH

ROOT = Path(__file__).resolve().parents[1]
WORKFLOWS = sorted((ROOT / ".github" / "workflows").glob("*.yml"))
BASE = "https://example.org/course"


@pytest.fixture
def published(monkeypatch: pytest.MonkeyPatch) -> editions.Course:
    """Return the course as it is built where the address of the site is known."""
    monkeypatch.setenv(editions.BASE_URL, BASE)
    return editions.load(ROOT)


# The policy


def test_the_policy_allows_the_site_itself_and_nothing_else() -> None:
    allowed = {name: set(value.split()) for name, value in policy.POLICY.items()}
    assert allowed.pop("style-src-attr") == {"'unsafe-inline'"}
    assert allowed.pop("img-src") == {"'self'", "data:"}
    for name in ("default-src", "base-uri", "object-src"):
        assert allowed.pop(name) == {"'none'"}
    assert all(sources == {"'self'"} for sources in allowed.values())
    # A course platform may show the pages in a frame.
    assert "frame-ancestors" not in policy.POLICY


def test_hosts_and_servers_are_told_the_same_headers(capsys: pytest.CaptureFixture[str]) -> None:
    text = policy.files(notfound.inline())["_headers"].decode()
    assert text.startswith("/*\n")
    sent = policy.headers(notfound.inline())
    for name, value in sent.items():
        assert f"  {name}: {value}\n" in text
    for server in policy.SERVERS:
        assert policy.main([server]) == 0
        said = capsys.readouterr().out
        assert len(said.splitlines()) == len(policy.HEADERS)
        assert all(f'"{value}"' in said for value in sent.values())
    assert policy.main(["iis"]) == 2
    assert "nginx|apache|caddy" in capsys.readouterr().err


def test_no_page_has_a_script_or_a_style_sheet_inside(built_site: Path) -> None:
    for path in built_site.rglob("*.html"):
        text = path.read_text(encoding="utf-8")
        if path.name == notfound.NAME:  # shown at any depth, so it has them inside, by their hashes
            assert all(allowed.strip("'") in text for allowed in notfound.inline().values())
            continue
        for attributes in re.findall(r"<script\b([^>]*)>", text):
            kind = re.search(r'type="([^"]*)"', attributes)
            assert "src=" in attributes or (kind and kind[1].endswith("json")), path.name
        body = re.sub(r"<script\b.*?</script>", "", text, flags=re.DOTALL)
        assert "<style" not in body, path.name
        assert not re.search(r"<[a-z][^>]*\son[a-z]+=\"", body), path.name


# Where the site is


def test_the_environment_says_where_the_site_is(published: editions.Course) -> None:
    assert published.base_url == f"{BASE}/"


@pytest.mark.parametrize("url", ["example.org", "ftp://example.org/", "https://", "https://a b/"])
def test_an_address_that_is_none_is_refused(monkeypatch: pytest.MonkeyPatch, url: str) -> None:
    monkeypatch.setenv(editions.BASE_URL, url)
    with pytest.raises(editions.ConfigError, match=r"COURSE_BASE_URL=.* is no address of a site"):
        editions.load(ROOT)


def test_the_site_map_has_every_page_in_every_language(published: editions.Course) -> None:
    shown = list(published.editions)
    ElementTree.register_namespace("", "another")  # as whoever writes another kind of XML does
    found = sitemap.files(published, shown)
    assert b"<urlset xmlns=" in found["sitemap.xml"]
    root = ElementTree.fromstring(found["sitemap.xml"])
    places = {"s": "http://www.sitemaps.org/schemas/sitemap/0.9"}
    addresses = [entry.findtext("s:loc", namespaces=places) for entry in root]
    expected = {
        f"{BASE}/{key}/{page}.html" for key in shown for page in published.editions[key].pages
    }
    assert set(addresses) == expected | {f"{BASE}/"}
    assert len(addresses) == len(set(addresses))
    link = "{http://www.w3.org/1999/xhtml}link"
    for entry in root:
        others = {other.get("href") for other in entry.findall(link)}
        # Search engines ignore alternates which do not name the page itself.
        assert not others or entry.findtext("s:loc", namespaces=places) in others
    assert f"Sitemap: {BASE}/sitemap.xml" in found["robots.txt"].decode()


def test_without_an_address_there_is_no_site_map() -> None:
    course = editions.load(ROOT)
    assert course.base_url == ""
    assert sitemap.files(course, list(course.editions)) == {}


# What pages say about themselves


def test_a_published_page_has_a_card_and_linked_data(published: editions.Course) -> None:
    shown = list(published.editions)
    said = about.about(published, shown, "zh", "ravine", title="1. 峡谷 </script>", said="一句话。")
    properties = dict(said.properties)
    assert properties["og:title"] == "峡谷 </script>"
    assert properties["og:description"] == "一句话。"
    assert properties["og:locale"] == "zh_CN"
    assert properties["og:image"] == f"{BASE}/cards/zh.png"
    assert properties["og:url"] == f"{BASE}/zh/ravine.html"
    assert [v for k, v in said.properties if k == "og:locale:alternate"] == [
        about.territory(published.editions[key].tag) for key in shown if key != "zh"
    ]
    assert "</script" not in said.linked_data
    data = json.loads(said.linked_data)
    assert (data["@type"], data["inLanguage"], data["url"]) == (
        "LearningResource",
        "zh-CN",
        f"{BASE}/zh/ravine.html",
    )


def test_what_needs_an_address_is_left_out_without_one() -> None:
    course = editions.load(ROOT)
    said = about.about(course, list(course.editions), "en", "ravine", title="The ravine")
    assert said.linked_data == ""
    assert not [name for name, _ in said.properties if name in ("og:image", "og:url")]
    assert about.about(course, ["en"], "en", "search").names == [("robots", "noindex")]


def test_every_page_has_a_description_of_its_own_in_its_language() -> None:
    """Search engines show some 155 characters of it, in Chinese half as many."""
    seen: dict[str, str] = {}
    for chapter in chapters.iter_chapters(ROOT):
        place = f"{chapter.language}/{chapter.page}"
        said = chapter.front_matter["myst"]["html_meta"]["description"]
        low, high = (40, 80) if chapter.language == "zh" else (80, 155)
        assert low <= len(said) <= high, f"{place}: {len(said)} characters"
        assert said not in seen, f"{place} says what {seen.get(said)} says"
        seen[said] = place


def test_pages_carry_their_descriptions(built_site: Path) -> None:
    course = editions.load(ROOT)
    said = [
        about.description((built_site / key / f"{page}.html").read_text("utf-8").split("<body")[0])
        for key, edition in course.editions.items()
        for page in edition.pages
    ]
    assert all(said)
    assert len(set(said)) == len(said)


def test_the_browser_around_a_page_has_its_colour() -> None:
    css = (ROOT / "site" / "static" / "course.css").read_text(encoding="utf-8")
    assert re.findall(r"--mm-page: (#\w{6})", css)[:2] == [colour for _, colour in about.COLOURS]


# What is left out


def test_rules_for_what_may_be_there_stay() -> None:
    used = unusedcss.words([b'<p class="a" id="i">gone'], [b'e.classList.toggle("b")'])
    css = (
        "@import url(x.css);:root{--x:1}p,.gone p{x:1}#i .a{x:2}.b::before{x:3}.gone{x:4}"
        "a:is(.gone,.a){x:5}[class*=gone]{x:6}@media print{.gone{x:7}.a{x:8}}@font-face{src:y}"
        "@media screen{.gone{x:9}}#gone{x:10}@keyframes k{to{x:11}}"
    )
    kept = unusedcss.pruned(css, used)
    assert kept == (
        "@import url(x.css);:root{--x:1}p{x:1}#i .a{x:2}.b::before{x:3}"
        "a:is(.gone,.a){x:5}[class*=gone]{x:6}@media print{.a{x:8}}@font-face{src:y}"
        "@keyframes k{to{x:11}}"
    )


def test_a_style_sheet_that_changes_gets_another_address() -> None:
    link = '<link href="_static/styles/theme.css?digest=1"><p class="{}">'
    sheet = b".a{x:1}.b{x:2}"
    one, two = (
        slim.without_unused(
            {"en": {"_static/styles/theme.css": sheet, "i.html": link.format(name).encode()}}
        )["en"]
        for name in "ab"
    )
    assert (one["_static/styles/theme.css"], two["_static/styles/theme.css"]) == (
        b".a{x:1}",
        b".b{x:2}",
    )
    marks = {re.search(rb"\?v=(\w{8})\"", book["i.html"])[1] for book in (one, two)}  # type: ignore[index]
    assert len(marks) == 2


def test_fonts_of_icons_keep_the_icons_that_are_shown(built_site: Path) -> None:
    from fontTools.ttLib import TTFont

    styles = "".join(
        path.read_text(encoding="utf-8") for path in (built_site / "_static").rglob("*.css")
    )
    shown = {ord(letter) for letter in styles if 0xE000 <= ord(letter) < 0xF900}
    assert len(shown) > 10
    fonts = {p.stem: p for p in (built_site / "_static").rglob("fa-*.*")}
    assert {path.suffix for path in fonts.values()} == {".woff"}
    assert sum(path.stat().st_size for path in fonts.values()) < 20_000
    there = {code for path in fonts.values() for code in TTFont(path).getBestCmap()}
    assert shown <= there


# Workflows


def steps(workflow: dict[str, Any]) -> list[dict[str, Any]]:
    """Return the steps of all jobs of a workflow."""
    return [step for job in workflow["jobs"].values() for step in job["steps"]]


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.stem)
def test_a_workflow_is_pinned_small_and_runs_what_is_there(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    workflow = yaml.safe_load(text)
    assert workflow["permissions"] == {"contents": "read"}
    assert "concurrency" in workflow
    pin = re.compile(r"actions/[\w-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+")
    used = [line.split("uses:")[1].strip() for line in text.splitlines() if "uses:" in line]
    assert used
    assert all(pin.fullmatch(line) for line in used), used
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    targets = set(re.findall(r"^([a-z-]+):", makefile, re.MULTILINE))
    for step in steps(workflow):
        if "run" in step:
            assert step["run"].startswith("make ")
            assert set(step["run"].split()[1:]) <= targets
        files = (step.get("with") or {}).get("cache-dependency-path", "").split()
        assert all(any(ROOT.glob(name)) for name in files)
    assert all(job["timeout-minutes"] for job in workflow["jobs"].values())


def test_there_are_the_workflows_that_the_readme_speaks_of() -> None:
    assert [path.name for path in WORKFLOWS] == ["publish.yml", "test.yml"]


def test_publishing_may_write_pages_and_the_branch_of_notebooks_and_nothing_else() -> None:
    workflow = yaml.safe_load((ROOT / ".github/workflows/publish.yml").read_text("utf-8"))
    jobs = workflow["jobs"]
    assert jobs["build"]["permissions"] == {"contents": "read", "pages": "read"}
    assert jobs["deploy"]["permissions"] == {"pages": "write", "id-token": "write"}
    # What may write runs no package of others: Python, git and the actions alone.
    assert jobs["notebooks"]["permissions"] == {"contents": "write"}
    push = jobs["notebooks"]["steps"][-1]
    assert push["run"] == "make notebooks-branch"
    assert jobs["deploy"]["needs"] == ["build", "notebooks"], "pages link to what is there"
    built = next(step for step in jobs["build"]["steps"] if step.get("run") == "make book")
    # The address is the fork's own, so publishing needs no edit.
    assert built["env"][editions.BASE_URL] == "${{ steps.pages.outputs.base_url }}"
    assert built["env"][PLAIN_BRANCH] == push["env"][PLAIN_BRANCH]
    upload = next(s for s in jobs["build"]["steps"] if "upload-pages" in s.get("uses", ""))
    assert upload["with"] == {"path": "_build/html"}


def test_the_tests_run_on_the_oldest_python_that_is_supported() -> None:
    workflow = yaml.safe_load((ROOT / ".github/workflows/test.yml").read_text("utf-8"))
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    versions = workflow["jobs"]["test"]["strategy"]["matrix"]["python"]
    assert versions[0] == project["requires-python"].removeprefix(">=")
    assert all(isinstance(number, str) for number in versions), "3.10 would be 3.1"


# How to cite, and what changed


def test_the_citation_is_one_and_of_this_version() -> None:
    citation = yaml.safe_load((ROOT / "CITATION.cff").read_text(encoding="utf-8"))
    assert citation["cff-version"] == "1.2.0"
    assert {"authors", "cff-version", "message", "title"} <= set(citation)
    # The names that the schema of version 1.2.0 knows, as far as they are used here.
    known = {"abstract", "authors", "cff-version", "keywords", "license", "message", "title"}
    assert set(citation) <= known | {"type", "version"}
    assert citation["authors"] == [{"name": "The momentum course authors"}]
    assert citation["type"] == "software"
    assert str(citation["version"]) == d2lmini.__version__
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    assert project["license"] in citation["license"]
    assert all(isinstance(word, str) for word in citation["keywords"])


def test_the_changelog_begins_with_this_version() -> None:
    text = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
    headings = re.findall(r"^## (.*)$", text, re.MULTILINE)
    newest = re.fullmatch(r"\[(\d+\.\d+\.\d+)\] - (Unreleased|\d{4}-\d{2}-\d{2})", headings[0])
    assert newest is not None
    assert newest[1] == d2lmini.__version__
    assert sum("Unreleased" in heading for heading in headings) <= 1
    sections = set(re.findall(r"^### (.*)$", text, re.MULTILINE))
    assert sections <= {"Added", "Changed", "Deprecated", "Removed", "Fixed", "Security"}

"""Links: of the built site all lead somewhere, and a broken one of any kind is named."""

from __future__ import annotations

from pathlib import Path

import pytest

import links

PAGE = '<h1 id="top-of-it">A</h1><a href="b.html#there">b</a><link rel="stylesheet" href="s.css">'


@pytest.fixture
def site(tmp_path: Path) -> Path:
    """Return a small site without a fault."""
    for name, text in {
        "index.html": '<a href="en/a.html#top-of-it">A</a>',
        "en/a.html": PAGE,
        "en/b.html": '<p id="there"></p><a href="#there">x</a><a href="../index.html">y</a>'
        '<script type="application/json">{"html": "<a href=\\"gone.html\\">"}</script>',
        "en/s.css": "p{background:url(data:image/png;base64,x)}@font-face{src:url(f.woff)}",
        "en/f.woff": "",
        "en/searchindex.js": 'Search.setIndex({"docnames": ["a", "b"], '
        '"alltitles": {"A": [[0, "top-of-it"], [1, null]]}})',
    }.items():
        path = tmp_path / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return tmp_path


def test_every_link_of_the_built_site_leads_somewhere(built_site: Path) -> None:
    site = links.Site(built_site)
    assert len(site.pages) > 50
    assert sum(len(page.links) for page in site.pages.values()) > 5000
    assert links.problems(site) == []
    assert all(target.startswith("https://") for target in links.external(site))


def test_a_site_without_a_fault_has_no_problem(site: Path) -> None:
    assert links.problems(links.Site(site)) == []


@pytest.mark.parametrize(
    ("name", "text", "problem"),
    [
        ("en/a.html", '<a href="c.html">', "en/a.html: c.html is not there"),
        ("en/a.html", '<a href="b.html#no">', "a place which the page does not have"),
        ("en/a.html", '<a href="/en/b.html">', "starts at the root of the server"),
        ("en/a.html", '<a href="../../x.html">', "leads out of the site"),
        ("en/a.html", '<img src="https://example.org/a.png">', "is loaded from elsewhere"),
        ("en/a.html", '<link rel="stylesheet" href="//example.org/a.css">', "from elsewhere"),
        ("en/a.html", '<img srcset="s.css 1x, no.png 2x">', "no.png is not there"),
        ("en/a.html", '<path style="fill: url(#no)"/>', "#no leads to a place"),
        ("en/a.html", '<a href="javascript:alert(1)">', "is neither a page nor a site"),
        ("en/s.css", "@import 'no.css';", "en/s.css: no.css is not there"),
        ("en/s.css", "a{background:url(https://example.org/x)}", "is loaded from elsewhere"),
        (
            "en/searchindex.js",
            'Search.setIndex({"docnames": ["a", "no"], "alltitles": {"A": [[0, "gone"]]}})',
            "en/searchindex.js: a.html#gone leads to a place",
        ),
    ],
)
def test_a_link_that_leads_nowhere_is_named(
    site: Path, name: str, text: str, problem: str, capsys: pytest.CaptureFixture[str]
) -> None:
    whole = name.endswith(".js")
    before = "" if whole else (site / name).read_text(encoding="utf-8")
    (site / name).write_text(before + text, encoding="utf-8")
    assert links.main([str(site)]) == 1
    assert problem in capsys.readouterr().out


def test_addresses_in_full_are_checked_where_the_site_has_one(
    site: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (site / "index.html").write_text(
        '<link rel="canonical" href="https://example.org/m/en/a.html">'
        '<meta property="og:image" content="https://example.org/m/cards/en.png">'
        '<a href="https://example.com/">elsewhere</a>',
        encoding="utf-8",
    )
    assert links.main([str(site), "--base", "https://example.org/m"]) == 1
    said = capsys.readouterr().out
    assert "cards/en.png is not there" in said
    assert "a.html" not in said
    assert links.main([str(site), "--base", "https://example.org/m", "--external"]) == 0
    assert capsys.readouterr().out == "https://example.com/  (index.html)\n"

"""The list of all pages for search engines; it needs to know where the site is published.

A page without a translation, which shows the English text, is not in it: its canonical address is
that of the original.
"""

from __future__ import annotations

from xml.etree import ElementTree

import editions

__all__ = ["files"]

_SITEMAP = "http://www.sitemaps.org/schemas/sitemap/0.9"
_XHTML = "http://www.w3.org/1999/xhtml"


def files(course: editions.Course, shown: list[str]) -> dict[str, bytes]:
    """Return ``sitemap.xml`` and ``robots.txt``; without an address of the site, neither.

    Parameters
    ----------
    course : Course
        The course.
    shown : list of str
        The languages of the site.
    """
    base = course.base_url
    if not base:
        return {}
    root = ElementTree.Element(f"{{{_SITEMAP}}}urlset")
    _add(root, base, {})
    for page in course.editions[editions.SOURCE].pages:
        there = [key for key in shown if page in course.editions[key].pages]
        places = {course.editions[key].tag: f"{base}{key}/{page}.html" for key in there}
        if len(places) > 1 and editions.SOURCE in there:
            default = base if page == course.first_page else f"{base}{editions.SOURCE}/{page}.html"
            places["x-default"] = default
        for key in there:
            _add(root, f"{base}{key}/{page}.html", places if len(there) > 1 else {})
    ElementTree.indent(root)
    # Here: other modules have others, for the whole process.
    ElementTree.register_namespace("", _SITEMAP)
    ElementTree.register_namespace("xhtml", _XHTML)
    text = ElementTree.tostring(root, encoding="utf-8", xml_declaration=True) + b"\n"
    # Read at the root of a host only; below another path it tells nobody anything.
    robots = f"User-agent: *\nAllow: /\n\nSitemap: {base}sitemap.xml\n"
    return {"sitemap.xml": text, "robots.txt": robots.encode()}


def _add(root: ElementTree.Element, address: str, places: dict[str, str]) -> None:
    entry = ElementTree.SubElement(root, f"{{{_SITEMAP}}}url")
    ElementTree.SubElement(entry, f"{{{_SITEMAP}}}loc").text = address
    for tag, place in places.items():
        attributes = {"rel": "alternate", "hreflang": tag, "href": place}
        ElementTree.SubElement(entry, f"{{{_XHTML}}}link", attributes)

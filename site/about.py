"""What a page says about itself to machines: for search engines, and for cards of shared links.

Open Graph, a card for links, the colours of the browser around the page, and, on a published site,
the page as a learning resource in JSON-LD, which catalogues of teaching material read.
"""

from __future__ import annotations

import html
import json
import re
from dataclasses import dataclass, field
from typing import Any

from babel import Locale
from babel.core import get_global

import editions

__all__ = ["COLOURS", "About", "about", "description", "territory"]

COLOURS = (("light", "#fcfbf9"), ("dark", "#14171c"))
"""The ground of a page in each theme: ``--mm-page`` of ``static/course.css``."""

LICENCE = "https://creativecommons.org/licenses/by/4.0/"
_NUMBER = re.compile(r"^\d+(\.\d+)*\.\s+")
_DESCRIPTION = re.compile(r'<meta\b(?=[^>]*\bname="description")[^>]*\bcontent="([^"]*)"')


@dataclass(frozen=True)
class About:
    """What stands in the head of a page.

    Attributes
    ----------
    names, properties : list of (str, str)
        ``<meta name=…>`` and ``<meta property=…>`` with their contents.
    linked_data : str
        JSON-LD, fit to stand in a ``<script>``; empty where the address of the site is unknown.
    colours : tuple
        `COLOURS`.
    """

    names: list[tuple[str, str]] = field(default_factory=list)
    properties: list[tuple[str, str]] = field(default_factory=list)
    linked_data: str = ""
    colours: tuple[tuple[str, str], ...] = COLOURS


def description(metatags: str) -> str:
    """Return the description among the ``<meta>`` elements of a page, or nothing.

    Examples
    --------
    >>> description('<meta content="What is &amp; is not." name="description" />')
    'What is & is not.'
    """
    found = _DESCRIPTION.search(metatags)
    return html.unescape(found[1]) if found else ""


def territory(tag: str) -> str:
    """Return a BCP 47 tag as Open Graph wants it: with the country that speaks it most.

    Examples
    --------
    >>> territory("vi"), territory("zh-CN"), territory("en")
    ('vi_VN', 'zh_CN', 'en_US')
    """
    locale = Locale.parse(tag, sep="-")
    if locale.territory is None:
        likely = get_global("likely_subtags").get(locale.language, "")
        locale = Locale.parse(likely) if likely else locale
    return "_".join(part for part in (locale.language, locale.territory) if part)


def about(
    course: editions.Course,
    shown: list[str],
    key: str,
    page: str,
    *,
    title: str = "",
    said: str = "",
    address: str | None = None,
) -> About:
    """Return what a page says about itself.

    Parameters
    ----------
    course : Course
        The course.
    shown : list of str
        The languages of the site.
    key : str
        The language of the page; one of `shown`.
    page : str
        Its name, without a suffix.
    title, said : str, optional
        Its title and its description; by default those of the edition.
    address : str, optional
        Where it is below the address of the site, if not where the pages of its language are.
    """
    if page not in course.editions[editions.SOURCE].pages:
        return About(names=[("robots", "noindex")])  # such as the search
    edition = course.editions[key]
    said = said or edition.description
    title = _NUMBER.sub("", title) or edition.title
    properties = [
        ("og:type", "website" if page == course.first_page else "article"),
        ("og:site_name", edition.title),
        ("og:title", title),
        ("og:description", said),
        ("og:locale", territory(edition.tag)),
    ]
    names = []
    linked: dict[str, Any] = {}
    for other in shown:
        if other != key and page in course.editions[other].pages:
            properties.append(("og:locale:alternate", territory(course.editions[other].tag)))
    if course.base_url:
        url = course.base_url + (f"{key}/{page}.html" if address is None else address)
        # Cards are fetched by others, so their addresses must be whole.
        image = f"{course.base_url}cards/{key}.png"
        properties += [
            ("og:url", url),
            ("og:image", image),
            ("og:image:width", "1200"),
            ("og:image:height", "630"),
            ("og:image:alt", edition.title),
        ]
        names.append(("twitter:card", "summary_large_image"))
        whole = {
            "@type": "Course",
            "@id": f"{course.base_url}{key}/{course.first_page}.html#course",
            "name": edition.title,
            "description": edition.description,
            "provider": {"@type": "Organization", "name": str(course.config.get("author", ""))},
        }
        linked = {
            "@context": "https://schema.org",
            "@type": "LearningResource",
            "@id": url,
            "url": url,
            "name": title,
            "description": said,
            "inLanguage": edition.tag,
            "isAccessibleForFree": True,
            "license": LICENCE,
            "isPartOf": whole,
        }
    return About(
        names=names,
        properties=properties,
        linked_data=json.dumps(linked, ensure_ascii=False).replace("</", "<\\/") if linked else "",
    )

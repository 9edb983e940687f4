"""The finished PDF: where its headings stand, and what it says about itself."""

from __future__ import annotations

import io
from dataclasses import dataclass
from typing import Any

from pypdf import PdfReader, PdfWriter
from pypdf.generic import BooleanObject, DictionaryObject, NameObject, TextStringObject

__all__ = ["About", "describe", "pages_of"]


@dataclass(frozen=True)
class About:
    """What a PDF says about itself.

    Attributes
    ----------
    title, author, subject : str
        As a reader's program shows them.
    language : str
        BCP 47 tag.
    date : str
        The day it was made from, as ``2026-08-01``, or nothing.
    """

    title: str
    author: str
    subject: str
    language: str
    date: str


def pages_of(pdf: bytes) -> dict[str, int]:
    """Return the number of the page, counted from 1, that each destination of links stands on."""
    reader = PdfReader(io.BytesIO(pdf))
    places = {page.indirect_reference.idnum: n for n, page in enumerate(reader.pages, start=1)}
    found = {}
    for name, destination in reader.named_destinations.items():
        page: Any = destination.raw_get("/Page")
        found[name.lstrip("/")] = places[page.idnum]
    return found


def describe(pdf: bytes, about: About) -> tuple[bytes, int]:
    """Return the PDF with its title and its language, and the number of its pages."""
    reader = PdfReader(io.BytesIO(pdf))
    writer = PdfWriter(clone_from=reader)
    writer.pdf_header = reader.pdf_header
    writer.metadata = {
        "/Title": about.title,
        "/Author": about.author,
        "/Subject": about.subject,
        "/Creator": "d2lmini",
    }
    if about.date:
        stamp = f"D:{about.date.replace('-', '')}000000Z"
        writer.add_metadata({"/CreationDate": stamp, "/ModDate": stamp})
    root = writer.root_object
    root[NameObject("/Lang")] = TextStringObject(about.language)
    # The title, not the name of the file, in the title bar; the outline beside the pages.
    preferences = root.setdefault(NameObject("/ViewerPreferences"), DictionaryObject()).get_object()
    preferences[NameObject("/DisplayDocTitle")] = BooleanObject(True)
    root[NameObject("/PageMode")] = NameObject("/UseOutlines")
    target = io.BytesIO()
    writer.write(target)
    return target.getvalue(), len(writer.pages)

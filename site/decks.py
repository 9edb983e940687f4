"""From a page of the built book to a deck: which pieces of the page are on which slide.

A heading begins a slide. Figures, displayed formulas, boxes (not proofs and solutions) and tables
are shown; so are the sentences and blocks that the chapter marks (`slidemarks`). Everything else
becomes notes for the speaker. What does not fit continues on a next slide under the same heading.
How much a piece takes is told from its structure alone, which all languages share, so that slide
7 is the same in each of them. The pieces themselves are those of the page, rendered once.
"""

from __future__ import annotations

import copy
import math
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from bs4 import BeautifulSoup, Tag

from slidemarks import NEW_SLIDE, NO_SLIDE, SLIDE

__all__ = ["Deck", "Slide", "read"]

ROOM = 6.5
"""What one slide holds. A sentence takes 1: about two lines."""

_STATE = "application/vnd.jupyter.widget-state+json"
_SHOWN_BOXES = "mm-box-definition mm-box-theorem mm-box-lemma mm-box-corollary mm-box-proposition"
_SHOWN_BOXES += " mm-box-algorithm mm-box-remark mm-box-example mm-box-exercise"
_NUMBERED = re.compile(r"\d+\.")
_NEVER = "details.mm-box, .mm-box-proof, .mm-box-solution, details.sd-dropdown"


@dataclass(frozen=True)
class Slide:
    """One slide.

    Attributes
    ----------
    title : str
        HTML of the heading.
    anchor : str
        The id of the section of the page that it belongs to.
    html : str
        What is shown below the heading.
    notes : str
        What the speaker sees besides, as HTML.
    """

    title: str
    anchor: str
    html: str
    notes: str

    @property
    def alive(self) -> bool:
        """Whether an explorable is on it."""
        return 'class="mm-explorable"' in self.html


@dataclass(frozen=True)
class Deck:
    """The slides of a page; the first bears its title.

    Attributes
    ----------
    title : str
        The title of the page, as text.
    slides : list of Slide
        Its slides.
    state : str
        The state of the page's widgets, as the page carries it.
    kinds : list of str
        The explorables on the slides.
    """

    title: str
    slides: list[Slide]
    state: str
    kinds: list[str]


@dataclass
class _Draft:
    """A slide in the making: its pieces are still elements."""

    title: str
    anchor: str
    pieces: list[Tag] = field(default_factory=list)
    notes: list[Tag] = field(default_factory=list)

    @property
    def room(self) -> float:
        """How much of `ROOM` is taken."""
        return sum(_room(piece) for piece in self.pieces)


class _Sealed:
    """Formulas and drawings, nine tenths of a page, which nobody has to look into.

    They are taken out before the page is parsed, and put back into what is made of it.
    """

    _BEGIN = re.compile(r'<svg\b|<span class="katex">')
    _SVG, _SPAN = re.compile(r"</?svg\b"), re.compile(r"</?span\b")
    _STAND_IN = re.compile(r'<mm-sealed n="(\d+)"></mm-sealed>')
    _MATHEMATICS = re.compile(r"<math\b.*?</math>", re.DOTALL)
    _SOURCE = re.compile(r"<annotation\b.*?</annotation>", re.DOTALL)

    def __init__(self) -> None:
        self.parts: list[str] = []

    def seal(self, html: str) -> str:
        """Replace them by elements that stand for them."""
        kept, at = [], 0
        while begin := self._BEGIN.search(html, at):
            end = self._end(html, begin)
            kept += [html[at : begin.start()], f'<mm-sealed n="{len(self.parts)}"></mm-sealed>']
            self.parts.append(html[begin.start() : end])
            at = end
        return "".join(kept) + html[at:]

    def _end(self, html: str, begin: re.Match[str]) -> int:
        depth = 0
        tags = self._SVG if begin[0] == "<svg" else self._SPAN
        for tag in tags.finditer(html, begin.start()):
            depth += -1 if tag[0][1] == "/" else 1
            if not depth:
                return html.index(">", tag.end()) + 1
        return len(html)

    def open(self, html: str) -> str:
        """Put them back."""
        return self._STAND_IN.sub(lambda stand_in: self.parts[int(stand_in[1])], html)

    def open_in_notes(self, html: str) -> str:
        """Put formulas back as MathML, which needs no style sheet, and leave drawings out."""

        def mathematics(stand_in: re.Match[str]) -> str:
            found = self._MATHEMATICS.search(self.parts[int(stand_in[1])])
            return self._SOURCE.sub("", found[0]) if found else ""

        return self._STAND_IN.sub(mathematics, html)


def read(html: str, link: Callable[[str], str]) -> Deck | None:
    """Make the deck of a page; None if nothing on the page is marked.

    Parameters
    ----------
    html : str
        The page, as the book has it.
    link : callable
        From an address on the page to the address from the deck; called for all links but those
        to something on a slide, and those to other sites.

    Examples
    --------
    >>> page = '''<article class="bd-article"><section id="a"><h1>A</h1>
    ... <section id="b"><h2>B</h2><p>Why? <span class="mm-slide">So.</span></p></section>
    ... </section></article>'''
    >>> [(slide.title, slide.html) for slide in read(page, str).slides]
    [('A', ''), ('B', '<p class="mm-say"><span class="mm-slide">So.</span></p>')]
    """
    if f'class="{SLIDE}' not in html and f" {SLIDE}" not in html:
        return None
    sealed = _Sealed()
    soup = BeautifulSoup(sealed.seal(html), "html.parser")
    article = soup.select_one("article.bd-article > section")
    if article is None or article.select_one(f".{SLIDE}") is None:
        return None
    for extra in article.select(".headerlink, .mm-copy, script:not([type])"):
        extra.decompose()
    state = soup.select_one(f'script[type="{_STATE}"]')
    drafts = list(_slides(article))
    _connect(drafts, link)
    shown = (box for draft in drafts for piece in draft.pieces for box in _explorables(piece))
    heading = article.find("h1")
    return Deck(
        title=heading.get_text() if heading else "",
        slides=[
            Slide(
                title=sealed.open(draft.title),
                anchor=draft.anchor,
                html=sealed.open("\n".join(map(str, draft.pieces))),
                notes=sealed.open_in_notes("\n".join(map(str, draft.notes))),
            )
            for draft in drafts
        ],
        state=str(state) if state else "",
        kinds=sorted({str(box["data-explorable"]) for box in shown}),
    )


def _slides(article: Tag) -> Iterator[_Draft]:
    """Yield the slides of a page: its title, what stands before the first section, the sections."""
    sections = article.find_all("section", recursive=False)
    cover = _Draft("", "")
    for number, section in enumerate([article, *sections]):
        heading = section.find(["h1", "h2"])
        title = heading.decode_contents().strip() if heading else ""
        slides = _section(section, title, str(section.get("id", "")))
        if number == 0:
            cover, *slides = slides
            # A cover holds words only: what else the introduction shows comes after it.
            words = [piece for piece in cover.pieces if _is_say(piece)]
            rest = [piece for piece in cover.pieces if not _is_say(piece)]
            if rest:
                slides.insert(0, _Draft(title, cover.anchor, rest, cover.notes))
                cover.notes = []
            cover.pieces = words
            yield cover
        yield from (slide for slide in slides if slide.pieces)


def _section(section: Tag, title: str, anchor: str) -> list[_Draft]:
    """Return the slides of a section, of which the first may be empty."""
    slides = [_Draft(title, anchor)]
    asked = False  # a new slide, for the next piece that is shown
    leads = False  # the last piece ends the paragraph right before this block: it leads to it
    for block in _blocks(section):
        asked = asked or NEW_SLIDE in _classes(block)
        pieces, notes = _take(block)
        for number, piece in enumerate(pieces):
            shown = slides[-1].pieces
            full = slides[-1].room + _room(piece) > ROOM
            if shown and (asked or full):
                moves = leads and number == 0 and not asked and _wants_words(piece) and shown[1:]
                slides.append(_Draft(title, anchor, [shown.pop()] if moves else []))
            asked = False
            slides[-1].pieces.append(piece)
        leads = bool(pieces) and _ends_with(block, SLIDE)
        slides[-1].notes += notes
    return slides


def _ends_with(paragraph: Tag, name: str) -> bool:
    """Whether the last words of a paragraph have a class."""
    inside = [node for node in paragraph.contents if str(node).strip()]
    return paragraph.name == "p" and isinstance(inside[-1], Tag) and name in _classes(inside[-1])


def _wants_words(piece: Tag) -> bool:
    """Whether the sentence that leads to a piece goes along with it to the next slide."""
    return not _is_say(piece) and "mm-picture" not in _classes(piece)


def _is_say(piece: Tag) -> bool:
    return "mm-say" in _classes(piece)


def _blocks(section: Tag) -> Iterator[Tag]:
    """Yield what stands in a section, subsections taken apart, sections of the page left out."""
    for block in section.find_all(True, recursive=False):
        if block.name == "section" and section.name == "section" and block.find("h2") is None:
            yield from _blocks(block)
        elif block.name not in ("section", "h1", "h2", "script"):
            yield block


def _take(block: Tag) -> tuple[list[Tag], list[Tag]]:
    """Return the pieces of a block for slides, and for the notes."""
    classes = _classes(block)
    if block.css.match(_NEVER) or "tag_setup" in classes:
        return [], []
    if NO_SLIDE in classes:
        return [], [] if "cell" in classes else [_note(block)]
    if "cell" in classes:
        return _cell(block, SLIDE in classes)
    if block.name == "p" or (block.name in ("ul", "ol", "dl") and SLIDE not in classes):
        marked = [tag for tag in block.select(f".{SLIDE}") if tag.name == "span"]
        number = marked[0].find("strong") if marked else None
        if number is not None and _NUMBERED.fullmatch(number.get_text()):
            return [_question(marked)], [_note(block)]
        return [_say(tag) for tag in marked], [_note(block)]
    shown = SLIDE in classes or "mm-equation" in classes or bool(_table(block))
    shown = shown or bool(set(classes) & set(_SHOWN_BOXES.split()))
    return ([copy.copy(block)], []) if shown else ([], [_note(block)])


def _cell(cell: Tag, marked: bool) -> tuple[list[Tag], list[Tag]]:
    """Return the figure of a cell, and before it, if the cell is marked, its code and text."""
    pieces, notes = [], []
    if marked:
        shown = copy.copy(cell)
        for folded in shown.select("details"):
            folded.unwrap()
        for extra in shown.select("summary, figure, .mm-explorable, .mm-figure"):
            extra.decompose()
        pieces.append(shown)
    figure = cell.select_one(".mm-explorable") or cell.select_one(".mm-figure")
    if figure is not None:
        outer = BeautifulSoup('<div class="mm-picture"></div>', "html.parser").div
        assert outer is not None
        outer.append(copy.copy(figure))
        labelled = cell.find("figure")
        if labelled is not None and labelled.get("id"):
            outer["id"] = labelled["id"]
        pieces.append(outer)
    caption = cell.find("figcaption")
    if caption is not None:
        notes.append(_note(caption))
    return pieces, notes


def _say(span: Tag) -> Tag:
    """Return a marked sentence as a paragraph of its own."""
    paragraph = BeautifulSoup('<p class="mm-say"></p>', "html.parser").p
    assert paragraph is not None
    paragraph.append(copy.copy(span))
    return paragraph


def _question(spans: list[Tag]) -> Tag:
    """Return what is marked of a paragraph that bears a number as one paragraph."""
    paragraph = _say(spans[0])
    paragraph["class"] = ["mm-say", "mm-asked"]
    for span in spans[1:]:
        paragraph.append(copy.copy(span))
    return paragraph


def _note(block: Tag) -> Tag:
    """Return a block as a note, without what it would need the page for."""
    note = copy.copy(block)
    if note.name == "figcaption":
        note.name = "p"
    for tag in [note, *note.find_all(True)]:
        for attribute in ("id", "class", "href"):
            if attribute in tag.attrs:
                del tag[attribute]
    return note


def _room(piece: Tag) -> float:
    """Return how much room a piece takes, by its structure."""
    classes = _classes(piece)
    if "mm-picture" in classes:
        return 4.5
    if "mm-box-exercise" in classes:
        return ROOM
    if "mm-equation" in classes:
        return 1.5
    if "cell" in classes:
        return max(2.0, sum(_lines(pre) for pre in piece.find_all("pre")) / 3)  # code is smaller
    table = _table(piece)
    if table:
        return max(2.0, 0.6 * len(table.find_all("tr")))
    if piece.name == "p":
        return float(len(piece.select(f".{SLIDE}")) or 1)
    lines = sum(_lines(pre) for pre in piece.find_all("pre"))
    return max(1.0, 1.5 * len(piece.select(".mm-equation")) + len(piece.find_all("p")) + lines / 3)


def _lines(pre: Tag) -> int:
    return math.ceil(len(pre.get_text().rstrip("\n").split("\n")))


def _table(block: Tag) -> Tag | None:
    """Return the table of a block which is nothing else."""
    if block.name == "table":
        return block
    wraps = (
        block.name == "div" and "mm-box" not in _classes(block) and "cell" not in _classes(block)
    )
    found = block.find("table") if wraps else None
    return found if isinstance(found, Tag) else None


def _explorables(piece: Tag) -> list[Tag]:
    return piece.select(".mm-explorable[data-explorable]")


def _classes(tag: Tag) -> list[str]:
    value = tag.get("class") or []
    return [value] if isinstance(value, str) else list(value)


def _connect(slides: list[_Draft], link: Callable[[str], str]) -> None:
    """Let links lead to the slide that shows their target, or else to the book."""
    places = {}
    for number, slide in enumerate(slides, start=1):
        for piece in slide.pieces:
            for tag in [piece, *piece.find_all(id=True)]:
                if tag.get("id"):
                    places[f"#{tag['id']}"] = f"#/{number}"
    for slide in slides:
        for piece in slide.pieces:
            for anchor in piece.find_all("a", href=True):
                target = str(anchor["href"])
                if target in places:
                    anchor["href"] = places[target]
                elif "://" not in target and not target.startswith("mailto:"):
                    anchor["href"] = link(target)
                    anchor["target"] = "_blank"

"""What the stored outputs of a page depend on, as one number.

A stored output is stale when the code that printed it is no longer the code that is there. The
fingerprint covers the code cells with their tags, the Python sources of `d2lmini`, the training
runs stored with it, the catalogues of labels and messages that the page's language reads, and the
exact versions of `requirements.txt`. Prose, captions and the JavaScript of the explorables are not
in it: none of them changes an output.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from pathlib import Path

from elements import CodeCell

__all__ = ["fingerprint", "sources"]


def sources(root: Path, language: str) -> list[Path]:
    """The files, besides the page itself, that the outputs of a page depend on."""
    package = root / "d2lmini"
    files = sorted(package.rglob("*.py"), key=lambda path: path.relative_to(root).as_posix())
    files += sorted((package / "explore").glob("*.json"))
    # English stands in for a label that another language lacks.
    files += [package / "languages" / f"{code}.json" for code in sorted({"en", language})]
    files.append(package / "languages" / "messages" / f"{language}.json")
    files.append(root / "requirements.txt")
    return [path for path in files if path.is_file()]


def fingerprint(root: Path, language: str, cells: Sequence[CodeCell]) -> str:
    """SHA-256, in hexadecimal, of all that the outputs of a page depend on.

    Parameters
    ----------
    root : Path
        The checkout.
    language : str
        The language of the page.
    cells : sequence of CodeCell
        Its code cells, in order.
    """
    parts: list[object] = [[cell.source, list(cell.tags)] for cell in cells]
    for path in sources(root, language) if cells else []:  # without code nothing can be stale
        # Line ends are not content: a checkout on Windows has the same fingerprint.
        content = path.read_bytes().replace(b"\r\n", b"\n")
        parts.append([path.relative_to(root).as_posix(), hashlib.sha256(content).hexdigest()])
    canonical = json.dumps(parts, ensure_ascii=False, separators=(",", ":"))
    return hashlib.sha256(canonical.encode("utf-8")).hexdigest()

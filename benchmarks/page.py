"""Write the last figures into ``benchmarks/README.md``: ``python benchmarks/page.py``.

They come from ``_build/bench.json`` and stand between two marks; what is written around these by
hand stays.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import growth_plot
import report

__all__ = ["figures", "renew", "replaced"]

PLOT = "growth.svg"
PAGE = Path(__file__).resolve().parent / "README.md"
BEGIN = "<!-- figures: written by benchmarks/page.py, never by hand -->"
SPREAD = ("median", "p95")  # of what an input takes
END = "<!-- end of the figures -->"


def figures(parts: dict[str, Any]) -> str:
    """Return the tables of all parts in Markdown, and the machines that they come from."""
    rows = [report.cells(*pair) for pair in report.ordered(parts, parts)]
    text = [_table(report.HEADINGS, rows)]
    if curves := _curves(parts):
        lines = [
            (
                curve["what"],
                " / ".join(f"{size:,}" for size in curve["sizes"]),
                " / ".join(report.number(second) for second in curve["seconds"]),
                _time(curve["fixed"]),
                f"{_time(curve['each'])} a {curve['unit'].removesuffix('s')}",
                f"{100 * curve['departure']:.0f} %",
                f"{curve['exponent']:.2f}",
            )
            for curve in curves
        ]
        headings = ("cost of", "sizes", "seconds", "fixed", "each further", "off the line", "power")
        text += [
            _table(headings, lines),
            f"![What each costs at each size, and the line through it]({PLOT})",
        ]
    if inputs := parts.get("explore", {}).get("figures", {}).get("input"):
        lines = [
            (name, *(f"{report.number(s[key])} ms" for s in (own, own["work"]) for key in SPREAD))
            for name, own in inputs.items()
        ]
        headings = ("from an input to the picture", "median", "95 %", "work", "95 %")
        text.append(_table(headings, lines))
    text.append("\n".join(_origins(parts)))
    return "\n\n".join(text)


def _curves(parts: dict[str, Any]) -> list[dict[str, Any]]:
    """Return what was measured of the growth, if it was."""
    curves: list[dict[str, Any]] = parts.get("growth", {}).get("figures", {}).get("curves", [])
    return curves


def _table(headings: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    lines = [headings, ["---"] * len(headings), *rows]
    return "\n".join(
        "| " + " | ".join(cell.replace("|", "\\|") for cell in line) + " |" for line in lines
    )


def _time(seconds: float) -> str:
    """Return a time in the unit that suits it; less than nothing is noise."""
    for unit, size in (("s", 1.0), ("ms", 1e-3), ("µs", 1e-6)):
        if seconds >= size:
            return f"{report.number(seconds / size)} {unit}"
    return f"{report.number(seconds / 1e-9)} ns" if seconds > 0 else "none measured"


def _origins(parts: dict[str, Any]) -> list[str]:
    """Say which parts were measured when, and on what."""
    groups: dict[str, list[str]] = {}
    for name, kept in parts.items():
        about = kept["machine"]
        versions = ", ".join(
            f"{package} {about[package]}"
            for package in ("python", "numpy", "torch", "matplotlib", "jupyter-book")
        )
        text = (
            f"{about['processor']}, {about['cores']} cores, {about['memory [GB]']} GB, "
            f"{about['system']}; {versions}; {kept['when']}"
        )
        before, after = kept["cores busy with others, before and after"]
        groups.setdefault(text, []).append(f"{name} ({before:.1f}, {after:.1f})")
    return [
        f"* Measured on {machine}. Cores busy with others before and after each part: "
        f"{', '.join(names)}."
        for machine, names in groups.items()
    ]


def replaced(text: str, block: str) -> str:
    """Return the page with another block between its marks.

    Raises
    ------
    SystemExit
        If a mark is missing or is there twice.
    """
    if text.count(BEGIN) != 1 or text.count(END) != 1 or text.index(BEGIN) > text.index(END):
        raise SystemExit(f"{PAGE.name} needs these two lines once, in this order:\n{BEGIN}\n{END}")
    head, rest = text.split(BEGIN)
    return f"{head}{BEGIN}\n\n{block}\n\n{END}{rest.split(END)[1]}"


def renew(page: Path = PAGE, bench: Path = report.BENCH) -> None:
    """Put what was measured last into the page; the plot of the growth is written with it."""
    measured = report.load(bench)
    parts = {name: kept for name, kept in measured.items() if not kept["quick"]}
    if not parts:
        raise SystemExit(f"{bench} holds no full run: measure first, with 'make bench'")
    if short := [name for name in measured if name not in parts]:
        print(f"Left out, since their last run was a short one: {', '.join(short)}")
    text = replaced(page.read_text(encoding="utf-8"), figures(parts))
    page.write_text(text, encoding="utf-8")
    if curves := _curves(parts):
        growth_plot.plot(curves, page.with_name(PLOT))
    print(f"Wrote the figures into {page.name}.")


if __name__ == "__main__":
    sys.exit(renew())

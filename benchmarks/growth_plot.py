"""Plot the curves of ``bench_growth.py``: what was measured, its spread, the line through it."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import matplotlib as mpl
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

__all__ = ["plot"]

# The same curves make the same bytes. Text stays text, and the ground is white in dark mode, too.
STYLE = {"svg.hashsalt": "growth", "svg.fonttype": "none", "font.size": 9}


def plot(curves: Sequence[dict[str, Any]], path: Path) -> None:
    """Write an SVG with one panel for each curve."""
    with mpl.rc_context(STYLE):
        figure = Figure(figsize=(8.0, 2.6 * ((len(curves) + 1) // 2)), layout="constrained")
        for number, curve in enumerate(curves, start=1):
            ax = figure.add_subplot((len(curves) + 1) // 2, 2, number)
            scale, unit = (1e6, " (million)") if curve["sizes"][-1] >= 1e6 else (1, "")
            sizes, times = [size / scale for size in curve["sizes"]], curve["seconds"]
            below = [time - low for time, low in zip(times, curve["low"], strict=True)]
            above = [high - time for time, high in zip(times, curve["high"], strict=True)]
            ends = (0, sizes[-1])
            line = [curve["fixed"] + curve["each"] * scale * size for size in ends]
            ax.plot(ends, line, color="#94a3b8", linewidth=1)
            ax.errorbar(sizes, times, yerr=(below, above), fmt="o", color="#1d4ed8", capsize=3)
            ax.set_xlim(0, 1.06 * sizes[-1])
            ax.set_ylim(0, 1.1 * curve["high"][-1])
            ax.set_xlabel(f"{curve['unit']}{unit}")
            ax.xaxis.set_major_locator(MaxNLocator(integer=True))
            ax.set_ylabel("seconds" if curve["unit"] == "runs" else "CPU seconds")
            ax.set_title(curve["what"].replace("`", ""), fontsize=9)
            ax.spines[["top", "right"]].set_visible(False)
        figure.savefig(path, format="svg", metadata={"Date": None})

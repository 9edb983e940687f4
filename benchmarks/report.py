"""What a benchmark found: rows with a ratio and a target, kept in ``_build/bench.json``.

Each part (``bench_<part>.py``) hands a function to :func:`run`, which measures how busy the machine
is, calls it, prints the rows, and puts them in the place of what the file held of that part.
"""

from __future__ import annotations

import argparse
import json
import os
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from measure import Spread, busy_cores, cores, machine, ratios

__all__ = ["BENCH", "Row", "arguments", "cells", "compare", "load", "run", "table", "within"]

ROOT = Path(__file__).resolve().parents[1]
BENCH = ROOT / "_build" / "bench.json"
BUSY = 0.5  # of the cores, at work for others: from here on a figure is marked

Found = tuple[list["Row"], dict[str, Any]]


@dataclass(frozen=True)
class Row:
    """One figure, beside what else one would use, beside its target.

    Attributes
    ----------
    what, against : str
        What was measured, and what stands beside it (nothing: "").
    unit : str
        Of `ours` and `other`.
    ours, other : Spread or None
        The two figures.
    times : Spread or None
        How many times better ours is: faster, smaller. Of each pair first, the median then.
    target : float or None
        How many times better it should be at the least; without `times`, the most that `ours` may
        be.
    """

    what: str
    against: str
    unit: str
    ours: Spread
    other: Spread | None = None
    times: Spread | None = None
    target: float | None = None

    @property
    def met(self) -> bool | None:
        """Whether the target is met; None where there is none."""
        if self.target is None:
            return None
        if self.times is not None:
            return self.times.median >= self.target
        return self.ours.median <= self.target

    @classmethod
    def read(cls, kept: dict[str, Any]) -> Row:
        """Return the row that was kept as JSON."""
        spreads = {
            name: Spread(**kept[name]) if kept[name] else None
            for name in ("ours", "other", "times")
        }
        return cls(**{**kept, **spreads})


def compare(
    what: str,
    against: str,
    ours: Sequence[float],
    other: Sequence[float],
    *,
    unit: str,
    target: float | None = None,
    more_is_better: bool = False,
) -> Row:
    """Return the row of two contenders that were measured in turns.

    Examples
    --------
    >>> row = compare("a", "b", [1.0, 2.0], [3.0, 4.0], unit="s", target=2.0)
    >>> row.times
    Spread(median=2.5, low=2.0, high=3.0, count=2)
    >>> row.met
    True
    """
    times = ratios(ours, other) if more_is_better else ratios(other, ours)
    return Row(what, against, unit, Spread.of(ours), Spread.of(other), Spread.of(times), target)


def within(what: str, values: Sequence[float], *, unit: str, most: float | None = None) -> Row:
    """Return the row of a figure that has nothing beside it, but perhaps a limit."""
    return Row(what, "", unit, Spread.of(values), target=most)


def arguments(doc: str | None) -> argparse.ArgumentParser:
    """Return the command line that all parts have."""
    parser = argparse.ArgumentParser(description=(doc or "").partition("\n")[0])
    parser.add_argument(
        "--quick", action="store_true", help="to see that it works: short, and judges nothing"
    )
    return parser


def run(part: str, measure: Callable[[], Found], *, quick: bool, path: Path = BENCH) -> int:
    """Measure a part, print its rows and keep them; 1 if a target was missed.

    Parameters
    ----------
    part : str
        Its name; what was kept under this name before is replaced.
    measure : callable
        Returns the rows, and further figures for whoever reads the file.
    quick : bool
        Whether this is a short run, which is marked and misses no target.
    path : Path
        The file.
    """
    load(path)  # if it cannot be read, better now than after an hour
    before, began, average = busy_cores(), time.perf_counter(), _average()
    rows, figures = measure()
    took = time.perf_counter() - began
    after = busy_cores()
    kept = {
        "when": datetime.now(UTC).date().isoformat(),
        "quick": quick,
        "busy": max(before, after) > BUSY * cores(),
        "cores busy with others, before and after": [round(before, 2), round(after, 2)],
        "load average, before and after": [average, _average()],
        "seconds": round(took, 1),
        "machine": machine(),
        "rows": [asdict(row) for row in rows],
        "figures": figures,
    }
    # Read again now: another part may have been kept meanwhile.
    parts = load(path) | {part: kept}
    path.parent.mkdir(parents=True, exist_ok=True)
    scratch = path.with_suffix(".part")
    scratch.write_text(json.dumps(parts, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    scratch.replace(path)
    if rows:
        print(table([part], parts), flush=True)
    return int(not quick and any(row.met is False for row in rows))


def _average() -> float | None:
    return round(os.getloadavg()[0], 2) if hasattr(os, "getloadavg") else None


def load(path: Path = BENCH) -> dict[str, Any]:
    """Return what is kept, by part; nothing where nothing was measured.

    Raises
    ------
    SystemExit
        If the file is damaged, or was written by an earlier form of the benchmarks.
    """
    if not path.is_file():
        return {}
    try:
        parts: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
        for kept in parts.values():
            for row in kept["rows"]:
                Row.read(row)
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise SystemExit(
            f"{path} cannot be read ({type(error).__name__}: {error}): remove it, and measure again"
        ) from error
    return parts


def number(value: float) -> str:
    """Return a figure with three digits, and no more zeros than it has.

    Examples
    --------
    >>> [number(v) for v in (0.012345, 1.5, 75.26, 565.4, 24000.0)]
    ['0.0123', '1.50', '75.3', '565', '24,000']
    """
    if value >= 100:
        return f"{value:,.0f}"
    return f"{value:.1f}" if value >= 10 else f"{value:.2f}" if value >= 1 else f"{value:.3g}"


def cells(row: Row, kept: dict[str, Any]) -> tuple[str, ...]:
    """Return what a table shows of a row: ratio, spread, target, verdict, and the figures.

    The spread is that of the ratios of the pairs; without a ratio, that of the figure.
    """
    spread = _range(row.times or row.ours, "" if row.times else row.unit)
    if row.times is None:
        ratio = ""
        target = "" if row.target is None else f"≤ {number(row.target)} {row.unit}"
    else:
        ratio = f"{number(row.times.median)} ×"
        target = "" if row.target is None else f"≥ {number(row.target)} ×"
    verdict = {None: "", True: "met", False: "missed"}[row.met]
    if kept["quick"]:
        verdict = "short run"
    elif kept["busy"]:
        verdict = f"{verdict} (busy)".strip()
    ours = f"{number(row.ours.median)} {row.unit}".strip()
    other = "" if row.other is None else f"{number(row.other.median)} {row.unit}".strip()
    return ratio, spread, target, verdict, row.what, ours, row.against, other


def _range(spread: Spread, unit: str) -> str:
    """Return the least and the most of what was measured more than once."""
    if spread.count == 1:
        return ""
    return f"{number(spread.low)} … {number(spread.high)} {unit}".strip()


HEADINGS = ("ratio", "least … most", "target", "", "what", "ours", "against", "the other")


def table(names: Iterable[str], parts: dict[str, Any]) -> str:
    """Return the rows of some parts as a table of text, those with a ratio first."""
    lines = [HEADINGS, *(cells(row, kept) for row, kept in ordered(names, parts))]
    widths = [max(len(line[column]) for line in lines) for column in range(len(HEADINGS))]
    return "\n".join(
        "  ".join(
            cell.rjust(width) if column in (0, 5, 7) else cell.ljust(width)
            for column, (cell, width) in enumerate(zip(line, widths, strict=True))
        ).rstrip()
        for line in lines
    )


def ordered(names: Iterable[str], parts: dict[str, Any]) -> list[tuple[Row, dict[str, Any]]]:
    """Return rows of some parts: those with a ratio and a target, then those with a target."""
    rows = [(Row.read(row), parts[name]) for name in names for row in parts[name]["rows"]]
    return sorted(rows, key=lambda pair: 2 * (pair[0].target is None) + (pair[0].times is None))

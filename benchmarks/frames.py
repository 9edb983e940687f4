"""How long a reader waits for a picture, from a trace of Chromium: input by input.

A wait begins with the first frame that the browser begins after the pointer's event has arrived,
and ends when the frame that shows it is committed: style, layout and paint are done, and the page
hands the picture over. So it holds the handlers, what they leave to ``requestAnimationFrame``, and
the time for which the event stands in the queue because the page is still busy with the frame
before, or with words that follow it. It does not hold the way to the next refresh of the screen,
up to a sixtieth of a second, which no page can shorten; nor raster and presentation, which happen
on other threads than the one that is slowed down, and depend on the graphics card.

Of what else could be measured:

* a message that is posted in the frame arrives behind whatever else is queued by then, so it
  measures the next frame, too, more often than not;
* the Event Timing API rounds to 8 ms, begins at the event's own time, and leaves out moves;
* the processor's time of the main thread, which is measured beside it, says what the page's work
  costs whatever else the machine does, but not that an event waits.

Events that the browser merges into one are one input.
"""

from __future__ import annotations

import bisect
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

__all__ = ["CATEGORIES", "NOTE", "READ", "Answer", "answers"]

CLOCK = "clock"  # the name of a mark; what follows is the page's own time, in milliseconds
CATEGORIES = [
    "blink.user_timing",
    "devtools.timeline",
    "disabled-by-default-devtools.timeline",
    "disabled-by-default-devtools.timeline.frame",
]

# A slider's event is made while the pointer's is handled, whose time is when the hand moved. To
# mark each event in the trace would take longer than to handle most of them.
NOTE = """
() => {
  globalThis.inputs = [];
  let arrived = 0;
  const note = () => { inputs.push([arrived, performance.now()]); };
  addEventListener('pointermove', (event) => {
    arrived = event.timeStamp;
    if (event.buttons && event.target.closest?.('.grip')) note();
  }, true);
  addEventListener('input', note, true);
}
"""
READ = f"""
() => {{
  performance.mark(`{CLOCK} ${{performance.now()}}`);
  return inputs.splice(0);
}}
"""


@dataclass(frozen=True)
class Answer:
    """The answer to one input, in milliseconds.

    Parameters
    ----------
    wait : float
        How long a reader waits for it.
    work : float
        The processor's time of the main thread in the frame.
    """

    wait: float
    work: float


def answers(trace: dict[str, Any], inputs: Iterable[tuple[float, float]]) -> list[Answer]:
    """Return the answer to each input that :data:`NOTE` noted.

    Parameters
    ----------
    trace : dict
        What Chromium recorded of :data:`CATEGORIES`.
    inputs : iterable of (float, float)
        When each input arrived, and when it was handled, by the page's clock: what :data:`READ`
        returned while the trace was recorded.

    Raises
    ------
    ValueError
        If there is no frame after one of the inputs: Chromium has changed its events, or the trace
        ended too early.

    Examples
    --------
    >>> main, compositor = {"pid": 1, "tid": 1}, {"pid": 1, "tid": 2}
    >>> answers({"traceEvents": [
    ...     {"name": "clock 0", "cat": "blink.user_timing", "ts": 1_000, **main},
    ...     {"name": "BeginFrame", "ts": 17_000, **compositor},
    ...     {"name": "RunTask", "ts": 18_000, "dur": 9_000, "tdur": 8_000, **main},
    ...     {"name": "Commit", "ts": 26_000, "dur": 1_000, **main},
    ... ]}, [(14, 19)])
    [Answer(wait=10.0, work=8.0)]
    """
    events = sorted(trace["traceEvents"], key=lambda event: event.get("ts", 0))
    clock = next(e for e in events if e["name"].startswith(CLOCK) and "user_timing" in e["cat"])
    zero = clock["ts"] - 1000 * float(clock["name"].removeprefix(CLOCK))
    own = [e for e in events if e["pid"] == clock["pid"]]
    done = [e for e in own if e["tid"] == clock["tid"] and "dur" in e]
    begun = [e["ts"] for e in own if e["name"] == "BeginFrame"]
    ended = [e["ts"] + e["dur"] for e in done if e["name"] == "Commit"]
    tasks = [e for e in done if e["name"] == "RunTask"]
    starts = [e["ts"] for e in tasks]
    found = []
    for arrived, handled in ((zero + 1000 * a, zero + 1000 * h) for a, h in inputs):
        # An event may be handed out before a frame begins: then its wait begins there.
        first = bisect.bisect_left(begun, arrived)
        began = min(handled, begun[first]) if first < len(begun) else handled
        last = bisect.bisect_right(ended, handled)
        task = bisect.bisect_right(starts, handled) - 1
        if last == len(ended) or task < 0:
            raise ValueError(
                f"the trace holds {len(tasks)} tasks and {len(ended)} commits, but none for one of "
                "the inputs: record until the last frame is done, or look how this Chromium names "
                "them"
            )
        found.append(Answer((ended[last] - began) / 1000, tasks[task].get("tdur", 0) / 1000))
    return found

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
* the processor's time of the main thread says what the page's work costs, but not that an event
  waits. It agrees with these figures where every event finds the page idle.

Events that the browser merges into one are one input.
"""

from __future__ import annotations

import bisect
from typing import Any

__all__ = ["CATEGORIES", "MARK", "NAME", "waits"]

NAME = "input arrived"  # of the marks; what follows is how long ago, in milliseconds
CATEGORIES = [
    "blink.user_timing",
    "devtools.timeline",
    "disabled-by-default-devtools.timeline",
    "disabled-by-default-devtools.timeline.frame",
]

# A slider's event is made while the pointer's is handled, whose time is when the hand moved.
MARK = f"""
() => {{
  let arrived = 0;
  const mark = () => performance.mark(`{NAME} ${{performance.now() - arrived}}`);
  addEventListener('pointermove', (event) => {{
    arrived = event.timeStamp;
    if (event.buttons && event.target.closest?.('.grip')) mark();
  }}, true);
  addEventListener('input', mark, true);
}}
"""


def waits(trace: dict[str, Any]) -> list[float]:
    """Return the wait for each input that :data:`MARK` marked, in milliseconds.

    Parameters
    ----------
    trace : dict
        What Chromium recorded of :data:`CATEGORIES`.

    Raises
    ------
    ValueError
        If it holds inputs, but no frame after one of them: Chromium has changed its events, or
        the trace ended too early.

    Examples
    --------
    >>> main, compositor = {"pid": 1, "tid": 1}, {"pid": 1, "tid": 2}
    >>> waits({"traceEvents": [
    ...     {"name": "BeginFrame", "ts": 16_000, **compositor},
    ...     {"name": "input arrived 5", "cat": "blink.user_timing", "ts": 20_000, **main},
    ...     {"name": "Commit", "ts": 26_000, "dur": 1_000, **main},
    ... ]})
    [11.0]
    """
    events = sorted(trace["traceEvents"], key=lambda event: event.get("ts", 0))
    marks = [e for e in events if e["name"].startswith(NAME) and "user_timing" in e.get("cat", "")]
    if not marks:
        return []
    process, main = marks[0]["pid"], marks[0]["tid"]
    own = [e for e in events if e["pid"] == process]
    begun = [e["ts"] for e in own if e["name"] == "BeginFrame"]
    commits = [e for e in own if e["name"] == "Commit" and e["tid"] == main and "dur" in e]
    ended = [e["ts"] + e["dur"] for e in commits]
    found = []
    for mark in marks:
        handled = mark["ts"]
        arrived = handled - 1000 * float(mark["name"].removeprefix(NAME))
        # An event may be handed out before a frame begins: then its wait begins there.
        first = bisect.bisect_left(begun, arrived)
        began = min(handled, begun[first]) if first < len(begun) else handled
        last = bisect.bisect_right(ended, handled)
        if last == len(ended):
            raise ValueError(
                f"the trace holds {len(marks)} inputs and {len(ended)} commits, and none after one "
                "of the inputs: record until the last frame is done, or look how this Chromium "
                "names a commit"
            )
        found.append((ended[last] - began) / 1000)
    return found

"""What the benchmarks make of what they measure: pairs, ratios, verdicts, the file, the page."""

import doctest
import json
import re
from dataclasses import asdict
from pathlib import Path

import pytest

import bench_growth
import frames
import growth_plot
import measure
import page
import report
import run as benchmarks
from bench_book import course
from bench_growth import curve, multiplied

QUIET = {"quick": False, "busy": False}


@pytest.fixture(autouse=True)
def at_rest(monkeypatch):
    """Others keep no core busy."""
    monkeypatch.setattr(report, "busy_cores", lambda: 0.0)


def found():
    row = report.compare("a", "b", [1.0, 2.0, 1.0], [2.0, 6.0, 8.0], unit="s", target=2.5)
    return [row], {"more": 1}


def test_contenders_are_measured_in_turns_and_the_order_is_reversed_each_time():
    order = []

    def contender(name):
        return lambda: order.append(name) or float(len(order))

    figures = measure.in_turns({name: contender(name) for name in "ab"}, 3)
    assert order == ["a", "b", "b", "a", "a", "b"]
    assert figures == {"a": [1.0, 4.0, 5.0], "b": [2.0, 3.0, 6.0]}


def test_a_ratio_is_the_median_of_the_pairs_and_not_the_quotient_of_medians():
    (row,), _ = found()
    assert row.times == measure.Spread(median=3.0, low=2.0, high=8.0, count=3)
    assert row.met
    more = report.compare("a", "b", [30.0], [10.0], unit="steps/s", target=4, more_is_better=True)
    assert more.times.median == 3.0
    assert more.met is False


def test_a_row_without_a_ratio_is_held_to_its_limit():
    assert report.within("a", [3.0], unit="s", most=3.0).met
    assert report.within("a", [3.0, 4.0, 5.0], unit="s", most=3.9).met is False
    assert report.within("a", [3.0], unit="s").met is None


def test_a_part_replaces_its_own_rows_and_keeps_those_of_the_others(tmp_path, capsys):
    path = tmp_path / "_build" / "bench.json"
    assert report.run("one", found, quick=False, path=path) == 0
    slow = [report.within("slow", [9.0], unit="s", most=1.0)]
    assert report.run("two", lambda: (slow, {}), quick=False, path=path) == 1
    assert report.run("two", lambda: (slow, {}), quick=True, path=path) == 0
    parts = report.load(path)
    assert list(parts) == ["one", "two"]
    assert [report.Row.read(row) for row in parts["one"]["rows"]] == found()[0]
    assert parts["one"]["figures"] == {"more": 1}
    assert parts["one"]["machine"]["cores"] >= 1
    assert "missed" in capsys.readouterr().out
    assert [p.name for p in path.parent.iterdir()] == ["bench.json"]


@pytest.mark.parametrize("text", ["{", "[]", '{"maths": {"rates": 1}}', '{"a": {"rows": [{}]}}'])
def test_a_damaged_file_is_named_before_anything_is_measured(tmp_path, text):
    path = tmp_path / "bench.json"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(SystemExit, match="remove it, and measure again"):
        report.run("one", lambda: pytest.fail("measured"), quick=False, path=path)
    assert path.read_text(encoding="utf-8") == text


@pytest.mark.parametrize(("share", "marked"), [(0.4, False), (0.6, True)])
def test_a_row_is_marked_when_others_keep_half_of_the_cores_busy(
    tmp_path, monkeypatch, share, marked
):
    monkeypatch.setattr(report, "busy_cores", lambda: share * measure.cores())
    path = tmp_path / "bench.json"
    report.run("one", found, quick=False, path=path)
    assert ("met (busy)" in report.table(["one"], report.load(path))) == marked


def test_ratios_with_a_target_stand_first():
    rows = [
        report.within("bare", [1.0], unit="s"),
        report.within("limited", [1.0], unit="s", most=2.0),
        report.compare("beside", "b", [1.0], [2.0], unit="s"),
        report.compare("aimed", "b", [1.0], [2.0], unit="s", target=1.0),
    ]
    parts = {"one": QUIET | {"rows": [asdict(row) for row in rows]}}
    names = [row.what for row, _ in report.ordered(parts, parts)]
    assert names == ["aimed", "limited", "beside", "bare"]


def test_the_page_is_renewed_between_its_marks_alone(tmp_path):
    bench, target = tmp_path / "bench.json", tmp_path / "README.md"
    curves = [curve("a map | of rates", "points", {10: [1.0], 20: [2.0, 2.5, 3.0], 40: [4.0]})]
    report.run("growth", lambda: ([], {"curves": curves}), quick=False, path=bench)
    report.run("one", found, quick=False, path=bench)
    target.write_text(f"above\n{page.BEGIN}\nold\n{page.END}\nbelow\n", encoding="utf-8")
    page.renew(target, bench)
    text = target.read_text(encoding="utf-8")
    assert text.startswith(f"above\n{page.BEGIN}\n\n| ratio |")
    assert text.endswith(f"{page.END}\nbelow\n")
    assert "| 3.00 × | 2.00 … 8.00 | ≥ 2.50 × | met | a | 1.00 s | b | 6.00 s |" in text
    assert "old" not in text
    assert "a map \\| of rates" in text
    page.renew(target, bench)
    assert target.read_text(encoding="utf-8") == text
    assert (tmp_path / page.PLOT).read_text(encoding="utf-8").count("<text") > 4


def test_short_runs_do_not_come_onto_the_page(tmp_path, capsys):
    bench, target = tmp_path / "bench.json", tmp_path / "README.md"
    target.write_text(f"{page.BEGIN}\n{page.END}\n", encoding="utf-8")
    report.run("short", found, quick=True, path=bench)
    with pytest.raises(SystemExit, match="no full run"):
        page.renew(target, bench)
    report.run("full", found, quick=False, path=bench)
    page.renew(target, bench)
    assert "short" not in target.read_text(encoding="utf-8")
    assert "short" in capsys.readouterr().out


def test_a_page_without_its_marks_stays_as_it_is(tmp_path):
    bench, target = tmp_path / "bench.json", tmp_path / "README.md"
    report.run("one", found, quick=False, path=bench)
    target.write_text(page.BEGIN, encoding="utf-8")
    with pytest.raises(SystemExit, match="needs these two lines"):
        page.renew(target, bench)
    assert target.read_text(encoding="utf-8") == page.BEGIN


def test_the_plot_of_the_same_curves_is_the_same_file(tmp_path):
    curves = [curve("a book", "pages", {13: [20.0, 21.0], 21: [30.0, 29.0], 29: [41.0, 40.0]})]
    for name in "ab":
        growth_plot.plot(curves, tmp_path / name)
    assert (tmp_path / "a").read_bytes() == (tmp_path / "b").read_bytes()


def test_the_readme_has_its_marks_and_tells_of_every_part():
    text = page.PAGE.read_text(encoding="utf-8")
    assert page.replaced(text, "new") != text
    parts = set(benchmarks.parts())
    assert parts - {"growth"} == {part for part in parts if f"| `{part}` |" in text}


@pytest.mark.parametrize("module", [measure, report, frames, bench_growth])
def test_the_examples_in_docstrings_hold(module):
    results = doctest.testmod(module)
    assert results.attempted > 0
    assert results.failed == 0


def traced(*, begun, ended):
    """Return a trace by a clock that starts 9 ms before the page's: frames, one task, commits."""
    main, compositor, other = ({"pid": 7 + n // 2, "tid": n} for n in range(3))
    return {
        "traceEvents": [
            {"name": "thread_name", "ph": "M", **main},
            {"name": f"{frames.CLOCK} 1.5", "cat": "blink.user_timing", "ts": 10_500, **main},
            {"name": "BeginFrame", "ts": 26_100, **other},
            *({"name": "BeginFrame", "ts": (9 + ms) * 1000, **compositor} for ms in begun),
            {"name": "RunTask", "ts": 11_000, "dur": 90_000, "tdur": 7_000, **main},
            *({"name": "Commit", "ts": (8 + ms) * 1000, "dur": 1000, **main} for ms in ended),
        ]
    }


@pytest.mark.parametrize(
    ("handled", "wait"),
    [
        (22, 18),  # at once, in the frame that began at 20
        (45, 38),  # two frames later, for the page was busy: all that counts
        (18, 20),  # before a frame begins: from there on
    ],
)
def test_the_time_for_which_an_input_stands_in_the_queue_counts(handled, wait):
    trace = traced(begun=[3, 20, 37], ended=[10, 38, 58])
    (answer,) = frames.answers(trace, [(17, handled)])
    assert answer.wait == pytest.approx(wait)
    assert answer.work == 7


def test_a_trace_without_a_frame_after_an_input_is_an_error():
    with pytest.raises(ValueError, match="1 tasks and 1 commits"):
        frames.answers(traced(begun=[3, 20], ended=[10]), [(17, 22)])


def test_the_page_shows_how_long_each_explorable_takes():
    inputs = {"ravine": {"median": 4.0, "p95": 8.0, "work": {"median": 2.0, "p95": 3.0}}}
    kept = {"rows": [], "figures": {"input": inputs}, "machine": measure.machine(), "when": "now"}
    parts = {"explore": kept | {"cores busy with others, before and after": [0.0, 0.0]}}
    assert "| ravine | 4.00 ms | 8.00 ms | 2.00 ms | 3.00 ms |" in page.figures(parts)


def test_a_wrong_name_of_a_part_lists_the_right_ones(capsys):
    with pytest.raises(SystemExit):
        benchmarks.main(["mnits"])
    assert "mnist" in capsys.readouterr().err


def test_a_book_with_its_chapters_twice_names_nothing_twice(tmp_path):
    course(tmp_path)
    before = {p.stem for p in (tmp_path / "notebooks" / "en").glob("*.ipynb")}
    assert multiplied(tmp_path, 2) > len(before)
    pages = (tmp_path / "notebooks" / "en").glob("*.ipynb")
    labels = [label for path in pages for label in labels_of(path)]
    assert len(labels) == len(set(labels)) > 20


def labels_of(path: Path) -> list[str]:
    cells = json.loads(path.read_text(encoding="utf-8"))["cells"]
    text = "\n".join("".join(c["source"]) for c in cells if c["cell_type"] == "markdown")
    return re.findall(r"^:label: *(\S+)", text, re.MULTILINE)

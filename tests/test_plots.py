"""Figures: what they show, that they are SVG with words in it, and that they never change."""

from __future__ import annotations

import functools
import re
import subprocess
import sys
import warnings
from xml.etree import ElementTree

import matplotlib as mpl
import numpy as np
import pytest

import d2lmini as d2l
from d2lmini.palette import CSS, DARK, LIGHT

RAVINE = d2l.ravine()
SVG = "{http://www.w3.org/2000/svg}"


def descend(eta: float, beta: float | None = None, steps: int = 20) -> d2l.Trace:
    if beta is None:
        return d2l.gradient_descent(RAVINE.grad, (-5, -2), eta=eta, steps=steps)
    return d2l.momentum(RAVINE.grad, (-5, -2), eta=eta, beta=beta, steps=steps)


def history(n: int, beta: float, last: float = 0.1) -> d2l.History:
    loss = np.geomspace(2.3, last, n)
    return d2l.History(
        loss=loss, smoothed=loss.copy(), steps=n, eta=0.01, beta=beta, accuracy=0.9,
        seconds=1.0, data="example",
    )  # fmt: skip


def draw(kind: str) -> tuple[d2l.figure.Figure, object]:
    fig, ax = d2l.subplots()
    if kind == "trace":
        return fig, d2l.plot_trace(ax, RAVINE, descend(0.4))
    if kind == "diverging":
        return fig, d2l.plot_trace(ax, RAVINE, descend(0.6))
    if kind == "two methods":
        return fig, d2l.plot_trace(ax, RAVINE, descend(0.4), descend(0.6, 0.5))
    if kind == "saddle":
        saddle = d2l.Quadratic([1, -1])
        run = d2l.gradient_descent(saddle.grad, (-5, 1e-3), eta=0.4, steps=20)
        return fig, d2l.plot_trace(ax, saddle, run)
    if kind == "decay":
        return fig, d2l.plot_decay(ax, RAVINE, descend(0.4), descend(0.6, 0.5))
    if kind == "rates":
        return fig, d2l.plot_rates(ax, np.linspace(0, 0.6, 301), RAVINE)
    if kind == "iterates":
        runs = {
            f"δ = {delta:g}": d2l.gradient_descent(lambda x: x, 5, eta=2.5, steps=30, decay=delta)
            for delta in (0, 0.1, 0.9, 1)
        }
        return fig, d2l.plot_iterates(ax, runs)
    runs = {"β = 0": history(23_293, 0.0), "β = 0.9": history(2_767, 0.9)}
    return fig, d2l.plot_losses(ax, runs, target=0.1)


KINDS = ["trace", "diverging", "two methods", "saddle", "decay", "rates", "iterates", "losses"]


@functools.cache
def drawn(kind: str) -> str:
    """Return an English figure, drawn once for all tests."""
    return str(draw(kind)[0].svg())


def words(svg: str) -> list[str]:
    return [element.text or "" for element in ElementTree.fromstring(svg).iter(f"{SVG}text")]


# The SVG ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", KINDS)
def test_figure_is_an_svg_element_that_can_stand_in_a_page(kind: str, each_language: str) -> None:
    fig, _ = draw(kind)
    with warnings.catch_warnings():
        warnings.simplefilter("error")  # missing glyphs, above all
        bundle = fig._repr_mimebundle_()
    assert set(bundle) == {"image/svg+xml", "text/plain"}
    assert bundle["text/plain"] == "<Figure: 1 panel>"
    svg = bundle["image/svg+xml"]
    assert svg.startswith("<svg ")
    root = ElementTree.fromstring(svg)
    assert root.get("viewBox") == "0 0 504 282.24"
    assert root.get("{http://www.w3.org/XML/1998/namespace}lang") == d2l.label("language.tag")
    assert root.get("font-family", "").endswith("sans-serif")
    assert {element.tag.removeprefix(SVG) for element in root.iter()} <= {
        "svg", "g", "path", "use", "defs", "clipPath", "rect", "text",
    }  # fmt: skip
    assert "font-family" not in svg.replace(root.get("font-family", ""), "").replace(
        'font-family=""', ""
    )
    assert len(svg) < 60_000


@pytest.mark.parametrize("kind", KINDS)
def test_every_colour_is_of_the_palette(kind: str) -> None:
    svg = drawn(kind)
    assert set(re.findall(r"#[0-9a-f]{6}\b", svg)) <= set(LIGHT.values())
    assert not re.search(
        r"#[0-9a-fA-F]{3}\b(?![0-9a-fA-F])", re.sub(r'(href="|url\()#\w+', "", svg)
    )
    for element in ElementTree.fromstring(svg).iter(f"{SVG}text"):
        # Without a colour it would be black, and vanish on a dark page.
        assert "fill: #" in element.get("style", "")
    root = ElementTree.fromstring(svg)
    markers = {path for defs in root.iter(f"{SVG}defs") for path in defs.iter()}
    for element in root.iter():
        if element.tag in (f"{SVG}path", f"{SVG}use") and element not in markers:
            assert re.search(r"(fill|stroke): #", element.get("style", ""))


@pytest.mark.parametrize("kind", KINDS)
def test_drawing_again_changes_no_byte(kind: str) -> None:
    fig, _ = draw(kind)
    assert fig.svg() == fig.svg() == drawn(kind)


def test_another_process_writes_the_same_bytes() -> None:
    code = (
        "import d2lmini as d2l; f = d2l.ravine(); fig, ax = d2l.subplots();"
        "d2l.plot_trace(ax, f, d2l.gradient_descent(f.grad, (-5, -2), eta=0.4, steps=20));"
        "import sys; sys.stdout.buffer.write(fig.svg().encode())"
    )
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, check=True)
    assert run.stdout.decode() == draw("trace")[0].svg()


def test_a_readers_settings_neither_change_a_figure_nor_are_changed() -> None:
    expected = draw("trace")[0].svg()
    settings = {"font.size": 20, "axes.facecolor": "black", "axes.spines.top": True,
                "font.family": ["serif"], "xtick.color": "red", "svg.fonttype": "path",
                "savefig.bbox": "tight", "lines.linewidth": 9}  # fmt: skip
    with mpl.rc_context(settings):
        before = dict(mpl.rcParams)
        fig, _ = draw("trace")
        assert fig.svg() == expected
        assert dict(mpl.rcParams) == before


def test_chinese_words_are_in_the_figure_as_text() -> None:
    d2l.use_language("zh")
    try:
        svg = draw("trace")[0].svg()
    finally:
        d2l.use_language("en")
    assert {"起点", "最小值点", "第 20 步"} <= set(words(svg))
    assert 'xml:lang="zh-CN"' in svg


def test_only_groups_of_measured_curves_and_references_keep_an_id() -> None:
    root = ElementTree.fromstring(draw("losses")[0].svg())
    ids = [element.get("id", "") for element in root.iter() if element.get("id")]
    measured = [name for name in ids if name.startswith("measured-")]
    assert sorted(measured) == ["measured-1", "measured-2", "measured-3", "measured-4"]
    assert all(re.fullmatch(r"[mp][0-9a-f]{10}", name) for name in set(ids) - set(measured))


def test_no_figure_is_kept_by_pyplot() -> None:
    code = (
        "import sys, d2lmini as d2l; fig, ax = d2l.subplots(); fig.svg();"
        "assert 'matplotlib.pyplot' not in sys.modules"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


# subplots ---------------------------------------------------------------------------------------


def test_subplots_has_the_shapes_of_pyplot() -> None:
    fig, axes = d2l.subplots(2, 3, width=9, height=5)
    assert axes.shape == (2, 3)
    assert repr(fig) == "<Figure: 6 panels>"
    np.testing.assert_array_equal(fig.get_size_inches(), [9, 5])
    _, axes = d2l.subplots(1, 2, sharey=True)
    assert axes.shape == (2,)


@pytest.mark.parametrize(
    ("arguments", "error", "message"),
    [
        ({"nrows": 0}, ValueError, "nrows must be at least 1"),
        ({"ncols": 1.5}, TypeError, "ncols must be a whole number"),
        ({"width": -1}, ValueError, "width must be between 0 and 100"),
        ({"height": 0}, ValueError, "height must be between 0 and 100"),
        ({"height": "tall"}, TypeError, "height must be a number"),
    ],
)
def test_subplots_names_bad_sizes(arguments: dict, error: type, message: str) -> None:
    with pytest.raises(error, match=message):
        d2l.subplots(**arguments)


# What the plots show ----------------------------------------------------------------------------


def test_trace_that_stays_is_drawn_whole() -> None:
    fig, ax = d2l.subplots()
    trace = descend(0.4)
    drawn = d2l.plot_trace(ax, RAVINE, trace)
    np.testing.assert_array_equal(drawn.lines[0].get_xydata(), trace.x)
    assert [text.get_text() for text in drawn.texts] == ["start", "minimiser", "step 20"]
    (x_low, x_high), (y_low, y_high) = ax.get_xlim(), ax.get_ylim()
    for point in [*trace.x, RAVINE.minimizer]:
        assert x_low < point[0] < x_high
        assert y_low < point[1] < y_high
    assert "gradient descent, η = 0.4" in words(fig.svg())


def test_trace_that_leaves_is_cut_at_the_edge_with_the_step_at_which_it_left() -> None:
    fig, ax = d2l.subplots()
    trace = descend(0.6)
    drawn = d2l.plot_trace(ax, RAVINE, trace)
    low, high = ax.get_ylim()
    step = next(t for t, x in enumerate(trace.x) if not low <= x[1] <= high)
    assert drawn.texts[-1].get_text() == f"leaves at step {step}"
    path = drawn.lines[0].get_xydata()
    np.testing.assert_array_equal(path[:-1], trace.x[:step])
    assert path[-1][1] == pytest.approx(low) or path[-1][1] == pytest.approx(high)
    # The point on the edge lies on the step that leaves.
    a, b = trace.x[step - 1], trace.x[step]
    np.testing.assert_allclose((path[-1] - a)[0] / (b - a)[0], (path[-1] - a)[1] / (b - a)[1])
    assert f"leaves at step {step}" in words(fig.svg())


def test_trace_that_overflows_is_drawn_without_a_warning() -> None:
    fig, ax = d2l.subplots()
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        d2l.plot_trace(ax, RAVINE, descend(0.6, steps=5000))
        assert len(fig.svg()) < 60_000


def test_one_contour_runs_through_the_start() -> None:
    _, ax = d2l.subplots()
    d2l.plot_trace(ax, RAVINE, descend(0.4))
    levels = []
    for ellipse in ax.patches:
        x, y = ellipse.center
        point = (x + ellipse.width / 2, y)
        levels.append(float(RAVINE.value(point)))
        across = (x, y + ellipse.height / 2)
        assert float(RAVINE.value(across)) == pytest.approx(levels[-1])
    assert any(level == pytest.approx(10.5) for level in levels)
    ratios = np.array(levels[:-1]) / levels[1:]
    np.testing.assert_allclose(ratios, 2)


def test_contours_of_a_turned_quadratic_are_level_lines() -> None:
    f = d2l.Quadratic([[2, 1.2], [1.2, 1]], [1, 1], 3)
    _, ax = d2l.subplots()
    d2l.plot_trace(ax, f, d2l.gradient_descent(f.grad, (4, 4), eta=0.1, steps=5))
    for ellipse in ax.patches:
        path = ellipse.get_patch_transform().transform_path(ellipse.get_path())
        points = [curve(t) for curve, _ in path.iter_bezier() for t in (0.25, 0.5, 1)][1:]
        values = f.value(np.reshape(points, (-1, 2)))
        # Bézier curves are not quite an ellipse.
        np.testing.assert_allclose(values - f.minimum, values[0] - f.minimum, rtol=1e-4)


def test_paths_share_a_panel_and_are_told_apart_by_more_than_colour() -> None:
    _, ax = d2l.subplots()
    drawn = d2l.plot_trace(ax, RAVINE, descend(0.4), descend(0.6, 0.5), descend(0.6, 0.25))
    assert [line.get_color() for line in drawn.lines[:2]] == [LIGHT["gd"], LIGHT["momentum"]]
    looks = {(line.get_marker(), line.get_linestyle()) for line in drawn.lines}
    assert len(looks) == 3
    assert len({line.get_color() for line in drawn.lines}) == 3
    assert LIGHT["gd"] != drawn.lines[2].get_color()


def test_trace_in_another_dimension_is_refused_with_the_right_plot() -> None:
    _, ax = d2l.subplots()
    bowl = d2l.Quadratic([1])
    with pytest.raises(ValueError, match=r"d = 2, got a function with d = 1.*plot_iterates"):
        d2l.plot_trace(ax, bowl, d2l.gradient_descent(bowl.grad, 1, eta=0.1, steps=1))
    with pytest.raises(ValueError, match="nothing to draw"):
        d2l.plot_trace(ax, RAVINE)


def test_window_can_be_chosen() -> None:
    _, ax = d2l.subplots()
    d2l.plot_trace(ax, RAVINE, descend(0.4), window=((-6, 6), (-3, 3)))
    assert (ax.get_xlim(), ax.get_ylim()) == ((-6, 6), (-3, 3))
    with pytest.raises(ValueError, match="two rising pairs"):
        d2l.plot_trace(ax, RAVINE, descend(0.4), window=((6, -6), (-3, 3)))


def test_a_plane_has_no_contours() -> None:
    fig, ax = d2l.subplots()
    plane = d2l.Quadratic([0, 0])
    drawn = d2l.plot_trace(ax, plane, d2l.gradient_descent(plane.grad, [1, 2], eta=1, steps=3))
    assert len(drawn.marks) == 1  # the start
    assert "minimiser" not in words(fig.svg())


def test_the_goal_is_named_inside_the_panel_where_it_is_at_the_right_edge() -> None:
    fig, ax = d2l.subplots()
    drawn = d2l.plot_trace(ax, RAVINE, descend(0.4), window=((-6, 0.2), (-3, 3)))
    (name,) = (text for text in drawn.texts if text.get_text() == "minimiser")
    fig.canvas.draw()
    assert name.get_window_extent().x1 <= fig.bbox.x1


@pytest.mark.parametrize("start", [(0, 0), (5, 0), (0, 1e-9), (1e6, 1)])
def test_any_start_gives_a_picture(start: tuple[float, float]) -> None:
    fig, ax = d2l.subplots()
    run = d2l.momentum(RAVINE.grad, start, eta=0.1, beta=0.5, steps=10)
    d2l.plot_trace(ax, RAVINE, run)
    assert ax.get_xlim()[0] < start[0] < ax.get_xlim()[1]
    assert len(fig.svg()) < 60_000


def test_decay_draws_the_distance_along_each_eigenvector() -> None:
    f = d2l.Quadratic([[2, 1], [1, 2]], [-3, -3])
    trace = d2l.gradient_descent(f.grad, (4, -1), eta=0.3, steps=12)
    _, ax = d2l.subplots()
    drawn = d2l.plot_decay(ax, f, trace)
    for line, lam in zip(drawn.lines, f.eigenvalues, strict=True):
        heights = np.asarray(line.get_ydata(), dtype=float)
        shown = heights[1:] / heights[:-1]
        np.testing.assert_allclose(shown[:8], abs(1 - 0.3 * lam), rtol=1e-6)
    assert {text.get_text() for text in drawn.texts} == {"λ = 1", "λ = 3"}
    assert ax.get_yscale() == "log"


def test_decay_leaves_a_gap_where_the_minimizer_is_reached() -> None:
    f = d2l.Quadratic([0.5, 1])
    fig, ax = d2l.subplots()
    drawn = d2l.plot_decay(ax, f, d2l.gradient_descent(f.grad, (1, 1), eta=1, steps=5))
    assert np.isnan(np.asarray(drawn.lines[1].get_ydata())[1:]).all()
    fig.svg()


def test_decay_needs_a_minimizer_and_its_own_function() -> None:
    _, ax = d2l.subplots()
    with pytest.raises(ValueError, match="no single minimum"):
        d2l.plot_decay(ax, d2l.Quadratic([1, -1]), descend(0.4))
    with pytest.raises(ValueError, match="d = 3 and a trace has d = 2"):
        d2l.plot_decay(ax, d2l.Quadratic([1, 1, 1]), descend(0.4))


def test_rates_draws_each_eigenvalue_and_the_largest_in_bold() -> None:
    etas = np.linspace(0, 0.6, 61)
    _, ax = d2l.subplots()
    drawn = d2l.plot_rates(ax, etas, RAVINE)
    np.testing.assert_array_equal(drawn.lines[0].get_ydata(), np.abs(1 - 0.2 * etas))
    np.testing.assert_array_equal(drawn.lines[1].get_ydata(), np.abs(1 - 4 * etas))
    thin = [np.asarray(line.get_ydata()) for line in drawn.lines[:2]]
    np.testing.assert_array_equal(drawn.lines[2].get_ydata(), np.max(thin, axis=0))
    assert drawn.lines[2].get_linewidth() > 1.5 * drawn.lines[0].get_linewidth()
    assert drawn.texts[-1].get_text() == "best: η = 0.4762"
    assert drawn.texts[0].get_text() == "diverges"


def test_rates_marks_no_optimum_beyond_its_range() -> None:
    _, ax = d2l.subplots()
    drawn = d2l.plot_rates(ax, [0, 0.1, 0.2], RAVINE)
    assert not any("best" in text.get_text() for text in drawn.texts)


@pytest.mark.parametrize("etas", [[0.1], [0.2, 0.1], [[0.1, 0.2]], [-0.1, 0.1], [0.1, np.nan]])
def test_rates_refuses_what_is_no_range(etas: list) -> None:
    _, ax = d2l.subplots()
    with pytest.raises(ValueError, match="etas must be"):
        d2l.plot_rates(ax, etas, RAVINE)


def test_iterates_fits_what_converges_and_lets_the_rest_leave() -> None:
    _, ax = d2l.subplots()
    calm = d2l.gradient_descent(lambda x: x, 5, eta=0.4, steps=30)
    wild = d2l.gradient_descent(lambda x: x, 5, eta=2.5, steps=30)
    drawn = d2l.plot_iterates(ax, {"calm": calm, "wild": wild})
    low, high = ax.get_ylim()
    assert -1 < low < 0
    assert 5 < high < 6
    np.testing.assert_array_equal(drawn.lines[0].get_ydata(), calm.x[:, 0])
    assert np.abs(np.asarray(drawn.lines[1].get_ydata())).max() < 50


def test_iterates_draws_runs_that_all_diverge() -> None:
    fig, ax = d2l.subplots()
    wild = d2l.gradient_descent(lambda x: x, 5, eta=2.5, steps=3000)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        d2l.plot_iterates(ax, {"wild": wild})
        fig.svg()
    assert -30 < ax.get_ylim()[0] < -5 < 5 < ax.get_ylim()[1] < 30


def test_iterates_needs_one_variable() -> None:
    _, ax = d2l.subplots()
    with pytest.raises(ValueError, match=r"'path' has d = 2: for d = 2 there is plot_trace"):
        d2l.plot_iterates(ax, {"path": descend(0.4)})
    with pytest.raises(ValueError, match="nothing to draw"):
        d2l.plot_iterates(ax, {})


def test_losses_colours_runs_by_method_and_marks_the_target() -> None:
    fig, ax = d2l.subplots()
    runs = {"plain": history(23_293, 0.0), "with momentum": history(2_767, 0.9)}
    drawn = d2l.plot_losses(ax, runs, target=0.1)
    assert [line.get_color() for line in drawn.lines] == [LIGHT["gd"], LIGHT["momentum"]]
    assert drawn.lines[0].get_xdata()[-1] == 23_293
    assert {"plain", "with momentum", "target 0.1", "5\u2009000"} <= set(words(fig.svg()))


def test_losses_limits_do_not_move_with_the_last_digits() -> None:
    limits = []
    for steps, last in ((23_293, 0.0999), (23_511, 0.09995), (22_890, 0.0993)):
        _, ax = d2l.subplots()
        d2l.plot_losses(ax, {"plain": history(steps, 0.0, last)}, target=0.1)
        limits.append((ax.get_xlim(), ax.get_ylim()))
    assert limits[0] == limits[1] == limits[2]


def test_losses_over_many_decades_are_ticked_at_powers_of_ten() -> None:
    _, ax = d2l.subplots()
    d2l.plot_losses(ax, {"run": history(400, 0.9, 1e-7)})
    ticks = ax.get_yticks()
    assert len(ticks) >= 6
    np.testing.assert_allclose(np.log10(ticks), np.log10(ticks).round(), atol=1e-9)


def test_losses_differ_only_inside_measured_groups() -> None:
    """What another processor computes in the last digits must not show elsewhere."""

    def masked(steps: int, last: float) -> str:
        fig, ax = d2l.subplots()
        runs = {"plain": history(steps, 0.0, last), "momentum": history(steps // 9, 0.9, last)}
        d2l.plot_losses(ax, runs, target=0.1)
        svg = fig.svg()
        root = ElementTree.fromstring(svg)
        for group in root.iter(f"{SVG}g"):
            if group.get("id", "").startswith("measured-"):
                for path in group.iter(f"{SVG}path"):
                    path.set("d", "")
        return ElementTree.tostring(root, encoding="unicode")

    assert masked(23_293, 0.0999) == masked(23_301, 0.09985)


@pytest.mark.parametrize("target", [0, -0.1, np.nan])
def test_losses_target_must_be_positive(target: float) -> None:
    _, ax = d2l.subplots()
    with pytest.raises(ValueError, match="target"):
        d2l.plot_losses(ax, {"run": history(10, 0.9)}, target=target)


def test_losses_without_a_finite_loss_are_refused() -> None:
    _, ax = d2l.subplots()
    empty = history(3, 0.9)
    object.__setattr__(empty, "smoothed", np.full(3, np.nan))
    with pytest.raises(ValueError, match="'run' has no finite positive loss"):
        d2l.plot_losses(ax, {"run": empty})


# The palette ------------------------------------------------------------------------------------


def luminance(colour: str) -> float:
    channels = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
    return float(np.dot(linear, [0.2126, 0.7152, 0.0722]))


def contrast(a: str, b: str) -> float:
    high, low = sorted((luminance(a), luminance(b)), reverse=True)
    return (high + 0.05) / (low + 0.05)


def test_palette_names_one_colour_each() -> None:
    assert set(LIGHT) == set(DARK) == set(CSS)
    assert len(set(LIGHT.values())) == len(LIGHT)


@pytest.mark.parametrize("name", ["ink", "muted", "gd", "momentum", "nesterov", "accent"])
def test_words_in_colour_are_legible_on_both_pages(name: str) -> None:
    assert contrast(LIGHT[name], "#ffffff") >= 4.5
    assert contrast(DARK[name], "#14181e") >= 4.5

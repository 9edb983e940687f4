"""The figures of regimes, rate windows, best rates, eigenmodes and filters: what they show."""

from __future__ import annotations

import functools
import re
import warnings
from typing import Any
from xml.etree import ElementTree

import numpy as np
import pytest
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.colors import to_hex
from matplotlib.text import Text

import d2lmini as d2l
from d2lmini.palette import LIGHT

RAVINE = d2l.ravine()
MANY = d2l.Quadratic(0.5 ** np.arange(1, 6))
LAM = np.geomspace(1e-3, 1, 60)
SVG = "{http://www.w3.org/2000/svg}"


def descend(f: d2l.Quadratic, steps: int = 80, eta: float = 1.5) -> d2l.Trace:
    return d2l.gradient_descent(f.grad, np.ones(f.dim), eta=eta, steps=steps)


def draw(kind: str) -> tuple[Any, Any]:
    fig, ax = d2l.subplots()
    if kind == "regimes":
        return fig, d2l.plot_regimes(ax, {"A": (0.1, 0.3), "B": (4.4, 1)})
    if kind == "windows":
        return fig, d2l.plot_rate_windows(ax, [0, 0.4, 0.9], RAVINE)
    if kind == "best rates":
        return fig, d2l.plot_best_rates(ax, np.linspace(0, 0.99, 100), RAVINE)
    if kind == "eigenmodes":
        heavy = d2l.momentum(MANY.grad, np.ones(5), eta=3, beta=0.4, steps=80)
        return fig, d2l.plot_eigenmodes(ax, MANY, descend(MANY), heavy)
    return fig, d2l.plot_filters(
        ax, LAM, {"t = 10": 1 - (1 - LAM) ** 10}, {"α = 0.1": LAM / (LAM + 0.1)}
    )


KINDS = ["regimes", "windows", "best rates", "eigenmodes", "filters"]
KEYS = {
    "regimes": ["axis.beta", "regimes.over", "regimes.under", "regimes.alternating"],
    "windows": ["axis.rho", "rates.diverges"],
    "best rates": ["axis.beta", "axis.rho", "rates.best_eta", "method.gd"],
    "eigenmodes": ["axis.step", "axis.eigenvalue"],
    "filters": ["axis.eigenvalue", "axis.share"],
}


@functools.cache
def drawn(kind: str) -> str:
    """Return an English figure, drawn once for all tests."""
    return str(draw(kind)[0].svg())


def words(svg: str) -> list[str]:
    return [element.text or "" for element in ElementTree.fromstring(svg).iter(f"{SVG}text")]


# The SVG ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", KINDS)
def test_figure_is_a_small_svg_with_words_in_it(kind: str, each_language: str) -> None:
    fig, _ = draw(kind)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        svg = fig.svg()
    assert len(svg.encode()) < 60_000
    assert {d2l.label(key) for key in KEYS[kind]} <= set(words(svg))


@pytest.mark.parametrize("kind", KINDS)
def test_every_colour_is_of_the_palette(kind: str) -> None:
    svg = drawn(kind)
    assert set(re.findall(r"#[0-9a-f]{6}\b", svg)) <= set(LIGHT.values())


@pytest.mark.parametrize("kind", KINDS)
def test_drawing_again_changes_no_byte(kind: str) -> None:
    assert draw(kind)[0].svg() == drawn(kind)


# Regimes ----------------------------------------------------------------------------------------


def test_the_lines_between_the_regimes_are_where_the_roots_change_their_kind() -> None:
    _, drawn = draw("regimes")
    slow, fast, edge = (np.asarray(line.get_xydata())[1:-1] for line in drawn.lines)
    for branch in (slow, fast):
        assert {str(kind) for kind in d2l.damping(branch[:, 0], eta=1, beta=branch[:, 1])} == {
            "critical"
        }
    assert (slow[:, 0] < fast[:, 0]).all()
    for pull, beta in edge:
        roots = np.linalg.eigvals(d2l.iteration_matrix(pull, eta=1, beta=beta))
        assert roots.real.min() == pytest.approx(-1, abs=1e-6)


def test_each_shaded_region_holds_the_roots_that_its_name_says() -> None:
    _, drawn = draw("regimes")
    names = ["underdamped", "alternating", "diverging"]
    seen = set()
    for pull in np.linspace(0.02, 4.38, 90):
        for beta in np.linspace(0.01, 0.99, 50):
            borders = np.array([(1 - beta**0.5) ** 2, (1 + beta**0.5) ** 2, 2 * (1 + beta)])
            if np.abs(borders - pull).min() < 0.01:
                continue  # the borders are polygons, close to the curves but not on them
            found = [
                name
                for name, region in zip(names, drawn.marks, strict=False)
                if region.get_paths()[0].contains_point((pull, beta))
            ]
            roots = np.linalg.eigvals(d2l.iteration_matrix(pull, eta=1, beta=beta))
            if np.iscomplexobj(roots) and roots.imag.any():
                expected = ["underdamped"]
            elif (roots.real > 0).all():
                expected = []  # overdamped: the colour of the paper
            else:
                expected = ["alternating" if np.abs(roots).max() < 1 else "diverging"]
            assert found == expected, (pull, beta)
            seen.update(expected)
    assert seen == set(names)


@pytest.mark.filterwarnings("ignore:Glyph")  # the font that measures here may lack Chinese
def test_no_name_of_a_region_covers_a_line(each_language: str) -> None:
    fig, drawn = draw("regimes")
    FigureCanvasAgg(fig).draw()
    for text in drawn.texts[:4]:
        box = Text.get_window_extent(text)  # of the word alone, without its pointer
        for line in drawn.lines:
            path = line.get_transform().transform_path(line.get_path())
            assert not path.intersects_bbox(box, filled=False), (text.get_text(), line.get_label())


def test_names_outside_their_region_point_into_it() -> None:
    _, drawn = draw("regimes")
    over, _, alternating, _ = drawn.texts[:4]
    pull, beta = over.xy
    assert 0 < pull < (1 - beta**0.5) ** 2
    pull, beta = alternating.xy
    assert (1 + beta**0.5) ** 2 < pull < 2 * (1 + beta)


def test_points_stand_where_they_are_put_with_their_names() -> None:
    _, drawn = draw("regimes")
    assert [tuple(dot.get_xydata()[0]) for dot in drawn.marks[3:]] == [(0.1, 0.3), (4.4, 1)]
    assert [text.get_text() for text in drawn.texts[4:]] == ["A", "B"]


@pytest.mark.parametrize(
    ("point", "error"),
    [
        ((5, 0.5), ValueError),
        ((1, 1.1), ValueError),
        ((-0.1, 0.5), ValueError),
        ((1, 0.5, 2), ValueError),
        (1, ValueError),
        ((np.nan, 0.5), ValueError),
        ("here", TypeError),
    ],
)
def test_a_point_off_the_map_is_named(point: Any, error: type) -> None:
    _, ax = d2l.subplots()
    with pytest.raises(error, match="pass \\(ηλ, β\\)"):
        d2l.plot_regimes(ax, {"A": point})


# Rate windows -----------------------------------------------------------------------------------


def test_curves_of_the_windows_are_spectral_radii_with_their_corners() -> None:
    _, drawn = draw("windows")
    for line, beta in zip(drawn.lines, (0, 0.4, 0.9), strict=True):
        across, height = (np.asarray(values, dtype=float) for values in line.get_data())
        matrices = d2l.iteration_matrix(across, eta=1, beta=beta)
        # The eigenvalues of a nearly defective matrix are only good to the root of the rounding.
        np.testing.assert_allclose(
            height, np.abs(np.linalg.eigvals(matrices)).max(axis=-1), atol=1e-6
        )
        if beta:
            flat = across[np.abs(height - beta**0.5) < 1e-7]
            low, high = ax_limits(line)
            assert flat.min() == pytest.approx(max((1 - beta**0.5) ** 2, low), rel=0.03)
            assert flat.max() == pytest.approx(min((1 + beta**0.5) ** 2, high), rel=1e-9)


def ax_limits(line: Any) -> tuple[float, float]:
    low, high = line.axes.get_xlim()
    return float(low), float(high)


def test_dots_of_the_windows_are_at_the_best_learning_rate() -> None:
    _, drawn = draw("windows")
    for dots, beta in zip(drawn.marks, (0, 0.4, 0.9), strict=True):
        across, height = dots.get_data()
        eta = across[0] / RAVINE.eigenvalues[0]
        np.testing.assert_allclose(across, eta * RAVINE.eigenvalues)
        others = np.linspace(0, 2 * eta, 2001)[1:, None]
        brute = d2l.convergence_rate(RAVINE.eigenvalues, eta=others, beta=beta).max(axis=1).min()
        assert height.max() <= brute + 1e-12


@pytest.mark.parametrize(
    ("betas", "error", "message"),
    [
        ([], ValueError, "1 to 5 different momenta"),
        ([0.1, 0.1], ValueError, "1 to 5 different momenta"),
        (np.linspace(0, 0.9, 6), ValueError, "1 to 5 different momenta"),
        ([[0.1]], ValueError, "1 to 5 different momenta"),
        ([0.5, 1], ValueError, "0 <= beta < 1, got 1"),
        (-0.1, ValueError, "0 <= beta < 1, got -0.1"),
        ("much", TypeError, "betas must hold real numbers"),
    ],
)
def test_windows_name_what_is_wrong(betas: Any, error: type, message: str) -> None:
    _, ax = d2l.subplots()
    with pytest.raises(error, match=message):
        d2l.plot_rate_windows(ax, betas, RAVINE)


# Best rates -------------------------------------------------------------------------------------


@pytest.mark.parametrize("kappa", [1.5, 20, 300])
def test_best_rates_are_those_that_a_search_finds(kappa: float) -> None:
    f = d2l.Quadratic([1, kappa])
    betas = np.array([0, 0.1, 0.3, 0.5, 0.8, 0.95])
    _, ax = d2l.subplots()
    across, height = d2l.plot_best_rates(ax, betas, f).lines[0].get_data()
    etas = np.linspace(0, 4 / kappa, 20_001)[1:, None]
    for beta in betas:
        found = float(d2l.convergence_rate(f.eigenvalues, eta=etas, beta=beta).max(axis=1).min())
        drawn = float(height[np.flatnonzero(across == beta)[0]])
        assert drawn <= found + 1e-12
        assert drawn == pytest.approx(found, abs=2e-3)


def test_the_star_of_the_best_rates_is_the_lowest_point_of_the_curve() -> None:
    _, drawn = draw("best rates")
    (beta,), (rate,) = drawn.marks[0].get_data()
    across, height = drawn.lines[0].get_data()
    assert across[int(np.argmin(height))] == beta
    assert float(np.min(height)) == pytest.approx(rate, abs=1e-7)
    assert drawn.texts[0].get_text() == "best: β = 0.4026, ρ = 0.6345"
    gd = d2l.convergence_rate(RAVINE.eigenvalues, eta=d2l.optimal_eta(0.2, 4)).max()
    assert float(np.asarray(drawn.lines[1].get_ydata())[0]) == pytest.approx(gd)


def test_a_best_momentum_out_of_range_has_no_star() -> None:
    _, ax = d2l.subplots()
    drawn = d2l.plot_best_rates(ax, [0.5, 0.9], RAVINE)
    assert drawn.marks == ()
    assert drawn.texts == ()


@pytest.mark.parametrize("betas", [[0.5], [0.5, 0.2], [-0.1, 0.5], [0.5, 1], [[0, 0.5]]])
def test_best_rates_need_ascending_momenta(betas: Any) -> None:
    _, ax = d2l.subplots()
    with pytest.raises(ValueError, match="betas must be at least two momenta in ascending order"):
        d2l.plot_best_rates(ax, betas, RAVINE)


def test_a_saddle_has_neither_windows_nor_best_rates() -> None:
    saddle = d2l.Quadratic([1, -1])
    _, ax = d2l.subplots()
    with pytest.raises(ValueError, match="no single minimum"):
        d2l.plot_rate_windows(ax, 0.5, saddle)
    with pytest.raises(ValueError, match="no single minimum"):
        d2l.plot_best_rates(ax, [0, 0.5], saddle)


# Eigenmodes -------------------------------------------------------------------------------------


def bars(drawn: Any, f: d2l.Quadratic) -> np.ndarray:
    """Return where the bars end, shape (traces, decades, d)."""
    ends = [bar.get_x() + bar.get_width() for bar in drawn.marks]
    return np.array(ends).reshape(-1, 3, f.dim)


def test_bars_end_where_the_error_falls_below_a_decade_for_good() -> None:
    _, ax = d2l.subplots()
    runs = (descend(MANY), d2l.momentum(MANY.grad, np.ones(5), eta=3, beta=0.6, steps=90))
    ends = bars(d2l.plot_eigenmodes(ax, MANY, *runs), MANY)
    for run, of_run in zip(runs, ends, strict=True):
        error = d2l.eigenmode_errors(run, MANY)
        for decade, of_decade in enumerate(of_run, start=1):
            for i, end in enumerate(of_decade.round().astype(int)):
                level = 10.0**-decade * error[0, i]
                assert (error[end:, i] <= level).all()
                assert end == 0 or error[end - 1, i] > level


def test_a_mode_that_swings_through_zero_is_not_done() -> None:
    bowl = d2l.Quadratic([1])
    run = d2l.momentum(bowl.grad, 1, eta=1, beta=0.9, steps=200)
    assert abs(run.x[1, 0]) < 1e-12  # at the minimum after one step, and on the way through it
    _, ax = d2l.subplots()
    assert bars(d2l.plot_eigenmodes(ax, bowl, run), bowl)[0, 0, 0] > 10


def test_bars_have_the_colours_of_their_methods() -> None:
    _, drawn = draw("eigenmodes")
    colours = [to_hex(bar.get_facecolor()) for bar in drawn.marks]
    assert colours == [LIGHT["gd"]] * 15 + [LIGHT["momentum"]] * 15
    tints = [bar.get_alpha() for bar in drawn.marks[:15]]
    assert tints == sorted(tints, reverse=True)


def test_a_direction_that_starts_at_its_minimum_has_no_bar() -> None:
    _, ax = d2l.subplots()
    run = d2l.gradient_descent(RAVINE.grad, (0, 1), eta=0.3, steps=20)
    assert (bars(d2l.plot_eigenmodes(ax, RAVINE, run), RAVINE)[0, :, 0] == 0).all()


def test_eigenmodes_name_what_is_wrong() -> None:
    _, ax = d2l.subplots()
    with pytest.raises(ValueError, match="nothing to draw"):
        d2l.plot_eigenmodes(ax, MANY)
    with pytest.raises(ValueError, match="one or two runs, got 3"):
        d2l.plot_eigenmodes(ax, MANY, *[descend(MANY)] * 3)
    with pytest.raises(ValueError, match="as many variables"):
        d2l.plot_eigenmodes(ax, RAVINE, descend(MANY))


@pytest.mark.parametrize("dim", [1, 12, 60])
@pytest.mark.parametrize("steps", [0, 1, 300])
def test_any_number_of_eigenvalues_has_room(dim: int, steps: int) -> None:
    f = d2l.Quadratic(np.linspace(0.1, 1, dim))
    fig, ax = d2l.subplots()
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        d2l.plot_eigenmodes(ax, f, descend(f, steps))
        fig.svg()
    assert len(ax.get_yticks()) <= 12


# Filters ----------------------------------------------------------------------------------------


def test_filters_are_drawn_as_they_are() -> None:
    _, drawn = draw("filters")
    stopped, ridge = drawn.lines
    np.testing.assert_array_equal(stopped.get_xdata(), LAM)
    np.testing.assert_array_equal(stopped.get_ydata(), 1 - (1 - LAM) ** 10)
    np.testing.assert_array_equal(ridge.get_ydata(), LAM / (LAM + 0.1))
    assert stopped.get_color() == ridge.get_color()
    assert stopped.get_linestyle() != ridge.get_linestyle()


def test_a_filter_that_overshoots_is_in_the_picture() -> None:
    _, ax = d2l.subplots()
    d2l.plot_filters(ax, [0.1, 1], {"a": [-0.5, 1.7]})
    assert ax.get_ylim()[0] < -0.5
    assert ax.get_ylim()[1] > 1.7


@pytest.mark.parametrize(
    ("lams", "filters", "references", "error", "message"),
    [
        ([0.1, 1], {}, None, ValueError, "nothing to draw"),
        ([1, 0.1], {"a": [0, 1]}, None, ValueError, "lams must be at least two"),
        ([0, 1], {"a": [0, 1]}, None, ValueError, "lams must be at least two"),
        ([1], {"a": [0]}, None, ValueError, "lams must be at least two"),
        ([0.1, 1], {"a": [0, 1, 1]}, None, ValueError, "'a' must have the shape of lams"),
        ([0.1, 1], {"a": [0, 1]}, {"b": [1]}, ValueError, "'b' must have the shape of lams"),
        ([0.1, 1], {"a": [0, 1]}, {"b": [0, 1], "c": [0, 1]}, ValueError, "no more references"),
        ([0.1, 1], {name: [0, 1] for name in "abcdefg"}, None, ValueError, "up to 6 filters"),
        ([0.1, 1], {"a": ["x", "y"]}, None, TypeError, "'a' must hold real numbers"),
        ([0.1, 1], {"a": [0, np.nan]}, None, ValueError, "'a' must be finite"),
    ],
)
def test_filters_name_what_is_wrong(
    lams: Any, filters: Any, references: Any, error: type, message: str
) -> None:
    _, ax = d2l.subplots()
    with pytest.raises(error, match=message):
        d2l.plot_filters(ax, lams, filters, references)

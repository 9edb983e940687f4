"""The map of the rate: its Python side, and what is special about it in a real browser."""

from __future__ import annotations

import functools
import itertools
import re

import numpy as np
import pytest
from traitlets import TraitError

import d2lmini as d2l
from d2lmini.explore import Stability
from explorable_visit import frame, until

BEST = (0.667907, 0.402605)


# ---------------------------------------------------------------- Python


@pytest.mark.parametrize(
    ("traits", "words"),
    [
        ({"eta": -0.1}, ["eta=-0.1", "0 <= eta <= 1.1", "climb"]),
        ({"eta": 1.2}, ["eta=1.2", "everything diverges"]),
        ({"beta": 1}, ["beta=1", "0 <= beta <= 0.99", "never fade"]),
        ({"kappa": 0.5}, ["kappa=0.5", "1 <= kappa <= 1000"]),
        ({"kappa": float("nan")}, ["kappa=nan"]),
    ],
)
def test_bad_value_names_value_requirement_and_remedy(traits, words):
    with pytest.raises(TraitError) as caught:
        Stability(**traits)
    for word in words:
        assert word in str(caught.value)


@pytest.mark.parametrize(("eta", "beta"), [(0, 0), (1.1, 0.99), (0.4762, 0)])
@pytest.mark.parametrize("kappa", [1, 20, 1000])
def test_static_figure_survives_extremes(eta, beta, kappa):
    svg = Stability(eta=eta, beta=beta, kappa=kappa)._repr_mimebundle_()["image/svg+xml"]
    assert "<svg" in svg
    assert "nan" not in svg.lower().replace("dominant", "")


def test_static_figure_marks_the_point():
    ax = Stability(eta=0.6, beta=0.25).figure().axes[0]
    assert [0.6, 0.25] in [[*map(float, line.get_xydata()[0])] for line in ax.lines]


def test_numbers_are_those_of_the_library():
    figure = Stability(eta=0.4762, beta=0)
    assert figure.rate() == pytest.approx(0.9048, abs=5e-5)
    assert figure.best() == pytest.approx(BEST, abs=1e-6)
    figure.eta, figure.beta = figure.best()
    assert figure.rate() == pytest.approx(0.6345, abs=5e-5)
    assert figure.lams == (0.2, 4)
    grad = d2l.Quadratic((0.2, 4)).grad
    run = d2l.momentum(grad, (1, 1), eta=figure.eta, beta=figure.beta, steps=7)
    np.testing.assert_array_equal(figure.trace(7).x, run.x)


def test_sliders_are_joined_to_the_traits():
    row, _ = Stability(eta=0.6, kappa=50).panel.children
    eta, beta, kappa = row.children
    assert (eta.value, eta.min, eta.max) == (0.6, 0, 1.1)
    assert (beta.value, beta.min, beta.max) == (0.3, 0, 0.99)
    assert (kappa.value, kappa.min, kappa.max) == (50, 0, 3)


# ---------------------------------------------------------------- in a browser


@pytest.fixture
def visit(explorable):
    """Return ``visit(fragment, code, **context options) -> page``."""
    return functools.partial(explorable, "stability")


def words(page, selector=".status"):
    frame(page)
    return [t.replace("\xa0", " ") for t in page.locator(f".mmx {selector}").all_inner_texts()]


def cards(page):
    """Return "name of the direction: regime" and "ρ = ..." of both directions."""
    return [" | ".join(text.split("\n")) for text in words(page, ".panels .head, .head")][-2:]


def told(page):
    return words(page)[0]


def preset(page, name):
    page.locator(f"[data-preset={name}]").click()
    frame(page)


def spot(page, eta, beta):
    """Return where (η, β) is on the screen, by the axes' own ticks and the frame of the map."""
    return page.evaluate(
        """([eta, beta]) => {
          const r = document.querySelector(".mmx .layer canvas").getBoundingClientRect();
          return [r.left + (eta / 1.1) * r.width, r.top + (1 - beta) * r.height]; }""",
        [eta, beta],
    )


def values(page):
    return [float(s.input_value()) for s in page.locator("input[type=range]").all()][:2]


@pytest.mark.browser
def test_golden_values_are_told(visit):
    page = visit()
    assert words(page, "dd") == [
        "ρ = 0.6345 (η = 0.6679, β = 0.4026)",
        "ρ = 0.9048 (η = 0.4762, β = 0)",
    ]
    assert told(page).startswith("η = 0.5, β = 0.3: converges. The slower direction")
    assert "ρ = 0.845 a step" in told(page)
    assert "a factor of 100 takes about 27 steps; with the best pair about 10." in told(page)
    texts = " ".join(cards(page))
    assert "λ₁ = 0.2: overdamped" in texts
    assert "λₙ = 4: underdamped" in texts
    assert "ρ = 0.548" in texts  # √0.3


@pytest.mark.browser
@pytest.mark.parametrize(
    ("name", "pair", "says", "flat", "steep"),
    [
        ("best_gd", (0.4762, 0), "ρ = 0.905 a step", "overdamped", "alternating"),
        ("best", (0.6679, 0.4026), "ρ = 0.635 a step", "critically damped", "critically damped"),
        ("large", (0.6679, 0.95), "ρ = 0.975 a step", "underdamped", "underdamped"),
        ("diverging", (0.6, 0.1), "diverges", "overdamped", "diverges"),
    ],
)
def test_presets_show_the_phenomena(visit, name, pair, says, flat, steep):
    page = visit()
    preset(page, name)
    assert values(page) == pytest.approx(pair, abs=0.01)
    assert says in told(page)
    first, second = cards(page)
    assert f"λ₁ = 0.2: {flat}" in first
    assert f"λₙ = 4: {steep}" in second
    preset(page, "reset")
    assert told(page).startswith("η = 0.5, β = 0.3")


@pytest.mark.browser
def test_tap_on_the_map_moves_the_point_and_the_sliders(visit):
    page = visit()
    page.mouse.click(*spot(page, 0.3, 0.8))
    frame(page)
    assert values(page) == pytest.approx((0.3, 0.8), abs=0.01)
    before = told(page)
    assert re.match(r"η = 0\.(3|30\d|29\d), β = 0\.(8|80\d|79\d): converges", before)
    box = page.locator(".mmx .layer svg").bounding_box()
    page.mouse.click(box["x"] + 4, box["y"] + 60)  # beside the map
    assert told(page) == before


@pytest.mark.browser
def test_tap_by_touch_moves_the_point(visit):
    page = visit(has_touch=True, viewport={"width": 390, "height": 1400})
    page.touchscreen.tap(*spot(page, 0.2, 0.6))
    until(page, lambda: values(page) == pytest.approx((0.2, 0.6), abs=0.02))


@pytest.mark.browser
def test_dragging_near_the_star_means_the_star(visit):
    page = visit()
    page.mouse.move(*spot(page, 0.5, 0.3))
    page.mouse.down()
    x, y = spot(page, *BEST)
    page.mouse.move(x - 40, y + 20, steps=3)
    frame(page)
    assert "0.4026" not in told(page)
    page.mouse.move(x + 3, y - 2, steps=2)
    page.mouse.up()
    frame(page)
    assert told(page).startswith("η = 0.6679, β = 0.4026")
    assert all("critically damped" in text for text in cards(page))
    # Down to the lower edge, and beyond it: gradient descent.
    page.mouse.down()
    page.mouse.move(*spot(page, 0.3, -0.3), steps=3)
    page.mouse.up()
    frame(page)
    assert "β = 0:" in told(page)


@pytest.mark.browser
def test_keys_move_the_point_by_hundredths_and_leave_the_star(visit):
    page = visit()
    preset(page, "best")
    grip = page.locator(".mmx .grip")
    grip.focus()
    page.keyboard.press("ArrowUp")
    assert told(page).startswith("η = 0.6679, β = 0.4126")
    page.keyboard.press("Shift+ArrowLeft")
    assert told(page).startswith("η = 0.5679, β = 0.4126")
    assert "ρ\xa0=\xa00.746" in grip.get_attribute("aria-valuetext")
    page.keyboard.press("Home")
    assert told(page).startswith("η = 0.5, β = 0.3")


@pytest.mark.browser
def test_hovering_reads_out_the_rate_and_changes_nothing(visit):
    page = visit()
    before = told(page)
    page.mouse.move(*spot(page, 0.7, 0.7))
    frame(page)
    readout = page.locator(".mmx .layer svg > g > text.halo")
    expected = d2l.convergence_rate([0.2, 4], eta=0.7, beta=0.7).max()
    shown = readout.text_content().replace("\xa0", " ")
    assert float(shown.removeprefix("ρ = ")) == pytest.approx(expected, abs=2e-3)
    assert told(page) == before
    page.mouse.move(2, 2)
    frame(page)
    assert readout.text_content() == ""


def pixel(page, eta, beta):
    """Return red, green and blue of the heat map at (η, β)."""
    return page.evaluate(
        """([eta, beta]) => {
          const c = document.querySelector(".mmx .layer canvas");
          const at = [eta / 1.1 * c.width, (1 - beta) * c.height].map(Math.round);
          const one = new OffscreenCanvas(1, 1).getContext("2d");
          one.drawImage(c, ...at, 1, 1, 0, 0, 1, 1);
          return [...one.getImageData(0, 0, 1, 1).data]; }""",
        [eta, beta],
    )


@pytest.mark.browser
def test_heat_map_is_stronger_where_the_rate_is_smaller_in_both_themes(visit):
    page = visit()
    # From slow to fast: contrast with the paper must grow, in lightness and not in hue alone.
    places = [(0.05, 0.05), (0.3, 0.2), (0.5, 0.3), (0.6, 0.4), (0.66, 0.4)]
    rates = [d2l.convergence_rate([0.2, 4], eta=e, beta=b).max() for e, b in places]
    assert rates == sorted(rates, reverse=True)
    for theme, sign in (("light", -1), ("dark", 1)):
        page.evaluate(f"document.documentElement.dataset.theme = {theme!r}")
        frame(page)
        seen = [sum(w * v for w, v in zip((0.21, 0.72, 0.07), pixel(page, *p)[:3], strict=True))
                for p in places]  # fmt: skip
        assert np.all(np.diff(seen) * sign > 0), theme
        assert pixel(page, 0.9, 0.1)[3] < 255  # nothing is painted where it diverges, but hatching


@pytest.mark.browser
def test_condition_number_moves_the_star_and_the_numbers(visit):
    page = visit("kappa=100")
    until(page, lambda: "ρ = 0.8182" in words(page, "dd")[0])  # 9/11
    eta, beta = d2l.optimal_eta_beta(0.04, 4)
    assert words(page, "dd")[0] == f"ρ = 0.8182 (η = {eta:.4f}, β = {beta:.4f})"
    assert "λ₁ = 0.04" in cards(page)[0]


GRID = [
    {"lams": [4 / kappa, 4], "eta": eta, "beta": beta}
    for kappa, eta, beta in itertools.product(
        (1, 3, 20, 1000), (0, 1e-6, 0.05, 0.25, 0.5, 0.6, 0.95, 1, 1.1), (0, 0.04, 0.3, 0.9, 0.99)
    )
]


@pytest.mark.browser
def test_javascript_and_python_compute_the_same(visit):
    page = visit()
    js = page.evaluate(
        """cases => { const { shared, stability } = momentumExplorables;
          return cases.map(({ lams, eta, beta }) => ({
            rate: shared.slowest(lams, eta, beta),
            regimes: lams.map((lam) => shared.regime(lam, eta, beta)),
            best: shared.optimum(...lams),
          })); }""",
        GRID,
    )
    seen = set()
    for case, found in zip(GRID, js, strict=True):
        lams, setting = case["lams"], {"eta": case["eta"], "beta": case["beta"]}
        assert found["rate"] == pytest.approx(
            d2l.convergence_rate(lams, **setting).max(), rel=1e-9
        ), case
        best = found["best"]
        assert (best["eta"], best["beta"]) == pytest.approx(d2l.optimal_eta_beta(*lams), abs=1e-9)
        assert best["gd"] == pytest.approx(d2l.optimal_eta(*lams), rel=1e-9)
        for lam, word in zip(lams, found["regimes"], strict=True):
            seen.add(word)
            pull, beta = setting["eta"] * lam, setting["beta"]
            if word == "still":
                assert pull == 0
            elif word == "swings":
                assert pull == pytest.approx(2 * (1 + beta), abs=1e-9)
            elif word == "diverges":
                assert pull > 2 * (1 + beta)
            else:
                assert d2l.is_stable(lam, **setting)
                kind = {"alternating": "over"}.get(word, word)
                assert d2l.damping(lam, **setting) == kind, case
                # By the matrix itself: the sign of the slower root tells the two apart.
                roots = np.linalg.eigvals(d2l.iteration_matrix(lam, **setting))
                if kind == "over":
                    slow = roots[abs(roots).argmax()].real
                    assert (slow < 0) == (word == "alternating"), case
    assert seen == {"still", "over", "critical", "under", "alternating", "swings", "diverges"}


@pytest.mark.browser
def test_contours_run_where_the_rate_is_theirs(visit):
    page = visit()
    cases = [
        {"r": r, "lams": [4 / kappa, 4]}
        for r, kappa in itertools.product((0.2, 0.5, 0.7, 0.9, 0.98, 1), (1, 3, 20, 300))
    ]
    js = page.evaluate(
        "cases => cases.map(({ r, lams }) => momentumExplorables.stability.basin(r, lams))", cases
    )
    for case, corners in zip(cases, js, strict=True):
        r, lams = case["r"], case["lams"]
        if d2l.optimal_eta_beta(*lams)[1] ** 0.5 > r:
            assert corners == []
            continue
        # All along the border, and a little less inside.
        points = np.array(corners)
        for start, end in itertools.pairwise([*points, points[0]]):
            if start[1] == end[1] == 0:
                continue  # the edge of the map, where the rate is less
            for share in (0, 0.3, 0.7):
                e, b = start + share * (end - start)
                rate = d2l.convergence_rate(lams, eta=max(e, 0), beta=b).max()
                # At a double root the rate is as the square root of a rounding error.
                assert rate == pytest.approx(r, abs=1e-6), case
        middle = points.mean(axis=0)
        assert d2l.convergence_rate(lams, eta=middle[0], beta=middle[1]).max() <= r + 1e-9

"""A cloud of noisy paths: numbers in Python, and the same ones in the page."""

from __future__ import annotations

import re
from itertools import product

import numpy as np
import pytest
from traitlets import TraitError

import d2lmini as d2l
from d2lmini.explore import Noise
from explorable_visit import frame, grips, link, slider, status, until

STABLE = [(0.02, 0.9), (0.1, 0), (0.19, 0.9), (0.033, 0.67), (1.9, 0), (0.5, 0.3)]


@pytest.mark.parametrize(("eta", "beta"), STABLE)
def test_two_thousand_paths_measure_what_the_formulas_say(eta, beta):
    figure = Noise(eta=eta, beta=beta, sigma=1.5, start=2)
    mean, variance = figure.moments()
    runs = figure.runs()
    assert runs.x.shape == (301, 2000, 1)
    # Four standard errors of a mean and of a variance of 2,000 normal numbers.
    assert np.all(abs(runs.mean[:, 0] - mean) <= 4 * np.sqrt(variance / 2000) + 1e-12)
    assert np.all(abs(runs.variance[:, 0] - variance) <= 4 * np.sqrt(2 / 1999) * variance + 1e-12)
    assert figure.measured() == runs.variance[-1, 0]
    assert variance[-1] == pytest.approx(figure.floor(), rel=1e-3)


def test_mean_is_the_path_without_noise():
    figure = Noise(eta=0.3, beta=0.8, start=-2, lam=2)
    quiet = d2l.momentum(d2l.Quadratic([2]).grad, -2, eta=0.3, beta=0.8, steps=300)
    assert figure.moments()[0] == pytest.approx(quiet.x[:, 0], rel=1e-9, abs=1e-12)


def test_floor_is_that_of_the_library_and_infinite_beyond():
    assert Noise(eta=0.02, beta=0.9, sigma=2).floor() == d2l.noise_floor(
        1, eta=0.02, beta=0.9, sigma=2
    )
    assert Noise(eta=4, beta=0.9).floor() == np.inf
    assert Noise(eta=4, beta=0, lam=10).measured() == np.inf  # beyond what a number can be


@pytest.mark.parametrize(
    ("traits", "words"),
    [
        ({"eta": 0}, ["eta=0", "0.001 <= eta <= 4", "does not move"]),
        ({"beta": 1}, ["beta=1", "0 <= beta <= 0.99", "never fade"]),
        ({"sigma": -1}, ["sigma=-1", "0 <= sigma <= 3"]),
        ({"start": 5}, ["start=5", "nearer"]),
        ({"keep": "beta"}, ["'eta', 'alpha'", "keep='beta'"]),
        ({"seed": 10_000}, ["seed=10000", "0 <= seed <= 9999"]),
        ({"lam": 0}, ["lam=0", "walls"]),
    ],
)
def test_bad_value_names_value_requirement_and_remedy(traits, words):
    with pytest.raises(TraitError) as caught:
        Noise(**traits)
    for word in words:
        assert word in str(caught.value)


@pytest.mark.parametrize(
    "traits",
    [
        {"eta": 4, "beta": 0},
        {"eta": 4, "beta": 0.99, "sigma": 3},
        {"eta": 0.001, "beta": 0.99, "sigma": 0},
        {"eta": 4, "beta": 0, "lam": 10},
        {"start": 0, "sigma": 0},
    ],
)
def test_static_figure_at_the_ends(traits):
    svg = Noise(**traits)._repr_mimebundle_()["image/svg+xml"]
    assert "<svg" in svg
    assert not re.search(r"\b(nan|inf)\b", svg.lower())


# ---------------------------------------------------------------- in the page

browser_test = pytest.mark.browser


@pytest.fixture
def view(explorable):
    return explorable("noise")


DONE = "document.querySelector('.mmx dd').textContent.includes('2000 paths')"


def facts(view):
    """Return the numbers when all paths have been run."""
    frame(view)
    until(view, DONE)
    return view.locator(".mmx dd").all_inner_texts()


@browser_test
def test_numbers_at_the_beginning_are_measured_and_predicted(view):
    figure = Noise()
    assert facts(view) == [
        f"{figure.measured():.3g} ± 3 % (2000 paths)",
        "0.101 (β = 0: 0.0101)",
        "0.949 (β = 0: 0.980)",
        "0.2",
    ]
    assert status(view) == (
        "The floor is 9.95 times as high as with β = 0 and the same η, "
        "and the cloud in the long run 3.15 times as wide."
    )


@browser_test
def test_few_paths_come_at_once_and_the_others_in_later_frames(view):
    facts(view)
    counts = view.evaluate(
        """async () => { const dd = document.querySelector('.mmx dd'), seen = [];
          location.hash = 'noise:eta=0.05';
          for (let i = 0; i < 60; i++) {
            await new Promise(r => requestAnimationFrame(r));
            seen.push(Number(/(\\d+) paths/.exec(dd.textContent)[1])); }
          return seen; }"""
    )
    steps = sorted({*counts})
    assert steps == list(range(200, 2001, 200))  # no frame has more than 200 new paths
    assert counts[-1] == 2000


@browser_test
def test_next_input_cancels_what_was_still_to_come(view):
    facts(view)
    most = view.evaluate(
        """async () => { const dd = document.querySelector('.mmx dd'); let most = 0;
          const input = document.querySelector('input[type=range]');
          for (let i = 0; i < 30; i++) {
            input.value = -1 - 0.02 * i; input.dispatchEvent(new Event('input', { bubbles: true }));
            await new Promise(r => requestAnimationFrame(r));
            await new Promise(r => requestAnimationFrame(r));
            if (i > 2) most = Math.max(most, Number(/(\\d+) paths/.exec(dd.textContent)[1])); }
          return most; }"""
    )
    assert most <= 800
    assert len(facts(view)) == 4


@browser_test
def test_presets_tell_the_page_s_stories(view):
    view.locator("[data-preset=same_step]").click()
    assert facts(view)[1:] == ["0.0501 (β = 0: 0.0526)", "0.949 (β = 0: 0.900)", "0.1"]
    assert status(view) == (
        "With the same η/(1 − β) momentum hardly changes the floor: "
        "it is 0.953 times that of β = 0."
    )
    view.locator("[data-preset=critical]").click()
    assert facts(view)[2] == "0.819 (β = 0: 0.900)"
    view.locator("[data-preset=large]").click()
    assert facts(view)[1] == "1 (β = 0: 19)"
    assert "would be 19 times as high" in status(view)
    before = facts(view)
    view.locator("[data-preset=noise]").click()
    after = facts(view)
    assert after[0] != before[0]
    assert after[1:] == before[1:]
    assert after[0].startswith(f"{Noise(eta=0.19, beta=0.9, seed=1).measured():.3g} ")
    view.locator("[data-preset=reset]").click()
    assert facts(view)[3] == "0.2"


@browser_test
def test_sentences(view):
    rho = d2l.convergence_rate(1, eta=4, beta=0.9)
    for fragment, said in [
        ("beta=0,eta=0.1", "Without momentum the two settings are one. Raise β."),
        (
            "beta=0.9,eta=0.3,keep=alpha",
            "With β = 0 and the same η/(1 − β) the paths would diverge; momentum has a floor.",
        ),
        ("beta=0.9,eta=4", f"diverges: ρ = {rho:.3f} a step, and there is no floor"),
        (
            "beta=0.5,eta=0.02,sigma=0",
            "Without noise all paths are one, and there is no floor: only the transient is left.",
        ),
        (
            "beta=0,eta=0.001,sigma=1",
            "Without momentum the two settings are one. Raise β. "
            "Not settled yet: after 300 steps the variance is at 45 % of the floor.",
        ),
    ]:
        link(view, f"noise:{fragment}")
        assert status(view) == said
        assert facts(view)


@browser_test
def test_what_overflows_is_infinite(view):
    found = view.evaluate(
        """() => { const { ensemble, grow, measured } = momentumExplorables.noise;
          const all = ensemble();
          grow(all, momentumExplorables.shared.normals(0, 0, 60000),
            { eta: 4, beta: 0, sigma: 1, lam: 10, start: 3 });
          return measured(all); }"""
    )
    assert found == np.inf


@browser_test
def test_lock_keeps_the_effective_step_while_beta_moves(view):
    eta, beta = slider(view, "learning rate η"), slider(view, "momentum β")
    beta.press("Shift+ArrowLeft")
    frame(view)
    assert (beta.get_attribute("aria-valuetext"), eta.get_attribute("aria-valuetext")) == (
        "0.8",
        "0.02",
    )
    assert facts(view)[3] == "0.1"
    view.locator("[data-value=alpha]").click()
    for _ in range(5):
        beta.press("Shift+ArrowLeft")
    frame(view)
    assert eta.get_attribute("aria-valuetext") == "0.07"
    assert facts(view)[3] == "0.1"
    # No rounding piles up on the way there and back, not even where η ends.
    beta.press("Home")
    beta.press("End")
    assert facts(view)[3] == "0.1"
    eta.press("Home")
    beta.press("Home")
    frame(view)
    assert facts(view)[3] == "0.1"
    # A new η is a new effective step.
    eta.press("End")
    assert facts(view)[3] == "4"


@browser_test
def test_rival_follows_the_choice(view):
    key = view.locator(".mmx .head").first.locator("small").last
    frame(view)
    assert key.inner_text() == "β = 0 with the same η"
    view.locator("[data-value=alpha]").click()
    frame(view)
    assert key.inner_text() == "β = 0 with the same η/(1 − β)"
    assert facts(view)[1] == "0.101 (β = 0: 0.111)"


@browser_test
def test_start_by_keyboard_moves_the_transient_and_not_the_floor(view):
    before = facts(view)
    grip = grips(view).first
    for _ in range(3):
        grip.press("Shift+ArrowDown")
    frame(view)
    assert grip.get_attribute("aria-valuetext") == "x₀ = 0"
    assert facts(view)[1:] == before[1:]
    assert facts(view)[0].startswith(f"{Noise(start=0).measured():.3g} ")


@browser_test
def test_javascript_and_python_compute_the_same(view):
    cases = [
        {"eta": eta, "beta": beta, "sigma": sigma, "start": start, "lam": lam, "seed": seed}
        for (eta, beta), (sigma, start, lam, seed) in product(
            [*STABLE, (0.001, 0.99), (4, 0), (4, 0.99)],
            [(1, 3, 1, 0), (3, -3.5, 0.01, 9999), (0, 2, 1, 5), (0.5, 0, 0.5, 177)],
        )
    ]
    found = view.evaluate(
        """cases => {
          const { moments, floor, ensemble, grow, measured } = momentumExplorables.noise;
          const { normals } = momentumExplorables.shared;
          return cases.map(c => { const all = ensemble();
            for (let p = 0; p < 400; p += 200) grow(all, normals(c.seed, p * 300, 200 * 300), c);
            const { mean, variance } = moments(c);
            return { mean, variance, floor: floor(c), sum: [...all.sum], squares: [...all.squares],
              single: [...all.singles.slice(301, 602)], paths: all.paths, inside: all.counts
                .reduce((a, b) => a + b), measured: measured(all) }; }); }""",
        cases,
    )
    for case, js in zip(cases, found, strict=True):
        figure = Noise(**case)
        mean, variance = figure.moments()
        x = figure.runs().x[:, :400, 0]
        scale = np.maximum.accumulate(abs(mean))
        assert np.all(abs(np.array(js["mean"]) - mean) <= 1e-9 * scale + 1e-300), case
        spread = np.maximum.accumulate(abs(variance))
        assert np.all(abs(np.array(js["variance"]) - variance) <= 1e-9 * spread + 1e-300), case
        assert js["floor"] == pytest.approx(figure.floor(), rel=1e-9)
        assert js["paths"] == 400
        size = np.maximum.accumulate(abs(x).max(axis=1))
        assert np.all(abs(np.array(js["single"]) - x[:, 1]) <= 1e-9 * size), case
        assert np.all(abs(np.array(js["sum"]) - x.sum(axis=1)) <= 4e-7 * size), case
        squares = (x**2).sum(axis=1)
        assert np.array(js["squares"], float) == pytest.approx(squares, rel=1e-9, abs=1e-300)
        assert abs(js["inside"] - (abs(x) < 4).sum()) <= 2, case
        if x[-1].var() > 1e-6 * x[-1].mean() ** 2:  # else all digits have cancelled
            assert js["measured"] == pytest.approx(x[-1].var(ddof=1), rel=1e-9)


@browser_test
def test_cloud_is_as_wide_as_the_numbers_say(view):
    width = """() => { const c = document.querySelector('.mmx canvas');
      const copy = document.createElement('canvas').getContext('2d', { willReadFrequently: true });
      copy.canvas.height = c.height;
      copy.drawImage(c, -Math.round(0.85 * c.width), 0);
      const { data } = copy.getImageData(0, 0, 1, c.height);
      return Array.from({ length: c.height }, (_, i) => data[4 * i + 3] > 20)
        .filter(Boolean).length / c.height * 8; }"""
    wide = []
    for eta in (0.02, 0.08, 0.32):
        link(view, f"noise:beta=0,eta={eta}")
        facts(view)
        # The paths of 2,000 reach to about three standard deviations on both sides.
        wide.append(view.evaluate(width) / Noise(beta=0, eta=eta).floor() ** 0.5)
    assert wide == pytest.approx([6.5] * 3, rel=0.2)

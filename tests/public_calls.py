"""How each public function is called, and what it must then return, worked out anew.

`CALLS` has an entry for everything public that takes arguments: a valid call, what valid arguments
look like, and an oracle. The oracles use fractions, mpmath with 60 digits or plain Python loops and
nothing of the library. A name that takes no such arguments, or is tested elsewhere, stands in
`EXEMPT` with the reason. Names that are still to come are added the same way.
"""

from __future__ import annotations

import contextlib
import itertools
import math
import operator
import tempfile
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from pathlib import Path
from typing import Any

import mpmath
import numpy as np
import torch
from hypothesis import strategies as st
from matplotlib.figure import Figure

import d2lmini as d2l
from d2lmini import dialects
from d2lmini.plots import Artists
from d2lmini.sweeps.result import Outcome, tabulate
from d2lmini.sweeps.runs import Run
from hostile_values import plain

__all__ = ["CALLS", "EXEMPT", "Call", "numbers"]

EPS = 2.0**-52
LARGEST = float(np.finfo(np.float64).max)
MP = mpmath.MPContext()
MP.dps = 60

Arguments = dict[str, Any]


@dataclass(frozen=True)
class Call:
    """A way to call something public.

    `base` makes valid arguments, `check` compares a result with the oracle, and `valid` draws other
    valid arguments. `called` holds the words of a message for an argument, where its own name would
    not be one. `own` names the arguments that are functions, since what they raise is their own
    business, and `small` those that say how much work there is.
    """

    function: Callable[..., Any]
    base: Callable[[], Arguments]
    check: Callable[[Arguments, Any], None]
    valid: Mapping[str, st.SearchStrategy[Any]] = field(default_factory=dict)
    called: Mapping[str, str] = field(default_factory=dict)
    own: frozenset[str] = frozenset()
    small: frozenset[str] = frozenset({"steps", "paths", "n", "sizes"})
    raises: tuple[type[Exception], ...] = (ValueError, TypeError)


def numbers(value: Any) -> np.ndarray:
    """Return what a value means, as an array of floats of the same shape."""
    return np.array(plain(value), dtype=float).reshape(np.shape(value))


def number(value: Any) -> float:
    array = numbers(value)
    assert array.size == 1, f"{value!r} is not one number"
    return float(array.reshape(())[()])


def exact(value: float) -> Any:
    """Return a float as an mpmath number, with all of its digits."""
    return MP.mpf(float(value))


def close(result: Any, expected: Any, relative: float, absolute: Any = 0.0) -> None:
    """Compare a float with an mpmath number; infinity stands for what no float can hold."""
    result = float(result)
    assert not math.isnan(result)
    slack = relative * abs(expected) + absolute + MP.mpf(5e-324)
    if math.isinf(result):
        assert math.copysign(1, result) * expected + slack > LARGEST, (result, expected)
    else:
        assert abs(MP.mpf(result) - expected) <= slack, (result, expected)


def entrywise(*names: str, scalar: Callable[..., None], trail: tuple[int, ...] = ()) -> Any:
    """Return a check that goes through all entries of what the arguments broadcast to."""

    def check(arguments: Arguments, result: Any) -> None:
        values = [numbers(arguments[name]) for name in names]
        shape = np.broadcast_shapes(*(value.shape for value in values))
        assert np.shape(result) == shape + trail
        spread = [np.broadcast_to(value, shape) for value in values]
        for index in np.ndindex(*shape):
            scalar(*(float(value[index]) for value in spread), np.asarray(result)[index])

    return check


# Rates ---------------------------------------------------------------------------------------


def roots(pull: Any, beta: Any) -> Any:
    """Return the larger modulus of the roots of r² - (1 + β - ηλ) r + β = 0."""
    s = 1 + beta - pull
    discriminant = s * s - 4 * beta
    if discriminant < 0:
        return MP.sqrt(beta)
    return (abs(s) + MP.sqrt(discriminant)) / 2


def check_matrix(lam: float, eta: float, beta: float, matrix: Any) -> None:
    assert matrix.tolist() == [[beta, lam], [0.0 - eta * beta, 1 - eta * lam]]


def check_rate(lam: float, eta: float, beta: float, rate: Any) -> None:
    # The product of eta and lam is rounded, and a double root moves with the square root of that:
    # the rate must be one that belongs to a product within rounding of the true one.
    b, pull = exact(beta), exact(lam) * exact(eta)
    width = 3 * EPS * abs(pull) + MP.mpf(5e-324)
    low, high = pull - width, pull + width
    rates = [roots(low, b), roots(high, b)]
    if low <= (1 + MP.sqrt(b)) ** 2 and high >= (1 - MP.sqrt(b)) ** 2:
        rates.append(MP.sqrt(b))
    rate = float(rate)
    assert not math.isnan(rate)
    if math.isinf(rate):
        assert max([*rates, high]) > LARGEST * (1 - 1e-13)
    else:
        assert min(rates) * (1 - 1e-14) <= MP.mpf(rate) <= max(rates) * (1 + 1e-14)


def check_stable(lam: float, eta: float, beta: float, stable: Any) -> None:
    assert np.asarray(stable).dtype == bool
    pull, limit = Fraction(lam) * Fraction(eta), 2 * (1 + Fraction(beta))
    if abs(pull - limit) <= 4 * Fraction(EPS) * limit:
        return  # on the border rounding decides
    assert bool(stable) == (0 < pull < limit and beta < 1)


def check_damping(lam: float, eta: float, beta: float, kind: Any) -> None:
    pull, root = exact(lam) * exact(eta), MP.sqrt(exact(beta))
    if pull < 0:
        assert kind == "over" or abs(pull) < 1e-300  # which is rounded to zero
        return
    frequency = MP.sqrt(pull)
    distance = max(abs(1 - root) - frequency, frequency - (1 + root))
    tolerance = MP.mpf(1e-12) * (1 + root)
    rounding = 8 * EPS * (1 + root + frequency)
    if abs(distance) > tolerance + rounding:
        assert kind == ("under" if distance < 0 else "over")
    elif abs(distance) < tolerance - rounding:
        assert kind == "critical"
    else:
        assert kind in ("under", "critical", "over")


def check_floor(lam: float, eta: float, beta: float, sigma: float, variance: Any) -> None:
    if eta == 0:
        assert variance == 0
        return
    q, h, b, s = exact(lam), exact(eta), exact(beta), exact(sigma)
    gap = 2 * (1 + b) - h * q
    if abs(gap) <= 8 * EPS * (1 + b):
        return  # on the border of the stable region rounding decides
    if not (q > 0 and gap > 0 and b < 1):
        assert variance == math.inf
        return
    expected = s * s * h * (1 + b) / ((1 - b) * q * gap)
    close(variance, expected, 16 * EPS * (1 + 2 * (1 + b) / gap), absolute=MP.mpf(1e-310))


# Averages ------------------------------------------------------------------------------------


def averages(arguments: Arguments, result: Any, *, mean: bool) -> None:
    g, beta = numbers(arguments["g"]), numbers(arguments["beta"])
    assert g.ndim > 0
    shape = np.broadcast_shapes(g.shape[1:], beta.shape)
    assert result.shape == (len(g), *shape)
    assert result.dtype == np.float64
    debias = bool(arguments.get("debias", False))
    rows = np.broadcast_to(g.reshape(len(g), *(1,) * (len(shape) - g.ndim + 1), *g.shape[1:]),
                           (len(g), *shape))  # fmt: skip
    for index in np.ndindex(*shape):
        b = Fraction(float(np.broadcast_to(beta, shape)[index]))
        scale = 1 - b if mean else Fraction(1)
        total, size, overflowed = Fraction(0), Fraction(0), False
        for t in range(len(g)):
            entry = Fraction(float(rows[(t, *index)]))
            total = b * total + scale * entry
            size = b * size + scale * abs(entry)
            expected, bound = total, size
            if debias:
                expected, bound = total / (1 - b ** (t + 1)), size / (1 - b ** (t + 1))
            overflowed = overflowed or abs(expected) > LARGEST * Fraction(1 - 1e-13)
            found = float(result[(t, *index)])
            assert not math.isnan(found)
            if math.isinf(found) or overflowed:
                assert overflowed  # from there on: what is infinite does not come back
                continue
            slack = bound * Fraction(4 * EPS) * (t + 2) + (t + 1) * Fraction(1e-322)
            if debias:
                slack /= 1 if bound > Fraction(1e-300) else 1 - b ** (t + 1)
            assert abs(Fraction(found) - expected) <= slack, (found, float(expected))


def check_leaky(arguments: Arguments, result: Any) -> None:
    averages(arguments, result, mean=False)


def check_ema(arguments: Arguments, result: Any) -> None:
    assert isinstance(arguments["debias"], bool | np.bool_)
    averages(arguments, result, mean=True)


def check_weights(arguments: Arguments, result: Any) -> None:
    beta, n = numbers(arguments["beta"]), operator.index(arguments["n"])
    assert result.shape == (n, *beta.shape)
    for index in np.ndindex(*result.shape):
        expected = exact(beta[index[1:]]) ** index[0]
        close(result[index], expected, 4 * EPS)


def memory(formula: Callable[[Any], Any]) -> Any:
    def scalar(beta: float, result: Any) -> None:
        close(result, formula(exact(beta)), 4 * EPS)

    return entrywise("beta", scalar=scalar)


# Optima --------------------------------------------------------------------------------------


def check_best_eta(arguments: Arguments, result: Any) -> None:
    low, high = (exact(number(arguments[name])) for name in ("lam_min", "lam_max"))
    assert 0 < low <= high
    assert isinstance(result, float)
    close(result, 2 / (low + high), 4 * EPS)


def check_best_pair(arguments: Arguments, result: Any) -> None:
    low, high = (MP.sqrt(exact(number(arguments[name]))) for name in ("lam_min", "lam_max"))
    eta, beta = result
    close(eta, (2 / (low + high)) ** 2, 8 * EPS)
    assert 0 <= beta < 1
    assert abs(MP.sqrt(exact(beta)) - (high - low) / (high + low)) <= 4 * EPS


# Runs ----------------------------------------------------------------------------------------


def bowl(x: Any) -> Any:
    """Return the gradient of a bowl that is steeper along each later coordinate."""
    x = np.asarray(x, dtype=float)
    return x * (1.0 + np.arange(x.shape[-1]))


def descent(arguments: Arguments, trace: Any, *, nesterov: bool = False) -> None:
    x = [float(entry) for entry in np.atleast_1d(numbers(arguments["x0"]))]
    eta, decay = number(arguments["eta"]), number(arguments["decay"])
    beta = number(arguments["beta"]) if "beta" in arguments else 0.0
    steps = operator.index(arguments["steps"])
    v = [0.0] * len(x)
    assert trace.x.dtype == trace.v.dtype == np.float64
    assert trace.x.shape == trace.v.shape
    assert np.isfinite(trace.x).all()
    assert np.isfinite(trace.v).all()
    assert trace.x[0].tolist() == x
    assert trace.steps <= steps
    assert trace.overflowed or trace.steps == steps
    assert trace.diverged or not trace.overflowed
    for t in range(1, trace.steps + 1):
        g = [(1 + i) * x[i] for i in range(len(x))]
        v = [beta * v[i] + g[i] for i in range(len(x))]
        step = [g[i] + beta * v[i] if nesterov else v[i] for i in range(len(x))]
        x = [x[i] - eta * step[i] for i in range(len(x))]
        eta *= decay
        # Velocities and positions are sums in which digits may cancel.
        scale = 1e-12 * np.abs(trace.x[: t + 1]).max() + 1e-12 * np.abs(trace.v[: t + 1]).max()
        np.testing.assert_allclose(trace.x[t], x, rtol=1e-9, atol=scale)
        np.testing.assert_allclose(trace.v[t], v, rtol=1e-9, atol=scale)


def check_paths(arguments: Arguments, runs: Any) -> None:
    start = np.atleast_1d(numbers(arguments["x0"]))
    steps, paths = operator.index(arguments["steps"]), operator.index(arguments["paths"])
    eta = np.broadcast_to(numbers(arguments["eta"]).reshape(-1), (steps,))
    sigma = np.broadcast_to(numbers(arguments["sigma"]).reshape(-1), start.shape)
    beta = number(arguments["beta"])
    assert runs.x.shape == (runs.steps + 1, paths, start.size)
    assert np.isfinite(runs.x).all()
    assert runs.overflowed or runs.steps == steps
    noise = np.random.default_rng(operator.index(arguments["seed"]))
    x, v = np.tile(start, (paths, 1)), np.zeros((paths, start.size))
    with np.errstate(all="ignore"):
        for t in range(runs.steps):
            kick = sigma * noise.standard_normal(v.shape)
            for row in range(paths):
                for i in range(start.size):
                    v[row, i] = beta * v[row, i] + (1 + i) * x[row, i] + kick[row, i]
                    x[row, i] -= eta[t] * v[row, i]
            scale = 1e-12 * np.abs(runs.x[: t + 2]).max()
            np.testing.assert_allclose(runs.x[t + 1], x, rtol=1e-9, atol=scale)


def check_walk(arguments: Arguments, walk: Any) -> None:
    steps = operator.index(arguments["steps"])
    low, high = number(arguments["low"]), number(arguments["high"])
    assert walk.shape == (steps + 1,)
    assert walk[0] == 0
    y = 0.0
    for t, share in enumerate(
        np.random.default_rng(operator.index(arguments["seed"])).random(steps).tolist()
    ):
        y += low * (1 - share) + high * share
        assert walk[t + 1] == y or walk[t + 1] == np.float64(y)


def a_trace(**changes: Any) -> Any:
    options = {"eta": 0.3, "beta": 0.5, "steps": 4} | changes
    return d2l.momentum(bowl, options.pop("x0", [1.0, -2.0]), **options)


# Functions to minimise -----------------------------------------------------------------------


def check_quadratic(arguments: Arguments, f: Any) -> None:
    q = np.atleast_1d(numbers(arguments["Q"]))
    c = np.zeros(len(q)) if arguments["c"] is None else numbers(arguments["c"]).reshape(len(q))
    b = number(arguments["b"])
    assert f.Q.shape == q.shape
    np.testing.assert_allclose(f.Q, q, rtol=1e-11, atol=1e-12 * np.abs(q).max())
    assert f.c.tolist() == c.tolist()
    assert f.b == b
    assert f.eigenvalues.shape == (len(q),)
    assert f.eigenvalues.tolist() == sorted(f.eigenvalues.tolist())
    check_point({"x": [1.0] * len(q)}, f.value([1.0] * len(q)), f=f, slope=False)
    check_point({"x": [1.0] * len(q)}, f.grad([1.0] * len(q)), f=f, slope=True)
    for name in ("condition_number", "stationary", "minimizer", "minimum"):
        try:
            found = np.asarray(getattr(f, name))
        except ValueError as error:
            assert "eigenvalue" in str(error)
        else:
            assert name != "stationary" or found.shape == (len(q),)
    assert eval(repr(f), {"Quadratic": d2l.Quadratic, "inf": math.inf}).dim == f.dim


def check_point(arguments: Arguments, result: Any, *, f: Any, slope: bool) -> None:
    points = numbers(arguments["x"])
    if points.ndim == 0:
        points = points.reshape(1)
    d = f.dim
    assert points.shape[-1] == d
    assert np.shape(result) == (points.shape if slope else points.shape[:-1])
    if not np.isfinite(points).all():
        return
    q = [[Fraction(float(e)) for e in row] for row in (np.diag(f.Q) if f.Q.ndim == 1 else f.Q)]
    c = [Fraction(float(entry)) for entry in f.c]
    for index in np.ndindex(*points.shape[:-1]):
        x = [Fraction(float(entry)) for entry in points[index]]
        curved = [sum((q[i][j] * x[j] for j in range(d)), Fraction(0)) for i in range(d)]
        sizes = [sum((abs(q[i][j] * x[j]) for j in range(d)), abs(c[i])) for i in range(d)]
        if slope:
            for i in range(d):
                entry = float(result[(*index, i)])
                if math.isfinite(entry) or sizes[i] < LARGEST / 2:
                    slack = sizes[i] * Fraction(EPS * 4 * (d + 2)) + Fraction(1e-320)
                    assert abs(Fraction(entry) - curved[i] - c[i]) <= slack
        else:
            expected = sum(((curved[i] / 2 + c[i]) * x[i] for i in range(d)), Fraction(f.b))
            size = sum((sizes[i] * abs(x[i]) for i in range(d)), abs(Fraction(f.b)))
            largest = max([size, *sizes])
            found = float(np.asarray(result)[index])
            if math.isfinite(found) or largest < LARGEST / 2:
                slack = size * Fraction(EPS * 4 * (d + 3)) + Fraction(1e-300)
                assert abs(Fraction(found) - expected) <= slack


def check_landscape(arguments: Arguments, result: Any, *, formula: Callable[[Any], Any]) -> None:
    places = numbers(arguments["x"])
    assert np.shape(result) == places.shape
    for index in np.ndindex(*places.shape):
        place = float(places[index])
        if math.isnan(place) or math.isinf(place):
            continue
        close(np.asarray(result)[index], formula(exact(place)), 1e-14, absolute=MP.mpf(1e-14))


def valleys(x: Any) -> Any:
    first = MP.mpf(0.7) * MP.exp(-((x / MP.mpf(0.7)) ** 2) / 2)
    second = 2 * MP.exp(-(((x - MP.mpf(2.6)) / MP.mpf(0.8)) ** 2) / 2)
    return -first - second + (x / 7) ** 8


def valleys_slope(x: Any) -> Any:
    z, w = x / MP.mpf(0.7), (x - MP.mpf(2.6)) / MP.mpf(0.8)
    wells = z * MP.exp(-(z**2) / 2) + MP.mpf(2.5) * w * MP.exp(-(w**2) / 2)
    return wells + MP.mpf(8) / 7 * (x / 7) ** 7


def pieces(x: Any) -> Any:
    if x < 1:
        return x * x * 25 / 2
    return (x * x / 2 + 24 * x - 12) if x < 2 else (x * x * 25 / 2 - 24 * x + 36)


def pieces_slope(x: Any) -> Any:
    return 25 * x if x < 1 else x + 24 if x < 2 else 25 * x - 24


# Energy --------------------------------------------------------------------------------------


def check_energy(arguments: Arguments, result: Any) -> None:
    trace = arguments["trace"]
    assert result.shape == (trace.steps + 1,)
    for t, energy in enumerate(result):
        x, v = ([exact(entry) for entry in row[t]] for row in (trace.x, trace.v))
        height = sum((1 + i) * x[i] ** 2 for i in range(len(x))) / 2
        speed = exact(trace.eta) * exact(trace.decay) ** t * exact(trace.beta)
        close(energy, height + speed * sum(entry**2 for entry in v) / 2, 1e-13, MP.mpf(1e-300))


# Exercises -----------------------------------------------------------------------------------

# Answers to exercises that are one number, from the formulas of the course.
ANSWERS = {
    "gd-limit": 2 / 4,
    "momentum-limit": 2 * 1.9 / 4,
    "effective-step": 0.02 * 10 / 100,
    "ema-eta": 0.1 / 0.1,
    "alternating": 1 / 1.9,
    "half-life": math.log(2) / -math.log(0.9),
    "averaged-samples": 1.9 / 0.1,
    "port-buffer": 10.0,
    "critical-beta": 0.6**2,
    "ridge": 0.1,
    "nesterov-limit": 2 * 1.9 / 2.8,
}


def check_number(arguments: Arguments, verdict: Any) -> None:
    truth, answer = ANSWERS[arguments["name"]], arguments["answer"]
    check_verdict(arguments, verdict)
    try:
        values = numbers(answer).reshape(-1)
    except (TypeError, ValueError):
        values = np.empty(0)
    error = abs(float(values[0]) / truth - 1) if values.size == 1 else math.inf
    if not abs(error - 0.005) < 1e-6:  # on the border rounding decides
        assert verdict.right == (error < 0.005)


def check_pair(arguments: Arguments, verdict: Any) -> None:
    check_verdict(arguments, verdict)
    try:
        given = numbers(arguments["answer"])
    except (TypeError, ValueError):
        given = np.empty(0)
    if given.shape != (2,):
        assert not verdict.right
    else:
        eta, beta = given.tolist()
        errors = [abs(eta / (4 / 121) - 1), abs(beta / (81 / 121) - 1)]
        if not any(abs(error - 0.005) < 1e-6 for error in errors):
            assert verdict.right == (max(errors) < 0.005)


def check_arrival(arguments: Arguments, verdict: Any) -> None:
    check_verdict(arguments, verdict)
    try:
        eta, beta = numbers(arguments["answer"]).reshape(-1).tolist()
    except (TypeError, ValueError):
        assert not verdict.right
        return
    squares = 0.0
    for start, lam in ((-5.0, 0.2), (-2.0, 4.0)):
        x, v = start, 0.0
        for _ in range(20):
            v = beta * v + lam * x
            x -= eta * v
        squares += x * x
    distance = math.sqrt(squares)
    allowed = eta > 0 and 0 <= beta < 1
    if not abs(distance - 0.005) < 1e-6:
        assert verdict.right == (allowed and distance < 0.005)


def check_wrong(arguments: Arguments, verdict: Any) -> None:
    """Of the odd answers, none is a function that is right."""
    check_verdict(arguments, verdict)
    assert not verdict.right


def check_verdict(arguments: Arguments, verdict: Any) -> None:
    assert verdict.name == arguments["name"]
    assert verdict.answered == (arguments["answer"] is not ...)
    assert bool(verdict) is verdict.right
    assert verdict.message in repr(verdict)
    assert not set("{}") & set(verdict.message) or arguments["answer"] is not ...


def checking(name: str, answer: Any) -> Callable[[], Arguments]:
    return lambda: {"name": name, "answer": answer}


# Dialects ------------------------------------------------------------------------------------


def check_setting(arguments: Arguments, setting: Any) -> None:
    for name, value in arguments.items():
        found = getattr(setting, name)
        if name in ("nesterov", "debias"):
            assert isinstance(value, bool | np.bool_)
            assert found is bool(value)
        else:
            assert found == number(value)
            assert found >= 0


def check_conversion(arguments: Arguments, setting: Any) -> None:
    assert isinstance(setting, arguments["to"])
    quiet = {"x0": [1.0], "steps": 12}
    before = dialects.run(arguments["setting"], bowl, **quiet)
    after = dialects.run(setting, bowl, **quiet)
    if arguments["exact"]:
        np.testing.assert_allclose(after.x, before.x, rtol=1e-9, atol=1e-12)


def check_run(arguments: Arguments, trace: Any) -> None:
    x = np.atleast_1d(numbers(arguments["x0"])).tolist()
    steps, schedule = operator.index(arguments["steps"]), arguments["schedule"]
    factors = [1.0] * steps if schedule is None else numbers(schedule).tolist()
    assert trace.factors.tolist() == factors[: trace.steps]
    setting, v = arguments["setting"], [0.0] * len(x)
    assert isinstance(setting, dialects.D2L)
    assert trace.overflowed or trace.steps == steps
    for t in range(1, trace.steps + 1):
        v = [setting.beta * v[i] + (1 + i) * x[i] for i in range(len(x))]
        x = [x[i] - setting.eta * factors[t - 1] * v[i] for i in range(len(x))]
        scale = 1e-12 * np.abs(trace.x[: t + 1]).max()
        np.testing.assert_allclose(trace.x[t], x, rtol=1e-9, atol=scale)


# Figures -------------------------------------------------------------------------------------


_AXES: dict[str, Any] = {}


def an_axes(name: str) -> Any:
    """Return an Axes for a plot function: the last one, until much was drawn on it."""
    ax = _AXES.get(name)
    if ax is None or len(ax.get_children()) > 60:
        ax = _AXES[name] = Figure().add_subplot()
    return ax


def check_figure(arguments: Arguments, artists: Any) -> None:
    assert isinstance(artists, Artists)
    ax = arguments["ax"]
    assert np.isfinite([*ax.get_xlim(), *ax.get_ylim()]).all()
    assert artists.lines


def check_figure_or_nothing(arguments: Arguments, artists: Any) -> None:
    """As above, where there may be no line in the picture."""
    check_figure(arguments, artists if artists.lines else Artists(artists.marks))


def check_subplots(arguments: Arguments, result: Any) -> None:
    fig, axes = result
    rows, columns = operator.index(arguments["nrows"]), operator.index(arguments["ncols"])
    assert len(fig.axes) == rows * columns == np.size(axes)
    assert fig.get_figwidth() == number(arguments["width"])


def a_history(**changes: Any) -> Any:
    cost = np.array([2.0, 1.0, 0.5])
    options = {"loss": cost, "smoothed": cost, "steps": 3, "eta": 0.1, "beta": 0.9, "accuracy": 0.5,
               "seconds": 1.0, "data": "toy"}  # fmt: skip
    return d2l.History(**(options | changes))


# Data and training ---------------------------------------------------------------------------


def arrays(**changes: Any) -> Arguments:
    x, y = np.arange(12, dtype=np.float32).reshape(6, 2) / 12, np.array([0, 1, 0, 1, 1, 0])
    return {"name": "toy", "source": "made up", "train_x": x, "train_y": y, "test_x": x[:4],
            "test_y": y[:4]} | changes  # fmt: skip


def check_dataset(arguments: Arguments, data: Any) -> None:
    for name in ("train_x", "train_y", "test_x", "test_y"):
        np.testing.assert_array_equal(getattr(data, name), arguments[name])
        assert not getattr(data, name).flags.writeable
    assert data.n_features == np.shape(arguments["train_x"])[1]
    assert data.n_classes is None or data.n_classes >= 1
    assert len(data.fingerprint) == 64


def a_sweep() -> Any:
    """Return eight runs: two rates, two momenta, two seeds; some diverged, and one failed."""
    runs, outcomes = [], []
    for eta, beta, seed in itertools.product((0.1, 1.0), (0.0, 0.9), (1, 2)):
        cost, wild = np.array([2.0, 1.0]) / seed, eta * beta > 0.5
        history = a_history(loss=cost, smoothed=cost, steps=2, eta=eta, beta=beta,
                            diverged=wild, accuracy=None if wild else seed / 4)  # fmt: skip
        failed = (eta, beta, seed) == (1.0, 0.0, 2)
        runs.append(Run(eta, beta, seed))
        outcomes.append(Outcome("error", None, "no") if failed else Outcome("done", history))
    table = tabulate(runs, outcomes)
    return d2l.Sweep(table, tuple(outcome.history for outcome in outcomes), "toy")


def check_grid(arguments: Arguments, grid: Any) -> None:
    column = arguments["name"]
    cells: dict[tuple[float, float], Any] = {
        (0.1, 0.0): {"loss": 0.75, "best_loss": 0.75, "accuracy": 0.375, "diverged": 0},
        (0.1, 0.9): {"loss": 0.75, "best_loss": 0.75, "accuracy": 0.375, "diverged": 0},
        (1.0, 0.0): None,
        (1.0, 0.9): {"loss": math.inf, "best_loss": 0.75, "diverged": 1},
    }
    for (i, eta), (j, beta) in itertools.product(enumerate((0.1, 1.0)), enumerate((0.0, 0.9))):
        same = {"eta": eta, "beta": beta, "seed": 1.5, "steps": 2, "seconds": 1}
        known = cells[eta, beta]
        expected = math.nan if known is None else (same | known).get(column, math.nan)
        np.testing.assert_equal(grid[i, j], expected)
    assert column in a_sweep().table.dtype.names


def check_one_run(arguments: Arguments, history: Any) -> None:
    given = {name: number(value) for name, value in arguments.items() if value is not None}
    found = [
        (eta, beta, seed)
        for eta, beta, seed in itertools.product((0.1, 1.0), (0.0, 0.9), (1, 2))
        if abs(given.get("eta", eta) / eta - 1) < 1.1e-9
        and abs(given.get("beta", beta) - beta) <= 1.1e-9 * beta
        and given.get("seed", seed) == seed
    ]
    assert len(found) == 1
    assert (history.eta, history.beta) == found[0][:2]
    assert history.loss.tolist() == [2 / found[0][2], 1 / found[0][2]]


def save_and_load(path: Any) -> Any:
    """Save a sweep in a folder that is there for that alone; return what was written."""
    with tempfile.TemporaryDirectory() as folder, contextlib.chdir(folder):
        a_sweep().save(path)
        with open(path, "rb") as file:
            return file.read(), d2l.Sweep.load(path) if str(path).endswith("z") else None


def check_saved(arguments: Arguments, result: Any) -> None:
    content, again = result
    known = a_sweep()
    if again is None:
        header, *rows = content.decode().splitlines()
        assert header.split(",") == list(known.table.dtype.names)
        assert [float(row.split(",")[0]) for row in rows] == known.table["eta"].tolist()
    else:
        for column in known.table.dtype.names:
            np.testing.assert_array_equal(again.table[column], known.table[column])
        for before, after in zip(known.histories, again.histories, strict=True):
            assert (before is None) == (after is None)
            assert before is None or before.loss.tolist() == after.loss.tolist()


def in_a_folder(function: Callable[..., Any]) -> Callable[..., Any]:
    """Return the function with a temporary folder to work in: some arguments name files."""

    def call(**arguments: Any) -> Any:
        with tempfile.TemporaryDirectory() as folder, contextlib.chdir(folder):
            return function(**arguments)

    return call


def sweep_arguments(**changes: Any) -> Arguments:
    return {
        "make_model": lambda seed: d2l.mlp([2, 2], seed=seed),
        "data": d2l.Dataset(**arrays()),
        "eta": 0.1,
        "beta": 0.5,
        "seed": 0,
        "pairs": None,
        "batch_size": 2,
        "epochs": 1,
        "until": None,
        "max_steps": 5,
        "loss": None,
        "smoothing": 0.5,
        "device": None,
        "workers": 1,
        "client": None,
        "folder": None,
        "memo": False,
        "progress": False,
    } | changes


def check_sweep(arguments: Arguments, sweep: Any) -> None:
    """Compare with the runs one by one."""

    def listed(name: str, default: float) -> list[float]:
        value = arguments[name]
        if isinstance(value, set | np.void):
            value = list(value)
        elif isinstance(value, Iterator):
            value = [0.5, 0.25]  # the one of the odd values, which is used up by now
        return [default] if value is None else np.atleast_1d(numbers(value)).tolist()

    if arguments["pairs"] is None:
        pairs = list(itertools.product(listed("eta", math.nan), listed("beta", 0)))
    else:
        pairs = numbers(arguments["pairs"]).tolist()
    seed = arguments["seed"]
    seeds = [0] if seed is None else [int(each) for each in np.ravel(np.array(seed, dtype=object))]
    settings = [(eta, beta, seed) for eta, beta in pairs for seed in seeds]
    assert sweep.table[["eta", "beta", "seed"]].tolist() == settings
    assert sweep.data == arguments["data"].name
    names = ("batch_size", "epochs", "until", "max_steps", "loss", "smoothing")
    options = {name: arguments[name] for name in names}
    for (eta, beta, seed), history in zip(settings, sweep.histories, strict=True):
        alone = d2l.train(arguments["make_model"](seed), arguments["data"], eta=eta, beta=beta,
                          seed=seed, memo=False, **options)  # fmt: skip
        np.testing.assert_array_equal(history.loss, alone.loss)
        np.testing.assert_array_equal(history.smoothed, alone.smoothed)
        assert history.diverged == alone.diverged


def check_history(arguments: Arguments, history: Any) -> None:
    for name in ("loss", "smoothed"):
        np.testing.assert_array_equal(getattr(history, name), numbers(arguments[name]))
        assert not getattr(history, name).flags.writeable


def check_steps_to(arguments: Arguments, step: Any) -> None:
    target, costs = number(arguments["target"]), [2.0, 1.0, 0.5]
    reached = [t for t, cost in enumerate(costs, 1) if cost <= target]
    assert step == (reached[0] if reached else None)


def check_network(arguments: Arguments, model: Any) -> None:
    sizes = [operator.index(size) for size in arguments["sizes"]]
    shapes = [tuple(layer.weight.shape) for layer in model if isinstance(layer, torch.nn.Linear)]
    assert shapes == [(n_out, n_in) for n_in, n_out in itertools.pairwise(sizes)]


def step_arguments() -> Arguments:
    x = torch.tensor([1.0, 2.0], requires_grad=True)
    x.grad = torch.tensor([0.5, -1.0])
    return {"params": [x], "states": [torch.tensor([1.0, 1.0])], "eta": 0.5, "beta": 0.25}


def check_step(arguments: Arguments, result: Any) -> None:
    assert result is None
    eta, beta = number(arguments["eta"]), number(arguments["beta"])
    for x, v in zip(arguments["params"], arguments["states"], strict=True):
        with np.errstate(all="ignore"):
            expected = [np.float32(beta) * 1 + g for g in (0.5, -1.0)]
        np.testing.assert_allclose(v.numpy(), expected, rtol=1e-5, atol=1e-6)
        with np.errstate(all="ignore"):
            moved = [start - eta * step for start, step in zip((1, 2), expected, strict=True)]
            np.testing.assert_allclose(
                x.detach().numpy(), np.array(moved).astype(np.float32), rtol=1e-4, atol=1e-6
            )


def training_arguments() -> Arguments:
    return {
        "model": d2l.mlp([2, 2], seed=0),
        "data": d2l.Dataset(**arrays()),
        "eta": 0.1,
        "beta": 0.5,
        "batch_size": 2,
        "epochs": 1,
        "until": None,
        "max_steps": 5,
        "seed": 0,
        "loss": None,
        "smoothing": 0.5,
        "memo": False,
        "progress": False,
        "threads": 1,
        "callback": None,
        "device": None,
    }


def check_training(arguments: Arguments, history: Any) -> None:
    assert history.eta == number(arguments["eta"])
    assert history.beta == number(arguments["beta"])
    assert len(history.loss) == history.steps <= 20
    assert np.isfinite(history.loss).all()
    assert history.diverged or history.steps > 0


def check_loss(arguments: Arguments, loss: Any) -> None:
    assert isinstance(loss, float)
    assert arguments["split"] in ("train", "test")


# The table -----------------------------------------------------------------------------------

finite = st.floats(allow_nan=False, allow_infinity=False)
positive = st.floats(0, allow_infinity=False)
some = st.floats(-10, 10)
below_one = st.floats(0, 1, exclude_max=True)
distances = st.lists(positive, min_size=1, max_size=5)
shares = st.lists(st.floats(-1e100, 1e100), min_size=2, max_size=2)
near_answers = st.builds(
    operator.mul, st.sampled_from(sorted(ANSWERS.values())), st.floats(0.98, 1.02)
)
traces = st.builds(a_trace, eta=st.floats(0, 3), beta=below_one, steps=st.integers(1, 80))


def forms(entries: st.SearchStrategy[float]) -> st.SearchStrategy[Any]:
    """Draw a number, or a list, tuple or array of some that broadcast with one another."""
    row = st.lists(entries, min_size=3, max_size=3)
    return st.one_of(
        entries,
        row,
        row.map(tuple),
        row.map(np.array),
        entries.map(np.array),
        st.lists(entries, min_size=2, max_size=2).map(lambda pair: np.array(pair)[:, None]),
        st.lists(row, min_size=2, max_size=2),
    )


def a_cloud(**changes: Any) -> Any:
    options = {"eta": 0.3, "beta": 0.5, "sigma": 1.0, "steps": 3, "paths": 4, "seed": 0} | changes
    return d2l.noisy_descent(bowl, [1.0, -2.0], **options)


def rising(entries: st.SearchStrategy[float], **sizes: int) -> st.SearchStrategy[Any]:
    return st.lists(entries, unique=True, **({"min_size": 2, "max_size": 5} | sizes)).map(sorted)


SETTING = {"lam": forms(finite), "eta": forms(positive), "beta": forms(positive)}
RUN = {"eta": positive, "decay": st.floats(0, 1), "steps": st.integers(0, 12)}
POINT = st.one_of(finite, st.lists(finite, min_size=1, max_size=3))
MILD = {
    "lam": forms(st.floats(-30, 30)),
    "eta": forms(st.floats(0, 3)),
    "beta": forms(st.floats(0, 1.5)),
}


def setting(**more: Any) -> Callable[[], Arguments]:
    return lambda: {"lam": [0.2, 4.0], "eta": 0.3, "beta": 0.5} | more


def run_of(**more: Any) -> Callable[[], Arguments]:
    return lambda: {"grad": bowl, "x0": [1.0, -2.0], "eta": 0.3, "steps": 5, "decay": 0.9} | more


def method(name: str) -> Callable[..., Any]:
    """Return a method as a function of its arguments, looked up anew at each call."""
    owner, attribute = name.split(".")
    makers = {"Quadratic": d2l.ravine, "valleys": d2l.two_valleys, "pieces":
              d2l.lessard_recht_packard, "History": a_history}  # fmt: skip
    return lambda **arguments: getattr(makers[owner](), attribute)(**arguments)


def drawing(function: Callable[..., Any], several: str) -> Callable[..., Any]:
    """Return a plot function that takes its runs, *traces, as one argument of that name."""

    def call(**arguments: Any) -> Any:
        runs = one_of_several(arguments.pop(several))
        first = [arguments.pop(name) for name in ("ax", "f") if name in arguments]
        return function(*first, *runs, **arguments)

    return call


def one_of_several(value: Any) -> Any:
    return value if isinstance(value, tuple) and value and isinstance(value[0], d2l.Trace) else (
        value,)  # fmt: skip


CALLS: dict[str, Call] = {
    "iteration_matrix": Call(
        d2l.iteration_matrix,
        setting(),
        entrywise("lam", "eta", "beta", scalar=check_matrix, trail=(2, 2)),
        SETTING,
    ),
    "convergence_rate": Call(
        d2l.convergence_rate, setting(), entrywise("lam", "eta", "beta", scalar=check_rate), SETTING
    ),
    "is_stable": Call(
        d2l.is_stable, setting(), entrywise("lam", "eta", "beta", scalar=check_stable), SETTING
    ),
    "damping": Call(
        d2l.damping, setting(), entrywise("lam", "eta", "beta", scalar=check_damping), SETTING
    ),
    "noise_floor": Call(
        d2l.noise_floor,
        setting(sigma=1.0),
        entrywise("lam", "eta", "beta", "sigma", scalar=check_floor),
        {**SETTING, "beta": forms(st.floats(0, 1.2)), "sigma": forms(positive)},
    ),
    "leaky_average": Call(
        d2l.leaky_average,
        lambda: {"g": [1.0, -2.0, 0.5], "beta": 0.5},
        check_leaky,
        {"g": st.lists(finite, max_size=6), "beta": forms(st.floats(0, 1))},
    ),
    "ema": Call(
        d2l.ema,
        lambda: {"g": [1.0, -2.0, 0.5], "beta": 0.5, "debias": False},
        check_ema,
        {"g": st.lists(finite, max_size=6), "beta": forms(below_one), "debias": st.booleans()},
    ),
    "weights": Call(
        d2l.weights,
        lambda: {"beta": 0.5, "n": 4},
        check_weights,
        {"beta": forms(st.floats(0, 1)), "n": st.integers(0, 50)},
    ),
    "effective_samples": Call(
        d2l.effective_samples,
        lambda: {"beta": 0.5},
        memory(lambda b: 1 / (1 - b)),
        {"beta": forms(below_one)},
    ),
    "variance_effective_samples": Call(
        d2l.variance_effective_samples,
        lambda: {"beta": 0.5},
        memory(lambda b: (1 + b) / (1 - b)),
        {"beta": forms(below_one)},
    ),
    "mean_age": Call(
        d2l.mean_age,
        lambda: {"beta": 0.5},
        memory(lambda b: b / (1 - b)),
        {"beta": forms(below_one)},
    ),
    "optimal_eta": Call(
        d2l.optimal_eta,
        lambda: {"lam_min": 0.2, "lam_max": 4.0},
        check_best_eta,
        {"lam_min": st.floats(1e-300, 1), "lam_max": st.floats(1, LARGEST)},
    ),
    "optimal_eta_beta": Call(
        d2l.optimal_eta_beta,
        lambda: {"lam_min": 0.2, "lam_max": 4.0},
        check_best_pair,
        {"lam_min": st.floats(1e-300, 1), "lam_max": st.floats(1, LARGEST)},
    ),
    "gradient_descent": Call(
        d2l.gradient_descent, run_of(), descent, {"x0": POINT, **RUN}, own=frozenset({"grad"})
    ),
    "momentum": Call(
        d2l.momentum,
        run_of(beta=0.5),
        descent,
        {"x0": POINT, "beta": below_one, **RUN},
        own=frozenset({"grad"}),
    ),
    "nesterov": Call(
        d2l.nesterov,
        run_of(beta=0.5),
        lambda arguments, trace: descent(arguments, trace, nesterov=True),
        {"x0": POINT, "beta": below_one, **RUN},
        own=frozenset({"grad"}),
    ),
    "noisy_descent": Call(
        d2l.noisy_descent,
        lambda: {
            "grad": bowl,
            "x0": [1.0, -2.0],
            "eta": 0.3,
            "beta": 0.5,
            "sigma": 0.5,
            "steps": 3,
            "paths": 2,
            "seed": 0,
        },
        check_paths,
        {
            "x0": POINT,
            "eta": positive,
            "beta": below_one,
            "sigma": positive,
            "steps": st.integers(0, 5),
            "paths": st.integers(1, 3),
            "seed": st.integers(0),
        },
        own=frozenset({"grad"}),
    ),
    "random_walk": Call(
        d2l.random_walk,
        lambda: {"steps": 5, "low": -1.0, "high": 2.0, "seed": 0},
        check_walk,
        {
            "steps": st.integers(0, 20),
            "low": st.floats(-LARGEST, 0),
            "high": st.floats(0, LARGEST),
            "seed": st.integers(0),
        },
    ),
    "eigenmode_errors": Call(
        d2l.eigenmode_errors,
        lambda: {"trace": a_trace(), "f": d2l.Quadratic([1.0, 2.0])},
        lambda arguments, errors: np.testing.assert_allclose(errors, np.abs(arguments["trace"].x)),
    ),
    "Quadratic": Call(
        d2l.Quadratic,
        lambda: {"Q": [[2.0, 1.0], [1.0, 2.0]], "c": [1.0, -1.0], "b": 0.5},
        check_quadratic,
        {
            "Q": st.one_of(
                st.lists(finite, min_size=2, max_size=2),
                st.builds(lambda a, b, c: [[a, b], [b, c]], finite, finite, finite),
            ),
            "c": st.one_of(st.none(), st.lists(finite, min_size=2, max_size=2)),
            "b": finite,
        },
    ),
    "Quadratic.value": Call(
        method("Quadratic.value"),
        lambda: {"x": [1.0, -2.0]},
        lambda arguments, result: check_point(arguments, result, f=d2l.ravine(), slope=False),
        {"x": st.lists(finite, min_size=2, max_size=2)},
    ),
    "Quadratic.grad": Call(
        method("Quadratic.grad"),
        lambda: {"x": [1.0, -2.0]},
        lambda arguments, result: check_point(arguments, result, f=d2l.ravine(), slope=True),
        {"x": st.lists(finite, min_size=2, max_size=2)},
    ),
    "Quadratic.to_eigenbasis": Call(
        method("Quadratic.to_eigenbasis"),
        lambda: {"x": [1.0, -2.0]},
        lambda arguments, z: np.testing.assert_array_equal(z, numbers(arguments["x"])),
        {"x": st.lists(finite, min_size=2, max_size=2)},
    ),
    "Quadratic.from_eigenbasis": Call(
        method("Quadratic.from_eigenbasis"),
        lambda: {"z": [1.0, -2.0]},
        lambda arguments, x: np.testing.assert_array_equal(x, numbers(arguments["z"])),
        {"z": st.lists(finite, min_size=2, max_size=2)},
    ),
    "Landscape.value": Call(
        method("valleys.value"),
        lambda: {"x": [1.0, -2.0]},
        lambda arguments, result: check_landscape(arguments, result, formula=valleys),
        {"x": forms(finite)},
    ),
    "Landscape.grad": Call(
        method("valleys.grad"),
        lambda: {"x": [1.0, -2.0]},
        lambda arguments, result: check_landscape(arguments, result, formula=valleys_slope),
        {"x": forms(finite)},
    ),
    "Landscape.value, in pieces": Call(
        method("pieces.value"),
        lambda: {"x": [1.0, -2.0]},
        lambda arguments, result: check_landscape(arguments, result, formula=pieces),
        {"x": forms(finite)},
    ),
    "Landscape.grad, in pieces": Call(
        method("pieces.grad"),
        lambda: {"x": [1.0, -2.0]},
        lambda arguments, result: check_landscape(arguments, result, formula=pieces_slope),
        {"x": forms(finite)},
    ),
    "dialects.D2L": Call(
        dialects.D2L,
        lambda: {"eta": 0.1, "beta": 0.5, "nesterov": False},
        check_setting,
        {"eta": positive, "beta": below_one, "nesterov": st.booleans()},
    ),
    "dialects.PyTorch": Call(
        dialects.PyTorch,
        lambda: {"lr": 0.1, "momentum": 0.5, "dampening": 0.0, "nesterov": False},
        check_setting,
        {"lr": positive, "momentum": below_one, "dampening": st.floats(0, 1)},
    ),
    "dialects.Optax": Call(
        dialects.Optax,
        lambda: {"learning_rate": 0.1, "momentum": 0.5, "nesterov": False},
        check_setting,
        {"learning_rate": positive, "momentum": below_one, "nesterov": st.booleans()},
    ),
    "dialects.Keras": Call(
        dialects.Keras,
        lambda: {"learning_rate": 0.1, "momentum": 0.5, "nesterov": False},
        check_setting,
        {"learning_rate": positive, "momentum": below_one, "nesterov": st.booleans()},
    ),
    "dialects.Velocity": Call(
        dialects.Velocity,
        lambda: {"epsilon": 0.1, "m": 0.5},
        check_setting,
        {"epsilon": positive, "m": below_one},
    ),
    "dialects.EMA": Call(
        dialects.EMA,
        lambda: {"eta": 0.1, "beta": 0.5, "debias": False},
        check_setting,
        {"eta": positive, "beta": below_one, "debias": st.booleans()},
    ),
    "dialects.convert": Call(
        dialects.convert,
        lambda: {"setting": dialects.D2L(eta=0.1, beta=0.5), "to": dialects.Keras, "exact": True},
        check_conversion,
        {
            "setting": st.builds(dialects.D2L, eta=st.floats(0.01, 1), beta=st.floats(0, 0.99)),
            "to": st.sampled_from(
                [dialects.Keras, dialects.EMA, dialects.PyTorch, dialects.Optax, dialects.Velocity]
            ),
        },
    ),
    "dialects.run": Call(
        dialects.run,
        lambda: {
            "setting": dialects.D2L(eta=0.1, beta=0.5),
            "grad": bowl,
            "x0": [1.0, -2.0],
            "steps": 3,
            "schedule": None,
        },
        check_run,
        {
            "setting": st.builds(dialects.D2L, eta=positive, beta=below_one),
            "x0": POINT,
            "schedule": st.lists(positive, min_size=3, max_size=3),
        },
        own=frozenset({"grad", "schedule"}),
    ),
    "subplots": Call(
        d2l.subplots,
        lambda: {"nrows": 1, "ncols": 1, "width": 7.0, "height": None},
        check_subplots,
        {
            "nrows": st.integers(1, 2),
            "ncols": st.integers(1, 2),
            "width": st.floats(0.5, 50),
            "height": st.floats(0.5, 50),
        },
    ),
    "plot_trace": Call(
        drawing(d2l.plot_trace, "traces"),
        lambda: {
            "ax": an_axes("plot_trace"),
            "f": d2l.ravine(),
            "traces": (a_trace(),),
            "window": None,
        },
        check_figure,
        {"window": st.tuples(*[st.tuples(st.floats(-9, -1), st.floats(1, 9))] * 2)},
        called={"traces": "trace"},
    ),
    "plot_decay": Call(
        drawing(d2l.plot_decay, "traces"),
        lambda: {"ax": an_axes("plot_decay"), "f": d2l.ravine(), "traces": (a_trace(),)},
        check_figure,
        called={"traces": "trace"},
    ),
    "plot_phase": Call(
        drawing(d2l.plot_phase, "traces"),
        lambda: {"ax": an_axes("plot_phase"), "traces": (a_trace(x0=2.0),), "rest": None},
        check_figure,
        {"rest": st.floats(-1e6, 1e6)},
        called={"traces": "trace"},
    ),
    "plot_iterates": Call(
        d2l.plot_iterates,
        lambda: {"ax": an_axes("plot_iterates"), "traces": {"run": a_trace(x0=2.0)}},
        check_figure,
        called={"traces": "traces?"},
    ),
    "plot_losses": Call(
        d2l.plot_losses,
        lambda: {"ax": an_axes("plot_losses"), "histories": {"run": a_history()}, "target": None},
        check_figure,
        {"target": st.floats(1e-100, 1e100)},
        called={"histories": "histor(y|ies)"},
    ),
    "plot_rates": Call(
        d2l.plot_rates,
        lambda: {"ax": an_axes("plot_rates"), "etas": [0.0, 0.3, 0.6], "f": d2l.ravine()},
        check_figure,
        {"etas": st.lists(st.floats(0, 1e100), min_size=2, max_size=5, unique=True).map(sorted)},
    ),
    "plot_rate_map": Call(
        d2l.plot_rate_map,
        lambda: {
            "ax": an_axes("plot_rate_map"),
            "etas": [0.1, 0.5],
            "betas": [0.0, 0.9],
            "rates": [[0.5, 1.5], [0.9, 0.8]],
            "f": d2l.ravine(),
        },
        check_figure,
        {"etas": st.lists(st.floats(0, 1e100), min_size=2, max_size=2, unique=True).map(sorted)},
    ),
    "plot_weights": Call(
        d2l.plot_weights,
        lambda: {"ax": an_axes("plot_weights"), "betas": [0.9, 0.0], "n": 5, "normalised": False},
        check_figure,
        {
            "betas": st.lists(below_one, min_size=1, max_size=5),
            "n": st.integers(1, 50),
            "normalised": st.booleans(),
        },
        called={"betas": "betas?"},
    ),
    "plot_best_rates": Call(
        d2l.plot_best_rates,
        lambda: {"ax": an_axes("plot_best_rates"), "betas": [0.0, 0.5, 0.9], "f": d2l.ravine()},
        check_figure,
        {"betas": rising(below_one)},
    ),
    "plot_cloud": Call(
        d2l.plot_cloud,
        lambda: {
            "ax": an_axes("plot_cloud"),
            "runs": a_cloud(),
            "floor": None,
            "coordinate": 0,
            "shown": 1,
        },
        check_figure,
        {
            "runs": st.builds(a_cloud, eta=st.floats(0, 1e300), steps=st.integers(0, 5)),
            "floor": st.floats(0, 1e200),
            "coordinate": st.integers(0, 1),
            "shown": st.integers(0, 4),
        },
    ),
    "plot_distances": Call(
        d2l.plot_distances,
        lambda: {
            "ax": an_axes("plot_distances"),
            "distances": {"run": [2.0, 1.0]},
            "methods": None,
        },
        check_figure,
        {
            "distances": distances.map(lambda run: {"run": run}),
            "methods": st.sampled_from([["gd"], ("momentum",), {"nesterov"}]),
        },
        called={"distances": "distances|plot_distances"},
    ),
    "plot_distances, of": Call(
        lambda ax, run: d2l.plot_distances(ax, {"run": run}),
        lambda: {"ax": an_axes("plot_distances"), "run": [2.0, 1.0]},
        check_figure,
    ),
    "plot_eigenmodes": Call(
        drawing(d2l.plot_eigenmodes, "traces"),
        lambda: {"ax": an_axes("plot_eigenmodes"), "f": d2l.ravine(), "traces": (a_trace(),)},
        check_figure,
        {"traces": st.lists(traces, min_size=1, max_size=2).map(tuple)},
        called={"traces": "trace"},
    ),
    "plot_energy": Call(
        drawing(d2l.plot_energy, "traces"),
        lambda: {
            "ax": an_axes("plot_energy"),
            "f": d2l.two_valleys(),
            "traces": (a_trace(x0=2.0, eta=0.1),),
        },
        check_figure,
        {"traces": st.builds(a_trace, x0=some, eta=st.floats(0, 0.1)).map(lambda run: (run,))},
        called={"traces": "trace"},
    ),
    "plot_filters": Call(
        d2l.plot_filters,
        lambda: {
            "ax": an_axes("plot_filters"),
            "lams": [0.1, 1.0],
            "filters": {"t = 1": [0.5, 1.0]},
            "references": None,
        },
        check_figure,
        {
            "lams": rising(st.floats(1e-100, 1e100), max_size=2),
            "filters": shares.map(lambda share: {"t = 1": share}),
            "references": st.one_of(st.just({}), shares.map(lambda share: {"limit": share})),
        },
        called={"filters": "filters|plot_filters"},
    ),
    "plot_filters, of": Call(
        lambda ax, filters, references: d2l.plot_filters(
            ax, [0.1, 1.0], {"t = 1": filters}, {"limit": references}
        ),
        lambda: {
            "ax": an_axes("plot_filters"),
            "filters": [0.5, 1.0],
            "references": [0.0, 1.0],
        },
        check_figure,
    ),
    "plot_loss_map": Call(
        d2l.plot_loss_map,
        lambda: {
            "ax": an_axes("plot_loss_map"),
            "etas": [0.1, 0.5],
            "betas": [0.0, 0.9],
            "losses": [[0.5, 1.5], [math.inf, 0.8]],
            "limit": 1.0,
            "floor": None,
            "effective": [0.2],
        },
        check_figure_or_nothing,
        {
            "etas": rising(st.integers(-300, 300), max_size=2).map(lambda k: [10.0**i for i in k]),
            "betas": rising(st.integers(0, 52), max_size=2).map(lambda k: [1 - 0.5**i for i in k]),
            "losses": st.lists(
                st.lists(st.floats(0, 1e3), min_size=2, max_size=2), min_size=2, max_size=2
            ),
            "limit": st.floats(1e-300, 1e3),
            "effective": st.lists(st.floats(1e-300, LARGEST), max_size=2),
        },
    ),
    "plot_mean_square": Call(
        d2l.plot_mean_square,
        lambda: {
            "ax": an_axes("plot_mean_square"),
            "runs": {"run": a_cloud()},
            "floors": None,
            "coordinate": 0,
        },
        check_figure,
        {
            "runs": st.builds(a_cloud, eta=st.floats(0, 1e300), steps=st.integers(0, 5)).map(
                lambda run: {"run": run}
            ),
            "floors": st.floats(1e-300, 1e200).map(lambda floor: {"run": floor}),
            "coordinate": st.integers(0, 1),
        },
        called={"runs": "runs?", "floors": "floors?"},
    ),
    "plot_mean_square, of": Call(
        lambda ax, runs, floor: d2l.plot_mean_square(ax, {"run": runs}, floors={"run": floor}),
        lambda: {"ax": an_axes("plot_mean_square"), "runs": a_cloud(), "floor": 1.0},
        check_figure,
        {"floor": st.floats(5e-324, 1e200)},
    ),
    "plot_rate_windows": Call(
        d2l.plot_rate_windows,
        lambda: {"ax": an_axes("plot_rate_windows"), "betas": [0.0, 0.9], "f": d2l.ravine()},
        check_figure,
        {"betas": st.lists(below_one, min_size=1, max_size=5, unique=True)},
    ),
    "plot_regimes": Call(
        d2l.plot_regimes,
        lambda: {"ax": an_axes("plot_regimes"), "points": None},
        check_figure,
        {"points": st.tuples(st.floats(0, 4.4), st.floats(0, 1)).map(lambda at: {"A": at})},
        called={"points": "points?"},
    ),
    "plot_regimes, of": Call(
        lambda ax, point: d2l.plot_regimes(ax, {"A": point}),
        lambda: {"ax": an_axes("plot_regimes"), "point": (0.1, 0.9)},
        check_figure,
        called={"point": "points?"},
    ),
    "plot_smoothing": Call(
        d2l.plot_smoothing,
        lambda: {
            "ax": an_axes("plot_smoothing"),
            "y": [1.0, 2.0],
            "averages": {"β = 0.5": [1.0, 1.5]},
            "first": 0,
        },
        check_figure,
        {
            "y": shares,
            "averages": shares.map(lambda average: {"β = 0.5": average}),
            "first": st.integers(0, 9),
        },
        called={"averages": "averages|plot_smoothing"},
    ),
    "plot_smoothing, of": Call(
        lambda ax, averages: d2l.plot_smoothing(ax, [1.0, 2.0], {"β = 0.5": averages}),
        lambda: {"ax": an_axes("plot_smoothing"), "averages": [1.0, 1.5]},
        check_figure,
    ),
    "plot_step_lengths": Call(
        d2l.plot_step_lengths,
        lambda: {"ax": an_axes("plot_step_lengths"), "runs": {"run": a_trace()}},
        check_figure,
        {"runs": traces.map(lambda run: {"run": run})},
        called={"runs": "runs?"},
    ),
    "plot_step_lengths, of": Call(
        lambda ax, runs: d2l.plot_step_lengths(ax, {"run": runs}),
        lambda: {"ax": an_axes("plot_step_lengths"), "runs": a_trace()},
        check_figure,
    ),
    "energy": Call(
        d2l.energy,
        lambda: {"trace": a_trace(), "f": d2l.Quadratic([1.0, 2.0])},
        check_energy,
        {
            "trace": st.builds(
                a_trace,
                x0=st.lists(finite, min_size=2, max_size=2),
                eta=positive,
                beta=below_one,
                decay=st.floats(0, 1),
            )
        },
    ),
    "check": Call(
        d2l.check,
        checking("gd-limit", 0.5),
        check_number,
        {"name": st.sampled_from(sorted(ANSWERS)), "answer": st.one_of(finite, near_answers)},
    ),
    "check, of two numbers": Call(
        d2l.check,
        checking("best-pair", (4 / 121, 81 / 121)),
        check_pair,
        {"answer": st.tuples(st.floats(0.03, 0.035), st.floats(0.66, 0.68))},
        small=frozenset({"name"}),
    ),
    "check, of a function": Call(
        d2l.check, checking("leaky-average", 0), check_wrong, small=frozenset({"name"})
    ),
    "check, of what a function returns": Call(
        lambda answer: d2l.check("rate-function", lambda lam, eta, beta: answer),
        lambda: {"answer": 0},
        lambda arguments, verdict: operator.not_(verdict.right) or operator.truth(0 / 0),
    ),
    "check, by a run": Call(
        d2l.check,
        checking("ravine-in-20", (0.5, 0.5)),
        check_arrival,
        {"answer": st.tuples(st.floats(0, 1), below_one)},
        small=frozenset({"name"}),
    ),
    "Sweep.grid": Call(
        lambda **arguments: a_sweep().grid(**arguments),
        lambda: {"name": "loss"},
        check_grid,
        {"name": st.sampled_from(a_sweep().table.dtype.names[:-2])},
    ),
    "Sweep.history": Call(
        lambda **arguments: a_sweep().history(**arguments),
        lambda: {"eta": 0.1, "beta": 0.9, "seed": 1},
        check_one_run,
        {
            "eta": st.sampled_from([0.1, 10**-1, 0.3 / 3]),
            "beta": st.sampled_from([0, 0.9]),
            "seed": st.integers(1, 2),
        },
    ),
    "Sweep.save": Call(
        save_and_load,
        lambda: {"path": "sweep.npz"},
        check_saved,
        {"path": st.sampled_from(["a.csv", "b.npz", Path("c.csv"), Path("d.npz")])},
    ),
    "sweep": Call(
        in_a_folder(d2l.sweep),
        sweep_arguments,
        check_sweep,
        {
            "eta": rising(st.floats(1e-6, 1), min_size=1, max_size=2),
            "beta": rising(st.floats(0, 0.99), min_size=1, max_size=2),
            "seed": rising(st.integers(0, 99), min_size=1, max_size=2),
            "folder": st.sampled_from([None, "runs"]),
        },
        own=frozenset({"make_model", "loss"}),
        small=frozenset({"epochs", "max_steps", "workers", "folder"}),
        raises=(ValueError, TypeError, OSError),
    ),
    "sweep, of pairs": Call(
        lambda pairs: d2l.sweep(**sweep_arguments(eta=None, beta=None, pairs=pairs)),
        lambda: {"pairs": [(0.1, 0.5), (0.2, 0.0)]},
        lambda arguments, runs: check_sweep(sweep_arguments(**arguments), runs),
        {
            "pairs": st.lists(
                st.tuples(st.floats(1e-6, 1), st.floats(0, 0.99)),
                min_size=1,
                max_size=3,
                unique=True,
            )
        },
        called={"pairs": "pairs|eta|beta"},  # the last two where one of the pairs is out of range
    ),
    "sweep, on a cluster": Call(
        lambda client: d2l.sweep(**sweep_arguments(workers=None, client=client)),
        lambda: {"client": None},
        lambda arguments, runs: check_sweep(sweep_arguments(), runs),
    ),
    "Dataset": Call(d2l.Dataset, arrays, check_dataset),
    "History": Call(
        a_history,
        lambda: {"loss": [2.0, 1.0, 0.5], "smoothed": [2.0, 1.0, 0.5]},
        check_history,
        {"loss": st.lists(finite, min_size=3, max_size=3)},
    ),
    "History.steps_to": Call(
        method("History.steps_to"), lambda: {"target": 1.0}, check_steps_to, {"target": finite}
    ),
    "mlp": Call(
        d2l.mlp,
        lambda: {"sizes": [2, 3, 2], "seed": 0},
        check_network,
        {"sizes": st.lists(st.integers(1, 9), min_size=2, max_size=4), "seed": st.integers(0, 99)},
    ),
    "sgd_momentum": Call(
        d2l.sgd_momentum,
        step_arguments,
        check_step,
        {"eta": st.floats(0, 1), "beta": st.floats(0, 1)},
        called={"params": "param(s|eters)", "states": "states|velocity"},
    ),
    "train": Call(
        d2l.train,
        training_arguments,
        check_training,
        {"eta": st.floats(1e-6, 1), "beta": st.floats(0, 0.99), "seed": st.integers(0, 99)},
        own=frozenset({"loss", "callback"}),
    ),
    "evaluate_loss": Call(
        d2l.evaluate_loss,
        lambda: {
            "model": d2l.mlp([2, 2], seed=0),
            "data": d2l.Dataset(**arrays()),
            "split": "train",
            "loss": None,
        },
        check_loss,
        own=frozenset({"loss"}),
    ),
    "label": Call(
        d2l.label,
        lambda: {"key": "axis.step"},
        lambda arguments, text: operator.eq(text, "step") or operator.truth(text),
        called={"key": "label"},
        raises=(LookupError,),
    ),
    "use_language": Call(
        d2l.use_language,
        lambda: {"code": "en"},
        lambda arguments, result: None,
        called={"code": "language"},
    ),
}

_RESULT = "a result, which the functions above make and a reader only reads"
EXEMPT = {
    "Landscape": _RESULT,
    "NoisyPaths": _RESULT,
    "Sweep": _RESULT,
    "Trace": _RESULT,
    "Verdict": _RESULT,
    "dialects.DialectTrace": _RESULT,
    "dialects.Dialect": "abstract: its settings are in the table",
    "load_airfoil": "takes a folder, and has its own tests of whatever may be in it",
    "load_mnist": "takes a folder, and has its own tests of whatever may be in it",
}

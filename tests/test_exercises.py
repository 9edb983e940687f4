"""The checks of the exercises: right answers pass, known mistakes get their hint, nothing leaks."""

from __future__ import annotations

import math
import re
import warnings
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

import d2lmini as d2l
from d2lmini import labels
from d2lmini.exercises.answers import EXERCISES
from d2lmini.exercises.judges import Function, Numbers, Trial

NUMBERS = {name: judge for name, judge in EXERCISES.items() if isinstance(judge, Numbers)}
FUNCTIONS = {name: judge for name, judge in EXERCISES.items() if isinstance(judge, Function)}
TRIALS = {name: judge for name, judge in EXERCISES.items() if isinstance(judge, Trial)}

# Found apart from the library: by hand, or by other code.
BY_HAND: dict[str, object] = {
    "gd-limit": 0.5,
    "half-life": 6.58,
    "averaged-samples": 19,
    "effective-step": 0.002,
    "alternating": 1 / 1.9,
    "momentum-limit": 0.95,
    "critical-beta": 0.36,
    "best-pair": [4 / 121, 81 / 121],
    "steps-to-percent": (23_000, 230),
    "noise-eta": 0.19 / 3.75,
    "ridge": 0.1,
    "nesterov-limit": 19 / 14,
    "ema-eta": 1,
    "port-buffer": 10,
    "ravine-in-20": (0.67, 0.51),
    "cycle-start": -3.3,
}


@pytest.fixture(autouse=True)
def _english() -> Iterator[None]:
    d2l.use_language("en")
    yield
    d2l.use_language("en")


def leaky(g: Any, beta: float) -> Any:
    v, out = 0.0, []
    for entry in g:
        v = beta * v + entry
        out.append(v)
    return out


def debiased(g: Any, beta: float) -> Any:
    weights = [[beta ** (t - i) if i <= t else 0 for i in range(len(g))] for t in range(len(g))]
    return np.array(weights) @ g / np.sum(weights, axis=1)


def step(x: Any, v: Any, g: Any, eta: float, beta: float) -> Any:
    p = torch.tensor(x, requires_grad=True)
    p.grad = torch.tensor(g)
    optimizer = torch.optim.SGD([p], lr=eta, momentum=beta)
    optimizer.state[p]["momentum_buffer"] = torch.tensor(v)
    optimizer.step()
    # Without momentum PyTorch keeps no buffer: the velocity is the gradient.
    new = optimizer.state[p]["momentum_buffer"].numpy() if beta else g
    return p.detach().numpy(), new


def rate(lam: float, eta: float, beta: float) -> float:
    roots = np.roots([1, -(1 + beta - eta * lam), beta])
    return float(np.abs(roots).max())


def floor(lam: float, eta: float, beta: float, sigma: float) -> float:
    # The stationary covariance solves P = A P Aᵀ + noise.
    a = np.array([[1 + beta - eta * lam, -beta], [1, 0]])
    noise = np.array([eta**2 * sigma**2, 0, 0, 0])
    return float(np.linalg.solve(np.eye(4) - np.kron(a, a), noise)[0])


WRITTEN: dict[str, Callable[..., Any]] = {
    "leaky-average": leaky,
    "bias-correction": debiased,
    "momentum-step": step,
    "rate-function": rate,
    "minimizer": lambda Q, c: -np.linalg.inv(Q) @ c,
    "minimum": lambda Q, c, b: b - c @ np.linalg.inv(Q) @ c / 2,
    "noise-floor": floor,
}


def test_every_exercise_has_an_answer_found_apart_from_the_library() -> None:
    assert set(BY_HAND) | set(WRITTEN) | {"modes"} == set(EXERCISES)


@pytest.mark.parametrize("name", [*BY_HAND, *WRITTEN])
def test_a_right_answer_is_right(name: str) -> None:
    tolerant = name == "rate-function"  # a double root costs np.roots half its digits
    answer = BY_HAND.get(name, WRITTEN.get(name))
    verdict = d2l.check(name, answer)
    if tolerant and not verdict:
        assert "beta = 0.25" in verdict.message
        answer = lambda lam, eta, beta: round(rate(lam, eta, beta), 7)  # noqa: E731
        verdict = d2l.check(name, answer)
    assert verdict, verdict
    assert verdict.message == "That is right."


def test_the_steps_of_the_modes_are_those_of_a_plain_loop() -> None:
    lam = 2.0 ** -np.arange(1, 6)
    kappa = lam.max() / lam.min()
    settings_of = {
        "gd": (2 / (lam.max() + lam.min()), 0.0),
        "momentum": (
            (2 / (math.sqrt(lam.max()) + math.sqrt(lam.min()))) ** 2,
            ((math.sqrt(kappa) - 1) / (math.sqrt(kappa) + 1)) ** 2,
        ),
    }
    needed = []
    for eta, beta in settings_of.values():
        x, v, last = np.ones(5), np.zeros(5), 0
        for t in range(1, 300):
            v = beta * v + lam * x
            x = x - eta * v
            if np.abs(x).max() > 0.01:
                last = t
        needed.append(last + 1)
    assert d2l.check("modes", needed)
    assert not d2l.check("modes", [needed[0] + 1, needed[1]])


def test_the_buffer_rescaled_by_the_checked_factor_makes_pytorch_follow_keras() -> None:
    f, drop = d2l.ravine(), 5
    schedule = [1.0] * drop + [0.1] * 10
    keras = d2l.dialects.run(
        d2l.dialects.Keras(learning_rate=0.1, momentum=0.9), f.grad, [-5, -2], steps=15,
        schedule=schedule,
    )  # fmt: skip
    x, v = np.array([-5.0, -2.0]), np.zeros(2)
    for t, factor in enumerate(schedule):
        if t == drop:
            v = v * 10
        x, v = step(x, v, f.grad(x), 0.1 * factor, 0.9)
        np.testing.assert_allclose(x, keras.x[t + 1], rtol=1e-9, atol=1e-12)
    assert d2l.check("port-buffer", 10)


@pytest.mark.parametrize(
    ("name", "key"),
    [(name, key) for name, judge in (NUMBERS | FUNCTIONS).items() for key in judge.mistakes],
)
def test_a_known_mistake_gets_its_own_hint(name: str, key: str) -> None:
    judge = EXERCISES[name]
    assert isinstance(judge, Numbers | Function)
    mistake = judge.mistakes[key]
    verdict = d2l.check(name, mistake() if isinstance(judge, Numbers) else mistake)
    assert not verdict
    assert verdict.message == d2l.label(f"check.{name.replace('-', '_')}.{key}")


@pytest.mark.parametrize(
    ("name", "answer", "key"),
    [
        ("ravine-in-20", (-0.1, 0.5), "range"),
        ("ravine-in-20", (0.6, 1), "range"),
        ("ravine-in-20", (0.6, 0), "diverges"),
        ("ravine-in-20", (0.96, 0.9), "diverges"),
        ("ravine-in-20", (0.4, 0), "along"),
        ("ravine-in-20", (0.6, 0.5), "along"),
        ("ravine-in-20", (0.6, 0.9), "swings"),
        ("ravine-in-20", d2l.optimal_eta_beta(0.2, 4), "across"),
        ("ravine-in-20", (0.72, 0.5), "across"),
        ("cycle-start", 1e6, "far"),
        ("cycle-start", 3.3, "known"),
        ("cycle-start", 3.39, "known"),
        ("cycle-start", -1.8024, "point"),
        ("cycle-start", 0.6465, "point"),
        ("cycle-start", 3.5, "converges"),
        ("cycle-start", [0.0], "converges"),
    ],
)
def test_a_trial_says_what_happened(name: str, answer: object, key: str) -> None:
    judge = TRIALS[name]
    assert judge(answer)[0] == key
    verdict = d2l.check(name, answer)
    assert not verdict
    template = labels.catalogue()[f"check.{name.replace('-', '_')}.{key}"]
    pattern = re.sub(r"\\\{\w+\\\}", ".+", re.escape(template))
    assert re.fullmatch(pattern, verdict.message)


def test_an_open_answer_is_neither_right_nor_a_mistake() -> None:
    for name in d2l.exercise_names():
        assert d2l.check(name).message == d2l.check(name, ...).message == d2l.label("check.open")
        assert not d2l.check(name)
        assert not d2l.check(name).answered
        assert repr(d2l.check(name)).startswith(f"… {name}: ")


def test_an_unknown_exercise_is_an_error_that_names_the_nearest() -> None:
    with pytest.raises(ValueError, match="got 'gd-limits': did you mean 'gd-limit'"):
        d2l.check("gd-limits", 1)
    with pytest.raises(ValueError, match=r"use one of gd-limit, .*port-buffer"):
        d2l.check("zzz", 1)
    with pytest.raises(ValueError, match="got 3"):
        d2l.check(3, 1)  # type: ignore[arg-type]


def test_all_words_are_in_all_languages_and_none_is_left_over() -> None:
    common = {"right", "open", "number", "numbers", "finite", "function", "raised", "nothing"}
    used = {f"check.{key}" for key in common | {"rounded", "parts", "result", "shape", "case"}}
    for name, judge in EXERCISES.items():
        keys = set(judge.mistakes) if isinstance(judge, Numbers | Function) else set[str]()
        if isinstance(judge, Numbers):
            keys.add("hint")
        if name == "ravine-in-20":
            keys = {"range", "diverges", "along", "swings", "across"}
        if name == "cycle-start":
            keys = {"far", "known", "point", "converges"}
        used |= {f"check.{name.replace('-', '_')}.{key}" for key in keys}
    for code in d2l.available_languages():
        d2l.use_language(code)
        assert set(labels.catalogue("check.")) == used


def shown_numbers(text: str) -> list[float]:
    return [float(number) for number in re.findall(r"\d+(?:\.\d+)?", text)]


@pytest.mark.parametrize("name", sorted(NUMBERS))
def test_no_hint_gives_the_answer_away(name: str) -> None:
    truth = np.atleast_1d(np.asarray(NUMBERS[name].truth(), dtype=float))
    for code in d2l.available_languages():
        d2l.use_language(code)
        for text in labels.catalogue(f"check.{name.replace('-', '_')}.").values():
            for number in shown_numbers(text):
                assert not np.isclose(number, truth, rtol=0.005).any() or number in {0, 1, 2}, text


@pytest.mark.parametrize(
    ("answer", "message"),
    [
        ("0.5", "The answer is one number; you gave '0.5'."),
        (None, "The answer is one number; you gave None."),
        ([0.5, 0.5], "The answer is one number; you gave [0.5, 0.5]."),
        (True, "The answer is one number; you gave True."),
        (math.nan, "The answer consists of finite numbers; you gave nan."),
        (10**400, f"The answer is one number; you gave {repr(10**400)[:57]}...."),
        (lambda: 0.5, "The answer is one number"),
    ],
)
def test_another_kind_of_answer_than_a_number_is_named(answer: object, message: str) -> None:
    verdict = d2l.check("gd-limit", answer)
    assert not verdict
    assert verdict.message.startswith(message)


@pytest.mark.parametrize("form", [float, np.float32, np.array, lambda n: [n], torch.tensor])
def test_a_number_may_come_in_any_form(form: Callable[[float], object]) -> None:
    assert d2l.check("gd-limit", form(0.5))


def test_three_digits_are_enough_and_two_are_not() -> None:
    assert d2l.check("half-life", 6.58)
    assert not d2l.check("half-life", 6.6 + 0.02)
    assert not d2l.check("half-life", 6.5)


def test_an_answer_with_two_right_digits_is_asked_for_a_third() -> None:
    wanted = d2l.label("check.rounded")
    assert d2l.check("alternating", 0.53).message == wanted  # 1/1.9 = 0.526...
    assert d2l.check("nesterov-limit", 1.4).message == wanted  # 19/14 = 1.357...
    assert d2l.check("alternating", 0.52).message != wanted
    assert d2l.check("alternating", 0.5).message != wanted


def test_a_start_that_is_exactly_as_far_away_as_asked_is_judged_by_its_run() -> None:
    assert d2l.check("cycle-start", 3.4)  # 0.1 away
    f = d2l.lessard_recht_packard()
    end = d2l.momentum(f.grad, 3.2, eta=1 / 9, beta=4 / 9, steps=1000).final[0]
    assert bool(d2l.check("cycle-start", 3.2)) == (abs(end) > 0.1)


def test_one_number_and_two_results_may_come_in_any_form() -> None:
    assert d2l.check("minimum", lambda Q, c, b: [[b - c @ np.linalg.inv(Q) @ c / 2]])
    assert d2l.check(
        "momentum-step",
        lambda x, v, g, eta, beta: np.array([x - eta * (beta * v + g), beta * v + g]),
    )


def test_a_velocity_that_is_recorded_before_its_update_is_called_late() -> None:
    def late(g: Any, beta: float) -> Any:
        v, out = 0.0, []
        for entry in g:
            out.append(v)
            v = beta * v + entry
        return out

    assert d2l.check("leaky-average", late).message == d2l.label("check.leaky_average.late")


def explode(*_: object) -> float:
    raise ZeroDivisionError("division by zero")


@pytest.mark.parametrize(
    ("answer", "message"),
    [
        (3, "The answer is a function of Q, c; you gave 3."),
        (explode, "For Q = [[2.]], c = [-6.] your function raised ZeroDivisionError: division"),
        (lambda Q: Q, "For Q = [[2.]], c = [-6.] your function raised TypeError"),
        (lambda Q, c: None, "For Q = [[2.]], c = [-6.] your function returned nothing."),
        (lambda Q, c: "here", "For Q = [[2.]], c = [-6.] your function returned 'here', which"),
        (lambda Q, c: [1, 2], "For Q = [[2.]], c = [-6.] your function returned the shape (2,)"),
        (lambda Q, c: -c / np.diag(Q), "Not yet: your function gives another result than expected"),
    ],
)
def test_a_function_that_fails_is_told_where(answer: object, message: str) -> None:
    verdict = d2l.check("minimizer", answer)
    assert not verdict
    assert verdict.message.startswith(message)


def test_a_function_that_is_right_by_luck_on_the_first_case_is_found_out() -> None:
    verdict = d2l.check("minimizer", lambda Q, c: -c / np.diag(Q))
    assert "Q = [[2., 1.], [1., 3.]]" in verdict.message  # not diagonal


def test_a_function_may_spoil_its_arguments() -> None:
    def in_place(x: Any, v: Any, g: Any, eta: float, beta: float) -> Any:
        v *= beta
        v += g
        x -= eta * v
        return x, v

    assert d2l.check("momentum-step", in_place)
    assert d2l.check("momentum-step", in_place)  # nor is the next reader's check spoilt


def test_too_few_results_are_named() -> None:
    verdict = d2l.check("momentum-step", lambda x, v, g, eta, beta: x)
    assert "must return 2 results, separated by a comma; it returned" in verdict.message


class Unprintable:
    def __repr__(self) -> str:
        raise RuntimeError("no")


@settings(max_examples=60, deadline=None)
@given(
    st.sampled_from(sorted(EXERCISES)),
    st.one_of(
        st.floats(),
        st.integers(),
        st.text(max_size=5),
        st.none(),
        st.lists(st.floats(), max_size=4),
        st.complex_numbers(),
        st.builds(Unprintable),
        st.just(np.array([[1.0, 2.0], [3.0, 4.0]])),
        st.functions(like=lambda *a: ..., returns=st.one_of(st.floats(), st.text(), st.none())),
        st.dictionaries(st.text(), st.integers(), max_size=2),
    ),
)
def test_any_answer_gets_a_verdict(name: str, answer: object) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        verdict = d2l.check(name, answer)
    assert verdict.message
    assert repr(verdict).startswith(("✓ ", "✗ ", "… "))
    assert bool(verdict) == verdict.right

"""The dialects: each is what the framework itself does, and translations keep the path."""

from __future__ import annotations

import functools
import inspect
import itertools
import re
from collections.abc import Callable, Iterator
from dataclasses import FrozenInstanceError, asdict
from importlib import import_module, util
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import d2lmini as d2l
from d2lmini import dialects
from d2lmini.dialects import (
    D2L,
    EMA,
    Dialect,
    DialectTrace,
    Keras,
    Optax,
    PyTorch,
    Velocity,
    convert,
    run,
)

STEPS = 200
ALL = (D2L, PyTorch, Optax, Keras, Velocity, EMA)
LOOKING_AHEAD = (D2L, PyTorch, Optax, Keras)
Gradient = Callable[[np.ndarray], np.ndarray]


def bent(dim: int) -> Gradient:
    """The gradient of a sum of log cosh, which is a bowl below and a cone far away."""
    return lambda x: np.tanh(x) * np.linspace(0.3, 2, dim)


def turned(seed: int) -> Gradient:
    basis = np.linalg.qr(np.random.default_rng(seed).normal(size=(5, 5)))[0]
    matrix = basis @ np.diag([0.01, 0.1, 0.5, 1, 2]) @ basis.T
    return lambda x: matrix @ x - 1


PROBLEMS: dict[str, tuple[Gradient, list[float]]] = {
    "ravine": (d2l.ravine().grad, [-5, -2]),
    "turned": (turned(1), [1, -2, 3, -4, 5]),
    "bent": (bent(3), [4, -6, 0.5]),
    "saddle": (d2l.Quadratic([0.5, -0.01]).grad, [3, 1e-3]),
    "one number": (lambda x: x, [2]),
}
RATES = [(0.4, 0.0), (0.1, 0.5), (0.05, 0.9), (0.01, 0.99), (0.6, 0.5)]
DROP = [1.0] * 50 + [0.1] * 100 + [1.2] * 50  # not so high that a mode at rest becomes unstable
SCHEDULES = {"constant": [1.0] * STEPS, "dropping": DROP}


def by_torch(setting: Dialect, x0: np.ndarray, factors: list[float]) -> Any:
    torch = pytest.importorskip("torch")
    x = torch.tensor(x0, dtype=torch.float64, requires_grad=True)
    optimizer = torch.optim.SGD([x], **asdict(setting))  # type: ignore[call-overload]
    schedule = torch.optim.lr_scheduler.LambdaLR(optimizer, lambda t: [*factors, 0.0][t])

    def step(g: np.ndarray) -> np.ndarray:
        x.grad = torch.from_numpy(np.asarray(g, dtype=np.float64))
        optimizer.step()
        schedule.step()
        return x.detach().numpy().copy()

    return step


@pytest.fixture(scope="module")
def keras(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    """Keras on PyTorch in float64, with its settings file where no one keeps one."""
    if util.find_spec("keras") is None:
        pytest.skip("keras is not installed (it is in requirements-dev.txt)")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("KERAS_BACKEND", "torch")
        patch.setenv("KERAS_HOME", str(tmp_path_factory.mktemp("keras")))
        module = import_module("keras")
    if module.backend.backend() != "torch":
        pytest.skip("keras was imported before, with another backend than torch")
    before = module.config.floatx()
    module.config.set_floatx("float64")
    yield module
    module.config.set_floatx(before)


def by_keras(keras: Any, setting: Dialect, x0: np.ndarray, factors: list[float]) -> Any:
    torch = pytest.importorskip("torch")
    arguments = asdict(setting)  # type: ignore[call-overload]
    x = keras.Variable(np.asarray(x0, dtype=np.float64), dtype="float64")
    optimizer = keras.optimizers.SGD(**arguments)
    optimizer.build([x])
    upcoming = iter(factors)

    def step(g: np.ndarray) -> np.ndarray:
        optimizer.learning_rate.assign(arguments["learning_rate"] * next(upcoming))
        with torch.no_grad():
            optimizer.apply([torch.from_numpy(np.asarray(g, dtype=np.float64))])
        return x.value.detach().numpy().copy()  # x.numpy() warns with NumPy 2

    return step


@pytest.fixture(scope="module")
def optax() -> Iterator[Any]:
    """Optax in float64, which JAX has to be asked for."""
    for name in ("jax", "optax"):
        if util.find_spec(name) is None:
            pytest.skip(f"{name} is not installed (it is in requirements-dev.txt)")
    jax, module = import_module("jax"), import_module("optax")
    before = jax.config.jax_enable_x64
    jax.config.update("jax_enable_x64", True)
    yield module
    jax.config.update("jax_enable_x64", before)


def by_optax(optax: Any, setting: Dialect, x0: np.ndarray, factors: list[float]) -> Any:
    jax = import_module("jax")
    values = asdict(setting)  # type: ignore[call-overload]
    flag = values["debias" if isinstance(setting, EMA) else "nesterov"]
    eta = values["eta" if isinstance(setting, EMA) else "learning_rate"]
    beta = values["beta" if isinstance(setting, EMA) else "momentum"]
    sizes = jax.numpy.asarray(factors)
    optimizer, update = updating(type(setting), flag)
    x = jax.numpy.asarray(x0, dtype="float64")
    state = optimizer(eta, beta, sizes).init(x)

    def step(g: np.ndarray) -> np.ndarray:
        nonlocal x, state
        x, state = update(np.asarray(g, dtype=np.float64), state, x, eta, beta, sizes)
        return np.array(x)

    return step


@functools.cache
def updating(kind: type[Dialect], flag: bool) -> tuple[Any, Any]:
    """Return how to make an optimizer of Optax, and its update, compiled once for all settings."""
    jax, optax = import_module("jax"), import_module("optax")

    def optimizer(eta: Any, beta: Any, sizes: Any) -> Any:
        if kind is EMA:
            return optax.chain(
                optax.ema(beta, debias=flag),
                optax.scale_by_learning_rate(lambda t: eta * sizes[t]),
            )
        return optax.sgd(lambda t: eta * sizes[t], momentum=beta, nesterov=flag)

    @jax.jit
    def update(g: Any, state: Any, x: Any, eta: Any, beta: Any, sizes: Any) -> Any:
        change, state = optimizer(eta, beta, sizes).update(g, state, x)
        return optax.apply_updates(x, change), state

    return optimizer, update


def assert_same_path(setting: Dialect, problem: str, stepper: Any, schedule: str) -> None:
    """Compare with a framework that is fed the gradients at its own points, over all steps."""
    grad, x0 = PROBLEMS[problem]
    factors = SCHEDULES[schedule]
    start = np.array(x0, dtype=np.float64)
    step = stepper(setting, start, factors)
    points = [start]
    for _ in range(STEPS):
        points.append(step(grad(points[-1])))
    ours = run(setting, grad, x0, steps=STEPS, schedule=factors)
    assert ours.steps == STEPS
    assert_close(ours.x, np.array(points), 1e-12)


def assert_close(a: np.ndarray, b: np.ndarray, rtol: float) -> None:
    """Each point is compared on the scale of the path so far: near the minimizer, errors remain.

    A path that shrinks from 5 to 1e-30 carries the rounding of its gradients only, but one that
    ends at a minimizer away from zero, or crosses it, has no digits left to compare by there.
    """
    scale = np.maximum.accumulate(np.abs(b).max(axis=1))
    assert (np.abs(a - b).max(axis=1) <= rtol * scale).all()


# Each dialect is the framework's own ------------------------------------------------------------


VARIANTS = [{}, {"dampening": 0.3}, {"dampening": 1}, {"nesterov": True}]


@pytest.mark.parametrize("problem", PROBLEMS)
@pytest.mark.parametrize("schedule", SCHEDULES)
def test_pytorch_is_torch_optim_sgd(problem: str, schedule: str) -> None:
    for (eta, beta), variant in itertools.product(RATES, VARIANTS):
        if beta == 0 and "nesterov" in variant:
            continue  # which PyTorch refuses
        assert_same_path(PyTorch(lr=eta, momentum=beta, **variant), problem, by_torch, schedule)


@pytest.mark.parametrize("problem", PROBLEMS)
@pytest.mark.parametrize(("eta", "beta"), RATES)
@pytest.mark.parametrize("nesterov", [False, True])
def test_keras_is_keras_optimizers_sgd(
    keras: Any, problem: str, eta: float, beta: float, nesterov: bool
) -> None:
    setting = Keras(learning_rate=eta, momentum=beta, nesterov=nesterov)
    for schedule in SCHEDULES:
        assert_same_path(setting, problem, lambda *args: by_keras(keras, *args), schedule)


@pytest.mark.parametrize("problem", PROBLEMS)
@pytest.mark.parametrize(("eta", "beta"), RATES)
@pytest.mark.parametrize("nesterov", [False, True])
def test_optax_is_optax_sgd(
    optax: Any, problem: str, eta: float, beta: float, nesterov: bool
) -> None:
    setting = Optax(learning_rate=eta, momentum=beta, nesterov=nesterov)
    for schedule in SCHEDULES:
        assert_same_path(setting, problem, lambda *args: by_optax(optax, *args), schedule)


@pytest.mark.parametrize("problem", PROBLEMS)
@pytest.mark.parametrize(("eta", "beta"), RATES)
@pytest.mark.parametrize("debias", [False, True])
def test_ema_is_optax_ema(optax: Any, problem: str, eta: float, beta: float, debias: bool) -> None:
    setting = EMA(eta=eta, beta=beta, debias=debias)
    for schedule in SCHEDULES:
        assert_same_path(setting, problem, lambda *args: by_optax(optax, *args), schedule)


@pytest.mark.parametrize("problem", PROBLEMS)
@pytest.mark.parametrize(("eta", "beta"), RATES)
def test_d2l_is_our_own_update(problem: str, eta: float, beta: float) -> None:
    grad, x0 = PROBLEMS[problem]
    ours = d2l.momentum(grad, x0, eta=eta, beta=beta, steps=STEPS)
    dialect = run(D2L(eta=eta, beta=beta), grad, x0, steps=STEPS)
    np.testing.assert_array_equal(dialect.x, ours.x)
    np.testing.assert_array_equal(dialect.v, ours.v)
    ours = d2l.nesterov(grad, x0, eta=eta, beta=beta, steps=STEPS)
    dialect = run(D2L(eta=eta, beta=beta, nesterov=True), grad, x0, steps=STEPS)
    np.testing.assert_array_equal(dialect.x, ours.x)


def test_velocity_is_the_formula() -> None:
    path = run(Velocity(epsilon=0.25, m=0.5), lambda x: x, 4, steps=3, schedule=[1, 1, 2])
    np.testing.assert_array_equal(path.v[:, 0], [0, -1, -1.25, -1.5])
    np.testing.assert_array_equal(path.x[:, 0], [4, 3, 1.75, 0.25])
    np.testing.assert_array_equal(path.factors, [1, 1, 2])


# Conversion -------------------------------------------------------------------------------------


@pytest.mark.parametrize("target", ALL)
@pytest.mark.parametrize("source", ALL)
def test_a_translated_setting_makes_the_same_path(
    source: type[Dialect], target: type[Dialect]
) -> None:
    for (grad, x0), (eta, beta) in itertools.product(PROBLEMS.values(), RATES):
        setting = source._of(eta, beta, False)
        translated = convert(setting, to=target)
        assert type(translated) is target
        first = run(setting, grad, x0, steps=STEPS)
        second = run(translated, grad, x0, steps=STEPS)
        assert_close(second.x, first.x, 1e-12)


@pytest.mark.parametrize("target", LOOKING_AHEAD)
@pytest.mark.parametrize("source", LOOKING_AHEAD)
@pytest.mark.parametrize("problem", PROBLEMS)
def test_the_look_ahead_is_the_same_in_four_dialects(
    source: type[Dialect], target: type[Dialect], problem: str
) -> None:
    grad, x0 = PROBLEMS[problem]
    setting = source._of(0.05, 0.9, True)
    translated = convert(setting, to=target)
    first = run(setting, grad, x0, steps=STEPS)
    assert_close(run(translated, grad, x0, steps=STEPS).x, first.x, 1e-12)
    plain = run(source._of(0.05, 0.9, False), grad, x0, steps=STEPS)
    assert not np.allclose(first.x, plain.x, rtol=1e-3)


@given(
    st.sampled_from(ALL),
    st.sampled_from(ALL),
    st.floats(1e-290, 1e290),
    st.floats(0, 1, exclude_max=True),
    st.booleans(),
)
def test_there_and_back_again(
    source: type[Dialect], target: type[Dialect], eta: float, beta: float, nesterov: bool
) -> None:
    if beta == 0 or source not in LOOKING_AHEAD or target not in LOOKING_AHEAD:
        nesterov = False
    setting = source._of(eta, beta, nesterov)
    back = convert(convert(setting, to=target), to=source)
    assert type(back) is source
    for name, value in asdict(setting).items():  # type: ignore[call-overload]
        assert getattr(back, name) == pytest.approx(value, rel=1e-15), name


def test_the_averaging_form_takes_a_larger_eta() -> None:
    assert convert(D2L(eta=0.1, beta=0.75), to=EMA) == EMA(eta=0.4, beta=0.75)
    assert convert(EMA(eta=0.4, beta=0.75), to=Velocity) == Velocity(epsilon=0.1, m=0.75)


@pytest.mark.parametrize("setting", [D2L(eta=1), PyTorch(lr=1, momentum=0.5, dampening=0.5)])
def test_a_setting_of_the_same_dialect_stays_what_it_is(setting: Dialect) -> None:
    assert convert(setting, to=type(setting)) is setting


@pytest.mark.parametrize(
    ("setting", "reason"),
    [
        (PyTorch(lr=0.1, momentum=0.9, dampening=0.5), "every gradient but the first"),
        (EMA(eta=0.1, beta=0.9, debias=True), "another factor at every step"),
    ],
)
def test_what_has_no_translation_says_why(setting: Dialect, reason: str) -> None:
    for target in ALL:
        if target is not type(setting):
            with pytest.raises(ValueError, match=rf"no exact translation.*{reason}.*exact=False"):
                convert(setting, to=target)


@pytest.mark.parametrize("target", [Velocity, EMA])
@pytest.mark.parametrize("source", LOOKING_AHEAD)
def test_the_look_ahead_is_not_dropped_in_silence(
    source: type[Dialect], target: type[Dialect]
) -> None:
    for exact in (True, False):
        with pytest.raises(ValueError, match="has no Nesterov variant"):
            convert(source._of(0.1, 0.9, True), to=target, exact=exact)


@pytest.mark.parametrize("source", [D2L, Optax, Keras])
def test_looking_ahead_without_momentum_is_plain_descent_everywhere(source: type[Dialect]) -> None:
    setting = source._of(0.1, 0.0, True)
    assert convert(setting, to=PyTorch) == PyTorch(lr=0.1)
    assert convert(setting, to=EMA) == EMA(eta=0.1)


def test_without_momentum_dampening_does_nothing() -> None:
    assert convert(PyTorch(lr=0.1, dampening=0.5), to=D2L) == D2L(eta=0.1)


@pytest.mark.parametrize(
    "setting",
    [
        PyTorch(lr=0.1, momentum=0.9, dampening=0.5),
        PyTorch(lr=0.1, momentum=0.9, dampening=1),
        EMA(eta=1, beta=0.9, debias=True),
    ],
)
def test_an_inexact_translation_takes_the_same_steps_in_the_long_run(setting: Dialect) -> None:
    def steady(x: np.ndarray) -> np.ndarray:
        return np.ones_like(x)

    translated = convert(setting, to=D2L, exact=False)
    first = run(setting, steady, 0, steps=600)
    second = run(translated, steady, 0, steps=600)
    assert not np.allclose(first.x[:3], second.x[:3])
    np.testing.assert_allclose(np.diff(first.x[500:, 0]), np.diff(second.x[500:, 0]), atol=1e-12)


def test_a_learning_rate_that_no_float_holds_is_refused() -> None:
    with pytest.raises(ValueError, match="too large for a float: choose a smaller eta"):
        convert(D2L(eta=1e308, beta=0.99), to=EMA)
    with pytest.raises(ValueError, match=r"too small for a float.*choose a larger"):
        convert(EMA(eta=1e-307, beta=0.99), to=D2L)
    assert convert(D2L(eta=5e-324, beta=0.5), to=Keras).learning_rate == 5e-324


@pytest.mark.parametrize("wrong", [None, 0.1, "PyTorch", D2L, {"lr": 0.1}])
def test_only_a_setting_can_be_converted_or_run(wrong: Any) -> None:
    with pytest.raises(TypeError, match="setting must be a setting of a dialect"):
        convert(wrong, to=Keras)
    with pytest.raises(TypeError, match="setting must be a setting of a dialect"):
        run(wrong, lambda x: x, 1, steps=1)


@pytest.mark.parametrize("wrong", [None, "Keras", Dialect, int, D2L(eta=1)])
def test_only_a_dialect_can_be_converted_into(wrong: Any) -> None:
    with pytest.raises(TypeError, match=r"to must be a dialect.*D2L, PyTorch, Optax"):
        convert(D2L(eta=0.1), to=wrong)


# Where the dialects part ------------------------------------------------------------------------


def parting(a: Dialect, b: Dialect, schedule: Any) -> float:
    grad, x0 = PROBLEMS["ravine"]
    first = run(a, grad, x0, steps=STEPS, schedule=schedule)
    second = run(b, grad, x0, steps=STEPS, schedule=schedule)
    return float(np.abs(first.x - second.x).max())


def test_under_a_schedule_only_the_place_of_eta_matters() -> None:
    setting = D2L(eta=0.05, beta=0.9)
    outside = [convert(setting, to=dialect) for dialect in (PyTorch, Optax, EMA)]
    inside = [convert(setting, to=dialect) for dialect in (Keras, Velocity)]
    assert all(parting(setting, other, DROP) < 1e-12 for other in outside)
    assert parting(*inside, DROP) < 1e-12
    assert all(parting(setting, other, DROP) > 0.1 for other in inside)
    assert all(parting(setting, other, [1.0] * STEPS) < 1e-12 for other in inside)


def test_no_momentum_no_parting() -> None:
    for dialect in ALL:
        assert parting(D2L(eta=0.1), dialect._of(0.1, 0.0, False), DROP) < 1e-12


def test_a_varying_momentum_would_mend_it() -> None:
    """As the notes of convert say: beta_t = beta eta_(t-1) / eta_t outside is beta inside."""
    grad, x0 = PROBLEMS["ravine"]
    factors = np.linspace(1, 0.2, 30)
    inside = run(Keras(learning_rate=0.05, momentum=0.9), grad, x0, steps=30, schedule=factors)
    x, v = np.array(x0, dtype=float), np.zeros(2)
    for t in range(30):
        v = 0.9 * (factors[t - 1] / factors[t] if t else 1) * v + grad(x)
        x = x - 0.05 * factors[t] * v
    np.testing.assert_allclose(x, inside.final, rtol=1e-12)


def test_a_learning_rate_of_zero_stops_one_group_and_not_the_other() -> None:
    grad, x0 = PROBLEMS["ravine"]
    stop = [1, 1, 0, 0]
    outside = run(Optax(learning_rate=0.1, momentum=0.5), grad, x0, steps=4, schedule=stop)
    inside = run(Keras(learning_rate=0.1, momentum=0.5), grad, x0, steps=4, schedule=stop)
    np.testing.assert_array_equal(outside.x[4], outside.x[2])
    last = inside.x[2] - inside.x[1]
    np.testing.assert_allclose(inside.x[4] - inside.x[2], 0.75 * last, rtol=1e-12)


# Arguments --------------------------------------------------------------------------------------


def test_a_schedule_may_be_a_function() -> None:
    grad, x0 = PROBLEMS["ravine"]
    setting = Keras(learning_rate=0.1, momentum=0.5)
    by_function = run(setting, grad, x0, steps=9, schedule=lambda t: 0.5**t)
    by_list = run(setting, grad, x0, steps=9, schedule=[0.5**t for t in range(9)])
    np.testing.assert_array_equal(by_function.x, by_list.x)


@pytest.mark.parametrize(
    ("schedule", "error", "message"),
    [
        ([1, 1], ValueError, r"must hold steps=3 factors, got shape \(2,\)"),
        (1.0, ValueError, r"must hold steps=3 factors, got shape \(\)"),
        ([1, -1, 1], ValueError, "factors >= 0, got -1"),
        ([1, np.nan, 1], ValueError, "schedule must be finite"),
        (["a", "b", "c"], TypeError, "schedule must hold real numbers"),
        (lambda t: None, TypeError, "schedule must hold real numbers"),
        (lambda t: [1, 2], ValueError, r"got shape \(3, 2\)"),
    ],
)
def test_a_schedule_of_another_kind_is_refused(schedule: Any, error: type, message: str) -> None:
    with pytest.raises(error, match=message):
        run(D2L(eta=0.1), lambda x: x, 1, steps=3, schedule=schedule)


@pytest.mark.parametrize(
    ("arguments", "error", "message"),
    [
        ({"x0": [[1, 2]]}, ValueError, "one point of shape"),
        ({"x0": []}, ValueError, "one point of shape"),
        ({"x0": [np.inf]}, ValueError, "x0 must be finite"),
        ({"steps": -1}, ValueError, "steps must be a whole number"),
        ({"steps": 1.5}, TypeError, "steps must be a whole number"),
        ({"grad": 3}, TypeError, "grad must be a function"),
        ({"grad": lambda x: None}, TypeError, "grad must return"),
        ({"grad": lambda x: np.ones(3)}, ValueError, "grad must return the shape of x"),
    ],
)
def test_run_names_what_is_wrong(arguments: dict, error: type, message: str) -> None:
    given = {"grad": lambda x: x, "x0": [1, 2], "steps": 3, **arguments}
    with pytest.raises(error, match=message):
        run(D2L(eta=0.1), given.pop("grad"), given.pop("x0"), **given)


@pytest.mark.parametrize(
    ("make", "error", "message"),
    [
        (lambda: D2L(eta=-1), ValueError, "eta must be >= 0, got eta=-1"),
        (lambda: D2L(eta=np.nan), ValueError, "eta must be a finite number"),
        (lambda: PyTorch(lr="fast"), TypeError, "lr must be a number with lr >= 0"),
        (lambda: Keras(learning_rate=0.1, momentum=1), ValueError, "past gradients never fade"),
        (lambda: Velocity(epsilon=0.1, m=-0.1), ValueError, "need 0 <= m < 1, got m=-0.1"),
        (lambda: EMA(eta=0.1, beta=[0.1, 0.2]), TypeError, "beta must be one number"),
        (lambda: PyTorch(lr=1, momentum=0.5, dampening=2), ValueError, "dampening must be between"),
        (lambda: PyTorch(lr=1, nesterov=True), ValueError, "nesterov needs momentum > 0"),
        (
            lambda: PyTorch(lr=1, momentum=0.5, dampening=0.5, nesterov=True),
            ValueError,
            "nesterov needs momentum > 0 and dampening = 0",
        ),
        (lambda: Optax(learning_rate=1, nesterov=1), TypeError, "nesterov must be True or False"),
        (lambda: EMA(eta=1, debias="yes"), TypeError, "debias must be True or False"),
    ],
)
def test_a_setting_out_of_range_cannot_be_made(
    make: Callable[[], Dialect], error: type, message: str
) -> None:
    with pytest.raises(error, match=re.escape(message) if "=" in message else message):
        make()


def test_pytorch_refuses_what_pytorch_refuses() -> None:
    torch = pytest.importorskip("torch")
    for values in ({"momentum": 0.0}, {"momentum": 0.5, "dampening": 0.5}):
        with pytest.raises(ValueError, match="Nesterov momentum requires"):
            torch.optim.SGD([torch.zeros(1)], lr=0.1, nesterov=True, **values)
        with pytest.raises(ValueError, match="nesterov needs"):
            PyTorch(lr=0.1, nesterov=True, **values)


def test_numbers_of_any_kind_become_floats_and_settings_do_not_change() -> None:
    setting = Keras(learning_rate=np.float32(0.5), momentum=np.array(0), nesterov=np.True_)
    assert setting == Keras(learning_rate=0.5, momentum=0.0, nesterov=True)
    assert type(setting.momentum) is float
    assert type(setting.nesterov) is bool
    assert hash(setting) == hash(Keras(learning_rate=0.5, nesterov=True))
    with pytest.raises(FrozenInstanceError):
        setting.momentum = 0.9  # type: ignore[misc]


ODD = st.one_of(
    st.floats(),
    st.integers(),
    st.none(),
    st.booleans(),
    st.text(max_size=2),
    st.lists(st.floats(), max_size=3),
    st.tuples(st.floats()),
    st.floats().map(np.array),
)


@given(st.sampled_from(ALL), ODD, ODD, ODD, st.one_of(ODD, st.lists(st.floats(0, 2), max_size=3)))
def test_any_input_gives_a_path_or_a_clear_error(
    dialect: type[Dialect], eta: Any, beta: Any, x0: Any, schedule: Any
) -> None:
    names = list(inspect.signature(dialect).parameters)
    try:
        setting = dialect(**{names[0]: eta, names[1]: beta})
        path = run(setting, lambda x: x, x0, steps=3, schedule=schedule)
    except (ValueError, TypeError) as error:
        assert re.search(r"must|need", str(error))
        return
    assert np.isfinite(path.x).all()
    assert np.isfinite(path.v).all()
    assert path.overflowed or path.steps == 3
    for target in ALL:
        try:
            assert isinstance(convert(setting, to=target), target)
        except ValueError as error:
            assert re.search("too (large|small) for a float", str(error))


@pytest.mark.parametrize("dialect", ALL)
def test_overflow_ends_the_trace_without_a_warning(dialect: type[Dialect]) -> None:
    path = run(dialect._of(10, 0.5, False), lambda x: x**3, [3, -4], steps=50)
    assert path.overflowed
    assert 0 < path.steps < 50
    assert np.isfinite(path.x).all()
    assert repr(path).endswith("overflowed)")


def test_a_trace_cannot_be_altered_and_does_not_alter() -> None:
    def in_place(x: np.ndarray) -> np.ndarray:
        x *= 2
        return x

    path = run(D2L(eta=0.1, beta=0.5), in_place, [1, 2, 3, 4], steps=2)
    np.testing.assert_array_equal(path.x[0], [1, 2, 3, 4])
    assert (
        repr(path)
        == f"DialectTrace(D2L, steps=2, final=[{path.final[0]:g}, "
        + ", ".join(f"{number:g}" for number in path.final[1:3])
        + ", ...])"
    )
    with pytest.raises(ValueError, match="read-only"):
        path.x[0] = 0


# The module -------------------------------------------------------------------------------------


def test_everything_public_is_documented_with_examples() -> None:
    assert set(dialects.__all__) == {
        "D2L", "EMA", "Dialect", "DialectTrace", "Keras", "Optax", "PyTorch", "Velocity",
        "convert", "run",
    }  # fmt: skip
    for name in dialects.__all__:
        text = inspect.getdoc(getattr(dialects, name)) or ""
        assert text.split("\n\n")[0].endswith("."), name
        if name != "Dialect":
            assert "Examples\n---" in text, name
    assert d2l.dialects is dialects
    assert isinstance(run(D2L(eta=0.1), lambda x: x, 1, steps=1), DialectTrace)

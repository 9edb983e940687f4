"""The package as a whole: what is public, that it is documented, and that importing it is light."""

from __future__ import annotations

import inspect
import json
import re
import subprocess
import sys
from importlib import import_module
from pathlib import Path

import pytest

import d2lmini as d2l

ROOT = Path(d2l.__file__).parent

PUBLIC = [
    "Dataset",
    "History",
    "Landscape",
    "NoisyPaths",
    "Quadratic",
    "Sweep",
    "Trace",
    "Verdict",
    "available_languages",
    "check",
    "convergence_rate",
    "damping",
    "dialects",
    "effective_samples",
    "eigenmode_errors",
    "ema",
    "energy",
    "evaluate_loss",
    "exercise_names",
    "explore",
    "gradient_descent",
    "is_stable",
    "iteration_matrix",
    "label",
    "language",
    "leaky_average",
    "lessard_recht_packard",
    "load_airfoil",
    "load_mnist",
    "mean_age",
    "mlp",
    "momentum",
    "nesterov",
    "noise_floor",
    "noisy_descent",
    "optimal_eta",
    "optimal_eta_beta",
    "plot_best_rates",
    "plot_cloud",
    "plot_decay",
    "plot_distances",
    "plot_eigenmodes",
    "plot_energy",
    "plot_filters",
    "plot_iterates",
    "plot_loss_map",
    "plot_losses",
    "plot_mean_square",
    "plot_phase",
    "plot_rate_map",
    "plot_rate_windows",
    "plot_rates",
    "plot_regimes",
    "plot_smoothing",
    "plot_step_lengths",
    "plot_trace",
    "plot_weights",
    "random_walk",
    "ravine",
    "sgd_momentum",
    "subplots",
    "sweep",
    "train",
    "two_valleys",
    "use_language",
    "variance_effective_samples",
    "weights",
]
CALLABLES = [name for name in PUBLIC if name not in d2l._SUBMODULES]


def in_a_fresh_python(code: str) -> object:
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert run.returncode == 0, run.stderr
    return json.loads(run.stdout)


def test_what_is_public_is_a_decision() -> None:
    assert d2l.__all__ == PUBLIC


def test_everything_public_exists_and_is_listed() -> None:
    for name in PUBLIC:
        assert getattr(d2l, name) is not None
        assert name in dir(d2l)


@pytest.mark.parametrize("name", CALLABLES)
def test_public_names_come_from_modules_that_declare_them(name: str) -> None:
    thing = getattr(d2l, name)
    module = import_module(f"d2lmini.{d2l._MODULE_OF[name]}")
    assert getattr(module, name) is thing
    assert name in module.__all__


@pytest.mark.parametrize("name", CALLABLES)
def test_everything_public_is_documented(name: str) -> None:
    thing = getattr(d2l, name)
    text = inspect.getdoc(thing)
    assert text
    first = text.split("\n\n")[0]
    assert first.endswith("."), "the first sentence"
    sections = set(re.findall(r"^(\w[\w ]*)\n-{3,}$", text, re.M))
    if inspect.isclass(thing):
        assert sections & {"Parameters", "Attributes"}
        return
    signature = inspect.signature(thing)
    assert "Examples" in sections
    if signature.parameters:
        assert "Parameters" in sections
        assert "Raises" in sections
        described = text.split("Parameters\n---")[1]
        for parameter in signature.parameters:
            assert re.search(rf"^\**.*\b{parameter}\b.*", described, re.M), parameter
    if signature.return_annotation not in (None, "None"):
        assert "Returns" in sections


@pytest.mark.parametrize("name", CALLABLES)
def test_hyperparameters_are_keyword_only(name: str) -> None:
    thing = getattr(d2l, name)
    if inspect.isclass(thing):
        return
    for parameter in inspect.signature(thing).parameters.values():
        if parameter.name == "beta" and d2l._MODULE_OF[name] == "averages":
            continue  # there beta is no setting of a method but what the function is about
        if parameter.name in {"eta", "beta", "decay", "steps", "batch_size", "seed", "until"}:
            assert parameter.kind is inspect.Parameter.KEYWORD_ONLY, parameter.name


def test_type_checkers_see_the_names_that_python_sees() -> None:
    source = (ROOT / "__init__.py").read_text(encoding="utf-8")
    declared = dict(re.findall(r"^    from \.(\w+) import (\w+) as \2$", source, re.M))
    pairs = re.findall(r"^    from \.(\w+) import (\w+) as \2$", source, re.M)
    assert {name: module for module, name in pairs} == d2l._MODULE_OF
    assert declared


def test_import_brings_in_nothing_heavy() -> None:
    loaded = in_a_fresh_python(
        "import sys, json, d2lmini; print(json.dumps(sorted(m.split('.')[0] for m in sys.modules)))"
    )
    heavy = {"torch", "matplotlib", "ipywidgets", "anywidget", "numpy", "sklearn", "pooch"}
    assert isinstance(loaded, list)
    assert not heavy & set(loaded)


def test_trajectories_and_figures_need_neither_torch_nor_widgets() -> None:
    loaded = in_a_fresh_python(
        "import sys, json, d2lmini as d2l\n"
        "f = d2l.ravine()\n"
        "t = d2l.momentum(f.grad, [-5, -2], eta=0.6, beta=0.5, steps=20)\n"
        "fig, ax = d2l.subplots()\n"
        "d2l.plot_trace(ax, f, t)\n"
        "d2l.History, d2l.Dataset\n"
        "fig.svg()\n"
        "print(json.dumps(sorted(m.split('.')[0] for m in sys.modules)))"
    )
    assert isinstance(loaded, list)
    assert not {"torch", "ipywidgets", "anywidget", "IPython", "sklearn"} & set(loaded)


def test_unknown_name_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match="has no attribute 'momentun'"):
        _ = d2l.momentun  # type: ignore[attr-defined]


def test_missing_package_names_the_extra_that_brings_it() -> None:
    message = in_a_fresh_python(
        "import sys, json\n"
        "sys.modules['torch'] = None\n"  # as if it were not installed
        "import d2lmini as d2l\n"
        "try:\n"
        "    d2l.train\n"
        "except ModuleNotFoundError as error:\n"
        "    print(json.dumps(str(error)))\n"
    )
    assert message == (
        "d2lmini.train needs the package 'torch', which is not installed: "
        'pip install "d2lmini[training]"'
    )


def test_the_version_is_one() -> None:
    assert re.fullmatch(r"\d+\.\d+\.\d+", d2l.__version__)


def test_star_import_gives_what_is_public() -> None:
    names = in_a_fresh_python(
        "import json\nfrom d2lmini import *\n"
        "print(json.dumps(sorted(n for n in dir() if not n.startswith('_') and n != 'json')))"
    )
    assert names == PUBLIC

"""The Python side of explorables: traits and their errors, the composite, the texts of scripts."""

from __future__ import annotations

import json
import re
import subprocess
import sys

import numpy as np
import pytest
from ipywidgets.widgets.widget import _instances
from traitlets import TraitError

import d2lmini as d2l
from d2lmini.explore import Ravine, scripts
from d2lmini.explore.base import Explorable, Number
from d2lmini.explore.scripts import classic_script, names, shared_script

VIEW = "application/vnd.jupyter.widget-view+json"


@pytest.fixture(autouse=True)
def _english():
    d2l.use_language("en")
    yield
    d2l.use_language("en")


def links(explorable):
    """Return {trait: slider} as the link widgets of the composite join them."""
    explorable.panel  # noqa: B018 (builds the composite)
    found = {}
    for widget in list(_instances.values()):
        if widget._model_name == "LinkModel" and widget.source[0] is explorable:
            found[widget.source[1]] = widget.target
    return found


def test_bundle_has_the_widget_the_static_figure_and_one_line():
    bundle = Ravine(eta=0.6, beta=0.5)._repr_mimebundle_()
    assert set(bundle) == {VIEW, "image/svg+xml", "text/plain"}
    assert bundle["text/plain"] == "Ravine(eta=0.6, beta=0.5)"
    assert "<svg" in bundle["image/svg+xml"]
    assert "gradient descent" in bundle["image/svg+xml"]
    assert "momentum" in bundle["image/svg+xml"]


def test_bundle_is_the_same_for_the_same_state():
    first, second = (Ravine(eta=0.6)._repr_mimebundle_() for _ in range(2))
    assert first["image/svg+xml"] == second["image/svg+xml"]


def test_static_figure_follows_the_state():
    explorable = Ravine(eta=0.6)
    before = explorable._repr_mimebundle_()["image/svg+xml"]
    explorable.eta = 0.4
    assert explorable._repr_mimebundle_()["image/svg+xml"] != before


def test_composite_holds_the_sliders_above_the_figure():
    explorable = Ravine(eta=0.6, beta=0.25)
    row, figure = explorable.panel.children
    assert figure is explorable
    eta, beta, kappa = row.children
    assert (kappa.value, kappa.min, kappa.max, kappa.base) == (20, 0, 3, 10)
    assert (eta.value, eta.min, eta.max, eta.step) == (0.6, 0, 1, 0.01)
    assert (beta.value, beta.min, beta.max, beta.step) == (0.25, 0, 0.99, 0.01)
    assert [slider.description for slider in row.children] == [
        "learning rate η",
        "momentum β",
        "condition number κ",
    ]
    assert explorable._repr_mimebundle_()[VIEW]["model_id"] == explorable.panel.model_id


def test_gradient_descent_alone_has_no_slider_for_beta():
    explorable = Ravine(eta=0.4, methods=("gd",))
    assert [s.description for s in explorable.panel.children[0].children] == [
        "learning rate η",
        "condition number κ",
    ]
    assert repr(explorable) == "Ravine(eta=0.4, methods=('gd',))"


def test_sliders_are_linked_to_the_traits_with_the_trait_as_source():
    explorable = Ravine()
    joined = links(explorable)
    eta, beta, kappa = explorable.panel.children[0].children
    assert joined == {"eta": (eta, "value"), "beta": (beta, "value"), "kappa": (kappa, "value")}


def test_displaying_again_shows_a_trait_that_was_set_in_between():
    explorable = Ravine(eta=0.4)
    slider = explorable.panel.children[0].children[0]
    explorable.eta = 0.4762
    assert explorable.panel.children[0].children[0] is slider
    assert slider.value == 0.4762


def test_repr_names_what_differs_from_the_defaults():
    assert repr(Ravine()) == "Ravine(eta=0.4, beta=0.5)"
    assert repr(Ravine(steps=5, start=(1, 2))) == (
        "Ravine(eta=0.4, beta=0.5, start=(1.0, 2.0), steps=5)"
    )


@pytest.mark.parametrize(
    ("traits", "words"),
    [
        ({"eta": -0.1}, ["eta=-0.1", "0 <= eta <= 1", "climb"]),
        ({"eta": 1.5}, ["eta=1.5", "0 <= eta <= 1"]),
        ({"eta": float("nan")}, ["eta=nan", "0 <= eta <= 1"]),
        ({"eta": "0.4"}, ["eta='0.4'", "0 <= eta <= 1"]),
        ({"eta": None}, ["eta=None"]),
        ({"beta": 1}, ["beta=1", "0 <= beta <= 0.99", "never fade"]),
        ({"beta": -0.5}, ["beta=-0.5", "0 <= beta <= 0.99"]),
        ({"start": (1,)}, ["start=(1,)", "2 numbers"]),
        ({"start": "ab"}, ["start='ab'", "2 numbers"]),
        ({"start": 3}, ["start=3", "2 numbers"]),
        ({"start": (0, float("inf"))}, ["start[1]=inf", "-100 <= start[1] <= 100"]),
        ({"kappa": 0.5}, ["kappa=0.5", "1 <= kappa <= 1000", "larger eigenvalue"]),
        ({"steepest": 0}, ["steepest=0", "walls"]),
        ({"steps": 0}, ["steps=0", "1 <= steps <= 500"]),
        ({"steps": 2.5}, ["steps=2.5", "whole number"]),
        ({"methods": ()}, ["methods=()", 'methods=("gd",)']),
        ({"methods": ("adam",)}, ["'adam'", "'gd', 'momentum'"]),
        ({"methods": ("gd", "gd")}, ["at most once"]),
        ({"methods": "gd"}, ["methods='gd'", 'methods=("gd",)']),
    ],
)
def test_bad_value_names_value_requirement_and_remedy(traits, words):
    with pytest.raises(TraitError) as caught:
        Ravine(**traits)
    for word in words:
        assert word in str(caught.value)


def test_bad_value_set_later_leaves_the_old_one():
    explorable = Ravine(eta=0.4)
    with pytest.raises(TraitError, match="got eta=2"):
        explorable.eta = 2
    assert explorable.eta == 0.4


def test_unknown_parameter_is_an_error_that_lists_the_known_ones():
    with pytest.raises(
        TypeError, match="'alpha': use eta, beta, start, kappa, steepest, steps, methods"
    ):
        Ravine(alpha=0.1)


def test_values_of_the_front_end_and_of_numpy_are_taken():
    explorable = Ravine(eta=np.float32(0.5), start=np.array([1, -2]), steps=np.int64(7))
    assert (explorable.eta, explorable.start, explorable.steps) == (0.5, (1.0, -2.0), 7)
    explorable.set_state({"start": [3, 4], "eta": 1})  # as JSON from the browser
    assert (explorable.start, explorable.eta) == ((3.0, 4.0), 1.0)
    json.dumps(explorable.get_state(["eta", "start", "kappa", "steps", "methods", "labels"]))


@pytest.mark.parametrize("code", ["en", "vi", "tr", "zh"])
def test_words_are_those_of_the_language_at_construction(code):
    d2l.use_language(code)
    explorable = Ravine()
    d2l.use_language("en")
    english = Ravine()
    assert set(explorable.labels) == set(english.labels)
    if code != "en":
        assert explorable.labels["ravine.converges"] != english.labels["ravine.converges"]
    fields = {"rate", "steps", "loss"}
    assert all(f"{{{field}}}" in explorable.labels["ravine.converges"] for field in fields)


def test_every_word_that_the_scripts_ask_for_is_in_the_labels():
    labels = Ravine().labels
    asked = set(re.findall(r'labels\["([\w.]+)"\]', classic_script("ravine")))
    asked |= {f"ravine.{kind}" for kind in ("rest", "still", "swings", "converges", "diverges")}
    asked |= {"ravine.diverges_later", "method.gd", "method.momentum"}
    asked |= {f"ravine.preset.{name}" for name in ("diverging", "best_gd", "best_momentum")}
    assert asked <= set(labels)


def test_nesterov_can_be_shown_too():
    explorable = Ravine(eta=0.2, beta=0.65, methods=("gd", "nesterov"))
    assert [s.description for s in explorable.panel.children[0].children][1] == "momentum β"
    assert explorable.traces()[1].final == pytest.approx([-0.32307, 0], abs=1e-5)
    assert "Nesterov's method" in explorable._repr_mimebundle_()["image/svg+xml"]


def test_traces_are_those_of_the_library():
    explorable = Ravine(eta=0.6, beta=0.25)
    gd, mom = explorable.traces()
    assert gd.final[1] == pytest.approx(-1673.37, abs=0.01)
    assert mom.final == pytest.approx([-0.126340, -0.186632], abs=1e-6)


@pytest.mark.parametrize("eta", [0, 1])
@pytest.mark.parametrize(("kappa", "steepest"), [(1000, 100), (1, 0.01)])
def test_static_figure_survives_extremes(eta, kappa, steepest):
    bundle = Ravine(eta=eta, beta=0.99, kappa=kappa, steepest=steepest, start=(0, 100), steps=500)
    bundle = bundle._repr_mimebundle_()
    assert "<svg" in bundle["image/svg+xml"]
    assert "nan" not in bundle["image/svg+xml"].lower().replace("dominant", "")


def test_module_is_self_contained():
    text = scripts.module("ravine")
    assert "import " not in "\n".join(line[:7] for line in text.splitlines())
    assert text.count("export default") == 1
    assert text.count("function trajectory(") == 1
    assert str(Ravine()._esm) == text


@pytest.mark.parametrize("name", ["shared", *names()])
def test_script_of_the_page_has_no_module_syntax_eval_or_address(name):
    text = shared_script() if name == "shared" else classic_script(name)
    starts = {line.split(" ")[0] for line in text.splitlines()}
    assert not starts & {"import", "export", "//", "/**", "*"}
    assert "eval(" not in text
    assert "new Function" not in text
    assert "Blob" not in text
    addresses = [part.split('"')[0] for part in text.split("http")[1:]]
    assert set(addresses) <= {"://www.w3.org/2000/svg"}


@pytest.mark.parametrize(
    ("sources", "words"),
    [
        ({"x.js": "const a = 1;\n"}, "exactly one line export default"),
        ({"x.js": "export default { render };\nexport default { render };\n"}, "found 2"),
        ({"x.js": 'import b from "./_b.js";\nexport default { b };\n'}, "cannot be put in place"),
        (
            {
                "x.js": 'import { b } from "./_b.js";\nconst c = 1;\nexport default { c };\n',
                "_b.js": "const c = 2;\nexport const b = 1;\n",
            },
            "declare c more than once",
        ),
        ({"x.js": 'export * from "y";\nexport default { render };\n'}, "is not understood"),
    ],
)
def test_source_that_cannot_be_rewritten_is_an_error(tmp_path, monkeypatch, sources, words):
    for name, text in sources.items():
        (tmp_path / name).write_text(text)
    monkeypatch.setattr(scripts, "files", lambda package: tmp_path)
    with pytest.raises(ValueError, match=words) as caught:
        classic_script("x")
    assert "x.js" in str(caught.value)


def test_unknown_explorable_is_an_error_that_lists_the_known_ones():
    with pytest.raises(ValueError, match=r"no explorable 'ravin': use one of basis, .*ravine"):
        classic_script("ravin")


def test_importing_the_scripts_needs_no_widgets():
    code = (
        "import sys, d2lmini.explore.scripts as s; s.classic_script('ravine');"
        "print(sorted({'ipywidgets', 'anywidget', 'matplotlib', 'torch'} & set(sys.modules)))"
    )
    out = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert out.stdout.strip() == "[]"


def test_an_explorable_without_controls_or_figure_says_so():
    class Bare(Explorable):
        _esm = "export default { render() {} };"
        eta = Number(0.1, low=0, high=1, hint="")

    with pytest.raises(NotImplementedError, match="Bare needs controls"):
        Bare().panel  # noqa: B018
    with pytest.raises(NotImplementedError, match="Bare needs figure"):
        Bare().figure()

"""The map of final losses: what it shows, and that other last digits change no comparison."""

from __future__ import annotations

import re
import warnings
from configparser import ConfigParser
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import d2lmini as d2l
from d2lmini.palette import LIGHT

ETAS, BETAS = [0.02, 0.06, 0.2, 0.6], [0, 0.7, 0.9]
LIMIT = float(np.log(10))
SVG = "{http://www.w3.org/2000/svg}"
LOSSES = np.array([[1.8, 0.67, 0.43], [0.7, 0.4, 0.28], [0.41, 0.26, 0.27], [0.29, 2.4, np.inf]])


def draw(losses: Any = LOSSES, effective: Any = (0.2, 2)) -> tuple[Any, Any, Any]:
    fig, ax = d2l.subplots()
    drawn = d2l.plot_loss_map(ax, ETAS, BETAS, losses, limit=LIMIT, effective=effective)
    return fig, ax, drawn


def area(patch: Any) -> float:
    """The area of the squares of a path, by the shoelace formula."""
    squares = patch.get_path().vertices.reshape(-1, 5, 2)
    x, y = squares[:, :, 0], squares[:, :, 1]
    return float(np.abs((x[:, :-1] * y[:, 1:] - x[:, 1:] * y[:, :-1]).sum(axis=1)).sum() / 2)


def test_map_is_a_small_svg_with_words_in_it(each_language: str) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        svg = draw()[0].svg()
    assert len(svg.encode()) < 60_000
    words = {element.text for element in ElementTree.fromstring(svg).iter(f"{SVG}text")}
    assert {d2l.label("axis.eta"), d2l.label("axis.beta"), "0.06", "0.7", "η/(1 − β)"} <= words


def test_every_colour_is_of_the_palette_and_drawing_again_changes_no_byte() -> None:
    svg = draw()[0].svg()
    assert set(re.findall(r"#[0-9a-f]{6}\b", svg)) <= set(LIGHT.values())
    assert draw()[0].svg() == svg


def masked(svg: str) -> str:
    """Leave out what the comparison of notebooks leaves out."""
    rules = ConfigParser()
    rules.read(Path(__file__).parent / "nbval_sanitize.cfg", encoding="ascii")
    rule = rules["Measured curves"]
    return re.sub(rule["regex"], rule["replace"], svg)


def test_other_last_digits_and_even_another_failure_leave_the_figure_comparable() -> None:
    other = LOSSES * np.random.default_rng(0).uniform(0.9, 1.1, LOSSES.shape)
    other[0, 0] = np.nan  # a run that diverges on another processor
    mine, theirs = draw()[0].svg(), draw(other)[0].svg()
    assert mine != theirs
    assert masked(mine) == masked(theirs)
    nothing, everything = draw(np.full((4, 3), np.inf))[0].svg(), draw(np.zeros((4, 3)))[0].svg()
    assert masked(nothing) == masked(everything) == masked(mine)
    assert masked(mine) != masked(draw(effective=(0.2,))[0].svg())


def test_lower_losses_are_under_more_layers() -> None:
    _, ax, drawn = draw()
    layers = drawn.marks[:9]
    for k, layer in enumerate(layers):
        inside = [
            [
                layer.get_path().contains_point((np.log10(eta), -np.log10(1 - beta)))
                for beta in BETAS
            ]
            for eta in ETAS
        ]
        np.testing.assert_array_equal(inside, LIMIT * 0.5 ** (k / 2) > LOSSES)
    assert {layer.get_facecolor() for layer in layers} == {layers[0].get_facecolor()}
    failed = drawn.marks[9]
    assert failed.get_facecolor()[:3] != layers[0].get_facecolor()[:3]
    width, height = np.diff(ax.get_xlim()).item(), np.diff(ax.get_ylim()).item()
    # Every cell is in the lowest layer or failed; a narrow gap is left between cells.
    assert area(layers[0]) + area(failed) == pytest.approx(width * height * 0.96**2, rel=1e-9)


def test_axes_make_pairs_of_the_same_effective_step_a_straight_line() -> None:
    _, ax, drawn = draw(effective=(0.2, 0.7))
    for line, step in zip(drawn.lines, (0.2, 0.7), strict=True):
        x, y = line.get_data()
        np.testing.assert_allclose(10 ** np.array(x) / 10 ** -np.array(y), step, rtol=1e-12)
        assert ax.get_xlim()[0] <= min(x) < max(x) <= ax.get_xlim()[1] + 1e-12
        assert ax.get_ylim()[0] - 1e-12 <= min(y) < max(y) <= ax.get_ylim()[1] + 1e-12
    assert [text.get_text() for text in drawn.texts] == ["0.2", "0.7"]
    np.testing.assert_allclose(ax.get_xticks(), np.log10(ETAS))
    np.testing.assert_allclose(ax.get_yticks(), -np.log10(1 - np.array(BETAS)))


def test_a_step_that_is_nowhere_in_the_picture_has_no_line() -> None:
    drawn = draw(effective=(1e-6, 0.2, 1e6))[2]
    assert len(drawn.lines) == len(drawn.texts) == 1


def test_each_cell_has_its_own_outline() -> None:
    outlines = draw()[2].marks[10:]
    assert len(outlines) == LOSSES.size
    shapes = [outline.get_path().vertices for outline in outlines]  # row by row from the lowest β
    assert any(len(shape) != len(shapes[0]) for shape in shapes)
    # The two that failed are both crosses: (η, β) = (0.6, 0.7) and (0.6, 0.9).
    np.testing.assert_array_equal(shapes[7], shapes[11])
    assert len({shape.tobytes() for shape in shapes}) == LOSSES.size - 1


@settings(deadline=None, max_examples=30)
@given(
    st.lists(st.integers(1, 10**6).map(lambda k: k / 1e3), min_size=2, max_size=5, unique=True),
    st.lists(st.integers(0, 999).map(lambda k: k / 1e3), min_size=2, max_size=5, unique=True),
    st.floats(width=32),
    st.floats(1e-3, 1e3),
)
def test_any_losses_give_a_map(
    etas: list[float], betas: list[float], loss: float, effective: float
) -> None:
    fig, ax = d2l.subplots()
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        losses = np.full((len(etas), len(betas)), loss)
        d2l.plot_loss_map(ax, sorted(etas), sorted(betas), losses, limit=1, effective=[effective])
        fig.svg()


@pytest.mark.parametrize(
    ("arguments", "error", "message"),
    [
        ({"etas": [0, 0.1]}, ValueError, "etas must be > 0 on a logarithmic axis, got 0"),
        ({"etas": [0.1]}, ValueError, "etas must be at least two learning rates"),
        ({"etas": [0.2, 0.1]}, ValueError, "in ascending order"),
        ({"betas": [0, 1]}, ValueError, "0 <= beta < 1, got 1"),
        ({"betas": [-0.1, 0.5]}, ValueError, "0 <= beta < 1, got -0.1"),
        ({"losses": [[1.0]]}, ValueError, r"shape \(etas, betas\) = \(2, 2\), got \(1, 1\)"),
        ({"losses": "low"}, TypeError, "losses must hold real numbers"),
        ({"limit": 0}, ValueError, "limit must be a loss > 0, got limit=0"),
        ({"limit": None}, TypeError, "limit"),
        ({"effective": [0.1, -1]}, ValueError, "effective must be effective steps > 0"),
    ],
)
def test_map_names_what_is_wrong(arguments: dict[str, Any], error: type, message: str) -> None:
    _, ax = d2l.subplots()
    given_ = {"etas": [0.1, 0.2], "betas": [0, 0.5], "losses": np.ones((2, 2)), "limit": 2}
    given_ |= arguments
    with pytest.raises(error, match=message):
        d2l.plot_loss_map(
            ax, given_.pop("etas"), given_.pop("betas"), given_.pop("losses"), **given_
        )

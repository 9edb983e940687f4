"""What explorables have in common: a figure in JavaScript, sliders, and Python traits for both.

An explorable ``<name>`` is two files in this folder:

``<name>.js``
    the picture, an ES module in anywidget's front-end format: ``export default { render }``. Its
    mathematics is exported by name as pure functions, and ``state`` lists the traits which a link
    to a setting holds, each with its range. What explorables share is imported from
    modules whose names start with an underscore (:mod:`d2lmini.explore.scripts` joins them):

    ==================  ============================================================
    ``_figure.js``      elements, numbers as words, ticks
    ``_plot.js``        a drawing area with axes, curves in it
    ``_after.js``       when a picture is drawn, and when the words that follow it are
    ``_canvas.js``      a canvas under a plot, for what would be too many elements
    ``_grip.js``        a point to drag
    ``_controls.js``    ready-made settings, choices, live numbers, tables, headings
    ``_stage.js``       styles, and ``explorable``, which makes the render function
    ``_descent.js``     the mathematics of descent
    ``_direction.js``   what one direction of a quadratic does, in words and small pictures
    ``_random.js``      random numbers, the same ones as in ``_random.py``
    ==================  ============================================================

``<name>.py``
    a subclass of :class:`Explorable`: its traits (:class:`Number`, :class:`Numbers`,
    :class:`Whole`, :class:`Choice`), its sliders and its static figure. The words come from the
    label catalogues, keys ``<name>.*``.

Its name stands in ``__init__.py`` and in ``chapters/en/api.md``; nothing else has to know it. In a
notebook it is an ordinary widget composite, sliders that are
joined to its traits by ``jslink`` above the figure; the book's page revives the very same widget
state with its own small host script, without a kernel.
"""

from __future__ import annotations

import math
from typing import Any, ClassVar

import anywidget
import ipywidgets
import traitlets
from matplotlib.figure import Figure

from ..labels import catalogue, label
from ..messages import Phrase, tell
from .scripts import module, names

__all__ = ["Choice", "Explorable", "Number", "Numbers", "Whole"]


def _checked(
    owner: object, name: str, value: object, low: float, high: float, hint: Phrase
) -> float:
    """Return a finite float within [low, high], or say what is wrong with it."""
    try:
        number = math.nan if isinstance(value, str | bool) else float(value)  # type: ignore[arg-type]
    except (TypeError, ValueError):
        number = math.nan
    if not low <= number <= high:
        raise traitlets.TraitError(
            tell(
                "{owner} needs {low:g} <= {name} <= {high:g}, got {name}={value!r}: {hint}",
                owner=type(owner).__name__,
                low=low,
                name=name,
                high=high,
                value=value,
                hint=hint,
            )
        )
    return number


class Number(traitlets.TraitType[float, Any]):
    """A synced trait that holds one number of a closed interval.

    Parameters
    ----------
    default : float
        The value of a new explorable.
    low, high : float
        The interval; what is outside of it raises ``TraitError``.
    hint : Phrase
        The remedy, for the end of the error message.

    Examples
    --------
    >>> from d2lmini.explore import Ravine
    >>> Ravine(eta=-1)
    Traceback (most recent call last):
        ...
    traitlets.traitlets.TraitError: Ravine needs 0 <= eta <= 1, got eta=-1: negative ones climb
    """

    def __init__(self, default: float, *, low: float, high: float, hint: Phrase) -> None:
        super().__init__(default_value=default)
        self.low, self.high, self.hint = low, high, hint
        self.tag(sync=True)

    def validate(self, obj: Any, value: Any) -> float:
        """Return the value as a float, or raise ``TraitError``."""
        return _checked(obj, self.name or "value", value, self.low, self.high, self.hint)


class Whole(traitlets.TraitType[int, Any]):
    """A synced trait that holds one whole number of a closed interval.

    Parameters
    ----------
    default : int
        The value of a new explorable.
    low, high : int
        The interval; what is outside of it raises ``TraitError``.
    hint : Phrase
        The remedy, for the end of the error message.

    Examples
    --------
    >>> from d2lmini.explore import Ravine
    >>> Ravine(steps=2.5)
    Traceback (most recent call last):
        ...
    traitlets.traitlets.TraitError: Ravine needs a whole number of steps, got steps=2.5: round it
    """

    def __init__(self, default: int, *, low: int, high: int, hint: Phrase) -> None:
        super().__init__(default_value=default)
        self.low, self.high, self.hint = low, high, hint
        self.tag(sync=True)

    def validate(self, obj: Any, value: Any) -> int:
        """Return the value as an int, or raise ``TraitError``."""
        number = _checked(obj, self.name or "value", value, self.low, self.high, self.hint)
        if not number.is_integer():
            raise traitlets.TraitError(
                tell(
                    "{owner} needs a whole number of {name}, got {name}={value!r}: round it",
                    owner=type(obj).__name__,
                    name=self.name,
                    value=value,
                )
            )
        return int(number)


class Numbers(traitlets.TraitType[tuple[float, ...], Any]):
    """A synced trait that holds a fixed number of numbers, each of a closed interval.

    Parameters
    ----------
    default : tuple of float
        The value of a new explorable; its length is the length required.
    low, high : float
        The interval of each number.
    hint : Phrase
        The remedy, for the end of the error message.

    Examples
    --------
    >>> from d2lmini.explore import Ravine
    >>> import numpy as np
    >>> Ravine(start=np.array([-5, 2])).start
    (-5.0, 2.0)
    """

    def __init__(
        self, default: tuple[float, ...], *, low: float, high: float, hint: Phrase
    ) -> None:
        super().__init__(default_value=default)
        self.low, self.high, self.hint, self.length = low, high, hint, len(default)
        self.tag(sync=True)

    def validate(self, obj: Any, value: Any) -> tuple[float, ...]:
        """Return the values as a tuple of floats, or raise ``TraitError``."""
        try:
            items = [] if isinstance(value, str) else list(value)
        except TypeError:
            items = []
        if len(items) != self.length:
            raise traitlets.TraitError(
                tell(
                    "{owner} needs {length} numbers for {name}, got {name}={value!r}: give one "
                    "per coordinate",
                    owner=type(obj).__name__,
                    length=self.length,
                    name=self.name,
                    value=value,
                )
            )
        return tuple(
            _checked(obj, f"{self.name}[{i}]", item, self.low, self.high, self.hint)
            for i, item in enumerate(items)
        )


class Choice(traitlets.TraitType[str, Any]):
    """A synced trait that holds one of a few words.

    Parameters
    ----------
    default : str
        The value of a new explorable.
    words : tuple of str
        What it may be.

    Examples
    --------
    >>> from d2lmini.explore import Weights
    >>> Weights(scale="median")
    Traceback (most recent call last):
        ...
    traitlets.traitlets.TraitError: Weights needs scale among 'raw', 'normalised', got ...
    """

    def __init__(self, default: str, *, words: tuple[str, ...]) -> None:
        super().__init__(default_value=default)
        self.words = words
        self.tag(sync=True)

    def validate(self, obj: Any, value: Any) -> str:
        """Return the word, or raise ``TraitError``."""
        if not isinstance(value, str) or value not in self.words:
            raise traitlets.TraitError(
                tell(
                    "{owner} needs {name} among {words}, got {name}={value!r}",
                    owner=type(obj).__name__,
                    name=self.name,
                    words=", ".join(map(repr, self.words)),
                    value=value,
                )
            )
        return value


class Explorable(anywidget.AnyWidget):
    """A figure with sliders; the base of all explorables.

    A subclass sets its traits and ``shown``, and implements :meth:`controls` and :meth:`figure`.
    Its words are taken from the label catalogues when it is made, so it keeps the language that
    was in use then.

    Attributes
    ----------
    labels : dict of str to str
        The words that the front end shows, by key, with fields in braces.
    shown : tuple of str
        The traits that ``repr`` always shows; others it shows where they differ from the default.
    """

    labels = traitlets.Dict().tag(sync=True)
    shown: ClassVar[tuple[str, ...]] = ()

    def __init_subclass__(cls, **kwargs: Any) -> None:
        """Give each explorable the JavaScript of its own stem."""
        # anywidget makes subclasses of its own at run time; those inherit.
        if "_esm" not in cls.__dict__ and cls.__module__.rpartition(".")[2] in names():
            cls._esm = module(cls.__module__.rpartition(".")[2])
        super().__init_subclass__(**kwargs)

    def __init__(self, **traits: Any) -> None:
        unknown = sorted(name for name in traits if not self.has_trait(name))
        if unknown:
            raise TypeError(
                tell(
                    "{owner} has no parameter {name!r}: use {parameters}",
                    owner=type(self).__name__,
                    name=unknown[0],
                    parameters=", ".join(self._own_traits()),
                )
            )
        self._panel: ipywidgets.VBox | None = None
        self._sliders: dict[str, Any] = {}
        super().__init__(**traits)

    @traitlets.default("labels")
    def _labels_of_language(self) -> dict[str, str]:
        own = type(self).__module__.rpartition(".")[2]
        return {
            key: text
            for prefix in ("explore.", "method.", f"{own}.")
            for key, text in catalogue(prefix).items()
        }

    @classmethod
    def _own_traits(cls) -> list[str]:
        """Return the traits that a reader sets, in the order in which they are declared."""
        traits = cls.class_traits(sync=True)
        return [
            name
            for klass in cls.__mro__
            if issubclass(klass, Explorable) and klass is not Explorable
            for name in klass.__dict__
            if name in traits and not name.startswith("_")
        ]

    def slider(
        self, name: str, *, step: float, high: float | None = None, log: bool = False
    ) -> Any:
        """Return a slider for a :class:`Number` or :class:`Whole` trait, joined in the front end.

        Parameters
        ----------
        name : str
            The trait; the label is ``<explorable>.<name>`` of the catalogue, or, where that one has
            none, ``explore.<name>``.
        step : float
            What an arrow key, or the smallest movement, changes; of the decimal logarithm with
            ``log``.
        high : float, optional
            Where the slider ends; the trait's own limit by default.
        log : bool
            Whether equal ways on the slider are equal factors; the trait must be positive.

        Returns
        -------
        ipywidgets.FloatSlider, FloatLogSlider or IntSlider
        """
        trait = self.traits()[name]
        own = f"{type(self).__module__.rpartition('.')[2]}.{name}"
        low, top = trait.low, trait.high if high is None else high
        options: dict[str, Any] = {
            "value": getattr(self, name),
            "description": label(own if own in self.labels else f"explore.{name}"),
            "style": {"description_width": "initial"},
            "layout": {"width": "22rem", "max_width": "100%"},
        }
        slider: Any
        if isinstance(trait, Whole):
            slider = ipywidgets.IntSlider(min=low, max=top, step=int(step), **options)
        elif log:
            ends = {"min": math.log10(low), "max": math.log10(top)}
            # This slider, unlike the linear one, takes the nearest of its steps for the value that
            # it is given (ipywidgets 8.1); so the value must be one of them.
            way = math.log10(options["value"]) - ends["min"]
            step = way / max(1, round(way / step)) if way else step
            slider = ipywidgets.FloatLogSlider(
                base=10, step=step, readout_format=".3", **ends, **options
            )
        else:
            # Up to four digits and no more than needed: 0.4, but 0.4762 after a preset.
            slider = ipywidgets.FloatSlider(
                min=low, max=top, step=step, readout_format=".4", **options
            )
        # The trait is the source: where the two differ at first, the slider follows it.
        ipywidgets.jslink((self, name), (slider, "value"))
        self._sliders[name] = slider
        return slider

    def controls(self) -> list[Any]:
        """Return the sliders, made by :meth:`slider`."""
        raise NotImplementedError(f"{type(self).__name__} needs controls()")

    def figure(self) -> Figure:
        """Return the static figure of the state that the traits are in."""
        raise NotImplementedError(f"{type(self).__name__} needs figure()")

    @property
    def panel(self) -> ipywidgets.VBox:
        """The composite that a notebook shows: the sliders above the figure."""
        if self._panel is None:
            row = ipywidgets.HBox(self.controls(), layout={"flex_flow": "row wrap"})
            self._panel = ipywidgets.VBox([row, self])
        for name, slider in self._sliders.items():
            slider.value = getattr(self, name)  # without a front end nobody else does it
        return self._panel

    def __repr__(self) -> str:
        """Return the call that makes this explorable, with what differs from the defaults."""
        defaults = self.trait_defaults()
        parts = [
            f"{name}={getattr(self, name)!r}"
            for name in self._own_traits()
            if name in self.shown or getattr(self, name) != defaults[name]
        ]
        return f"{type(self).__name__}({', '.join(parts)})"

    def _repr_mimebundle_(self, **kwargs: Any) -> dict[str, Any]:  # type: ignore[override]
        """Return the widget, and for whoever cannot show it the static figure and one line."""
        drawn = self.figure()._repr_mimebundle_()  # type: ignore[attr-defined]
        svg = (drawn[0] if isinstance(drawn, tuple) else drawn)["image/svg+xml"]
        return {
            "application/vnd.jupyter.widget-view+json": {
                "version_major": 2,
                "version_minor": 0,
                "model_id": self.panel.model_id,
            },
            "image/svg+xml": svg,
            "text/plain": repr(self),
        }

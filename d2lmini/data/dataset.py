"""A data set for classification or for regression, whatever it comes from."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, fields
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt

from ..checks import check_kind, shown
from ..messages import Phrase, tell

__all__ = ["Dataset"]


@dataclass(frozen=True, eq=False, repr=False)
class Dataset:
    """A data set, split for training and testing, whose arrays are read-only.

    The type of the targets says what it is for: whole numbers are classes, floating-point numbers
    are values to be predicted by regression.

    Parameters
    ----------
    name : str
        What to call it in a plot or a printed line, e.g. ``"MNIST"``.
    source : str
        Where these bytes came from: a folder, or the package that ships them.
    train_x, test_x : ndarray of float32, shape (n, n_features)
        One example a row; in [0, 1] for images, standardised for measurements.
    train_y, test_y : ndarray of int64 or of float32, shape (n,)
        Classes, from 0 to ``n_classes - 1``; or values to be predicted.

    Raises
    ------
    ValueError
        If the shapes do not fit together, if only one of the two parts holds classes, or if a class
        is negative.
    TypeError
        If something is not an array of real numbers, or not text.

    Examples
    --------
    >>> import numpy as np
    >>> x, y = np.zeros((4, 3), dtype=np.float32), np.array([0, 1, 1, 0])
    >>> data = Dataset("toy", "made up", train_x=x, train_y=y, test_x=x[:2], test_y=y[:2])
    >>> data
    Dataset('toy': 4 examples to train on, 2 to test on, 3 features, 2 classes)
    >>> data.train_x[0, 0] = 1.0
    Traceback (most recent call last):
        ...
    ValueError: assignment destination is read-only
    >>> y = np.array([0.5, 1.5, 2.5, 3.5], dtype=np.float32)
    >>> Dataset("line", "made up", train_x=x, train_y=y, test_x=x[:2], test_y=y[:2])
    Dataset('line': 4 examples to train on, 2 to test on, 3 features, real targets)
    """

    name: str
    source: str
    train_x: npt.NDArray[np.float32]  # (n, n_features)
    train_y: npt.NDArray[Any]  # (n,) of int64 or float32
    test_x: npt.NDArray[np.float32]  # (m, n_features)
    test_y: npt.NDArray[Any]  # (m,) of int64 or float32

    def __post_init__(self) -> None:
        for name in ("name", "source"):
            check_kind(
                name, getattr(self, name), str, Phrase("text"), Phrase('pass for example "MNIST"')
            )
        for field in fields(self)[2:]:
            array = getattr(self, field.name)
            numeric = isinstance(array, np.ndarray) and array.dtype.kind in "fiub"
            if not numeric or np.ma.is_masked(array):
                raise TypeError(
                    tell(
                        "{name} must be an ndarray of real numbers, none of them masked, got "
                        "{got}: pass for example np.asarray({name}, dtype=np.float32)",
                        name=field.name,
                        got=shown(array),
                    )
                )
        for split in ("train", "test"):
            x, y = getattr(self, f"{split}_x"), getattr(self, f"{split}_y")
            if x.ndim != 2 or y.shape != (len(x),) or len(x) == 0:
                raise ValueError(
                    tell(
                        "{name}: {split}_x needs shape (n, n_features) and {split}_y shape "
                        "(n,) with the same n >= 1, got {x_shape} and {y_shape}",
                        name=self.name,
                        split=split,
                        x_shape=x.shape,
                        y_shape=y.shape,
                    )
                )
        if self.train_x.shape[1] != self.test_x.shape[1]:
            raise ValueError(
                tell(
                    "{name}: train_x and test_x need the same number of features, got "
                    "{train_features} and {test_features}",
                    name=self.name,
                    train_features=self.train_x.shape[1],
                    test_features=self.test_x.shape[1],
                )
            )
        kinds = {self.train_y.dtype.kind in "iub", self.test_y.dtype.kind in "iub"}
        if len(kinds) > 1:
            raise ValueError(
                tell(
                    "{name}: train_y and test_y need to be both whole numbers (classes) or "
                    "both floating-point numbers (values), got {train_type} and {test_type}",
                    name=self.name,
                    train_type=self.train_y.dtype,
                    test_type=self.test_y.dtype,
                )
            )
        for split in ("train", "test"):
            y = getattr(self, f"{split}_y")
            if y.dtype.kind == "i" and y.min() < 0:
                raise ValueError(
                    tell(
                        "{name}: {split}_y needs classes from 0 on, got {least}: number the "
                        "classes anew",
                        name=self.name,
                        split=split,
                        least=y.min(),
                    )
                )
        for field in fields(self)[2:]:
            view = getattr(self, field.name).view()
            view.flags.writeable = False
            object.__setattr__(self, field.name, view)

    def __repr__(self) -> str:
        targets = "real targets" if self.n_classes is None else f"{self.n_classes} classes"
        return (
            f"Dataset({self.name!r}: {len(self.train_x)} examples to train on, "
            f"{len(self.test_x)} to test on, {self.n_features} features, {targets})"
        )

    @property
    def n_features(self) -> int:
        """Numbers per example."""
        return int(self.train_x.shape[1])

    @property
    def n_classes(self) -> int | None:
        """Number of classes, one more than the largest label; None for regression."""
        if self.train_y.dtype.kind not in "iub":
            return None
        return int(max(self.train_y.max(), self.test_y.max())) + 1

    @cached_property
    def fingerprint(self) -> str:
        """SHA-256 of the name and of the arrays' types, shapes and bytes, in hexadecimal.

        It identifies the data in memos of computations; ``source`` does not enter.
        """
        digest = hashlib.sha256(self.name.encode())
        for field in fields(self)[2:]:
            array = getattr(self, field.name)
            digest.update(f"{field.name} {array.dtype.str} {array.shape}".encode())
            digest.update(np.ascontiguousarray(array).data)
        return digest.hexdigest()

"""Real data that scikit-learn ships, for machines on which nothing can be downloaded."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from ..messages import Phrase, tell
from .dataset import Dataset
from .idx import DataError

__all__ = ["diabetes", "digits", "whitened"]


def whitened(table: npt.NDArray[np.float64]) -> npt.NDArray[np.float32]:
    r"""Return a table whose columns have mean 0 and standard deviation 1.

    .. math:: z_{ij} = (a_{ij} - \bar a_j) / s_j, \qquad
        s_j^2 = \frac{1}{n} \sum_i (a_{ij} - \bar a_j)^2

    Parameters
    ----------
    table : ndarray, shape (n, columns)
        No column may be constant.

    Examples
    --------
    >>> whitened(np.array([[1.0, 10.0], [3.0, 30.0]]))
    array([[-1., -1.],
           [ 1.,  1.]], dtype=float32)
    """
    return ((table - table.mean(axis=0)) / table.std(axis=0)).astype(np.float32)


def digits() -> Dataset:
    """Return scikit-learn's digits in MNIST's form; every fifth image of each class is a test."""
    bunch, source = _from_scikit_learn(
        "load_digits",
        Phrase(
            "MNIST could not be downloaded, and scikit-learn, whose digits would replace it, is "
            "not installed"
        ),
        "MNIST",
    )
    x = (bunch.data / 16).astype(np.float32)  # grey levels 0 ... 16
    y = bunch.target.astype(np.int64)
    is_test = np.zeros(len(y), dtype=bool)
    for digit in np.unique(y):
        is_test[np.flatnonzero(y == digit)[::5]] = True
    return Dataset(
        name="digits (8×8)",
        source=source,
        train_x=x[~is_test],
        train_y=y[~is_test],
        test_x=x[is_test],
        test_y=y[is_test],
    )


def diabetes() -> Dataset:
    """Return scikit-learn's diabetes patients, whitened; every tenth is a test."""
    bunch, source = _from_scikit_learn(
        "load_diabetes",
        Phrase(
            "the airfoil data could not be downloaded, and scikit-learn, whose diabetes patients "
            "would replace it, is not installed"
        ),
        Phrase("the airfoil data"),
    )
    table = whitened(np.column_stack([bunch.data, bunch.target]).astype(np.float64))
    is_test = np.arange(len(table)) % 10 == 0
    return Dataset(
        name="diabetes",
        source=source,
        train_x=table[~is_test, :-1],
        train_y=table[~is_test, -1],
        test_x=table[is_test, :-1],
        test_y=table[is_test, -1],
    )


def _from_scikit_learn(loader: str, fault: Phrase, data: str | Phrase) -> tuple[Any, str]:
    try:
        import sklearn
        from sklearn import datasets
    except ImportError:
        raise DataError(
            tell(
                "{fault}. Connect to the internet, install scikit-learn, or set D2LMINI_DATA to a "
                "folder that holds {data}",
                fault=fault,
                data=data,
            )
        ) from None
    source = f"scikit-learn {sklearn.__version__} (sklearn.datasets.{loader})"
    return getattr(datasets, loader)(), source

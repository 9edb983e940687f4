"""NASA's airfoil self-noise: a small regression problem, measured in a wind tunnel [1]_.

References
----------
.. [1] T. F. Brooks, D. S. Pope and M. A. Marcolini, "Airfoil self-noise and prediction", NASA
   Reference Publication 1218, 1989.
"""

from __future__ import annotations

import os
import warnings
from collections.abc import Sequence

from ..messages import Phrase, tell
from .dataset import Dataset
from .download import UnreachableError
from .published import (
    Published,
    available,
    cache_folder,
    explicit_place,
    read_explicit,
    read_or_download,
)
from .substitutes import diabetes, whitened
from .table import parse_table, verified_table

__all__ = ["AIRFOIL_MIRRORS", "airfoil_available", "load_airfoil"]

#: Where the airfoil data are downloaded from, tried in this order.
AIRFOIL_MIRRORS: tuple[str, ...] = (
    "http://d2l-data.s3-accelerate.amazonaws.com/",
    "https://archive.ics.uci.edu/ml/machine-learning-databases/00291/",
)

# SHA-256 of the bytes, each line ended by a line feed alone.
_AIRFOIL = {
    "airfoil_self_noise.dat": "10ee06e6cfb27dae6b44213d421d217012fb1f9b697592e73a4e4016b52d425f",
}

# Five features and the sound pressure level; the first rows are for training, as in d2l.
_ROWS, _COLUMNS, _TRAIN = 1503, 6, 1500


def _check(name: str, raw: bytes, where: str) -> bytes:
    return verified_table(
        raw,
        rows=_ROWS,
        columns=_COLUMNS,
        sha256=_AIRFOIL[name],
        where=where,
        remedy=Phrase(
            "Delete it and get {name} again (for example from {mirror})",
            name=name,
            mirror=AIRFOIL_MIRRORS[0],
        ),
    )


_FILES = Published(
    Phrase("airfoil data"), "airfoil", _AIRFOIL, ("airfoil", "."), compressed=False, check=_check
)


def load_airfoil(
    root: str | os.PathLike[str] | None = None, *, mirrors: Sequence[str] = AIRFOIL_MIRRORS
) -> Dataset:
    r"""Return NASA's airfoil self-noise: 1503 wind-tunnel measurements, for regression.

    The features are the frequency (Hz), the angle of attack (degrees), the chord length (m), the
    free-stream velocity (m/s) and the displacement thickness of the suction side (m); the target is
    the sound pressure level (dB). Each of the six columns :math:`a` is whitened over all rows,

    .. math:: z = (a - \bar a) / s, \qquad s^2 = \frac{1}{1503} \sum_i (a_i - \bar a)^2 ,

    so that a constant prediction of 0 costs about 1/2 by :func:`~d2lmini.losses.half_mse`.

    The first 1500 rows are for training, 150 minibatches of ten, as in *Dive into Deep Learning*,
    so that losses can be compared with the ones printed there. The last three rows are the test
    set. They come from the series of measurements that the last training rows come from: they are
    too few and too similar to say how a model generalises. To judge a fit, measure it on the
    training rows with :func:`~d2lmini.evaluation.evaluate_loss`, or split the rows anew.

    The places are tried in the order of :func:`~d2lmini.data.load_mnist`: `root`;
    ``D2LMINI_DATA``; the cache; the mirrors. A folder may hold ``airfoil_self_noise.dat`` directly
    or in ``airfoil/``. When no mirror can be reached and the cache is empty, the 442 diabetes
    patients that scikit-learn ships (10 features, 397 for training) are returned instead, whitened
    likewise, with one warning; `name` and `source` of the result say which it is.

    Parameters
    ----------
    root : path, optional
        A folder that holds the airfoil data.
    mirrors : sequence of str, optional
        Base addresses to download from, in the order to be tried.

    Returns
    -------
    Dataset
        With float32 targets, and ``n_classes`` None.

    Raises
    ------
    DataError
        If `root` or ``D2LMINI_DATA`` does not hold the file, or if it is empty, truncated, altered,
        or another table. A damaged file in the cache is downloaded again; it is an error only where
        that fails.

    Examples
    --------
    >>> load_airfoil("no/such/folder")  # doctest: +ELLIPSIS
    Traceback (most recent call last):
        ...
    d2lmini.data.DataError: no airfoil data in no/such/folder (given as root): ...
    >>> load_airfoil()  # doctest: +SKIP
    Dataset('airfoil self-noise': 1500 examples to train on, 3 to test on, 5 features, real targets)
    """
    explicit = explicit_place(root)
    if explicit is not None:
        return _airfoil(read_explicit(_FILES, *explicit), source=str(explicit[0]))
    try:
        blobs = read_or_download(_FILES, mirrors)
    except UnreachableError as unreachable:
        warnings.warn(
            tell(
                "The airfoil data could not be downloaded ({unreachable}). Using "
                "scikit-learn's diabetes patients instead: 442 real examples, but other "
                "numbers than with the airfoil data. For the airfoil data, connect to the "
                "internet, or set D2LMINI_DATA to a folder that holds airfoil_self_noise.dat.",
                unreachable=unreachable,
            ),
            UserWarning,
            stacklevel=2,
        )
        return diabetes()
    return _airfoil(blobs, source=str(cache_folder(_FILES)))


def airfoil_available(
    root: str | os.PathLike[str] | None = None,
    *,
    download: bool = False,
    mirrors: Sequence[str] = AIRFOIL_MIRRORS,
) -> bool:
    """Say whether :func:`load_airfoil` would return the airfoil data and not their substitute.

    The file is looked for, not verified: where it is damaged, :func:`load_airfoil` says so.

    Parameters
    ----------
    root : path, optional
        As for :func:`load_airfoil`.
    download : bool, optional
        Whether to try to download what is missing into the cache folder. By default the network
        is left alone.
    mirrors : sequence of str, optional
        As for :func:`load_airfoil`.

    Returns
    -------
    bool
        Whether the airfoil data can be had.

    Raises
    ------
    DataError
        With ``download=True``, where a damaged file in the cache cannot be replaced.

    Examples
    --------
    >>> airfoil_available("no/such/folder")
    False
    """
    return available(_FILES, root, download=download, mirrors=mirrors)


def _airfoil(blobs: dict[str, bytes], source: str) -> Dataset:
    (blob,) = blobs.values()
    table = whitened(parse_table(blob, rows=_ROWS, columns=_COLUMNS))
    train, test = table[:_TRAIN], table[_TRAIN:]
    return Dataset(
        name="airfoil self-noise",
        source=source,
        train_x=train[:, :-1],
        train_y=train[:, -1],
        test_x=test[:, :-1],
        test_y=test[:, -1],
    )

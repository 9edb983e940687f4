"""Data sets that are the same bytes for everybody, or a clear error.

:func:`load_mnist` and :func:`load_airfoil` look for MNIST [1]_ and for NASA's airfoil measurements
[2]_ at their argument, then in the folder that the environment variable ``D2LMINI_DATA`` names,
then in the user's cache folder, and then download them from public mirrors. Whatever the place, the
SHA-256 of the plain bytes must be the published one: a truncated or altered file is never trained
on. Mirrors may compress the files anew, or end lines in another way, therefore compression and line
ends are undone before the comparison.

References
----------
.. [1] Y. LeCun, L. Bottou, Y. Bengio and P. Haffner, "Gradient-based learning applied to
   document recognition", Proceedings of the IEEE 86(11), 1998.
.. [2] T. F. Brooks, D. S. Pope and M. A. Marcolini, "Airfoil self-noise and prediction", NASA
   Reference Publication 1218, 1989.
"""

from __future__ import annotations

import os
import warnings
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from ..messages import Phrase, tell
from .airfoil import AIRFOIL_MIRRORS, airfoil_available, load_airfoil
from .dataset import Dataset
from .download import UnreachableError
from .idx import DataError, parse_idx, verified
from .published import (
    Published,
    available,
    cache_folder,
    explicit_place,
    read_explicit,
    read_or_download,
)
from .substitutes import digits as _digits

__all__ = [
    "AIRFOIL_MIRRORS",
    "MIRRORS",
    "DataError",
    "Dataset",
    "airfoil_available",
    "load_airfoil",
    "load_mnist",
    "mnist_available",
]

#: Where MNIST is downloaded from, tried in this order.
MIRRORS: tuple[str, ...] = (
    "https://ossci-datasets.s3.amazonaws.com/mnist/",
    "https://storage.googleapis.com/cvdf-datasets/mnist/",
)

# SHA-256 of the decompressed idx files.
_MNIST = {
    "train-images-idx3-ubyte": "ba891046e6505d7aadcbbe25680a0738ad16aec93bde7f9b65e87a2fc25776db",
    "train-labels-idx1-ubyte": "65a50cbbf4e906d70832878ad85ccda5333a97f0f4c3dd2ef09a8a9eef7101c5",
    "t10k-images-idx3-ubyte": "0fa7898d509279e482958e8ce81c8e77db3f2f8254e26661ceb7762c4d494ce7",
    "t10k-labels-idx1-ubyte": "ff7bcfd416de33731a308c3f266cc351222c34898ecbeaf847f06e48f7ec33f2",
}


def _check_mnist(name: str, raw: bytes, where: str) -> bytes:
    remedy = Phrase(
        "Delete it and get {name}.gz again (for example from {mirror})",
        name=name,
        mirror=MIRRORS[0],
    )
    return verified(raw, sha256=_MNIST[name], where=where, remedy=remedy)


# The second of the layouts is torchvision's.
_MNIST_FILES = Published(
    "MNIST", "mnist", _MNIST, ("mnist", "MNIST/raw", "."), compressed=True, check=_check_mnist
)


def load_mnist(
    root: str | os.PathLike[str] | None = None, *, mirrors: Sequence[str] = MIRRORS
) -> Dataset:
    """Return MNIST: 60,000 + 10,000 grey images of 28 × 28 pixels of handwritten digits.

    The places are tried in this order: `root`; the folder named by the environment variable
    ``D2LMINI_DATA``; the user's cache folder; the mirrors, whose files are then kept in the
    cache folder. The first two are explicit wishes: when one of them is given, the files must be
    there. A folder may hold the four files (``.gz`` or unpacked) directly, in ``mnist/``, or in
    ``MNIST/raw/``.

    When no mirror can be reached and the cache is empty, the 8 × 8 digits that scikit-learn ships
    are returned instead, with one warning; `name` and `source` of the result say which it is.

    Parameters
    ----------
    root : path, optional
        A folder that holds MNIST.
    mirrors : sequence of str, optional
        Base addresses to download from, in the order to be tried.

    Returns
    -------
    Dataset
        Features are pixels divided by 255, row by row, shape (n, 784).

    Raises
    ------
    DataError
        If `root` or ``D2LMINI_DATA`` does not hold MNIST, or if a file is empty, truncated,
        altered, or not MNIST. A damaged file in the cache is downloaded again; it is an error
        only where that fails.

    Examples
    --------
    >>> load_mnist("no/such/folder")  # doctest: +ELLIPSIS
    Traceback (most recent call last):
        ...
    d2lmini.data.DataError: no MNIST in no/such/folder (given as root): ...
    >>> load_mnist()  # doctest: +SKIP
    Dataset('MNIST': 60000 examples to train on, 10000 to test on, 784 features, 10 classes)
    """
    explicit = explicit_place(root)
    if explicit is not None:
        return _mnist(read_explicit(_MNIST_FILES, *explicit), source=str(explicit[0]))
    try:
        blobs = read_or_download(_MNIST_FILES, mirrors)
    except UnreachableError as unreachable:
        warnings.warn(
            tell(
                "MNIST could not be downloaded ({unreachable}). Using scikit-learn's digits of "
                "8×8 pixels instead: 1,797 real images, but other numbers than with MNIST. For "
                "MNIST, connect to the internet, or set D2LMINI_DATA to a folder that holds "
                "its four files.",
                unreachable=unreachable,
            ),
            UserWarning,
            stacklevel=2,
        )
        return _digits()
    return _mnist(blobs, source=str(cache_folder(_MNIST_FILES)))


def mnist_available(
    root: str | os.PathLike[str] | None = None,
    *,
    download: bool = False,
    mirrors: Sequence[str] = MIRRORS,
) -> bool:
    """Say whether :func:`load_mnist` would return the real MNIST and not its substitute.

    Files are looked for, not verified: where they are damaged, :func:`load_mnist` says so.

    Parameters
    ----------
    root : path, optional
        As for :func:`load_mnist`.
    download : bool, optional
        Whether to try to download what is missing into the cache folder. By default the network
        is left alone.
    mirrors : sequence of str, optional
        As for :func:`load_mnist`.

    Returns
    -------
    bool
        Whether MNIST can be had.

    Raises
    ------
    DataError
        With ``download=True``, where a damaged file in the cache cannot be replaced.

    Examples
    --------
    >>> mnist_available("no/such/folder")
    False
    """
    return available(_MNIST_FILES, root, download=download, mirrors=mirrors)


def _mnist(blobs: dict[str, bytes], source: str) -> Dataset:
    arrays = {name: parse_idx(blob) for name, blob in blobs.items()}

    def pixels(name: str) -> npt.NDArray[np.float32]:
        images = arrays[name]
        flat = images.reshape(len(images), -1).astype(np.float32)
        flat /= 255
        return flat

    return Dataset(
        name="MNIST",
        source=source,
        train_x=pixels("train-images-idx3-ubyte"),
        train_y=arrays["train-labels-idx1-ubyte"].astype(np.int64),
        test_x=pixels("t10k-images-idx3-ubyte"),
        test_y=arrays["t10k-labels-idx1-ubyte"].astype(np.int64),
    )

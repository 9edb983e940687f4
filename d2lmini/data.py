"""Data sets that are the same bytes for everybody, or a clear error.

:func:`load_mnist` looks for MNIST [1]_ at its argument, then in the folder that the environment
variable ``D2LMINI_DATA`` names, then in the user's cache folder, and then downloads it from
public mirrors. Whatever the place, the SHA-256 of the decompressed bytes must be the published
one: a truncated or altered file is never trained on. Mirrors may compress the files anew,
therefore the ``.gz`` bytes themselves are not compared.

References
----------
.. [1] Y. LeCun, L. Bottou, Y. Bengio and P. Haffner, "Gradient-based learning applied to
   document recognition", Proceedings of the IEEE 86(11), 1998.
"""

from __future__ import annotations

import os
import warnings
from collections.abc import Sequence
from functools import partial
from pathlib import Path

import numpy as np
import numpy.typing as npt

from ._download import UnreachableError, download
from ._files import locked, write_atomically
from ._idx import GZIP_MAGIC, DataError, parse_idx, verified
from .dataset import Dataset

__all__ = ["MIRRORS", "DataError", "Dataset", "load_mnist", "mnist_available"]

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

# The folders below a root in which people keep MNIST; the second is torchvision's.
_LAYOUTS = ("mnist", "MNIST/raw", ".")


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
    explicit = _explicit_place(root)
    if explicit is not None:
        folder, given_as = explicit
        return _mnist(_read_explicit(folder, given_as), source=str(folder))
    try:
        blobs = _read_or_download(mirrors)
    except UnreachableError as unreachable:
        warnings.warn(
            f"MNIST could not be downloaded ({unreachable}). Using scikit-learn's digits of 8×8 "
            "pixels instead: 1,797 real images, but other numbers than with MNIST. For MNIST, "
            "connect to the internet, or set D2LMINI_DATA to a folder that holds its four files.",
            UserWarning,
            stacklevel=2,
        )
        return _digits()
    return _mnist(blobs, source=str(_cache_folder()))


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
    explicit = _explicit_place(root)
    if explicit is not None:
        return not _find(explicit[0])[1]
    if not _find(_cache_folder())[1]:
        return True
    if not download:
        return False
    try:
        _read_or_download(mirrors)
    except UnreachableError:
        return False
    return True


# Finding and reading files


def _cache_folder() -> Path:
    import pooch

    return Path(pooch.os_cache("d2lmini")) / "mnist"


def _explicit_place(root: str | os.PathLike[str] | None) -> tuple[Path, str] | None:
    """Return the folder that the caller or the environment insists on, and which of the two."""
    if root is not None:
        return Path(root).expanduser(), "given as root"
    from_environment = os.environ.get("D2LMINI_DATA")
    if from_environment:
        return Path(from_environment).expanduser(), "named by D2LMINI_DATA"
    return None


def _find(root: Path) -> tuple[dict[str, Path], list[str]]:
    """Return the files found in the fullest of the layouts, and the names of those missing."""
    best: dict[str, Path] = {}
    for layout in _LAYOUTS:
        found = {}
        for name in _MNIST:
            for path in (root / layout / f"{name}.gz", root / layout / name):
                if path.is_file():
                    found[name] = path
                    break
        if len(found) > len(best):
            best = found
    return best, [name for name in _MNIST if name not in best]


def _read_explicit(root: Path, given_as: str) -> dict[str, bytes]:
    found, missing = _find(root)
    if missing:
        layouts = " or ".join(str(root / layout) for layout in _LAYOUTS)
        raise DataError(
            f"no MNIST in {root} ({given_as}): "
            f"{'the folder does not exist' if not root.is_dir() else 'missing ' + missing[0]}. "
            f"Put {', '.join(_MNIST)} (each .gz or unpacked) into {layouts}; "
            f"or give no folder, and MNIST is downloaded"
        )
    return {name: _verified_file(name, path) for name, path in found.items()}


def _verified(name: str, raw: bytes, where: str) -> bytes:
    remedy = f"Delete it and get {name}.gz again (for example from {MIRRORS[0]})"
    return verified(raw, sha256=_MNIST[name], where=where, remedy=remedy)


def _verified_file(name: str, path: Path) -> bytes:
    return _verified(name, path.read_bytes(), str(path))


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


# Downloading


def _read_or_download(mirrors: Sequence[str]) -> dict[str, bytes]:
    """Return the verified files of the cache folder, after downloading those that lack."""
    folder = _cache_folder()
    found, missing = _find(folder)
    if not missing:
        try:
            return {name: _verified_file(name, path) for name, path in found.items()}
        except (DataError, OSError):
            pass  # put right below, by whoever holds the lock
    blobs = {}
    with locked(folder) as problem:
        for name in _MNIST:
            path = _find(folder)[0].get(name)
            damage: DataError | OSError | None = None
            if path is not None:
                try:
                    blobs[name] = _verified_file(name, path)
                    continue
                except (DataError, OSError) as error:
                    damage = error
            try:
                raw, blobs[name] = download(f"{name}.gz", mirrors, partial(_verified, name))
            except UnreachableError as unreachable:
                if damage is None:
                    raise
                raise DataError(f"{damage}. Downloading it again failed: {unreachable}") from None
            if problem is None:
                suffix = ".gz" if raw.startswith(GZIP_MAGIC) else ""
                try:
                    write_atomically(path or folder / f"{name}{suffix}", raw)
                except OSError as error:
                    problem = error
    if problem is not None:
        warnings.warn(
            f"MNIST was downloaded but cannot be kept in {folder} ({problem}), so the next run "
            "will download it again. Make that folder writable, or set D2LMINI_DATA to a folder "
            "that holds the four files.",
            UserWarning,
            stacklevel=3,
        )
    return blobs


# The substitute


def _digits() -> Dataset:
    """Return scikit-learn's digits in MNIST's form; every fifth image of each class is a test."""
    try:
        import sklearn
        from sklearn.datasets import load_digits
    except ImportError:
        raise DataError(
            "MNIST could not be downloaded, and scikit-learn, whose digits would replace it, is "
            "not installed. Connect to the internet, install scikit-learn, or set D2LMINI_DATA to "
            "a folder that holds MNIST"
        ) from None
    bunch = load_digits()
    x = (bunch.data / 16).astype(np.float32)  # grey levels 0 ... 16
    y = bunch.target.astype(np.int64)
    is_test = np.zeros(len(y), dtype=bool)
    for digit in np.unique(y):
        is_test[np.flatnonzero(y == digit)[::5]] = True
    return Dataset(
        name="digits (8×8)",
        source=f"scikit-learn {sklearn.__version__} (sklearn.datasets.load_digits)",
        train_x=x[~is_test],
        train_y=y[~is_test],
        test_x=x[is_test],
        test_y=y[is_test],
    )

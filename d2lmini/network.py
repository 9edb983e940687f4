"""A fully connected network, drawn from an explicit seed."""

from __future__ import annotations

import itertools
import math
import operator
from collections.abc import Sequence

import torch
from torch import nn

from .checks import as_count, shown
from .messages import Phrase, tell

__all__ = ["mlp"]

_LARGEST = 2**28


def mlp(sizes: Sequence[int], *, seed: int) -> nn.Sequential:
    r"""Return a fully connected network with ReLU between its layers, drawn from a seed.

    Weights and biases of a layer with :math:`n` inputs are uniform in
    :math:`[-1/\sqrt n, 1/\sqrt n]`, which is the default of :class:`torch.nn.Linear`. They come
    from a generator of their own: the global random state is neither used nor changed.

    Parameters
    ----------
    sizes : sequence of int, length >= 2
        Numbers of units: features, hidden layers, classes; two sizes make a linear model, and a
        last size of 1 makes one for regression.
    seed : int
        Seed of the generator.

    Returns
    -------
    torch.nn.Sequential
        From ``(n, sizes[0])`` to ``(n, sizes[-1])``; for classes the outputs are logits.

    Raises
    ------
    ValueError
        If there are fewer than two sizes, or one is not positive, or the seed is out of range.
    TypeError
        If a size or the seed is not a whole number.

    Examples
    --------
    >>> model = mlp([784, 256, 256, 10], seed=0)
    >>> sum(p.numel() for p in model.parameters())
    269322
    >>> bool((model[0].weight.abs() <= 1 / 28).all())  # 28 = sqrt(784)
    True
    """
    remedy = Phrase("write for example mlp([784, 256, 10], seed=0)")
    try:
        counts = [operator.index(size) for size in sizes]
    except TypeError:
        raise TypeError(
            tell(
                "mlp needs whole numbers for sizes, got {got}: {remedy}",
                got=shown(sizes),
                remedy=remedy,
            )
        ) from None
    if len(counts) < 2 or min(counts) < 1:
        raise ValueError(
            tell(
                "mlp needs at least two sizes, all positive, got {got}: {remedy}",
                got=shown(counts),
                remedy=remedy,
            )
        )
    weights = sum(n_in * n_out for n_in, n_out in itertools.pairwise(counts))
    if weights > _LARGEST:
        raise ValueError(
            tell(
                "mlp needs sizes with at most {most} weights, which take 1 GiB, got {got}: "
                "{remedy}",
                most=_LARGEST,
                got=shown(counts),
                remedy=remedy,
            )
        )
    seed = as_count("seed", seed, remedy)
    if seed >= 2**64:
        raise ValueError(
            tell(
                "mlp needs seed < 2**64, got seed={seed}: {remedy}", seed=shown(seed), remedy=remedy
            )
        )
    generator = torch.Generator().manual_seed(seed)
    layers: list[nn.Module] = []
    for n_in, n_out in itertools.pairwise(counts):
        # The usual constructor would draw from the global random state.
        layer = nn.utils.skip_init(nn.Linear, n_in, n_out)
        bound = 1 / math.sqrt(n_in)
        for parameter in layer.parameters():
            nn.init.uniform_(parameter, -bound, bound, generator=generator)
        layers += [layer, nn.ReLU()]
    return nn.Sequential(*layers[:-1])

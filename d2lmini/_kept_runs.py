"""Which training runs can be kept on disk, under which name, in which form."""

from __future__ import annotations

import hashlib
import io
from collections.abc import Callable, Iterator
from dataclasses import fields
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from . import _backprop, _loop, evaluation, losses, sgd
from ._backprop import has_hooks
from ._loop import Settings
from .data.dataset import Dataset
from .history import History
from .losses import half_mse

__all__ = ["dump", "is_known", "key", "load"]


def is_known(model: nn.Module, loss: Callable[..., Any]) -> bool:
    """Say whether the run is described by PyTorch's version, the settings and the numbers."""
    code = []
    if loss is not half_mse:  # whose source is part of the key
        code.append(getattr(loss, "__module__", None) if hasattr(loss, "__qualname__") else None)
    for module in model.modules():
        code.append(type(module).__module__)
        if has_hooks(module):  # which are not in the source of any class
            return False
    on_cpu = all(tensor.device.type == "cpu" for _, tensor in _tensors(model))
    return on_cpu and all(name is not None and f"{name}.".startswith("torch.") for name in code)


def _tensors(model: nn.Module) -> Iterator[tuple[str, Tensor]]:
    yield from model.named_parameters()
    yield from model.named_buffers()


def key(model: nn.Module, data: Dataset, settings: Settings, loss: Callable[..., Any]) -> str:
    """Return a name that differs for any two runs that may differ."""
    digest = hashlib.sha256()
    for code in (_backprop, _loop, evaluation, losses, sgd):
        digest.update(Path(str(code.__file__)).read_bytes())
    plain = (bool, int, float, str, tuple, type(None))
    modules = [
        (
            name,
            type(module).__qualname__,
            {k: v for k, v in sorted(vars(module).items()) if isinstance(v, plain)},
        )
        for name, module in model.named_modules()
    ]
    for part in (torch.__version__, data.fingerprint, loss.__qualname__, settings, modules):
        digest.update(f"{part!r}\n".encode())
    for name, tensor in _tensors(model):
        kind = (name, tensor.dtype, tuple(tensor.shape), tensor.requires_grad)
        digest.update(f"{kind!r}\n".encode())
        digest.update(tensor.detach().contiguous().reshape(-1).view(torch.uint8).numpy().data)
    return f"train-{digest.hexdigest()}"


def dump(history: History, model: nn.Module) -> bytes:
    """Return a history and the state of the trained model as bytes."""
    record = {field.name: getattr(history, field.name) for field in fields(history)}
    for name in ("loss", "smoothed"):
        record[name] = torch.tensor(record[name])
    tensors = {name: tensor.detach() for name, tensor in _tensors(model)}
    buffer = io.BytesIO()
    torch.save({"history": record, "tensors": tensors}, buffer)
    return buffer.getvalue()


@torch.no_grad()
def load(payload: bytes, model: nn.Module) -> History:
    """Return a kept history, and put the model into the state in which it was kept.

    Raises
    ------
    Exception
        If something else is kept. The model is as it was.
    """
    kept = torch.load(io.BytesIO(payload), weights_only=True)
    record = kept["history"]
    for name in ("loss", "smoothed"):
        record[name] = record[name].numpy()
    history = History(**record)
    state = [(tensor, kept["tensors"][name]) for name, tensor in _tensors(model)]
    # copy_ would fill a larger tensor with copies of a smaller one.
    if any((ours.shape, ours.dtype) != (theirs.shape, theirs.dtype) for ours, theirs in state):
        raise ValueError("the kept tensors have other shapes")
    for ours, theirs in state:
        ours.copy_(theirs)
    model.zero_grad(set_to_none=True)
    return history

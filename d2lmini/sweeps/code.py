"""A digest of code that somebody wrote, and of all that it uses.

Results that are kept beyond a process must not outlive a change of the code which they came from.
Pickles cannot tell: those of functions hold a name only, and those of cloudpickle differ from one
process to the next for the same class.
"""

from __future__ import annotations

import dis
import hashlib
import sys
import sysconfig
import types
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import nn

__all__ = ["code_digest"]

_PLAIN = (bool, int, float, complex, str, bytes, range, type(None), type(...))
# Of a class, what says nothing about what it does, or differs each time.
_IDLE = {"__dict__", "__weakref__", "__doc__", "__module__", "_abc_impl", "__firstlineno__"}
_INSTALLED = tuple({sysconfig.get_path(name) for name in ("purelib", "platlib", "stdlib")})


def code_digest(thing: Any) -> str:
    """Return a digest that differs for things that may compute something else.

    Functions and classes count by their bytecode, defaults, closures, bases and the global names
    that they use, in turn; comments and places in a file do not count. What is installed counts by
    its name and version.

    Parameters
    ----------
    thing : object
        A function, a class, or an object such as a :class:`torch.nn.Module`.

    Returns
    -------
    str
        In hexadecimal.

    Examples
    --------
    >>> step = 1
    >>> def up(x):
    ...     return x + step
    >>> before = code_digest(up)
    >>> before == code_digest(up)
    True
    >>> step = 2
    >>> before == code_digest(up)
    False
    """
    digest = hashlib.sha256(sys.version.encode())  # bytecode is another in each version
    for piece in _pieces(thing, {}):
        digest.update(b"%d:" % len(piece))  # so that "a", "bc" differs from "ab", "c"
        digest.update(piece)
    return digest.hexdigest()


def _pieces(thing: Any, seen: dict[int, tuple[int, Any]]) -> Iterator[bytes]:
    if isinstance(thing, _PLAIN):
        yield f"{type(thing).__name__} {thing!r}".encode(errors="surrogatepass")
        return
    if id(thing) in seen:
        yield b"seen %d" % seen[id(thing)][0]
        return
    seen[id(thing)] = len(seen), thing  # which keeps it alive, and its id its own
    yield type(thing).__qualname__.encode()
    for part in _parts(thing, seen):
        yield from _pieces(part, seen)


def _parts(thing: Any, seen: dict[int, tuple[int, Any]]) -> Iterator[Any]:
    """Yield what decides what a thing does."""
    if isinstance(thing, torch.Tensor):
        yield from (str(thing.dtype), tuple(thing.shape), thing.requires_grad)
        plain = thing.detach().cpu().contiguous().reshape(-1)
        yield plain.view(torch.uint8).numpy().tobytes()
    elif isinstance(thing, np.ndarray) and thing.dtype != object:
        yield from (thing.dtype.str, thing.shape, thing.tobytes())
    elif isinstance(thing, list | tuple):
        yield from thing
    elif isinstance(thing, dict | types.MappingProxyType):
        for key, value in thing.items():
            yield from (key, value)
    elif isinstance(thing, set | frozenset):  # whose order differs from process to process
        yield from sorted(code_digest(each) for each in thing)
    elif isinstance(thing, types.ModuleType):
        yield from (thing.__name__, str(getattr(thing, "__version__", "")))
    elif isinstance(thing, types.CodeType):
        yield from (thing.co_code, thing.co_consts, thing.co_names, thing.co_freevars)
    elif isinstance(thing, type | types.FunctionType | types.BuiltinFunctionType):
        yield thing.__qualname__
        version = _version(getattr(thing, "__module__", None))
        if version is not None:
            yield version
        elif isinstance(thing, types.FunctionType):
            yield from _function(thing)
        elif isinstance(thing, type):
            yield from thing.__bases__
            yield {name: value for name, value in vars(thing).items() if name not in _IDLE}
    elif isinstance(thing, types.MethodType):
        yield from (thing.__func__, thing.__self__)
    elif isinstance(thing, property):
        yield from (thing.fget, thing.fset, thing.fdel)
    elif isinstance(thing, staticmethod | classmethod):
        yield thing.__func__
    elif isinstance(thing, nn.Module):
        yield type(thing)
        for name, value in vars(thing).items():
            # The keys of hooks are numbers that count on from one model to the next.
            yield from (name, list(value.values()) if name.endswith("_hooks") else value)
    else:
        yield type(thing)
        try:
            reduced = thing.__reduce_ex__(4)
            if isinstance(reduced, str):
                reduced = (reduced,)
        except Exception:  # a lock, an open file: no part of a computation
            return
        # The list and the dictionary of the protocol come as iterators.
        yield [part if n < 3 or part is None else list(part) for n, part in enumerate(reduced[:5])]


def _function(function: types.FunctionType) -> Iterator[Any]:
    yield from (function.__code__, function.__defaults__, function.__kwdefaults__)
    for cell in function.__closure__ or ():
        try:
            yield cell.cell_contents
        except ValueError:  # not filled yet
            yield None
    for name in sorted(_globals_of(function.__code__)):
        if name in function.__globals__:
            yield from (name, function.__globals__[name])


def _globals_of(code: types.CodeType) -> set[str]:
    """Return the global names that code reads, and the functions inside it."""
    names = {
        str(step.argval)
        for step in dis.get_instructions(code)
        if step.opname in ("LOAD_GLOBAL", "LOAD_NAME")
    }
    for constant in code.co_consts:
        if isinstance(constant, types.CodeType):
            names |= _globals_of(constant)
    return names


def _version(name: str | None) -> str | None:
    """Return name and version of an installed module, or None for one that somebody writes."""
    if name is None:
        return "?"
    root = name.partition(".")[0]
    module = sys.modules.get(root)
    if root in sys.stdlib_module_names and root != "__main__":
        return name
    file = getattr(module, "__file__", None)
    if module is None or file is None or not str(Path(file).resolve()).startswith(_INSTALLED):
        return None
    return f"{name} {getattr(module, '__version__', '')}"

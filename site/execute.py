"""Executing one notebook in a kernel of its own, and saying where in the chapter it failed."""

from __future__ import annotations

import atexit
import os
import re
import signal
import tempfile
import threading
from collections.abc import Sequence
from pathlib import Path

from ipykernel.kernelspec import RESOURCES, get_kernel_dict
from jupyter_client import AsyncKernelManager
from jupyter_client.kernelspec import KernelSpec, KernelSpecManager
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError, CellTimeoutError, DeadKernelError
from nbformat import NotebookNode

import colab
from elements import CodeCell
from errors import ChapterError, shown

__all__ = ["ExecutionError", "Executor", "kernel_environment"]

TIMEOUT = 1800  # seconds for one cell; beyond that something hangs
STARTUP_TIMEOUT = 300  # seconds for a kernel to answer, on a machine that does much else
ATTEMPTS = 3  # to start a kernel: another process may take one of its ports meanwhile

_ANSI = re.compile(r"\x1b\[[0-9;]*[A-Za-z]")
_ADDRESS = re.compile(r"\bat 0x[0-9a-fA-F]{6,}")


class ExecutionError(ChapterError):
    """A page's cells did not run cleanly; nothing of the run is to be stored."""


def kernel_environment(root: Path, scratch: Path) -> dict[str, str]:
    """The environment of a kernel: this checkout's `d2lmini`, one thread, no personal settings.

    Parameters
    ----------
    root : Path
        The checkout.
    scratch : Path
        An empty folder, where IPython may keep what it likes to keep.
    """
    environment = dict(os.environ)
    paths = [str(root), *filter(None, [environment.get("PYTHONPATH")])]
    environment.update(
        PYTHONPATH=os.pathsep.join(paths),
        OMP_NUM_THREADS="1",  # sums are then added up in the same order on every machine
        MKL_NUM_THREADS="1",
        OPENBLAS_NUM_THREADS="1",
        PYTHONHASHSEED="0",
        IPYTHONDIR=str(scratch),  # a reader's start-up files must not run in the course's pages
        PYDEVD_DISABLE_FILE_VALIDATION="1",
    )
    environment.pop("PYTHONWARNINGS", None)
    return environment


class _ThisPython(KernelSpecManager):
    """Finds this interpreter, whatever kernels called python3 are installed on the machine."""

    def get_kernel_spec(self, kernel_name: str) -> KernelSpec:
        return KernelSpec(resource_dir=RESOURCES, **get_kernel_dict())


class Executor:
    """Executes notebooks, several at a time if called from several threads; can be stopped."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self._managers: set[AsyncKernelManager] = set()
        self._lock = threading.Lock()
        self._stopped = False

    def stop(self) -> None:
        """End all kernels at once; what runs in them fails, and nothing more is started."""
        with self._lock:
            self._stopped = True
            for manager in self._managers:
                pid = getattr(manager.provisioner, "pid", None)
                if pid:
                    try:
                        os.kill(pid, getattr(signal, "SIGKILL", signal.SIGTERM))
                    except OSError:
                        continue  # it ended by itself in the meantime

    def run(self, notebook: NotebookNode, path: Path, cells: Sequence[CodeCell]) -> None:
        """Execute a notebook in place.

        Parameters
        ----------
        notebook : NotebookNode
            Its code cells are those of the chapter, in the same order; outputs are replaced.
        path : Path
            The chapter, for messages.
        cells : sequence of CodeCell
            The chapter's code cells, for their lines.

        Raises
        ------
        ExecutionError
            Naming the line of the chapter, if a cell fails, runs too long, warns, or prints to
            stderr.
        """
        folder = self.root / "notebooks" / path.parent.name
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(prefix="course-") as scratch:
            for attempt in range(1, ATTEMPTS + 1):
                try:
                    self._execute(notebook, path, cells, folder, Path(scratch))
                    break
                except _NotStarted as error:
                    if attempt == ATTEMPTS:
                        raise ExecutionError(path, 1, str(error)) from None
        problem = _complaint(notebook, path, cells)
        if problem:
            raise problem

    def _execute(
        self,
        notebook: NotebookNode,
        path: Path,
        cells: Sequence[CodeCell],
        folder: Path,
        scratch: Path,
    ) -> None:
        """Execute in a kernel that works in a folder and keeps its own files in another."""
        current: list[int] = []

        def began(cell: NotebookNode, cell_index: int) -> None:
            current.append(cell_index)

        log_path = scratch / "kernel.log"
        manager = AsyncKernelManager(kernel_name="python3", kernel_spec_manager=_ThisPython())
        client = NotebookClient(
            notebook,
            km=manager,
            timeout=TIMEOUT,
            startup_timeout=STARTUP_TIMEOUT,
            record_timing=False,
            # How the kernel cuts up what a cell prints depends on the machine's load.
            coalesce_streams=True,
            store_widget_state=True,
            on_cell_execute=began,
        )
        with self._lock:
            if self._stopped:
                raise ExecutionError(path, 1, "interrupted before it began")
            self._managers.add(manager)
        try:
            with log_path.open("wb") as log:
                client.execute(
                    cleanup_kc=True,
                    cwd=str(folder),
                    env=kernel_environment(self.root, scratch),
                    stdout=log,
                    stderr=log,
                )
        except CellExecutionError:
            raise _failure(notebook, path, cells) from None
        except (CellTimeoutError, DeadKernelError) as error:
            raise _ended(error, notebook, path, cells, current, log_path) from None
        except RuntimeError as error:
            if current:
                raise
            raise _NotStarted(_with_log(f"its kernel did not start: {error}", log_path)) from None
        finally:
            atexit.unregister(client._cleanup_kernel)  # the client forgets it if the start fails
            with self._lock:
                self._managers.discard(manager)


class _NotStarted(Exception):
    """The kernel ended, or said nothing, before the first cell."""


def _with_log(message: str, log: Path) -> str:
    last = [text for text in log.read_text("utf-8", "replace").split("\n") if text.strip()][-4:]
    return "\n    ".join([message, *last])


def _ended(
    error: Exception,
    notebook: NotebookNode,
    path: Path,
    cells: Sequence[CodeCell],
    begun: list[int],
    log: Path,
) -> ExecutionError:
    number = len(colab.chapter_cells(notebook.cells[: begun[-1]] if begun else []))
    what = (
        f"ran for more than {TIMEOUT} seconds"
        if isinstance(error, CellTimeoutError)
        else "ended the Python process"
    )
    message = _with_log(f"cell {number + 1} {what}", log)
    return ExecutionError(path, cells[number].code_line if cells else 1, message)


def _failure(notebook: NotebookNode, path: Path, cells: Sequence[CodeCell]) -> ExecutionError:
    for number, cell in enumerate(colab.chapter_cells(notebook.cells)):
        for output in cell.outputs:
            if output.output_type == "error":
                trace = _ANSI.sub("", "\n".join(output.traceback))
                # The last frame in the cell itself; frames below it are in libraries.
                count = cell.execution_count or number + 1
                inside = re.findall(rf"Cell In\[{count}\], line (\d+)", trace)
                line = cells[number].code_line + (int(inside[-1]) - 1 if inside else 0)
                said = "\n    ".join(f"{output.ename}: {output.evalue}".split("\n")[-6:])
                return ExecutionError(path, line, f"cell {number + 1} failed\n    {said}")
    return ExecutionError(path, 1, "a cell failed without saying why")


def _complaint(
    notebook: NotebookNode, path: Path, cells: Sequence[CodeCell]
) -> ExecutionError | None:
    for number, cell in enumerate(colab.chapter_cells(notebook.cells)):
        shown_text = [
            output.get("text") or output.get("data", {}).get("text/plain", "")
            for output in cell.outputs
        ]
        if any(map(_ADDRESS.search, shown_text)):
            return ExecutionError(
                path,
                cells[number].code_line,
                f"cell {number + 1} shows a memory address, which is another one each time: "
                "end the cell with something that has a repr of its own",
            )
        said = "".join(
            output.text
            for output in cell.outputs
            if output.output_type == "stream" and output.name == "stderr"
        )
        if said:
            said = _ANSI.sub("", said).strip("\n")
            inside = re.search(r"ipykernel_\d+[/\\]\d+\.py:(\d+):", said)
            line = cells[number].code_line + (int(inside[1]) - 1 if inside else 0)
            # The name that IPython gives a cell says nothing to the reader of the message.
            said = re.sub(r"\S*ipykernel_\d+[/\\]\d+\.py:\d+", f"{shown(path)}:{line}", said)
            last = "\n    ".join(said.split("\n")[-6:])
            return ExecutionError(
                path, line, f"cell {number + 1} warns or prints to stderr\n    {last}"
            )
    return None

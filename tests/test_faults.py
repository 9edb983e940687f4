"""What breaks in the middle: a full disk, a killed process, files that are not what they were.

Nothing that was finished is lost, a file is the old one or the new one, nothing half-made stays,
and one line says what happened. What befalls one part alone is tested with that part: sweeps that
are stopped and workers that die in `test_sweep`, the memo in `test_memo`, downloads in `test_data`,
builds that are killed in `test_book` and `test_notebooks`.
"""

from __future__ import annotations

import ctypes
import errno
import io
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import joblib
import numpy as np
import psutil
import pytest
import torch

import assemble
import book
import d2lmini as d2l
import files
import onebook
import pdf
import slides
from course_project import SITE, Course
from d2lmini import memo
from d2lmini.sweeps import Sweep, sweep
from errors import refused

ROOT = Path(d2l.__file__).parents[1]
QUICK: dict[str, Any] = {"batch_size": 10, "max_steps": 20}


@pytest.fixture(autouse=True)
def memo_folder(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    monkeypatch.setenv("D2LMINI_CACHE", str(tmp_path / "memo"))
    return tmp_path / "memo"


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """Yield the folder of a file system with 128 KB, where the machine lets us make one."""
    folder = tmp_path / "disk"
    folder.mkdir()
    if sys.platform != "linux":
        pytest.skip("only Linux has tmpfs")
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.mount(b"tmpfs", os.fsencode(folder), b"tmpfs", 0, b"size=128k"):
        pytest.skip(f"no file system can be mounted here: {os.strerror(ctypes.get_errno())}")
    yield folder
    libc.umount2(os.fsencode(folder), 2)  # even if a failed test has left a file open


def fill(folder: Path) -> Path:
    """Leave no room on a disk; return the file to be removed to make some."""
    ballast = folder / "ballast"
    descriptor = os.open(ballast, os.O_CREAT | os.O_WRONLY)
    try:
        while True:
            os.write(descriptor, bytes(4096))
    except OSError:
        return ballast
    finally:
        os.close(descriptor)


def no_space(*args: object, **options: object) -> None:
    raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


def made_up() -> d2l.Dataset:
    rng = np.random.default_rng(0)
    x = rng.random((120, 2), dtype=np.float32)
    return d2l.Dataset("made up", "random numbers", x[:100], x[:100, 0], x[100:], x[100:, 0])


def runs_of(**options: Any) -> Sweep:
    make_model = lambda seed: d2l.mlp([2, 1], seed=seed)  # noqa: E731
    given: dict[str, Any] = {"eta": 0.1, "workers": 1, "memo": False} | QUICK | options
    return sweep(make_model, made_up(), **given)


def losses(runs: Sweep) -> list[bytes]:
    return [history.loss.tobytes() for history in runs.histories if history is not None]


# The library


def test_a_sweep_on_a_full_disk_keeps_what_it_had_and_goes_on_when_there_is_room(
    small_disk: Path,
) -> None:
    folder = small_disk / "runs"
    first = runs_of(seed=[0, 1], folder=folder)
    first.save(small_disk / "runs.csv")
    before = {path: path.read_bytes() for path in small_disk.rglob("*.*") if path.is_file()}
    ballast = fill(small_disk)
    with pytest.raises(OSError, match=r"cannot be kept in folder=.*No space left.*make room"):
        runs_of(seed=range(4), folder=folder)
    with pytest.raises(OSError, match=r"cannot be saved as .*runs\.csv: .*No space left"):
        runs_of(seed=[2, 3]).save(small_disk / "runs.csv")
    ballast.unlink()
    after = {path: path.read_bytes() for path in small_disk.rglob("*.*") if path.is_file()}
    assert after == before
    assert losses(runs_of(seed=range(4), folder=folder)) == losses(runs_of(seed=range(4)))


def test_a_full_disk_costs_the_memo_alone(
    small_disk: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("D2LMINI_CACHE", str(small_disk / "memo"))
    fill(small_disk)
    with pytest.warns(UserWarning, match=r"No space left on device.*set D2LMINI_CACHE") as caught:
        history = d2l.train(d2l.mlp([2, 1], seed=0), made_up(), eta=0.1, beta=0, **QUICK)
    assert len(caught) == 1
    assert [history.loss.tobytes()] == losses(runs_of())
    assert not list(small_disk.rglob("*.part"))


def test_where_the_data_cannot_be_laid_out_for_workers_the_remedies_are_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    monkeypatch.setattr(joblib, "dump", no_space)
    with pytest.raises(OSError, match=r"No space left on device.*TMPDIR.*workers=1"):
        runs_of(eta=[0.1, 0.2], workers=2)
    assert not list(tmp_path.glob("d2lmini-sweep-*"))


def of_another_version(entry: bytes, change: Callable[[dict[str, Any]], object]) -> bytes:
    """Return a sound entry whose content is not that of this version."""
    kept = torch.load(io.BytesIO(entry[32:]), weights_only=True)
    change(kept)
    buffer = io.BytesIO()
    torch.save(kept, buffer)
    return memo._checksum(buffer.getvalue()) + buffer.getvalue()


OTHER = {
    "one more field": lambda kept: kept["history"].update(epochs=3),
    "a field less": lambda kept: kept["history"].pop("steps"),
    "other tensors": lambda kept: kept["tensors"].update({"0.weight": torch.zeros(1, 1)}),
    "no tensors": lambda kept: kept.pop("tensors"),
}


@pytest.mark.parametrize("change", OTHER.values(), ids=OTHER)
def test_what_another_version_has_remembered_is_computed_again(
    memo_folder: Path, change: Callable[[dict[str, Any]], object]
) -> None:
    def trained() -> tuple[bytes, list[bytes]]:
        model = d2l.mlp([2, 1], seed=0)
        history = d2l.train(model, made_up(), eta=0.1, beta=0, **QUICK)
        return history.loss.tobytes(), [p.detach().numpy().tobytes() for p in model.parameters()]

    expected = trained()
    (entry,) = memo_folder.glob("*.memo")
    whole = entry.read_bytes()
    entry.write_bytes(of_another_version(whole, change))
    assert trained() == expected
    assert entry.stat().st_size == len(whole)  # kept again, as this version does


def test_a_result_of_another_version_is_computed_again(tmp_path: Path) -> None:
    expected = losses(runs_of(folder=tmp_path))
    (entry,) = tmp_path.glob("*.memo")
    entry.write_bytes(of_another_version(entry.read_bytes(), OTHER["one more field"]))
    with pytest.warns(UserWarning, match="its run is computed again"):
        assert losses(runs_of(folder=tmp_path)) == expected
    assert losses(runs_of(folder=tmp_path)) == expected


def test_a_result_that_cannot_be_read_stays_and_is_named(tmp_path: Path) -> None:
    """It may be sound, and somebody else's; a folder stands for what root could read."""
    runs_of(folder=tmp_path)
    (entry,) = tmp_path.glob("*.memo")
    entry.unlink()
    entry.mkdir()
    with pytest.raises(OSError, match=rf"cannot read a result .*{entry.name}.*or remove it"):
        runs_of(folder=tmp_path)
    assert entry.is_dir()


@pytest.mark.skipif(os.name == "nt", reason="Windows has other permissions")
def test_what_is_kept_may_be_read_by_whom_the_user_lets(tmp_path: Path) -> None:
    before = os.umask(0o027)
    try:
        runs_of(folder=tmp_path).save(tmp_path / "runs.csv")
    finally:
        os.umask(before)
    modes = {path.stat().st_mode & 0o777 for path in tmp_path.iterdir() if path.name != ".lock"}
    assert modes == {0o640}


def test_a_sweep_is_saved_into_a_folder_that_exists(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match=rf"there is no folder {tmp_path / 'none'}"):
        runs_of().save(tmp_path / "none" / "runs.csv")
    (tmp_path / "taken.csv").mkdir()
    with pytest.raises(OSError, match=r"cannot be saved as .*taken\.csv: .*directory"):
        runs_of().save(tmp_path / "taken.csv")
    assert [path.name for path in tmp_path.iterdir()] == ["taken.csv"]


def test_of_two_that_save_one_file_at_the_same_time_one_is_last(tmp_path: Path) -> None:
    path = tmp_path / "runs [1].npz"  # brackets mean something to those who look for files
    both = [runs_of(seed=seed) for seed in (0, 1)]
    troubles: list[Exception] = []

    def save(runs: Sweep) -> None:
        try:
            for _ in range(20):
                runs.save(path)
                assert losses(Sweep.load(path))[0] in (losses(both[0])[0], losses(both[1])[0])
        except Exception as error:
            troubles.append(error)

    threads = [threading.Thread(target=save, args=(runs,)) for runs in both * 2]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not troubles
    (tmp_path / f"{path.name}.0123abcd.part").write_bytes(b"of a process that was killed")
    (tmp_path / f"{path.name}.npz.0123abcd.part").write_bytes(b"of one that saves another file")
    both[0].save(path)
    assert {p.name for p in tmp_path.iterdir()} == {path.name, f"{path.name}.npz.0123abcd.part"}


def without(table: np.ndarray, column: str) -> np.ndarray:
    return table[[name for name in table.dtype.names or () if name != column]].copy()


ALTERED = {
    "a column missing": lambda arrays: arrays.update(table=without(arrays["table"], "seed")),
    "a row gone": lambda arrays: arrays.update(table=arrays["table"][1:]),
    "a row twice": lambda arrays: arrays.update(table=arrays["table"][[0, 0, 1]]),
    "another sweep's costs": lambda arrays: arrays.update(loss=arrays["loss"][:-1]),
    "no table": lambda arrays: arrays.update(table=np.zeros(2)),
    "a part missing": lambda arrays: arrays.pop("has"),
}


@pytest.mark.parametrize("change", ALTERED.values(), ids=ALTERED)
def test_parts_that_do_not_belong_together_are_no_sweep(
    tmp_path: Path, change: Callable[[dict[str, Any]], object]
) -> None:
    path = tmp_path / "runs.npz"
    runs_of(seed=[1, 2]).save(path)
    arrays = dict(np.load(path))
    change(arrays)
    np.savez(path, **arrays)
    with pytest.raises(ValueError, match=r"runs\.npz is damaged or was not written by Sweep\.save"):
        Sweep.load(path)


def test_a_table_of_text_is_not_taken_for_a_damaged_file(tmp_path: Path) -> None:
    runs_of().save(tmp_path / "runs.csv")
    with pytest.raises(ValueError, match=r"ends in \.npz, got .*without the histories"):
        Sweep.load(tmp_path / "runs.csv")


def test_a_data_file_that_cannot_be_read_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "airfoil_self_noise.dat").write_bytes(b"")

    def refuse(path: Path) -> bytes:
        raise PermissionError(errno.EACCES, os.strerror(errno.EACCES), str(path))

    monkeypatch.setattr(Path, "read_bytes", refuse)
    with pytest.raises(d2l.data.DataError, match=r"noise\.dat cannot be read: Permission denied"):
        d2l.load_airfoil(tmp_path)


# What makes the site


@pytest.mark.parametrize("present", [b"old", None])
def test_a_file_on_a_full_disk_stays_as_it_was_and_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, present: bytes | None
) -> None:
    path = tmp_path / "page.html"
    if present:
        path.write_bytes(present)
    with monkeypatch.context() as patch:
        patch.setattr("files.os.replace", no_space)
        with pytest.raises(OSError, match="No space left") as caught:
            files.write_if_changed(path, b"new")
    assert refused(caught.value).endswith("page.html: No space left on device")
    assert [p.read_bytes() for p in tmp_path.iterdir()] == ([present] if present else [])


def test_what_a_killed_process_has_begun_is_cleared_away(tmp_path: Path) -> None:
    (tmp_path / ".page.html.0123abcd.tmp").write_bytes(b"half")
    files.write_if_changed(tmp_path / "page.html", b"whole")
    assert [path.name for path in tmp_path.iterdir()] == ["page.html"]


def test_a_site_that_does_not_fit_on_the_disk_leaves_the_old_one_alone(small_disk: Path) -> None:
    target = small_disk / "html"
    assemble.assemble(target, {"a": b"old", "b": b"old"})
    with pytest.raises(OSError, match="No space left") as caught:
        assemble.assemble(target, {"a": b"new", "b": bytes(200_000)})
    assert refused(caught.value).endswith("html: No space left on device")
    assert [path.name for path in small_disk.iterdir()] == ["html"]
    assert (target / "a").read_bytes() == b"old"


@pytest.mark.parametrize(("script", "work"), [(book, "build"), (slides, "build"), (pdf, "make")])
def test_a_command_says_in_words_what_the_disk_refused(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    script: Any,
    work: str,
) -> None:
    monkeypatch.setattr(script, work, lambda *args: no_space())
    monkeypatch.setattr(signal, "signal", lambda *args: None)  # the tests have handlers of theirs
    assert script.main(["--root", str(tmp_path)]) == 1
    assert capsys.readouterr().err.startswith("No space left on device")


def test_a_full_disk_below_another_error_is_what_is_told() -> None:
    try:
        try:
            no_space()
        except OSError as error:
            raise RuntimeError("an extension threw an exception") from error
    except RuntimeError as error:
        found = onebook._of_the_disk(error)
    assert found is not None
    assert found.errno == errno.ENOSPC
    assert onebook._of_the_disk(FileNotFoundError(errno.ENOENT, "gone")) is None


@pytest.mark.skipif(sys.platform != "linux", reason="limits the size of files")
def test_notebooks_that_cannot_be_written_are_named_and_stay(tmp_path: Path) -> None:
    course = Course(tmp_path)
    course.page("en/bowl", "A sentence.\n")
    assert course.run("notebooks.py").returncode == 0
    before = course.bytes()
    course.page("en/bowl", f"{'A long sentence. ' * 1000}\n")
    code = (
        "import resource, runpy, sys; resource.setrlimit(resource.RLIMIT_FSIZE, (4096, 4096));"
        "sys.argv = sys.argv[1:]; runpy.run_path(sys.argv[0], run_name='__main__')"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, str(SITE / "notebooks.py"), "--root", str(tmp_path)],
        capture_output=True,
        text=True,
        env={**course.environment, "PYTHONPATH": str(SITE)},
        check=False,
    )
    assert done.returncode == 1
    assert done.stderr.startswith("notebooks/en/bowl.ipynb: File too large; the notebooks that")
    assert course.bytes() == before


ORPHAN = """
import multiprocessing, sys
from processes import end_with_parent

def work(connection):
    end_with_parent()
    connection.send("ready")
    connection.recv()

if __name__ == "__main__":
    context = multiprocessing.get_context(sys.argv[1])
    ends = []
    for _ in range(2):
        ours, theirs = context.Pipe()
        ends.append((ours, theirs))
        process = context.Process(target=work, args=(theirs,))
        process.start()
        assert ours.recv() == "ready"
        print(process.pid, flush=True)
    sys.stdin.read()
"""


@pytest.mark.skipif(os.name == "nt", reason="there is no kill -9 on Windows")
@pytest.mark.parametrize("way", ["fork", "spawn"])
def test_what_does_a_part_of_the_work_ends_with_whom_it_does_it_for(
    tmp_path: Path, way: str
) -> None:
    script = tmp_path / "orphan.py"
    script.write_text(ORPHAN, encoding="utf-8")
    parent = subprocess.Popen(
        [sys.executable, str(script), way],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONPATH": str(SITE)},
    )
    assert parent.stdout is not None
    workers = [psutil.Process(int(parent.stdout.readline())) for _ in range(2)]
    parent.kill()
    parent.communicate(timeout=60)
    _, alive = psutil.wait_procs(workers, timeout=60)
    assert not alive


ENDED = """
from contextlib import suppress

import psutil
from chromium import BrowserError, launched

try:
    with launched() as browser:
        page = browser.new_page()
        for process in psutil.Process().children(recursive=True):
            with suppress(psutil.NoSuchProcess):  # one that has ended meanwhile, or a zombie
                if any("--remote-debugging-pipe" in word for word in process.cmdline()):
                    process.kill()
        page.goto("about:blank")
except BrowserError as error:
    print(error)
"""


@pytest.mark.browser
def test_a_browser_that_ends_is_said_to_have_ended() -> None:
    done = subprocess.run(
        [sys.executable, "-c", ENDED],
        capture_output=True,
        text=True,
        env={**os.environ, "PYTHONPATH": str(SITE)},
        timeout=120,
        check=False,
    )
    if "there is no Chromium" in done.stdout:
        pytest.skip(done.stdout.split(":")[0])
    assert done.stdout.startswith("Chromium ended in the middle of its work"), done.stderr

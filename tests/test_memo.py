"""Results on disk: computed once, whoever asks, and computed anyway where nothing can be kept."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from d2lmini import memo
from d2lmini.memo import memo_folder, recall


@pytest.fixture(autouse=True)
def folder(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    monkeypatch.setenv("D2LMINI_CACHE", str(tmp_path / "memo"))
    return tmp_path / "memo"


class Computation:
    """Returns its text and counts how often it was asked."""

    def __init__(self, text: str = "result") -> None:
        self.text = text
        self.calls = 0

    def __call__(self) -> str:
        self.calls += 1
        return self.text


def ask(computation: Computation, key: str = "key") -> str:
    return recall(key, computation, dump=str.encode, load=bytes.decode)


def test_a_result_is_computed_once(folder: Path) -> None:
    computation = Computation()
    assert [ask(computation), ask(computation)] == ["result", "result"]
    assert computation.calls == 1
    assert not list(folder.glob("*.part"))


def test_another_key_is_another_result() -> None:
    assert [ask(Computation(text), key=text) for text in ("a", "b", "a")] == ["a", "b", "a"]


def test_results_are_in_the_users_cache_folder_unless_told_otherwise(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.delenv("D2LMINI_CACHE")
    monkeypatch.setattr("pooch.os_cache", lambda project: tmp_path / "cache" / project)
    assert memo_folder() == tmp_path / "cache" / "d2lmini" / "memo"
    ask(Computation())
    assert (tmp_path / "cache" / "d2lmini" / "memo" / "key.memo").is_file()


@pytest.mark.parametrize(
    "damage",
    [
        lambda content: b"",
        lambda content: content[:-1],
        lambda content: content[:20],
        lambda content: content[:-1] + bytes([content[-1] ^ 1]),
        lambda content: bytes([content[0] ^ 1]) + content[1:],
    ],
    ids=["empty", "truncated", "without payload", "payload altered", "checksum altered"],
)
def test_a_damaged_entry_is_computed_again(folder: Path, damage: object) -> None:
    ask(Computation())
    entry = folder / "key.memo"
    entry.write_bytes(damage(entry.read_bytes()))  # type: ignore[operator]
    computation = Computation()
    assert [ask(computation), ask(computation)] == ["result", "result"]
    assert computation.calls == 1


def test_an_error_is_not_kept(folder: Path) -> None:
    def fail() -> str:
        raise RuntimeError("no luck")

    with pytest.raises(RuntimeError, match="no luck"):
        recall("key", fail, dump=str.encode, load=bytes.decode)
    assert not list(folder.glob("*.memo"))
    computation = Computation()
    assert ask(computation) == "result"  # and the lock is free again
    assert computation.calls == 1


def test_a_folder_that_cannot_be_made_means_one_warning_and_no_memo(
    folder: Path,
) -> None:
    folder.write_text("a file where the folder should be")
    computation = Computation()
    for _ in range(2):
        with pytest.warns(UserWarning, match=r"cannot be kept in .*set D2LMINI_CACHE") as caught:
            assert ask(computation) == "result"
        assert len(caught) == 1
    assert computation.calls == 2


def test_a_full_disk_means_one_warning_and_nothing_half_written(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(descriptor: int) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr("d2lmini._files.os.fsync", full)
        with pytest.warns(UserWarning, match=r"No space left on device") as caught:
            assert ask(Computation()) == "result"
    assert len(caught) == 1
    assert [p.suffix for p in folder.iterdir()] in ([], [".lock"])
    assert ask(Computation("second")) == "second"


def test_a_folder_that_can_only_be_read_serves_what_it_has(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    ask(Computation())
    monkeypatch.setattr(memo, "locked", lambda *args: pytest.fail("needs no lock to read"))
    computation = Computation()
    assert ask(computation) == "result"
    assert computation.calls == 0


def test_the_part_of_a_killed_process_is_swept_up(folder: Path) -> None:
    folder.mkdir()
    (folder / "key.memo.abc123.part").write_bytes(b"half")
    (folder / "other.memo.abc123.part").write_bytes(b"of a process that is still writing")
    ask(Computation())
    assert [p.name for p in folder.glob("*.part")] == ["other.memo.abc123.part"]


def test_processes_that_ask_at_the_same_time_compute_once(folder: Path, tmp_path: Path) -> None:
    script = (
        "import os, pathlib, time\n"
        "from d2lmini.memo import recall\n"
        f"log = pathlib.Path({str(tmp_path)!r})\n"
        "def compute():\n"
        "    (log / f'computed-{os.getpid()}').touch()\n"
        "    time.sleep(0.5)\n"
        "    return 'result'\n"
        "print(recall('key', compute, dump=str.encode, load=bytes.decode))\n"
    )
    environment = {**os.environ, "PYTHONPATH": str(Path(memo.__file__).parents[1])}
    processes = [
        subprocess.Popen(
            [sys.executable, "-c", script], stdout=subprocess.PIPE, text=True, env=environment
        )
        for _ in range(3)
    ]
    assert [p.communicate(timeout=60)[0] for p in processes] == ["result\n"] * 3
    assert len(list(tmp_path.glob("computed-*"))) == 1

"""MNIST from a folder, the cache, mirrors and the substitute; and every way for it to be broken.

Most tests use a small made-up data set in MNIST's files, whose checksums replace the real ones.
The mirrors are servers on the loopback interface.
"""

from __future__ import annotations

import gzip
import hashlib
import http.server
import os
import struct
import subprocess
import sys
import threading
import warnings
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from d2lmini import data
from d2lmini.data import DataError, Dataset, download, load_mnist, mnist_available, published

NAMES = tuple(data._MNIST)
TRAIN_X, TRAIN_Y, TEST_X, TEST_Y = NAMES


def idx(array: np.ndarray) -> bytes:
    return struct.pack(f">4B{array.ndim}I", 0, 0, 8, array.ndim, *array.shape) + array.tobytes()


def made_up() -> dict[str, bytes]:
    rng = np.random.default_rng(0)
    return {
        TRAIN_X: idx(rng.integers(0, 256, (30, 28, 28), dtype=np.uint8)),
        TRAIN_Y: idx(np.arange(30, dtype=np.uint8) % 10),
        TEST_X: idx(rng.integers(0, 256, (10, 28, 28), dtype=np.uint8)),
        TEST_Y: idx(np.arange(10, dtype=np.uint8)),
    }


@pytest.fixture
def tiny(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> dict[str, bytes]:
    """Replace MNIST by a made-up set, and the reader's folders and network by empty ones."""
    blobs = made_up()
    for name, blob in blobs.items():
        monkeypatch.setitem(data._MNIST, name, hashlib.sha256(blob).hexdigest())
    monkeypatch.delenv("D2LMINI_DATA", raising=False)
    monkeypatch.setenv("NO_PROXY", "*")
    monkeypatch.setattr("pooch.os_cache", lambda project: tmp_path / "cache" / project)
    monkeypatch.setattr(download, "_PAUSE", 0.0)
    return blobs


@pytest.fixture
def cache(tiny: dict[str, bytes], tmp_path: Path) -> Path:
    return tmp_path / "cache" / "d2lmini" / "mnist"


def put(folder: Path, blobs: dict[str, bytes], *, compress: bool = True) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    for name, blob in blobs.items():
        if compress:
            (folder / f"{name}.gz").write_bytes(gzip.compress(blob))
        else:
            (folder / name).write_bytes(blob)
    return folder


class Mirror:
    """A server that answers with what `answer(path)` returns: a status, the body, its length."""

    def __init__(self, answer: Callable[[str], tuple[int, bytes, int]]) -> None:
        self.requests: list[str] = []
        mirror = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                name = self.path.rpartition("/")[2]
                mirror.requests.append(name)
                status, body, length = answer(name)
                self.send_response(status)
                self.send_header("Content-Length", str(length))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, format: str, *args: Any) -> None:
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}/mnist/"
        self.thread = threading.Thread(
            target=self.server.serve_forever, kwargs={"poll_interval": 0.01}
        )
        self.thread.start()

    def close(self) -> None:
        self.server.shutdown()
        self.server.server_close()
        self.thread.join()


@pytest.fixture
def mirror() -> Iterator[Callable[..., Mirror]]:
    started: list[Mirror] = []

    def start(answer: Callable[[str], tuple[int, bytes, int]]) -> Mirror:
        started.append(Mirror(answer))
        return started[-1]

    yield start
    for one in started:
        one.close()


def whole(blobs: dict[str, bytes]) -> Callable[[str], tuple[int, bytes, int]]:
    """Answer as a good mirror does."""
    files = {f"{name}.gz": gzip.compress(blob) for name, blob in blobs.items()}

    def answer(name: str) -> tuple[int, bytes, int]:
        return (200, files[name], len(files[name])) if name in files else (404, b"", 0)

    return answer


def nobody() -> str:
    """Return an address at which the connection is refused."""
    server = http.server.HTTPServer(("127.0.0.1", 0), http.server.BaseHTTPRequestHandler)
    server.server_close()
    return f"http://127.0.0.1:{server.server_port}/mnist/"


def assert_is_tiny(got: Dataset, blobs: dict[str, bytes]) -> None:
    assert got.name == "MNIST"
    assert got.train_x.dtype == got.test_x.dtype == np.float32
    assert got.train_y.dtype == got.test_y.dtype == np.int64
    pixels = np.frombuffer(blobs[TRAIN_X], np.uint8, offset=16).reshape(30, 784)
    np.testing.assert_array_equal(got.train_x, pixels.astype(np.float32) / np.float32(255))
    np.testing.assert_array_equal(got.test_y, np.arange(10))
    assert (got.n_features, got.n_classes) == (784, 10)


# Where the files are looked for


@pytest.mark.parametrize("compress", [True, False])
@pytest.mark.parametrize("layout", [".", "mnist", "MNIST/raw"])
def test_root_may_hold_the_files_in_any_layout(
    tiny: dict[str, bytes], tmp_path: Path, layout: str, compress: bool
) -> None:
    put(tmp_path / "root" / layout, tiny, compress=compress)
    got = load_mnist(tmp_path / "root")
    assert_is_tiny(got, tiny)
    assert got.source == str(tmp_path / "root")
    assert mnist_available(tmp_path / "root")


def test_argument_goes_before_environment_before_cache(
    tiny: dict[str, bytes], tmp_path: Path, cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    put(cache, tiny)
    assert load_mnist().source == str(cache)
    monkeypatch.setenv("D2LMINI_DATA", str(put(tmp_path / "environment", tiny)))
    assert load_mnist().source == str(tmp_path / "environment")
    assert load_mnist(put(tmp_path / "argument", tiny)).source == str(tmp_path / "argument")


def test_an_explicit_folder_without_mnist_is_an_error_and_nothing_is_downloaded(
    tiny: dict[str, bytes],
    tmp_path: Path,
    mirror: Callable[..., Mirror],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    good = mirror(whole(tiny))
    with pytest.raises(DataError, match=r"no MNIST in .*nowhere \(given as root\).*not exist"):
        load_mnist(tmp_path / "nowhere", mirrors=[good.url])
    some = put(tmp_path / "some", {TRAIN_X: tiny[TRAIN_X]})
    with pytest.raises(DataError, match=rf"no MNIST in .*some .*missing {TRAIN_Y}"):
        load_mnist(some, mirrors=[good.url])
    monkeypatch.setenv("D2LMINI_DATA", str(some))
    with pytest.raises(DataError, match=r"named by D2LMINI_DATA"):
        load_mnist(mirrors=[good.url])
    assert not mnist_available()
    assert not mnist_available(some, download=True, mirrors=[good.url])
    assert good.requests == []


# Damaged files

DAMAGE = {
    "empty": (lambda raw: b"", r"is empty \(0 bytes\)"),
    "truncated gzip": (lambda raw: raw[: len(raw) // 2], r"is truncated: its gzip stream"),
    "altered gzip": (lambda raw: raw[:-30] + bytes(20) + raw[-10:], r"is damaged"),
    "html": (lambda raw: b"<html>no such object</html>", r"neither a gzip file nor an idx file"),
    "one pixel altered": (
        lambda raw: gzip.compress(gzip.decompress(raw)[:-1] + b"\x01"),
        r"altered or is another data set: the SHA-256",
    ),
    "truncated idx": (lambda raw: gzip.decompress(raw)[:-5], r"is truncated: it holds \d+ bytes"),
    "too long": (lambda raw: gzip.decompress(raw) + b"\0", r"is too long: it holds \d+ bytes"),
    "header only": (lambda raw: b"\0\0\x08\x03", r"neither a gzip file nor an idx file"),
    "trailing rubbish": (lambda raw: raw + b"rubbish", r"is damaged"),
}


@pytest.mark.parametrize("name", [TRAIN_X, TEST_Y])
@pytest.mark.parametrize(("damage", "message"), DAMAGE.values(), ids=DAMAGE)
def test_a_damaged_file_is_an_error_that_names_it_and_the_remedy(
    tiny: dict[str, bytes],
    tmp_path: Path,
    name: str,
    damage: Callable[[bytes], bytes],
    message: str,
) -> None:
    folder = put(tmp_path / "root", tiny)
    path = folder / f"{name}.gz"
    path.write_bytes(damage(path.read_bytes()))
    with pytest.raises(DataError, match=message) as caught:
        load_mnist(folder)
    assert isinstance(caught.value, ValueError)
    assert str(path) in str(caught.value)
    assert f"Delete it and get {name}.gz again" in str(caught.value)


def test_recompressed_files_are_as_good(tiny: dict[str, bytes], tmp_path: Path) -> None:
    folder = put(tmp_path / "root", tiny)
    for name, blob in tiny.items():
        (folder / f"{name}.gz").write_bytes(gzip.compress(blob, compresslevel=1, mtime=1))
    assert_is_tiny(load_mnist(folder), tiny)


def test_a_file_under_another_files_name_is_an_error(
    tiny: dict[str, bytes], tmp_path: Path
) -> None:
    folder = put(tmp_path / "root", {**tiny, TRAIN_Y: tiny[TEST_Y]})
    with pytest.raises(DataError, match=rf"{TRAIN_Y}.gz was altered or is another data set"):
        load_mnist(folder)


# Downloading


def test_download_fills_the_cache_once(
    tiny: dict[str, bytes], cache: Path, mirror: Callable[..., Mirror]
) -> None:
    good = mirror(whole(tiny))
    assert not mnist_available()
    assert_is_tiny(load_mnist(mirrors=[good.url]), tiny)
    assert good.requests == [f"{name}.gz" for name in NAMES]
    assert_is_tiny(load_mnist(mirrors=[good.url]), tiny)
    assert mnist_available()
    assert len(good.requests) == 4
    assert {p.name for p in cache.iterdir()} - {".lock"} == {f"{name}.gz" for name in NAMES}


def test_only_what_lacks_is_downloaded(
    tiny: dict[str, bytes], cache: Path, mirror: Callable[..., Mirror]
) -> None:
    put(cache, {name: tiny[name] for name in NAMES[:3]})
    good = mirror(whole(tiny))
    assert_is_tiny(load_mnist(mirrors=[good.url]), tiny)
    assert good.requests == [f"{TEST_Y}.gz"]


def bad_answers(blobs: dict[str, bytes]) -> dict[str, Callable[[str], tuple[int, bytes, int]]]:
    good = whole(blobs)

    def truncated(name: str) -> tuple[int, bytes, int]:
        status, body, length = good(name)
        return status, body[: length // 2], length

    def cut_without_notice(name: str) -> tuple[int, bytes, int]:
        status, body, length = good(name)
        return status, body[: length // 2], length // 2

    return {
        "status 503": lambda name: (503, b"busy", 4),
        "truncated": truncated,
        "cut without notice": cut_without_notice,
        "login page": lambda name: (200, b"<html>log in</html>", 19),
        "nothing": lambda name: (200, b"", 0),
    }


@pytest.mark.parametrize("how", sorted(bad_answers(made_up())))
def test_the_next_mirror_is_asked_when_one_fails(
    tiny: dict[str, bytes], cache: Path, mirror: Callable[..., Mirror], how: str
) -> None:
    bad, good = mirror(bad_answers(tiny)[how]), mirror(whole(tiny))
    assert_is_tiny(load_mnist(mirrors=[bad.url, good.url]), tiny)
    assert len(bad.requests) == len(good.requests) == 4
    assert {p.name for p in cache.iterdir()} - {".lock"} == {f"{name}.gz" for name in NAMES}


def test_a_mirror_that_refuses_the_connection_is_passed_over(
    tiny: dict[str, bytes], cache: Path, mirror: Callable[..., Mirror]
) -> None:
    assert_is_tiny(load_mnist(mirrors=[nobody(), mirror(whole(tiny)).url]), tiny)


def test_a_mirror_is_asked_again_after_a_failure(
    tiny: dict[str, bytes], cache: Path, mirror: Callable[..., Mirror]
) -> None:
    seen: set[str] = set()

    def moody(name: str) -> tuple[int, bytes, int]:
        if name not in seen:
            seen.add(name)
            return 500, b"", 0
        return whole(tiny)(name)

    moody_mirror = mirror(moody)
    assert_is_tiny(load_mnist(mirrors=[moody_mirror.url]), tiny)
    assert len(moody_mirror.requests) == 8


def test_a_server_may_unpack_the_files_on_the_way(
    tiny: dict[str, bytes], cache: Path, mirror: Callable[..., Mirror]
) -> None:
    def unpacked(name: str) -> tuple[int, bytes, int]:
        blob = tiny[name.removesuffix(".gz")]
        return 200, blob, len(blob)

    assert_is_tiny(load_mnist(mirrors=[mirror(unpacked).url]), tiny)
    assert {p.name for p in cache.iterdir()} - {".lock"} == set(NAMES)
    assert_is_tiny(load_mnist(mirrors=[]), tiny)


def test_a_damaged_file_in_the_cache_is_downloaded_again(
    tiny: dict[str, bytes], cache: Path, mirror: Callable[..., Mirror]
) -> None:
    put(cache, tiny)
    (cache / f"{TRAIN_X}.gz").write_bytes(b"")
    good = mirror(whole(tiny))
    assert_is_tiny(load_mnist(mirrors=[good.url]), tiny)
    assert good.requests == [f"{TRAIN_X}.gz"]
    assert_is_tiny(load_mnist(mirrors=[]), tiny)


def test_a_damaged_file_in_the_cache_is_an_error_offline(
    tiny: dict[str, bytes], cache: Path
) -> None:
    put(cache, tiny)
    (cache / f"{TRAIN_X}.gz").write_bytes(b"")
    with pytest.raises(DataError, match=rf"{TRAIN_X}.gz is empty.*again failed: .*no connection"):
        load_mnist(mirrors=[nobody()])


def test_an_interrupted_download_leaves_no_part(
    tiny: dict[str, bytes],
    cache: Path,
    mirror: Callable[..., Mirror],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    good = mirror(whole(tiny))

    def interrupt(source: object, target: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr("d2lmini._files.os.replace", interrupt)
        with pytest.raises(KeyboardInterrupt):
            load_mnist(mirrors=[good.url])
    assert {p.name for p in cache.iterdir()} <= {".lock"}
    assert_is_tiny(load_mnist(mirrors=[good.url]), tiny)


def test_the_part_of_a_killed_process_is_swept_up(
    tiny: dict[str, bytes], cache: Path, mirror: Callable[..., Mirror]
) -> None:
    cache.mkdir(parents=True)
    (cache / f"{TRAIN_X}.gz.abc123.part").write_bytes(b"half")
    load_mnist(mirrors=[mirror(whole(tiny)).url])
    assert not list(cache.glob("*.part"))


def test_two_processes_at_once_download_once(
    tiny: dict[str, bytes], tmp_path: Path, cache: Path, mirror: Callable[..., Mirror]
) -> None:
    both_wait = threading.Event()
    good = whole(tiny)

    def slow(name: str) -> tuple[int, bytes, int]:
        both_wait.wait(0.5)  # time for the other process to find the cache empty, too
        return good(name)

    server = mirror(slow)
    script = (
        "import pathlib, sys, pooch\n"
        "from d2lmini import data\n"
        f"data._MNIST.update({dict(data._MNIST)!r})\n"
        f"pooch.os_cache = lambda project: pathlib.Path({str(tmp_path / 'cache')!r}) / project\n"
        f"print(repr(data.load_mnist(mirrors=[{server.url!r}])))\n"
    )
    environment = {**os.environ, "NO_PROXY": "*", "PYTHONPATH": str(Path(data.__file__).parents[2])}
    processes = [
        subprocess.Popen(
            [sys.executable, "-W", "error", "-c", script],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            env=environment,
        )
        for _ in range(2)
    ]
    for process in processes:
        out, err = process.communicate(timeout=300)
        assert (process.returncode, err) == (0, "")
        assert out.startswith("Dataset('MNIST': 30 examples")
    assert sorted(server.requests) == sorted(f"{name}.gz" for name in NAMES)


@pytest.mark.parametrize("step", ["folder", "write"])
def test_where_the_cache_cannot_be_written_mnist_is_used_from_memory_with_one_warning(
    tiny: dict[str, bytes],
    cache: Path,
    mirror: Callable[..., Mirror],
    monkeypatch: pytest.MonkeyPatch,
    step: str,
) -> None:
    if step == "folder":
        cache.parent.mkdir(parents=True)
        cache.write_text("a file where the folder should be")
    else:

        def full(*args: object, **options: object) -> None:
            raise OSError(28, "No space left on device")

        monkeypatch.setattr("d2lmini._files.os.fsync", full)
    good = mirror(whole(tiny))
    with pytest.warns(UserWarning, match=r"cannot be kept in .*mnist .*D2LMINI_DATA") as caught:
        got = load_mnist(mirrors=[good.url])
    assert len(caught) == 1
    assert caught[0].filename == __file__
    assert_is_tiny(got, tiny)
    assert len(good.requests) == 4
    if step == "write":
        assert {p.name for p in cache.iterdir()} <= {".lock"}


def test_a_filled_cache_is_only_read(
    tiny: dict[str, bytes], cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    put(cache, tiny)
    monkeypatch.setattr(
        published, "locked", lambda folder: pytest.fail("a read-only folder has no lock")
    )
    assert_is_tiny(load_mnist(mirrors=[]), tiny)
    assert {p.name for p in cache.iterdir()} == {f"{name}.gz" for name in NAMES}


# The substitute


def test_offline_with_an_empty_cache_the_digits_stand_in_with_one_warning(
    tiny: dict[str, bytes], cache: Path
) -> None:
    with pytest.warns(UserWarning, match=r"127\.0\.0\.1:\d+: no connection.*digits") as caught:
        digits = load_mnist(mirrors=[nobody()])
    assert len(caught) == 1
    assert caught[0].filename == __file__
    assert digits.name == "digits (8×8)"
    assert digits.source.startswith("scikit-learn ")
    assert (digits.n_features, digits.n_classes) == (64, 10)
    assert digits.train_x.dtype == np.float32
    assert digits.train_y.dtype == np.int64
    assert (digits.train_x.min(), digits.train_x.max()) == (0.0, 1.0)
    assert len(digits.train_x) + len(digits.test_x) == 1797
    for y in (digits.train_y, digits.test_y):  # each class has its share, to one image
        share = np.bincount(y) / len(y)
        np.testing.assert_allclose(share, 0.1, atol=0.005)
    with pytest.warns(UserWarning, match="digits"):
        assert load_mnist(mirrors=[nobody()]).fingerprint == digits.fingerprint


def test_no_image_is_both_for_training_and_for_testing() -> None:
    digits = data._digits()
    train = {x.tobytes() for x in digits.train_x}
    assert not train & {x.tobytes() for x in digits.test_x}


def test_without_scikit_learn_the_error_says_what_to_do(
    tiny: dict[str, bytes], cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "sklearn", None)
    with (
        pytest.warns(UserWarning, match="could not be downloaded"),
        pytest.raises(DataError, match=r"install scikit-learn, or set D2LMINI_DATA"),
    ):
        load_mnist(mirrors=[nobody()])


def test_availability_says_so_without_network_and_tries_it_when_asked(
    tiny: dict[str, bytes], cache: Path, mirror: Callable[..., Mirror]
) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        good = mirror(whole(tiny))
        assert not mnist_available(mirrors=[good.url])
        assert good.requests == []
        assert not mnist_available(download=True, mirrors=[nobody()])
        assert mnist_available(download=True, mirrors=[good.url])
        assert mnist_available()


# The data set itself


def test_arrays_cannot_be_changed() -> None:
    digits = data._digits()
    for name in ("train_x", "train_y", "test_x", "test_y"):
        with pytest.raises(ValueError, match="read-only"):
            getattr(digits, name)[0] = 0
    with pytest.raises(AttributeError):
        digits.name = "other"  # type: ignore[misc]


def test_fingerprint_tells_data_sets_apart_by_content() -> None:
    x, y = np.zeros((4, 3), dtype=np.float32), np.array([0, 1, 1, 0])

    def make(**changes: Any) -> Dataset:
        parts = {"train_x": x, "train_y": y, "test_x": x[:2], "test_y": y[:2]}
        return Dataset(**({"name": "toy", "source": "here", **parts} | changes))

    same = make(source="there", train_x=x.copy(order="F"))
    assert make().fingerprint == same.fingerprint
    others = [
        make(name="other"),
        make(train_x=x + 1),
        make(train_y=1 - y),
        make(train_x=x.astype(np.float64)),
    ]
    assert len({d.fingerprint for d in [make(), *others]}) == 5


@pytest.mark.parametrize(
    "shapes",
    [((4, 3), (3,), (2, 3), (2,)), ((4,), (4,), (2, 3), (2,)), ((4, 3), (4,), (2, 5), (2,))],
)
def test_arrays_that_do_not_fit_together_are_an_error(shapes: tuple[tuple[int, ...], ...]) -> None:
    arrays = [np.zeros(shape) for shape in shapes]
    with pytest.raises(ValueError, match="toy: "):
        Dataset("toy", "here", *arrays)  # type: ignore[arg-type]


def test_importing_the_module_brings_neither_torch_nor_scikit_learn() -> None:
    script = (
        "import sys, d2lmini.data\n"
        "print([m for m in ('torch', 'sklearn', 'requests', 'matplotlib') if m in sys.modules])"
    )
    environment = {**os.environ, "PYTHONPATH": str(Path(data.__file__).parents[2])}
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, env=environment, check=True
    )
    assert done.stdout.strip() == "[]"


# The real one


@pytest.fixture(scope="module")
def mnist() -> Dataset:
    if not mnist_available():
        pytest.skip("MNIST is neither in D2LMINI_DATA nor in the cache folder")
    return load_mnist()


def test_real_mnist_is_what_lecun_et_al_describe(mnist: Dataset) -> None:
    assert mnist.train_x.shape == (60_000, 784)
    assert mnist.test_x.shape == (10_000, 784)
    assert np.bincount(mnist.train_y).tolist() == [
        5923, 6742, 5958, 6131, 5842, 5421, 5918, 6265, 5851, 5949,
    ]  # fmt: skip
    assert (mnist.train_x.min(), mnist.train_x.max()) == (0.0, 1.0)
    # Mean and standard deviation that everybody normalises with.
    assert mnist.train_x.mean(dtype=np.float64) == pytest.approx(0.1307, abs=5e-5)
    assert mnist.train_x.std(dtype=np.float64) == pytest.approx(0.3081, abs=5e-5)
    # An image is upright and in row order: the first one, a 5, has its ink where a 5 has it.
    first = mnist.train_x[0].reshape(28, 28)
    assert mnist.train_y[0] == 5
    assert first[5:10, 6:22].mean() > 3 * first[15:20, 2:10].mean()

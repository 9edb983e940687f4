"""The airfoil data and regression: where the file is found, how it may be broken, how it is fitted.

Most tests of the loader use a made-up table, whose checksum replaces the real one.
"""

from __future__ import annotations

import copy
import hashlib
import http.server
import json
import math
import sys
import threading
import warnings
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import nn
from torch.nn import functional as F

import chapters
import nbval_datasets
import needed_data
from d2lmini import evaluation, losses, training
from d2lmini.data import (
    DataError,
    Dataset,
    airfoil,
    airfoil_available,
    download,
    load_airfoil,
    substitutes,
)
from d2lmini.data.table import parse_table
from d2lmini.losses import half_mse
from d2lmini.training import History, evaluate_loss, mlp, train

NAME = "airfoil_self_noise.dat"


@pytest.fixture(autouse=True)
def memo_folder(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    monkeypatch.setenv("D2LMINI_CACHE", str(tmp_path / "memo"))
    return tmp_path / "memo"


def made_up_table() -> bytes:
    rng = np.random.default_rng(0)
    rows = rng.normal(5.0, 3.0, (1503, 6)).round(3)
    return "".join("\t".join(map(str, row)) + "\n" for row in rows.tolist()).encode()


@pytest.fixture
def table(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> bytes:
    """Replace the data by a made-up table, and the reader's folders and network by empty ones."""
    blob = made_up_table()
    monkeypatch.setitem(airfoil._AIRFOIL, NAME, hashlib.sha256(blob).hexdigest())
    monkeypatch.delenv("D2LMINI_DATA", raising=False)
    monkeypatch.setenv("NO_PROXY", "*")
    monkeypatch.setattr("pooch.os_cache", lambda project: tmp_path / "cache" / project)
    monkeypatch.setattr(download, "_PAUSE", 0.0)
    return blob


@pytest.fixture
def cache(table: bytes, tmp_path: Path) -> Path:
    return tmp_path / "cache" / "d2lmini" / "airfoil"


def put(folder: Path, blob: bytes) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    (folder / NAME).write_bytes(blob)
    return folder


@pytest.fixture
def mirror() -> Iterator[Callable[[bytes], str]]:
    """Start servers that answer each request for the file with the given bytes."""
    servers: list[http.server.ThreadingHTTPServer] = []

    def start(body: bytes) -> str:
        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                found = self.path == f"/{NAME}"
                self.send_response(200 if found else 404)
                self.send_header("Content-Length", str(len(body) if found else 0))
                self.end_headers()
                self.wfile.write(body if found else b"")

            def log_message(self, format: str, *args: Any) -> None:
                pass

        server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
        servers.append(server)
        return f"http://127.0.0.1:{server.server_port}/"

    yield start
    for server in servers:
        server.shutdown()
        server.server_close()


def nobody() -> str:
    """Return an address at which the connection is refused."""
    server = http.server.HTTPServer(("127.0.0.1", 0), http.server.BaseHTTPRequestHandler)
    server.server_close()
    return f"http://127.0.0.1:{server.server_port}/"


def assert_is_table(got: Dataset, blob: bytes) -> None:
    """Oracle: NumPy's own reader, and the definition of whitening."""
    raw = np.array([line.split(b"\t") for line in blob.splitlines()], dtype=float)
    x = (raw - raw.mean(axis=0)) / raw.std(axis=0)
    assert (got.name, got.n_features, got.n_classes) == ("airfoil self-noise", 5, None)
    assert got.train_x.shape == (1500, 5)
    assert got.test_y.shape == (3,)
    for split, rows in (("train", slice(1500)), ("test", slice(1500, None))):
        for part, columns in (("x", slice(5)), ("y", 5)):
            array = getattr(got, f"{split}_{part}")
            assert array.dtype == np.float32
            np.testing.assert_allclose(array, x[rows, columns], rtol=1e-6, atol=1e-7)


# Where the file is looked for


@pytest.mark.parametrize("layout", [".", "airfoil"])
@pytest.mark.parametrize("ending", [b"\n", b"\r\n"])
def test_root_may_hold_the_file_in_either_layout_and_with_either_line_end(
    table: bytes, tmp_path: Path, layout: str, ending: bytes
) -> None:
    root = tmp_path / "root"
    put(root / layout, table.replace(b"\n", ending))
    got = load_airfoil(root)
    assert_is_table(got, table)
    assert got.source == str(root)
    assert airfoil_available(root)


def test_argument_goes_before_environment_before_cache(
    table: bytes, tmp_path: Path, cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    put(cache, table)
    assert load_airfoil().source == str(cache)
    monkeypatch.setenv("D2LMINI_DATA", str(put(tmp_path / "environment", table)))
    assert load_airfoil().source == str(tmp_path / "environment")
    assert load_airfoil(put(tmp_path / "argument", table)).source == str(tmp_path / "argument")


def test_an_explicit_folder_without_the_file_is_an_error(
    table: bytes, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(DataError, match=r"no airfoil data in .*nowhere \(given as root\)"):
        load_airfoil(tmp_path / "nowhere")
    monkeypatch.setenv("D2LMINI_DATA", str(tmp_path))
    with pytest.raises(DataError, match=rf"named by D2LMINI_DATA\): missing {NAME}. Put {NAME} in"):
        load_airfoil()
    assert not airfoil_available(download=True)


# Damaged files

DAMAGE = {
    "empty": (lambda raw: b"", r"is empty \(0 bytes\)"),
    "half": (lambda raw: raw[: len(raw) // 2], r"is truncated: it breaks off in line \d+ of 1503"),
    "rows missing": (
        lambda raw: b"".join(raw.splitlines(True)[:900]),
        r"is truncated: it holds 900 rows, where 1503 were published",
    ),
    "a row too many": (lambda raw: raw + raw.splitlines(True)[0], r"is too long: it holds 1504"),
    "a column missing": (
        lambda raw: b"".join(line.rpartition(b"\t")[0] + b"\n" for line in raw.splitlines()),
        r"has the wrong columns: 5 in line 1, where 6 were published",
    ),
    "a column too many": (
        lambda raw: raw.replace(b"\n", b"\t0\n"),
        r"has the wrong columns: 7 in line 1",
    ),
    "commas": (lambda raw: raw.replace(b"\t", b","), r"is not a table of numbers separated by tab"),
    "html": (lambda raw: b"<html>gone</html>", r"not a table of numbers .* begins '<html>gone"),
    "binary": (lambda raw: bytes(range(128, 256)) * 9, r"not a table of numbers"),
    "a word": (lambda raw: raw.replace(b"5", b"x", 1), r"not a table of numbers"),
    "a digit altered": (
        lambda raw: raw[:-2] + bytes([raw[-2] ^ 1]) + raw[-1:],
        r"was altered or is another data set: the SHA-256",
    ),
    "the last byte missing": (lambda raw: raw[:-1], r"was altered or is another data set"),
}


@pytest.mark.parametrize(("damage", "message"), DAMAGE.values(), ids=DAMAGE)
def test_a_damaged_file_is_an_error_that_names_it_and_the_remedy(
    table: bytes, tmp_path: Path, damage: Callable[[bytes], bytes], message: str
) -> None:
    folder = put(tmp_path / "root", damage(table))
    with pytest.raises(DataError, match=message) as caught:
        load_airfoil(folder)
    assert str(folder / NAME) in str(caught.value)
    assert f"Delete it and get {NAME} again" in str(caught.value)


@settings(deadline=None, max_examples=60)
@given(st.binary(max_size=200))
def test_any_bytes_are_a_table_or_a_clear_error(blob: bytes) -> None:
    try:
        assert parse_table(blob, rows=2, columns=2, where="it").shape == (2, 2)
    except ValueError as error:
        kinds = ("is truncated", "is too long", "is not a table", "has the")
        assert str(error).removeprefix("it ").startswith(kinds)


# Downloading and the substitute


def test_download_fills_the_cache_and_passes_over_bad_mirrors(
    table: bytes, cache: Path, mirror: Callable[[bytes], str]
) -> None:
    windows = mirror(table.replace(b"\n", b"\r\n"))
    bad = [nobody(), mirror(b"<html>log in</html>"), mirror(b""), mirror(table[:1000])]
    assert not airfoil_available(mirrors=[windows])
    assert_is_table(load_airfoil(mirrors=[*bad, windows]), table)
    assert {path.name for path in cache.iterdir()} - {".lock"} == {NAME}
    assert airfoil_available()
    assert_is_table(load_airfoil(mirrors=[]), table)


def test_a_damaged_file_in_the_cache_is_downloaded_again_or_an_error(
    table: bytes, cache: Path, mirror: Callable[[bytes], str]
) -> None:
    put(cache, table[:500])
    with pytest.raises(DataError, match=r"is truncated.*again failed: .*no connection"):
        load_airfoil(mirrors=[nobody()])
    assert_is_table(load_airfoil(mirrors=[mirror(table)]), table)
    assert_is_table(load_airfoil(mirrors=[]), table)


def test_where_the_cache_cannot_be_written_one_warning_says_so(
    table: bytes, cache: Path, mirror: Callable[[bytes], str]
) -> None:
    cache.parent.mkdir(parents=True)
    cache.write_text("a file where the folder should be")
    good = mirror(table)
    with pytest.warns(UserWarning, match=r"airfoil data was.*cannot be kept .*its file") as caught:
        assert_is_table(load_airfoil(mirrors=[good]), table)
    assert [warning.filename for warning in caught] == [__file__]
    with pytest.warns(UserWarning, match="cannot be kept") as caught:
        assert airfoil_available(download=True, mirrors=[good])
    assert [warning.filename for warning in caught] == [__file__]


def test_offline_with_an_empty_cache_another_regression_stands_in_with_one_warning(
    table: bytes,
) -> None:
    with pytest.warns(UserWarning, match=r"no connection.*diabetes.*D2LMINI_DATA") as caught:
        got = load_airfoil(mirrors=[nobody()])
    assert [warning.filename for warning in caught] == [__file__]
    assert got.name == "diabetes"
    assert got.source.startswith("scikit-learn ")
    assert (got.n_features, got.n_classes) == (10, None)
    assert (len(got.train_x), len(got.test_x)) == (397, 45)
    whole = np.vstack([got.train_x, got.test_x])
    np.testing.assert_allclose(whole.mean(axis=0), 0, atol=1e-6)
    np.testing.assert_allclose(whole.std(axis=0), 1, rtol=1e-5)
    assert not {row.tobytes() for row in got.train_x} & {row.tobytes() for row in got.test_x}
    assert substitutes.diabetes().fingerprint == got.fingerprint


def test_without_scikit_learn_the_error_says_what_to_do(
    table: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "sklearn", None)
    with (
        pytest.warns(UserWarning, match="could not be downloaded"),
        pytest.raises(DataError, match=r"install scikit-learn, or set D2LMINI_DATA"),
    ):
        load_airfoil(mirrors=[nobody()])


def test_availability_says_so_without_network_and_tries_it_when_asked(
    table: bytes, mirror: Callable[[bytes], str]
) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert not airfoil_available(mirrors=[mirror(table)])
        assert not airfoil_available(download=True, mirrors=[nobody()])
        assert airfoil_available(download=True, mirrors=[mirror(table)])
        assert airfoil_available()


def test_a_page_that_asks_for_the_data_is_told_whether_they_are_here(
    table: bytes, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    text = "---\ntitle: Fit\ndatasets: [airfoil]\n---\n\n# Fit\n"
    names = chapters.parse(text, tmp_path / "fit.md").datasets
    page = tmp_path / "fit.ipynb"
    page.write_text(json.dumps({"metadata": {"d2lmini": {"datasets": names}}}), "utf-8")
    monkeypatch.setenv("D2LMINI_DATA", str(tmp_path / "empty"))
    assert needed_data.missing(names, download=False) == ["airfoil"]
    assert needed_data.missing(["airfoil", "mnist"], download=True) == ["airfoil", "mnist"]
    assert nbval_datasets._missing.__wrapped__(nbval_datasets._datasets(page)) == ("airfoil",)
    put(tmp_path / "full" / "airfoil", table)
    monkeypatch.setenv("D2LMINI_DATA", str(tmp_path / "full"))
    assert needed_data.missing(["mnist", "airfoil"], download=False) == ["mnist"]
    assert nbval_datasets._missing.__wrapped__(nbval_datasets._datasets(page)) == ()


# Regression


def line(n: int = 230, name: str = "line") -> Dataset:
    """Return noisy values of a linear function of three features."""
    rng = np.random.default_rng(1)
    x = rng.normal(size=(n + 20, 3)).astype(np.float32)
    y = (x @ [1.0, -2.0, 0.5] + 0.3 + 0.1 * rng.normal(size=n + 20)).astype(np.float32)
    return Dataset(name, "random numbers", x[:n], y[:n], x[n:], y[n:])


@pytest.fixture(scope="module")
def data() -> Dataset:
    return line()


def quick(model: nn.Module, data: Dataset, **options: Any) -> History:
    defaults = {"eta": 0.02, "beta": 0.5, "batch_size": 10, "epochs": 2}
    return train(model, data, **(defaults | options))


def state(model: nn.Module) -> torch.Tensor:
    return nn.utils.parameters_to_vector(model.parameters()).detach()


def usual_loop(
    model: nn.Module, data: Dataset, *, eta: float, beta: float, seed: int, epochs: int = 2
) -> list[float]:
    """Train as everybody does; the order is the one that `train` documents."""
    like = next(model.parameters()).dtype
    x, y = torch.tensor(data.train_x, dtype=like), torch.tensor(data.train_y, dtype=like)
    optimizer = torch.optim.SGD(model.parameters(), lr=eta, momentum=beta)
    generator = torch.Generator().manual_seed(seed)
    costs = []
    for _ in range(epochs):
        order = torch.randperm(len(x), generator=generator)
        for start in range(0, len(x) - 9, 10):
            chosen = order[start : start + 10]
            optimizer.zero_grad()
            cost = ((model(x[chosen]).squeeze(1) - y[chosen]) ** 2 / 2).mean()
            cost.backward()
            optimizer.step()
            costs.append(cost.item())
    return costs


@settings(deadline=None, max_examples=15)
@given(
    eta=st.floats(1e-4, 0.1), beta=st.sampled_from([0.0, 0.5, 0.9, 0.99]), seed=st.integers(0, 99)
)
def test_linear_regression_makes_the_trajectory_of_torchs_sgd(
    eta: float, beta: float, seed: int
) -> None:
    data = line()
    ours = mlp([3, 1], seed=seed).double()
    theirs = copy.deepcopy(ours)
    history = quick(ours, data, eta=eta, beta=beta, seed=seed, memo=False)
    costs = usual_loop(theirs, data, eta=eta, beta=beta, seed=seed)
    np.testing.assert_allclose(history.loss, costs, rtol=1e-12, atol=1e-14)
    torch.testing.assert_close(state(ours), state(theirs), rtol=1e-12, atol=1e-14)


def test_twice_the_loss_is_twice_the_learning_rate_bit_for_bit(data: Dataset) -> None:
    ours, theirs = mlp([3, 1], seed=0), mlp([3, 1], seed=0)
    half = quick(ours, data, eta=0.01, beta=0.9)
    full = quick(theirs, data, eta=0.005, beta=0.9, loss=F.mse_loss)
    assert torch.equal(state(ours), state(theirs))
    np.testing.assert_array_equal(2 * half.loss, full.loss)


def test_outputs_may_be_a_column_or_a_vector(data: Dataset) -> None:
    column = mlp([3, 8, 1], seed=0)
    vector = nn.Sequential(*copy.deepcopy(column), nn.Flatten(0))
    for loss in (None, F.mse_loss, F.huber_loss, F.l1_loss):
        first, second = copy.deepcopy(column), copy.deepcopy(vector)
        one, two = quick(first, data, loss=loss), quick(second, data, loss=loss)
        np.testing.assert_array_equal(one.loss, two.loss)
        assert one.test_loss == two.test_loss
        assert torch.equal(state(first), state(second))


def test_the_history_of_a_regression_has_a_test_loss_and_no_accuracy(data: Dataset) -> None:
    model = mlp([3, 1], seed=0)
    history = quick(model, data, memo=False)
    with torch.no_grad():
        errors = model(torch.tensor(data.test_x)).squeeze(1).numpy() - data.test_y
    assert history.accuracy is None
    assert history.test_loss == pytest.approx((errors**2).mean() / 2, rel=1e-5)
    assert history.test_loss == pytest.approx(evaluate_loss(model, data, split="test"), rel=1e-6)
    assert f"46 steps, test loss {history.test_loss:.3g}" in repr(history)
    lost = quick(mlp([3, 1], seed=0), data, eta=1e20, epochs=20)
    assert lost.diverged
    assert lost.accuracy is None
    assert lost.test_loss is not None
    assert math.isnan(lost.test_loss)
    assert "diverged" in repr(lost)


def test_a_long_run_finds_the_least_squares_solution(data: Dataset) -> None:
    model = mlp([3, 1], seed=0).double()
    train(model, data, eta=0.5, batch_size=230, max_steps=400, beta=0.2)
    columns = np.column_stack([data.train_x, np.ones(230)]).astype(np.float64)
    best, *_ = np.linalg.lstsq(columns, data.train_y.astype(np.float64), rcond=None)
    np.testing.assert_allclose(state(model).numpy(), best, rtol=1e-10)


def test_runs_of_a_regression_are_kept_and_told_apart(
    data: Dataset, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    computed: list[str] = []
    run = training.run

    def counting(*args: Any, **options: Any) -> History:
        computed.append("run")
        return run(*args, **options)

    monkeypatch.setattr(training, "run", counting)
    first = quick(mlp([3, 1], seed=0), data)
    model = mlp([3, 1], seed=0)
    second = quick(model, data, loss=half_mse)
    assert len(computed) == 1
    assert (second.accuracy, second.test_loss) == (None, first.test_loss)
    assert second.test_loss == pytest.approx(evaluate_loss(model, data, split="test"), rel=1e-6)
    quick(mlp([3, 1], seed=0), data, loss=F.mse_loss)
    quick(mlp([3, 1], seed=0), line(name="other"))
    assert len(computed) == 3
    for module in (losses, evaluation):
        edited = tmp_path / "edited.py"
        edited.write_bytes(Path(str(module.__file__)).read_bytes() + b"\n# edited\n")
        with monkeypatch.context() as patch:
            patch.setattr(module, "__file__", str(edited))
            quick(mlp([3, 1], seed=0), data)
    assert len(computed) == 5


def test_the_loss_of_a_part_is_the_mean_over_its_examples(data: Dataset) -> None:
    big = line(2345)  # more than two blocks
    model = nn.Sequential(nn.Linear(3, 4), nn.Dropout(0.5), nn.Linear(4, 1))
    model.train()
    before = torch.get_rng_state()
    got = evaluate_loss(model, big)
    assert torch.equal(torch.get_rng_state(), before)
    assert model[1].training
    model.eval()
    with torch.no_grad():
        errors = model(torch.tensor(big.train_x)).squeeze(1).numpy() - big.train_y
    assert got == pytest.approx((errors**2).mean() / 2, rel=1e-5)
    assert evaluate_loss(model, big, loss=F.mse_loss) == pytest.approx(2 * got, rel=1e-6)
    classes = Dataset("c", "here", big.train_x, (big.train_y > 0).astype(np.int64),
                      big.test_x, (big.test_y > 0).astype(np.int64))  # fmt: skip
    constant = mlp([3, 2], seed=0)
    nn.init.zeros_(constant[0].weight)
    nn.init.zeros_(constant[0].bias)
    assert evaluate_loss(constant, classes, split="test") == pytest.approx(math.log(2))
    with pytest.raises(ValueError, match=r"split=\"train\" or split=\"test\", got 'both'"):
        evaluate_loss(model, big, split="both")
    with pytest.raises(
        ValueError, match=r"the model needs parameters, got none: build it with mlp"
    ):
        evaluate_loss(nn.Flatten(), big)


@pytest.mark.parametrize(
    ("model", "message"),
    [
        (
            mlp([3, 2], seed=0),
            r"one output for each example of line, got .*\(2, 2\).*\[3, ..., 1\]",
        ),
        (mlp([5, 1], seed=0), r"does not take the 3 features of line"),
        (nn.LSTM(3, 1), r"needs to return one tensor, got tuple"),
        (nn.Flatten(), r"parameters that require a gradient"),
    ],
)
def test_a_model_that_does_not_fit_is_refused(
    data: Dataset, model: nn.Module, message: str
) -> None:
    with pytest.raises(ValueError, match=message):
        quick(model, data)


def test_a_loss_that_is_not_one_number_is_refused(data: Dataset) -> None:
    for loss in (lambda a, b: (a - b) ** 2, lambda a, b: 1.0):
        with pytest.raises(ValueError, match=r"the loss needs to return a tensor with one number"):
            quick(mlp([3, 1], seed=0), data, loss=loss)
        assert torch.is_grad_enabled()
    with pytest.raises(ValueError, match=r"same shape, got \(4, 1\) and \(4,\)"):
        half_mse(torch.zeros(4, 1), torch.zeros(4))


def test_classes_in_one_part_and_values_in_the_other_are_an_error() -> None:
    x = np.zeros((4, 3), dtype=np.float32)
    with pytest.raises(ValueError, match=r"mixed: .*whole numbers .* got int64 and float64"):
        Dataset("mixed", "here", x, np.arange(4), x, np.zeros(4))


# The real data


@pytest.fixture(scope="module")
def real() -> Dataset:
    if not airfoil_available():
        pytest.skip("the airfoil data are neither in D2LMINI_DATA nor in the cache folder")
    return load_airfoil()


def test_real_data_are_what_was_measured(real: Dataset) -> None:
    assert real.train_x.shape == (1500, 5)
    # Louder at low frequencies; and the least-squares fit explains half of the variance.
    assert np.corrcoef(real.train_x[:, 0], real.train_y)[0, 1] == pytest.approx(-0.39, abs=0.01)
    columns = np.column_stack([real.train_x, np.ones(1500)]).astype(np.float64)
    _, residual, *_ = np.linalg.lstsq(columns, real.train_y.astype(np.float64), rcond=None)
    assert residual[0] / 3000 == pytest.approx(0.2417, abs=1e-4)


@pytest.mark.parametrize(("eta", "beta"), [(0.02, 0.5), (0.01, 0.9), (0.005, 0.9)])
@pytest.mark.parametrize("seed", [0, 1])
def test_the_runs_of_the_course_come_close_to_the_best_fit(
    real: Dataset, eta: float, beta: float, seed: int
) -> None:
    model = mlp([5, 1], seed=seed)
    theirs = copy.deepcopy(model)
    assert evaluate_loss(model, real) > 0.5
    history = quick(model, real, eta=eta, beta=beta, seed=seed)
    assert history.steps == 300
    assert not history.diverged
    assert 0.2416 < evaluate_loss(model, real) < 0.26
    costs = usual_loop(theirs, real, eta=eta, beta=beta, seed=seed)
    np.testing.assert_allclose(history.loss, costs, rtol=2e-4, atol=1e-6)
    torch.testing.assert_close(state(model), state(theirs), rtol=1e-4, atol=1e-5)

"""Fixtures which several test modules share: a real browser, and a server for a folder.

The browser is whatever Chromium the machine has; `chromium`, in ``site/``, finds it.
A machine without any skips the browser tests, and says so.
"""

from __future__ import annotations

import functools
import http.server
import os
import signal
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
from hypothesis import HealthCheck, Phase
from hypothesis import settings as hypothesis_settings

# One thread for each worker, as in the kernels of the notebooks. The problems are small; threads
# that wait for one another on a busy machine take more time than they save, ten times in places.
# NumPy and PyTorch read this when they are imported.
os.environ["OMP_NUM_THREADS"] = "1"
os.environ["MKL_NUM_THREADS"] = "1"
os.environ["OPENBLAS_NUM_THREADS"] = "1"

import d2lmini as d2l
import policy
from chromium import FLAGS, BrowserError, named_or_found
from explorable_visit import Tabs, frame, visiting
from serve import Server
from site_visit import PREFIX

# The same examples every time, and no failure for being slow: whether a commit passes is no matter
# of luck. `pytest --hypothesis-profile=search` draws others, and remembers those that failed.
hypothesis_settings.register_profile(
    "course", derandomize=True, deadline=None, suppress_health_check=[HealthCheck.too_slow]
)
hypothesis_settings.register_profile(
    "search", deadline=None, suppress_health_check=[HealthCheck.too_slow]
)
hypothesis_settings.load_profile("course")

# For the mutation run, which only asks whether a test fails: the same examples for every mutant,
# no search for a smaller one that fails as well, and no failure for being slow on a busy machine.
hypothesis_settings.register_profile(
    "mutants",
    derandomize=True,
    database=None,
    phases=[Phase.explicit, Phase.generate],
    suppress_health_check=list(HealthCheck),
)

ROOT = Path(__file__).resolve().parents[1]

# No name has an address but that of this machine: whatever asks for a file from elsewhere fails.
# To let each request pass through the tests instead would cost a page half of the time it takes
# to load, and would switch off the browser's cache.
OFFLINE = "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1, EXCLUDE localhost"


@pytest.fixture(params=["en", "vi", "tr", "zh"])
def each_language(request: Any) -> Iterator[str]:
    """Label figures in one language after the other, and in English again afterwards."""
    d2l.use_language(request.param)
    yield request.param
    d2l.use_language("en")


def chromium_path() -> str | None:
    """Return the path of a Chromium of this machine, or None to let Playwright use its own."""
    try:
        return named_or_found()
    except BrowserError as error:
        pytest.fail(str(error))


def pytest_configure() -> None:
    """Let Ctrl-C reach the programs under test, even where a script started us in the background.

    A shell starts background jobs with SIGINT ignored, and that is inherited.
    """
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)


# Files whose tests share no fixture that takes long to make: any worker may take any of them.
SPREAD = {"test_site_browser", "test_site_look", "test_site_sweep"}

# Files that take more than half a minute; begun last, one of them would keep one worker busy long
# after the others have ended.
LONG = ("test_explore_lab", "test_sweep", "test_book", "test_notebooks", "test_properties")


@pytest.hookimpl(tryfirst=True)  # before xdist reads the marks
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Say which tests `pytest -n 2 --dist loadgroup` keeps on one worker: those of one file.

    The tests of all explorables would keep one worker busy for too long, so there it is those of
    one explorable. Long files come first, and last what any worker may take.
    """
    turn = {stem: k - len(LONG) for k, stem in enumerate(LONG)} | dict.fromkeys(SPREAD, 1)
    items.sort(key=lambda item: turn.get(item.path.stem, 0))
    for item in items:
        stem = item.path.stem
        if stem == "test_explore_all":
            parameters = getattr(getattr(item, "callspec", None), "params", {})
            stem += f"-{parameters.get('name', '')}"
        if stem not in SPREAD:
            item.add_marker(pytest.mark.xdist_group(stem))


@pytest.fixture(scope="session")
def browser() -> Iterator[Any]:
    """Yield a headless Chromium (a Playwright ``Browser``), shared by the whole test session.

    It reaches this machine and nothing else.
    """
    api = pytest.importorskip("playwright.sync_api", reason="Playwright is not installed")
    with api.sync_playwright() as playwright:
        executable = chromium_path()
        if executable is None and not Path(playwright.chromium.executable_path).is_file():
            pytest.skip(
                "no Chromium here: install one (apt-get install chromium, or "
                "'playwright install chromium'), or name it in COURSE_CHROMIUM"
            )
        chromium = playwright.chromium.launch(executable_path=executable, args=[*FLAGS, OFFLINE])
        yield chromium
        chromium.close()


@pytest.fixture(scope="session")
def tabs(browser: Any) -> Iterator[Tabs]:
    """Yield the browser pages that one test leaves to the next."""
    pool = Tabs(browser)
    yield pool
    pool.close()


@pytest.fixture
def visit(tabs: Tabs, request: Any) -> Iterator[Callable[..., Any]]:
    """Yield ``visit(address, path, **context options) -> page``; a page with problems fails."""
    yield from visiting(tabs, request.session)


@pytest.fixture(scope="session")
def explorable_pages(tmp_path_factory: Any) -> Any:
    """Return ``pages(name, code) -> file``, which writes the page of an explorable once."""
    from explorable_page import ExplorablePages  # the widgets, which most tests do without

    return ExplorablePages(tmp_path_factory.mktemp("explorables"))


@pytest.fixture
def explorable(visit: Callable[..., Any], explorable_pages: Any) -> Callable[..., Any]:
    """Return ``explorable(name, fragment, code, **context options) -> page``, drawn and alive.

    The page is opened as a file.
    """

    def go(
        name: str,
        fragment: str = "",
        code: str = "en",
        *,
        alive: bool = True,
        **options: Any,
    ) -> Any:
        folder = explorable_pages.folder
        setting = f"#{name}:{fragment}" if fragment else ""
        page = visit(folder.as_uri(), explorable_pages(name, code) + setting, **options)
        if alive:
            page.wait_for_selector("[data-live]")
            frame(page)
        return page

    return go


@pytest.fixture(scope="session")
def ravines(tmp_path_factory: Any) -> Path:
    """Return a folder with a page of two ravines in each language."""
    from d2lmini.explore import Ravine
    from explorable_page import write_pages

    make = lambda: [Ravine(eta=0.6, beta=0.5), Ravine(eta=0.4, methods=("gd",))]  # noqa: E731
    return write_pages(tmp_path_factory.mktemp("ravines"), make)


class QuietHandler(http.server.SimpleHTTPRequestHandler):
    """Serve files and print nothing; a test reads what it needs from the browser."""

    def log_message(self, format: str, *args: object) -> None:
        """Drop the log line."""


class QuietServer(Server):
    """A server which does not report a browser that hung up while a file was on its way."""

    daemon_threads = True

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Ignore broken connections: pages are closed while they still load."""


@pytest.fixture(scope="session")
def site_server() -> Iterator[Callable[[Path], str]]:
    """Yield ``serve(folder) -> "http://127.0.0.1:<port>"``; one server per folder."""
    servers: dict[Path, QuietServer] = {}

    def serve(folder: Path) -> str:
        folder = Path(folder).resolve()
        if folder not in servers:
            handler = functools.partial(QuietHandler, directory=str(folder))
            server = QuietServer(("127.0.0.1", 0), handler)
            threading.Thread(target=server.serve_forever, daemon=True).start()
            servers[folder] = server
        return f"http://127.0.0.1:{servers[folder].server_address[1]}"

    yield serve
    for server in servers.values():
        server.shutdown()
        server.server_close()


@pytest.fixture(scope="session")
def strict_site(built_site: Path) -> Iterator[str]:
    """Yield the address of the built site, below a path, with the headers of its own policy."""
    prefix = quote(PREFIX)

    class Handler(QuietHandler):
        def translate_path(self, path: str) -> str:
            inside = path.removeprefix(prefix)
            return super().translate_path(f"/{inside}") if inside != path else os.devnull + "/none"

        def end_headers(self) -> None:
            for name, value in policy.HEADERS.items():
                self.send_header(name, value)
            super().end_headers()

    handler = functools.partial(Handler, directory=str(built_site))
    with QuietServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_address[1]}{prefix}"
        server.shutdown()


@pytest.fixture(scope="session")
def built_site() -> Path:
    """Return ``_build/html``; a missing book is a failure, for a skip would hide it."""
    site = ROOT / "_build" / "html"
    if not (site / "index.html").is_file():
        pytest.fail("there is no built book in _build/html: run 'make book' first")
    return site

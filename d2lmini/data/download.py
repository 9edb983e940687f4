"""Get a verified file from the first mirror that has it."""

from __future__ import annotations

import io
import time
from collections.abc import Callable, Sequence
from urllib.parse import urlsplit

from .._progress import progress_bar
from ..messages import Phrase, tell
from .idx import DataError

__all__ = ["UnreachableError", "download"]

_ROUNDS = 2  # how often the list of mirrors is gone through
_PAUSE = 1.0  # seconds between two rounds
_TIMEOUT = (5.0, 30.0)  # seconds to connect, and between two packets


class UnreachableError(Exception):
    """No mirror delivered the file; the message says what each of them did."""


def download(
    name: str, mirrors: Sequence[str], check: Callable[[bytes, str], bytes]
) -> tuple[bytes, bytes]:
    """Return a file as a mirror sent it, and what the check made of it.

    The file is gathered in memory: nothing is written before it has passed the check.

    Parameters
    ----------
    name : str
        The file's name.
    mirrors : sequence of str
        Base addresses, gone through in this order, and once more after a pause.
    check : callable
        Called with the bytes received and their address; raises `DataError` for wrong ones.

    Raises
    ------
    UnreachableError
        If no mirror sent bytes that pass the check.
    """
    import pooch
    import requests

    failures: dict[str, str | Phrase] = {}
    for attempt in range(_ROUNDS):
        if attempt:
            time.sleep(_PAUSE)
        for mirror in mirrors:
            url = f"{mirror.rstrip('/')}/{name}"
            received = io.BytesIO()
            # The total is a placeholder until the server has told it.
            with progress_bar(total=1, desc=name, unit="B", unit_scale=True) as bar:
                fetch = pooch.HTTPDownloader(progressbar=bar, chunk_size=2**16, timeout=_TIMEOUT)
                try:
                    fetch(url, received, None)
                    raw = received.getvalue()
                    return raw, check(raw, url)
                except requests.HTTPError as error:
                    failures[mirror] = str(error).partition(" for url")[0]
                except requests.Timeout:
                    failures[mirror] = Phrase("no answer in time")
                except requests.ConnectionError:
                    failures[mirror] = Phrase("no connection")
                except requests.RequestException as error:
                    failures[mirror] = Phrase(
                        "transfer failed ({error})", error=type(error).__name__
                    )
                except DataError:
                    failures[mirror] = Phrase("sent something else")
    raise UnreachableError(
        "; ".join(f"{urlsplit(mirror).netloc or mirror}: {why}" for mirror, why in failures.items())
        or tell("there is no mirror to ask")
    )

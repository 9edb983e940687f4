"""The language of the reader: one word that labels and messages both go by.

:func:`d2lmini.labels.use_language` sets it, for all threads of the process.
"""

from __future__ import annotations

code = "en"

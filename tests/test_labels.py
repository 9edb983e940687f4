"""The label catalogues: complete, well-formed, and the same in every language."""

from __future__ import annotations

import json
import re
import string
import unicodedata
from collections.abc import Iterator
from pathlib import Path

import pytest

import d2lmini as d2l
from d2lmini import labels

FOLDER = Path(labels.__file__).parent / "languages"
CODES = sorted(path.stem for path in FOLDER.glob("*.json"))
TEXTS = {code: json.loads((FOLDER / f"{code}.json").read_text(encoding="utf-8")) for code in CODES}


@pytest.fixture(autouse=True)
def restore_language() -> Iterator[None]:
    before = d2l.language()
    yield
    d2l.use_language(before)


def fields(text: str) -> list[str]:
    return sorted(name for _, name, _, _ in string.Formatter().parse(text) if name is not None)


def test_the_four_languages_of_the_course_are_there() -> None:
    assert {"en", "vi", "tr", "zh"} <= set(CODES)
    assert d2l.available_languages() == tuple(CODES)


@pytest.mark.parametrize("code", CODES)
def test_every_language_has_the_same_keys(code: str) -> None:
    assert set(TEXTS[code]) == set(TEXTS["en"])


@pytest.mark.parametrize("code", CODES)
def test_no_key_is_written_twice(code: str) -> None:
    pairs: list[tuple[str, str]] = json.loads(
        (FOLDER / f"{code}.json").read_text(encoding="utf-8"), object_pairs_hook=list
    )
    keys = [key for key, _ in pairs]
    assert sorted(keys) == sorted(set(keys))


@pytest.mark.parametrize("code", CODES)
def test_every_translation_has_the_fields_of_the_english(code: str) -> None:
    for key, text in TEXTS[code].items():
        assert fields(text) == fields(TEXTS["en"][key]), key
        assert all(name and name.isidentifier() for name in fields(text)), key


@pytest.mark.parametrize("code", CODES)
def test_texts_are_nfc_and_tidy(code: str) -> None:
    for key, text in TEXTS[code].items():
        assert unicodedata.normalize("NFC", text) == text, key
        assert text, key
        assert text == text.strip(), key
        assert re.fullmatch(r"[a-z_]+(\.[A-Za-z0-9_]+)+", key), key


def test_translations_are_not_the_english_text() -> None:
    """A word may be the same in another language; that it is must have been looked at."""
    same_on_purpose = {
        ("tr", "method.momentum"),  # the glossary's word
        ("tr", "explore.beta"),  # "momentum β", likewise
        ("tr", "axis.beta"),
        ("vi", "modes.mode"),  # a loan word, explained in the caption of its figure
    }
    # Frameworks and their arguments have one name in all languages.
    names = {f"dialects.{name}" for name in ("PyTorch", "Optax", "Keras", "Dampened")}
    names.add("dialects.preset.dampening")
    for code in set(CODES) - {"en"}:
        for key, text in TEXTS[code].items():
            if key not in names and re.search(
                r"[a-z]{3}", re.sub(r"\{\w+\}", "", TEXTS["en"][key])
            ):
                assert text != TEXTS["en"][key] or (code, key) in same_on_purpose, (code, key)


@pytest.mark.parametrize(
    ("code", "name", "tag"),
    [
        ("en", "English", "en"),
        ("vi", "Tiếng Việt", "vi"),
        ("tr", "Türkçe", "tr"),
        ("zh", "简体中文", "zh-CN"),
    ],
)
def test_languages_name_themselves(code: str, name: str, tag: str) -> None:
    d2l.use_language(code)
    assert d2l.language() == code
    assert d2l.label("language.name") == name
    assert d2l.label("language.tag") == tag


def test_use_language_shows_nothing_in_a_cell() -> None:
    assert d2l.use_language("vi") is None  # type: ignore[func-returns-value]


@pytest.mark.parametrize("bad", ["xx", "", "EN", "../en", "en.json", None, 3])
def test_unknown_language_lists_the_known_ones(bad: object) -> None:
    with pytest.raises(ValueError, match=r"'en'.*'tr'.*'vi'.*'zh'.*languages/<code>\.json"):
        d2l.use_language(bad)  # type: ignore[arg-type]
    assert d2l.language() == "en"


def test_fields_are_filled_in() -> None:
    d2l.use_language("tr")
    assert d2l.label("trace.end", step=20) == "20. adım"


def test_unknown_key_suggests_the_nearest() -> None:
    with pytest.raises(LookupError, match=r"no label 'axis\.stpe'.*did you mean 'axis\.step'"):
        d2l.label("axis.stpe")
    with pytest.raises(LookupError, match=r"the keys are in languages/en\.json"):
        d2l.label("zzzzzzzzzz")


def test_missing_field_is_named() -> None:
    with pytest.raises(LookupError, match=r"'trace\.end' needs the field 'step'"):
        d2l.label("trace.end")


def test_catalogue_is_a_copy_of_the_language_in_use() -> None:
    d2l.use_language("zh")
    found = labels.catalogue("method.")
    assert found == {key: text for key, text in TEXTS["zh"].items() if key.startswith("method.")}
    found["method.gd"] = "changed"
    assert d2l.label("method.gd") == TEXTS["zh"]["method.gd"]


def test_a_fifth_language_is_a_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = tmp_path / "languages"
    folder.mkdir()
    for code in CODES:
        (folder / f"{code}.json").write_text(json.dumps(TEXTS[code]), encoding="utf-8")
    german = {**TEXTS["en"], "language.name": "Deutsch", "axis.step": "Schritt"}
    (folder / "de.json").write_text(json.dumps(german), encoding="utf-8")
    monkeypatch.setattr(labels, "files", lambda package: tmp_path)
    labels._catalogues.cache_clear()
    try:
        d2l.use_language("de")
        assert d2l.label("axis.step") == "Schritt"
        d2l.use_language("en")
    finally:
        labels._catalogues.cache_clear()

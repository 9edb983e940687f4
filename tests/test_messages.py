"""Errors and warnings in the reader's language, and the check of their translations."""

from __future__ import annotations

import ast
import inspect
import json
import pickle
import threading
import warnings
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import torch
import traitlets

import d2lmini as d2l
import messages as site_messages
from d2lmini import _language, data, messages
from d2lmini.messages import Phrase, tell
from hostile_values import ODDITIES
from public_calls import CALLS

ROOT = Path(__file__).resolve().parents[1]
PACKAGE = ROOT / "d2lmini"
TEMPLATES, FAULTS = site_messages.read(PACKAGE)

Translate = Callable[..., None]

BETA = "{method} needs 0 <= beta < 1, got beta={beta:g}: {reason}"
BETA_VI = "{method} cần 0 <= beta < 1, nhưng nhận được beta={beta:g}: {reason}"
FADE = "with beta >= 1 past gradients never fade"
FADE_VI = "với beta >= 1, các gradient cũ không bao giờ phai"
ETA = "eta must be >= 0, got eta={eta:g}: a negative step climbs"


@pytest.fixture
def translate(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Translate]:
    """Give Vietnamese these messages, as a mapping or as the text of a file, and speak it."""

    def translate(texts: dict[str, object] | str) -> None:
        path = tmp_path / "languages" / "messages" / "vi.json"
        path.parent.mkdir(parents=True, exist_ok=True)
        content = texts if isinstance(texts, str) else json.dumps(texts)
        path.write_text(content, encoding="utf-8")
        monkeypatch.setattr(messages, "files", lambda package: tmp_path)
        messages._catalogue.cache_clear()
        d2l.use_language("vi")

    yield translate
    d2l.use_language("en")
    messages._catalogue.cache_clear()


def said_by(call: Callable[[], object]) -> str:
    with pytest.raises((ValueError, TypeError, traitlets.TraitError)) as caught:
        call()
    return str(caught.value)


def too_much_momentum() -> object:
    return d2l.momentum(d2l.ravine().grad, [-5, -2], eta=0.1, beta=1.2, steps=3)


def test_a_vietnamese_reader_is_told_in_vietnamese_why_beta_is_wrong(translate: Translate) -> None:
    translate({BETA: BETA_VI, FADE: FADE_VI})
    assert said_by(too_much_momentum) == (
        "momentum cần 0 <= beta < 1, nhưng nhận được beta=1.2: "
        "với beta >= 1, các gradient cũ không bao giờ phai"
    )
    d2l.use_language("en")
    assert said_by(too_much_momentum) == (
        "momentum needs 0 <= beta < 1, got beta=1.2: with beta >= 1 past gradients never fade"
    )


def test_each_part_of_a_message_that_has_no_translation_is_english(translate: Translate) -> None:
    translate({FADE: FADE_VI})
    assert said_by(too_much_momentum) == f"momentum needs 0 <= beta < 1, got beta=1.2: {FADE_VI}"
    translate({BETA: BETA_VI, FADE: ""})
    assert said_by(too_much_momentum).endswith(f"nhận được beta=1.2: {FADE}")


def test_a_phrase_is_said_in_the_language_in_use_when_it_is_read(translate: Translate) -> None:
    remedy = Phrase("pass for example {example}", example=Phrase(FADE))
    assert str(remedy) == f"pass for example {FADE}"
    translate({"pass for example {example}": "hãy thử {example}", FADE: FADE_VI})
    assert f"{remedy}" == f"hãy thử {FADE_VI}"
    assert str(pickle.loads(pickle.dumps(remedy))) == f"hãy thử {FADE_VI}"


@pytest.mark.parametrize(
    "broken",
    ["{rate:g}", "{eta", "eta}", "{0}", "{}", "{eta:d}", "{eta.size}", "{eta[0]}", "{eta!x}"],
)
def test_a_broken_translation_is_never_an_error_of_its_own(
    translate: Translate, broken: str
) -> None:
    translate({ETA: f"eta phải >= 0: {broken}"})
    assert tell(ETA, eta=-0.5) == ETA.format(eta=-0.5)


def test_a_broken_english_text_is_the_fault_of_whoever_wrote_it() -> None:
    with pytest.raises(KeyError, match="beta"):
        tell("{beta}", eta=1)


@pytest.mark.parametrize("content", ["{", "", "[1]", "3", json.dumps({ETA: 3}), "\ud800"])
def test_a_damaged_file_of_translations_is_as_good_as_none(
    translate: Translate, content: str
) -> None:
    if content == "\ud800":
        translate({})
        path = Path(str(messages.files("d2lmini"))) / "languages" / "messages" / "vi.json"
        path.write_bytes(b'{"\xff')  # no UTF-8
    else:
        translate(content)
    assert tell(ETA, eta=-0.5) == ETA.format(eta=-0.5)


def test_nothing_is_read_before_there_is_something_to_say(
    monkeypatch: pytest.MonkeyPatch, translate: Translate
) -> None:
    translate({})

    def refuse(package: str) -> Path:
        raise AssertionError("read")

    monkeypatch.setattr(messages, "files", refuse)
    d2l.momentum(d2l.ravine().grad, [-5, -2], eta=0.1, beta=0.9, steps=3)
    Phrase(FADE)
    with pytest.raises(AssertionError, match="read"):
        too_much_momentum()
    d2l.use_language("en")
    assert "needs 0 <= beta < 1" in said_by(too_much_momentum)


def test_a_warning_is_said_in_the_language_in_use(
    translate: Translate, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.delenv("D2LMINI_DATA", raising=False)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "empty"))
    digits = object()
    monkeypatch.setattr(data, "_digits", lambda: digits)
    text = next(text for text in TEMPLATES if text.startswith("MNIST could not be downloaded ("))
    none = "there is no mirror to ask"
    translate({text: "Không tải được MNIST ({unreachable}).", none: "không có máy chủ nào"})
    with pytest.warns(UserWarning, match=r"^Không tải được MNIST \(không có máy chủ nào\)\.$"):
        assert d2l.load_mnist(mirrors=[]) is digits


def test_all_threads_speak_the_same_language(translate: Translate) -> None:
    translate({BETA: BETA_VI})
    heard: list[str] = []
    thread = threading.Thread(target=lambda: heard.append(said_by(too_much_momentum)))
    thread.start()
    thread.join()
    assert heard[0].startswith("momentum cần")


def test_a_worker_of_a_sweep_speaks_the_language_of_who_started_it(translate: Translate) -> None:
    from d2lmini.sweeps.engines import Package, perform
    from d2lmini.sweeps.runs import Run

    template = "train needs eta > 0, got eta={eta}: {remedy}"
    translate({template: "train cần eta > 0, nhận được eta={eta}: {remedy}"})
    x = torch.rand(20, 2, generator=torch.Generator().manual_seed(0)).numpy()
    points = d2l.Dataset("points", "made up", x, x[:, 0], x, x[:, 0])
    models = {1: pickle.dumps((d2l.mlp([2, 1], seed=1), None))}
    options = {"batch_size": 10, "max_steps": 1, "memo": False}
    package = pickle.loads(pickle.dumps(Package.of(points, models, options)))
    d2l.use_language("en")  # as in a new process
    outcome = perform(package, Run(-1.0, 0.0, 1))
    assert outcome.error.startswith("ValueError: train cần eta > 0, nhận được eta=-1.0")
    assert d2l.language() == "en"


@pytest.fixture
def marked(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let every Vietnamese text be the English one between two marks, and speak it."""
    everything = {text: f"«{text}»" for text in TEMPLATES}
    monkeypatch.setattr(messages, "_catalogue", {"vi": everything}.__getitem__)
    monkeypatch.setattr(_language, "code", "vi")


@pytest.mark.usefixtures("marked")
def test_whatever_is_said_about_an_odd_argument_is_translated() -> None:
    unheard = []
    heard = 0
    for public, call in CALLS.items():
        for name in call.base():
            if name in call.own:
                continue
            with warnings.catch_warnings():
                warnings.simplefilter("error")
                try:
                    call.function(**call.base() | {name: ODDITIES["an object"]()})
                except call.raises as error:
                    heard += 1
                    if not str(error).startswith("«") or not str(error).endswith("»"):
                        unheard.append(f"{public}, {name}: {error}")
    assert not unheard
    assert heard > 100


@pytest.mark.usefixtures("marked")
def test_explorables_speak_it_too() -> None:
    from d2lmini.explore import Ravine, Weights

    hint = "»: «with 1 past gradients never fade»"
    assert said_by(lambda: Weights(beta=2)).endswith(hint[3:] + "»")
    for call in (
        lambda: Ravine(steps=2.5),
        lambda: Ravine(start=[1]),
        lambda: Weights(scale="median"),
        lambda: Weights(gamma=1),
    ):
        assert said_by(call).startswith("«")


def test_every_message_of_the_library_can_be_translated() -> None:
    assert not FAULTS
    assert len(TEMPLATES) > 300
    places = {
        (path.relative_to(PACKAGE).as_posix(), function)
        for path, _, function in site_messages.untold(PACKAGE)
    }
    assert places == set(site_messages.UNTOLD)
    assert all(site_messages.UNTOLD.values())


def test_a_need_is_a_formula_or_a_phrase() -> None:
    """`as_number` takes both; words that are no phrase would stay English."""
    literals = []
    for path in PACKAGE.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.Call) and ast.unparse(node.func) == "as_number":
                need = node.args[2]
                if isinstance(need, ast.Constant):
                    literals.append(need.value)
    assert len(literals) > 10
    for need in literals:
        assert isinstance(ast.parse(need, mode="eval").body, ast.Compare), need


def test_the_translations_of_the_course_fit_its_messages() -> None:
    assert [str(finding) for finding in site_messages.check(ROOT)] == []


SOURCE = '''
from .messages import Phrase, tell

def f(eta, path):
    """Do it."""
    try:
        path.open()
    except OSError:
        raise
    if eta < 0:
        raise ValueError(tell("eta must be >= 0, got {eta:g}: {remedy}",
                              eta=eta, remedy=Phrase("drop the sign")))
    raise NotImplementedError
'''


@pytest.fixture
def small(tmp_path: Path) -> Path:
    """A package with two messages, of which both are translated."""
    folder = tmp_path / "d2lmini" / "languages"
    (folder / "messages").mkdir(parents=True)
    for code in ("en", "vi", "de"):
        (folder / f"{code}.json").write_text("{}", "utf-8")
    (tmp_path / "d2lmini" / "m.py").write_text(SOURCE, "utf-8")
    write(tmp_path, GOOD)
    return tmp_path


GOOD = {
    "eta must be >= 0, got {eta:g}: {remedy}": "eta phải >= 0, không phải {eta:g}: {remedy}",
    "drop the sign": "bỏ dấu đi",
}


def write(root: Path, texts: object) -> None:
    path = root / "d2lmini" / "languages" / "messages" / "vi.json"
    content = texts if isinstance(texts, str) else json.dumps(texts, ensure_ascii=False, indent=2)
    path.write_text(content, "utf-8")


def found_in(root: Path) -> list[str]:
    return [f"{f.path.name}:{f.line}: {f.message}" for f in site_messages.check(root)]


def test_a_language_without_a_file_of_messages_is_no_fault(small: Path) -> None:
    assert found_in(small) == []
    assert site_messages.without_translations(small) == ["de"]


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ("bỏ dấu đi", "", "vi.json:3: not translated yet: 'drop the sign'"),
        ("drop the sign", "drop the minus sign", "vi.json:3: no message of d2lmini reads like"),
        ("drop the sign", "drop it", "vi.json:1: not translated yet: 'drop the sign' (d2lmini/m"),
        ("phải {eta:g}", "phải {eta}", "vi.json:2: the translation lacks {eta:g}: "),
        ("phải {eta:g}", "phải", "vi.json:2: the translation lacks {eta:g}: "),
        ("bỏ dấu", "bỏ {dấu!r}", "vi.json:3: the translation has, unlike the English, {dấu!r}"),
        ("bỏ dấu", "bỏ {dấu", "vi.json:3: braces that do not match"),
        ("{\n", "[\n", "vi.json:2: not JSON"),
        ("đi\"\n", 'đi",\n  "drop the sign": "bỏ"\n', "vi.json:3: translated a second time"),
    ],
)  # fmt: skip
def test_a_translation_that_does_not_fit_is_found_on_its_line(
    small: Path, old: str, new: str, says: str
) -> None:
    content = json.dumps(GOOD, ensure_ascii=False, indent=2)
    assert old in content
    write(small, content.replace(old, new, 1))
    assert any(finding.startswith(says) for finding in found_in(small)), found_in(small)


@pytest.mark.parametrize(
    ("line", "says"),
    [
        ('raise ValueError("no")', "m.py:14: said in English only"),
        ('raise ValueError(f"no {x}")', "m.py:14: said in English only"),
        ('warnings.warn("no", UserWarning)', "m.py:14: said in English only"),
        ("raise ValueError(tell(text))", "m.py:14: the text of a message must be a literal"),
        ('raise ValueError(tell(f"{x}"))', "m.py:14: the text of a message must be a literal"),
        ('tell("{x}: no")', "m.py:14: the field {x} is given no value"),
        ('tell("no", x=1)', "m.py:14: x= is no field of 'no'"),
        ('tell("{x.y}", x=1)', "m.py:14: a field must be a name, got {x.y}"),
        ('Phrase("{x", x=1)', "m.py:14: braces that do not match"),
    ],
)
def test_a_message_that_cannot_be_translated_is_found(small: Path, line: str, says: str) -> None:
    (small / "d2lmini" / "m.py").write_text(f"{SOURCE}    {line}\n", "utf-8")
    assert any(finding.startswith(says) for finding in found_in(small)), found_in(small)


def test_of_a_file_that_was_only_begun_a_few_messages_are_named(small: Path) -> None:
    write(small, {})
    lines = "".join(f"    raise ValueError(tell('fault {n}'))\n" for n in range(40))
    (small / "d2lmini" / "m.py").write_text(SOURCE + lines, "utf-8")
    assert 2 <= len(found_in(small)) < 10
    assert found_in(small)[-1].endswith(f"{40 + len(GOOD) - site_messages.FEW} more messages")


def test_a_file_of_translations_is_begun_and_brought_up_to_date(
    small: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    write(small, {"drop the sign": "bỏ dấu đi", "gone": "mất"})
    assert site_messages.main(["vi", "de", "--root", str(small)]) == 0
    folder = small / "d2lmini" / "languages" / "messages"
    written = json.loads((folder / "vi.json").read_text("utf-8"))
    assert written == dict.fromkeys(GOOD, "") | {"drop the sign": "bỏ dấu đi"}
    assert json.loads((folder / "de.json").read_text("utf-8")) == dict.fromkeys(GOOD, "")
    said = capsys.readouterr().out
    assert "vi: left out: 'gone': 'mất'" in said
    assert "vi: 2 messages, 1 not translated yet" in said
    with pytest.raises(SystemExit, match="no language 'xx'"):
        site_messages.main(["xx", "--root", str(small)])
    write(small, "{")
    with pytest.raises(SystemExit, match="left as it is"):
        site_messages.main(["vi", "--root", str(small)])
    assert (folder / "vi.json").read_text("utf-8") == "{"


def test_messages_are_written_as_literals_where_they_are_raised() -> None:
    """So that a search for the words of an error finds the line that raises it."""
    lines, start = inspect.getsourcelines(d2l.momentum.__globals__["_run"])
    places = dict(TEMPLATES[BETA].places)
    assert start <= places[PACKAGE / "descent.py"] < start + len(lines)

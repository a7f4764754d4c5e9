"""The check of plain English in ``tools.prose``."""

from __future__ import annotations

from pathlib import Path

import pytest

from tools import prose

GOOD = '''"""Payments of a shop."""

# A comment: nobody changes this, unless they know why.


class Payment:
    """One payment. Its reference is none of the buyer's business.

    The code ``he`` stands for Hebrew.
    """

    def left(self) -> int | None:
        """Return the seconds left; ``None`` if there is none."""
        raise ValueError("An amount must be an int.")
'''

GOOD_PAGE = """# Payments

What a buyer pays goes to Antom, which tells us. They read `he`, or

```python
him = "lest"
```
"""


def faults(
    directory: Path, text: str, name: str = "module.py"
) -> list[tuple[int, str]]:
    """Return line and text of each fault."""
    path = directory / name
    path.write_text(text, encoding="utf-8")
    return [(fault.line, fault.text) for fault in prose.check_file(path)]


def test_good_text_passes(tmp_path: Path) -> None:
    assert faults(tmp_path, GOOD) == []
    assert faults(tmp_path, GOOD_PAGE, "page.md") == []


@pytest.mark.parametrize(
    "verb", ["Give", "Gives", "Tell", "Tells", "What", "Let", "Lets"]
)
@pytest.mark.parametrize(
    ("before", "line"),
    [
        ("", 1),
        ("class A:\n    ", 2),
        ("def f():\n    ", 2),
        ("async def f():\n    ", 2),
    ],
)
def test_a_docstring_does_not_begin_so(
    tmp_path: Path, verb: str, before: str, line: int
) -> None:
    found = faults(tmp_path, f'{before}"""{verb} the seconds left."""\n')
    assert found == [(line, f'the docstring begins with "{verb}"')]


@pytest.mark.parametrize("word", ["Whatever is left.", "Giving up.", "A letter."])
def test_a_longer_word_may_begin_a_docstring(tmp_path: Path, word: str) -> None:
    assert faults(tmp_path, f'"""{word}"""\n') == []


@pytest.mark.parametrize(
    "tic", ["lest", "is none", "is\n    none", "heard of", "a int", "he", "His", "him"]
)
def test_a_word_is_found_wherever_people_read(tmp_path: Path, tic: str) -> None:
    sentence = f"The text that {tic} says."
    comment = f"x = 1  # {sentence}" if "\n" not in tic else f"# {sentence}"
    texts = {
        "docstring.py": f'def f():\n    """The title.\n\n    {sentence}\n    """\n',
        "comment.py": "x = 0\n" + comment.replace("\n    ", "\n# "),
        "page.md": f"# Title\n\n{sentence}\n",
    }
    for name, line in zip(texts, (4, 2, 3), strict=True):
        found = faults(tmp_path, texts[name], name)
        assert [place for place, _ in found] == [line], name
        assert found[0][1].startswith(f'"{" ".join(tic.split())}"'), name


@pytest.mark.parametrize(
    ("statement", "words"),
    [
        ('raise ValueError("150 is none.")', "is none"),
        ('raise ValueError(f"not a {type(x).__name__}.")', "a int"),
        ('raise ValueError("not a"\n    f" {type(x).__name__}.")', "a int"),
        ('logger.warning("Ask again, lest %s fails.", x)', "lest"),
    ],
)
def test_messages_are_checked(tmp_path: Path, statement: str, words: str) -> None:
    ((line, text),) = faults(tmp_path, f"x = 1\n{statement}\n")
    assert (line, text.partition(":")[0]) == (2, f'"{words}"')


def test_other_strings_are_not_checked(tmp_path: Path) -> None:
    assert faults(tmp_path, 'found = search("lest", pattern="he is none")\n') == []


def test_faults_are_printed_with_their_places(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for folder in ("shop", "shop/old", "docs/_build"):
        (tmp_path / folder).mkdir(parents=True)
        (tmp_path / folder / "a.py").write_text('"""Give money."""\n')
    (tmp_path / "README.md").write_text("Good.\n\nBuyers pay, lest he waits.\n")
    paths = ["shop", "docs", "README.md"]
    assert prose.main(tmp_path, paths, exempt=["shop/old"]) == 1
    assert [
        line.partition(": ")[0] for line in capsys.readouterr().out.splitlines()
    ] == [
        "shop/a.py:1",
        "README.md:3",
        "README.md:3",
    ]
    assert prose.main(tmp_path, ["shop/old"], exempt=["shop/old"]) == 0


def test_the_paths_exist() -> None:
    missing = [
        name
        for name in (*prose.PATHS, *prose.EXEMPT)
        if not (prose.ROOT / name).exists()
    ]
    assert missing == []

"""Check the plain English of docstrings, comments, messages and pages: ``make lint``.

Prints ``file:line: what is wrong`` for each fault, and exits with 1 if there is one.
"""

from __future__ import annotations

import ast
import re
import sys
import tokenize
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).parents[1]

#: Files and folders to check.
PATHS = (
    *("flask_antom", "tests", "example_app", "benchmarks", "tools", "docs"),
    *("README.md", "CONTRIBUTING.md", "CHANGELOG.md"),
)

#: Folders and files of these to leave out.
EXEMPT: Sequence[str] = ()

_BUILT = ("_build", "node_modules", "__pycache__")

_BEGINNING = re.compile(r"(Gives?|Tells?|What|Lets?)\b")

#: Patterns and what is wrong with them. Line breaks count as blanks.
_WORDS = {
    re.compile(r"\blest\b", re.IGNORECASE): 'say "so that ... not"',
    re.compile(r"(?<!\bthere\s)\bis\s+none\b(?!\s+of\b)"): 'say "is not a ..."',
    re.compile(r"\bheard\s+of\b"): 'say "knows" or "has received"',
    re.compile(r"\ba\s+int\b"): 'name the type without "a"',
}
_PEOPLE = {
    re.compile(r"\b(he|his|him|himself)\b", re.IGNORECASE): 'people are "they"',
}

#: Code within a text, whose words do not count.
_FENCE = re.compile(r"^( *)(```|~~~).*?^\1\2", re.DOTALL | re.MULTILINE)
_CODE = re.compile(r"(`+)[^`]+\1")


class Fault(NamedTuple):
    """A place where a text breaks a rule."""

    path: Path
    line: int
    text: str

    def __str__(self) -> str:
        return f"{self.path}:{self.line}: {self.text}"


class Passage(NamedTuple):
    """A piece of text, and the line on which it begins.

    :ivar kind: ``docstring``, ``comment``, ``message`` or ``page``.
    """

    kind: str
    line: int
    text: str


def check_file(path: Path) -> list[Fault]:
    """Return the faults of a Python or Markdown file, by line."""
    source = path.read_text(encoding="utf-8")
    if path.suffix == ".md":
        passages = [Passage("page", 1, _FENCE.sub(_blank, source))]
    else:
        passages = [*_strings(ast.parse(source)), *_comments(source)]
    faults = (
        Fault(path, line, text)
        for passage in passages
        for line, text in _check_passage(passage)
    )
    return sorted(faults)


def files(root: Path, paths: Iterable[str], exempt: Sequence[str]) -> Iterator[Path]:
    """Yield the Python and Markdown files below the paths that are not exempt."""
    skipped = [root / name for name in exempt]
    for name in paths:
        whole = root / name
        for path in sorted(whole.rglob("*")) if whole.is_dir() else [whole]:
            is_skipped = any(path.is_relative_to(folder) for folder in skipped)
            if path.suffix not in (".py", ".md") or is_skipped:
                continue
            if not set(_BUILT).intersection(path.relative_to(root).parts):
                yield path


def main(
    root: Path = ROOT, paths: Iterable[str] = PATHS, exempt: Sequence[str] = EXEMPT
) -> int:
    """Print all faults, and return the exit code."""
    found = [fault for path in files(root, paths, exempt) for fault in check_file(path)]
    for fault in found:
        print(fault._replace(path=fault.path.relative_to(root)))
    return int(bool(found))


def _check_passage(passage: Passage) -> Iterator[tuple[int, str]]:
    text = _CODE.sub(_blank, passage.text)
    begun = _BEGINNING.match(text.lstrip()) if passage.kind == "docstring" else None
    if begun is not None:
        yield passage.line, f'the docstring begins with "{begun[1]}"'
    rules = _WORDS if passage.kind == "message" else _WORDS | _PEOPLE
    for pattern, advice in rules.items():
        for match in pattern.finditer(text):
            line = passage.line + text.count("\n", 0, match.start())
            yield line, f'"{" ".join(match[0].split())}": {advice}'


def _blank(match: re.Match[str]) -> str:
    return re.sub(r"[^\n]", "·", match[0])


def _strings(tree: ast.Module) -> Iterator[Passage]:
    """Yield the docstrings, and the texts that are raised or logged."""
    documented = (ast.Module, ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)
    for node in ast.walk(tree):
        if isinstance(node, documented) and (text := ast.get_docstring(node, False)):
            yield Passage("docstring", node.body[0].lineno, text)
        elif isinstance(node, ast.Raise) or _is_log_call(node):
            yield from _messages(node)


def _is_log_call(node: ast.AST) -> bool:
    return (
        isinstance(node, ast.Call)
        and isinstance(node.func, ast.Attribute)
        and isinstance(node.func.value, ast.Name)
        and node.func.value.id == "logger"
    )


def _messages(node: ast.AST) -> Iterator[Passage]:
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.JoinedStr):
            yield Passage("message", child.lineno, _f_string(child))
        elif isinstance(child, ast.Constant) and isinstance(child.value, str):
            yield Passage("message", child.lineno, child.value)
        else:
            yield from _messages(child)


def _f_string(node: ast.JoinedStr) -> str:
    """Return a text as it may read: ``int`` stands for the name of a type."""
    parts = (
        part.value if isinstance(part, ast.Constant) else _field(part)
        for part in node.values
    )
    return "".join(str(part) for part in parts)


def _field(part: ast.expr) -> str:
    value = part.value if isinstance(part, ast.FormattedValue) else part
    is_type = isinstance(value, ast.Attribute) and value.attr == "__name__"
    return "int" if is_type else "..."


def _comments(source: str) -> Iterator[Passage]:
    """Yield the comments; those on lines of their own that follow each other as one."""
    begin, lines = 0, list[str]()
    for token in tokenize.generate_tokens(iter(source.splitlines(True)).__next__):
        if token.type != tokenize.COMMENT:
            continue
        line, is_alone = token.start[0], token.line.lstrip().startswith("#")
        if lines and not (is_alone and line == begin + len(lines)):
            yield Passage("comment", begin, "\n".join(lines))
            lines = []
        if not lines:
            begin = line
        lines.append(token.string.lstrip("#: "))
    if lines:
        yield Passage("comment", begin, "\n".join(lines))


if __name__ == "__main__":
    sys.exit(main())

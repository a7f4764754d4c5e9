"""Writes ``tests/project/public_names.txt``: the public names with their signatures.

It reads the sources and imports none of them, so the versions of Python and of the
libraries change nothing.
"""

from __future__ import annotations

import ast
import copy
import functools
import re
from collections.abc import Iterable, Iterator
from importlib.util import resolve_name
from pathlib import Path

ROOT = Path(__file__).parents[1]
FILE = ROOT / "tests" / "project" / "public_names.txt"
PACKAGE = "flask_antom"

MODULES = (
    "flask_antom",
    "flask_antom.contrib.admin",
    "flask_antom.contrib.celery",
    "flask_antom.contrib.health",
    "flask_antom.contrib.opentelemetry",
    "flask_antom.contrib.prometheus",
    "flask_antom.contrib.rq",
    "flask_antom.errors",
    "flask_antom.models",
    "flask_antom.signals",
    "flask_antom.simulator",
    "flask_antom.testing",
)

Definition = ast.FunctionDef | ast.ClassDef | ast.Assign | ast.AnnAssign


def describe() -> str:
    """Return the public names of all modules, as Python without its bodies."""
    parts: list[str] = []
    written: set[Definition] = set()
    types: dict[Definition, str] = {}
    for module in MODULES:
        parts.append(f"# {module}")
        for name in public_names(module):
            home, node = find(module, name)
            parts.append(write(node, name))
            written.add(node)
            types |= types_named_by(home, node)
    parts.append("# Types that these name")
    parts += sorted(text for node, text in types.items() if node not in written)
    return "\n\n".join(parts) + "\n"


# Where names are defined


def public_names(module: str) -> list[str]:
    """Return the names in ``__all__`` or, without it, all that a module defines."""
    defined = definitions(module)
    exported = defined.get("__all__")
    if isinstance(exported, ast.Assign):
        return list(ast.literal_eval(exported.value))
    return [name for name in defined if not name.startswith("_")]


def find(module: str, name: str) -> tuple[str, Definition]:
    """Return the module that defines a name, and the definition.

    :raises LookupError: if none of the package does.
    """
    if module.partition(".")[0] != PACKAGE:
        raise LookupError(f"{module}.{name} is not of this package.")
    if name in definitions(module):
        return module, definitions(module)[name]
    return find(*imports(module)[name])


@functools.cache
def definitions(module: str) -> dict[str, Definition]:
    """Return what a module itself defines, by name."""
    return {
        name: node
        for node in tree(module).body
        if isinstance(node, Definition)
        for name in names_of(node)
    }


@functools.cache
def imports(module: str) -> dict[str, tuple[str, str]]:
    """Return from where a module takes names, and what they are called there."""
    is_package = path_of(module).name == "__init__.py"
    package = module if is_package else module.rpartition(".")[0]
    found: dict[str, tuple[str, str]] = {}
    for node in statements(tree(module).body):
        if isinstance(node, ast.ImportFrom):
            source = resolve_name("." * node.level + (node.module or ""), package)
            for alias in node.names:
                found[alias.asname or alias.name] = source, alias.name
    return found


def statements(body: Iterable[ast.stmt]) -> Iterator[ast.stmt]:
    """Yield the statements at the top of a module, those below an ``if`` too."""
    for node in body:
        if isinstance(node, ast.If):
            yield from statements(node.body)
        else:
            yield node


def names_of(node: Definition) -> Iterator[str]:
    if isinstance(node, ast.FunctionDef | ast.ClassDef):
        yield node.name
    else:
        targets = node.targets if isinstance(node, ast.Assign) else [node.target]
        yield from (target.id for target in targets if isinstance(target, ast.Name))


@functools.cache
def tree(module: str) -> ast.Module:
    return ast.parse(path_of(module).read_text("utf-8"))


def path_of(module: str) -> Path:
    path = ROOT.joinpath(*module.split("."))
    return path / "__init__.py" if path.is_dir() else path.with_suffix(".py")


# The types by which signatures are to be read


def types_named_by(module: str, node: Definition) -> dict[Definition, str]:
    """Return the aliases, type variables, protocols, descriptors and base classes."""
    found: dict[Definition, str] = {}
    bases = base_names(node) if isinstance(node, ast.ClassDef) else []
    names = {each.id for each in ast.walk(reduce(node)) if isinstance(each, ast.Name)}
    for name in names:
        try:
            home, definition = find(module, name)
        except LookupError:
            continue
        if definition is not node and (is_type(definition) or name in bases):
            found[definition] = write(definition, name)
            found |= types_named_by(home, definition)
    return found


def base_names(node: ast.ClassDef) -> list[str]:
    """Return the names of the base classes, without their type arguments."""
    bases = (b.value if isinstance(b, ast.Subscript) else b for b in node.bases)
    return [ast.unparse(base) for base in bases]


def is_type(node: Definition) -> bool:
    if isinstance(node, ast.ClassDef):
        is_protocol = "Protocol" in map(ast.unparse, node.bases)
        members = (name for member in members_of(node) for name in names_of(member))
        return is_protocol or "__get__" in members
    if not isinstance(node, ast.Assign):
        return False
    is_variable = ast.unparse(node.value).startswith("TypeVar(")
    return is_variable or isinstance(node.value, ast.Subscript | ast.BinOp)


# What is written of a definition


def write(node: Definition, name: str) -> str:
    """Return a definition as text.

    :param name: what the public module calls it.
    """
    reduced = reduce(node)
    if isinstance(reduced, ast.FunctionDef | ast.ClassDef):
        reduced.name = name
    text = ast.unparse(ast.fix_missing_locations(reduced))
    return re.sub(r"\n+", "\n", re.sub(r":\n +\.\.\.", ": ...", text))


def reduce(node: Definition, *, keep_value: bool = False) -> Definition:
    """Return a copy without bodies, docstrings, and what is private.

    :param keep_value: of a variable that is annotated; those of dataclasses count.
    """
    node = copy.deepcopy(node)
    if isinstance(node, ast.FunctionDef):
        node.body = [ast.Expr(ast.Constant(...))]
    elif isinstance(node, ast.ClassDef):
        decorators = map(ast.unparse, node.decorator_list)
        keep_value = any("dataclass" in decorator for decorator in decorators)
        members = (reduce(each, keep_value=keep_value) for each in members_of(node))
        node.body = [*members] or [ast.Expr(ast.Constant(...))]
    elif isinstance(node, ast.AnnAssign) and not keep_value:
        node.value = None
    return node


def members_of(node: ast.ClassDef) -> Iterator[Definition]:
    """Return the public members, and the attributes that ``__init__`` sets."""
    for member in flat(node.body):
        if isinstance(member, Definition) and any(map(is_public, names_of(member))):
            yield member
            if isinstance(member, ast.FunctionDef) and member.name == "__init__":
                yield from attributes_set_by(member)


def flat(body: Iterable[ast.stmt]) -> Iterator[ast.stmt]:
    """Return the statements, those below ``if TYPE_CHECKING`` too."""
    for statement in body:
        yield from statement.body if isinstance(statement, ast.If) else [statement]


def attributes_set_by(function: ast.FunctionDef) -> Iterator[ast.AnnAssign]:
    parameters = [*function.args.args, *function.args.kwonlyargs]
    types = {each.arg: each.annotation for each in parameters}
    for node in function.body:
        if isinstance(node, ast.AnnAssign):
            target, annotation = ast.unparse(node.target), node.annotation
        elif isinstance(node, ast.Assign):
            target = ast.unparse(node.targets[0])
            annotation = types.get(ast.unparse(node.value)) or type_of(node.value)
        else:
            continue
        owner, _, name = target.partition(".")
        if owner == "self" and is_public(name) and name.isidentifier():
            yield ast.AnnAssign(ast.Name(name), annotation, None, simple=1)


def type_of(value: ast.expr) -> ast.expr:
    """Return a constant's type; where there is none, type checkers guess."""
    if isinstance(value, ast.Constant):
        return ast.Name(type(value.value).__name__)
    return ast.Constant(...)


def is_public(name: str) -> bool:
    is_special = name.startswith("__") and name not in ("__post_init__", "__slots__")
    return is_special or not name.startswith("_")


if __name__ == "__main__":
    FILE.write_text(describe(), "utf-8")
    print(f"Wrote {FILE.relative_to(ROOT)}.")

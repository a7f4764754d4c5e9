"""The public names: which there are, that they are typed and explained."""

from __future__ import annotations

import difflib
import importlib
import importlib.metadata
import inspect
import pkgutil
import subprocess
import sys
from collections.abc import Iterator
from importlib.resources import files
from types import ModuleType
from typing import Any

import pytest

import flask_antom
from flask_antom import FlaskAntom, errors, simulator
from tests.support.paths import ROOT
from tools.public_names import FILE, describe

#: The whole public interface of the package itself.
PUBLIC = {
    "Address",
    "Buyer",
    "FlaskAntom",
    "Goods",
    "Money",
    "Order",
    "OrderStatus",
    "Purged",
    "Shipping",
    "SweepSummary",
    "merge_csp",
}


def module_names() -> Iterator[str]:
    yield "flask_antom"
    for found in pkgutil.walk_packages(flask_antom.__path__, "flask_antom."):
        if not found.name.endswith(".__main__"):
            yield found.name


def own_members(kind: type) -> Iterator[tuple[str, Any]]:
    for name, member in vars(kind).items():
        is_code = inspect.isroutine(member) or isinstance(member, property)
        if is_code and not name.startswith("_"):
            yield name, member


def test_the_package_exports_these_names_and_no_others() -> None:
    assert set(flask_antom.__all__) == PUBLIC
    names = {
        name
        for name, value in vars(flask_antom).items()
        if not name.startswith("_") and not isinstance(value, ModuleType)
    }
    assert names == PUBLIC


def test_names_and_signatures_are_those_on_record() -> None:
    recorded, found = FILE.read_text("utf-8"), describe()
    difference = difflib.unified_diff(recorded.splitlines(), found.splitlines(), n=0)
    assert found == recorded, "\n".join(
        [
            "The public interface has changed. Run `make names` if it should.",
            *difference,
        ]
    )


def test_all_names_are_sorted_and_there() -> None:
    for package in (flask_antom, simulator):
        assert list(package.__all__) == sorted(package.__all__)
        for name in package.__all__:
            assert callable(getattr(package, name))


@pytest.mark.parametrize("name", sorted(PUBLIC))
def test_every_public_class_and_all_it_can_do_is_explained(name: str) -> None:
    kind = getattr(flask_antom, name)
    assert inspect.getdoc(kind)
    for member_name, member in own_members(kind):
        assert inspect.getdoc(member), f"{name}.{member_name}"


@pytest.mark.parametrize("name", simulator.__all__)
def test_every_public_class_of_the_simulator_is_explained(name: str) -> None:
    assert inspect.getdoc(getattr(simulator, name))


@pytest.mark.parametrize("name", sorted(module_names()))
def test_every_module_says_what_it_is_for(name: str) -> None:
    module = importlib.import_module(name)
    assert (inspect.getdoc(module) or "").strip()


def test_every_public_function_and_method_is_typed() -> None:
    kinds = [getattr(flask_antom, name) for name in PUBLIC]
    kinds += [getattr(simulator, name) for name in simulator.__all__]
    kinds += [kind for _, kind in inspect.getmembers(errors, inspect.isclass)]
    for kind in kinds:
        for name, member in own_members(kind):
            function = member.fget if isinstance(member, property) else member
            function = getattr(function, "__func__", function)
            if inspect.isfunction(function):
                annotations = inspect.get_annotations(function)
                assert "return" in annotations, f"{kind.__name__}.{name}"


def test_the_extension_has_the_methods_that_hosts_were_promised() -> None:
    promised = {"init_app", "order_loader", "session_request", "result_view"}
    promised |= {"sync", "cancel", "csp"}
    kinds = FlaskAntom.__mro__
    assert promised <= {name for kind in kinds for name, _ in own_members(kind)}
    options = inspect.signature(FlaskAntom).parameters
    assert list(options)[:2] == ["app", "db"]
    assert options["db"].kind is inspect.Parameter.KEYWORD_ONLY


def test_the_package_tells_type_checkers_that_it_is_typed() -> None:
    assert files("flask_antom").joinpath("py.typed").is_file()


def test_the_package_has_a_version() -> None:
    assert importlib.metadata.version("flask-antom")[0].isdigit()


def test_an_import_loads_neither_the_simulator_nor_the_test_kit() -> None:
    program = (
        "import sys, threading, flask_antom;"
        "print(*[name for name in sys.modules if name.startswith('flask_antom.')]);"
        "print(threading.active_count(), 'pytest' in sys.modules)"
    )
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", program],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    modules, others = done.stdout.splitlines()
    loaded = modules.split()
    assert "flask_antom.extension" in loaded
    assert not [
        name
        for name in loaded
        if name.startswith(("flask_antom.simulator", "flask_antom.testing"))
    ]
    assert others == "1 False"

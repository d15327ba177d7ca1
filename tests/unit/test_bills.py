"""The bills of materials (dev/distribution/): what each system needs, and what a bill has to say. None is made here."""

from __future__ import annotations

from pathlib import Path
from typing import Any, cast

import pytest
from archives import make_wheel, write_metadata
from distribution.bill_contents import Bill, check_bill, complete
from distribution.needs import find_needs, read_requirements
from distribution.ours import BINDING, COMMAND

WINDOWS = "sys_platform == 'win32'"


def wheels(folder: Path, requires: dict[str, list[str]]) -> list[Path]:
    return [
        make_wheel(
            folder / f"{name}-1.whl",
            {f"{name}-1.dist-info/METADATA": write_metadata({"Name": name, "Version": "1", "Requires-Dist": wanted})},
        )
        for name, wanted in requires.items()
    ]


@pytest.mark.parametrize(
    ("requires", "needs"),
    [
        pytest.param({"A": []}, {}, id="nothing"),
        pytest.param({"A": ["b>=2"], "b": ["c"], "c": []}, {"b": "", "c": ""}, id="what-a-need-needs"),
        pytest.param({"A": [f"b; {WINDOWS}"], "b": ["c"], "c": []}, {"b": WINDOWS, "c": WINDOWS}, id="on-one-system"),
        pytest.param({"A": [f"b; {WINDOWS}", "c"], "b": [], "c": ["b"]}, {"b": "", "c": ""}, id="on-all-another-way"),
        pytest.param(
            {"A": ["b; os_name == 'posix'"], "b": []},
            {"b": "sys_platform == 'darwin' or sys_platform == 'linux'"},
            id="on-two-systems",
        ),
        pytest.param({"A": ["b; platform_system == 'Windows'"], "b": []}, {"b": WINDOWS}, id="another-variable"),
        pytest.param({"A": ["b; extra == 'b'", "c; python_version < '3'"]}, {}, id="extra-and-old-python"),
        pytest.param({"A": ["B.c"], "b-c": ["a"]}, {"a": "", "b-c": ""}, id="other-spelling-and-a-circle"),
    ],
)
def test_what_each_system_needs_is_found(requires: dict[str, list[str]], needs: dict[str, str], tmp_path: Path) -> None:
    """By the metadata of the wheels, whichever system this is; a marker says which systems, unless all do."""
    assert find_needs("a", read_requirements(wheels(tmp_path, requires))) == needs


def component(name: str, version: str = "1", licence: str = "MIT") -> dict[str, Any]:
    purl = f"pkg:pypi/{name}@{version}"
    licences = [{"license": {"id": licence}}]
    return {"type": "library", "name": name, "version": version, "purl": purl, "licenses": licences}


def bill_of(*components: dict[str, Any]) -> Bill:
    return cast("Bill", {"metadata": {"tools": {}}, "components": list(components)})


@pytest.fixture
def bill() -> Bill:
    """A good one, of the binding."""
    bill = bill_of(component("cffi"), component("pycparser"), component("wincred", BINDING.version))
    complete(bill, BINDING, BINDING.brings)
    return bill


def test_the_distribution_is_the_subject_of_its_bill(bill: Bill) -> None:
    """And no component beside; a component that only Windows needs says so."""
    assert bill["metadata"]["component"] == component("wincred", BINDING.version)
    marker = [{"name": "wincred:environment-marker", "value": WINDOWS}]
    assert bill["components"] == [{**component(name), "properties": marker} for name in ("cffi", "pycparser")]
    check_bill(bill, BINDING)


def test_the_command_is_an_application() -> None:
    """The binding, one of its components, is a library; what every system needs has no marker."""
    names = ("cffi", "click", "platformdirs", "pycparser", "wincred")
    bill = bill_of(*map(component, names), component("coder-login", COMMAND.version))
    complete(bill, COMMAND, COMMAND.brings)
    assert bill["metadata"]["component"]["type"] == "application"
    marked = [component["name"] for component in bill["components"] if component.get("properties")]
    assert marked == ["cffi", "pycparser"]
    check_bill(bill, COMMAND)


def change(bill: Bill, field: str, value: object) -> None:
    bill["metadata"]["component"].update({field: value})  # type: ignore[misc]  # a bill that is wrong


@pytest.mark.parametrize(
    ("field", "value", "problem"),
    [
        pytest.param("name", "coder", f"is about coder {BINDING.version}", id="name"),
        pytest.param("version", "9", "is about wincred 9", id="version"),
        pytest.param("licenses", [{"expression": "MIT OR 0BSD"}], "has it under ['MIT OR 0BSD']", id="licence"),
        pytest.param("licenses", [], "has it under []", id="no-licence"),
        pytest.param(
            "purl",
            None,
            f"has the address None and not pkg:pypi/wincred@{BINDING.version}",
            id="address",
        ),
    ],
)
def test_a_bill_of_something_else_is_refused(bill: Bill, field: str, value: object, problem: str) -> None:
    """Of another name, version or licence; an address that is missing tells that a file was installed, by its path."""
    change(bill, field, value)
    with pytest.raises(SystemExit) as failed:
        check_bill(bill, BINDING)
    assert str(failed.value) == f"check_distribution: the bill of wincred {problem}"


def test_a_component_too_many_is_refused(bill: Bill) -> None:
    """Such as pip, which the environment is made with."""
    bill["components"] += bill_of(component("pip"))["components"]
    with pytest.raises(SystemExit) as failed:
        check_bill(bill, BINDING)
    found = {"cffi": WINDOWS, "pycparser": WINDOWS, "pip": ""}
    wanted = {"cffi": WINDOWS, "pycparser": WINDOWS}
    assert str(failed.value) == f"check_distribution: the bill of wincred names {found}, not {wanted}"


def test_a_component_without_its_marker_is_refused(bill: Bill) -> None:
    """A reader on Linux would take it for something that is installed there."""
    del bill["components"][0]["properties"]
    with pytest.raises(SystemExit, match=r"names \{'cffi': '', 'pycparser': \"sys_platform == 'win32'\"\}, not"):
        check_bill(bill, BINDING)


def test_a_component_without_a_licence_is_refused(bill: Bill) -> None:
    """Whoever uses it has to know."""
    bill["components"][1]["licenses"] = []
    with pytest.raises(SystemExit) as failed:
        check_bill(bill, BINDING)
    assert str(failed.value) == "check_distribution: the bill of wincred has pycparser without a licence"

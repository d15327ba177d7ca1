"""What a bill of materials says: of its form what is written or checked here, and whether it is the truth."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NotRequired, TypedDict

from distribution.ours import Distribution
from distribution.run import check

# A component with this property is needed where the marker holds, and nowhere else.
MARKER = "wincred:environment-marker"


class Property(TypedDict):
    name: str
    value: str


class License(TypedDict):
    id: str


class LicenseChoice(TypedDict):
    license: NotRequired[License]
    expression: NotRequired[str]


class Component(TypedDict):
    type: str
    name: str
    version: str
    purl: NotRequired[str]
    licenses: NotRequired[list[LicenseChoice]]
    properties: NotRequired[list[Property]]


class Head(TypedDict):
    component: NotRequired[Component]


class Bill(TypedDict):
    metadata: Head
    components: list[Component]


def complete(bill: Bill, distribution: Distribution, needs: Mapping[str, str]) -> None:
    """Say which of the components is the subject, and which of the others not every system needs."""
    (subject,) = (component for component in bill["components"] if component["name"] == distribution.name)
    bill["components"].remove(subject)
    bill["metadata"]["component"] = subject
    if distribution.scripts:
        subject["type"] = "application"
    for component in bill["components"]:
        if marker := needs.get(component["name"]):
            component.setdefault("properties", []).append({"name": MARKER, "value": marker})


def check_bill(bill: Bill, distribution: Distribution) -> None:
    """The distribution itself, what an installer brings with it, and nothing else."""
    name = f"the bill of {distribution.name}"
    subject = bill["metadata"].get("component")
    assert subject is not None
    said = (subject["name"], subject["version"])
    check(said == (distribution.name, distribution.version), f"{name} is about {' '.join(said)}")
    check(licences_of(subject) == ["MIT"], f"{name} has it under {licences_of(subject)}")
    found = {component["name"]: marker_of(component) for component in bill["components"]}
    check(found == distribution.brings, f"{name} names {found}, not {dict(distribution.brings)}")
    for component in (subject, *bill["components"]):
        purl = f"pkg:pypi/{component['name']}@{component['version']}"
        check(component.get("purl") == purl, f"{name} has the address {component.get('purl')} and not {purl}")
        check(bool(licences_of(component)), f"{name} has {component['name']} without a licence")


def marker_of(component: Component) -> str:
    return "".join(each["value"] for each in component.get("properties", []) if each["name"] == MARKER)


def licences_of(component: Component) -> list[str]:
    choices = component.get("licenses", [])
    return [choice["license"]["id"] if "license" in choice else choice["expression"] for choice in choices]

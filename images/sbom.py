"""What an image holds, as a CycloneDX document: read from the image, not from what it was meant to hold."""

import json
import uuid
from collections import defaultdict
from collections.abc import Iterable, Mapping
from datetime import datetime
from operator import itemgetter
from pathlib import Path
from typing import Any

from cyclonedx.contrib.license.factories import LicenseFactory
from cyclonedx.model import Property
from cyclonedx.model.bom import Bom, BomMetaData
from cyclonedx.model.component import Component, ComponentType
from cyclonedx.model.component_evidence import ComponentEvidence, Occurrence
from cyclonedx.model.license import License, LicenseAcknowledgement
from cyclonedx.model.lifecycle import LifecyclePhase, PredefinedLifecycle
from cyclonedx.output.json import JsonV1Dot6
from cyclonedx.spdx import is_expression
from packageurl import PackageURL
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from components.errors import SuiteError
from images.build import OCI
from images.docker_command import inspect_image, require_engine, run_docker
from pipelines.image_names import PREFIX, ImageNames

_INVENTORY = Path(__file__).with_name("inventory.py")


class ContentsNotListed(SuiteError):
    """What an image holds cannot be listed."""


def write_sbom(names: ImageNames, stage: str, folder: Path) -> Path:
    """Write what a stage's image holds; the same image under the same name gives the same bytes.

    Parameters
    ----------
    names : ImageNames
        What the image is called.
    stage : str
        Whose image.
    folder : Path
        Receives ``kfp-tabular-<stage>.cdx.json``, CycloneDX 1.6.

    Returns
    -------
    Path
        The document.

    Raises
    ------
    EngineMissing
        No Docker Engine answers.
    NotListed
        The image is not here or is no Debian, or the folder cannot be written.
    CommandFailed
        The image does not run.
    """
    require_engine()
    name = names.name_image(stage)
    image = inspect_image(name)
    if image is None:
        raise ContentsNotListed(
            f"The image {name} is not here.", "Build it: make images, with the same REGISTRY and TAG."
        )
    told = run_docker(
        *("run", "--rm", "--pull", "never", "--network", "none", "--read-only"),
        # By its ID: the name may be given to another build meanwhile.
        *(image["Id"], "python3", "-c", _INVENTORY.read_text(encoding="utf-8")),
        remedy="Build the image anew: make images, with the same REGISTRY and TAG.",
    )
    held = json.loads(told)
    if held["packages"] is None:
        raise ContentsNotListed(
            f"The image {name} stands on {held['system']['ID']}, without dpkg-query to list its packages.",
            "Build it on a Debian: make images PYTHON_IMAGE=python:3.11-slim-bookworm.",
        )
    path = folder / f"{PREFIX}{stage}.cdx.json"
    new = path.with_suffix(".new")
    try:
        folder.mkdir(parents=True, exist_ok=True)
        new.write_text(build_document(names, stage, image, held), encoding="utf-8")
        new.replace(path)
    except OSError as error:
        raise ContentsNotListed(
            f"{path} cannot be written: {error.strerror}.",
            "See that it may be written and that the disk has room.",
        ) from None
    return path


def build_document(names: ImageNames, stage: str, image: Mapping[str, Any], held: Mapping[str, Any]) -> str:
    """Return a CycloneDX 1.6 document as JSON text.

    Parameters
    ----------
    names : ImageNames
        What the image is called.
    stage : str
        Whose image.
    image : mapping
        What the engine knows of it.
    held : mapping
        What it told of itself, as ``images.inventory.build_inventory`` returns it.
    """
    described = _build_image_component(names, stage, image)
    python, graph = _build_distributions(held["distributions"], held["environment"])
    system = _build_system(held["system"])
    others = [system, _build_interpreter(held["python"]), *_build_packages(held["packages"], held["system"])]
    bom = Bom(
        # Derived, not drawn: the same image is the same document.
        serial_number=uuid.uuid5(uuid.NAMESPACE_URL, str(described.purl)),
        metadata=BomMetaData(
            component=described,
            timestamp=datetime.fromisoformat(image["Created"]),
            lifecycles=[PredefinedLifecycle(LifecyclePhase.POST_BUILD)],
        ),
        components=[*python, *others],
    )
    for component, needed in graph.items():
        bom.register_dependency(component, needed)
    required = {component for needed in graph.values() for component in needed}
    bom.register_dependency(described, [*others, *(found for found in python if found not in required)])
    return JsonV1Dot6(bom).output_as_string(indent=2) + "\n"


def _build_image_component(names: ImageNames, stage: str, image: Mapping[str, Any]) -> Component:
    name = f"{PREFIX}{stage}"
    qualifiers = {
        "arch": image["Architecture"],
        "repository_url": f"{names.registry}/{name}",
        "tag": names.tag,
    }
    purl = PackageURL("oci", None, name, names.digests.get(stage, image["Id"]), qualifiers)
    labels: dict[str, str] = image["Config"]["Labels"] or {}
    return Component(
        type=ComponentType.CONTAINER,
        name=name,
        version=names.tag,
        bom_ref=str(purl),
        purl=purl,
        properties=[
            Property(name="kfp-tabular:image-id", value=image["Id"]),
            *(Property(name=key, value=value) for key, value in labels.items() if key.startswith(OCI)),
        ],
    )


def _build_system(release: Mapping[str, str]) -> Component:
    name, version = release["ID"], release.get("VERSION_ID")
    return Component(
        type=ComponentType.OPERATING_SYSTEM, name=name, version=version, bom_ref=f"{name}-{version}"
    )


def _build_interpreter(version: str) -> Component:
    purl = PackageURL("generic", None, "python", version)
    return Component(
        # Scanners know an interpreter that no package brought by this name alone.
        cpe=f"cpe:2.3:a:python:python:{version}:*:*:*:*:*:*:*",
        type=ComponentType.APPLICATION,
        name="python",
        version=version,
        bom_ref=str(purl),
        purl=purl,
        licenses=[LicenseFactory().make_with_id("PSF-2.0")],
    )


def _build_packages(packages: Iterable[Mapping[str, str]], release: Mapping[str, str]) -> list[Component]:
    distro = f"{release['ID']}-{release.get('VERSION_ID')}"
    found = []
    for package in packages:
        name, version = package["Package"], package["Version"]
        # Debian's advisories name source packages.
        source, source_version = package["source:Package"], package["source:Version"]
        upstream = source if source_version == version else f"{source}@{source_version}"
        qualifiers = {"arch": package["Architecture"], "distro": distro}
        if upstream != name:
            qualifiers["upstream"] = upstream
        purl = PackageURL("deb", release["ID"], name, version, qualifiers)
        found.append(Component(name=name, version=version, bom_ref=str(purl), purl=purl))
    return found


def _build_distributions(
    told: Iterable[Mapping[str, Any]], environment: Mapping[str, str]
) -> tuple[list[Component], dict[Component, list[Component]]]:
    """Return Python's distributions and, for each, those that it requires."""
    # A virtual environment and the interpreter below it may each have their own of a kind.
    folders: dict[str, list[Mapping[str, Any]]] = defaultdict(list)
    for distribution in sorted(told, key=itemgetter("folder", "name", "version")):
        folders[distribution["folder"]].append(distribution)
    components: list[Component] = []
    graph: dict[Component, list[Component]] = {}
    for distributions in folders.values():
        # A second version of a kind, which a faulty build may leave, is listed without its requirements.
        by_name = {_normalise_name(told): told for told in distributions}
        found = [_build_distribution(told) for told in distributions]
        here = dict(zip(map(_normalise_name, distributions), found, strict=True))
        for name, needed in find_required(by_name, environment).items():
            graph[here[name]] = [here[other] for other in needed]
        components += found
    return components, graph


def _build_distribution(told: Mapping[str, Any]) -> Component:
    purl = PackageURL("pypi", None, _normalise_name(told), told["version"])
    return Component(
        name=told["name"],
        version=told["version"],
        bom_ref=f"{purl}#{told['folder']}",
        purl=purl,
        licenses=_choose_licences(told),
        evidence=ComponentEvidence(occurrences=[Occurrence(location=told["folder"])]),
    )


def _normalise_name(told: Mapping[str, Any]) -> str:
    return canonicalize_name(told["name"])


def find_required(
    distributions: Mapping[str, Mapping[str, Any]], environment: Mapping[str, str]
) -> dict[str, set[str]]:
    """Return for every distribution those that it requires, out of them.

    Parameters
    ----------
    distributions : mapping of str to mapping
        What each told of itself, by normalised name.
    environment : mapping of str to str
        The values for markers. An extra counts where another distribution asks for it.
    """
    found: dict[str, set[str]] = {name: set() for name in distributions}
    # An extra that is asked for is met later in the same walk.
    walked = {(name, "") for name in distributions}
    waiting = list(walked)
    while waiting:
        name, extra = waiting.pop()
        for requirement in map(Requirement, distributions[name]["requires"]):
            needed = canonicalize_name(requirement.name)
            marker = requirement.marker
            if needed not in found or (marker and not marker.evaluate({**environment, "extra": extra})):
                continue
            # A distribution may ask for an extra of its own.
            found[name] |= {needed} - {name}
            fresh = {(needed, asked) for asked in requirement.extras} - walked
            walked |= fresh
            waiting += fresh
    return found


def _choose_licences(told: Mapping[str, Any]) -> list[License]:
    """Return what is declared most clearly: SPDX, else classifiers, else a field of a single line."""
    field = (told["license"] or "").strip()
    lines = filter(None, [told["license_expression"], field])
    marks = [mark.split(" :: ") for mark in told["classifiers"] if mark.startswith("License :: ")]
    # "License :: OSI Approved" alone says that there is one, not which.
    classified = [mark[-1] for mark in marks if mark[-1] != "OSI Approved"]
    if clear := [line for line in lines if is_expression(line)][:1]:
        texts = clear
    elif classified:
        texts = classified
    else:
        texts = [field] if field and "\n" not in field else []
    declared = LicenseAcknowledgement.DECLARED
    return [LicenseFactory().make_from_string(text, license_acknowledgement=declared) for text in texts]

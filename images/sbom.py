"""The contents of an image as a CycloneDX document, read from the image itself."""

import json
import uuid
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
from images.docker_command import require_engine, require_image, run_docker
from images.lock import applies_to_images
from pipelines.files import replace_file
from pipelines.image_names import PREFIX, ImageNames

_INVENTORY = Path(__file__).with_name("inventory.py")


class ContentsNotListed(SuiteError):
    """The contents of an image cannot be listed, or not written."""


def write_sbom(names: ImageNames, stage: str, folder: Path) -> Path:
    """Write the contents of a stage's image; the same image with the same name gives the same bytes.

    Parameters
    ----------
    names : ImageNames
        Names of the images.
    stage : str
        The stage.
    folder : Path
        Receives the document, CycloneDX 1.6.

    Returns
    -------
    Path
        The document.

    Raises
    ------
    EngineMissing
        No Docker Engine answers.
    ImageMissing
        The image is not on this machine.
    ContentsNotListed
        The image is not based on Debian, or the folder cannot be written.
    CommandFailed
        The image does not run.
    """
    require_engine()
    name = names.name_image(stage)
    image = require_image(name)
    output = run_docker(
        *("run", "--rm", "--pull", "never", "--network", "none", "--read-only"),
        # By its ID, because another build could get the name meanwhile.
        *(image["Id"], "python3", "-c", _INVENTORY.read_text(encoding="utf-8")),
        remedy="Build the image again: make images, with the same REGISTRY and TAG.",
    )
    inventory = json.loads(output)
    if inventory["packages"] is None:
        raise ContentsNotListed(
            f"The image {name} is based on {inventory['system']['ID']}, without dpkg-query to list packages.",
            "Build it on Debian: make images PYTHON_IMAGE=python:3.11-slim-bookworm.",
        )
    path = folder / name_document(stage)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        replace_file(path, build_document(names, stage, image, inventory))
    except OSError as error:
        raise ContentsNotListed(
            f"{path} cannot be written: {error.strerror}.",
            "Check that you may write it and that the disk has space.",
        ) from None
    return path


def name_document(stage: str) -> str:
    """Return the name of a stage's document, after its image."""
    return f"{PREFIX}{stage.replace('_', '-')}.cdx.json"


def build_document(
    names: ImageNames, stage: str, image: Mapping[str, Any], inventory: Mapping[str, Any]
) -> str:
    """Return a CycloneDX 1.6 document as JSON text.

    Parameters
    ----------
    names : ImageNames
        Names of the images.
    stage : str
        The stage.
    image : mapping
        The engine's description of the image.
    inventory : mapping
        The image's contents, from ``images.inventory.build_inventory``.
    """
    described = _build_image_component(names, stage, image)
    python, graph = _build_distributions(inventory["distributions"])
    release = inventory["system"]
    packages = _build_packages(inventory["packages"], release)
    others = [_build_system(release), _build_interpreter(inventory["python"]), *packages]
    bom = Bom(
        # Not random, so that the same image gives the same document.
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
    bom.register_dependency(described, [*others, *(part for part in python if part not in required)])
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
        # Scanners find an interpreter that is not from a package only by this name.
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
    components = []
    for package in packages:
        name, version = package["Package"], package["Version"]
        # Debian's advisories name source packages.
        source, source_version = package["source:Package"], package["source:Version"]
        upstream = source if source_version == version else f"{source}@{source_version}"
        qualifiers = {"arch": package["Architecture"], "distro": distro}
        if upstream != name:
            qualifiers["upstream"] = upstream
        purl = PackageURL("deb", release["ID"], name, version, qualifiers)
        components.append(Component(name=name, version=version, bom_ref=str(purl), purl=purl))
    return components


def _build_distributions(
    folders: Mapping[str, Iterable[Mapping[str, Any]]],
) -> tuple[list[Component], dict[Component, set[Component]]]:
    """Return Python's distributions and, for each, those that it requires."""
    components: list[Component] = []
    graph: dict[Component, set[Component]] = {}
    # A virtual environment and its interpreter may have different versions of a distribution.
    for folder, distributions in sorted(folders.items()):
        named: dict[str, tuple[Component, Mapping[str, Any]]] = {}
        for distribution in sorted(distributions, key=itemgetter("name", "version")):
            components.append(component := _build_distribution(distribution, folder))
            # A second version, which a faulty build may leave, is listed without its requirements.
            named[canonicalize_name(distribution["name"])] = component, distribution
        required = find_required(
            {name: distribution["requires"] for name, (_, distribution) in named.items()}
        )
        graph |= {named[name][0]: {named[other][0] for other in needed} for name, needed in required.items()}
    return components, graph


def _build_distribution(distribution: Mapping[str, Any], folder: str) -> Component:
    name, version = distribution["name"], distribution["version"]
    purl = PackageURL("pypi", None, canonicalize_name(name), version)
    return Component(
        name=name,
        version=version,
        bom_ref=f"{purl}#{folder}",
        purl=purl,
        licenses=_choose_licences(distribution),
        evidence=ComponentEvidence(occurrences=[Occurrence(location=folder)]),
    )


def find_required(requirements: Mapping[str, Iterable[str]]) -> dict[str, set[str]]:
    """Return, for every distribution, which of the others it requires in an image.

    An extra counts if another distribution requires it.

    Parameters
    ----------
    requirements : mapping of str to iterable of str
        The requirements in each distribution's metadata, by its normalised name.
    """
    required: dict[str, set[str]] = {name: set() for name in requirements}
    # Pairs of a distribution and an extra; a required extra is added to the queue.
    seen = {(name, "") for name in requirements}
    queue = list(seen)
    while queue:
        name, extra = queue.pop()
        for requirement in map(Requirement, requirements[name]):
            needed = canonicalize_name(requirement.name)
            if needed in required and applies_to_images(requirement.marker, extra):
                # A distribution may require an extra of itself.
                required[name] |= {needed} - {name}
                new = {(needed, needed_extra) for needed_extra in requirement.extras} - seen
                seen |= new
                queue += new
    return required


def _choose_licences(distribution: Mapping[str, Any]) -> list[License]:
    """Return the clearest declaration: SPDX, else classifiers, else a field of a single line."""
    field = (distribution["license"] or "").strip()
    expressions = [
        text for text in (distribution["license_expression"], field) if text and is_expression(text)
    ]
    classifiers = [text.split(" :: ") for text in distribution["classifiers"]]
    # "License :: OSI Approved" alone does not say which licence.
    names = [words[-1] for words in classifiers if words[0] == "License" and words[-1] != "OSI Approved"]
    texts = expressions[:1] or names or [field] * (field != "" and "\n" not in field)
    return [
        LicenseFactory().make_from_string(text, license_acknowledgement=LicenseAcknowledgement.DECLARED)
        for text in texts
    ]

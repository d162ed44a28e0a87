"""How a registered version was made, as an in-toto statement with a provenance of SLSA.

https://github.com/in-toto/attestation/blob/main/spec/v1/statement.md
"""

import hashlib
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import components
from components._model.provenance import PREDICATE_TYPE, ResourceDescriptor, build_predicate, list_code
from components._problem.registration import STATEMENT
from components._problem.verdict import Verdict
from components.environment import Environment
from components.errors import PUBLIC_QUERIES, hide_credentials
from components.machine import select_numerical_variables

TYPE = "https://in-toto.io/Statement/v1"
# setup.cfg has the same; images do not have that file.
REPOSITORY = "https://github.com/kfp-tabular/kfp-tabular"
_LOCK = Path(components.__file__).parent.parent / "constraints.txt"
_DIRTY = "-dirty"
_COMMIT = re.compile(r"[0-9a-f]{40}")
_SECRET_QUERY = re.compile(rf"\?(?!{'|'.join(PUBLIC_QUERIES)}).*", re.DOTALL)
_PINNED = re.compile(r"(?P<name>.+)@sha256:(?P<digest>[0-9a-f]{64})")
# MLflow's names of the model, which are known only where it was trained.
_LEFT_OUT = ("mlflow.json", STATEMENT)


def build_statement(
    model: Path,
    lineage: Mapping[str, Any],
    evaluation: Verdict,
    run: str,
    environment: Environment,
    parameters: Mapping[str, Any],
) -> dict[str, Any]:
    """Return the statement about the files of a model's folder.

    Parameters
    ----------
    model : Path
        The folder.
    lineage : mapping
        The model's lineage.
    evaluation : Verdict
        evaluate's verdict, whose record has the metrics on the test rows.
    run : str
        MLflow's run of the training; empty without one.
    environment : Environment
        The image that serves the model.
    parameters : mapping
        The parameters of the training; without a source they are not known.
    """
    revision = str(lineage.get("commit") or "")
    metrics = evaluation.record.get("metrics", {})
    predicate = build_predicate(
        f"{REPOSITORY}/blob/main/docs/reproducing.md",
        external=_choose_parameters(lineage, parameters),
        internal={
            "revision": revision,
            "seed": lineage.get("seed"),
            "versions": lineage.get("versions", {}),
            **lineage.get("machine", {}),
            "variables": select_numerical_variables(),
        },
        dependencies=list(_iterate_dependencies(lineage, revision, environment)),
        run=run,
        byproducts=[{"name": "metrics on the test rows", "annotations": metrics}] if metrics else [],
    )
    return {
        "_type": TYPE,
        "subject": list(_iterate_subjects(model)),
        "predicateType": PREDICATE_TYPE,
        "predicate": predicate,
    }


def _iterate_subjects(model: Path) -> Iterator[ResourceDescriptor]:
    for file in sorted(path for path in model.rglob("*") if path.is_file()):
        name = file.relative_to(model).as_posix()
        if name not in _LEFT_OUT:
            yield {"name": name, "digest": {"sha256": _hash_file(file)}}


def _iterate_dependencies(
    lineage: Mapping[str, Any], revision: str, environment: Environment
) -> Iterator[ResourceDescriptor]:
    if lineage.get("dataset_sha256"):
        version = lineage.get("source_version")
        yield {
            "name": "data",
            "uri": _hide_secrets(str(lineage.get("source", ""))),
            "digest": {"sha256": lineage["dataset_sha256"]},
            "annotations": {
                # Not of the file's bytes: the same table may come in another format.
                "digest_of": "the columns, types and cells of the table",
                **({"version": version} if version else {}),
            },
        }
    commit = revision.removesuffix(_DIRTY)
    if _COMMIT.fullmatch(commit):
        code, *lock = list_code(REPOSITORY, commit, _hash_file(_LOCK) if _LOCK.exists() else None)
        if revision.endswith(_DIRTY):
            code["annotations"] = {"is_dirty": True}
        yield from (code, *lock)
    pinned = _PINNED.fullmatch(environment.serve_image or "")
    if pinned:
        yield {"name": "server", "uri": f"oci://{pinned['name']}", "digest": {"sha256": pinned["digest"]}}


def _choose_parameters(lineage: Mapping[str, Any], parameters: Mapping[str, Any]) -> dict[str, Any]:
    """Return the parameters of the training; those of the lineage if a pipeline does not pass them."""
    if not parameters.get("source"):
        parameters = {"source": lineage.get("source"), "seed": lineage.get("seed")}
    return {
        name: _hide_secrets(value) if isinstance(value, str) else value for name, value in parameters.items()
    }


def _hide_secrets(text: str) -> str:
    """Return an address without user, password and signature; any other text as it is."""
    return hide_credentials(_SECRET_QUERY.sub("", text)) if "://" in text else text


def _hash_file(file: Path) -> str:
    with file.open("rb") as content:
        return hashlib.file_digest(content, "sha256").hexdigest()

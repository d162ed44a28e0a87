"""The fields that each release of Kubeflow Pipelines added to the messages of specs, since 2.14.

``added_fields.json`` has them as ``Message.field``. Later releases know them, too. To write it again, with
the wheels of a new release::

    for version in 2.14.3 2.15.2 2.16.1 2.17.3; do
      uv pip install --no-deps --target build/$version kfp-kubernetes==$version kfp-pipeline-spec==$version
    done
    python -m tests.kfp_api.added_fields build/2.14.3 build/2.15.2 build/2.16.1 build/2.17.3
"""

import ast
import json
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path

from google.protobuf.descriptor_pb2 import DescriptorProto, FileDescriptorProto

from pipelines.backend_versions import BackendRelease

_TABLE = Path(__file__).with_name("added_fields.json")
_MODULES = ("kfp/kubernetes/kubernetes_executor_config_pb2.py", "kfp/pipeline_spec/pipeline_spec_pb2.py")


def read_added_fields() -> dict[BackendRelease, set[str]]:
    """Return the fields that each release added."""
    table = json.loads(_TABLE.read_text(encoding="utf-8"))
    return {BackendRelease.parse(version): set(fields) for version, fields in table.items()}


def write_table(folders: Iterable[Path]) -> None:
    """Write the table from folders of installed wheels, named by version, the oldest first."""
    known: set[str] = set()
    table: dict[str, list[str]] = {}
    for folder in folders:
        fields = {field for module in _MODULES for field in _iterate_fields(folder / module)}
        if known:
            table[str(BackendRelease.parse(folder.name))] = sorted(fields - known)
        known |= fields
    _TABLE.write_text(json.dumps(table, indent=2) + "\n", encoding="utf-8")


def _iterate_fields(module: Path) -> Iterator[str]:
    # Not imported, because one process can have one version of a message only.
    tree = ast.parse(module.read_text(encoding="utf-8"))
    calls = (node for node in ast.walk(tree) if isinstance(node, ast.Call))
    (content,) = (
        ast.literal_eval(call.args[0])
        for call in calls
        if isinstance(call.func, ast.Attribute) and call.func.attr == "AddSerializedFile"
    )
    described = FileDescriptorProto.FromString(content)
    for message in described.message_type:
        yield from _iterate_fields_of(message, described.package)


def _iterate_fields_of(message: DescriptorProto, place: str) -> Iterator[str]:
    name = f"{place}.{message.name}"
    yield from (f"{name}.{field.name}" for field in message.field)
    for nested in message.nested_type:
        yield from _iterate_fields_of(nested, name)


if __name__ == "__main__":
    write_table(map(Path, sys.argv[1:]))

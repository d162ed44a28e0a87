"""The messages of a compiled spec, read as strictly as a release of the backend reads them."""

from collections.abc import Iterator
from typing import Any

from google.protobuf.json_format import ParseDict, ParseError
from google.protobuf.message import Message
from kfp.kubernetes.kubernetes_executor_config_pb2 import KubernetesExecutorConfig
from kfp.pipeline_spec.pipeline_spec_pb2 import PipelineDeploymentConfig, PipelineSpec, PlatformSpec

from pipelines.backend_versions import BackendRelease
from tests.kfp_api.added_fields import read_added_fields


def list_unknown_pipeline_fields(document: dict[str, Any], release: BackendRelease) -> list[str]:
    """Return the fields of the pipeline that a release does not know."""
    # It is in the first as a mapping of any form.
    read = [(PipelineSpec(), document), (PipelineDeploymentConfig(), document["deploymentSpec"])]
    return _list_unknown_fields(read, release)


def list_unknown_platform_fields(document: dict[str, Any], release: BackendRelease) -> list[str]:
    """Return the fields of the settings for Kubernetes that a release does not know."""
    platform = document["platforms"].get("kubernetes", {})
    settings = platform.get("deploymentSpec", {}).get("executors", {}).values()
    read = [(PlatformSpec(), document), *((KubernetesExecutorConfig(), of_task) for of_task in settings)]
    return _list_unknown_fields(read, release)


def _list_unknown_fields(read: list[tuple[Message, dict[str, Any]]], release: BackendRelease) -> list[str]:
    added = read_added_fields()
    newer = {field for other, fields in added.items() if other > release for field in fields}
    unknown = set()
    for message, content in read:
        try:
            ParseDict(content, message)
        except ParseError as error:
            unknown.add(str(error))
        unknown |= newer & set(_iterate_fields(message))
    return sorted(unknown)


def _iterate_fields(message: Message) -> Iterator[str]:
    """Yield the full names of the fields that are set in a message and in those inside."""
    for field, value in message.ListFields():
        yield field.full_name
        if field.message_type is None or field.message_type.full_name.startswith("google."):
            continue
        if field.message_type.GetOptions().map_entry:
            inner = [element for element in value.values() if isinstance(element, Message)]
        else:
            inner = list(value) if field.is_repeated else [value]
        for element in inner:
            yield from _iterate_fields(element)

"""Pipelines and the upload of their versions."""

import email.parser
import email.policy
from typing import Any

import yaml

from tests.kfp_api.call import PAGING, Call, Route
from tests.kfp_api.models import Refusal
from tests.kfp_api.state import format_now


def _list_pipelines(call: Call) -> dict[str, Any]:
    namespace = call.query.get("namespace", "")
    if namespace:
        namespace = call.permit(namespace, "list pipelines")
    found = [p for p in call.api.pipelines.values() if p.get("namespace", "") == namespace]
    return call.make_page(found, "pipelines", ("pipeline_id", "display_name", "name", "namespace"))


def _create_pipeline(call: Call) -> dict[str, Any]:
    given = call.read("V2beta1Pipeline")
    namespace = given.get("namespace", "")
    if namespace:
        namespace = call.permit(namespace, "create a pipeline")
    name = given.get("name") or given.get("display_name")
    if not name:
        raise Refusal(400, "pipeline's name cannot be empty")
    if any((p["name"], p["namespace"]) == (name, namespace) for p in call.api.pipelines.values()):
        raise Refusal(409, "Already exist error: The name exists already")
    key = call.api.make_id()
    made = {"name": name, "pipeline_id": key, "namespace": namespace, "created_at": format_now()}
    call.api.pipelines[key] = {**given, **made}
    return call.api.pipelines[key]


def _list_versions(call: Call, pipeline: str) -> dict[str, Any]:
    found = [v for v in call.api.versions.values() if v["pipeline_id"] == pipeline]
    return call.make_page(found, "pipeline_versions", ("pipeline_version_id", "display_name", "name"))


def _upload_version(call: Call) -> dict[str, Any]:
    key, name = call.query.get("pipelineid", ""), call.query["name"]
    spec = list(yaml.safe_load_all(_read_upload(call)))
    # The upload service is no part of the gateway, and says little.
    if key not in call.api.pipelines or "pipelineInfo" not in spec[0]:
        raise Refusal(400, "Failed to create a pipeline version")
    if any((v["pipeline_id"], v["name"]) == (key, name) for v in call.api.versions.values()):
        raise Refusal(409, "Failed to create a pipeline version")
    version = call.api.make_id()
    call.api.versions[version] = {
        "pipeline_id": key,
        "pipeline_version_id": version,
        "name": name,
        "display_name": call.query.get("display_name", name),
        "created_at": format_now(),
        "pipeline_spec": spec[0] if len(spec) == 1 else {"pipeline_spec": spec[0], "platform_spec": spec[1]},
    }
    return call.api.versions[version]


def _get_version(call: Call, pipeline: str, key: str) -> dict[str, Any]:
    version = call.api.versions.get(key)
    if version is None or version["pipeline_id"] != pipeline:
        raise Refusal(404, f"Failed to get pipeline version: {key} not found")
    return version


def _read_upload(call: Call) -> bytes:
    head = f"Content-Type: {call.headers['Content-Type']}\r\n\r\n".encode()
    message = email.parser.BytesParser(policy=email.policy.HTTP).parsebytes(head + call.body)
    parts = {part.get_param("name", header="content-disposition"): part for part in message.iter_parts()}
    if set(parts) != {"uploadfile"} or not str(parts["uploadfile"].get_filename()).endswith(".yaml"):
        raise Refusal(400, "Failed to read pipeline from file")
    return bytes(parts["uploadfile"].get_payload(decode=True))


_UPLOAD = ("name", "display_name", "description", "pipelineid", "tags", "code_source_url", "namespace")
_VERSIONS = "V2beta1ListPipelineVersionsResponse"
ROUTES = [
    Route("GET", "pipelines", _list_pipelines, "V2beta1ListPipelinesResponse", ("namespace", *PAGING)),
    Route("POST", "pipelines", _create_pipeline, "V2beta1Pipeline"),
    Route("POST", "pipelines/upload_version", _upload_version, "V2beta1PipelineVersion", _UPLOAD),
    Route("GET", "pipelines/([^/]+)/versions", _list_versions, _VERSIONS, PAGING),
    Route("GET", "pipelines/([^/]+)/versions/([^/]+)", _get_version, "V2beta1PipelineVersion"),
]

"""A stand-in for the API server of Kubeflow Pipelines, on loopback.

It speaks the REST API v2beta1 to kfp's real client, keeps its state in memory, and takes no body that the
models of kfp-server-api would not have written: an unknown field or a value of another type is a 400. What
it answers was read in the source of the backend (kubeflow/pipelines, backend/src/apiserver/server); that it
does so on a cluster is not shown by it.
"""

import calendar
import email.parser
import email.policy
import itertools
import json
import re
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

import kfp_server_api
import yaml

_SECONDS_WITHOUT_ANSWER = 5.0
HTML = "<!DOCTYPE html><html><body>Log in</body></html>"
_CODES = {400: 3, 401: 16, 403: 7, 404: 5, 409: 6, 500: 13, 503: 14}
# Whole numbers of 64 bits are text in the models, and JSON may write them either way.
_LONG = ("max_concurrency", "interval_second")
_FILTERS = {
    "pipelines": ("pipeline_id", "display_name", "name", "namespace"),
    "versions": ("pipeline_version_id", "display_name", "name"),
    "experiments": ("experiment_id", "display_name"),
    "runs": ("run_id", "display_name", "experiment_id", "state"),
    "recurringruns": ("recurring_run_id", "display_name"),
}


class Refused(Exception):
    """An answer other than 200."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status = status


@dataclass
class Trouble:
    """What goes wrong with some requests before they go well.

    Attributes
    ----------
    method, path : str
        Which requests: the method, and a pattern that the path begins with.
    status : int
        The answer. 0: the connection is cut. -1: there is none for long.
    times : int
        How many of them.
    is_done_first : bool
        Whether the request is carried out all the same, and only its answer is lost.
    body : str or None
        What is answered. None: an error in JSON.
    headers : dict
        What goes with it.
    """

    method: str
    path: str
    status: int
    times: int = 1
    is_done_first: bool = False
    body: str | None = None
    headers: dict[str, str] = field(default_factory=dict)


@dataclass
class KfpApi:
    """The state of a stand-in API server, to be set and looked at by a test.

    Attributes
    ----------
    users : dict or None
        The namespaces that each token or cookie may use. None: nobody is asked.
    expired : set of str
        Tokens and cookies that were good once.
    health : dict
        What it says of itself.
    scripts : list of list of dict
        How the next runs get on: one picture of a run for each time that somebody looks.
    troubles : list of Trouble
        What goes wrong.
    requests : list of tuple of str
        Method and path of every request.
    """

    is_multi_user: bool = False
    users: dict[str, set[str]] | None = None
    expired: set[str] = field(default_factory=set)
    health: dict[str, Any] = field(default_factory=lambda: {"commit_sha": "unknown", "tag_name": "2.16.0"})
    scripts: list[list[dict[str, Any]]] = field(default_factory=list)
    troubles: list[Trouble] = field(default_factory=list)
    requests: list[tuple[str, str]] = field(default_factory=list)
    pipelines: dict[str, dict[str, Any]] = field(default_factory=dict)
    versions: dict[str, dict[str, Any]] = field(default_factory=dict)
    experiments: dict[str, dict[str, Any]] = field(default_factory=dict)
    runs: dict[str, dict[str, Any]] = field(default_factory=dict)
    recurringruns: dict[str, dict[str, Any]] = field(default_factory=dict)
    url: str = ""
    page_size_at_most: int = 200
    headers_seen: list[dict[str, str]] = field(default_factory=list)
    namespaces_seen: set[str] = field(default_factory=set)
    is_over: threading.Event = field(default_factory=threading.Event)
    _ids: Iterator[int] = field(default_factory=lambda: itertools.count(1))
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def posts(self) -> list[str]:
        """Paths of the requests that change something."""
        return [path for method, path in self.requests if method != "GET"]

    def new_id(self) -> str:
        return f"00000000-0000-4000-8000-{next(self._ids):012d}"


@contextmanager
def serving(api: KfpApi) -> Iterator[KfpApi]:
    """Serve an API on a free port of loopback; its address is then ``api.url``."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(api))
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    thread.start()
    api.url = f"http://127.0.0.1:{server.server_address[1]}"
    try:
        yield api
    finally:
        api.is_over.set()
        server.shutdown()
        server.server_close()
        thread.join()


def run_picture(state: str, **tasks: str) -> dict[str, Any]:
    """Return what a look at a run shows: its state, and those of its tasks by name, ``_`` for ``-``."""
    now = _now()
    details = [
        {
            "task_id": f"task-{name}",
            "display_name": name.replace("_", "-").removesuffix("-again"),
            "state": task_state,
            "create_time": now,
            "start_time": "2026-03-02T06:00:00Z",
            "end_time": "2026-03-02T06:00:42Z" if task_state != "RUNNING" else "1970-01-01T00:00:00Z",
        }
        for name, task_state in tasks.items()
    ]
    # Argo's own nodes are among the tasks.
    details.append({"task_id": "node", "display_name": "root-driver", "state": "SUCCEEDED"})
    return {"state": state, "run_details": {"task_details": details}}


def _handler(api: KfpApi) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        # Without these each answer waits 40 ms for the client to acknowledge its head.
        disable_nagle_algorithm = True
        wbufsize = -1

        def log_message(self, format: str, *args: object) -> None:
            pass

        def _answer(self) -> None:
            path = urlsplit(self.path).path
            body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
            with api._lock:
                api.requests.append((self.command, path))
                api.headers_seen.append(dict(self.headers.items()))
                trouble = _trouble(api, self.command, path)
                if trouble is None or trouble.is_done_first:
                    status, answer = _handled(api, self, body)
            if trouble is None:
                self._send(status, json.dumps(answer), {"Content-Type": "application/json"})
            elif trouble.status <= 0:
                if trouble.status < 0:
                    api.is_over.wait(_SECONDS_WITHOUT_ANSWER)
                self.close_connection = True
                self.connection.close()
            else:
                kind = "text/html" if trouble.body else "application/json"
                text = trouble.body or json.dumps(_error(trouble.status, "out of order"))
                self._send(trouble.status, text, {"Content-Type": kind, **trouble.headers})

        def _send(self, status: int, text: str, headers: dict[str, str]) -> None:
            content = text.encode("latin-1", "replace")
            self.send_response(status)
            for name, value in headers.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        do_GET = do_POST = do_DELETE = _answer  # noqa: N815

    return Handler


def _trouble(api: KfpApi, method: str, path: str) -> Trouble | None:
    for trouble in api.troubles:
        if trouble.times and trouble.method == method and re.match(trouble.path, path):
            trouble.times -= 1
            return trouble
    return None


def _handled(api: KfpApi, request: BaseHTTPRequestHandler, body: bytes) -> tuple[int, dict[str, Any]]:
    address = urlsplit(request.path)
    query = {name: values[0] for name, values in parse_qs(address.query, keep_blank_values=True).items()}
    api.namespaces_seen.add(query.get("namespace", ""))
    try:
        return 200, _Call(api, request, query, body).answer(request.command, address.path)
    except Refused as refusal:
        return refusal.status, _error(refusal.status, str(refusal))


def _error(status: int, message: str) -> dict[str, Any]:
    return {"error": message, "code": _CODES.get(status, 2), "message": message, "details": []}


class _Call:
    def __init__(
        self, api: KfpApi, request: BaseHTTPRequestHandler, query: dict[str, str], body: bytes
    ) -> None:
        self.api, self.request, self.query, self.body = api, request, query, body

    def answer(self, method: str, path: str) -> dict[str, Any]:
        self._know_who()
        routes: list[tuple[str, str, Callable[..., dict[str, Any]], str]] = [
            ("GET", "healthz", self._health, "object"),
            ("GET", "pipelines", self._list_pipelines, "V2beta1ListPipelinesResponse"),
            ("POST", "pipelines", self._create_pipeline, "V2beta1Pipeline"),
            ("POST", "pipelines/upload_version", self._upload_version, "V2beta1PipelineVersion"),
            ("GET", "pipelines/([^/]+)/versions", self._list_versions, "V2beta1ListPipelineVersionsResponse"),
            ("GET", "experiments", self._list_experiments, "V2beta1ListExperimentsResponse"),
            ("POST", "experiments", self._create_experiment, "V2beta1Experiment"),
            ("GET", "runs", self._list_runs, "V2beta1ListRunsResponse"),
            ("POST", "runs", self._create_run, "V2beta1Run"),
            ("GET", "runs/([^/]+)", self._get_run, "V2beta1Run"),
            ("GET", "recurringruns", self._list_recurring, "V2beta1ListRecurringRunsResponse"),
            ("POST", "recurringruns", self._create_recurring, "V2beta1RecurringRun"),
            ("GET", "recurringruns/([^/:]+)", self._get_recurring, "V2beta1RecurringRun"),
            ("DELETE", "recurringruns/([^/:]+)", self._delete_recurring, "object"),
            ("POST", "recurringruns/([^/:]+):(enable|disable)", self._change_recurring, "object"),
        ]
        for wanted, pattern, route, model in routes:
            found = re.fullmatch(f"/apis/v2beta1/{pattern}", path)
            if found and wanted == method:
                answer = route(*found.groups())
                # Nothing is made up here that the real one could not say.
                check_model(answer, model, "answer")
                return answer
        raise Refused(404, "Not Found")

    # Who asks, and where.

    def _know_who(self) -> None:
        self.may: set[str] | None = None
        if self.api.users is None:
            return
        token = self.request.headers.get("Authorization", "").removeprefix("Bearer ")
        who = token or self.request.headers.get("Cookie", "")
        if who in self.api.expired or who not in self.api.users:
            raise Refused(401, "Request header error: there is no user identity header.")
        self.may = self.api.users[who]

    def _permit(self, namespace: str, what: str) -> str:
        if not self.api.is_multi_user:
            return ""
        if not namespace:
            raise Refused(400, f"Failed to {what}: a namespace cannot be empty in multi-user mode.")
        if self.may is not None and namespace not in self.may:
            raise Refused(
                403, f"Failed to {what}: User is not authorized in {namespace}: Unauthorized access"
            )
        return namespace

    def _health(self) -> dict[str, Any]:
        self._takes()
        return {"multi_user": self.api.is_multi_user, **self.api.health}

    # Pipelines.

    def _list_pipelines(self) -> dict[str, Any]:
        self._takes("namespace", "page_token", "page_size", "sort_by", "filter")
        namespace = self.query.get("namespace", "")
        if namespace:
            namespace = self._permit(namespace, "list pipelines")
        found = [p for p in self.api.pipelines.values() if p.get("namespace", "") == namespace]
        return self._page("pipelines", found)

    def _create_pipeline(self) -> dict[str, Any]:
        self._takes()
        given = self._read("V2beta1Pipeline")
        namespace = given.get("namespace", "")
        if namespace:
            namespace = self._permit(namespace, "create a pipeline")
        name = given.get("name") or given.get("display_name")
        if not name:
            raise Refused(400, "pipeline's name cannot be empty")
        if any((p["name"], p["namespace"]) == (name, namespace) for p in self.api.pipelines.values()):
            raise Refused(409, "Already exist error: The name exists already")
        key = self.api.new_id()
        self.api.pipelines[key] = {
            **given,
            "name": name,
            "pipeline_id": key,
            "namespace": namespace,
            "created_at": _now(),
        }
        return self.api.pipelines[key]

    def _list_versions(self, pipeline: str) -> dict[str, Any]:
        self._takes("page_token", "page_size", "sort_by", "filter")
        found = [v for v in self.api.versions.values() if v["pipeline_id"] == pipeline]
        return self._page("versions", found, "pipeline_versions")

    def _upload_version(self) -> dict[str, Any]:
        self._takes(
            "name", "display_name", "description", "pipelineid", "tags", "code_source_url", "namespace"
        )
        pipeline = self.api.pipelines.get(self.query.get("pipelineid", ""))
        spec = list(yaml.safe_load_all(self._file()))
        if pipeline is None or "pipelineInfo" not in spec[0]:
            # The upload service is no part of the gateway, and says little.
            raise Refused(400, "Failed to create a pipeline version")
        name = self.query["name"]
        if any((v["pipeline_id"], v["name"]) == (pipeline["pipeline_id"], name) for v in self._versions()):
            raise Refused(409, "Failed to create a pipeline version")
        key = self.api.new_id()
        self.api.versions[key] = {
            "pipeline_id": pipeline["pipeline_id"],
            "pipeline_version_id": key,
            "name": name,
            "display_name": self.query.get("display_name", name),
            "created_at": _now(),
            "pipeline_spec": spec[0]
            if len(spec) == 1
            else {"pipeline_spec": spec[0], "platform_spec": spec[1]},
        }
        return self.api.versions[key]

    def _versions(self) -> list[dict[str, Any]]:
        return list(self.api.versions.values())

    def _file(self) -> bytes:
        head = f"Content-Type: {self.request.headers['Content-Type']}\r\n\r\n".encode()
        message = email.parser.BytesParser(policy=email.policy.HTTP).parsebytes(head + self.body)
        parts = {part.get_param("name", header="content-disposition"): part for part in message.iter_parts()}
        if set(parts) != {"uploadfile"} or not str(parts["uploadfile"].get_filename()).endswith(".yaml"):
            raise Refused(400, "Failed to read pipeline from file")
        content: bytes = parts["uploadfile"].get_payload(decode=True)
        return content

    # Experiments.

    def _list_experiments(self) -> dict[str, Any]:
        self._takes("page_token", "page_size", "sort_by", "filter", "namespace")
        namespace = self._permit(self.query.get("namespace", ""), "list experiments")
        found = [e for e in self.api.experiments.values() if e.get("namespace", "") == namespace]
        return self._page("experiments", found)

    def _create_experiment(self) -> dict[str, Any]:
        self._takes()
        given = self._read("V2beta1Experiment")
        namespace = self._permit(given.get("namespace", ""), "create an experiment")
        if not given.get("display_name"):
            raise Refused(400, "Experiment name is empty")
        key = self.api.new_id()
        self.api.experiments[key] = {
            **given,
            "experiment_id": key,
            "namespace": namespace,
            "storage_state": "AVAILABLE",
        }
        return self.api.experiments[key]

    # Runs.

    def _list_runs(self) -> dict[str, Any]:
        self._takes("page_token", "page_size", "sort_by", "filter", "namespace", "experiment_id")
        experiment = self.query.get("experiment_id")
        if experiment is None:
            self._permit(self.query.get("namespace", ""), "list runs")
        else:
            self._in_experiment(experiment, "list runs")
        found = [r for r in self.api.runs.values() if experiment in (None, r["experiment_id"])]
        return self._page("runs", [{k: v for k, v in r.items() if k != "script"} for r in found])

    def _create_run(self) -> dict[str, Any]:
        self._takes()
        given = self._read("V2beta1Run")
        self._in_experiment(given.get("experiment_id", ""), "create a run")
        self._check_inputs(given)
        if not given.get("display_name"):
            raise Refused(400, "The run name is empty. Please specify a valid name")
        key = self.api.new_id()
        script = self.api.scripts.pop(0) if self.api.scripts else [run_picture("SUCCEEDED")]
        shown = {**given, "run_id": key, "state": "PENDING", "created_at": _now()}
        self.api.runs[key] = {**shown, "script": script}
        return shown

    def _get_run(self, key: str) -> dict[str, Any]:
        self._takes("experiment_id")
        if key not in self.api.runs:
            raise Refused(404, f"Failed to get run: run {key} not found")
        run = self.api.runs[key]
        script = run["script"]
        picture = script.pop(0) if len(script) > 1 else script[0]
        return {**{k: v for k, v in run.items() if k != "script"}, **picture}

    def _in_experiment(self, key: str, what: str) -> str:
        if key not in self.api.experiments:
            raise Refused(404, f"Failed to {what}: experiment {key!r} not found")
        return self._permit(self.api.experiments[key]["namespace"], what)

    def _check_inputs(self, given: dict[str, Any]) -> None:
        reference = given.get("pipeline_version_reference") or {}
        version = self.api.versions.get(reference.get("pipeline_version_id", ""))
        if version is None or version["pipeline_id"] != reference.get("pipeline_id"):
            raise Refused(404, "Failed to fetch a template: the pipeline version was not found")
        spec = version["pipeline_spec"].get("pipeline_spec", version["pipeline_spec"])
        defined = spec["root"].get("inputDefinitions", {}).get("parameters", {})
        values = (given.get("runtime_config") or {}).get("parameters") or {}
        kinds: dict[str, type | tuple[type, ...]] = {
            "STRING": str,
            "NUMBER_INTEGER": (int, float),
            "NUMBER_DOUBLE": (int, float),
            "BOOLEAN": bool,
            "LIST": list,
            "STRUCT": dict,
        }
        for name, definition in defined.items():
            if name not in values:
                if not definition.get("isOptional") and "defaultValue" not in definition:
                    raise Refused(400, f"parameter {name} is not optional")
            elif not isinstance(values[name], kinds[definition["parameterType"]]):
                raise Refused(400, f"input parameter {name} requires type {definition['parameterType']}")
        if extra := sorted(set(values) - set(defined)):
            raise Refused(400, f"parameter(s) provided are not required by pipeline: {', '.join(extra)}")

    # Recurring runs.

    def _list_recurring(self) -> dict[str, Any]:
        self._takes("page_token", "page_size", "sort_by", "filter", "namespace", "experiment_id")
        namespace = self._permit(self.query.get("namespace", ""), "list recurring runs")
        found = [r for r in self.api.recurringruns.values() if r["namespace"] == namespace]
        return self._page("recurringruns", found, "recurringRuns")

    def _create_recurring(self) -> dict[str, Any]:
        self._takes()
        given = self._read("V2beta1RecurringRun")
        namespace = self._in_experiment(given.get("experiment_id", ""), "create a recurring run")
        self._check_inputs(given)
        self._check_trigger(given)
        key = self.api.new_id()
        is_enabled = given["mode"] == "ENABLE"
        self.api.recurringruns[key] = {
            "service_account": "pipeline-runner",
            **given,
            "max_concurrency": str(given["max_concurrency"]),
            "recurring_run_id": key,
            "namespace": namespace,
            "status": "ENABLED" if is_enabled else "DISABLED",
            "created_at": _now(),
        }
        trigger = self.api.recurringruns[key]["trigger"]
        if "periodic_schedule" in trigger:
            seconds = trigger["periodic_schedule"]["interval_second"]
            trigger["periodic_schedule"]["interval_second"] = str(seconds)
        if not (given.get("runtime_config") or {}).get("parameters"):
            # The backend leaves an empty configuration out of its answers.
            self.api.recurringruns[key].pop("runtime_config")
        return self.api.recurringruns[key]

    def _check_trigger(self, given: dict[str, Any]) -> None:
        if not 1 <= int(given.get("max_concurrency", 0)) <= 10:
            raise Refused(400, "Max concurrency of a recurring run must be at least 1 and at most 10.")
        trigger = given.get("trigger") or {}
        if "cron_schedule" in trigger:
            if not is_cron(trigger["cron_schedule"]["cron"]):
                raise Refused(400, "Schedule cron is not a supported format")
        elif int(trigger.get("periodic_schedule", {}).get("interval_second", 0)) < 1:
            raise Refused(400, "Found invalid period schedule interval")

    def _get_recurring(self, key: str) -> dict[str, Any]:
        self._takes()
        return self._recurring(key)

    def _recurring(self, key: str) -> dict[str, Any]:
        if key not in self.api.recurringruns:
            raise Refused(404, f"recurring run {key} not found")
        self._permit(self.api.recurringruns[key]["namespace"], "access a recurring run")
        return self.api.recurringruns[key]

    def _delete_recurring(self, key: str) -> dict[str, Any]:
        self._takes("propagation_policy")
        self._recurring(key)
        del self.api.recurringruns[key]
        return {}

    def _change_recurring(self, key: str, verb: str) -> dict[str, Any]:
        self._takes()
        self._recurring(key).update(mode=verb.upper(), status=f"{verb.upper()}D")
        return {}

    # What came, and what goes.

    def _takes(self, *names: str) -> None:
        if unknown := set(self.query) - set(names):
            raise Refused(400, f"unknown query parameters: {sorted(unknown)}")

    def _read(self, model: str) -> dict[str, Any]:
        try:
            given = json.loads(self.body)
        except ValueError:
            raise Refused(400, "the body is no JSON") from None
        check_model(given, model, model)
        result: dict[str, Any] = given
        return result

    def _page(self, kind: str, found: list[dict[str, Any]], key: str | None = None) -> dict[str, Any]:
        for predicate in json.loads(self.query.get("filter") or "{}").get("predicates", []):
            name = predicate.get("key")
            if predicate.get("operation") not in (1, "EQUALS") or name not in _FILTERS[kind]:
                raise Refused(400, f"no support for filtering on unrecognized field {name!r}")
            found = [thing for thing in found if thing.get(name) == predicate["stringValue"]]
        size = min(int(self.query.get("page_size") or 10), self.api.page_size_at_most)
        start = int(self.query.get("page_token") or 0)
        answer: dict[str, Any] = {"total_size": len(found)}
        # An empty list is left out, as the gateway does.
        if found[start : start + size]:
            answer[key or kind] = found[start : start + size]
        if start + size < len(found):
            answer["next_page_token"] = str(start + size)
        return answer


def check_model(value: Any, model: str, place: str) -> None:
    """Refuse what a model of kfp-server-api does not describe: unknown fields, other types."""
    if model == "object":
        return
    if found := re.fullmatch(r"list\[(.+)\]", model):
        _demand(isinstance(value, list), place, model)
        for number, item in enumerate(value):
            check_model(item, found[1], f"{place}[{number}]")
        return
    if found := re.fullmatch(r"dict\(str, (.+)\)", model):
        _demand(isinstance(value, dict), place, model)
        for key, item in value.items():
            check_model(item, found[1], f"{place}.{key}")
        return
    plain: dict[str, type] = {"str": str, "bool": bool, "int": int, "datetime": str}
    if model in plain:
        is_long = place.rpartition(".")[2] in _LONG and isinstance(value, int) and not isinstance(value, bool)
        _demand(isinstance(value, plain[model]) or is_long, place, model)
        return
    described = getattr(kfp_server_api.models, model)
    if not described.openapi_types:
        _demand(value in described.allowable_values, place, model)
        return
    _demand(isinstance(value, dict), place, model)
    types = {described.attribute_map[name]: kind for name, kind in described.openapi_types.items()}
    for key, item in value.items():
        _demand(key in types, f"{place}.{key}", "a field of the model")
        check_model(item, types[key], f"{place}.{key}")


def is_cron(text: str) -> bool:
    """Tell whether the backend's parser takes a cron, of six fields: five would mean another time to it."""
    fields = text.split()
    limits = ((0, 59), (0, 59), (0, 23), (1, 31), (1, 12), (0, 6))
    names = [calendar.month_abbr[number].lower() for number in range(1, 13)]
    names += [day.lower() for day in calendar.day_abbr]
    if len(fields) != len(limits):
        return False
    for field_, (least, most) in zip(fields, limits, strict=True):
        for part in field_.split(","):
            bounds, _, step = part.partition("/")
            ends = [] if bounds in ("*", "?") else bounds.lower().split("-")
            numbers = [int(end) for end in ends if end.isdigit()]
            if len(numbers) < len([end for end in ends if end not in names]) or (step and not step.isdigit()):
                return False
            if any(not least <= number <= most for number in numbers) or numbers != sorted(numbers):
                return False
    return True


def _demand(is_so: bool, place: str, expected: str) -> None:
    if not is_so:
        raise Refused(400, f"invalid value at {place}: must be {expected}")


def _now() -> str:
    return datetime.fromtimestamp(time.time(), UTC).isoformat(timespec="seconds").replace("+00:00", "Z")

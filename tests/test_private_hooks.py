"""What the suite uses of other packages without a promise: each name, where it was seen, what it is for."""

import ast
import atexit
import inspect
import re
import threading
from collections.abc import Callable, Iterator
from functools import cache
from importlib import import_module, metadata
from typing import NamedTuple

import pytest
from kfp.dsl.executor import Executor
from kfp.local import docker_task_handler
from kfp.local.subprocess_task_handler import SubprocessTaskHandler
from minio.error import InvalidResponseError
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol, RequestResponseCycle

from benchmarks.house import list_modules, list_private_hooks
from components._kfp.stage import stage
from pipelines.catalogue import ROOT


class Hook(NamedTuple):
    """Something that a package may change without notice.

    Attributes
    ----------
    package, version : str
        The package, and its version in which it was seen.
    file : str
        Our file that uses it.
    use : str
        How the file uses it.
    find : callable
        Returns it as it is now.
    expected : str
        Names of its parameters, its type, or its value.
    breaks : str
        What does not work without it.
    """

    package: str
    version: str
    file: str
    use: str
    find: Callable[[], object]
    expected: str
    breaks: str


def _describe(found: object) -> str:
    if isinstance(found, str):
        return found
    if isinstance(found, type) or not callable(found):
        return (found if isinstance(found, type) else type(found)).__name__
    return f"({', '.join(inspect.signature(found).parameters)})"


def _find_command() -> str:
    def make_component() -> None:
        """Do nothing."""

    make_component.__module__ = "components.none.component"
    return " ".join(stage(make_component).component_spec.implementation.container.command)


def _find_cycle_attributes() -> str:
    text = inspect.getsource(RequestResponseCycle.__init__)
    used = ["scope", "waiting_for_100_continue", "more_body", "body", "disconnected", "keep_alive"]
    used += ["response_started", "response_complete", "on_response"]
    return " ".join(name for name in used if f"self.{name} = " in text)


HOOKS = (
    Hook(
        *("Python", "3.11", "pipelines/local/zygote.py", "threading._shutdown"),
        lambda: threading._shutdown,  # type: ignore[attr-defined]
        "()",
        "A task would end before its threads. Leaving the usual way takes 0.2 s of processor time per task, "
        "to take down every imported module.",
    ),
    Hook(
        *("Python", "3.11", "pipelines/local/zygote.py", "atexit._run_exitfuncs"),
        lambda: type(atexit._run_exitfuncs),
        "builtin_function_or_method",
        "A task's exit functions would not run, for the same reason.",
    ),
    Hook(
        *("minio", "7.2.20", "components/_store/failures.py", "error._code"),
        lambda: InvalidResponseError(503, "text/html", None)._code,
        "int",
        "A proxy in front of object storage that is busy for a moment would fail the run.",
    ),
    Hook(
        *("kfp", "2.17.0", "components/_kfp/stage.py", "component_spec.implementation.container.command"),
        _find_command,
        "python3 -m components._kfp.executor_main components.none.component",
        "A task's command would contain the function's text, which makes a run's state too large.",
    ),
    Hook(
        *("kfp", "2.17.0", "components/_kfp/executor_main.py"),
        "Executor(executor_input=executor_input, function_to_execute=function)",
        lambda: Executor.__init__,
        "(self, executor_input, function_to_execute)",
        "No task could run: the class finds a function's inputs and writes its outputs.",
    ),
    Hook(
        *("kfp", "2.17.0", "pipelines/local/task_runners.py"),
        "SubprocessTaskHandler.validate_not_container_component = _accept_command",
        lambda: SubprocessTaskHandler.validate_not_container_component,
        "(self, full_command)",
        "make run would refuse every task.",
    ),
    Hook(
        *("kfp", "2.17.0", "pipelines/local/containers.py", "docker_task_handler.DockerTaskHandler"),
        lambda: docker_task_handler.DockerTaskHandler.__init__,
        "(self, image, full_command, pipeline_root, runner, env_vars)",
        "make run-docker would use kfp's handler, which can report a failed task as successful.",
    ),
    Hook(
        *("uvicorn", "0.54.0", "components/serve/request_batcher.py", "super()._start_asgi_task"),
        lambda: HttpToolsProtocol._start_asgi_task,
        "(self, cycle, app)",
        "Requests would not be batched: each would start a task.",
    ),
    Hook(
        *("uvicorn", "0.54.0", "components/serve/request_batcher.py"),
        "BatchingProtocol._start_asgi_task",
        lambda: HttpToolsProtocol._start_asgi_task,
        "(self, cycle, app)",
        "Requests would not be batched: each would start a task.",
    ),
    Hook(
        *("uvicorn", "0.54.0", "components/serve/request_batcher.py", "cycle.response_complete = True"),
        _find_cycle_attributes,
        "scope waiting_for_100_continue more_body body disconnected keep_alive response_started "
        "response_complete on_response",
        "Batched requests are answered without uvicorn's own cycle.",
    ),
)


@pytest.mark.parametrize("hook", HOOKS, ids=lambda hook: f"{hook.file}: {hook.use}")
def test_a_hook_is_what_it_was(hook: Hook) -> None:
    installed = "3" if hook.package == "Python" else metadata.version(hook.package)
    found = _describe(hook.find())
    assert found == hook.expected, f"{hook.package} {hook.version} -> {installed}: {hook.breaks}"


@pytest.mark.parametrize("hook", HOOKS, ids=lambda hook: f"{hook.file}: {hook.use}")
def test_a_hook_is_used(hook: Hook) -> None:
    text = (ROOT / hook.file).read_text(encoding="utf-8")
    assert hook.use.rpartition(".")[2] in text, "delete it from the table"


def test_no_other_private_name_is_used() -> None:
    named = {(hook.file, hook.use) for hook in HOOKS}
    for path in list_modules():
        tree = ast.parse(path.read_text(encoding="utf-8"))
        for use in (*list_private_hooks(tree), *_list_inherited_names(tree)):
            assert (str(path.relative_to(ROOT)), use) in named, "name it in the table, or find a public door"


def _list_inherited_names(tree: ast.Module) -> Iterator[str]:
    """Yield the private names that a module's classes share with a base class of another package."""
    imported = {
        alias.asname or alias.name: (node.module, alias.name)
        for node in ast.walk(tree)
        if isinstance(node, ast.ImportFrom) and node.module
        for alias in node.names
    }
    for node in ast.walk(tree):
        if not isinstance(node, ast.ClassDef):
            continue
        names = {
            name
            for child in ast.walk(node)
            for name in (getattr(child, "attr", ""), getattr(child, "name", ""))
            if isinstance(name, str) and re.match("_(?!_)", name)
        }
        # ZenML, for one, is not in the lock.
        for base in node.bases if names else ():
            module, name = imported.get(ast.unparse(base), ("components", ""))
            if module.split(".")[0] in ("components", "pipelines", "images"):
                continue
            text = "".join(map(_read_source, getattr(getattr(import_module(module), name), "__mro__", ())))
            yield from (f"{node.name}.{own}" for own in names if re.search(rf"(self\.|def ){own}\b", text))


@cache
def _read_source(kind: type) -> str:
    try:
        return inspect.getsource(kind)
    except (OSError, TypeError):
        # It is written in C, and its names are not those of Python's attributes.
        return ""

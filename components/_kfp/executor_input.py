"""The input of a task: parameters, and artifacts with their metadata."""

import json
from typing import Any

# Where an artifact is stored, and its name in the dashboard: the backend adds them to what the task wrote.
_ADDED = ("display_name", "store_session_info")
_WRAPPED: dict[str, type] = {"list": list, "struct": dict}


def read_executor_input(text: str) -> dict[str, Any]:
    """Return the input of a task, with the metadata of its artifacts as the tasks before wrote it.

    A backend that keeps metadata in ML Metadata returns a list as ``{"list": [...]}`` and a mapping as
    ``{"struct": {...}}`` (backend/src/v2/metadata/converter.go of KFP 2.14). It also adds keys.

    Parameters
    ----------
    text : str
        The input as the launcher passes it, as JSON.
    """
    executor_input: dict[str, Any] = json.loads(text)
    for artifacts in executor_input.get("inputs", {}).get("artifacts", {}).values():
        for artifact in artifacts.get("artifacts", []):
            if metadata := artifact.get("metadata"):
                artifact["metadata"] = {
                    name: _restore_value(value) for name, value in metadata.items() if name not in _ADDED
                }
    return executor_input


def _restore_value(value: Any) -> Any:
    if isinstance(value, dict) and len(value) == 1:
        ((name, inner),) = value.items()
        if isinstance(inner, _WRAPPED.get(name, ())):
            return inner
    return value

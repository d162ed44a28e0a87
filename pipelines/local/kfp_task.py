"""A task that kfp runs: its name, parameters and expected outputs."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pipelines.local.run_state import get_stage

_WITHOUT_FILE = ("system.Metrics", "system.ClassificationMetrics")


@dataclass(frozen=True)
class KfpTask:
    """One task of a run.

    Parameters
    ----------
    name : str
        The task; all tasks of a loop have the same name.
    parameters : mapping of str to JSON values
        Its parameters.
    outputs : mapping
        ``outputs`` of kfp's executor input: the path of each output.
    """

    name: str
    parameters: Mapping[str, Any]
    outputs: Mapping[str, Any]

    @classmethod
    def from_command(cls, command: Sequence[str]) -> "KfpTask":
        """Read the task from the command of a component's container."""
        executor_input = json.loads(command[command.index("--executor_input") + 1])
        outputs = executor_input["outputs"]
        # kfp keeps a task's files in a folder with the task's name.
        name = Path(outputs["outputFile"]).parent.name
        return cls(name, executor_input.get("inputs", {}).get("parameterValues", {}), outputs)

    @property
    def stage(self) -> str:
        """The stage of the task."""
        return get_stage(self.name)

    def list_missing_outputs(self) -> list[str]:
        """Return the names of the outputs that the task did not write, parameters first."""
        path = Path(self.outputs["outputFile"])
        written: dict[str, Any] = json.loads(path.read_text(encoding="utf-8")) if path.exists() else {}
        missing = [
            name
            for name, output in self.outputs.get("parameters", {}).items()
            if name not in written.get("parameterValues", {}) and not Path(output["outputFile"]).exists()
        ]
        for name, output in self.outputs.get("artifacts", {}).items():
            (artifact,) = output["artifacts"]
            # Metrics have no file: kfp's executor writes them as metadata.
            is_metadata = artifact["type"]["schemaTitle"] in _WITHOUT_FILE
            is_written = is_metadata and name in written.get("artifacts", {})
            if not is_written and not Path(artifact["uri"]).exists():
                missing.append(name)
        return missing

"""Commands as kfp hands them to whoever runs a task."""

import json
from pathlib import Path

TYPES = {"metrics": "system.Metrics", "curve": "system.ClassificationMetrics"}


def build_command(
    name: str,
    folder: Path,
    *words: str,
    given: dict[str, object] | None = None,
    parameters: tuple[str, ...] = (),
    artifacts: tuple[str, ...] = (),
) -> list[str]:
    """Return the command of a task whose outputs belong in ``folder/<name>``.

    Parameters
    ----------
    name : str
        The task.
    folder : Path
        Folder of the run's tasks.
    *words : str
        The program and its arguments.
    given : dict or None
        What the task is given.
    parameters, artifacts : tuple of str
        The outputs that it declares; some names have the types of ``TYPES``.
    """
    place = folder / name
    declared = {
        "parameters": {output: {"outputFile": str(place / output)} for output in parameters},
        "artifacts": {
            output: {
                "artifacts": [
                    {
                        "name": output,
                        "type": {"schemaTitle": TYPES.get(output, "system.Artifact")},
                        "uri": str(place / output),
                    }
                ]
            }
            for output in artifacts
        },
        "outputFile": str(place / "executor_output.json"),
    }
    # kfp leaves out what is empty.
    outputs = {key: value for key, value in declared.items() if value}
    inputs = {"inputs": {"parameterValues": given}} if given else {}
    return [*words, "--executor_input", json.dumps({**inputs, "outputs": outputs})]

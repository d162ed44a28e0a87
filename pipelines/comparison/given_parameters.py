"""What a person gives for a comparison: the parameters of both trainings, and the files with them."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from components.errors import format_list
from pipelines.parameters import Parameter, read_file, resolve_parameters

# Minutes would let the machine's load decide, and the others are about a registry, a service or other runs.
NOT_COMPARED = (
    "budget_minutes",
    "deploy",
    "known_trials",
    "log_sink",
    "must_beat",
    "service",
    "study",
    "warm_start",
)
TRIALS = 10


@dataclass(frozen=True)
class GivenParameters:
    """Parameters of both trainings.

    Attributes
    ----------
    typed : dict
        Those of the command, which override those of the file.
    files : dict of str to Path
        Where those that are mappings were read from, by name; without those that were written out.
    file : Path or None
        A file of parameters.
    """

    typed: dict[str, Any]
    files: dict[str, Path] = field(default_factory=dict)
    file: Path | None = None

    def resolve(
        self, file: Path | None, declared: Mapping[str, Parameter], root: Path
    ) -> tuple[dict[str, Any], list[str]]:
        """Return the parameters of one training, and what to say about them.

        Parameters
        ----------
        file : Path or None
            Its version of the file.
        declared : mapping of str to Parameter
            The parameters that its code knows.
        root : Path
            The folder that paths in the file begin in.

        Raises
        ------
        InvalidSetting
            The file cannot be read, or has a parameter that the code does not know, or of another type.
        """
        if file is None:
            return {"trials": TRIALS, **self.typed}, []
        values = resolve_parameters(read_file(file), {}, declared, is_complete=False)
        left_out = [name for name in NOT_COMPARED if name in values]
        parameters = {name: value for name, value in values.items() if name not in left_out}
        for name in ("source", "test"):
            if (path := parameters.get(name)) and (root / path).exists():
                parameters[name] = str((root / path).resolve())
        return {"trials": TRIALS, **parameters, **self.typed}, _describe_left_out(file, left_out)


def _describe_left_out(file: Path, names: Collection[str]) -> list[str]:
    if not names:
        return []
    are = "are" if len(names) > 1 else "is"
    return [f"{format_list(names)} of {file.name} {are} left out: a comparison has no use for that."]

"""The folder of a local run: where everything is that it leaves behind."""

import json
import re
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from components.errors import InvalidSetting

# Where runs go unless a person says otherwise.
RUNS = Path("runs")
_NAME = re.compile(r"\w[\w.-]*")
_STUDIES = "studies"


@dataclass(frozen=True)
class RunFolder:
    """Where the files of one run are.

    ::

        <run>/
          index.html      what came out, with a link to every stage's page
          pages/          the stages' pages
          run.json        status, times, parameters, stages
          kfp.log         what kfp and the tasks wrote
          events.jsonl    what happened when
          artifacts/      what the tasks handed on, as kfp lays it out

    Beside all runs' folders are ``mlflow.db`` and ``studies/``, the journal of their sweeps.

    Parameters
    ----------
    path : Path
        The folder, absolute.
    """

    path: Path

    @classmethod
    def create(cls, runs: Path, name: str) -> "RunFolder":
        """Make the folder of a new run.

        Raises
        ------
        InvalidSetting
            The name cannot be a folder's, or there is a run of that name.
        """
        if not _NAME.fullmatch(name):
            raise InvalidSetting.from_out_of_range(
                "name", name, "letters, digits, dots, dashes and underscores"
            )
        if name == _STUDIES:
            raise InvalidSetting.from_out_of_range(
                "name", name, "another: that folder holds the sweeps' studies"
            )
        folder = cls(runs.expanduser().absolute() / name)
        try:
            folder.path.mkdir(parents=True)
        except FileExistsError:
            raise InvalidSetting(
                f"There is a run {name!r} already: {folder.path}.", "Choose another name, or leave it out."
            ) from None
        except OSError as error:
            raise InvalidSetting(
                f"The run's folder {folder.path} cannot be made: {error.strerror}.",
                "Name a folder that you may write to: --runs DIR.",
            ) from None
        return folder

    def clear(self) -> None:
        """Remove what an earlier attempt of the run left, but its record."""
        for folder in (self.pages, self.artifacts):
            shutil.rmtree(folder, ignore_errors=True)
        for file in (self.index, self.log, self.events):
            file.unlink(missing_ok=True)

    @property
    def name(self) -> str:
        """The run's name."""
        return self.path.name

    @property
    def index(self) -> Path:
        """The page that ties the others together."""
        return self.path / "index.html"

    @property
    def pages(self) -> Path:
        """Folder of the stages' pages."""
        return self.path / "pages"

    @property
    def log(self) -> Path:
        """What kfp and the tasks wrote."""
        return self.path / "kfp.log"

    @property
    def events(self) -> Path:
        """What happened when."""
        return self.path / "events.jsonl"

    @property
    def journal(self) -> Path:
        """The studies of all runs' sweeps, in a folder of its own that a container may be given."""
        return self.path.parent / _STUDIES / "journal"

    @property
    def artifacts(self) -> Path:
        """Root of the pipeline's artifacts."""
        return self.path / "artifacts"

    def find_output(self, task: str, name: str) -> Path | None:
        """Return an output of a task, None where there is none."""
        return next(iter(sorted(self.artifacts.glob(f"*/{task}/{name}"))), None)

    def read_metadata(self, task: str, name: str) -> dict[str, Any]:
        """Return the metadata of an artifact that a task wrote, empty where there is none."""
        path = self.find_output(task, "executor_output.json")
        if path is None:
            return {}
        artifacts = json.loads(path.read_text(encoding="utf-8")).get("artifacts", {})
        listed = artifacts.get(name, {}).get("artifacts", [])
        return dict(listed[0].get("metadata", {})) if listed else {}

    def load_record(self) -> dict[str, Any]:
        """Read ``run.json``.

        Raises
        ------
        FileNotFoundError
            There is none.
        """
        record: dict[str, Any] = json.loads((self.path / "run.json").read_text(encoding="utf-8"))
        return record

    def save_record(self, record: dict[str, Any]) -> None:
        """Write ``run.json``; a reader sees the old one or the new one, never a part."""
        new = self.path / "run.json.new"
        new.write_text(json.dumps(record, indent=2) + "\n", encoding="utf-8")
        new.replace(self.path / "run.json")

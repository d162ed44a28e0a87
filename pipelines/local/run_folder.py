"""The folder of a local run and the files in it."""

import json
import re
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from components.errors import InvalidSetting, suggest_name
from pipelines.files import replace_file

if TYPE_CHECKING:
    from components._problem.registration import RegisteredModel

# Where runs go unless a person says otherwise.
RUNS = Path("runs")
_NAME = re.compile(r"\w[\w.-]*")
# Folders beside those of runs, and what they hold.
REPRODUCTIONS = "reproductions"
COMPARISONS = "comparisons"
_RESERVED = {
    "studies": "the studies of sweeps",
    REPRODUCTIONS: "repetitions of runs",
    COMPARISONS: "comparisons of runs",
}


@dataclass(frozen=True)
class RunFolder:
    """Paths of one run's files.

    ::

        <run>/
          index.html      the result, with a link to every stage's page
          notebook.ipynb  a notebook that looks into the model, if one was trained
          predictions/    the predictions of a scoring run, and
          predictions.csv the same, if they are few enough
          pages/          the stages' pages
          run.json        status, times, parameters, stages
          kfp.log         what kfp and the tasks wrote
          events.jsonl    events of tasks and trials, with their times
          artifacts/      the tasks' outputs, in kfp's layout

    Next to the folders of runs are ``index.html``, the list of all runs; ``mlflow.db``; ``studies/``, with
    the journal of all sweeps; ``reproductions/``, with repetitions of runs; and ``comparisons/``, with pages
    about two runs each.

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
            The name cannot be used for a folder, or a run has it already.
        """
        if not _NAME.fullmatch(name):
            raise InvalidSetting.from_out_of_range(
                "name", name, "letters, digits, dots, dashes and underscores"
            )
        if name in _RESERVED:
            raise InvalidSetting.from_out_of_range(
                "name", name, f"another name, because this folder holds {_RESERVED[name]}"
            )
        folder = cls(resolve_runs(runs) / name)
        try:
            folder.path.mkdir(parents=True)
        except FileExistsError:
            raise InvalidSetting(
                f"The run {name!r} already exists: {folder.path}.", "Choose another name, or leave it out."
            ) from None
        except OSError as error:
            raise InvalidSetting(
                f"The run's folder {folder.path} cannot be created: {error.strerror}.",
                "Give a folder that you may write to: --runs DIR.",
            ) from None
        return folder

    def clear(self) -> None:
        """Remove the files of an earlier attempt of the run, except its record."""
        for folder in (self.pages, self.predictions, self.artifacts):
            shutil.rmtree(folder, ignore_errors=True)
        for file in (self.index, self.notebook, self.predictions_csv, self.log, self.events):
            file.unlink(missing_ok=True)

    @property
    def name(self) -> str:
        """The run's name."""
        return self.path.name

    @property
    def index(self) -> Path:
        """The index page."""
        return self.path / "index.html"

    @property
    def notebook(self) -> Path:
        """The notebook."""
        return self.path / "notebook.ipynb"

    @property
    def predictions(self) -> Path:
        """Folder of the predictions, in Parquet files."""
        return self.path / "predictions"

    @property
    def predictions_csv(self) -> Path:
        """The predictions as CSV."""
        return self.path / "predictions.csv"

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
        """Events of tasks and trials."""
        return self.path / "events.jsonl"

    @property
    def journal(self) -> Path:
        """The studies of all sweeps, in their own folder, which a container can mount."""
        return self.path.parent / "studies" / "journal"

    @property
    def artifacts(self) -> Path:
        """Root of the pipeline's artifacts."""
        return self.path / "artifacts"

    def find_output(self, task: str, name: str) -> Path | None:
        """Return the path of a task's output; None if it was not written."""
        return next(iter(sorted(self.artifacts.glob(f"*/{task}/{name}"))), None)

    def read_metadata(self, task: str, name: str) -> dict[str, Any]:
        """Return the metadata of a task's output artifact; empty if there is none."""
        path = self.find_output(task, "executor_output.json")
        if path is None:
            return {}
        artifacts = json.loads(path.read_text(encoding="utf-8")).get("artifacts", {})
        instances = artifacts.get(name, {}).get("artifacts", [])
        return dict(instances[0].get("metadata", {})) if instances else {}

    def read_registration(self, task: str) -> "RegisteredModel | None":
        """Return the registered model that a task wrote; None if it wrote none."""
        registration = self.find_output(task, "registration")
        # The image of submit has the command line without the components' rooms.
        from components._problem.registration import RegisteredModel

        return None if registration is None else RegisteredModel.find(registration)

    def load_record(self) -> dict[str, Any]:
        """Read ``run.json``.

        Raises
        ------
        FileNotFoundError
            The file does not exist.
        """
        record: dict[str, Any] = json.loads((self.path / "run.json").read_text(encoding="utf-8"))
        return record

    def save_record(self, record: dict[str, Any]) -> None:
        """Write ``run.json``."""
        replace_file(self.path / "run.json", json.dumps(record, indent=2) + "\n")


def list_runs(runs: Path) -> dict[str, RunFolder]:
    """Return the runs of a folder by their names, sorted."""
    paths = sorted(resolve_runs(runs).glob("*/run.json"))
    return {path.parent.name: RunFolder(path.parent) for path in paths}


def find_run(runs: Path, name: str) -> RunFolder:
    """Return the run with a name.

    Raises
    ------
    InvalidSetting
        There is no such run; the message offers the nearest name.
    """
    known = list_runs(runs)
    if name not in known:
        remedy = suggest_name(name, list(known), "run") if known else "Run one: make run."
        raise InvalidSetting(f"There is no run {name!r} in {resolve_runs(runs)}.", remedy)
    return known[name]


def find_run_of_version(runs: Path, model: str, number: str) -> RunFolder | None:
    """Return the run that registered a version of a model; None if it is not on this machine."""
    for run in list_runs(runs).values():
        registered = run.read_registration("register")
        if registered is not None and (registered.model, registered.version) == (model, number):
            return run
    return None


def resolve_runs(runs: Path) -> Path:
    """Return the absolute path of the folder of all runs."""
    return runs.expanduser().absolute()

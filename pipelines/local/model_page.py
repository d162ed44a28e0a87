"""Exports the model of a run on this machine, or a version of the registry, as one HTML page."""

from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

from components.errors import InvalidSetting
from pipelines.local.local_server import choose_run_to_serve
from pipelines.local.model_registry import open_registry
from pipelines.local.run_folder import RunFolder, find_run, list_runs

if TYPE_CHECKING:
    from components._app.export import ExportedPage

_NO_CARD = "<p>This machine does not have the run that made the model, so the page has no card.</p>"


def export_run(runs: Path, name: str | None, file: Path) -> tuple[str, "ExportedPage"]:
    """Write the page of a run's model; without a name, of the last run whose model passed its gates.

    Returns
    -------
    tuple of str and ExportedPage
        What the page says the model is, and what was written.

    Raises
    ------
    InvalidSetting
        There is no such run, it has no model, or the file cannot be written.
    NotCompiled
        The model has no compiled form.
    """
    run = choose_run_to_serve(runs, name)
    return _export(run.model, file, f"run {run.name}", find_run(runs, run.name))


def export_version(runs: Path, model: str | None, version: str, file: Path) -> tuple[str, "ExportedPage"]:
    """Write the page of a version in the registry, by its number or alias; see ``export_run``.

    The card is that of the run on this machine that made the version, if there is one.

    Raises
    ------
    InvalidSetting
        There is no registry, no such model or no such version, or the file cannot be written.
    NotCompiled
        The model has no compiled form.
    TrackingFailed
        MLflow did not answer, or refused.
    """
    with open_registry(runs, model) as registry, TemporaryDirectory() as folder:
        found = registry.get_version(version)
        package = registry.download(found, Path(folder))
        run = _find_run_of_version(runs, found.model, found.number)
        return _export(package, file, f"version {found.number} of {found.model}", run)


def _export(model: Path, file: Path, version: str, run: RunFolder | None) -> tuple[str, "ExportedPage"]:
    if not file.parent.is_dir():
        raise InvalidSetting(f"The folder {file.parent} does not exist.", "Create it, or give another file.")
    # The other commands on models do not need them.
    from components._app.export import export_page
    from pipelines.local.index import render_markdown

    card = run.find_output("evaluate", "card") if run else None
    html = _NO_CARD if card is None else render_markdown(card.read_text(encoding="utf-8"))
    return version, export_page(model, file, version, html)


def _find_run_of_version(runs: Path, model: str, number: str) -> RunFolder | None:
    for run in list_runs(runs).values():
        registered = run.read_registration("register")
        if registered is not None and (registered.model, registered.version) == (model, number):
            return run
    return None

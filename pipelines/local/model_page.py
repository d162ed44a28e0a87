"""Exports the model of a run on this machine, or a version of the registry, as one HTML page."""

from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

from components.errors import InvalidSetting
from pipelines.local.local_server import choose_run_to_serve
from pipelines.local.model_registry import open_registry
from pipelines.local.run_folder import RunFolder, find_run, find_run_of_version

if TYPE_CHECKING:
    from components._app.export import ExportedPage


def export_run(runs: Path, name: str | None, file: Path) -> tuple[str, "ExportedPage"]:
    """Write the page of a run's model; without a name, of the last run whose model passed its gates.

    Returns
    -------
    tuple of str and ExportedPage
        Which model it is, and what was written.

    Raises
    ------
    InvalidSetting
        There is no such run, it has no model, or the file cannot be written.
    NotCompiled
        The model has no compiled form.
    DamagedModelFolder, DamagedModel
        A file of the model is missing or damaged.
    """
    run = choose_run_to_serve(runs, name)
    return f"run {run.name}", _export(run.model, file, find_run(runs, run.name), None)


def export_version(runs: Path, model: str | None, version: str, file: Path) -> tuple[str, "ExportedPage"]:
    """Write the page of a version in the registry, by its number or alias; see ``export_run``.

    The card is that of the run on this machine that made the version, if there is one.

    Raises
    ------
    InvalidSetting
        There is no registry, no such model or no such version, or the file cannot be written.
    NotCompiled
        The model has no compiled form.
    DamagedModelFolder, DamagedModel
        A file of the model is missing or damaged.
    TrackingFailed
        MLflow did not answer, or refused.
    """
    with open_registry(runs, model) as registry, TemporaryDirectory() as folder:
        found = registry.get_version(version)
        package = registry.download(found, Path(folder))
        run = find_run_of_version(runs, found.model, found.number)
        return f"version {found.number} of {found.model}", _export(package, file, run, found.number)


def _export(model: Path, file: Path, run: RunFolder | None, version: str | None) -> "ExportedPage":
    if not file.parent.is_dir():
        raise InvalidSetting(f"The folder {file.parent} does not exist.", "Create it, or give another file.")
    # The other commands on models do not need it.
    from components._app.export import export_page

    card = run.find_output("evaluate", "card") if run else None
    return export_page(model, file, None if card is None else _read_card(card), version)


def _read_card(card: Path) -> str:
    try:
        return card.read_text(encoding="utf-8")
    except (OSError, ValueError) as error:
        raise InvalidSetting(
            f"The model card {card} cannot be read: {error}.",
            "Copy it again, or remove it: the page then has no card.",
        ) from None

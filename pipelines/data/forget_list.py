"""The list of what to do so that a row is forgotten, as Markdown."""

from collections.abc import Iterator

from components.errors import format_count, format_list, hide_credentials
from pipelines.data.forget_search import FoundRun, RowSearch, list_sources

_LIMITS = (
    "Only tables that runs on this machine wrote, and tables of registered versions, were searched. Look "
    "yourself in the sources, in logs of predictions, in backups, and where predictions were copied to."
)
_SOURCES = "First, because the next training would read it again."
_TRAININGS = (
    "Each command writes a new run, and a new version if it passes its gates. Promote it in place of the old "
    "version."
)
_FILES = (
    "Nothing was deleted. The folder of a run has its tables, its model with some of their rows, and pages "
    "with examples of cells."
)


def render_list(found: RowSearch) -> str:
    """Return what contains the row, and what to do in which order; the row and its key are not in it."""
    return "\n".join([*_list_lines(found), ""])


def _list_lines(found: RowSearch) -> Iterator[str]:
    yield "# Where the row is"
    yield ""
    n_found = sum(len(run.rows) for run in found.runs)
    named = " and ".join(f"`{name}`" for name in found.columns)
    yield f"Rows were searched by {named}; this list does not repeat the value."
    yield f"{format_count(found.n_tables, 'table')} searched. Tables of runs with such a row: {n_found:,}."
    if found.without_key:
        yield f"Without these columns, so not searched: {format_list(found.without_key)}."
    if found.versions:
        yield f"{format_count(len(found.versions), 'model version')} trained on such a table."
    if not found.runs and not found.versions:
        yield "No table has such a row."
    yield from _list_section("Take the row out of the sources", list_sources(found), _SOURCES)
    yield from _list_section("Train again", [*_list_trainings(found)], _TRAININGS)
    yield from _list_section("Delete", [*_list_files(found)], _FILES)
    yield from _list_section("Could not be searched", found.unsearched)
    yield from ("", _LIMITS)


def _list_section(title: str, items: list[str], words: str = "") -> Iterator[str]:
    if items:
        yield from ("", f"## {title}", "", *([words, ""] if words else []))
        yield from (f"- [ ] {item}" for item in items)


def _list_trainings(found: RowSearch) -> Iterator[str]:
    for run in found.runs:
        if run.command is not None:
            command = hide_credentials(str(run.command))
            titles = [version.title for version in found.versions if version.run == run.name]
            yield f"{' and '.join(titles) or 'the model'} of the run {run.name}. {run.use} `{command}`"
    for version in found.versions:
        if version.run is None:
            text = (
                f"{version.title}. It was trained or tested on the row, by a run that is not on this machine."
            )
            yield f"{text} Train it from {version.source} with the parameters of its run in MLflow."


def _list_files(found: RowSearch) -> Iterator[str]:
    for run in found.runs:
        yield f"{run.path} ({_describe_rows(run)})"
    for version in found.versions:
        yield f"{version.title}: {version.files}"
    folders = [run.path for run in found.runs]
    for copy in dict.fromkeys(found.copies):
        if not any(folder in copy.parents for folder in folders):
            yield f"{copy} (a copy of such a model)"


def _describe_rows(run: FoundRun) -> str:
    return ", ".join(f"{name}: {format_count(n, 'row')}" for name, n in run.rows.items())

"""The stage: read, fit the first step, write."""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

import pandas as pd

from components._dask.choice import EngineChoice, choose_engine
from components._dask.partitions import list_partitions
from components._dask.workers import open_workers
from components._model.files import save_recipe
from components._problem.spec import Problem
from components._recipe.preprocess import Preprocessor
from components._recipe.recipe import append_step, make_unique_names
from components._table.engine import TableEngine
from components._table.findings import Findings
from components._table.keys import are_sentences
from components._table.learning_rows import choose_rows_to_learn_from
from components._table.schema import Schema
from components._table.storage import read_frame
from components._table.target import encode_target
from components.environment import Environment
from components.memory import DEFAULT_MEMORY, LIBRARY_BYTES, resolve_memory
from components.preprocess.column_queries import ColumnQueries
from components.preprocess.features import Features, choose_features
from components.preprocess.partition_queries import PartitionQueries
from components.preprocess.report import compute_preprocess_info, list_most_changed, render_preprocessing
from components.preprocess.settings import Settings
from components.preprocess.statistics import MANY_TEXTS, TrainingRows, compute_statistics
from components.preprocess.value_changes import compute_value_changes

__all__ = ["Settings", "resolve_memory", "run"]


def run(
    *,
    train: str,
    problem: str,
    schema: str,
    findings: str,
    recipe: str,
    report: str,
    settings: Settings,
    sample: str | None = None,
    memory: int = DEFAULT_MEMORY,
) -> list[str]:
    """Start a recipe with a preprocessor that is fitted on all training rows.

    Where these rows do not fit into memory, there is a sample for the later stages. The preprocessor then
    gets statistics of all rows, and keeps them in each fit on the sample. If Dask is the engine, it computes
    them for any table.

    Returns
    -------
    list of str
        What a person should know about how the rows were read, as sentences.

    Raises
    ------
    InvalidData
        No column is left to learn from.
    WorkersFailed
        The workers of Dask cannot do the work.
    """
    question = Problem.load(problem)
    kinds = Schema.load(schema)
    features = choose_features(kinds, question, Findings.load(findings))
    named = [*features.numeric, *features.categorical, *features.datetime, *features.text]
    preprocessor = Preprocessor(
        features.numeric,
        features.categorical,
        features.datetime,
        # Kubeflow passes a whole float as an integer, and the recipe keeps what it gets.
        fence_factor=float(settings.fence_factor),
        rare_below=float(settings.rare_below),
    )
    scheduler = Environment.read().dask_scheduler
    choice = choose_engine(settings.engine, train, memory, scheduler)
    rows = choose_rows_to_learn_from(train, sample)
    with _open_rows(train, memory, choice, scheduler) as whole:
        if rows == train and choice.name == "local":
            statistics = None
            frame = read_frame(rows, [*named, question.target])
            sentences = [name for name in features.categorical if _has_many_sentences(frame[name])]
        else:
            dates = _list_dates(features, kinds, question)
            statistics, sentences = compute_statistics(whole, preprocessor, dates)
            frame = read_frame(rows, [*named, question.target])
        preprocessor.set_params(
            text=_name_texts(features, sentences, taken=map(str, frame.columns)), statistics=statistics
        )
        fitted = append_step(None, "preprocess", preprocessor).fit(
            frame, encode_target(frame[question.target], question)
        )
        info = compute_preprocess_info(whole, preprocessor, features)
        notes = whole.describe()
    save_recipe(fitted, recipe)
    value_changes = compute_value_changes(rows, preprocessor, list_most_changed(info))
    page = render_preprocessing(info, [*preprocessor.describe(), *notes], value_changes)
    Path(report).write_text(page, encoding="utf-8")
    return notes


@contextmanager
def _open_rows(
    train: str, memory: int, choice: EngineChoice, scheduler: str | None
) -> Iterator[TrainingRows]:
    """Open all training rows for the engine that was chosen."""
    if choice.name == "dask":
        partitions = list_partitions(train)
        with open_workers(memory, scheduler, len(partitions)) as workers:
            yield PartitionQueries(workers, partitions, choice.reason)
    else:
        with TemporaryDirectory() as scratch, TableEngine((memory - LIBRARY_BYTES) // 2, scratch) as engine:
            yield ColumnQueries(train, engine)


def _list_dates(features: Features, schema: Schema, problem: Problem) -> list[str]:
    """Return the dates that are features, and the event time, which engineer may make one."""
    time = problem.event_time
    if time is None or time in features.datetime or schema[time].kind != "datetime":
        return features.datetime
    return [*features.datetime, time]


def _name_texts(features: Features, sentences: list[str], taken: Iterable[str]) -> dict[str, str]:
    """Return the columns that are passed on as texts, and their names from then on."""
    names = make_unique_names((f"{name}_text" for name in sentences), taken)
    return {name: name for name in features.text} | dict(zip(sentences, names, strict=True))


def _has_many_sentences(column: pd.Series) -> bool:
    """Return whether a column has many categories of several words, such as descriptions of products."""
    texts = column.dropna().unique().tolist()
    return len(texts) > MANY_TEXTS and are_sentences(texts)

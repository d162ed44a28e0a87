"""The stage: read, fit the first step, write."""

from pathlib import Path

import pandas as pd

from components._model.files import save_recipe
from components._problem.spec import Problem
from components._recipe.preprocess import Preprocessor
from components._recipe.recipe import append_step, make_unique_names
from components._table.findings import Findings
from components._table.keys import are_sentences
from components._table.learning_rows import choose_rows_to_learn_from
from components._table.schema import Schema
from components._table.storage import read_frame
from components._table.target import encode_target
from components.preprocess.features import Features, choose_features
from components.preprocess.report import compute_preprocess_info, render_preprocessing
from components.preprocess.settings import Settings

__all__ = ["Settings", "run"]

# Fewer texts are categories, and no more.
_MANY_TEXTS = 100


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
) -> None:
    """Start a recipe with a preprocessor fitted on the training rows.

    Raises
    ------
    InvalidData
        No column is left to learn from.
    """
    question = Problem.load(problem)
    features = choose_features(Schema.load(schema), question, Findings.load(findings))
    named = [*features.numeric, *features.categorical, *features.datetime, *features.text]
    frame = read_frame(choose_rows_to_learn_from(train, sample), [*named, question.target])
    preprocessor = Preprocessor(
        features.numeric,
        features.categorical,
        features.datetime,
        _name_texts(frame, features),
        # Kubeflow passes a whole float as an integer, and the recipe keeps what it gets.
        fence_factor=float(settings.fence_factor),
        rare_below=float(settings.rare_below),
    )
    fitted = append_step(None, "preprocess", preprocessor).fit(
        frame, encode_target(frame[question.target], question)
    )
    save_recipe(fitted, recipe)
    info = compute_preprocess_info(frame, preprocessor, features)
    Path(report).write_text(render_preprocessing(info, preprocessor.describe()), encoding="utf-8")


def _name_texts(frame: pd.DataFrame, features: Features) -> dict[str, str]:
    """Return the columns that are passed on as texts, and their names from then on."""
    categories = [name for name in features.categorical if _has_many_sentences(frame[name])]
    names = make_unique_names((f"{name}_text" for name in categories), taken=map(str, frame.columns))
    return {name: name for name in features.text} | dict(zip(categories, names, strict=True))


def _has_many_sentences(column: pd.Series) -> bool:
    """Return whether a column has many categories of several words, such as descriptions of products."""
    texts = column.dropna().unique().tolist()
    return len(texts) > _MANY_TEXTS and are_sentences(texts)

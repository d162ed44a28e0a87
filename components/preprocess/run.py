"""The stage: read, fit the first step, write."""

from pathlib import Path

from components._model.files import save_recipe
from components._problem.spec import Problem
from components._recipe.preprocess import Preprocessor
from components._recipe.recipe import append_step
from components._table.findings import Findings
from components._table.schema import Schema
from components._table.storage import read_frame
from components._table.target import encode_target
from components.preprocess.features import choose_features
from components.preprocess.report import compute_preprocess_info, render_preprocessing
from components.preprocess.settings import Settings

__all__ = ["Settings", "run"]


def run(
    *, train: str, problem: str, schema: str, findings: str, recipe: str, report: str, settings: Settings
) -> None:
    """Start a recipe with a preprocessor fitted on the training rows.

    Raises
    ------
    InvalidData
        No column is left to learn from.
    """
    question = Problem.load(problem)
    features = choose_features(Schema.load(schema), question, Findings.load(findings))
    columns = [*features.numeric, *features.categorical, *features.datetime, question.target]
    frame = read_frame(train, columns)
    preprocessor = Preprocessor(
        features.numeric,
        features.categorical,
        features.datetime,
        fence_factor=settings.fence_factor,
        rare_below=settings.rare_below,
    )
    fitted = append_step(None, "preprocess", preprocessor).fit(
        frame, encode_target(frame[question.target], question)
    )
    save_recipe(fitted, recipe)
    info = compute_preprocess_info(frame, preprocessor, features)
    Path(report).write_text(render_preprocessing(info, preprocessor.describe()), encoding="utf-8")

"""The stage: read, learn to clean, write."""

from pathlib import Path

from components._model.cleaning import Cleaner
from components._model.files import save_recipe
from components._model.recipe import grown
from components._model.target import encode
from components._problem.spec import Problem
from components._table.findings import Findings
from components._table.schema import Schema
from components._table.storage import read_frame
from components.preprocess.features import choose_features
from components.preprocess.report import cleaning_info, cleaning_page
from components.preprocess.settings import Settings

__all__ = ["Settings", "run"]


def run(
    *, train: str, problem: str, schema: str, findings: str, recipe: str, report: str, settings: Settings
) -> None:
    """Begin the recipe with a cleaner learnt from the training rows.

    Parameters
    ----------
    train, problem, schema, findings : str
        Paths to read.
    recipe, report : str
        Paths to write.
    settings : Settings
        How rows are cleaned.

    Raises
    ------
    InvalidData
        No column is left to learn from.
    """
    question = Problem.load(problem)
    features = choose_features(Schema.load(schema), question, Findings.load(findings))
    columns = [*features.numeric, *features.categorical, *features.datetime, question.target]
    frame = read_frame(train, columns)
    cleaner = Cleaner(
        features.numeric,
        features.categorical,
        features.datetime,
        fence_factor=settings.fence_factor,
        rare_below=settings.rare_below,
    )
    fitted = grown(None, "clean", cleaner).fit(frame, encode(frame[question.target], question))
    save_recipe(fitted, recipe)
    info = cleaning_info(frame, cleaner, features)
    Path(report).write_text(cleaning_page(info, cleaner.describe()), encoding="utf-8")

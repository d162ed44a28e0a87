"""The stage: read, try blocks of features, fit the second step, write."""

from pathlib import Path

import pandas as pd
from sklearn.base import clone
from sklearn.pipeline import Pipeline

from components._model.files import load_recipe, save_recipe
from components._problem.spec import Problem
from components._recipe.engineer import Engineer
from components._recipe.recipe import append_step, fit_recipe, list_required_columns
from components._table.learning_rows import choose_rows_to_learn_from, describe_sample
from components._table.storage import read_frame
from components._table.target import encode_target
from components.engineer.gate import try_blocks
from components.engineer.report import render_engineering
from components.engineer.settings import Settings
from components.errors import InvalidData
from components.json_file import write_json

__all__ = ["Settings", "run"]


def run(
    *,
    train: str,
    problem: str,
    cleaned: str,
    recipe: str,
    report: str,
    settings: Settings,
    sample: str | None = None,
) -> None:
    """Append an engineer, fitted on the training rows or on a sample of them, to the recipe.

    Which features it derives is decided once, on the training rows. From then on they are parameters of the
    step, which is refitted in every fold.

    Raises
    ------
    InvalidData
        The only columns are texts, and none of their features is kept.
    """
    question = Problem.load(problem)
    before = load_recipe(cleaned)
    frame = read_frame(choose_rows_to_learn_from(train, sample))
    y = encode_target(frame[question.target], question)
    event_time = _find_event_time(before, frame, question)
    engineer = Engineer(
        question.kind,
        one_hot_up_to=settings.one_hot_up_to,
        target_above=settings.target_above,
        seed=settings.seed,
        event_time=event_time,
    )
    with_date = _add_date(before, event_time).fit(frame, y) if event_time else before
    result = try_blocks(with_date, engineer, frame, y, question, settings.budget_minutes)
    engineer.set_params(derived=result.derivations)
    used = {name for _, *columns in result.derivations for name in columns}
    if event_time in used:
        before = with_date
    else:
        # A column that no feature is made of would only be one more to send with each row.
        event_time = ""
    engineer.set_params(event_time=event_time)
    texts = {raw: name for raw, name in before[0].texts.items() if name in used}
    before = clone(before)
    before[0].set_params(text=texts)
    if not list_required_columns(before):
        raise InvalidData(
            f"No column is left to learn from. {result.sentence}",
            "Add rows, or columns that help to predict the target.",
        )
    fitted = append_step(before, "engineer", engineer)
    fit_recipe(fitted, frame, y, question)
    save_recipe(fitted, recipe)
    blocks = {"decision": result.sentence, "event_time": event_time, "texts": list(texts)}
    write_json(Path(recipe) / "blocks.json", blocks)
    page = render_engineering(result, engineer, describe_sample(train, sample))
    Path(report).write_text(page, encoding="utf-8")


def _find_event_time(recipe: Pipeline, frame: pd.DataFrame, problem: Problem) -> str:
    """Return the event time if it is a date and no feature yet; else nothing."""
    name = problem.event_time
    if name is None or name in list_required_columns(recipe):
        return ""
    return name if pd.api.types.is_datetime64_any_dtype(frame[name].dtype) else ""


def _add_date(recipe: Pipeline, name: str) -> Pipeline:
    """Return an unfitted copy of a recipe that passes one date more."""
    longer = clone(recipe)
    longer[0].set_params(datetime=[*recipe[0].datetime, name])
    return longer

"""The stage: read, fit the third step, write."""

from pathlib import Path

from components._model.files import load_recipe, save_recipe
from components._problem.spec import Problem
from components._recipe.recipe import append_step, fit_recipe, list_fit_columns
from components._recipe.select import Selector
from components._table.learning_rows import choose_rows_to_learn_from, describe_sample
from components._table.storage import read_frame
from components._table.target import encode_target
from components.select.report import compute_selection_info, render_selection
from components.select.settings import Settings

__all__ = ["Settings", "run"]


def run(
    *,
    train: str,
    problem: str,
    engineered: str,
    recipe: str,
    report: str,
    settings: Settings,
    sample: str | None = None,
) -> None:
    """Append a selector, fitted on the training rows or on a sample of them, to the recipe."""
    question = Problem.load(problem)
    before = load_recipe(engineered)
    frame = read_frame(
        choose_rows_to_learn_from(train, sample), [*list_fit_columns(before, question), question.target]
    )
    # Kubeflow passes a whole float as an integer, and the recipe keeps what it gets.
    selector = Selector(question.kind, redundant_above=float(settings.redundant_above), seed=settings.seed)
    fitted = append_step(before, "select", selector)
    fit_recipe(fitted, frame, encode_target(frame[question.target], question), question)
    save_recipe(fitted, recipe)
    page = render_selection(compute_selection_info(selector), describe_sample(train, sample))
    Path(report).write_text(page, encoding="utf-8")

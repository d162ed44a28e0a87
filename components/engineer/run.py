"""The stage: read, fit the second step, write."""

from components._model.files import load_recipe, save_recipe
from components._problem.spec import Problem
from components._recipe.engineer import Engineer
from components._recipe.recipe import append_step, list_required_columns
from components._table.storage import read_frame
from components._table.target import encode_target
from components.engineer.settings import Settings

__all__ = ["Settings", "run"]


def run(*, train: str, problem: str, cleaned: str, recipe: str, settings: Settings) -> None:
    """Append an engineer, fitted on the training rows, to the recipe."""
    question = Problem.load(problem)
    before = load_recipe(cleaned)
    frame = read_frame(train, [*list_required_columns(before), question.target])
    engineer = Engineer(
        question.kind,
        one_hot_up_to=settings.one_hot_up_to,
        target_above=settings.target_above,
        seed=settings.seed,
    )
    fitted = append_step(before, "engineer", engineer).fit(
        frame, encode_target(frame[question.target], question)
    )
    save_recipe(fitted, recipe)

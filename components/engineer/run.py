"""The stage: read, try blocks of features, fit the second step, write."""

from pathlib import Path

from components._model.files import load_recipe, save_recipe
from components._problem.spec import Problem
from components._recipe.engineer import Engineer
from components._recipe.recipe import append_step, list_required_columns
from components._table.storage import read_frame
from components._table.target import encode_target
from components.engineer.gate import try_blocks
from components.engineer.report import render_engineering
from components.engineer.settings import Settings
from components.json_file import write_json

__all__ = ["Settings", "run"]


def run(*, train: str, problem: str, cleaned: str, recipe: str, report: str, settings: Settings) -> None:
    """Append an engineer, fitted on the training rows, to the recipe.

    Which features it derives is decided once, on the training rows. From then on they are parameters of the
    step, which is refitted in every fold.
    """
    question = Problem.load(problem)
    before = load_recipe(cleaned)
    required = list_required_columns(before)
    frame = read_frame(train)
    y = encode_target(frame[question.target], question)
    engineer = Engineer(
        question.kind,
        one_hot_up_to=settings.one_hot_up_to,
        target_above=settings.target_above,
        seed=settings.seed,
    )
    result = try_blocks(before, engineer, frame, y, question, settings.budget_minutes)
    engineer.set_params(derived=result.derivations)
    fitted = append_step(before, "engineer", engineer).fit(frame[required], y)
    save_recipe(fitted, recipe)
    write_json(Path(recipe) / "blocks.json", {"decision": result.sentence})
    Path(report).write_text(render_engineering(result, engineer), encoding="utf-8")

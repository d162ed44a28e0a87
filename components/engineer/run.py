"""The stage: read, learn to encode, write."""

from components._model.encoding import Encoder
from components._model.files import load_recipe, save_recipe
from components._model.recipe import grown, required_columns
from components._model.target import encode
from components._problem.spec import Problem
from components._table.storage import read_frame
from components.engineer.settings import Settings

__all__ = ["Settings", "run"]


def run(*, train: str, problem: str, cleaned: str, recipe: str, settings: Settings) -> None:
    """Grow the recipe by an encoder learnt from the training rows.

    Parameters
    ----------
    train, problem, cleaned : str
        Paths to read.
    recipe : str
        Path to write.
    settings : Settings
        How clean columns become numbers.
    """
    question = Problem.load(problem)
    before = load_recipe(cleaned)
    frame = read_frame(train, [*required_columns(before), question.target])
    encoder = Encoder(
        question.kind,
        one_hot_up_to=settings.one_hot_up_to,
        target_above=settings.target_above,
        seed=settings.seed,
    )
    fitted = grown(before, "engineer", encoder).fit(frame, encode(frame[question.target], question))
    save_recipe(fitted, recipe)

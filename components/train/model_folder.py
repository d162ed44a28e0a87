"""The model's folder: the model, and what is needed to serve and to judge it."""

from pathlib import Path

from components._model.intervals import PredictionIntervals
from components._model.predicted_rows import sample_predicted_rows
from components.json_file import write_json
from components.train.conformal import fit_intervals
from components.train.inputs import TrainingInputs
from components.train.limits import BuiltModel
from components.train.member_choice import MemberChoice
from components.train.reference_profile import compute_reference_profile
from components.train.reference_sample import sample_reference_rows

_GOLDEN_ROWS = 20


def write_model_folder(folder: Path, built: BuiltModel, inputs: TrainingInputs, seed: int) -> None:
    """Write a model with its compiled form, intervals, problem, schema, reference rows and golden rows.

    Parameters
    ----------
    folder : Path
        Where to write.
    built : BuiltModel
        The model; its package has the lineage.
    inputs : TrainingInputs
        What it was fitted from.
    seed : int
        Seed of the choice of the reference rows and of the golden rows.
    """
    package, frame = built.package, inputs.frame
    package.save(folder)
    if built.parity.compiled is not None:
        built.parity.compiled.save(folder / "compiled")
    intervals = _fit_intervals(built.choice, inputs)
    if intervals is not None:
        intervals.save(folder)
    inputs.problem.save(folder / "problem.json")
    inputs.schema.save(folder / "schema.json")
    columns, predicted = package.signature.columns, built.choice.predicted
    profile = compute_reference_profile(frame, columns, predicted, inputs.n_rows)
    write_json(folder / "profile.json", profile)
    sample_reference_rows(inputs, built.choice, package.signature, seed).save(folder)
    write_json(folder / "golden.json", sample_predicted_rows(package, frame, _GOLDEN_ROWS, seed))


def _fit_intervals(choice: MemberChoice, inputs: TrainingInputs) -> PredictionIntervals | None:
    """Return the intervals of a regression; None of a classification."""
    if inputs.problem.kind != "regression":
        return None
    weights = inputs.scored_weights
    return fit_intervals(
        inputs.scored_target[choice.known],
        choice.predicted,
        None if weights is None else weights[choice.known],
    )

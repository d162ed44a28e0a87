"""The page of the model."""

from components._report.charts import Axis, Chart, Line, Rule
from components._report.colours import RED
from components._report.page import Cell, Message, format_share, render_page
from components.train.label_error import LabelErrors, describe_label_errors
from components.train.learning_curve import describe_learning_curve, draw_learning_curve
from components.train.model_builder import TrainedModel
from components.train.model_info import (
    ModelInfo,
    compute_model_info,
    describe_calibration,
    describe_model,
    describe_speed,
)
from components.train.threshold import Threshold

_PROBABILITIES = ("probability of the given", "probability of the likely")


def render_model_page(trained: TrainedModel) -> str:
    """Return the page."""
    choice, parts, package, _ = trained.built
    signature, threshold, errors = package.signature, trained.threshold, trained.label_errors
    model = compute_model_info(choice, parts, signature.metric)
    notes: list[Message] = [("good", describe_model(model, signature.title))]
    return render_page(
        "components/train/report.html",
        model=model,
        signature=signature,
        n_features=len(package.pipeline[-2].get_feature_names_out()),
        notes=[*notes, *((notice.level, str(notice)) for notice in trained.notices)],
        calibration=describe_calibration(model),
        speed=describe_speed(model),
        parameters=_list_parameters(model),
        members=[(*member[:2], format_share(member.weight), *member[3:]) for member in model.members],
        threshold=threshold,
        positive_class=repr(str(signature.classes[1])) if threshold else "",
        draw_threshold=draw_threshold,
        errors=errors,
        errors_text=describe_label_errors(errors) if errors else "",
        error_headers=[
            "training row",
            "given",
            "likely",
            *_PROBABILITIES,
            *(errors.columns if errors else []),
        ],
        suspects=_list_suspects(errors) if errors else [],
        curve=trained.curve,
        curve_rows=list(zip(trained.curve.sizes, trained.curve.scores, strict=True)) if trained.curve else [],
        curve_text=describe_learning_curve(trained.curve) if trained.curve else "",
        draw_learning_curve=draw_learning_curve,
    )


def draw_threshold(threshold: Threshold) -> Chart:
    """Return the criterion by threshold, with the chosen threshold marked."""
    chosen = f"{threshold.value:.3g}"
    return Chart(
        "",
        Axis("threshold", low=0, high=1),
        Axis(threshold.reason),
        [
            Line(threshold.thresholds.tolist(), threshold.curve.tolist()),
            Rule(x=threshold.value, label=chosen, colour=RED),
        ],
        description=f"{threshold.reason} by decision threshold. The chosen threshold is {chosen}.",
    )


def _list_suspects(errors: LabelErrors) -> list[tuple[Cell, ...]]:
    """Return a row of a table for each row whose target may be wrong."""
    return [
        (
            # Row numbers and values are names here, without separators.
            str(row.number),
            row.given,
            row.likely,
            format_share(row.given_probability),
            format_share(row.likely_probability),
            *row.values,
        )
        for row in errors.rows
    ]


def _list_parameters(model: ModelInfo) -> list[tuple[str, Cell]]:
    """Return the parameters of a model of one trial; of several, none."""
    if len(model.members) > 1:
        return []
    return [
        (name, value if isinstance(value, int | float) else str(value))
        for name, value in model.parameters.items()
    ]

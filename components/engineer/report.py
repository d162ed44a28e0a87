"""Which blocks of features were tried and what they gave: the page."""

from components._recipe.engineer import Engineer
from components._report.charts import Axis, Chart, Points, Rule
from components._report.colours import BLUE, GREY
from components._report.page import render_page
from components.engineer.block_choice import BlockChoice


def draw_changes(result: BlockChoice) -> Chart:
    """Return the change of the loss by each block, with the margin that decides."""
    attempts, loss = result.attempts, result.loss_name
    tips = [f"{attempt.title}: {attempt.change:+.2%} ± {attempt.margin:.2%}" for attempt in attempts]
    points = Points(
        [attempt.change for attempt in attempts],
        range(len(attempts)),
        x_lows=[attempt.change - attempt.margin for attempt in attempts],
        x_highs=[attempt.change + attempt.margin for attempt in attempts],
        colours=[BLUE if attempt.kept else GREY for attempt in attempts],
        size=5,
        tips=tips,
        labels=["kept" if attempt.kept else "" for attempt in attempts],
    )
    return Chart(
        "",
        Axis(f"change of the {loss}", "share"),
        Axis(kind="category", labels=[attempt.title for attempt in attempts]),
        [Rule(x=0, label="no change"), points],
        height=30 + 34 * len(attempts),
        description=f"Change of the {loss} by each block of features, with its margin. {'; '.join(tips)}.",
    )


def render_engineering(result: BlockChoice, engineer: Engineer, sample: str = "") -> str:
    """Return the page of a fitted engineer; ``sample`` is the sample that it was fitted on, in words."""
    derived = [
        [name, derivation[0].replace("_", " "), ", ".join(derivation[1:])]
        for name, derivation in zip(
            engineer.get_feature_names_out(), engineer.list_derivations(), strict=True
        )
        if derivation
    ]
    attempts = [
        [
            attempt.title,
            attempt.n_tried,
            f"{attempt.change:+.2%}",
            f"{attempt.margin:.2%}",
            "kept" if attempt.kept else "not kept",
        ]
        for attempt in result.attempts
    ]
    return render_page(
        "components/engineer/report.html",
        result=result,
        sample=sample,
        n_features=len(engineer.get_feature_names_out()),
        n_kept=sum(bool(attempt.kept) for attempt in result.attempts),
        derived=derived,
        attempts=attempts,
        changes=draw_changes(result) if result.attempts else None,
        sentences=engineer.describe(),
    )

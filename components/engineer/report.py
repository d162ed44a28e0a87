"""Which blocks of features were tried and what they gave: the page."""

import plotly.graph_objects as go

from components._recipe.engineer import Engineer
from components._report.page import render_page
from components._report.theme import BLUE, GREY, escape_label, style_figure
from components.engineer.block_choice import BlockChoice


def draw_changes(result: BlockChoice) -> go.Figure:
    """Return the change of the loss by each block, with the margin that decides."""
    names = [escape_label(attempt.title) for attempt in result.attempts]
    drawing = go.Figure(
        go.Scatter(
            y=names,
            x=[attempt.change for attempt in result.attempts],
            error_x={"type": "data", "array": [attempt.margin for attempt in result.attempts]},
            mode="markers",
            marker={"size": 10, "color": [BLUE if attempt.kept else GREY for attempt in result.attempts]},
            hovertemplate="%{y}: %{x:.2%}<extra></extra>",
        )
    )
    drawing.add_vline(x=0, line_dash="dot")
    drawing.update_xaxes(tickformat=".1%", title=f"change of the {result.loss_name}")
    drawing.update_yaxes(autorange="reversed", type="category")
    return style_figure(drawing, height=110 + 34 * len(names))


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

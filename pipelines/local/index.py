"""The index page of a run: a sidebar, an overview, and the pages of the stages."""

import json
import shutil
from collections.abc import Iterable, Mapping
from html import escape
from typing import Any

from markdown_it import MarkdownIt

from components._problem.metrics import SCORERS
from components._report.page import (
    Block,
    Cell,
    format_value,
    render_messages,
    render_section,
    render_table,
    render_tiles,
)
from components._report.theme import AMBER, BLUE, GREY, RED, STYLE
from pipelines.local.run_folder import RunFolder
from pipelines.local.run_result import RunResult, describe_gate

_STYLE = f"""
.shell {{ display: grid; grid-template-columns: 248px 1fr; min-height: 100vh; }}
nav {{ background: #fff; border-right: 1px solid #E5E7EB; padding: 24px 14px; position: sticky; top: 0;
  height: 100vh; overflow-y: auto; font-size: 14px; }}
nav .run {{ font-weight: 650; padding: 0 10px; overflow-wrap: anywhere; line-height: 1.35; }}
nav .pill {{ display: inline-block; margin: 8px 10px 14px; padding: 3px 10px; border-radius: 12px;
  color: #fff; font-size: 12.5px; font-weight: 600; }}
nav h2 {{ font-size: 12px; font-weight: 600; color: #5B6472; margin: 18px 10px 4px; }}
nav a, nav .without {{ display: flex; justify-content: space-between; gap: 8px; padding: 5px 10px;
  border-radius: 8px; color: inherit; text-decoration: none; }}
nav a:hover {{ background: #F3F6FA; }}
nav a:focus-visible {{ outline: 2px solid {BLUE}; }}
nav a[aria-current] {{ background: #E6F0F8; color: #005A8E; font-weight: 600; }}
nav .without {{ color: #5B6472; }}
nav small {{ color: #5B6472; font-size: 12.5px; font-variant-numeric: tabular-nums; font-weight: 400; }}
.view[hidden] {{ display: none; }}
iframe {{ border: 0; width: 100%; height: 100vh; display: block; }}
.banner {{ border-radius: 12px; padding: 20px 24px; margin: 0 0 18px; color: #fff; }}
.banner h1 {{ margin: 0 0 4px; }}
.banner p {{ margin: 0; max-width: 75ch; }}
.good {{ background-color: #00755A; }}
.amber {{ background-color: {AMBER}; }}
.banner.amber, nav .pill.amber {{ color: #1F2937; }}
.bad {{ background-color: #B34700; }}
.scale {{ display: grid; grid-template-columns: fit-content(45%) 1fr max-content; gap: 12px 16px;
  align-items: center; }}
.scale span:nth-child(3n) {{ font-variant-numeric: tabular-nums; text-align: right; }}
.comparison {{ margin: 14px 0 0; }}
.track {{ position: relative; height: 14px; border-radius: 7px; background: #F0F2F5; }}
.track i {{ position: absolute; top: 3px; height: 8px; border-radius: 4px; opacity: 0.35; }}
.track b {{ position: absolute; top: 0; width: 14px; height: 14px; margin-left: -7px; border-radius: 7px; }}
.bar {{ height: 14px; border-radius: 4px; min-width: 2px; }}
.named td:first-child {{ white-space: nowrap; width: 1%; padding-right: 24px; }}
.named td {{ overflow-wrap: anywhere; }}
.document h2 {{ margin: 26px 0 10px; }}
.document table {{ margin: 0 0 12px; }}
code {{ font-size: 13px; overflow-wrap: anywhere; }}
@media (max-width: 760px) {{
  .shell {{ display: block; }}
  nav {{ position: static; height: auto; border-right: 0; border-bottom: 1px solid #E5E7EB; }}
}}
"""

_MOST_TILES = 5
_COLOURS = {"good": "good", "warning": "amber", "error": "bad"}
_RULE = (
    "The model is better than the simple model if the 95 % interval of the difference, computed on the same "
    "resamples of the test rows, is above 0. If the interval contains 0, they count as equally good."
)
# A page is loaded on its first visit and then kept with its state. The address has the page's name in its
# fragment, which also works for files.
_SCRIPT = """
const links = [...document.querySelectorAll("nav a")];
const show = () => {
  const wanted = decodeURIComponent(location.hash.slice(1));
  const link = links.find((a) => a.hash.slice(1) === wanted) || links[0];
  const id = "view-" + link.hash.slice(1);
  if (!document.getElementById(id)) {
    const frame = document.createElement("iframe");
    Object.assign(frame, { id, className: "view", src: link.dataset.page, title: link.dataset.title });
    document.querySelector(".views").append(frame);
  }
  document.querySelectorAll(".view").forEach((view) => { view.hidden = view.id !== id; });
  links.forEach((a) => a.removeAttribute("aria-current"));
  link.setAttribute("aria-current", "page");
  scrollTo(0, 0);
};
addEventListener("hashchange", show);
show();
"""


def write_index(folder: RunFolder, result: RunResult) -> None:
    """Copy the stages' pages to ``pages/`` and write ``index.html`` beside it."""
    folder.pages.mkdir()
    for stage in result.stages:
        if stage.page is not None:
            shutil.copyfile(stage.page, folder.pages / f"{stage.name}.html")
    folder.index.write_text(render_index(result), encoding="utf-8")


def render_index(result: RunResult) -> str:
    """Return the HTML of the index page, which loads ``pages/<stage>.html`` for each stage with a page."""
    documents = "".join(_render_document(title, text) for title, text in result.documents.items())
    return (
        '<!doctype html><html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>{escape(result.name)}: {escape(result.headline)}</title>"
        f"<style>{STYLE}{_STYLE}</style></head>"
        f'<body><div class="shell">{_render_sidebar(result)}<div class="views">'
        f'<main class="view" id="view-overview">{"".join(_build_overview(result))}</main>'
        f"{documents}</div></div>"
        f"<script>{_SCRIPT}</script></body></html>"
    )


def _render_sidebar(result: RunResult) -> str:
    colour = _COLOURS[result.level]
    links = ['<a href="#overview">Overview</a>', "<h2>Stages</h2>"]
    for stage in result.stages:
        seconds = f"<small>{stage.seconds:.1f} s</small>" if stage.seconds else "<small>not run</small>"
        name = escape(stage.name)
        if stage.page is None:
            links.append(f'<span class="without">{name}{seconds}</span>')
        else:
            links.append(
                f'<a href="#{name}" data-page="pages/{name}.html" data-title="{name}">{name}{seconds}</a>'
            )
    links.append("<h2>Documents</h2>" if result.documents else "")
    links += [f'<a href="#{_to_slug(title)}">{escape(title)}</a>' for title in result.documents]
    return (
        f'<nav aria-label="Pages of the run"><div class="run">{escape(result.name)}</div>'
        f'<span class="pill {colour}">{escape(result.headline)}</span>{"".join(links)}</nav>'
    )


def _build_overview(result: RunResult) -> Iterable[Block]:
    yield _build_banner(result)
    evaluation = result.evaluation
    if evaluation is not None:
        yield render_tiles(
            (f"{evaluation['metric']} on test rows", evaluation["score"]),
            ("baseline", evaluation["baseline"]),
            ("simple model", evaluation["simple"]),
            ("trials", evaluation["trials"]),
            ("training rows", evaluation["rows_train"]),
            ("test rows", evaluation["rows_test"]),
        )
        yield render_section("Score", _build_score_scale(evaluation))
        yield render_section("Gates", _build_gates(evaluation))
    if result.decisions.facts:
        yield render_section("Decisions of the run", *_build_decisions(result))
    if result.scoring is not None:
        shares = [(f"predicted {label}", share) for label, share in result.scoring.shares.items()]
        yield render_tiles(("rows", result.scoring.rows), *shares[:_MOST_TILES])
    yield render_section(f"Time per stage, {result.seconds:.1f} s in total", _build_times(result))
    yield render_section("Data and code", _build_name_table(_iterate_facts(result)))
    # The brief describes the problem.
    parameters = {key: value for key, value in result.parameters.items() if key not in ("source", "problem")}
    yield render_section(
        "Parameters", _build_name_table((key, _format_value(value)) for key, value in parameters.items())
    )


def _build_banner(result: RunResult) -> Block:
    colour = _COLOURS[result.level]
    texts = [*result.failures, result.remedy] if result.failures else [_describe_result(result)]
    lines = "".join(f"<p>{escape(text)}</p>" for text in texts)
    return Block(f'<div class="banner {colour}"><h1>{escape(result.headline)}</h1>{lines}</div>')


def _describe_result(result: RunResult) -> str:
    if result.scoring is not None:
        return f"{result.scoring.model} predicted them. The predictions are in {result.scoring.predictions}."
    evaluation = result.evaluation or {}
    low, high = format_value(evaluation["low"]), format_value(evaluation["high"])
    return (
        f"{evaluation['model']} predicts {result.parameters['target']} with {evaluation['metric']} "
        f"{format_value(evaluation['score'])} on rows it has not seen (95\u00a0% interval {low} to {high})."
    )


def _build_score_scale(evaluation: Mapping[str, Any]) -> Block:
    scores = {
        "Baseline": evaluation["baseline"],
        "Simple model": evaluation["simple"],
        evaluation["model"]: evaluation["score"],
    }
    known = [
        value for value in (*scores.values(), evaluation["low"], evaluation["high"]) if value is not None
    ]
    low, high = min(known), max(known)

    def compute_position(value: float) -> float:
        return 4 + 92 * (value - low) / (high - low) if high > low else 50.0

    rows = []
    for title, score in scores.items():
        is_model = title == evaluation["model"]
        colour = BLUE if is_model else GREY
        track = ""
        if is_model and evaluation["low"] is not None:
            left, right = compute_position(evaluation["low"]), compute_position(evaluation["high"])
            track = f'<i style="left:{left:.1f}%;width:{right - left:.1f}%;background:{colour}"></i>'
        if score is not None:
            track += f'<b style="left:{compute_position(score):.1f}%;background:{colour}"></b>'
        rows.append(
            f'<span>{escape(title)}</span><div class="track">{track}</div><span>{format_value(score)}</span>'
        )
    better = "smaller" if _is_error(evaluation["metric"]) else "larger"
    note = (
        f"{evaluation['metric']} on the test rows, {better} is better; the bar is the model's 95 % interval."
    )
    return Block(
        f'<p class="facts">{escape(note)}</p><div '
        f'class="scale">{"".join(rows)}</div>{_render_comparison(evaluation)}'
    )


def _render_comparison(evaluation: Mapping[str, Any]) -> str:
    words = evaluation.get("against_simple", {}).get("words", "")
    lines = [f"Compared with the simple model: {words}. {_RULE}"] if words else []
    lines += evaluation.get("explanations", ())
    return "".join(f'<p class="comparison">{escape(line)}</p>' for line in lines)


def _build_decisions(result: RunResult) -> Iterable[Block]:
    decisions = result.decisions
    lists = {"Left out": decisions.left_out, "Read as": decisions.readings}
    rows = [(label.capitalize(), text) for label, text in decisions.facts]
    yield _build_name_table([*rows, *((label, ", ".join(texts)) for label, texts in lists.items() if texts)])
    if decisions.warnings:
        yield render_messages(*(("warning", text) for text in decisions.warnings))


def _is_error(metric: str) -> bool:
    return any(f"neg_{metric}" in scorers for scorers in SCORERS.values())


def _build_gates(evaluation: Mapping[str, Any]) -> Block:
    if not evaluation["gates"]:
        return render_messages(("note", "No gates were set: the model must beat the baseline."))
    return render_messages(
        *(
            ("good" if gate["passed"] else "error", f"{gate['gate']}: {describe_gate(gate, format_value)}")
            for gate in evaluation["gates"]
        )
    )


def _build_times(result: RunResult) -> Block:
    longest = max((stage.seconds for stage in result.stages), default=0.0) or 1.0
    rows = []
    for stage in (stage for stage in result.stages if stage.seconds):
        colour = RED if stage.status == "failed" else BLUE
        bar = (
            f'<div class="bar" style="width:{100 * stage.seconds / longest:.1f}%;background:{colour}"></div>'
        )
        rows.append(f"<span>{escape(stage.name)}</span><div>{bar}</div><span>{stage.seconds:.1f} s</span>")
    return Block(f'<div class="scale">{"".join(rows)}</div>')


def _iterate_facts(result: RunResult) -> Iterable[tuple[str, Cell]]:
    names = {"source": "Source", "rows": "Rows", "columns": "Columns", "sha256": "Content hash (SHA-256)"}
    for key, name in names.items():
        if key in result.data:
            yield name, _format_value(result.data[key])
    if result.evaluation is not None and result.evaluation.get("threshold") is not None:
        yield "Decision threshold", format_value(result.evaluation["threshold"])
    yield "Commit", result.commit


def _build_name_table(lines: Iterable[tuple[str, Cell]]) -> Block:
    return Block(f'<div class="named">{render_table(("Name", "Value"), list(lines))}</div>')


def _format_value(value: object) -> str:
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    if isinstance(value, int | float):
        return format_value(value)
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def _to_slug(title: str) -> str:
    return title.lower().replace(" ", "-")


def _render_document(title: str, text: str) -> str:
    rendered = MarkdownIt("commonmark", {"html": False}).enable("table").render(text)
    return (
        f'<main class="view" id="view-{_to_slug(title)}" hidden><section '
        f'class="document">{rendered}</section>'
        "</main>"
    )

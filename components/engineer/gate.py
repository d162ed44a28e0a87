"""The gate: blocks of derived features are kept if they improve a quick model by more than chance does."""

from collections.abc import Sequence

import numpy as np
import pandas as pd
from sklearn.pipeline import Pipeline

from components._problem.spec import Problem
from components._quick_model.margin_of_error import compute_mean_and_margin
from components._quick_model.trees import Outcome, judge_features, name_loss
from components._recipe.derivations import Derivation
from components._recipe.engineer import Engineer
from components._table.row_folds import describe_left_out
from components.engineer.block_choice import Attempt, BlockChoice
from components.engineer.candidates import Block, list_calendar, name_words, propose_blocks
from components.engineer.fold_features import FoldFeatures, FoldTables, drop_derivations
from components.engineer.gate_rows import GateRows, choose_rows, explain_few_folds
from components.engineer.workload import (
    N_FOLDS,
    Workload,
    count_blocks,
    count_characters,
    count_features,
    plan_workload,
)

# Of a block, so many derivations with the largest gains are judged and kept.
_MOST_DERIVATIONS = 8
_LEAST_ROWS = 200
_LEAST_LOSS = 1e-12


def try_blocks(
    cleaned: Pipeline,
    engineer: Engineer,
    frame: pd.DataFrame,
    y: np.ndarray,
    problem: Problem,
    budget_minutes: float,
) -> BlockChoice:
    """Try blocks one after another, each beside those that are kept so far.

    Parameters
    ----------
    cleaned : Pipeline
        The recipe before engineer, fitted.
    engineer : Engineer
        The step without derived features; it is not changed.
    frame : DataFrame of shape (n_rows, n_columns)
        Training rows.
    y : ndarray of shape (n_rows,)
        Encoded target.
    problem : Problem
        The resolved problem; columns with a direction are in no block.
    budget_minutes : float
        The sweep's budget, of which the gate gets a share.
    """
    n_outputs = len(problem.classes) if problem.kind == "multiclass" else 1
    loss_name = name_loss(problem)
    if len(frame) < _LEAST_ROWS:
        reason = f"{len(frame)} rows are too few to judge them; at least {_LEAST_ROWS} are needed."
        return BlockChoice(None, reason, loss_name, 0.0, [])
    n_features, n_blocks = count_features(cleaned, engineer, n_outputs), count_blocks(cleaned, engineer)
    texts = count_characters(cleaned, frame)
    if not n_blocks + len(texts):
        return BlockChoice(None, "No columns to make them of.", loss_name, 0.0, [])
    size = (len(frame), n_features, n_blocks, n_outputs, budget_minutes)
    workload, untried = plan_workload(*size, list(texts.values())), []
    if workload is None and texts:
        # Other blocks may not take so long.
        workload, untried, texts = plan_workload(*size), list(map(name_words, texts)), {}
    if workload is None:
        reason = f"{budget_minutes:g} minutes are too short to judge them beside {n_features} features."
        return BlockChoice(None, reason, loss_name, 0.0, [])
    chosen = choose_rows(frame, y, problem, workload.rows, N_FOLDS, workload.repeats, engineer.seed)
    if len(chosen.splits) < 2:
        return BlockChoice(None, explain_few_folds(problem, workload.rows), loss_name, 0.0, [])
    gate = _Gate(cleaned, engineer, frame, problem, workload, chosen)
    blocks = gate.propose(n_outputs, list(texts))
    attempts = [gate.try_block(block) for block in blocks[: workload.blocks]]
    reason = "" if attempts else "A quick model uses no columns that they could be made of."
    untried += [block.title for block in blocks[workload.blocks :]]
    notes = describe_left_out(chosen.splits, frame.iloc[chosen.rows], problem)
    if problem.weight is not None:
        notes.append(f"Rows count by their {problem.weight!r}, in the fits and in the {loss_name}.")
    return BlockChoice(workload, reason, loss_name, gate.first_loss, attempts, untried, notes)


class _Gate:
    """The folds with the features kept so far, and the losses with them."""

    def __init__(
        self,
        cleaned: Pipeline,
        engineer: Engineer,
        frame: pd.DataFrame,
        problem: Problem,
        workload: Workload,
        chosen: GateRows,
    ) -> None:
        self._engineer, self._problem, self._workload, self._chosen = engineer, problem, workload, chosen
        event_time = engineer.event_time
        self._times = frame[event_time].to_numpy()[chosen.rows] if event_time else np.empty(0)
        self._tables = FoldTables(cleaned, frame, problem, chosen)
        self._folds = self._tables.make_features(engineer)
        self._best = self._judge(self._folds)
        self.first_loss = float(np.average(self._best.losses, weights=chosen.weights[chosen.scored]))

    def propose(self, n_outputs: int, texts: Sequence[str]) -> list[Block]:
        """Return the blocks to try, of texts and of the columns with the largest gains."""
        gains: dict[str, float] = {}
        for fold, of_features in zip(self._folds, self._best.gains, strict=True):
            for source, gain in zip(fold.sources, of_features, strict=True):
                gains[source] = gains.get(source, 0.0) + float(gain)
        table = self._tables.fitted[0]
        free = [str(name) for name in table.columns if name not in self._problem.monotonic]
        strings = [name for name in free if isinstance(table[name].dtype, pd.CategoricalDtype)]
        dates = [name for name in free if pd.api.types.is_datetime64_any_dtype(table[name].dtype)]
        numbers = [
            name
            for name in free
            if pd.api.types.is_numeric_dtype(table[name].dtype) and table[name].nunique() > 2
        ]
        calendar: list[Derivation] = []
        if event_time := self._engineer.event_time:
            dates = [name for name in dates if name != event_time]
            calendar = list_calendar(event_time, self._times, dates)
        return propose_blocks(numbers, strings, dates, gains, n_outputs, calendar, texts)

    def try_block(self, block: Block) -> Attempt:
        """Judge the best features of a block; keep them if they improve the loss by more than its margin."""
        folds = self._tables.add_derivations(self._folds, self._engineer, block.derivations)
        n_tried = folds[0].fit.shape[1] - self._folds[0].fit.shape[1]
        outcome, kept = self._judge(folds), block.derivations
        if len(kept) > _MOST_DERIVATIONS:
            kept = _find_best(folds, outcome.gains, kept)
            dropped = [derivation for derivation in block.derivations if derivation not in kept]
            folds = [drop_derivations(fold, dropped) for fold in folds]
            outcome = self._judge(folds)
        change, margin = self._compare(outcome)
        if change < -margin:
            self._folds, self._best = folds, outcome
            return Attempt(block.title, n_tried, change, margin, kept)
        return Attempt(block.title, n_tried, change, margin, [])

    def _judge(self, folds: list[FoldFeatures]) -> Outcome:
        return judge_features(folds, self._chosen, self._problem, self._workload.steps)

    def _compare(self, outcome: Outcome) -> tuple[float, float]:
        """Return the mean change of the loss relative to that of its fold, and the margin of error."""
        folds = np.repeat(np.arange(len(self._folds)), [len(score) for _, score in self._chosen.splits])
        scored = self._chosen.scored
        weights = self._chosen.weights[scored]
        before = np.bincount(folds, weights * self._best.losses) / np.bincount(folds, weights)
        changes = (outcome.losses - self._best.losses) / np.maximum(before, _LEAST_LOSS)[folds]
        # A row that is scored several times counts once, with the mean.
        rows, times = np.unique(scored, return_inverse=True)
        means = np.bincount(times, changes) / np.bincount(times)
        return compute_mean_and_margin(means, self._chosen.clusters[rows], self._chosen.weights[rows])


def _find_best(
    folds: list[FoldFeatures], gains: list[np.ndarray], derivations: list[Derivation]
) -> list[Derivation]:
    """Return the derivations with the largest gains, in their order."""
    totals = {tuple(derivation): 0.0 for derivation in derivations}
    for fold, of_features in zip(folds, gains, strict=True):
        for derivation, gain in zip(fold.derivations, of_features, strict=True):
            if derivation in totals:
                totals[derivation] += float(gain)
    best = sorted(totals, key=lambda derivation: -totals[derivation])[:_MOST_DERIVATIONS]
    return [derivation for derivation in derivations if tuple(derivation) in best]

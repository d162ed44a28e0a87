"""Which blocks of derived features are kept: those that improve a quick model by more than chance does."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

import lightgbm as lgb
import numpy as np
import pandas as pd
from scipy.special import stdtrit
from sklearn.base import clone
from sklearn.pipeline import Pipeline

from components._compiled.steps import build_matrix
from components._compiled.texts import LONGEST
from components._problem.spec import Problem
from components._recipe.derivations import Derivation
from components._recipe.engineer import Engineer
from components._recipe.recipe import get_sources, list_required_columns
from components._table.row_folds import describe_left_out
from components._table.time_blocks import TimeBlocks, cut_time_blocks
from components._table.weights import read_weights
from components.engineer.candidates import Block, list_calendar, name_words, propose_blocks
from components.engineer.gate_folds import LEAST_FITTED, GateRows, choose_rows
from components.engineer.workload import N_FOLDS, Workload, plan_workload
from components.errors import format_list

# One-sided confidence that a block makes the loss smaller: two standard errors of many independent rows.
_CONFIDENCE = 0.977
# Of a block, so many derivations with the largest gains are judged and kept.
_MOST_DERIVATIONS = 8
_LEAST_ROWS = 200
# A step of this rate times the number of steps is about the same whatever the number.
_LEARNING = 10.0
_STAGES = 5
_LEAST_PROBABILITY = 1e-7
_LEAST_LOSS = 1e-12


@dataclass(frozen=True)
class Attempt:
    """One block that was tried.

    Attributes
    ----------
    title : str
        Name of the block.
    n_tried : int
        Number of its features.
    change, margin : float
        Change of the loss by its best features, below 0 if they help, and its margin of error; as shares of
        the loss with the blocks kept before.
    kept : list of list of str
        The derivations that are kept; empty if the block is not.
    """

    title: str
    n_tried: int
    change: float
    margin: float
    kept: list[Derivation]


@dataclass(frozen=True)
class BlockChoice:
    """What the gate tried.

    Attributes
    ----------
    workload : Workload or None
        Rows and steps; None if nothing was tried.
    reason : str
        Why nothing was tried; else empty.
    loss_name : str
        The loss that was compared.
    loss : float
        Mean loss of the features without any block.
    attempts : list of Attempt
        In the order of trying.
    untried : list of str
        Blocks that the budget is too short for.
    notes : list of str
        Sentences about the rows: those that are left out, and their weights.
    """

    workload: Workload | None
    reason: str
    loss_name: str
    loss: float
    attempts: list[Attempt]
    untried: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    @property
    def derivations(self) -> list[Derivation]:
        """The derivations of all kept blocks."""
        return [derivation for attempt in self.attempts for derivation in attempt.kept]

    @property
    def sentence(self) -> str:
        """What was decided, in one sentence."""
        if not self.attempts:
            return f"No block of features was tried. {self.reason}"
        kept = [
            f"{attempt.title} ({self.loss_name} {attempt.change:+.1%})"
            for attempt in self.attempts
            if attempt.kept
        ]
        said = f"{len(kept)} of {len(self.attempts)} blocks kept{': ' if kept else ''}{', '.join(kept)}."
        if self.untried:
            said += f" The budget is too short to try {format_list(self.untried)}."
        return said


class _Fold(NamedTuple):
    """Features of a fold, float32, and the derivation of each; the target of the rows to fit on."""

    fit: np.ndarray
    score: np.ndarray
    y_fit: np.ndarray
    derivations: list[tuple[str, ...]]


class _Outcome(NamedTuple):
    """Loss of each scored row, and gain of each feature of each fold's model."""

    losses: np.ndarray
    gains: list[np.ndarray]


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
    loss_name = _name_loss(problem)
    if len(frame) < _LEAST_ROWS:
        reason = f"{len(frame)} rows are too few to judge them; at least {_LEAST_ROWS} are needed."
        return BlockChoice(None, reason, loss_name, 0.0, [])
    n_features, n_blocks = _count_features(cleaned, engineer, n_outputs), _count_blocks(cleaned, engineer)
    texts = _count_characters(cleaned, frame)
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
        return BlockChoice(None, _explain_few_folds(problem, workload.rows), loss_name, 0.0, [])
    gate = _Gate(cleaned, engineer, frame, y, problem, workload, chosen)
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
        y: np.ndarray,
        problem: Problem,
        workload: Workload,
        chosen: GateRows,
    ) -> None:
        self._engineer, self._problem, self._workload = engineer, problem, workload
        self._chosen, self._y = chosen, y[chosen.rows]
        weights = read_weights(frame, problem)
        self._weights = np.ones(len(chosen.rows)) if weights is None else weights[chosen.rows]
        columns = frame[list_required_columns(cleaned)].iloc[chosen.rows]
        self._times = columns[engineer.event_time].to_numpy() if engineer.event_time else np.empty(0)
        self._cleaned: list[tuple[pd.DataFrame, pd.DataFrame]] = []
        self._blocks: list[TimeBlocks | None] = []
        event_time = None if problem.event_time is None else frame[problem.event_time].to_numpy()[chosen.rows]
        for fit_rows, score_rows in chosen.splits:
            blocks = None if event_time is None else cut_time_blocks(event_time[fit_rows], problem.gap)
            self._blocks.append(blocks)
            step = clone(cleaned)
            fitted = step.fit_transform(columns.iloc[fit_rows], self._y[fit_rows])
            self._cleaned.append((fitted, step.transform(columns.iloc[score_rows])))
        self._folds, self._sources = self._build_folds(engineer, None)
        self._scored = np.concatenate([score_rows for _, score_rows in chosen.splits])
        self._best = self._judge(self._folds)
        self.first_loss = float(np.average(self._best.losses, weights=self._weights[self._scored]))

    def propose(self, n_outputs: int, texts: Sequence[str]) -> list[Block]:
        """Return the blocks to try, of texts and of the columns with the largest gains."""
        gains: dict[str, float] = {}
        for sources, of_features in zip(self._sources, self._best.gains, strict=True):
            for source, gain in zip(sources, of_features, strict=True):
                gains[source] = gains.get(source, 0.0) + float(gain)
        table, _ = self._cleaned[0]
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
        folds = self._add(block.derivations)
        n_tried = folds[0].fit.shape[1] - self._folds[0].fit.shape[1]
        outcome, kept = self._judge(folds), block.derivations
        if len(kept) > _MOST_DERIVATIONS:
            kept = _find_best(folds, outcome.gains, kept)
            folds = [_keep_derivations(fold, block.derivations, kept) for fold in folds]
            outcome = self._judge(folds)
        change, margin = self._compare(outcome)
        if change < -margin:
            self._folds, self._best = folds, outcome
            return Attempt(block.title, n_tried, change, margin, kept)
        return Attempt(block.title, n_tried, change, margin, [])

    def _build_folds(
        self, engineer: Engineer, columns: Sequence[str] | None
    ) -> tuple[list[_Fold], list[list[str]]]:
        """Return the folds of the features of some columns, and the sources of their features."""
        folds, sources = [], []
        parts = zip(self._cleaned, self._chosen.splits, self._blocks, strict=True)
        for (fitted, scored), (fit_rows, _), blocks in parts:
            step = clone(engineer)
            chosen = list(fitted.columns) if columns is None else columns
            of_fit = step.fit_transform(fitted[chosen], self._y[fit_rows], blocks)
            of_score = step.transform(scored[chosen])
            of_features, derivations = get_sources(of_fit), step.list_derivations()
            if not of_features:
                # LightGBM needs a feature.
                of_fit, of_score = of_fit.assign(constant=0.0), of_score.assign(constant=0.0)
                of_features, derivations = ["constant"], [[]]
            sources.append(of_features)
            folds.append(
                _Fold(
                    build_matrix(of_fit.to_numpy().T),
                    build_matrix(of_score.to_numpy().T),
                    self._y[fit_rows],
                    [tuple(derivation) for derivation in derivations],
                )
            )
        return folds, sources

    def _add(self, derivations: list[Derivation]) -> list[_Fold]:
        """Return the folds with the features of derivations added."""
        columns = sorted({name for _, *names in derivations for name in names})
        step = clone(self._engineer).set_params(derived=derivations)
        added, _ = self._build_folds(step, columns)
        merged = []
        for fold, more in zip(self._folds, added, strict=True):
            new = [i for i, derivation in enumerate(more.derivations) if derivation]
            merged.append(
                fold._replace(
                    fit=np.hstack([fold.fit, more.fit[:, new]]),
                    score=np.hstack([fold.score, more.score[:, new]]),
                    derivations=[*fold.derivations, *(more.derivations[i] for i in new)],
                )
            )
        return merged

    def _judge(self, folds: list[_Fold]) -> _Outcome:
        """Fit a quick model on each fold, and return the losses of the scored rows.

        The models of all folds stop after the number of steps with the least loss, so that one that learns
        faster is not punished for what it overfits afterwards.
        """
        stages = [max(self._workload.steps * (i + 1) // _STAGES, 1) for i in range(_STAGES)]
        losses, gains = [], []
        for fold, (fit_rows, score_rows) in zip(folds, self._chosen.splits, strict=True):
            settings = _make_settings(self._problem, self._workload.steps)
            # LightGBM is faster without weights than with equal ones.
            weights = self._weights[fit_rows] if self._problem.weight is not None else None
            data = lgb.Dataset(fold.fit, fold.y_fit, weight=weights, params=settings)
            trees = lgb.train(settings, data, num_boost_round=self._workload.steps)
            predicted = [trees.predict(fold.score, num_iteration=n, num_threads=1) for n in stages]
            y = self._y[score_rows]
            losses.append([_compute_losses(self._problem, y, np.asarray(values)) for values in predicted])
            gains.append(trees.feature_importance("gain"))
        of_stages = np.hstack(losses)
        means = np.average(of_stages, axis=1, weights=self._weights[self._scored])
        return _Outcome(of_stages[np.argmin(means)], gains)

    def _compare(self, outcome: _Outcome) -> tuple[float, float]:
        """Return the mean change of the loss relative to that of its fold, and the margin of error."""
        folds = np.repeat(np.arange(len(self._folds)), [len(score) for _, score in self._chosen.splits])
        weights = self._weights[self._scored]
        before = np.bincount(folds, weights * self._best.losses) / np.bincount(folds, weights)
        changes = (outcome.losses - self._best.losses) / np.maximum(before, _LEAST_LOSS)[folds]
        # A row that is scored several times counts once, with the mean.
        rows, times = np.unique(self._scored, return_inverse=True)
        means = np.bincount(times, changes) / np.bincount(times)
        return compute_mean_and_margin(means, self._chosen.clusters[rows], self._weights[rows])


def compute_mean_and_margin(
    values: np.ndarray, clusters: np.ndarray, weights: np.ndarray | None = None
) -> tuple[float, float]:
    """Return the mean of values and its margin of error; values of one cluster are not independent.

    Liang and Zeger, Biometrika 73, 1986: residuals are added within clusters before they are squared. The
    margin is that of Student's t, with a degree of freedom less than clusters.

    Parameters
    ----------
    values : ndarray of shape (n_rows,)
        Values to average.
    clusters : ndarray of int, shape (n_rows,)
        Number of each value's cluster.
    weights : ndarray of shape (n_rows,), optional
        How much each value counts; None if all count alike.
    """
    if weights is None:
        weights = np.ones(len(values))
    mean = float(np.average(values, weights=weights))
    sums = np.bincount(pd.factorize(clusters)[0], weights * (values - mean))
    n = len(sums)
    if n < 2:
        return mean, float("inf")
    error = np.sqrt((sums**2).sum() * n / (n - 1)) / weights.sum()
    return mean, float(stdtrit(n - 1, _CONFIDENCE) * error)


def _explain_few_folds(problem: Problem, n_rows: int) -> str:
    by = problem.event_time or problem.group
    target = f"{'two values' if problem.kind == 'regression' else 'every class'} of {problem.target!r}"
    return (
        f"A sample of {n_rows:,} rows{f', split by {by!r},' if by else ''} has fewer than two folds with "
        f"{target} among at least {LEAST_FITTED} rows to fit on."
    )


def _count_features(cleaned: Pipeline, engineer: Engineer, n_outputs: int) -> int:
    """Return about how many features trees must look at."""
    exported = cleaned[-1].export()
    n_features = len(exported["numeric"]) + len(exported["indicators"]) + 5 * len(exported["datetime"])
    for kept in exported["categorical"].values():
        n_categories = len(kept) + 2
        # LightGBM bundles the one-hot features of a column.
        n_features += 1 if n_categories <= engineer.one_hot_up_to else 0
        n_features += n_outputs if n_categories > engineer.target_above else 0
    return n_features


def _count_blocks(cleaned: Pipeline, engineer: Engineer) -> int:
    """Return the largest number of blocks of the columns."""
    exported = cleaned[-1].export()
    numbers, strings, dates = (len(exported[kind]) for kind in ("numeric", "categorical", "datetime"))
    # The event time is a date with a block of its own.
    of_dates = min(dates, 2) if engineer.event_time else min(dates, 1)
    return (numbers > 1) + (strings > 1) + (numbers > 0 and strings > 0) + (strings > 0) + of_dates


def _count_characters(cleaned: Pipeline, frame: pd.DataFrame) -> dict[str, float]:
    """Return how many characters of each text are read, on average, by the name of the preprocessed text."""
    return {
        name: float(frame[raw].str.len().clip(upper=LONGEST).fillna(0).mean())
        for raw, name in cleaned[0].texts.items()
    }


def _find_best(
    folds: list[_Fold], gains: list[np.ndarray], derivations: list[Derivation]
) -> list[Derivation]:
    """Return the derivations with the largest gains, in their order."""
    totals = {tuple(derivation): 0.0 for derivation in derivations}
    for fold, of_features in zip(folds, gains, strict=True):
        for derivation, gain in zip(fold.derivations, of_features, strict=True):
            if derivation in totals:
                totals[derivation] += float(gain)
    best = sorted(totals, key=lambda derivation: -totals[derivation])[:_MOST_DERIVATIONS]
    return [derivation for derivation in derivations if tuple(derivation) in best]


def _keep_derivations(fold: _Fold, tried: list[Derivation], kept: list[Derivation]) -> _Fold:
    """Return a fold without the features that were tried and are not kept."""
    dropped = set(map(tuple, tried)) - set(map(tuple, kept))
    columns = [i for i, derivation in enumerate(fold.derivations) if derivation not in dropped]
    return fold._replace(
        fit=fold.fit[:, columns],
        score=fold.score[:, columns],
        derivations=[fold.derivations[i] for i in columns],
    )


def _name_loss(problem: Problem) -> str:
    if problem.kind != "regression":
        return "log loss"
    return "absolute error" if _is_absolute(problem) else "squared error"


def _is_absolute(problem: Problem) -> bool:
    return "absolute" in problem.metric


def _make_settings(problem: Problem, steps: int) -> dict[str, object]:
    settings: dict[str, object] = {
        "objective": problem.kind,
        "num_leaves": 15,
        "learning_rate": min(0.3, _LEARNING / steps),
        # Coarse bins compare features as well, in half the time.
        "max_bin": 63,
        "bin_construct_sample_cnt": 5_000,
        "seed": 0,
        "deterministic": True,
        "force_col_wise": True,
        "num_threads": 1,
        "verbosity": -1,
    }
    if problem.kind == "multiclass":
        settings["num_class"] = len(problem.classes)
    elif problem.kind == "regression" and _is_absolute(problem):
        settings["objective"] = "regression_l1"
    return settings


def _compute_losses(problem: Problem, y: np.ndarray, predicted: np.ndarray) -> np.ndarray:
    """Return the loss of each row."""
    if problem.kind == "regression":
        losses = np.asarray(np.abs(predicted - y))
        return losses if _is_absolute(problem) else losses**2
    if problem.kind == "multiclass":
        right = predicted[np.arange(len(y)), y]
    else:
        right = np.where(y == 1, predicted, 1 - predicted)
    return np.asarray(-np.log(np.maximum(right, _LEAST_PROBABILITY)))

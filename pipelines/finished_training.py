"""A finished training, for notebooks: its model, its test rows, and what a person asks about them."""

import json
import tempfile
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from components._metrics.scores import compute_score, decide, resolve_scorer
from components._model.package import Package
from components._problem.metrics import get_sign
from components._problem.registration import TEST_ROWS
from components._problem.spec import Problem
from components._problem.verdict import Verdict
from components._table.chosen_rows import choose_row_numbers, read_chosen_rows
from components._table.storage import count_rows
from components._table.target import encode_target, order_classes
from components._table.weights import read_weights
from components._tracking.registry_version import EVALUATION
from components.errors import InvalidSetting
from components.evaluate.importance import compute_permutation_importance
from components.json_file import read_json
from pipelines.local.model_registry import open_registry
from pipelines.local.run_folder import RUNS

_TRIALS = "trials.json"
_MOST_ROWS = 20_000
_FEW_ROWS = 500


@dataclass(frozen=True)
class FinishedTraining:
    """A model, the test rows, and how it was made.

    Attributes
    ----------
    package : Package
        The model with its signature and lineage.
    problem : Problem
        The resolved problem.
    test : DataFrame of shape (n_rows, n_columns)
        Test rows whose target is known: up to 20,000 of a run's, or 500 of a version's.
    evaluation : dict
        What evaluate recorded on all test rows: metric, score, and many more.
    trials : DataFrame
        The trials of the sweep, with their mean score over the folds.
    """

    package: Package
    problem: Problem
    test: pd.DataFrame
    evaluation: dict[str, Any]
    trials: pd.DataFrame

    @classmethod
    def read(cls, artifacts: str | Path) -> "FinishedTraining":
        """Read a training from the folder of a run's artifacts, one folder for each task."""
        folder = Path(artifacts)
        evaluation = Verdict.load(folder / "evaluate" / "verdict").record
        trials = folder / "tune-result" / "results" / _TRIALS
        return cls._read_parts(folder / "train" / "model", folder / "split" / "test", evaluation, trials)

    @classmethod
    def fetch(cls, version: str, model: str | None = None, runs: Path = RUNS) -> "FinishedTraining":
        """Fetch a registered version from MLflow, which ``MLFLOW_TRACKING_URI`` names.

        Parameters
        ----------
        version : str
            Its number, or an alias such as champion.
        model : str or None
            The registered model; None for the only one.
        runs : Path
            Folder of local runs, whose registry is read where the variable is not set.

        Raises
        ------
        InvalidSetting
            There is no such version, or it was registered without test rows.
        TrackingError
            MLflow did not answer, or refused.
        """
        with open_registry(runs, model) as registry, tempfile.TemporaryDirectory() as scratch:
            found = registry.get_version(version)
            rows = registry.find_artifact(found, TEST_ROWS, Path(scratch))
            trials = registry.find_artifact(found, _TRIALS, Path(scratch))
            if rows is None or trials is None:
                raise InvalidSetting(
                    f"Version {found.number} of {found.model!r} was registered without test rows.",
                    "Choose a version that a newer version of the suite registered.",
                )
            package = registry.download(found, Path(scratch))
            return cls._read_parts(package, rows, json.loads(found.tags[EVALUATION]), trials)

    @classmethod
    def _read_parts(
        cls, model: Path, rows: Path, evaluation: dict[str, Any], trials: Path
    ) -> "FinishedTraining":
        package, problem = Package.load(model), Problem.load(model / "problem.json")
        columns = [*package.signature.columns, problem.target, *filter(None, [problem.weight])]
        test = read_chosen_rows(rows, choose_row_numbers(count_rows(rows), _MOST_ROWS, seed=0), columns)
        test = test[test[problem.target].notna()].reset_index(drop=True)
        tried = pd.DataFrame(read_json(trials)["trials"])
        tried["score"] = tried["fold_scores"].map(lambda scores: np.mean(scores) if scores else np.nan)
        return cls(package, problem, test, evaluation, tried)

    @property
    def columns(self) -> list[str]:
        """The columns of the model."""
        return list(self.package.signature.columns)

    @cached_property
    def truth(self) -> np.ndarray:
        """The target of the test rows: numbers of classes, or values; shape (n_rows,)."""
        return encode_target(self.test[self.problem.target], self.problem)

    @cached_property
    def weights(self) -> np.ndarray | None:
        """How much each test row counts, shape (n_rows,); None if all count alike."""
        return read_weights(self.test, self.problem)

    @cached_property
    def predictions(self) -> np.ndarray:
        """The probability of each class of the test rows, or their values; one row for each."""
        return self.package.predict(self.test)

    def predict(self, rows: pd.DataFrame) -> list[Any]:
        """Return what the model answers to rows: for each its class, or its value, as served."""
        return list(self.package.predict_outputs(rows))

    def list_models(self) -> pd.DataFrame:
        """Return the members of the model: their trial, weight, parameters and scores."""
        columns = ["title", "trial", "weight", "parameters", "fold_scores"]
        return pd.DataFrame(self.package.lineage["models"])[columns]

    def compare_scores(self) -> dict[str, Any]:
        """Return the metric of these test rows beside the recorded one of all."""
        scorer = resolve_scorer(self.problem.metric, self.problem)
        threshold = self.package.signature.threshold
        score = compute_score(scorer, self.truth, self.predictions, self.problem, threshold, self.weights)
        return {
            "metric": self.evaluation["metric"],
            "here": get_sign(scorer) * score,
            "recorded": self.evaluation["score"],
            "rows": len(self.test),
        }

    def list_worst(self, n_rows: int = 10) -> pd.DataFrame:
        """Return the test rows where the model is most wrong, with its prediction and its loss."""
        if self.problem.kind == "regression":
            predicted, loss = self.predictions, np.abs(self.predictions - self.truth)
        else:
            classes = np.array(order_classes(self.problem), dtype=object)
            predicted = classes[decide(self.predictions, self.package.signature.threshold)]
            loss = 1 - self.predictions[np.arange(len(self.truth)), self.truth]
        worst = np.argsort(-loss)[:n_rows]
        return self.test.iloc[worst].assign(predicted=predicted[worst], loss=loss[worst])

    def compute_importances(self, n_rows: int = _FEW_ROWS) -> pd.DataFrame:
        """Return how much the score loses if a column is shuffled, the most important column first."""
        few = self._draw_rows(n_rows)
        weights = None if self.weights is None else self.weights[few.index]
        rng = np.random.default_rng(0)
        found = compute_permutation_importance(
            self.package, few, self.truth[few.index], self.problem, rng, weights
        )
        return pd.DataFrame(found)[["column", "drop", "spread"]]

    def compute_effect(self, column: str, n_rows: int = _FEW_ROWS) -> pd.DataFrame:
        """Return the mean prediction if all rows had the same value in a column, for some of its values."""
        few = self._draw_rows(n_rows)
        known = few[column].dropna()
        is_number = pd.api.types.is_numeric_dtype(known) and not pd.api.types.is_bool_dtype(known)
        values = (
            known.quantile(np.linspace(0.05, 0.95, 7)).unique()
            if is_number
            else known.value_counts().index[:10]
        )
        outputs = [
            self.package.predict_outputs(few.assign(**{column: [value] * len(few)})).mean(axis=0)
            for value in values
        ]
        return pd.DataFrame(outputs, index=pd.Index(values, name=column))

    def _draw_rows(self, n_rows: int) -> pd.DataFrame:
        return self.test.sample(min(len(self.test), n_rows), random_state=0)

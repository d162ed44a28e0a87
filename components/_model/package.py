"""A model's folder: the pipeline, its signature and its lineage."""

import json
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from sklearn.pipeline import Pipeline

# skops loads these classes by their names.
from components._estimators import ensemble  # noqa: F401
from components._model.files import check_versions, get_library_versions, load_pipeline, save_pipeline
from components._model.signature import Signature
from components.json_file import write_json


@dataclass(frozen=True)
class Package:
    """A model with its signature and lineage.

    Attributes
    ----------
    pipeline : Pipeline
        Fitted recipe steps, then the estimator; classifiers predict labels.
    signature : Signature
        Input columns and outputs.
    lineage : dict
        Where the model comes from: data hash, commit, seed, parameters, scores, versions.
    """

    pipeline: Pipeline
    signature: Signature
    lineage: dict[str, Any]

    def predict(self, rows: pd.DataFrame) -> np.ndarray:
        """Return probabilities, shape (n_rows, n_classes), or the values of a regression, (n_rows,).

        Parameters
        ----------
        rows : DataFrame of shape (n_rows, n_columns)
            Raw rows with at least the signature's columns.
        """
        return self.predict_features(self.pipeline[:-1].transform(rows[list(self.signature.columns)]))

    def predict_outputs(self, rows: pd.DataFrame) -> np.ndarray:
        """Return what a compiled model returns, shape (n_rows, n_outputs).

        There is one output per class, for two classes only the probability of the positive class, and for a
        regression the value.
        """
        predicted = self.predict(rows).reshape(len(rows), -1)
        return predicted[:, 1:] if self.signature.task == "binary" else predicted

    def predict_features(self, features: np.ndarray) -> np.ndarray:
        """Return predictions of rows that the recipe has transformed.

        Parameters
        ----------
        features : ndarray of shape (n_rows, n_features)
            Output of the pipeline's steps before the estimator.
        """
        estimator = self.pipeline[-1]
        if self.signature.task == "regression":
            return np.asarray(estimator.predict(features))
        return np.asarray(estimator.predict_proba(features))

    def save(self, folder: str | Path) -> None:
        """Write the pipeline, the signature and the lineage."""
        path = Path(folder)
        path.mkdir(parents=True, exist_ok=True)
        save_pipeline(self.pipeline, path / "model.skops")
        write_json(path / "signature.json", asdict(self.signature))
        write_json(path / "lineage.json", {**self.lineage, "versions": get_library_versions()})

    @classmethod
    def load(cls, folder: str | Path) -> "Package":
        """Read a model that ``save`` wrote.

        Raises
        ------
        IncompatibleModel
            It was made with other versions of the libraries, or holds types that are not trusted.
        """
        path = Path(folder)
        lineage = json.loads((path / "lineage.json").read_text(encoding="utf-8"))
        check_versions(lineage["versions"], f"The model in {path}")
        signature = Signature(**json.loads((path / "signature.json").read_text(encoding="utf-8")))
        return cls(load_pipeline(path / "model.skops"), signature, lineage)

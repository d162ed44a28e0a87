"""The serving form in its folder, and the compiled model that predicts with it."""

import hashlib
import io
import json
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np

from components._compiled.columns import ColumnarRecipe
from components._compiled.estimators import FormParts
from components._compiled.recipe import CompiledRecipe, Value
from components._compiled.steps import Columns
from components.errors import SuiteError

# Increase it with every change of the files: a server must not guess at another format.
FORMAT = 6
# Not .gz: MLflow gives such a file in an object storage a Content-Encoding, and unpacks it on the way back.
_ARRAYS, _TREES = "arrays.npz", ".packed"
_REMEDY = "Copy the model's folder again, or train the model again."


class DamagedModel(SuiteError):
    """The files of a compiled model are damaged or of another format."""


@dataclass(frozen=True)
class ServingForm:
    """A model as plain data, as it is stored.

    Attributes
    ----------
    columns : list of str
        Raw columns in the order of a row's values.
    steps : dict of str to dict
        Export of each step of the recipe.
    form : dict
        Export of the estimator.
    arrays : dict of str to ndarray
        Its arrays.
    trees : dict of str to bytes
        Its trees, in LightGBM's text form, packed by gzip.
    """

    columns: list[str]
    steps: dict[str, dict[str, Any]]
    form: dict[str, Any]
    arrays: dict[str, np.ndarray]
    trees: dict[str, bytes]

    @cached_property
    def _files(self) -> dict[str, bytes]:
        packed = io.BytesIO()
        np.savez_compressed(packed, **self.arrays)  # type: ignore[arg-type]
        return {_ARRAYS: packed.getvalue(), **{f"{name}{_TREES}": text for name, text in self.trees.items()}}

    @property
    def n_bytes(self) -> int:
        """Size of the files of arrays and trees."""
        return sum(map(len, self._files.values()))

    def save(self, folder: str | Path) -> None:
        """Write ``plan.json``, ``arrays.npz``, and a packed text file for each model of trees."""
        path = Path(folder)
        path.mkdir(parents=True, exist_ok=True)
        for name, content in self._files.items():
            (path / name).write_bytes(content)
        plan = {
            "format": FORMAT,
            "columns": self.columns,
            "steps": self.steps,
            "form": self.form,
            # LightGBM's library crashes on some truncated texts.
            "sha256": {name: hashlib.sha256(content).hexdigest() for name, content in self._files.items()},
        }
        text = json.dumps(plan, ensure_ascii=False, allow_nan=False)
        (path / "plan.json").write_text(text, encoding="utf-8")

    @classmethod
    def load(cls, folder: str | Path) -> "ServingForm":
        """Read what ``save`` wrote.

        Raises
        ------
        DamagedModel
            A file is missing or changed, or has another format.
        """
        path = Path(folder)
        try:
            plan = json.loads((path / "plan.json").read_text(encoding="utf-8"))
            if plan["format"] != FORMAT:
                age = "an older" if plan["format"] < FORMAT else "a newer"
                raise DamagedModel(
                    f"The compiled model in {path} was made by {age} version of kfp-tabular: it has format "
                    f"{plan['format']}, this version reads {FORMAT}.",
                    "Serve it with the image of the version that trained it, or train it again.",
                )
            files = {name: (path / name).read_bytes() for name in plan["sha256"]}
            for name, content in files.items():
                if hashlib.sha256(content).hexdigest() != plan["sha256"][name]:
                    raise DamagedModel(f"{path / name} has changed since it was written.", _REMEDY)
            with np.load(io.BytesIO(files.pop(_ARRAYS)), allow_pickle=False) as stored:
                arrays = {name: stored[name] for name in stored.files}
            trees = {name.removesuffix(_TREES): content for name, content in files.items()}
            return cls(plan["columns"], plan["steps"], plan["form"], arrays, trees)
        except (OSError, ValueError, KeyError, TypeError, RecursionError) as error:
            what = f"The compiled model in {path} cannot be read: {type(error).__name__}: {error}."
            raise DamagedModel(what, _REMEDY) from error


class CompiledModel:
    """Predicts rows; several threads may call it at once.

    Raises
    ------
    DamagedModel
        The parts do not fit together.
    """

    def __init__(self, form: ServingForm) -> None:
        try:
            self._recipe = CompiledRecipe(form.steps, form.columns)
            self._columnar = ColumnarRecipe(form.steps)
            self._estimator = FormParts(form.arrays, form.trees).compile(form.form)
        except (KeyError, IndexError, TypeError, ValueError, AttributeError, SyntaxError) as error:
            what = f"The compiled model does not hold together: {type(error).__name__}: {error}."
            raise DamagedModel(what, _REMEDY) from error

    def predict(self, rows: Sequence[Sequence[Value]]) -> np.ndarray:
        """Return the outputs of rows, float64 of shape (n_rows, n_outputs).

        Parameters
        ----------
        rows : sequence of sequences of float, str, datetime or None
            At least one row of raw values in the order of the columns; None for a null, all numbers finite.
        """
        return self._estimator(self._recipe.transform(rows))

    def predict_columns(self, columns: Columns) -> np.ndarray:
        """Return the outputs of whole columns, float64 of shape (n_rows, n_outputs).

        Parameters
        ----------
        columns : mapping of str to ndarray or Strings
            All raw columns, of one length of at least 1.
        """
        return self._estimator(self._columnar.transform(columns))

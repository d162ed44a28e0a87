"""Trees in LightGBM's C library; its Python package takes seconds to import, with pandas and scikit-learn.

The functions are declared in https://github.com/lightgbm-org/LightGBM/blob/master/include/LightGBM/c_api.h.
"""

import ctypes
import sys
from functools import cache, cached_property
from importlib.util import find_spec
from pathlib import Path

import numpy as np

from components._compiled.bit_vectors import BitVectors, build_bit_vectors

_FLOAT32, _ROW_MAJOR, _FIRST, _ALL = 0, 1, 0, -1
_OUTPUTS, _LEAVES = 0, 2
_ONE_THREAD = b"num_threads=1 verbosity=-1"
# As many threads as OpenMP may use.
_MANY_THREADS = b"num_threads=0 verbosity=-1"
# From this many rows on, threads and tables of the trees are faster.
MANY_ROWS = 1_000
_FILES = {"darwin": "lib_lightgbm.dylib", "win32": "lib_lightgbm.dll"}


class DamagedTrees(ValueError):
    """A text is not a model of LightGBM."""


class _Booster:
    """Trees whose predictions LightGBM's library makes.

    Attributes
    ----------
    n_outputs : int
        Numbers that are predicted for a row.

    Raises
    ------
    DamagedTrees
        LightGBM cannot read the text.
    """

    def __init__(self, text: str, n_features: int, kind: int) -> None:
        self._library = _load_library()
        self._n_features = n_features
        self._kind = kind
        self._booster, self._row = ctypes.c_void_p(), ctypes.c_void_p()
        found = ctypes.c_int()
        self._call(
            "LGBM_BoosterLoadModelFromString", text.encode(), ctypes.byref(found), ctypes.byref(self._booster)
        )
        self._call("LGBM_BoosterGetNumFeature", self._booster, ctypes.byref(found))
        if found.value != n_features:
            raise DamagedTrees(f"the trees use {found.value} features, the rows have {n_features}")
        count = "LGBM_BoosterGetNumClasses" if kind == _OUTPUTS else "LGBM_BoosterNumberOfTotalModel"
        self._call(count, self._booster, ctypes.byref(found))
        self.n_outputs = found.value
        self._call(
            "LGBM_BoosterPredictForMatSingleRowFastInit",
            *(self._booster, kind, _FIRST, _ALL, _FLOAT32, n_features, _ONE_THREAD),
            ctypes.byref(self._row),
        )
        self._predict_row = self._library.LGBM_BoosterPredictForMatSingleRowFast
        # LightGBM writes the number of outputs here; nothing reads it.
        self._length = ctypes.c_int64()
        self._length_address = ctypes.addressof(self._length)

    def __call__(self, matrix: np.ndarray) -> np.ndarray:
        """Return what is predicted, float64 of shape (n_rows, n_outputs).

        Parameters
        ----------
        matrix : ndarray of float32, shape (n_rows, n_features)
            Features, row after row in memory.
        """
        address = _get_address(matrix)
        predicted = np.empty((len(matrix), self.n_outputs))
        if len(matrix) == 1:
            self._check(self._predict_row(self._row, address, self._length_address, _get_address(predicted)))
            return predicted
        self._call(
            "LGBM_BoosterPredictForMat",
            *(self._booster, ctypes.c_void_p(address), _FLOAT32, len(matrix), self._n_features, _ROW_MAJOR),
            *(self._kind, _FIRST, _ALL, _MANY_THREADS if len(matrix) >= MANY_ROWS else _ONE_THREAD),
            *(ctypes.byref(self._length), ctypes.c_void_p(_get_address(predicted))),
        )
        return predicted

    def __del__(self) -> None:
        if self._row:
            self._library.LGBM_FastConfigFree(self._row)
        if self._booster:
            self._library.LGBM_BoosterFree(self._booster)

    def _call(self, name: str, *arguments: object) -> None:
        self._check(getattr(self._library, name)(*arguments))

    def _check(self, status: int) -> None:
        if status:
            raise DamagedTrees(self._library.LGBM_GetLastError().decode(errors="replace"))


class Trees(_Booster):
    """The sum of trees, through the link of their loss.

    Parameters
    ----------
    text : str
        The model in LightGBM's text form.
    n_features : int
        Features of a row.

    Attributes
    ----------
    n_outputs : int
        Outputs of a row: the number of classes if there are more than two, else 1.
    """

    def __init__(self, text: str, n_features: int) -> None:
        super().__init__(text, n_features, _OUTPUTS)
        self._text = text

    def __call__(self, matrix: np.ndarray) -> np.ndarray:
        """Return outputs, float64 of shape (n_rows, n_outputs)."""
        if len(matrix) >= MANY_ROWS and self._bit_vectors is not None:
            return self._bit_vectors(matrix)
        return super().__call__(matrix)

    @cached_property
    def _bit_vectors(self) -> BitVectors | None:
        # Only needed for many rows.
        return build_bit_vectors(self._text)


class Leaves(_Booster):
    """The leaf that a row reaches in each tree, counted from 0 in each; ``n_outputs`` is the number of trees.

    Parameters
    ----------
    text : str
        The trees in LightGBM's text form.
    n_features : int
        Features of a row.
    """

    def __init__(self, text: str, n_features: int) -> None:
        super().__init__(text, n_features, _LEAVES)


def _get_address(array: np.ndarray) -> int:
    return int(array.__array_interface__["data"][0])


@cache
def _load_library() -> ctypes.CDLL:
    package = find_spec("lightgbm")
    if package is None or not package.submodule_search_locations:
        raise ModuleNotFoundError("No module named 'lightgbm'", name="lightgbm")
    folder = Path(package.submodule_search_locations[0])
    library = ctypes.CDLL(str(folder / "lib" / _FILES.get(sys.platform, "lib_lightgbm.so")))
    library.LGBM_GetLastError.restype = ctypes.c_char_p
    library.LGBM_BoosterPredictForMatSingleRowFast.argtypes = [ctypes.c_void_p] * 4
    for free in (library.LGBM_FastConfigFree, library.LGBM_BoosterFree):
        free.argtypes = [ctypes.c_void_p]
    return library

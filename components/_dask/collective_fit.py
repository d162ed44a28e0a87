"""LightGBM across workers: each keeps its share of the rows, and all of them grow the same trees together."""

import time
import warnings
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from functools import partial
from typing import TYPE_CHECKING, Any, NamedTuple, TypeVar

import numpy as np

from components._dask.failures import WorkersFailed
from components._dask.versions import list_versions
from components._dask.workers import Workers, call_on_worker

# Dask takes a second to import, so that its libraries load in the functions that use them.
if TYPE_CHECKING:
    import dask.array as da
    import lightgbm as lgb
    from distributed import Client, Future

Share = TypeVar("Share")

# Of what a worker loads.
_MATRICES = ("X", "stopping_x")
_MOST_ATTEMPTS = 3
_LOOK_SECONDS = 1.0
# Seconds in which a scheduler notices that a worker ended.
_NOTICE_SECONDS = 5.0


class WorkerRows(NamedTuple):
    """The rows of a worker, and those that decide when the fit stops, which are the same for all workers.

    What is None is None for all workers.

    Attributes
    ----------
    X : ndarray of float32, shape (n_rows, n_features)
        Features.
    y : ndarray of shape (n_rows,)
        Target as the objective takes it.
    weights : ndarray of shape (n_rows,), or None
        How much each row counts; None if all count alike.
    stopping_x : ndarray of float32, shape (n_stopping, n_features), or None
        Features of the rows that decide; None if the number of steps is given.
    stopping_y, stopping_weights : ndarray of shape (n_stopping,), or None
        Their target and weights.
    """

    X: np.ndarray
    y: np.ndarray
    weights: np.ndarray | None = None
    stopping_x: np.ndarray | None = None
    stopping_y: np.ndarray | None = None
    stopping_weights: np.ndarray | None = None


class CollectiveFit(NamedTuple):
    """A fit of all workers.

    Attributes
    ----------
    booster : lightgbm.Booster
        The trees.
    n_workers : int
        Workers of the fit. The same rows on another number of workers give other trees.
    """

    booster: "lgb.Booster"
    n_workers: int


class LostWorker(Exception):
    """A worker ended during a fit, which cannot go on without it."""


def fit_collectively(
    workers: Workers,
    settings: Mapping[str, Any],
    load: Callable[[Share], WorkerRows],
    divide: Callable[[int], Sequence[Share]],
    callbacks: Sequence[Any],
) -> CollectiveFit:
    """Fit LightGBM by its own Dask estimator.

    All workers must compute the same loss of the stopping rows, bit by bit, to stop at the same step: they
    need one thread each. If a worker ends, the others wait for it without end. They are then started again,
    and the fit begins anew, by as many workers: fewer would grow other trees.

    Parameters
    ----------
    workers : Workers
        The workers.
    settings : mapping
        Parameters of the estimator. The objective is one of them, so that targets are taken as they are: by
        itself, the classifier numbers the classes of each worker's rows on their own.
    load : callable
        Returns the rows of a worker's share; a function of a module.
    divide : callable
        Returns the shares of so many workers.
    callbacks : sequence
        Callbacks of LightGBM.

    Raises
    ------
    WorkersFailed
        Workers ended in each attempt, or some have not come.
    Exception
        What ``load`` or LightGBM raised.
    """
    for _ in range(_MOST_ATTEMPTS):
        n_workers = workers.wait_for_stated()
        try:
            return CollectiveFit(_fit_once(workers, settings, load, divide(n_workers), callbacks), n_workers)
        except LostWorker:
            continue
    raise WorkersFailed.from_lost_fits(_MOST_ATTEMPTS)


def _fit_once(
    workers: Workers,
    settings: Mapping[str, Any],
    load: Callable[[Share], WorkerRows],
    shares: Sequence[Share],
    callbacks: Sequence[Any],
) -> "lgb.Booster":
    with _open_ordered_client(workers) as client, ThreadPoolExecutor(1) as thread:
        addresses = list(client.nthreads())[: len(shares)]
        fitting = thread.submit(_fit, client, addresses, settings, load, shares, callbacks)
        while not fitting.done():
            time.sleep(_LOOK_SECONDS)
            if _has_lost(client, addresses):
                # Ends the tasks of the fit, which would wait for ever, with the workers that are left.
                client.restart(wait_for_workers=False)
                break
        error = fitting.exception()
        if error is None:
            return fitting.result()
        end = time.monotonic() + _NOTICE_SECONDS
        while time.monotonic() < end:
            if _has_lost(client, addresses):
                raise LostWorker from error
            time.sleep(_LOOK_SECONDS)
        raise error


def _has_lost(client: "Client", addresses: Sequence[str]) -> bool:
    return not set(addresses) <= set(client.nthreads())


def _fit(
    client: "Client",
    addresses: Sequence[str],
    settings: Mapping[str, Any],
    load: Callable[[Share], WorkerRows],
    shares: Sequence[Share],
    callbacks: Sequence[Any],
) -> "lgb.Booster":
    from lightgbm.dask import DaskLGBMRegressor

    # LightGBM waits for tasks of the current client.
    with client.as_current(), warnings.catch_warnings():
        # It takes the threads of the workers instead.
        warnings.filterwarnings("ignore", message="Parameter n_jobs will be ignored")
        arrays = _load_rows(client, addresses, load, shares)
        estimator = DaskLGBMRegressor(client=client, **settings)
        estimator.fit(
            arrays["X"],
            arrays["y"],
            sample_weight=arrays.get("weights"),
            eval_X=(arrays["stopping_x"],) if "stopping_x" in arrays else None,
            eval_y=(arrays["stopping_y"],) if "stopping_y" in arrays else None,
            eval_sample_weight=[arrays["stopping_weights"]] if "stopping_weights" in arrays else None,
            callbacks=list(callbacks),
        )
    return estimator.booster_


def _load_rows(
    client: "Client",
    addresses: Sequence[str],
    load: Callable[[Share], WorkerRows],
    shares: Sequence[Share],
) -> "dict[str, da.Array]":
    """Return the rows of all workers, a chunk on each, by the names of ``WorkerRows``."""
    loaded = []
    for address, share in zip(addresses, shares, strict=True):
        (sent,) = client.scatter([share], workers=[address], hash=False)
        loaded.append(_submit(client, address, call_on_worker, sent, load, list_versions()))
    given = client.submit(_list_given, loaded[0]).result()
    return {
        name: _join(
            [
                _submit(client, address, getattr, rows, name)
                for address, rows in zip(addresses, loaded, strict=True)
            ],
            2 if name in _MATRICES else 1,
        )
        for name in given
    }


def _submit(client: "Client", address: str, function: Callable[..., Any], *arguments: Any) -> "Future":
    return client.submit(
        function, *arguments, workers=[address], allow_other_workers=False, pure=False, retries=0
    )


def _list_given(rows: WorkerRows) -> list[str]:
    return [name for name, value in rows._asdict().items() if value is not None]


def _join(chunks: "Sequence[Future]", n_dimensions: int) -> "da.Array":
    """Return arrays on workers as one; nobody needs to know how many rows it has."""
    import dask.array as da
    from dask import delayed

    blocks = [
        da.from_delayed(delayed(chunk), shape=(np.nan,) * n_dimensions, meta=np.empty((0,) * n_dimensions))
        for chunk in chunks
    ]
    return da.concatenate(blocks, allow_unknown_chunksizes=True)


@contextmanager
def _open_ordered_client(workers: Workers) -> Iterator["Client"]:
    """Open a connection that tells the workers of results in the order of the results.

    LightGBM ranks workers in the order in which it is told of them, and grows other trees if it differs.
    """
    from distributed import Client

    with Client(workers.client.scheduler.address, set_as_default=False) as client:
        client.who_has = partial(_order_places, client.who_has)
        yield client


def _order_places(
    find_places: Callable[..., Mapping[str, Any]], futures: "Sequence[Future]"
) -> dict[str, Any]:
    found = find_places(futures)
    return {future.key: found[future.key] for future in futures}

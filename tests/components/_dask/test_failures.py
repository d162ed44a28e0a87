import pickle

from components._dask.failures import WorkersFailed


def test_a_failure_comes_back_from_a_worker_as_it_was() -> None:
    sent = WorkersFailed.from_other_versions("tcp://a:1", ["pandas 2.0 instead of 2.3", "components/_table"])
    assert str(sent) == (
        "The Dask worker tcp://a:1 has other versions than this stage: pandas 2.0 instead of 2.3, "
        "components/_table.\nStart the workers from the image or the checkout of this stage."
    )
    assert str(pickle.loads(pickle.dumps(sent))) == str(sent)

"""Which pods Argo starts again, by the expression that `set-up-argo` gives it."""

import re

import pytest

from pipelines.catalogue import ROOT


@pytest.mark.parametrize(
    ("message", "is_lost"),
    [
        ("pod deleted", True),
        ("OOMKilled (exit code 137): killed", True),
        ("The node was low on resource: memory. Threshold", True),
        ("Pod was rejected: The node had condition: [DiskPressure]. ", True),
        ("Error (exit code 1)", True),
        ("Error (exit code 2)", True),
        ("Error (exit code 64): failed to put file: dial tcp: lookup minio-service.kubeflow", True),
        ("Error (exit code 1): There is no sample 'chrun'.", False),
        ("Error (exit code 1): Unexpected error (components/score/report.py, line 143): TypeError", False),
        ('Container main exceeded its local ephemeral storage limit "500Mi". ', False),
    ],
)
def test_lost_pods_start_again_and_a_stage_that_gave_a_message_does_not(message: str, is_lost: bool) -> None:
    script = (ROOT / "manifests" / "set-up-argo").read_text(encoding="utf-8")
    found = re.search(r'lastRetry\.message matches "([^"]+)"', script)
    assert found
    assert bool(re.search(found[1], message)) is is_lost

import pytest

from components.causes import explain_failure, explain_waiting


@pytest.mark.parametrize(
    ("message", "what"),
    [
        ("pod deleted", "Its pod was deleted while it ran"),
        ("OOMKilled (exit code 1)", "It needed more memory than its pod may use."),
        ("OOMKilled (exit code 137): killed", "It needed more memory than its pod may use."),
        ("Error (exit code 1)", "It ended with exit code 1. Its log has the cause:"),
        ("Error (exit code 1): Empty.\nAdd rows.", "Empty.\nAdd rows."),
        ("The node was low on resource: memory. Threshold", "Its pod was evicted: The node was low"),
        (
            "Pod was rejected: The node had condition: [DiskPressure]. ",
            "Its node did not accept it: Pod was rejected: The node had condition: [DiskPressure].",
        ),
        (
            'Container main exceeded its local ephemeral storage limit "500Mi". ',
            "It needed more of the node's disk than its pod may use: Container main exceeded its local",
        ),
        (
            "Pod ephemeral local storage usage exceeds the total limit of containers 1000Mi. ",
            "It needed more of the node's disk than its pod may use: Pod ephemeral local storage",
        ),
        (
            'Usage of EmptyDir volume "tmp" exceeds the limit "1Gi". ',
            "It needed more of the node's disk than its pod may use: Usage of EmptyDir",
        ),
        (
            "task 'a.root-driver' errored: pods \"x\" is forbidden: error looking up service account a/no: "
            'serviceaccount "no" not found',
            "The service account no does not exist in the namespace of the run.",
        ),
        (
            'pods "x" is forbidden: maximum memory usage per Container is 1Gi, but limit is 2Gi',
            "The namespace does not admit its pod: maximum memory usage per Container is 1Gi",
        ),
        ("failed to\nevaluate", "failed to evaluate"),
        ("", "Argo gives no cause."),
    ],
)
def test_a_failure_is_explained(message: str, what: str) -> None:
    assert explain_failure(message, "kubectl logs").what.startswith(what)


@pytest.mark.parametrize(
    ("message", "what", "is_permanent"),
    [
        ("PodInitializing", "its images and volumes are on their way", False),
        (
            'ImagePullBackOff: Back-off pulling image "r/x:1": ErrImagePull: r/x:1: not found',
            'its image cannot be pulled: Back-off pulling image "r/x:1"',
            True,
        ),
        ("ErrImagePull: dial tcp: lookup r on 10.0.0.1: no such host", "its image cannot be pulled", True),
        ("ErrImagePull: dial tcp 10.0.0.1:443: i/o timeout", "its image cannot be pulled", False),
        ("ErrImagePull: dial tcp: connect: connection refused", "its image cannot be pulled", False),
        ("InvalidImageName", "its image cannot be pulled: InvalidImageName", True),
        (
            'CreateContainerConfigError: secret "kfp-tabular" not found',
            'its configuration is incomplete: secret "kfp-tabular" not found',
            True,
        ),
        (
            "Unschedulable: 0/1 nodes are available: 1 Insufficient memory.",
            "no node has room for it: 0/1 nodes are available: 1 Insufficient memory",
            False,
        ),
        (
            'pods "x" is forbidden: exceeded quota: runs, requested: limits.cpu=2,limits.memory=4Gi, '
            "used: limits.cpu=500m,limits.memory=1Gi, limited: limits.cpu=4,limits.memory=2Gi",
            "a quota of the namespace is used up: exceeded quota: runs, requested",
            True,
        ),
        (
            'pods "x" is forbidden: exceeded quota: runs, requested: limits.cpu=500m, used: limits.cpu=2, '
            "limited: limits.cpu=2",
            "a quota of the namespace is used up: exceeded quota: runs",
            False,
        ),
        (
            'pods "x" is forbidden: exceeded quota: runs, requested: pods=1, used: pods=10, limited: pods=10',
            "a quota of the namespace is used up",
            False,
        ),
        ("Waiting for my-lock", "Waiting for my-lock", False),
    ],
)
def test_waiting_is_explained(message: str, what: str, is_permanent: bool) -> None:
    cause = explain_waiting(message, "kubectl describe")
    assert cause.what.startswith(what)
    assert cause.is_permanent is is_permanent
    assert cause.remedy

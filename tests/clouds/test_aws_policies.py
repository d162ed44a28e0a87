"""Each role may do what it must, and not more.

A small evaluator of our own decides it, because moto knows no conditions and only S3's resources.
"""

import itertools
import json
from collections.abc import Sequence

import pytest

from images.aws_stack import BUCKETS, CI_ROLES, FOLDER, POD_ROLES
from tests.clouds.iam import Context, is_allowed, is_denied, read_policy

ROLES = [*CI_ROLES, *(role for role, _ in POD_ROLES)]
IMAGE = "arn:aws:ecr:eu-central-1:123456789012:repository/team/kfp-tabular-tune"
OTHER_IMAGE = "arn:aws:ecr:eu-central-1:123456789012:repository/team/other"
KEY = "arn:aws:kms:eu-central-1:123456789012:key/1234"
OURS: Context = {"kms:ResourceAliases": ["alias/kfp-tabular"]}
CLUSTER = "arn:aws:eks:eu-central-1:123456789012:cluster/kfp-tabular"
READ = ("s3:GetObject",)
READ_VERSIONS = ("s3:GetObject", "s3:GetObjectVersion")
WRITE = ("s3:PutObject", "s3:AbortMultipartUpload", "s3:ListMultipartUploadParts")
DELETE = ("s3:DeleteObject",)
# What each role may do with the objects of each bucket. Nobody may delete a version.
OBJECTS: dict[str, dict[str, Sequence[str]]] = {
    "build": {},
    "delivery": {},
    "runs": {"data": READ_VERSIONS, "artifacts": READ_VERSIONS + WRITE},
    "monitoring": {
        "data": READ_VERSIONS,
        "monitoring": READ_VERSIONS + WRITE,
        "artifacts": READ_VERSIONS + WRITE,
    },
    "log-sink": {"monitoring": WRITE},
    "mlflow": {"mlflow": READ + WRITE + DELETE},
    "serving": {"mlflow": READ},
}
EVERY_ACTION = (*READ_VERSIONS, *WRITE, *DELETE, "s3:DeleteObjectVersion", "s3:PutObjectAcl")
PUSH = (
    "ecr:InitiateLayerUpload",
    "ecr:UploadLayerPart",
    "ecr:CompleteLayerUpload",
    "ecr:PutImage",
)
PULL = ("ecr:BatchCheckLayerAvailability", "ecr:BatchGetImage", "ecr:GetDownloadUrlForLayer")


def name_bucket(bucket: str) -> str:
    return f"arn:aws:s3:::123456789012-kfp-tabular-{bucket}"


@pytest.mark.parametrize(
    ("role", "bucket", "action"), list(itertools.product(ROLES, [*BUCKETS, "other"], EVERY_ACTION))
)
def test_a_role_reads_and_writes_its_own_buckets_alone(role: str, bucket: str, action: str) -> None:
    policy = read_policy(f"policies/{role}")
    expected = action in OBJECTS[role].get(bucket, ())
    assert is_allowed(policy, action, f"{name_bucket(bucket)}/models/file") is expected


@pytest.mark.parametrize(("role", "bucket"), list(itertools.product(ROLES, [*BUCKETS, "other"])))
def test_a_role_lists_the_buckets_that_it_uses(role: str, bucket: str) -> None:
    policy, expected = read_policy(f"policies/{role}"), bucket in OBJECTS[role]
    assert is_allowed(policy, "s3:ListBucket", name_bucket(bucket)) is expected
    # Every client of Amazon may ask for it first.
    assert is_allowed(policy, "s3:GetBucketLocation", name_bucket(bucket)) is expected
    for action in ("s3:DeleteBucket", "s3:PutBucketPolicy", "s3:PutBucketVersioning"):
        assert not is_allowed(policy, action, name_bucket(bucket))


def test_the_log_sink_writes_logs_alone() -> None:
    policy = read_policy("policies/log-sink")
    assert not is_allowed(policy, "s3:PutObject", f"{name_bucket('monitoring')}/reports/page.html")


@pytest.mark.parametrize("role", ROLES)
def test_the_job_that_builds_pushes_and_no_other_role_does(role: str) -> None:
    policy = read_policy(f"policies/{role}")
    for action in PUSH:
        assert is_allowed(policy, action, IMAGE) is (role == "build")
        assert not is_allowed(policy, action, OTHER_IMAGE)
    for action in PULL:
        assert is_allowed(policy, action, IMAGE) is (role in CI_ROLES)
        assert not is_allowed(policy, action, OTHER_IMAGE)
    assert is_allowed(policy, "ecr:GetAuthorizationToken", "*") is (role in CI_ROLES)
    for action in ("ecr:BatchDeleteImage", "ecr:PutImageTagMutability", "ecr:DeleteRepository"):
        assert not is_allowed(policy, action, IMAGE)


@pytest.mark.parametrize("role", ROLES)
def test_the_job_that_builds_signs_with_our_key(role: str) -> None:
    policy = read_policy(f"policies/{role}")
    for action in ("kms:Sign", "kms:GetPublicKey", "kms:DescribeKey"):
        assert is_allowed(policy, action, KEY, OURS) is (role == "build")
        assert not is_allowed(policy, action, KEY, {"kms:ResourceAliases": ["alias/other"]})
        assert not is_allowed(policy, action, KEY)
    assert not is_allowed(policy, "kms:ScheduleKeyDeletion", KEY, OURS)


@pytest.mark.parametrize("role", ROLES)
def test_the_job_that_delivers_finds_the_cluster(role: str) -> None:
    policy = read_policy(f"policies/{role}")
    assert is_allowed(policy, "eks:DescribeCluster", CLUSTER) is (role == "delivery")
    assert not is_allowed(policy, "eks:DescribeCluster", f"{CLUSTER}-other")
    assert not is_allowed(policy, "eks:DeleteCluster", CLUSTER)


@pytest.mark.parametrize("role", ROLES)
def test_a_policy_names_actions_and_resources(role: str) -> None:
    for statement in json.loads((FOLDER / "policies" / f"{role}.json").read_text())["Statement"]:
        assert "*" not in str(statement["Action"])
        # Amazon gives a login to all repositories or to none.
        assert (statement["Resource"] == "*") is (statement["Action"] == "ecr:GetAuthorizationToken")


GITHUB = "token.actions.githubusercontent.com"
GITLAB = "gitlab.com"
BITBUCKET = "api.bitbucket.org/2.0/workspaces/team/pipelines-config/identity/oidc"
CIRCLECI = "oidc.circleci.com/org/a1b2"


@pytest.mark.parametrize(
    ("issuer", "audience", "pattern", "subject", "other_subject"),
    [
        (
            GITHUB,
            "sts.amazonaws.com",
            "repo:team/repository:environment:registry",
            "repo:team/repository:environment:registry",
            "repo:team/repository:pull_request",
        ),
        (
            GITLAB,
            "sts.amazonaws.com",
            "project_path:team/repository:ref_type:*:ref:*",
            "project_path:team/repository:ref_type:branch:ref:main",
            "project_path:team/repository-fork:ref_type:branch:ref:main",
        ),
        (
            BITBUCKET,
            "ari:cloud:bitbucket::workspace/c3d4",
            "{repository}:{registry}:*",
            "{repository}:{registry}:{step}",
            "{repository}:{step}",
        ),
        (
            CIRCLECI,
            "a1b2",
            "org/a1b2/project/e5f6/*vcs-ref/refs/heads/main",
            "org/a1b2/project/e5f6/user/u/vcs-origin/github.com/team/repository/vcs-ref/refs/heads/main",
            "org/a1b2/project/e5f6/user/u/vcs-origin/github.com/team/repository/vcs-ref/refs/heads/other",
        ),
    ],
    ids=["GitHub", "GitLab", "Bitbucket", "CircleCI"],
)
def test_a_role_of_ci_trusts_the_jobs_that_it_is_for(
    issuer: str, audience: str, pattern: str, subject: str, other_subject: str
) -> None:
    trust = read_policy(
        "trust/ci", CiIssuer=issuer, CiAudience=audience, Subject=pattern, Provider=f"provider/{issuer}"
    )
    action = "sts:AssumeRoleWithWebIdentity"
    assert is_allowed(trust, action, context={f"{issuer}:aud": audience, f"{issuer}:sub": subject})
    assert not is_allowed(trust, action, context={f"{issuer}:aud": audience, f"{issuer}:sub": other_subject})
    assert not is_allowed(trust, action, context={f"{issuer}:aud": "other", f"{issuer}:sub": subject})
    assert not is_allowed(trust, action, context={f"{issuer}:aud": audience})
    assert not is_allowed(
        trust, "sts:AssumeRole", context={f"{issuer}:aud": audience, f"{issuer}:sub": subject}
    )


def test_a_role_of_pods_trusts_one_service_account() -> None:
    issuer = "oidc.eks.eu-central-1.amazonaws.com/id/ABC"
    trust = read_policy(
        "trust/pods", ClusterIssuer=issuer, ServiceAccount="kubeflow:kfp-tabular", Provider="provider"
    )
    for account, expected in {
        "kubeflow:kfp-tabular": True,
        "kubeflow:default": False,
        "other:kfp-tabular": False,
    }.items():
        context = {
            f"{issuer}:aud": "sts.amazonaws.com",
            f"{issuer}:sub": f"system:serviceaccount:{account}",
        }
        assert is_allowed(trust, "sts:AssumeRoleWithWebIdentity", context=context) is expected


def test_a_bucket_refuses_what_comes_without_tls() -> None:
    policy = read_policy("policies/bucket", Bucket="123456789012-kfp-tabular-data")
    file = f"{name_bucket('data')}/file"
    assert is_denied(policy, "s3:GetObject", file, {"aws:SecureTransport": "false"})
    assert not is_denied(policy, "s3:GetObject", file, {"aws:SecureTransport": "true"})

"""The stack for Amazon: made from one source, sound for CloudFormation's linter, created on moto's server.

moto makes no identity providers and bucket policies, and of buckets it sets only the encryption. Of the rest
the linter checks the form.
"""

import json
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from botocore.exceptions import ClientError

from images.aws_stack import BUCKETS, CI_ROLES, POD_ROLES, STACK, build_stack
from images.layers import list_service_images, list_stage_images
from pipelines.catalogue import ROOT
from tests.clouds.iam import read_policy
from tests.moto_server import ACCOUNT, Amazon, run_moto

# Bytes of a template that the command line sends by itself.
MOST_BYTES = 51_200
CI = "token.actions.githubusercontent.com"
CLUSTER = "oidc.eks.eu-central-1.amazonaws.com/id/ABC"
PARAMETERS = {
    "CiIssuer": CI,
    "BuildSubject": "repo:team/repository:environment:registry",
    "DeliverySubject": "repo:team/repository:environment:production",
    "ClusterIssuer": CLUSTER,
    "SigningKey": "new",
}
ROLES = {f"kfp-tabular-{role}" for role in (*CI_ROLES, *(role for role, _ in POD_ROLES))}


class Loader(yaml.CSafeLoader):
    """Reads CloudFormation's short forms as their arguments."""


Loader.add_multi_constructor(
    "!",
    lambda loader, _, node: getattr(loader, f"construct_{node.id}")(
        node, **({"deep": True} if node.id != "scalar" else {})
    ),
)


def read_resources(kind: str) -> dict[str, dict[str, Any]]:
    resources = yaml.load(STACK.read_text(), Loader)["Resources"]
    return {name: each for name, each in resources.items() if each["Type"] == kind}


def create(amazon: Amazon, parameters: dict[str, str]) -> dict[str, Any]:
    client = amazon.connect("cloudformation")
    given = [{"ParameterKey": key, "ParameterValue": value} for key, value in parameters.items()]
    capabilities = ["CAPABILITY_NAMED_IAM"]
    client.create_stack(
        StackName="suite", TemplateBody=STACK.read_text(), Parameters=given, Capabilities=capabilities
    )
    (stack,) = client.describe_stacks(StackName="suite")["Stacks"]
    return dict(stack)


def test_the_stack_is_what_its_sources_make() -> None:
    assert build_stack() == STACK.read_text(), "run make docs"
    assert STACK.stat().st_size < MOST_BYTES


@pytest.mark.slow
def test_the_linter_of_cloudformation_finds_nothing() -> None:
    linter = Path(sys.executable).with_name("cfn-lint")
    done = subprocess.run(
        [linter, "--include-checks", "I", "--", STACK], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout


def test_every_bucket_has_versions_encryption_and_no_public_access() -> None:
    buckets = read_resources("AWS::S3::Bucket")
    policies = read_resources("AWS::S3::BucketPolicy")
    assert len(buckets) == len(policies) == len(BUCKETS)
    for name, bucket in buckets.items():
        properties = bucket["Properties"]
        assert bucket["DeletionPolicy"] == bucket["UpdateReplacePolicy"] == "Retain"
        assert properties["VersioningConfiguration"]["Status"] == "Enabled"
        assert set(properties["PublicAccessBlockConfiguration"].values()) == {True}
        rules = {rule["Id"]: rule for rule in properties["LifecycleConfiguration"]["Rules"]}
        # An old version of a table repeats an old run.
        assert ("NoncurrentVersionExpiration" in rules["old-versions"]) is (name != "DataBucket")
        assert "Expiration" not in rules["old-versions"]
        assert policies[f"{name}Policy"]["Properties"]["Bucket"] == name


def test_every_image_has_a_repository_that_scans_and_keeps_versions() -> None:
    repositories = [each["Properties"] for each in read_resources("AWS::ECR::Repository").values()]
    names = {each["RepositoryName"] for each in repositories}
    images = {*list_stage_images(), *list_service_images()}
    assert names == {f"${{RepositoryPrefix}}/kfp-tabular-{image.replace('_', '-')}" for image in images}
    assert all(each["ImageScanningConfiguration"] == {"ScanOnPush": True} for each in repositories)


@pytest.mark.parametrize(
    ("tag", "is_dropped"),
    [
        ("v1.2.0", False),
        ("1.2.0", False),
        ("v1.2.0-14-gabc1234", True),
        ("abc1234", False),
        ("sha256-1f.att", False),
    ],
)
def test_only_images_of_commits_between_versions_are_dropped(tag: str, is_dropped: bool) -> None:
    rules = read_policy("policies/repository-lifecycle")["rules"]
    patterns = [pattern for rule in rules for pattern in rule["selection"].get("tagPatternList", ["-"])]
    assert any(re.fullmatch(pattern.replace("*", ".*"), tag) for pattern in patterns) is is_dropped


def test_the_overlay_uses_roles_and_buckets_of_the_stack() -> None:
    text = "".join(path.read_text() for path in (ROOT / "manifests/overlays/aws").glob("*.yaml"))
    roles = set(re.findall(rf"arn:aws:iam::{ACCOUNT}:role/([\w-]+)", text))
    buckets = set(re.findall(rf"s3://{ACCOUNT}-kfp-tabular-([\w-]+)", text))
    assert roles
    assert roles <= ROLES
    assert buckets
    assert buckets <= set(BUCKETS)


@pytest.fixture(scope="module")
def amazon() -> Iterator[Amazon]:
    """A server with the stack on it."""
    with run_moto() as server:
        stack = create(server, PARAMETERS)
        assert stack["StackStatus"] == "CREATE_COMPLETE", stack
        (output,) = stack["Outputs"]
        assert output["OutputValue"] == f"{ACCOUNT}.dkr.ecr.eu-central-1.amazonaws.com/team"
        yield server


@pytest.mark.slow
def test_the_roles_have_the_policies_of_the_files(amazon: Amazon) -> None:
    client = amazon.connect("iam")
    roles = {role["RoleName"]: role for role in client.list_roles()["Roles"]}
    assert set(roles) == ROLES
    for name in roles:
        (policy,) = client.list_role_policies(RoleName=name)["PolicyNames"]
        document = client.get_role_policy(RoleName=name, PolicyName=policy)["PolicyDocument"]
        assert document == read_policy(f"policies/{name.removeprefix('kfp-tabular-')}")


@pytest.mark.slow
@pytest.mark.parametrize(
    ("role", "trust", "values"),
    [
        ("build", "ci", {"Subject": PARAMETERS["BuildSubject"]}),
        ("delivery", "ci", {"Subject": PARAMETERS["DeliverySubject"]}),
        ("runs", "pods", {"ServiceAccount": "kubeflow:kfp-tabular"}),
        ("monitoring", "pods", {"ServiceAccount": "kubeflow:kfp-tabular-monitoring"}),
        ("log-sink", "pods", {"ServiceAccount": "kubeflow:kfp-tabular-log-sink"}),
        ("serving", "pods", {"ServiceAccount": "kubeflow:kfp-tabular-serving"}),
        ("mlflow", "pods", {"ServiceAccount": "kfp-tabular:mlflow"}),
    ],
)
def test_the_roles_trust_the_jobs_and_the_pods_that_they_are_for(
    amazon: Amazon, role: str, trust: str, values: dict[str, str]
) -> None:
    client = amazon.connect("iam")
    provider = f"arn:aws:iam::{ACCOUNT}:oidc-provider/{CI if trust == 'ci' else CLUSTER}"
    expected = read_policy(
        f"trust/{trust}",
        Provider=provider,
        CiIssuer=CI,
        CiAudience="sts.amazonaws.com",
        ClusterIssuer=CLUSTER,
        **values,
    )
    assert client.get_role(RoleName=f"kfp-tabular-{role}")["Role"]["AssumeRolePolicyDocument"] == expected


@pytest.mark.slow
def test_a_tag_of_an_image_cannot_be_moved_but_one_of_a_signature_can(amazon: Amazon) -> None:
    client, name = amazon.connect("ecr"), "team/kfp-tabular-tune"
    (repository,) = client.describe_repositories(repositoryNames=[name])["repositories"]
    assert repository["imageTagMutability"] == "IMMUTABLE_WITH_EXCLUSION"
    assert repository["imageTagMutabilityExclusionFilters"] == [
        {"filterType": "WILDCARD", "filter": "sha256-*"}
    ]
    kind = "application/vnd.docker.distribution.manifest.v2+json"
    manifests = [
        json.dumps({"schemaVersion": 2, "mediaType": kind, "config": {"size": size}}) for size in (1, 2)
    ]

    def push(tag: str, manifest: str) -> None:
        client.put_image(repositoryName=name, imageManifest=manifest, imageTag=tag)

    push("v1.2.0", manifests[0])
    with pytest.raises(ClientError, match=r"tag 'v1\.2\.0' already exists"):
        push("v1.2.0", manifests[1])
    for manifest in manifests:
        push("sha256-1f.att", manifest)


@pytest.fixture
def guarded(amazon: Amazon) -> Iterator[Amazon]:
    """The server with files in two buckets, on which everybody needs rights from now on."""
    for bucket in BUCKETS:
        amazon.connect("s3").put_object(Bucket=name_bucket(bucket), Key="models/file", Body=b"content")
    yield amazon
    amazon.call("reset-auth", "inf")


def name_bucket(bucket: str) -> str:
    return f"{ACCOUNT}-kfp-tabular-{bucket}"


@pytest.mark.slow
@pytest.mark.parametrize(
    ("role", "reads", "writes"),
    [
        ("runs", {"data", "artifacts"}, {"artifacts"}),
        ("monitoring", {"data", "artifacts", "monitoring"}, {"artifacts", "monitoring"}),
        ("log-sink", set(), {"monitoring"}),
        ("serving", {"mlflow"}, set()),
        ("mlflow", {"mlflow"}, {"mlflow"}),
        ("build", set(), set()),
        ("delivery", set(), set()),
    ],
)
def test_moto_lets_a_role_use_its_own_buckets_alone(
    guarded: Amazon, role: str, reads: set[str], writes: set[str]
) -> None:
    client = guarded.take_role(f"kfp-tabular-{role}").connect("s3")
    guarded.call("reset-auth", "0")
    for bucket in BUCKETS:
        place = {"Bucket": name_bucket(bucket), "Key": "models/file"}
        assert can_do(client.get_object, **place) is (bucket in reads)
        assert can_do(client.put_object, **place, Body=b"new") is (bucket in writes)
        assert can_do(client.list_objects_v2, Bucket=place["Bucket"]) is (bucket in reads | writes)
        assert can_do(client.delete_object, **place) is (role == bucket == "mlflow")
        assert not can_do(client.delete_bucket, Bucket=place["Bucket"])


def can_do(call: Any, **arguments: Any) -> bool:
    try:
        call(**arguments)
    except ClientError as error:
        if error.response["Error"]["Code"] != "AccessDenied":
            raise
        return False
    return True


@pytest.mark.slow
def test_without_ci_and_cluster_there_are_buckets_and_repositories_alone() -> None:
    with run_moto() as server:
        assert create(server, {})["StackStatus"] == "CREATE_COMPLETE"
        assert server.connect("iam").list_roles()["Roles"] == []
        assert len(server.connect("s3").list_buckets()["Buckets"]) == len(BUCKETS)

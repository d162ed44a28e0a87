"""The stack for Amazon, written from its policies and the list of images.

CloudFormation cannot read files, and its conditions of trust need names that only text can be made of. So
the policies stay files of their own, which people can read and use alone, and are copied into the template.
"""

from pathlib import Path
from textwrap import indent
from typing import NamedTuple

from images.layers import list_service_images, list_stage_images
from pipelines.catalogue import ROOT
from pipelines.image_names import ImageNames

FOLDER = ROOT / "clouds" / "aws"
STACK = FOLDER / "stack.yaml"
# Their names in Amazon are <account>-kfp-tabular-<name>.
BUCKETS = ("data", "artifacts", "mlflow", "monitoring")
# Old versions of a table repeat old runs, so they are kept where they cost little. Others only undo mistakes.
_KEPT = "NoncurrentVersionTransitions: [{StorageClass: GLACIER_IR, TransitionInDays: 90}]"
_DROPPED = "NoncurrentVersionExpiration: {NoncurrentDays: 90}"
_KEPT_BUCKETS = ("data",)


class PodRole(NamedTuple):
    """A role of pods.

    Attributes
    ----------
    policy : str
        Its policy, which is also the end of its name.
    account : str
        Namespace and name of the pods' service account.
    """

    policy: str
    account: str


POD_ROLES = (
    PodRole("runs", "${RunsNamespace}:kfp-tabular"),
    PodRole("monitoring", "${RunsNamespace}:kfp-tabular-monitoring"),
    PodRole("log-sink", "${RunsNamespace}:kfp-tabular-log-sink"),
    PodRole("serving", "${RunsNamespace}:kfp-tabular-serving"),
    PodRole("mlflow", "kfp-tabular:mlflow"),
)
# Whom a trust policy trusts, as the template names it.
_SIDES = {"ci": "Ci", "pods": "Cluster"}
# Roles of jobs, and the parameter with the subject of their tokens.
CI_ROLES = {"build": "BuildSubject", "delivery": "DeliverySubject"}

_BUCKET = """\
  {title}Bucket:
    Type: AWS::S3::Bucket
    DeletionPolicy: Retain
    UpdateReplacePolicy: Retain
    Properties:
      BucketName: !Sub "{name}"
      VersioningConfiguration: {{Status: Enabled}}
      BucketEncryption:
        ServerSideEncryptionConfiguration: [{{ServerSideEncryptionByDefault: {{SSEAlgorithm: AES256}}}}]
      OwnershipControls: {{Rules: [{{ObjectOwnership: BucketOwnerEnforced}}]}}
      PublicAccessBlockConfiguration:
        BlockPublicAcls: true
        BlockPublicPolicy: true
        IgnorePublicAcls: true
        RestrictPublicBuckets: true
      LifecycleConfiguration:
        Rules:
          - Id: old-versions
            Status: Enabled
            {lifecycle}
          - Id: broken-uploads
            Status: Enabled
            AbortIncompleteMultipartUpload: {{DaysAfterInitiation: 7}}
  {title}BucketPolicy:
    Type: AWS::S3::BucketPolicy
    Properties:
      Bucket: !Ref {title}Bucket
      PolicyDocument: !Sub
        - |
{policy}
        - Bucket: !Ref {title}Bucket
"""
_REPOSITORY = """\
  {title}Repository:
    Type: AWS::ECR::Repository
    DeletionPolicy: Retain
    UpdateReplacePolicy: Retain
    Properties:
      RepositoryName: !Sub "{name}"
      ImageScanningConfiguration: {{ScanOnPush: true}}
      # cosign adds each further statement under the tag of the first one.
      ImageTagMutability: IMMUTABLE_WITH_EXCLUSION
      ImageTagMutabilityExclusionFilters:
        - ImageTagMutabilityExclusionFilterType: WILDCARD
          ImageTagMutabilityExclusionFilterValue: sha256-*
      LifecyclePolicy: {{LifecyclePolicyText: !FindInMap [Repositories, Lifecycle, Text]}}
"""
_ROLE = """\
  {title}Role:
    Type: AWS::IAM::Role
    Condition: Has{side}
    Properties:
      RoleName: kfp-tabular-{name}
      AssumeRolePolicyDocument: !Sub
        - |
{trust}
        - {variable}: {value}
          # By reference, so that the provider is made before the role.
          Provider: !If
            - Makes{side}Provider
            - !Ref {side}IdentityProvider
            - !Sub "arn:${{AWS::Partition}}:iam::${{AWS::AccountId}}:oidc-provider/${{{side}Issuer}}"
      Policies:
        - PolicyName: kfp-tabular-{name}
          PolicyDocument: !Sub |
{policy}
"""
_MAPPINGS = """\

Mappings:
  Repositories:
    Lifecycle:
      Text: |
{text}
"""


def build_stack() -> str:
    """Return the CloudFormation template of repositories, buckets and roles."""
    head = (FOLDER / "stack.in.yaml").read_text(encoding="utf-8")
    images = {**list_stage_images(), **list_service_images()}
    parts = [
        "# Written by make docs from stack.in.yaml, policies, trust and the list of images: do not edit.\n",
        head,
        *(_write_bucket(name) for name in BUCKETS),
        *(_write_repository(stage) for stage in sorted(images)),
        *(_write_role(role, "ci", "Subject", f"!Ref {subject}") for role, subject in CI_ROLES.items()),
        *(
            # Sub would refuse a text without a parameter.
            _write_role(role, "pods", "ServiceAccount", f'{"!Sub " if "$" in account else ""}"{account}"')
            for role, account in POD_ROLES
        ),
        _MAPPINGS.format(text=_read(FOLDER / "policies" / "repository-lifecycle.json", 8)),
    ]
    return "".join(parts)


def _write_bucket(name: str) -> str:
    return _BUCKET.format(
        title=_make_title(name),
        name=f"${{AWS::AccountId}}-kfp-tabular-{name}",
        lifecycle=_KEPT if name in _KEPT_BUCKETS else _DROPPED,
        policy=_read(FOLDER / "policies" / "bucket.json", 10),
    )


def _write_repository(stage: str) -> str:
    name = ImageNames("${RepositoryPrefix}", "any").name_image(stage).removesuffix(":any")
    return _REPOSITORY.format(title=_make_title(stage), name=name)


def _write_role(name: str, trust: str, variable: str, value: str) -> str:
    return _ROLE.format(
        title=_make_title(name),
        side=_SIDES[trust],
        name=name,
        trust=_read(FOLDER / "trust" / f"{trust}.json", 10),
        variable=variable,
        value=value,
        policy=_read(FOLDER / "policies" / f"{name}.json", 12),
    )


def _read(file: Path, n_blanks: int) -> str:
    return indent(file.read_text(encoding="utf-8").rstrip("\n"), " " * n_blanks)


def _make_title(name: str) -> str:
    return "".join(word.capitalize() for word in name.replace("-", "_").split("_"))

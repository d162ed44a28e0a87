"""Create MinIO's buckets, and one user for each purpose with only the rights that it needs.

Runs as a Job in the image of ingest. Running it again only updates changed keys.
"""

import json
import os
import sys
import time
from urllib.parse import urlsplit

from minio import Minio
from minio.commonconfig import ENABLED
from minio.credentials import StaticProvider
from minio.error import MinioAdminException, MinioException, S3Error
from minio.minioadmin import MinioAdmin
from minio.versioningconfig import VersioningConfig
from urllib3 import PoolManager, Retry, Timeout
from urllib3.exceptions import HTTPError

BUCKETS = ("data", "mlflow", "monitoring")
READ = (
    "s3:GetObject",
    "s3:GetObjectVersion",
    "s3:ListBucket",
    "s3:ListBucketVersions",
    "s3:GetBucketLocation",
    "s3:GetBucketVersioning",
)
WRITE = (
    *READ,
    "s3:PutObject",
    "s3:DeleteObject",
    "s3:AbortMultipartUpload",
    "s3:ListMultipartUploadParts",
    "s3:ListBucketMultipartUploads",
)
Rights = dict[str, tuple[str, ...]]
# For each user: the variable with its secret key, and the allowed actions on each of its buckets.
USERS: dict[str, tuple[str, Rights]] = {
    # Monitoring adds its reports to the logs.
    "kfp-tabular-runs": ("RUNS_SECRET_KEY", {"data": READ, "monitoring": WRITE}),
    "kfp-tabular-data": ("DATA_SECRET_KEY", {"data": WRITE, "monitoring": WRITE}),
    "kfp-tabular-mlflow": ("MLFLOW_SECRET_KEY", {"mlflow": WRITE}),
    "kfp-tabular-serving": ("SERVING_SECRET_KEY", {"mlflow": READ}),
}
SECONDS_TO_WAIT = 300.0


def build_policy(rights: Rights) -> dict[str, object]:
    """Return the policy that allows actions on buckets and their objects, but no deletion of old versions."""
    statements: list[dict[str, object]] = []
    for bucket, actions in rights.items():
        resources = [f"arn:aws:s3:::{bucket}", f"arn:aws:s3:::{bucket}/*"]
        statements.append({"Effect": "Allow", "Action": list(actions), "Resource": resources})
        # In MinIO, a user who may delete an object may also delete its versions, unless a policy denies it.
        statements.append({"Effect": "Deny", "Action": ["s3:DeleteObjectVersion"], "Resource": resources[1:]})
    return {"Version": "2012-10-17", "Statement": statements}


def set_up(endpoint: str, user: str, password: str, secret_keys: dict[str, str]) -> None:
    """Create the buckets and the users.

    Parameters
    ----------
    endpoint : str
        Address of the server, with its scheme.
    user, password : str
        The server's root user.
    secret_keys : dict of str to str
        The users' keys, by user name.
    """
    address = urlsplit(endpoint)
    is_secure = address.scheme == "https"
    # No retries here: the loop below waits.
    pool = PoolManager(timeout=Timeout(10), retries=Retry(0))
    credentials = StaticProvider(user, password)
    client = Minio(address.netloc, credentials=credentials, secure=is_secure, http_client=pool)
    admin = MinioAdmin(endpoint=address.netloc, credentials=credentials, secure=is_secure, http_client=pool)
    _wait_for(client)
    for bucket in BUCKETS:
        if not client.bucket_exists(bucket):
            client.make_bucket(bucket)
        client.set_bucket_versioning(bucket, VersioningConfig(ENABLED))
        _show(f"bucket {bucket}, with versions")
    for name, (_, rights) in USERS.items():
        admin.user_add(name, secret_keys[name])
        admin.policy_add(name, policy=build_policy(rights))
        if json.loads(admin.user_info(name)).get("policyName") != name:
            admin.attach_policy([name], user=name)
        _show(f"user {name}, for {', '.join(rights)}")


def _wait_for(client: Minio) -> None:
    deadline = time.monotonic() + SECONDS_TO_WAIT
    while True:
        try:
            client.list_buckets()
        except S3Error as error:
            # MinIO answers. Waiting helps only if it is still starting.
            if error.code not in ("ServerNotInitialized", "XMinioServerNotInitialized"):
                raise
            if time.monotonic() > deadline:
                raise
        except (HTTPError, MinioException):
            if time.monotonic() > deadline:
                raise
        else:
            return
        time.sleep(2)


def _show(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


def main() -> int:
    """Set up the server that the environment names, and return an exit status."""
    variables = ["AWS_ENDPOINT_URL", "MINIO_ROOT_USER", "MINIO_ROOT_PASSWORD"]
    variables += [variable for variable, *_ in USERS.values()]
    missing = [name for name in variables if not os.environ.get(name)]
    if missing:
        sys.stderr.write(f"error: {', '.join(missing)} not set. Create the Secrets minio and minio-users.\n")
        return 1
    endpoint, user, password, *_ = (os.environ[name] for name in variables)
    secret_keys = {name: os.environ[variable] for name, (variable, *_) in USERS.items()}
    try:
        set_up(endpoint, user, password, secret_keys)
    except (HTTPError, MinioException, MinioAdminException) as error:
        sys.stderr.write(f"error: MinIO at {endpoint} could not be set up: {error}\n")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())

"""Why a request to object storage failed, in words."""

from xml.etree.ElementTree import ParseError

from minio.error import InvalidResponseError, MinioException, S3Error, ServerError
from urllib3.exceptions import HTTPError

from components.errors import SuiteError
from components.network import explain_connection_error

_KEYS = "AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY"
_RENEW = f"Get new credentials, and set {_KEYS} and AWS_SESSION_TOKEN."
_GRANT = (
    "Give them the right s3:GetObject, or s3:PutObject to write (and s3:ListBucket, to recognise a wrong "
    "name; for the versions of a folder s3:ListBucketVersions), or use others."
)
# https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html: what is wrong, and what to do.
_ANSWERS = {
    "AccessDenied": (
        "these credentials lack the right to do that, or the bucket or the object does not exist",
        _GRANT,
    ),
    "AllAccessDisabled": ("the bucket is closed for everyone", "Ask its owner."),
    "InvalidAccessKeyId": (
        "it does not know the access key",
        f"Check {_KEYS}, and the address.",
    ),
    "SignatureDoesNotMatch": (
        "the secret key does not belong to the access key",
        f"Check {_KEYS}: both must be of the same user, without blanks.",
    ),
    "ExpiredToken": ("the credentials have expired", _RENEW),
    "ExpiredTokenException": ("the credentials have expired", _RENEW),
    "InvalidToken": ("the session token does not belong to the keys", _RENEW),
    "TokenRefreshRequired": ("the credentials have expired", _RENEW),
    "InvalidObjectState": ("the object is archived", "Restore it first, then try again."),
}
_OTHER_REGION = {"AuthorizationHeaderMalformed", "PermanentRedirect", "IllegalLocationConstraintException"}
_TRANSIENT = {"InternalError", "RequestTimeout", "ServiceUnavailable", "SlowDown"}
# What the client raises: without a connection, for a refusal, and for a response that it cannot read.
FAILURES = (HTTPError, MinioException, ParseError, ValueError)


class StorageError(SuiteError):
    """Object storage cannot be reached, or refuses a request."""


class StorageDenied(StorageError):
    """Object storage does not let these credentials do it."""


def is_transient(error: Exception) -> bool:
    """Return whether a later attempt may succeed."""
    if isinstance(error, S3Error):
        return error.code in _TRANSIENT or _is_busy(error.response.status)
    if isinstance(error, InvalidResponseError):
        return _is_busy(error._code)
    if isinstance(error, ServerError):
        return _is_busy(error.status_code)
    return isinstance(error, HTTPError) and explain_connection_error(error).is_transient


def explain_storage_error(error: Exception) -> tuple[str, str]:
    """Return why a request failed, and what to do about it."""
    if isinstance(error, HTTPError):
        reason, remedy, _ = explain_connection_error(error)
        return reason, f"{remedy} AWS_ENDPOINT_URL is its address."
    if not isinstance(error, S3Error):
        if is_transient(error):
            return "it, or a proxy in front of it, cannot answer now", "Look at its log; try again later."
        return (
            "the server there does not speak S3",
            "Check AWS_ENDPOINT_URL: it must be the address of the S3 API, not of a console.",
        )
    if error.code == "RequestTimeTooSkewed":
        date = error.response.headers.get("Date", "another time")
        return f"its clock and the clock here differ: it says {date}", "Correct the wrong clock (NTP)."
    region = error.response.headers.get("x-amz-bucket-region")
    if error.code in _OTHER_REGION:
        return "the bucket is in another region", f"Set AWS_REGION={region or 'to the region of the bucket'}."
    if is_transient(error):
        return f"it is overloaded or failing ({error.code})", "Look at its log; try again later."
    # The server's message may repeat the request with its credentials, so only the code is shown.
    return _ANSWERS.get(error.code or "", (f"it answered {error.code}", "Ask its administrator."))


def make_storage_error(what: str, endpoint: str, error: Exception) -> StorageError:
    """Return the error that says what failed at which storage, and why.

    Parameters
    ----------
    what : str
        What failed, without a full stop.
    endpoint : str
        Address of the storage, for people.
    error : Exception
        What the client raised.
    """
    reason, remedy = explain_storage_error(error)
    kind = StorageDenied if get_error_code(error) == "AccessDenied" else StorageError
    return kind(f"{what}. {endpoint}: {reason}.", remedy)


def get_error_code(error: Exception) -> str | None:
    """Return the code of a refusal; None for another failure."""
    return error.code if isinstance(error, S3Error) else None


def _is_busy(status: int) -> bool:
    return status >= 500 or status == 429

"""What object storage answers where it does not give what it is asked for, in words."""

from xml.etree.ElementTree import ParseError

from minio.error import InvalidResponseError, MinioException, S3Error, ServerError
from urllib3.exceptions import HTTPError, SSLError

from components._store.connection_errors import explain_connection_error
from components.errors import SuiteError

_KEYS = "AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY"
_RENEW = f"Get new ones, and set {_KEYS} and AWS_SESSION_TOKEN."
_GRANT = "Let them read it (s3:GetObject, and s3:ListBucket to tell a wrong name), or use others."
# https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html: what is wrong, and what to do.
_ANSWERS = {
    "AccessDenied": ("these credentials may not do that, or there is no such object", _GRANT),
    "AllAccessDisabled": ("the bucket is closed for everyone", "Ask its owner."),
    "InvalidAccessKeyId": (
        "it does not know the access key",
        f"Check {_KEYS}, and the address.",
    ),
    "SignatureDoesNotMatch": (
        "the secret key is not that of the access key",
        f"Check {_KEYS}: both of the same user, without blanks.",
    ),
    "ExpiredToken": ("the credentials have expired", _RENEW),
    "ExpiredTokenException": ("the credentials have expired", _RENEW),
    "InvalidToken": ("the session token does not go with the keys", _RENEW),
    "TokenRefreshRequired": ("the credentials have expired", _RENEW),
    "InvalidObjectState": ("the object is archived", "Restore it first, then try again."),
}
_OTHER_REGION = {"AuthorizationHeaderMalformed", "PermanentRedirect", "IllegalLocationConstraintException"}
_PASSING = {"InternalError", "RequestTimeout", "ServiceUnavailable", "SlowDown"}
_NOT_S3 = "Check AWS_ENDPOINT_URL: it must be the address of the S3 API, not that of a console."


# What the client raises: no connection, an answer that says no, and one that it cannot read.
FAILURES = (HTTPError, MinioException, ParseError, ValueError)


class StorageError(SuiteError):
    """Object storage cannot be reached, or does not give what it is asked for."""


def is_transient(error: Exception) -> bool:
    """Return whether it is worth to ask again after a while."""
    if isinstance(error, S3Error):
        return error.code in _PASSING or _is_busy(error.response.status)
    if isinstance(error, InvalidResponseError):
        return _is_busy(error._code)
    if isinstance(error, ServerError):
        return _is_busy(error.status_code)
    # A connection that ends in the middle is an error of TLS too; a certificate stays what it is.
    return isinstance(error, HTTPError) and (not isinstance(error, SSLError) or "EOF" in str(error))


def explain_storage_error(error: Exception) -> tuple[str, str]:
    """Return what is wrong with the storage or the question, and what to do about it."""
    if isinstance(error, HTTPError):
        return explain_connection_error(error)
    if not isinstance(error, S3Error):
        if is_transient(error):
            return "it, or a proxy before it, is not up to answer", "Look at its log; try again later."
        return "what answers there does not speak S3", _NOT_S3
    if error.code == "RequestTimeTooSkewed":
        date = error.response.headers.get("Date", "another time")
        return f"its clock and the one here differ: it says {date}", "Correct the clock that is wrong (NTP)."
    region = error.response.headers.get("x-amz-bucket-region")
    if error.code in _OTHER_REGION:
        return "the bucket is in another region", f"Set AWS_REGION={region or 'to the region of the bucket'}."
    if is_transient(error):
        return f"it is overloaded or failing ({error.code})", "Look at its log; try again later."
    # The server's own words may repeat what it was sent, credentials included: the code is enough.
    return _ANSWERS.get(error.code or "", (f"it answered {error.code}", "Ask who runs it."))


def _is_busy(status: int) -> bool:
    return status >= 500 or status == 429

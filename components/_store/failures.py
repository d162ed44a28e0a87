"""What went wrong with a service, in words: of a connection, and of an answer of object storage."""

from minio.error import InvalidResponseError, MinioException, S3Error, ServerError
from urllib3.exceptions import (
    ConnectTimeoutError,
    HTTPError,
    MaxRetryError,
    NameResolutionError,
    NewConnectionError,
    ReadTimeoutError,
    SSLError,
)

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


class StorageFailed(SuiteError):
    """Object storage cannot be reached, or does not give what it is asked for."""


def is_passing(error: HTTPError | MinioException) -> bool:
    """Return whether it is worth to ask again after a while."""
    if isinstance(error, S3Error):
        return error.code in _PASSING or _is_busy(error.response.status)
    if isinstance(error, InvalidResponseError):
        return _is_busy(error._code)
    if isinstance(error, ServerError):
        return _is_busy(error.status_code)
    return isinstance(error, HTTPError) and not isinstance(error, SSLError)


def answer_trouble(error: MinioException) -> tuple[str, str]:
    """Return what object storage, or whoever answers in its place, does not like, and what to do about it."""
    if not isinstance(error, S3Error):
        if is_passing(error):
            return "it, or a proxy before it, is not up to answer", "Look at its log; try again later."
        return "what answers there does not speak S3", _NOT_S3
    if error.code == "RequestTimeTooSkewed":
        date = error.response.headers.get("Date", "another time")
        return f"its clock and the one here differ: it says {date}", "Correct the clock that is wrong (NTP)."
    region = error.response.headers.get("x-amz-bucket-region")
    if error.code in _OTHER_REGION:
        return "the bucket is in another region", f"Set AWS_REGION={region or 'to the region of the bucket'}."
    if is_passing(error):
        return f"it is overloaded or failing ({error.code})", "Look at its log; try again later."
    # The server's own words may repeat what it was sent, credentials included: the code is enough.
    return _ANSWERS.get(error.code or "", (f"it answered {error.code}", "Ask who runs it."))


def connection_trouble(error: HTTPError) -> tuple[str, str]:
    """Return why no connection came about or why it ended, and what to do about it."""
    if isinstance(error, MaxRetryError) and isinstance(error.reason, HTTPError):
        error = error.reason
    if isinstance(error, NameResolutionError):
        return (
            "its host name is not known here",
            "Check the name. That of a Kubernetes Service, service.namespace, is known in its cluster only.",
        )
    if isinstance(error, NewConnectionError):
        reason = getattr(error.__cause__, "strerror", None) or "connection failed"
        return (
            reason.lower(),
            "Check host and port, and that the service runs and no network policy is between.",
        )
    if isinstance(error, ConnectTimeoutError | ReadTimeoutError):
        return (
            "it does not answer in time",
            "Check that the service runs, and the firewalls and network policies between.",
        )
    if isinstance(error, SSLError):
        return _tls_trouble(str(error))
    return "the connection broke off", "Look at the service's log; try again."


def _tls_trouble(said: str) -> tuple[str, str]:
    if "CERTIFICATE_VERIFY_FAILED" in said:
        reason = said.partition("certificate verify failed: ")[2].partition(" (_ssl")[0]
        return (
            f"its certificate is not trusted ({reason or 'it cannot be verified'})",
            "If an authority of your own signed it, let SSL_CERT_FILE name the file with that authority's "
            "certificate; the address must have the name that the certificate was made for.",
        )
    return (
        "it does not speak TLS as it should",
        "Check host and port, and whether its address begins with http://.",
    )


def _is_busy(status: int) -> bool:
    return status >= 500 or status == 429

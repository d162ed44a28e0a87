"""Why a connection to a service failed or ended, in words."""

from urllib3.exceptions import (
    ConnectTimeoutError,
    HTTPError,
    MaxRetryError,
    NameResolutionError,
    NewConnectionError,
    ReadTimeoutError,
    SSLError,
)


def explain_connection_error(error: HTTPError) -> tuple[str, str]:
    """Return why a connection failed or ended, and what to do about it."""
    if isinstance(error, MaxRetryError) and isinstance(error.reason, HTTPError):
        error = error.reason
    if isinstance(error, NameResolutionError):
        return (
            "its host name is not known here",
            "Check the name. A Kubernetes Service, service.namespace, has a name only inside its cluster.",
        )
    if isinstance(error, NewConnectionError):
        reason = getattr(error.__cause__, "strerror", None) or "connection failed"
        return (
            reason.lower(),
            "Check host and port, that the service runs, and that no network policy blocks it.",
        )
    if isinstance(error, ConnectTimeoutError | ReadTimeoutError):
        return (
            "it does not answer in time",
            "Check that the service runs, and that no firewall or network policy blocks it.",
        )
    if isinstance(error, SSLError) and "EOF" not in str(error):
        return _explain_tls_error(str(error))
    return "the connection broke off", "Look at the log of the service, and try again."


def _explain_tls_error(message: str) -> tuple[str, str]:
    if "CERTIFICATE_VERIFY_FAILED" in message:
        reason = message.partition("certificate verify failed: ")[2].partition(" (_ssl")[0]
        return (
            f"its certificate is not trusted ({reason or 'it cannot be verified'})",
            "If your own authority signed it, set SSL_CERT_FILE to the file with that authority's "
            "certificate. The address must use the host name that is in the certificate.",
        )
    return (
        "it does not answer with TLS",
        "Check host and port; the address may have to begin with http://.",
    )

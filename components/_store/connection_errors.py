"""Why a connection to a service did not come about, or ended, in words."""

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
    if isinstance(error, SSLError) and "EOF" not in str(error):
        return _explain_tls_error(str(error))
    return "the connection broke off", "Look at the service's log; try again."


def _explain_tls_error(said: str) -> tuple[str, str]:
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

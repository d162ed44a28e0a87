"""Lets the operator work with the rights of one namespace."""

import kopf


@kopf.on.startup()
def disable_scans(settings: kopf.OperatorSettings, **_: object) -> None:
    """Do not ask for the namespaces and definitions of the cluster, which takes a minute of refusals."""
    settings.scanning.disabled = True

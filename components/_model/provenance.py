"""Where a model or an image comes from, as a predicate of SLSA.

https://slsa.dev/spec/v1.0/provenance
"""

from collections.abc import Mapping, Sequence
from typing import Any

PREDICATE_TYPE = "https://slsa.dev/provenance/v1"
# The builder where no service vouches for the machine.
_NOBODY = "urn:kfp-tabular:unattested-machine"
# Names of the code's lock and of git's digest of a commit.
_LOCK, _COMMIT = "constraints.txt", "gitCommit"

# https://github.com/in-toto/attestation/blob/main/spec/v1/resource_descriptor.md
ResourceDescriptor = dict[str, Any]


def build_predicate(
    build_type: str,
    *,
    external: Mapping[str, Any],
    dependencies: Sequence[ResourceDescriptor],
    run: str = "",
    internal: Mapping[str, Any] | None = None,
    byproducts: Sequence[ResourceDescriptor] = (),
) -> dict[str, Any]:
    """Return the predicate.

    Parameters
    ----------
    build_type : str
        Address of what explains the parameters.
    external : mapping
        The parameters that a person chose.
    dependencies : sequence of ResourceDescriptor
        What it is made of.
    run : str
        Address of the run of a CI service that vouches for it, or a run's name; empty for neither.
    internal : mapping or None
        What else decided the result.
    byproducts : sequence of ResourceDescriptor
        What was made beside it.
    """
    is_attested = run.startswith("https://")
    return {
        "buildDefinition": {
            "buildType": build_type,
            "externalParameters": dict(external),
            **({"internalParameters": dict(internal)} if internal else {}),
            "resolvedDependencies": list(dependencies),
        },
        "runDetails": {
            "builder": {"id": run if is_attested else _NOBODY},
            **({"metadata": {"invocationId": run}} if run else {}),
            **({"byproducts": list(byproducts)} if byproducts else {}),
        },
    }


def list_code(source: str, revision: str, lock_sha256: str | None) -> list[ResourceDescriptor]:
    """Return the code and its lock as dependencies; of the lock, only if its digest is known."""
    code: ResourceDescriptor = {"uri": f"git+{source}", "digest": {_COMMIT: revision}}
    if lock_sha256 is None:
        return [code]
    return [code, {"uri": _LOCK, "digest": {"sha256": lock_sha256}}]

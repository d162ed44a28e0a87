"""The options that every command for a cluster has."""

import argparse
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from components.errors import SuiteError
from pipelines.cli.parser import CommandParser
from pipelines.parameters import limit_by_time, read_file, read_words, resolve_parameters
from pipelines.problem_file import complete_from_sample
from pipelines.remote.kubeflow_connection import KubeflowConnection

if TYPE_CHECKING:
    from pipelines.remote.spec import Spec

FAILED = 1
_INTERRUPTED = 130
_EXPERIMENT = "kfp-tabular"


def add_connection_options(parser: argparse.ArgumentParser) -> None:
    """Add the options for the address of the cluster. Credentials are not options."""
    add = parser.add_argument
    add(
        "--host", metavar="URL", help="Kubeflow Pipelines (default: KF_PIPELINES_ENDPOINT; in a pod: its own)"
    )
    add("--namespace", help="profile to run in, if there are several (default in a pod: its own)")
    add(
        "--token-file",
        type=Path,
        metavar="FILE",
        help="file with a bearer token (default: KF_PIPELINES_TOKEN, a cookie, or a pod's)",
    )


def add_remote_run_options(parser: CommandParser) -> None:
    """Add the options for what to run."""
    add = parser.add_argument
    add("--experiment", default=_EXPERIMENT, help="experiment in Kubeflow (default: %(default)s)")
    add("--parameters", type=Path, metavar="FILE", help="YAML file of the pipeline's parameters")
    parser.add_settings()
    add("--set", action="append", default=[], metavar="NAME=VALUE", help="the same; may be repeated")
    add("--no-cache", action="store_true", help="run every task again")
    add("--service-account", metavar="NAME", help="service account of pods (default: the installation's)")
    add(
        "--compiled",
        type=Path,
        default=Path("dist"),
        metavar="FOLDER",
        help="output folder of compile (default: %(default)s)",
    )
    add("--dry-run", action="store_true", help="show what would be done, without sending anything")


def choose_connection(given: argparse.Namespace) -> KubeflowConnection:
    """Return the connection to the cluster.

    Raises
    ------
    InvalidSetting
        The address is missing, or a setting is invalid.
    """
    return KubeflowConnection.choose(given.host, given.namespace, given.token_file)


def read_spec_and_parameters(
    given: argparse.Namespace, *, has_sample: bool = False
) -> "tuple[Spec, dict[str, Any]]":
    """Return the compiled pipeline and its parameters.

    Parameters
    ----------
    given : Namespace
        The options of ``add_remote_run_options``.
    has_sample : bool
        Whether the sample is used if no table is given, which a note says. Else each required parameter must
        be given.

    Raises
    ------
    InvalidSetting
        The pipeline is not compiled, or a parameter is unknown, missing or of another type.
    """
    from pipelines.remote.spec import Spec

    spec = Spec.read(given.pipeline, given.compiled)
    parameters = read_parameters(given, spec, {}, is_complete=not has_sample)
    if has_sample:
        is_sample = "source" not in parameters
        parameters = complete_from_sample(parameters)
        if is_sample:
            sys.stderr.write("note: no source was given, so the run uses the sample, churn of customers.\n")
    return spec.disable_cache() if given.no_cache else spec, limit_by_time(parameters)


def read_parameters(
    given: argparse.Namespace, spec: "Spec", values: Mapping[str, Any], *, is_complete: bool
) -> dict[str, Any]:
    """Return the parameters that a command gives, in a file or as words, and others.

    Parameters
    ----------
    given : Namespace
        The options of ``add_remote_run_options``.
    spec : Spec
        The compiled pipeline.
    values : mapping
        Values of parameters that are not given.
    is_complete : bool
        Whether a required parameter without a value is a mistake.

    Raises
    ------
    InvalidSetting
        A parameter is unknown, missing or of another type.
    """
    from_file = read_file(given.parameters) if given.parameters else {}
    texts = read_words([*given.set, *given.settings])
    return resolve_parameters({**values, **from_file}, texts, spec.parameters, is_complete=is_complete)


def check_images_pushed(spec: "Spec") -> None:
    """Check that the images were pushed, and note how many could not be checked.

    Raises
    ------
    InvalidSetting
        Some were not pushed.
    """
    from pipelines.remote.pushed_images import check_pushed

    unknown = check_pushed(spec.images)
    if unknown:
        sys.stderr.write(
            f"note: {len(unknown)} of {len(spec.images)} images could not be checked: "
            "their registry does not answer this machine, or requires a login.\n"
        )


def describe_plan(
    connection: KubeflowConnection, spec: "Spec", given: argparse.Namespace, parameters: dict[str, Any]
) -> str:
    """Return the lines of a dry run about the connection and the run."""
    lines = [
        ("host", connection.host),
        ("namespace", connection.namespace or "the installation's"),
        ("as", _describe_identity(connection)),
        ("experiment", given.experiment),
        ("version", f"{spec.version}, uploaded if it is new, without what the backend does not know"),
        ("images", f"{len(spec.images)}, such as {spec.images[0]}"),
        *(("parameter", f"{name}: {value!r}") for name, value in parameters.items()),
    ]
    return "\n".join(f"  {label:<11}{value}" for label, value in lines)


def _describe_identity(connection: KubeflowConnection) -> str:
    if connection.token_file:
        return f"the owner of the token in {connection.token_file}"
    if connection.token:
        return "the owner of the token"
    return "the user of the session cookie" if connection.cookie else "anonymous"


def run_remote_command(work: Callable[[], int]) -> int:
    """Do the work of a command and return its exit status, 1 for every error."""
    try:
        return work()
    except SuiteError as error:
        sys.stderr.write(f"error: {error}\n")
        return FAILED
    except KeyboardInterrupt:
        sys.stderr.write("interrupted; runs on the cluster continue.\n")
        return _INTERRUPTED

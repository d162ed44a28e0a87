"""The options that every command for a cluster has."""

import argparse
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from components.errors import SuiteError
from pipelines.catalogue import PIPELINES
from pipelines.parameters import read_file, read_words, resolve_parameters
from pipelines.remote.kubeflow_connection import KubeflowConnection

if TYPE_CHECKING:
    from pipelines.remote.spec import Spec

FAILED = 1
_INTERRUPTED = 130
_EXPERIMENT = "kfp-tabular"


def add_connection_options(parser: argparse.ArgumentParser) -> None:
    """Add the options that say where the cluster is. Credentials are none of them."""
    add = parser.add_argument
    add(
        "--host", metavar="URL", help="Kubeflow Pipelines (default: KF_PIPELINES_ENDPOINT; in a pod: its own)"
    )
    add("--namespace", help="profile to run in, where users are kept apart (default in a pod: its own)")
    add(
        "--token-file",
        type=Path,
        metavar="FILE",
        help="file of a bearer token (default: KF_PIPELINES_TOKEN, a cookie, or a pod's)",
    )


def add_remote_run_options(parser: argparse.ArgumentParser) -> None:
    """Add the options that say what is to run."""
    add = parser.add_argument
    add("--experiment", default=_EXPERIMENT, help="group of runs in Kubeflow (default: %(default)s)")
    add("--parameters", type=Path, metavar="FILE", help="YAML file of the pipeline's parameters")
    add("settings", nargs="*", metavar="NAME=VALUE", help="a parameter, such as trials=50")
    add("--set", action="append", default=[], metavar="NAME=VALUE", help="the same; may be repeated")
    add("--no-cache", action="store_true", help="run every task anew")
    add("--service-account", metavar="NAME", help="as whom pods run (default: the installation's)")
    add(
        "--compiled",
        type=Path,
        default=Path("dist"),
        metavar="FOLDER",
        help="output of compile (default: %(default)s)",
    )
    add("--dry-run", action="store_true", help="say what would be done, and send nothing")


def format_pipeline_help() -> str:
    """Return the help of the argument that names a pipeline."""
    return f"which: {', '.join(PIPELINES)}"


def choose_connection(given: argparse.Namespace) -> KubeflowConnection:
    """Return where the cluster is.

    Raises
    ------
    InvalidSetting
        It cannot be known, or not as given.
    """
    return KubeflowConnection.choose(given.host, given.namespace, given.token_file)


def read_spec_and_parameters(
    given: argparse.Namespace, sample: Mapping[str, Any] | None = None
) -> "tuple[Spec, dict[str, Any]]":
    """Return the compiled pipeline and its parameters.

    Parameters
    ----------
    given : Namespace
        The options of ``add_remote_run_options``.
    sample : mapping or None
        The parameters where none is given. None: those that the pipeline must have are asked for.

    Raises
    ------
    InvalidSetting
        The pipeline is not compiled, or its parameters are not what it asks for.
    """
    from pipelines.remote.spec import Spec

    spec = Spec.read(given.pipeline, given.compiled)
    texts = read_words([*given.set, *given.settings])
    if sample is not None and given.parameters is None and not texts:
        parameters = dict(sample)
    else:
        values = read_file(given.parameters) if given.parameters else {}
        parameters = resolve_parameters(values, texts, spec.parameters)
    return spec.disable_cache() if given.no_cache else spec, parameters


def check_images_pushed(spec: "Spec") -> None:
    """See that the images were pushed, and say of which that cannot be seen.

    Raises
    ------
    InvalidSetting
        Some were not.
    """
    from pipelines.remote.pushed_images import check_pushed

    unknown = check_pushed(spec.images)
    if unknown:
        sys.stderr.write(
            f"note: whether {len(unknown)} of {len(spec.images)} images were pushed is not known: "
            "their registry does not answer here, or not to strangers.\n"
        )


def describe_plan(
    connection: KubeflowConnection, spec: "Spec", given: argparse.Namespace, parameters: dict[str, Any]
) -> str:
    """Return what a dry run says about where and what."""
    lines = [
        ("host", connection.host),
        ("namespace", connection.namespace or "the installation's"),
        ("as", _describe_identity(connection)),
        ("experiment", given.experiment),
        ("version", f"{spec.version}, uploaded unless it is there"),
        ("images", f"{len(spec.images)}, such as {spec.images[0]}"),
        *(("parameter", f"{name}: {value!r}") for name, value in parameters.items()),
    ]
    return "\n".join(f"  {label:<11}{value}" for label, value in lines)


def _describe_identity(connection: KubeflowConnection) -> str:
    if connection.token_file:
        return f"the bearer of {connection.token_file}"
    return "the bearer of a token" if connection.token else "a session" if connection.cookie else "nobody"


def run_remote_command(work: Callable[[], int]) -> int:
    """Do the work of a command and return its exit status, 1 for every mistake and refusal."""
    try:
        return work()
    except SuiteError as error:
        sys.stderr.write(f"error: {error}\n")
        return FAILED
    except KeyboardInterrupt:
        sys.stderr.write("interrupted; what was started on the cluster goes on.\n")
        return _INTERRUPTED

"""Make the files of a new stage: ``python -m pipelines.scaffold NAME``, or ``make new-stage NAME=...``."""

import sys

from components.errors import SuiteError
from pipelines.catalogue import ROOT
from pipelines.scaffold.stage import describe_remaining_steps, make_stage
from pipelines.standard_streams import outlive_readers


def main() -> int:
    """Make the stage that the command line names, and return the exit status."""
    name = " ".join(sys.argv[1:])
    try:
        files = make_stage(ROOT, name)
    except SuiteError as error:
        sys.stderr.write(f"error: {error}\n")
        return 2
    sys.stdout.writelines(f"{file.relative_to(ROOT)}\n" for file in files)
    sys.stdout.write(describe_remaining_steps(name))
    return 0


if __name__ == "__main__":
    outlive_readers()
    sys.exit(main())

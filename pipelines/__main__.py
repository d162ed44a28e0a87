"""The command line: ``python -m pipelines``."""

import sys

from pipelines.cli.main import main
from pipelines.standard_streams import outlive_readers

if __name__ == "__main__":
    outlive_readers()
    sys.exit(main())

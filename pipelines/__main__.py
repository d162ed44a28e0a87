"""The command line: ``python -m pipelines``."""

import sys

from pipelines.commands import main

if __name__ == "__main__":
    sys.exit(main())

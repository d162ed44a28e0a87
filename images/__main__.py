"""``python -m images``."""

import sys

from images.commands import main
from pipelines.standard_streams import outlive_readers

outlive_readers()
sys.exit(main())

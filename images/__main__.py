"""``python -m images``."""

import sys

from images.commands import main

sys.exit(main())

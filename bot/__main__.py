"""`python -m bot` is the same as `hypercare`."""

import sys

from bot.cli import main

sys.exit(main())

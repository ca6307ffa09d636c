"""`python -m recyclegan`."""

import sys

from recyclegan.cli.main import main

if __name__ == "__main__":
    sys.exit(main())

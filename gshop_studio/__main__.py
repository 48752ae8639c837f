"""`gshop-studio` and `python -m gshop_studio`."""

from __future__ import annotations

import sys


def main() -> None:
    """Run the command line and exit with its status."""
    try:
        from gshop_studio.cli import run  # here, since Ctrl-C may come while all that is imported

        sys.exit(run(sys.argv[1:]))
    except KeyboardInterrupt:
        sys.exit(130)


if __name__ == "__main__":
    main()

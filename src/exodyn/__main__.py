"""``python -m exodyn``: the command line."""

from exodyn.cli import main

raise SystemExit(main())

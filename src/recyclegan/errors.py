"""What a person did wrong, in one sentence; everything else that raises is our own mistake."""

from __future__ import annotations


class UserError(Exception):
    """A mistake that a person can mend: one sentence naming the flag or file, then the way out.

    The command line prints it without a traceback and exits with status 2.
    """


class RunFailed(Exception):
    """Work that began well and could not be finished (status 1); what was already there is kept."""

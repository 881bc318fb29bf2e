"""Why a record is not read."""


class UnreadError(Exception):
    """The model has no reading of a quantity; the message says why."""


class UntimedError(UnreadError):
    """The record does not say when it was measured."""

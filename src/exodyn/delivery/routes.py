"""Routes of administration: which state a dose enters."""

DOSED_STATE = {"intravenous": "blood"}
"""Route -> state of the model that the dose is added to."""

ROUTES = tuple(DOSED_STATE)

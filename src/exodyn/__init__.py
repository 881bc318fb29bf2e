"""exodyn: from vial to function.

Computes what an exosome product does to an injured nervous system: what reaches the lesion, what
it does there, which function returns, and how sure that is. For research use only.
"""

__version__ = "0.1.0"

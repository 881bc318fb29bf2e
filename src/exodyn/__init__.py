"""exodyn: from vial to function.

Computes what an exosome product does to an injured nervous system: what reaches the lesion, what
it does there, which function returns, and how sure that is. For research use only.

    import exodyn as xd

    study = xd.Study.load("stroke.toml")
    result = study.run(patients=10_000, seed=1)
    result.scale("NIHSS").summary()
"""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from exodyn.study import Result, Study

__version__ = "0.1.0"

__all__ = ["Result", "Study", "__version__"]


def __getattr__(name: str) -> object:
    """Import what is large when it is first asked for, so that the command line starts at once."""
    if name in ("Result", "Study"):
        import exodyn.study

        return getattr(exodyn.study, name)
    raise AttributeError(f"module 'exodyn' has no attribute '{name}'")

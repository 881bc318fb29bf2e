"""Models as equations: states, parameters, rates and readouts with units.

Write a process (`Process`), join processes (`compose`) to a flat `Model`, print it, read it from SBML or
write it. What integrates a model is `exodyn.engine`; nothing here computes numbers but `evaluate`.
"""

from exodyn.symbolic.compose import Part, compose, copies, override
from exodyn.symbolic.derivative import gradients
from exodyn.symbolic.expr import (
    FALSE,
    TIME,
    TRUE,
    Expr,
    Symbol,
    absolute,
    const,
    cos,
    eq,
    evaluate,
    exp,
    hill,
    log,
    maximum,
    minimum,
    ne,
    node,
    sin,
    sqrt,
    substitute,
    symbols,
    tanh,
    total,
    walk,
    where,
)
from exodyn.symbolic.latex import latex, latex_document, latex_equation, latex_symbol, markdown
from exodyn.symbolic.mathml import mathml, mathml_equation, mathml_symbol
from exodyn.symbolic.model import Event as ModelEvent
from exodyn.symbolic.model import Model, ModelError, ParameterValue, Readout, StateVariable
from exodyn.symbolic.process import Adds, Event, Parameter, Process, Quantity, Reads, State
from exodyn.symbolic.text import text
from exodyn.symbolic.typeset import Equation, equations
from exodyn.symbolic.units import UnitError

__all__ = [
    "FALSE",
    "TIME",
    "TRUE",
    "Adds",
    "Equation",
    "Event",
    "Expr",
    "Model",
    "ModelError",
    "ModelEvent",
    "Parameter",
    "ParameterValue",
    "Part",
    "Process",
    "Quantity",
    "Readout",
    "Reads",
    "State",
    "StateVariable",
    "Symbol",
    "UnitError",
    "absolute",
    "compose",
    "const",
    "copies",
    "cos",
    "eq",
    "equations",
    "evaluate",
    "exp",
    "gradients",
    "hill",
    "latex",
    "latex_document",
    "latex_equation",
    "latex_symbol",
    "log",
    "markdown",
    "mathml",
    "mathml_equation",
    "mathml_symbol",
    "maximum",
    "minimum",
    "ne",
    "node",
    "override",
    "sin",
    "sqrt",
    "substitute",
    "symbols",
    "tanh",
    "text",
    "total",
    "walk",
    "where",
]

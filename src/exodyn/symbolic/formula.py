"""A formula written as text, "cl * (WT / 70)**0.75", becomes an expression: the way back from `text`."""

from __future__ import annotations

import ast
import math
import operator
from collections.abc import Callable, Mapping
from typing import NoReturn

from exodyn.errors import nearest
from exodyn.symbolic.expr import (
    Expr,
    absolute,
    const,
    eq,
    exp,
    hill,
    log,
    maximum,
    minimum,
    ne,
    power,
    sqrt,
    tanh,
    where,
)
from exodyn.symbolic.model import ModelError

LONGEST = 2000
"""Characters of a formula; more is no formula, and could nest deeper than Python goes."""

FUNCTIONS: Mapping[str, tuple[Callable[..., Expr], int]] = {
    "exp": (exp, 1),
    "log": (log, 1),
    "sqrt": (sqrt, 1),
    "tanh": (tanh, 1),
    "absolute": (absolute, 1),
    "minimum": (minimum, 2),
    "maximum": (maximum, 2),
    "hill": (hill, 3),
    "where": (where, 3),
    "eq": (eq, 2),
    "ne": (ne, 2),
}
"""Functions by name, with how many arguments they take."""

BINARY: Mapping[type[ast.operator], Callable[[Expr, Expr], Expr]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: operator.truediv,
    ast.Pow: power,
    ast.BitAnd: operator.and_,
    ast.BitOr: operator.or_,
}
COMPARED: Mapping[type[ast.cmpop], Callable[[Expr, Expr], Expr]] = {
    ast.Lt: operator.lt,
    ast.LtE: operator.le,
    ast.Gt: operator.gt,
    ast.GtE: operator.ge,
    ast.Eq: eq,
    ast.NotEq: ne,
}


def formula(text: str, names: Mapping[str, Expr]) -> Expr:
    """The expression of a formula in the names given, with `+ - * / **`, comparisons, `& | ~` and FUNCTIONS.

    Raises ModelError that says what is wrong in it, with the nearest name.
    """
    if len(text) > LONGEST:
        raise ModelError(f"a formula of {len(text)} characters, expected at most {LONGEST}")
    try:
        tree = ast.parse(text.strip(), mode="eval")
        found = _build(tree.body, text, names)
    except (SyntaxError, ValueError):
        raise ModelError(f"`{text}` is not a formula") from None
    except (RecursionError, MemoryError):
        raise ModelError("a formula that nests too deep") from None
    return found


def _build(part: ast.expr, text: str, names: Mapping[str, Expr]) -> Expr:
    def complain(message: str) -> NoReturn:
        raise ModelError(f"`{text}`: {message}")

    def build(inner: ast.expr) -> Expr:
        return _build(inner, text, names)

    def numeric(inner: ast.expr) -> Expr:
        found = build(inner)
        if found.is_condition:
            complain(f"`{ast.unparse(inner)}` is true or false, not a number")
        return found

    match part:
        case ast.Constant(value=bool()):
            complain("expected a number, not True or False")
        case ast.Constant(value=(int() | float()) as value):
            number = float(value) if abs(value) < 1e308 else math.inf
            if not math.isfinite(number):
                complain("a number is too large")
            return const(number)
        case ast.Name(id=name):
            if name not in names:
                complain(f"no '{name}'{nearest(name, names)}")
            return names[name]
        case ast.UnaryOp(op=ast.USub(), operand=inner):
            return -numeric(inner)
        case ast.UnaryOp(op=ast.UAdd(), operand=inner):
            return numeric(inner)
        case ast.UnaryOp(op=ast.Invert(), operand=inner):
            found = build(inner)
            if not found.is_condition:
                complain(f"`{ast.unparse(inner)}` is a number, not a condition")
            return ~found
        case ast.BinOp(left=left, op=ast.BitAnd() | ast.BitOr() as sign, right=right):
            both = build(left), build(right)
            if not all(one.is_condition for one in both):
                complain("& and | stand between conditions")
            return BINARY[type(sign)](*both)
        case ast.BinOp(left=left, op=sign, right=right) if type(sign) in BINARY:
            return BINARY[type(sign)](numeric(left), numeric(right))
        case ast.Compare(left=left, ops=[sign], comparators=[right]) if type(sign) in COMPARED:
            return COMPARED[type(sign)](numeric(left), numeric(right))
        case ast.Call(func=ast.Name(id=name), args=args, keywords=[]):
            if name not in FUNCTIONS:
                complain(f"no function '{name}'{nearest(name, FUNCTIONS)}")
            make, count = FUNCTIONS[name]
            if len(args) != count:
                complain(f"{name} takes {count} argument{'s'[: count > 1]}, not {len(args)}")
            if name == "where":
                condition = build(args[0])
                if not condition.is_condition:
                    complain("where begins with a condition")
                return where(condition, numeric(args[1]), numeric(args[2]))
            return make(*(numeric(argument) for argument in args))
    complain(f"`{ast.unparse(part)}` is not read in a formula")

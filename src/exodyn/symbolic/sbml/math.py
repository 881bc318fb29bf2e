"""MathML, as libsbml's syntax tree holds it, to expressions: SBML Level 3 Version 2, section 3.4.

Numbers and truth values mix as the specification allows: a number is true where it is not 0, a truth value
counts as 1 or 0.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import reduce
from itertools import pairwise

import libsbml

from exodyn.errors import nearest
from exodyn.symbolic import expr
from exodyn.symbolic.expr import FALSE, TIME, TRUE, Expr, Symbol, const, node, where
from exodyn.symbolic.sbml.errors import ModelRefused, SBMLError

AVOGADRO = 6.02214179e23
"""The value that SBML Level 3 fixes (CODATA 2006), whatever later measurements say."""

Arguments = list[Expr]


@dataclass(frozen=True)
class Scope:
    """What names mean in one formula, and where the formula stands (for messages)."""

    place: str
    names: Mapping[str, Expr]
    functions: Mapping[str, libsbml.FunctionDefinition]
    rate_of: Callable[[str], Expr]
    inside: tuple[str, ...] = ()
    called: dict[tuple[str, tuple[int, ...]], Expr] = field(default_factory=dict)

    def name(self, name: str) -> Expr:
        found = self.names.get(name)
        if found is None:
            raise SBMLError(f"{self.place}: unknown id '{name}'{nearest(name, self.names)}")
        return found


def expression(tree: libsbml.ASTNode, scope: Scope) -> Expr:
    """The expression of a syntax tree. Without recursion in the depth of the tree."""
    values: Arguments = []
    stack: list[tuple[libsbml.ASTNode, bool]] = [(tree, False)]
    while stack:
        current, children_done = stack.pop()
        count = 0 if current.getType() in SPECIAL else current.getNumChildren()
        if count and not children_done:
            stack.append((current, True))
            stack.extend((current.getChild(i), False) for i in reversed(range(count)))
            continue
        arguments = values[len(values) - count :]
        del values[len(values) - count :]
        values.append(_apply(current, arguments, scope))
    return values[0]


def number(a: Expr) -> Expr:
    """A truth value as 1 or 0; a number as it is."""
    return where(a, 1.0, 0.0) if a.is_condition else a


def condition(a: Expr) -> Expr:
    """A number as whether it is not 0; a truth value as it is."""
    return a if a.is_condition else node("ne", a, 0.0)


def _apply(tree: libsbml.ASTNode, arguments: Arguments, scope: Scope) -> Expr:
    kind = tree.getType()
    special = SPECIAL.get(kind)
    if special is not None:
        return special(tree, scope)
    if kind == libsbml.AST_FUNCTION:
        return _call(tree.getName(), arguments, scope)
    operator = OPERATORS.get(kind)
    if operator is None:
        raise ModelRefused(
            f"{scope.place}: the function '{tree.getName() or tree.getOperatorName()}' is not supported"
        )
    try:
        return operator(arguments)
    except (IndexError, ValueError, TypeError):
        what = tree.getName() or tree.getOperatorName() or libsbml.formulaToL3String(tree)
        raise SBMLError(f"{scope.place}: '{what}' with {len(arguments)} arguments") from None


def _call(name: str, arguments: Arguments, scope: Scope) -> Expr:
    """A function definition with its arguments put in; the same call is expanded once."""
    key = (name, tuple(id(a) for a in arguments))
    if key in scope.called:
        return scope.called[key]
    definition = scope.functions.get(name)
    if definition is None:
        raise SBMLError(f"{scope.place}: unknown function '{name}'{nearest(name, scope.functions)}")
    place = f"{scope.place}: function '{name}'"
    if name in scope.inside:
        raise SBMLError(f"{place}: the definition calls itself")
    if definition.getBody() is None:
        raise SBMLError(f"{place}: has no mathematics")
    if definition.getNumArguments() != len(arguments):
        raise SBMLError(f"{place}: takes {definition.getNumArguments()} arguments, {len(arguments)} given")
    bound = {definition.getArgument(i).getName(): a for i, a in enumerate(arguments)}
    inner = Scope(place, bound, scope.functions, scope.rate_of, (*scope.inside, name), scope.called)
    result = expression(definition.getBody(), inner)
    scope.called[key] = result
    return result


def _delay(tree: libsbml.ASTNode, scope: Scope) -> Expr:
    """``delay(x, 0)`` is x; any other delay needs the past, which is not kept."""
    if tree.getNumChildren() == 2:
        by = expression(tree.getChild(1), scope)
        if by.op == "const" and by.value == 0.0:
            return expression(tree.getChild(0), scope)
    raise ModelRefused(f"{scope.place}: the csymbol 'delay' (delay equations) is not supported")


def _rate_of(tree: libsbml.ASTNode, scope: Scope) -> Expr:
    target = tree.getChild(0) if tree.getNumChildren() == 1 else None
    if target is not None and target.getType() == libsbml.AST_NAME:
        # In a function definition the argument is a bound name: what counts is what was passed.
        argument = scope.name(target.getName())
        if isinstance(argument, Symbol):
            return scope.rate_of(argument.name)
    raise SBMLError(f"{scope.place}: 'rateOf' takes the id of one variable")


def _literal(tree: libsbml.ASTNode, scope: Scope) -> Expr:
    return const(float(tree.getInteger()) if tree.getType() == libsbml.AST_INTEGER else tree.getValue())


def _same(value: Expr) -> Callable[[libsbml.ASTNode, Scope], Expr]:
    return lambda tree, scope: value


SPECIAL: Mapping[int, Callable[[libsbml.ASTNode, Scope], Expr]] = {
    libsbml.AST_INTEGER: _literal,
    libsbml.AST_REAL: _literal,
    libsbml.AST_REAL_E: _literal,
    libsbml.AST_RATIONAL: _literal,
    libsbml.AST_NAME: lambda tree, scope: scope.name(tree.getName()),
    libsbml.AST_NAME_TIME: _same(TIME),
    libsbml.AST_NAME_AVOGADRO: _same(const(AVOGADRO)),
    libsbml.AST_CONSTANT_E: _same(const(math.e)),
    libsbml.AST_CONSTANT_PI: _same(const(math.pi)),
    libsbml.AST_CONSTANT_TRUE: _same(TRUE),
    libsbml.AST_CONSTANT_FALSE: _same(FALSE),
    libsbml.AST_FUNCTION_DELAY: _delay,
    libsbml.AST_FUNCTION_RATE_OF: _rate_of,
}
"""Leaves, and functions whose argument is a name rather than a value."""


def _one(f: Callable[[Expr], Expr]) -> Callable[[Arguments], Expr]:
    def operator(arguments: Arguments) -> Expr:
        (x,) = arguments
        return f(number(x))

    return operator


def _two(f: Callable[[Expr, Expr], Expr]) -> Callable[[Arguments], Expr]:
    def operator(arguments: Arguments) -> Expr:
        a, b = arguments
        return f(number(a), number(b))

    return operator


def _plain(name: str) -> Callable[[Arguments], Expr]:
    return _one(lambda x: node(name, x))


def _of_inverse(name: str) -> Callable[[Arguments], Expr]:
    """arcsec x = arccos(1/x) and its kin."""
    return _one(lambda x: node(name, 1.0 / x))


def _inverse(name: str) -> Callable[[Arguments], Expr]:
    """sec x = 1 / cos x and its kin."""
    return _one(lambda x: 1.0 / node(name, x))


def _fold(f: Callable[[Expr, Expr], Expr], empty: float) -> Callable[[Arguments], Expr]:
    def operator(arguments: Arguments) -> Expr:
        return reduce(f, map(number, arguments)) if arguments else const(empty)

    return operator


def _extreme(name: str) -> Callable[[Arguments], Expr]:
    return lambda arguments: reduce(lambda a, b: node(name, a, b), map(number, arguments))


def _logical(name: str, empty: Expr) -> Callable[[Arguments], Expr]:
    def operator(arguments: Arguments) -> Expr:
        terms = [condition(a) for a in arguments]
        return reduce(lambda a, b: node(name, a, b), terms) if terms else empty

    return operator


def _relation(name: str) -> Callable[[Arguments], Expr]:
    """``lt(a, b, c)`` is ``a < b and b < c``; with fewer than two arguments it holds."""

    def operator(arguments: Arguments) -> Expr:
        terms = [number(a) for a in arguments]
        pairs = [node(name, a, b) for a, b in pairwise(terms)]
        return reduce(lambda a, b: node("and", a, b), pairs) if pairs else TRUE

    return operator


def _minus(arguments: Arguments) -> Expr:
    if len(arguments) == 1:
        return -number(arguments[0])
    a, b = arguments
    return number(a) - number(b)


def _log(arguments: Arguments) -> Expr:
    base, x = map(number, arguments if len(arguments) == 2 else [const(10.0), *arguments])
    if base.op == "const" and base.value == 10.0:
        return node("log10", x)
    return expr.log(x) / expr.log(base)


def _root(arguments: Arguments) -> Expr:
    degree, x = map(number, arguments if len(arguments) == 2 else [const(2.0), *arguments])
    if degree.op == "const" and degree.value == 2.0:
        return expr.sqrt(x)
    return expr.power(x, 1.0 / degree)


def _quotient(a: Expr, b: Expr) -> Expr:
    """The whole part of a / b, towards zero, so that ``a = b * quotient + rem``."""
    ratio = a / b
    return where(ratio >= 0.0, node("floor", ratio), node("ceil", ratio))


def _piecewise(arguments: Arguments) -> Expr:
    """Pieces (value, condition), then perhaps otherwise: without it undefined where none holds."""
    result = number(arguments[-1]) if len(arguments) % 2 else const(math.nan)
    for index in reversed(range(len(arguments) // 2)):
        result = where(condition(arguments[2 * index + 1]), number(arguments[2 * index]), result)
    return result


def _implies(arguments: Arguments) -> Expr:
    a, b = map(condition, arguments)
    return ~a | b


def _not(arguments: Arguments) -> Expr:
    (a,) = arguments
    return ~condition(a)


OPERATORS: Mapping[int, Callable[[Arguments], Expr]] = {
    libsbml.AST_PLUS: _fold(expr.add, 0.0),
    libsbml.AST_TIMES: _fold(expr.mul, 1.0),
    libsbml.AST_MINUS: _minus,
    libsbml.AST_DIVIDE: _two(expr.div),
    libsbml.AST_POWER: _two(expr.power),
    libsbml.AST_FUNCTION_POWER: _two(expr.power),
    libsbml.AST_FUNCTION_ABS: _plain("abs"),
    libsbml.AST_FUNCTION_EXP: _plain("exp"),
    libsbml.AST_FUNCTION_LN: _plain("log"),
    libsbml.AST_FUNCTION_LOG: _log,
    libsbml.AST_FUNCTION_ROOT: _root,
    libsbml.AST_FUNCTION_FLOOR: _plain("floor"),
    libsbml.AST_FUNCTION_CEILING: _plain("ceil"),
    libsbml.AST_FUNCTION_FACTORIAL: _plain("factorial"),
    libsbml.AST_FUNCTION_QUOTIENT: _two(_quotient),
    libsbml.AST_FUNCTION_REM: _two(lambda a, b: node("rem", a, b)),
    libsbml.AST_FUNCTION_MIN: _extreme("min"),
    libsbml.AST_FUNCTION_MAX: _extreme("max"),
    libsbml.AST_FUNCTION_PIECEWISE: _piecewise,
    libsbml.AST_FUNCTION_SIN: _plain("sin"),
    libsbml.AST_FUNCTION_COS: _plain("cos"),
    libsbml.AST_FUNCTION_TAN: _plain("tan"),
    libsbml.AST_FUNCTION_SEC: _inverse("cos"),
    libsbml.AST_FUNCTION_CSC: _inverse("sin"),
    libsbml.AST_FUNCTION_COT: _inverse("tan"),
    libsbml.AST_FUNCTION_SINH: _plain("sinh"),
    libsbml.AST_FUNCTION_COSH: _plain("cosh"),
    libsbml.AST_FUNCTION_TANH: _plain("tanh"),
    libsbml.AST_FUNCTION_SECH: _inverse("cosh"),
    libsbml.AST_FUNCTION_CSCH: _inverse("sinh"),
    libsbml.AST_FUNCTION_COTH: _inverse("tanh"),
    libsbml.AST_FUNCTION_ARCSIN: _plain("asin"),
    libsbml.AST_FUNCTION_ARCCOS: _plain("acos"),
    libsbml.AST_FUNCTION_ARCTAN: _plain("atan"),
    libsbml.AST_FUNCTION_ARCSEC: _of_inverse("acos"),
    libsbml.AST_FUNCTION_ARCCSC: _of_inverse("asin"),
    libsbml.AST_FUNCTION_ARCCOT: _of_inverse("atan"),
    libsbml.AST_FUNCTION_ARCSINH: _plain("asinh"),
    libsbml.AST_FUNCTION_ARCCOSH: _plain("acosh"),
    libsbml.AST_FUNCTION_ARCTANH: _plain("atanh"),
    libsbml.AST_FUNCTION_ARCSECH: _of_inverse("acosh"),
    libsbml.AST_FUNCTION_ARCCSCH: _of_inverse("asinh"),
    libsbml.AST_FUNCTION_ARCCOTH: _of_inverse("atanh"),
    libsbml.AST_LOGICAL_AND: _logical("and", TRUE),
    libsbml.AST_LOGICAL_OR: _logical("or", FALSE),
    libsbml.AST_LOGICAL_XOR: _logical("xor", FALSE),
    libsbml.AST_LOGICAL_NOT: _not,
    libsbml.AST_LOGICAL_IMPLIES: _implies,
    libsbml.AST_RELATIONAL_LT: _relation("lt"),
    libsbml.AST_RELATIONAL_LEQ: _relation("le"),
    libsbml.AST_RELATIONAL_GT: _relation("gt"),
    libsbml.AST_RELATIONAL_GEQ: _relation("ge"),
    libsbml.AST_RELATIONAL_EQ: _relation("eq"),
    libsbml.AST_RELATIONAL_NEQ: _relation("ne"),
}

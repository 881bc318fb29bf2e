"""Writing LLVM code: values with operators, loops and branches as `with` blocks, text out.

The emitter knows types, not models. Vector width and element type are data (`Type`), so one generator
serves every host. Text instead of an object tree because writing and parsing it is several times faster.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

FAST = "contract nsz "
"""Flags of ordinary arithmetic. None of them lets the compiler assume that NaN or infinity is absent.

`reassoc` is left out: reordered sums break what cancels in a network of reactions (Robertson's problem at
rtol 1e-8 errs 7 times as much with it, at 1e-10 58 times), and the code is no faster.
"""

_INTEGER_ORDER = {"lt": "slt", "le": "sle", "gt": "sgt", "ge": "sge", "eq": "eq", "ne": "ne"}
# `une` for "not equal", ordered for the rest: a comparison with NaN is false unless it is "not equal".
_FLOAT_ORDER = {"lt": "olt", "le": "ole", "gt": "ogt", "ge": "oge", "eq": "oeq", "ne": "une"}


@dataclass(frozen=True, slots=True)
class Type:
    """A scalar (`lanes` = 0) or a vector of scalars."""

    scalar: str
    lanes: int = 0

    def __str__(self) -> str:
        return f"<{self.lanes} x {self.scalar}>" if self.lanes else self.scalar

    @property
    def is_float(self) -> bool:
        return self.scalar in ("double", "float")

    @property
    def bits(self) -> int:
        return {"double": 64, "float": 32, "ptr": 64}.get(self.scalar) or int(self.scalar[1:])

    @property
    def bytes(self) -> int:
        return max(1, self.bits // 8) * max(1, self.lanes)

    def of(self, scalar: str) -> Type:
        """As many lanes of another scalar."""
        return Type(scalar, self.lanes)

    @property
    def mask(self) -> Type:
        return self.of("i1")

    @property
    def integer(self) -> Type:
        """The integer type of the same bit width."""
        return self.of(f"i{self.bits}")

    @property
    def element(self) -> Type:
        return Type(self.scalar)

    @property
    def mangled(self) -> str:
        """The type's name in an intrinsic, such as v8f64."""
        name = {"double": "f64", "float": "f32"}.get(self.scalar, self.scalar)
        return f"v{self.lanes}{name}" if self.lanes else name


I1, I8, I32, I64, PTR, F32, F64 = (Type(s) for s in ("i1", "i8", "i32", "i64", "ptr", "float", "double"))


@dataclass(frozen=True, slots=True)
class Value:
    """An SSA value or a constant, with arithmetic."""

    fn: Function
    type: Type
    ref: str

    def _binary(self, other: Value | float | int, float_op: str, int_op: str, swap: bool = False) -> Value:
        a, b = self, self.fn.coerce(other, self.type)
        if swap:
            a, b = b, a
        if self.type.is_float:
            return self.fn.emit(self.type, f"{float_op} {self.fn.flags}{self.type} {a.ref}, {b.ref}")
        return self.fn.emit(self.type, f"{int_op} {self.type} {a.ref}, {b.ref}")

    def __add__(self, other: Value | float | int) -> Value:
        return self._binary(other, "fadd", "add")

    def __radd__(self, other: float | int) -> Value:
        return self._binary(other, "fadd", "add", swap=True)

    def __sub__(self, other: Value | float | int) -> Value:
        return self._binary(other, "fsub", "sub")

    def __rsub__(self, other: float | int) -> Value:
        return self._binary(other, "fsub", "sub", swap=True)

    def __mul__(self, other: Value | float | int) -> Value:
        return self._binary(other, "fmul", "mul")

    def __rmul__(self, other: float | int) -> Value:
        return self._binary(other, "fmul", "mul", swap=True)

    def __truediv__(self, other: Value | float | int) -> Value:
        return self._binary(other, "fdiv", "sdiv")

    def __rtruediv__(self, other: float | int) -> Value:
        return self._binary(other, "fdiv", "sdiv", swap=True)

    def __neg__(self) -> Value:
        if self.type.is_float:
            return self.fn.emit(self.type, f"fneg {self.fn.flags}{self.type} {self.ref}")
        return 0 - self

    def __and__(self, other: Value | int) -> Value:
        return self._binary(other, "?", "and")

    def __or__(self, other: Value | int) -> Value:
        return self._binary(other, "?", "or")

    def __xor__(self, other: Value | int) -> Value:
        return self._binary(other, "?", "xor")

    def __invert__(self) -> Value:
        return self._binary(-1 if self.type.scalar != "i1" else 1, "?", "xor")

    def __lshift__(self, other: Value | int) -> Value:
        return self._binary(other, "?", "shl")

    def __rshift__(self, other: Value | int) -> Value:
        """Logical shift right (see `arithmetic_shift`)."""
        return self._binary(other, "?", "lshr")

    def arithmetic_shift(self, other: Value | int) -> Value:
        return self._binary(other, "?", "ashr")

    def compare(self, order: str, other: Value | float | int) -> Value:
        b = self.fn.coerce(other, self.type)
        op = f"fcmp {_FLOAT_ORDER[order]}" if self.type.is_float else f"icmp {_INTEGER_ORDER[order]}"
        return self.fn.emit(self.type.mask, f"{op} {self.type} {self.ref}, {b.ref}")

    def __lt__(self, other: Value | float | int) -> Value:
        return self.compare("lt", other)

    def __le__(self, other: Value | float | int) -> Value:
        return self.compare("le", other)

    def __gt__(self, other: Value | float | int) -> Value:
        return self.compare("gt", other)

    def __ge__(self, other: Value | float | int) -> Value:
        return self.compare("ge", other)

    def eq(self, other: Value | float | int) -> Value:
        return self.compare("eq", other)

    def ne(self, other: Value | float | int) -> Value:
        return self.compare("ne", other)

    def unordered(self) -> Value:
        """A mask: is this NaN?"""
        return self.fn.emit(self.type.mask, f"fcmp uno {self.type} {self.ref}, {self.ref}")

    def lane(self, index: Value | int) -> Value:
        """One lane of a vector, as a scalar."""
        i = self.fn.coerce(index, I64)
        return self.fn.emit(self.type.element, f"extractelement {self.type} {self.ref}, i64 {i.ref}")

    def with_lane(self, index: Value | int, value: Value | float | int) -> Value:
        """The vector with one lane replaced."""
        i, v = self.fn.coerce(index, I64), self.fn.coerce(value, self.type.element)
        insert = f"insertelement {self.type} {self.ref}, {self.type.element} {v.ref}, i64 {i.ref}"
        return self.fn.emit(self.type, insert)

    def splat(self, lanes: int) -> Value:
        """The scalar in every lane."""
        vector = Type(self.type.scalar, lanes)
        one = self.fn.emit(vector, f"insertelement {vector} poison, {self.type} {self.ref}, i64 0")
        zeros = f"<{lanes} x i32> zeroinitializer"
        return self.fn.emit(vector, f"shufflevector {vector} {one.ref}, {vector} poison, {zeros}")

    def bitcast(self, to: Type) -> Value:
        return self.fn.emit(to, f"bitcast {self.type} {self.ref} to {to}")

    def convert(self, to: Type) -> Value:
        """To another numeric type of as many lanes: the nearest value (floats), toward zero (to integers)."""
        if self.type == to:
            return self
        return self.fn.emit(to, f"{self._conversion(to)} {self.type} {self.ref} to {to}")

    def _conversion(self, to: Type) -> str:
        if self.type.is_float and to.is_float:
            return "fpext" if to.bits > self.type.bits else "fptrunc"
        if self.type.is_float:
            return "fptosi"
        if to.is_float:
            return "sitofp" if self.type.scalar != "i1" else "uitofp"
        if to.bits < self.type.bits:
            return "trunc"
        return "zext" if self.type.scalar == "i1" else "sext"


class Function:
    """One function under construction. Instructions go where the current block is."""

    def __init__(
        self,
        module: Module,
        name: str,
        arguments: Sequence[tuple[str, Type]],
        result: Type | None = None,
        noalias: bool = True,
        internal: bool = False,
        attributes: str = "",
    ) -> None:
        self.module = module
        self.name = name
        self.flags = FAST
        self.arguments = {n: Value(self, t, f"%{n}") for n, t in arguments}
        self._count = 0
        self._lines: list[str] = []
        self._allocas: list[str] = []
        self._block = "entry"
        hint = " noalias" if noalias else ""
        listed = ", ".join(f"{t}{hint if t == PTR else ''} %{n}" for n, t in arguments)
        linkage = "internal " if internal else ""
        self._head = f"define {linkage}{result or 'void'} @{name}({listed}) nounwind {attributes} {{"
        module.functions.append(self)

    def __getitem__(self, name: str) -> Value:
        return self.arguments[name]

    def text(self) -> str:
        return "\n".join([self._head, "entry:", *self._allocas, *self._lines, "}", ""])

    # -- instructions

    def fresh(self, stem: str = "%v") -> str:
        self._count += 1
        return f"{stem}{self._count}"

    def raw(self, line: str) -> None:
        self._lines.append("  " + line)

    def emit(self, result: Type, instruction: str) -> Value:
        name = self.fresh()
        self._lines.append(f"  {name} = {instruction}")
        return Value(self, result, name)

    def const(self, kind: Type, value: float | int) -> Value:
        return Value(self, kind, literal(kind, value))

    def coerce(self, value: Value | float | int, kind: Type) -> Value:
        if isinstance(value, Value):
            if value.type != kind:
                raise TypeError(f"{self.name}: {value.type} where {kind} is needed")
            return value
        return self.const(kind, value)

    def call(self, result: Type | None, name: str, *arguments: Value) -> Value:
        """A call of a function of this module or, declared on the way, of an intrinsic or external one."""
        self.module.declare(result, name, [a.type for a in arguments])
        listed = ", ".join(f"{a.type} {a.ref}" for a in arguments)
        instruction = f"call {result or 'void'} @{name}({listed})"
        if result is None:
            self.raw(instruction)
            return Value(self, I1, "poison")
        return self.emit(result, instruction)

    def intrinsic(self, name: str, *arguments: Value) -> Value:
        """`llvm.NAME` of the type of its first argument, such as ``sqrt`` or ``fabs``."""
        kind = arguments[0].type
        return self.call(kind, f"llvm.{name}.{kind.mangled}", *arguments)

    def fma(self, a: Value, b: Value | float, c: Value | float) -> Value:
        """a * b + c, rounded once (the fused instruction, also under `exact`)."""
        return self.intrinsic("fma", a, self.coerce(b, a.type), self.coerce(c, a.type))

    def select(self, condition: Value, yes: Value | float | int, no: Value | float | int) -> Value:
        kind = yes.type if isinstance(yes, Value) else no.type if isinstance(no, Value) else None
        if kind is None:
            raise TypeError("select needs at least one typed value")
        a, b = self.coerce(yes, kind), self.coerce(no, kind)
        return self.emit(kind, f"select {condition.type} {condition.ref}, {kind} {a.ref}, {kind} {b.ref}")

    def minimum(self, a: Value, b: Value | float | int) -> Value:
        """The smaller one; b where either is NaN."""
        other = self.coerce(b, a.type)
        return self.select(a < other, a, other)

    def maximum(self, a: Value, b: Value | float | int) -> Value:
        """The larger one; b where either is NaN."""
        other = self.coerce(b, a.type)
        return self.select(a > other, a, other)

    def rough_inverse(self, x: Value) -> Value:
        """1 / x to about 14 bits where AVX-512 has an instruction for it, in full elsewhere."""
        name = {"<8 x double>": "pd", "<16 x float>": "ps"}.get(str(x.type))
        if name is None or not self.module.has_rough_inverse:
            return 1.0 / x
        kind, mask = str(x.type), f"i{x.type.lanes}"
        self.module.declare_text(
            f"llvm.x86.avx512.rcp14.{name}.512",
            f"declare {kind} @llvm.x86.avx512.rcp14.{name}.512({kind}, {kind}, {mask})",
        )
        arguments = f"{kind} {x.ref}, {kind} zeroinitializer, {mask} -1"
        return self.emit(x.type, f"call {kind} @llvm.x86.avx512.rcp14.{name}.512({arguments})")

    def any(self, mask: Value) -> Value:
        """Whether any lane of a mask is set."""
        word = Type(f"i{mask.type.lanes}")
        return self.emit(word, f"bitcast {mask.type} {mask.ref} to {word}").ne(0)

    @contextmanager
    def exact(self) -> Iterator[None]:
        """Arithmetic as written: nothing reordered, nothing fused (for error-free transformations)."""
        before, self.flags = self.flags, ""
        try:
            yield
        finally:
            self.flags = before

    # -- memory

    def at(self, base: Value, index: Value | int, kind: Type) -> Value:
        """The address of element `index` of an array of `kind`."""
        i = self.coerce(index, I64)
        if i.ref == "0":
            return base
        return self.emit(PTR, f"getelementptr {kind}, ptr {base.ref}, i64 {i.ref}")

    def load(self, kind: Type, base: Value, index: Value | int = 0, align: int | None = None) -> Value:
        address = self.at(base, index, kind)
        return self.emit(kind, f"load {kind}, ptr {address.ref}, align {align or kind.bytes}")

    def store(self, value: Value, base: Value, index: Value | int = 0, align: int | None = None) -> None:
        address = self.at(base, index, value.type)
        self.raw(f"store {value.type} {value.ref}, ptr {address.ref}, align {align or value.type.bytes}")

    def variable(self, kind: Type, start: Value | float | int) -> Variable:
        """A local that can change; the compiler turns it into a register."""
        name = self.fresh()
        self._allocas.append(f"  {name} = alloca {kind}, align {kind.bytes}")
        variable = Variable(self, kind, Value(self, PTR, name))
        variable.set(start)
        return variable

    # -- control flow

    def _start(self, label: str) -> None:
        self._lines.append(f"{label}:")
        self._block = label

    def jump(self, label: str) -> None:
        self.raw(f"br label %{label}")

    def branch(self, condition: Value, yes: str, no: str) -> None:
        self.raw(f"br i1 {condition.ref}, label %{yes}, label %{no}")

    def ret(self, value: Value | None = None) -> None:
        """Return here; more blocks may follow."""
        self.finish(value)
        self._start(self.fresh("dead"))

    def finish(self, value: Value | None = None) -> None:
        """The last return of the function."""
        self.raw(f"ret {value.type} {value.ref}" if value else "ret void")

    @contextmanager
    def when(self, condition: Value) -> Iterator[None]:
        yes, end = self.fresh("then"), self.fresh("end")
        self.branch(condition, yes, end)
        self._start(yes)
        yield
        self.jump(end)
        self._start(end)

    @contextmanager
    def choose(self, condition: Value) -> Iterator[Otherwise]:
        """`with f.choose(c) as otherwise: ...; otherwise(); ...`: what follows the call is the else."""
        yes, no, end = self.fresh("then"), self.fresh("else"), self.fresh("end")
        self.branch(condition, yes, no)
        self._start(yes)
        yield Otherwise(self, no, end)
        self.jump(end)
        self._start(end)

    @contextmanager
    def loop(self, stop: Value | int, start: Value | int = 0) -> Iterator[Value]:
        """Counts an i64 from `start` up to `stop` (not included)."""
        first, last = self.coerce(start, I64), self.coerce(stop, I64)
        head, body, end = self.fresh("head"), self.fresh("body"), self.fresh("end")
        before = self._block
        self.jump(head)
        self._start(head)
        index = Value(self, I64, self.fresh())
        phi = len(self._lines)
        self._lines.append("")
        self.branch(index < last, body, end)
        self._start(body)
        yield index
        following = index + 1
        self._lines[phi] = (
            f"  {index.ref} = phi i64 [ {first.ref}, %{before} ], [ {following.ref}, %{self._block} ]"
        )
        self.jump(head)
        self._start(end)

    @contextmanager
    def each(self, mask: Value) -> Iterator[Value]:
        """The numbers (i64) of the lanes that are set, lowest first."""
        bits = Type(f"i{mask.type.lanes}")
        word = self.emit(bits, f"bitcast {mask.type} {mask.ref} to {bits}")
        wide = self.emit(I64, f"zext {bits} {word.ref} to i64")
        left = self.variable(I64, wide)
        with self.forever() as loop:
            now = left.get()
            loop.leave_if(now.eq(0))
            left.set(now & (now - 1))
            yield self.call(I64, "llvm.cttz.i64", now, self.const(I1, 1))

    @contextmanager
    def forever(self) -> Iterator[Forever]:
        """A loop left by `leave_if(condition)`."""
        head, end = self.fresh("head"), self.fresh("end")
        self.jump(head)
        self._start(head)
        yield Forever(self, end)
        self.jump(head)
        self._start(end)


@dataclass(frozen=True)
class Otherwise:
    """Ends the first arm of `choose` and starts the second."""

    fn: Function
    label: str
    end: str

    def __call__(self) -> None:
        self.fn.jump(self.end)
        self.fn._start(self.label)


@dataclass(frozen=True)
class Forever:
    """The way out of an endless loop."""

    fn: Function
    end: str

    def leave_if(self, condition: Value) -> None:
        stay = self.fn.fresh("stay")
        self.fn.branch(condition, self.end, stay)
        self.fn._start(stay)


@dataclass(frozen=True)
class Variable:
    """A mutable local."""

    fn: Function
    type: Type
    address: Value

    def get(self) -> Value:
        return self.fn.load(self.type, self.address)

    def set(self, value: Value | float | int) -> None:
        self.fn.store(self.fn.coerce(value, self.type), self.address)


class Module:
    """Functions, tables of constants and declarations, printed as one text."""

    def __init__(self, has_rough_inverse: bool = False) -> None:
        self.has_rough_inverse = has_rough_inverse
        self.functions: list[Function] = []
        self._declared: dict[str, str] = {}
        self._tables: dict[str, str] = {}

    def declare(self, result: Type | None, name: str, arguments: Sequence[Type]) -> None:
        listed = ", ".join(map(str, arguments))
        self.declare_text(name, f"declare {result or 'void'} @{name}({listed})")

    def declare_text(self, name: str, text: str) -> None:
        """A declaration as LLVM writes it."""
        self._declared.setdefault(name, text)

    def table(self, name: str, kind: Type, values: Sequence[float | int]) -> str:
        """A constant array; returns the name of its address."""
        listed = ", ".join(f"{kind} {literal(kind, v)}" for v in values)
        array = f"[{len(values)} x {kind}]"
        self._tables[name] = f"@{name} = internal unnamed_addr constant {array} [{listed}], align 64"
        return f"@{name}"

    def text(self) -> str:
        defined = {f.name for f in self.functions}
        declared = [d for name, d in self._declared.items() if name not in defined]
        return "\n".join([*self._tables.values(), *declared, *(f.text() for f in self.functions)])


def literal(kind: Type, value: float | int) -> str:
    """A constant as LLVM writes it; a vector has it in every lane."""
    if kind.lanes:
        return f"splat ({kind.element} {literal(kind.element, value)})"
    if kind.is_float:
        # LLVM writes a float as the double of the same value.
        if kind.scalar == "float":
            (value,) = struct.unpack("<f", struct.pack("<f", value))
        return f"0x{struct.unpack('<Q', struct.pack('<d', value))[0]:016X}"
    if kind.scalar == "i1":
        return "true" if value else "false"
    return str(int(value))

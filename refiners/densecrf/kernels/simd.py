"""Eight float32 at a time inside compiled loops.

numba leaves loops as short as "the classes of one pixel" scalar. These few operations on a type of their own, one
vector register of the processor, make them explicit. They compile on any processor: where registers are shorter, LLVM
takes several.
"""

from __future__ import annotations

from typing import Any

from llvmlite import ir
from numba import types
from numba.extending import intrinsic, models, register_model

LANES = 8

_REGISTER = ir.VectorType(ir.FloatType(), LANES)
_FUSED = ("contract",)


class Float32x8(types.Type):
    """Type that `load` returns and the other operations take."""

    def __init__(self) -> None:
        super().__init__(name="Float32x8")


float32x8 = Float32x8()


@register_model(Float32x8)
class _Model(models.PrimitiveModel):
    def __init__(self, manager: Any, numba_type: Any) -> None:
        super().__init__(manager, numba_type, _REGISTER)


@intrinsic
def load(typing_context: Any, array: Any, index: Any) -> Any:  # noqa: ARG001
    """array[index : index + 8] of a contiguous float32 (n,) array; index unsigned, not checked."""

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        return builder.load(_address(context, builder, signature.args[0], *arguments), align=4)

    return float32x8(array, types.uintp), generate


@intrinsic
def store(typing_context: Any, array: Any, index: Any, values: Any) -> Any:  # noqa: ARG001
    """array[index : index + 8] = values; as `load`."""

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        builder.store(arguments[2], _address(context, builder, signature.args[0], *arguments[:2]), align=4)
        return context.get_dummy_value()

    return types.void(array, types.uintp, float32x8), generate


@intrinsic
def add(typing_context: Any, a: Any, b: Any) -> Any:  # noqa: ARG001
    """a + b."""

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:  # noqa: ARG001
        return builder.fadd(*arguments, flags=_FUSED)

    return float32x8(float32x8, float32x8), generate


@intrinsic
def add_scaled(typing_context: Any, a: Any, b: Any, factor: Any) -> Any:  # noqa: ARG001
    """a + factor * b, with one rounding where the processor can."""

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:  # noqa: ARG001
        a, b, factor = arguments
        return builder.fadd(a, builder.fmul(b, _spread(builder, factor), flags=_FUSED), flags=_FUSED)

    return float32x8(float32x8, float32x8, types.float32), generate


@intrinsic
def as_float(typing_context: Any, bits: Any) -> Any:  # noqa: ARG001
    """The float32 with the bits of an int32."""
    return types.float32(types.int32), lambda _context, builder, _signature, arguments: builder.bitcast(
        arguments[0], ir.FloatType()
    )


@intrinsic
def as_bits(typing_context: Any, value: Any) -> Any:  # noqa: ARG001
    """The bits of a float32 as an int32."""
    return types.int32(types.float32), lambda _context, builder, _signature, arguments: builder.bitcast(
        arguments[0], ir.IntType(32)
    )


def _address(context: Any, builder: Any, array_type: Any, array: Any, index: Any) -> Any:
    data = context.make_array(array_type)(context, builder, array).data
    return builder.bitcast(builder.gep(data, [index]), _REGISTER.as_pointer())


def _spread(builder: Any, scalar: Any) -> Any:
    undefined = ir.Constant(_REGISTER, ir.Undefined)
    first = builder.insert_element(undefined, scalar, ir.Constant(ir.IntType(32), 0))
    mask = ir.Constant(ir.VectorType(ir.IntType(32), LANES), [0] * LANES)
    return builder.shuffle_vector(first, undefined, mask)

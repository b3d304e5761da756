"""Compare what is written with the catalog: the same columns, each of a type that loses nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pyarrow as pa
import pyarrow.types as kind

from lakehouse.errors import WrongSchema

if TYPE_CHECKING:
    from lakehouse.catalog import Table

UNITS = ("s", "ms", "us")
"""Units of time that microseconds hold whole."""


def check_schema(table: Table, wanted: pa.Schema, given: pa.Schema) -> None:
    """Raise WrongSchema unless the names are the same and each type given fits the one wanted."""
    types = {name: given.field(name).type for name in given.names}
    missing = sorted(set(wanted.names) - set(types))
    unknown = sorted(set(types) - set(wanted.names))
    parts = [
        f"{word} {', '.join(names)}"
        for word, names in (("missing", missing), ("unknown", unknown))
        if names
    ]
    parts += [
        f"{name} is {types[name]} and not {table.column_types[name]}"
        for name in wanted.names
        if name in types and not fits(types[name], wanted.field(name).type)
    ]
    if parts:
        raise WrongSchema(table.name, "; ".join(parts))


def fits(given: pa.DataType, wanted: pa.DataType) -> bool:
    """Whether every value of one type is, unchanged, a value of the other.

    Text is never read as a number or a time, whatever it says; an instant needs its zone.
    """
    if given == wanted or kind.is_null(given):
        return True
    if kind.is_dictionary(given):
        return fits(given.value_type, wanted)
    if kind.is_nested(wanted):
        return _nested(given, wanted)
    if kind.is_floating(wanted):
        return _bits(given) <= _bits(wanted)
    if kind.is_signed_integer(wanted):
        return kind.is_integer(given) and _bits(given) <= _bits(wanted)
    if kind.is_timestamp(wanted):
        return kind.is_timestamp(given) and given.tz is not None and given.unit in UNITS
    texts = kind.is_large_string(given) or kind.is_string_view(given)
    return bool(kind.is_string(wanted) and texts)


def _bits(given: pa.DataType) -> float:
    """How many bits of a whole number the type may use, sign aside; infinite where it is no number."""
    if kind.is_integer(given):
        return float(given.bit_width - kind.is_signed_integer(given))
    floating = {16: 11, 32: 24, 64: 53}  # the significand, with the bit that is not stored
    return floating[given.bit_width] if kind.is_floating(given) else float("inf")


def _nested(given: pa.DataType, wanted: pa.DataType) -> bool:
    if kind.is_struct(wanted):
        told = {field.name: field.type for field in given} if kind.is_struct(given) else {}
        return told.keys() == {field.name for field in wanted} and all(
            fits(told[field.name], field.type) for field in wanted
        )
    if kind.is_map(wanted):
        return (
            kind.is_map(given)
            and fits(given.key_type, wanted.key_type)
            and fits(given.item_type, wanted.item_type)
        )
    lists = kind.is_list(given) or kind.is_large_list(given) or kind.is_fixed_size_list(given)
    return lists and fits(given.value_type, wanted.value_type)

"""Writes the typed clients (``clients/``) from the contracts' own specifications."""

from __future__ import annotations

import keyword
from collections.abc import Iterable

from stellar_sdk import xdr

Kind = xdr.SCSpecType

# Type -> (Python, written by, read by); ``{}`` is the value.
_PLAIN = {
    Kind.SC_SPEC_TYPE_BOOL: ("bool", "scval.to_bool({})", "scval.from_bool({})"),
    Kind.SC_SPEC_TYPE_U32: ("int", "scval.to_uint32({})", "scval.from_uint32({})"),
    Kind.SC_SPEC_TYPE_I32: ("int", "scval.to_int32({})", "scval.from_int32({})"),
    Kind.SC_SPEC_TYPE_U64: ("int", "scval.to_uint64({})", "scval.from_uint64({})"),
    Kind.SC_SPEC_TYPE_I64: ("int", "scval.to_int64({})", "scval.from_int64({})"),
    Kind.SC_SPEC_TYPE_U128: ("int", "scval.to_uint128({})", "scval.from_uint128({})"),
    Kind.SC_SPEC_TYPE_I128: ("int", "scval.to_int128({})", "scval.from_int128({})"),
    Kind.SC_SPEC_TYPE_BYTES: ("bytes", "scval.to_bytes({})", "scval.from_bytes({})"),
    Kind.SC_SPEC_TYPE_BYTES_N: ("bytes", "scval.to_bytes({})", "scval.from_bytes({})"),
    Kind.SC_SPEC_TYPE_STRING: ("str", "scval.to_string({})", "scval.from_string({}).decode()"),
    Kind.SC_SPEC_TYPE_SYMBOL: ("str", "scval.to_symbol({})", "scval.from_symbol({})"),
    Kind.SC_SPEC_TYPE_ADDRESS: ("str", "scval.to_address({})", "scval.from_address({}).address"),
    Kind.SC_SPEC_TYPE_MUXED_ADDRESS: ("str", "scval.to_address({})", "scval.from_address({}).address"),
    Kind.SC_SPEC_TYPE_VAL: ("xdr.SCVal", "{}", "{}"),
}
_RAW = ("xdr.SCVal", "{}", "{}")


def write_client(contract: str, entries: list[xdr.SCSpecEntry]) -> str:
    """The module of one contract: a class for each struct, a function for each entry point, its errors by number."""
    kinds = xdr.SCSpecEntryKind
    structs = {
        _text(e.udt_struct_v0.name): e.udt_struct_v0 for e in entries if e.kind == kinds.SC_SPEC_ENTRY_UDT_STRUCT_V0
    }
    functions = [e.function_v0 for e in entries if e.kind == kinds.SC_SPEC_ENTRY_FUNCTION_V0]
    errors = {
        case.value.uint32: _text(case.name)
        for e in entries
        if e.kind == kinds.SC_SPEC_ENTRY_UDT_ERROR_ENUM_V0
        for case in e.udt_error_enum_v0.cases
    }
    types = _Types(structs)
    bodies = [types.struct(name, structs[name]) for name in _in_order(structs)]
    bodies += [types.function(contract, f) for f in functions if not _text(f.name.sc_symbol).startswith("__")]
    listed = "".join(f'    {code}: "{name}",\n' for code, name in sorted(errors.items()))
    bodies.append(f"ERRORS = {{\n{listed}}}\n" if errors else "ERRORS: dict[int, str] = {}\n")
    body = "\n\n".join(bodies)
    imports = ["from stellar_sdk import scval, xdr"] if "scval." in body else ["from stellar_sdk import xdr"]
    if structs:
        imports.insert(0, "from dataclasses import dataclass\n")
    names = ["Invocation"] + (["nothing"] if "nothing)" in body else [])
    return (
        f'"""Typed calls of the {contract} contract. Written by `bin/manage generate_clients`: do not edit."""\n\n'
        f"from __future__ import annotations\n\n{chr(10).join(imports)}\n\n"
        f"from stelltron.ledger.invocation import {', '.join(names)}\n\n\n{body}"
    )


class _Types:
    def __init__(self, structs: dict[str, xdr.SCSpecUDTStructV0]) -> None:
        self.structs = structs

    def struct(self, name: str, spec: xdr.SCSpecUDTStructV0) -> str:
        fields = [(_text(field.name), self.of(field.type)) for field in spec.fields]
        declared = "".join(f"    {_safe(field)}: {python}\n" for field, (python, _, _) in fields)
        written = "".join(
            f'                scval.to_symbol("{field}"): {to.format(f"self.{_safe(field)}")},\n'
            for field, (_, to, _) in sorted(fields)
        )
        read = "".join(
            f'            {_safe(field)}={back.format(f"""fields["{field}"]""")},\n' for field, (_, _, back) in fields
        )
        return (
            f"@dataclass(frozen=True)\nclass {name}:\n{declared}\n"
            f"    def to_scval(self) -> xdr.SCVal:\n        return scval.to_map(\n            {{\n{written}"
            f"            }}\n        )\n\n"
            f"    @classmethod\n    def from_scval(cls, value: xdr.SCVal) -> {name}:\n"
            f"        fields = {{scval.from_symbol(key): item for key, item in scval.from_map(value).items()}}\n"
            f"        return cls(\n{read}        )\n"
        )

    def function(self, contract: str, spec: xdr.SCSpecFunctionV0) -> str:
        name = _text(spec.name.sc_symbol)
        inputs = [(_safe(_text(field.name)), self.of(field.type)) for field in spec.inputs]
        outputs = [self.of(output) for output in spec.outputs]
        python, _, back = outputs[0] if outputs else ("None", "", "")
        params = ", ".join(f"{field}: {kind}" for field, (kind, _, _) in inputs)
        args = ", ".join(to.format(field) for field, (_, to, _) in inputs)
        read = f"lambda value: {back.format('value')}" if outputs else "nothing"
        return (
            f"def {_safe(name)}({params}) -> Invocation[{python}]:\n"
            f'    return Invocation("{contract}", "{name}", [{args}], {read})\n'
        )

    def of(self, spec: xdr.SCSpecTypeDef) -> tuple[str, str, str]:
        """(Python type, how it is written, how it is read)."""
        if spec.type in _PLAIN:
            return _PLAIN[spec.type]
        if spec.type == Kind.SC_SPEC_TYPE_OPTION:
            python, to, back = self.of(spec.option.value_type)
            is_void = "{}.type == xdr.SCValType.SCV_VOID"
            return (
                f"{python} | None",
                f"scval.to_void() if {{0}} is None else {to.replace('{}', '{0}')}",
                (f"None if {is_void.replace('{}', '{0}')} else {back.replace('{}', '{0}')}"),
            )
        if spec.type == Kind.SC_SPEC_TYPE_VEC:
            python, to, back = self.of(spec.vec.element_type)
            return (
                f"list[{python}]",
                f"scval.to_vec([{to.replace('{}', 'item')} for item in {{}}])",
                f"[{back.replace('{}', 'item')} for item in scval.from_vec({{}})]",
            )
        if spec.type == Kind.SC_SPEC_TYPE_TUPLE:
            parts = [self.of(part) for part in spec.tuple.value_types]
            written = [to.replace("{}", f"{{0}}[{at}]") for at, (_, to, _) in enumerate(parts)]
            read = [back.replace("{}", f"scval.from_vec({{0}})[{at}]") for at, (_, _, back) in enumerate(parts)]
            return (
                f"tuple[{', '.join(python for python, _, _ in parts)}]",
                f"scval.to_vec([{', '.join(written)}])",
                f"({', '.join(read)})",
            )
        if spec.type == Kind.SC_SPEC_TYPE_UDT and _text(spec.udt.name) in self.structs:
            name = _text(spec.udt.name)
            return name, "{}.to_scval()", f"{name}.from_scval({{}})"
        return _RAW


def _in_order(structs: dict[str, xdr.SCSpecUDTStructV0]) -> Iterable[str]:
    return sorted(structs)


def _safe(name: str) -> str:
    return f"{name}_" if keyword.iskeyword(name) else name


def _text(raw: bytes) -> str:
    return raw.decode()

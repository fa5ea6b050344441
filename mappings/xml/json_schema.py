"""JSON Schema (draft 2020-12) of an element's typed value.

Types that are shared, recursive or chosen by xsi:type are in `$defs`; the others stand where they are used.
"""

from __future__ import annotations

from collections import Counter

from mappings.contract import JsonSchema, JsonValue
from mappings.xml.content import (
    NIL,
    TEXT,
    AllNode,
    AnyNode,
    ChoiceNode,
    ElementNode,
    Node,
    RepeatNode,
    SequenceNode,
    is_emptiable,
    keys_of,
    plan,
    plan_attributes,
    required_keys,
)
from mappings.xml.model import AnyType, ComplexType, Definitions, ElementDeclaration, Type, local_name
from mappings.xml.polymorphic import stand_ins, type_member
from mappings.xml.raw import RAW
from mappings.xml.simple import compile_simple
from mappings.xml.simple_schema import simple_schema

DIALECT = "https://json-schema.org/draft/2020-12/schema"


def element_schema(declaration: ElementDeclaration, definitions: Definitions) -> JsonSchema:
    """The schema of the value that the element's codec takes and gives."""
    builder = _Builder(definitions)
    builder.count(declaration)
    schema = builder.element(declaration)
    result: JsonSchema = {"$schema": DIALECT, **schema}
    if builder.defs:
        result["$defs"] = dict(sorted(builder.defs.items()))
    return result


class _Builder:
    def __init__(self, definitions: Definitions) -> None:
        self.definitions = definitions
        self.defs: dict[str, JsonValue] = {}
        self.names: dict[str, str] = {}
        self.uses: Counter[str] = Counter()
        self.plans: dict[str, Node] = {}
        self.families: set[str] = set()

    # --- which types are shared

    def count(self, root: ElementDeclaration) -> None:
        waiting = [root]
        while waiting:
            declaration = waiting.pop()
            derived = self.definitions.derived.get(declaration.type, ())
            if derived:
                self.families.update((declaration.type, *derived))
            for key in (declaration.type, *derived):
                kind = self.definitions.types[key]
                if not isinstance(kind, ComplexType) or kind.mixed:
                    continue
                self.uses[key] += 1
                if key not in self.plans:
                    node = self.plans[key] = plan(kind.content, self.definitions)
                    waiting.extend(_elements(node))

    def _name(self, key: str) -> str:
        if key not in self.names:
            base = "".join(c if c.isalnum() or c in "_.-" else "_" for c in local_name(key)) or "type"
            name, number = base, 1
            while name in self.names.values():
                number += 1
                name = f"{base}_{number}"
            self.names[key] = name
        return self.names[key]

    # --- elements

    def element(self, declaration: ElementDeclaration) -> JsonSchema:
        kind = self.definitions.types[declaration.type]
        schema = self._declared_type(declaration, kind)
        if declaration.documentation:
            schema = {**schema, "description": declaration.documentation}
        if isinstance(kind, AnyType | ComplexType):
            return self._nillable(schema, declaration, kind)
        codec = compile_simple(kind)
        if declaration.fixed is not None and not codec.is_qname:
            schema = {**schema, "const": codec.read(declaration.fixed)}
        elif declaration.default is not None and not codec.is_qname:
            schema = {**schema, "default": codec.read(declaration.default)}
        return self._nillable(schema, declaration, kind)

    def _nillable(self, schema: JsonSchema, declaration: ElementDeclaration, kind: Type) -> JsonSchema:
        if not declaration.nillable or declaration.fixed is not None:
            return schema
        if schema.get("type") == "string" and not schema.keys() & {"enum", "const"}:
            return {**schema, "type": ["string", "null"]}
        options: list[JsonValue] = [schema]
        if not (isinstance(kind, ComplexType) and any(item.required for item in kind.attributes)):
            options.append({"type": "null"})
        if isinstance(kind, ComplexType) and not kind.mixed:
            if kind.attributes or kind.any_attribute:
                options.append(self._nil_object(kind))
            member = type_member(self.definitions, declaration.type)
            options.extend(self._nil_derived(name, member) for name in self._concrete(declaration))
        return {"anyOf": options}

    def _nil_object(self, kind: ComplexType) -> JsonSchema:
        properties, required = self._attributes(kind)
        properties[NIL] = {"const": True}
        return _object(properties, [*required, NIL], kind)

    def _nil_derived(self, name: str, member: str) -> JsonSchema:
        """Nil of a derived type, which the member names."""
        kind = self.definitions.types[name]
        assert isinstance(kind, ComplexType)
        properties, required = self._attributes(kind)
        properties = {member: {"const": name}, **properties, NIL: {"const": True}}
        return _object(properties, [member, *required, NIL], kind)

    def _concrete(self, declaration: ElementDeclaration) -> list[str]:
        """The types that xsi:type may name in place of the declared one."""
        return [name for name in stand_ins(self.definitions, declaration) if not self._is_abstract(name)]

    def _declared_type(self, declaration: ElementDeclaration, kind: Type) -> JsonSchema:
        key = declaration.type
        concrete = self._concrete(declaration)
        if not isinstance(kind, ComplexType) or kind.mixed or not concrete:
            return self._type(key, kind)
        member = type_member(self.definitions, key)
        options: list[JsonValue] = []
        if not kind.abstract:
            options.append(self._type(key, kind))
        options.extend(self._derived(name, member) for name in concrete)
        return {"oneOf": options} if len(options) != 1 else dict(options[0])  # type: ignore[arg-type]

    def _derived(self, name: str, member: str) -> JsonSchema:
        """A derived type with the member that names it. Its own schema allows no further member, so it is
        written out again with that one."""
        key = f"{name} by type"
        if key not in self.names:
            self.names[key] = self._name(name) + ".typed"
            kind = self.definitions.types[name]
            assert isinstance(kind, ComplexType)
            schema = _raw_object() if kind.mixed else self._complex(name, kind)
            if schema.get("type") != "object" or "properties" not in schema:
                schema = {"type": "object", "properties": {TEXT: schema}, "required": [TEXT]}
                schema["additionalProperties"] = False
            properties = schema["properties"]
            required = schema.get("required", [])
            assert isinstance(properties, dict)
            assert isinstance(required, list)
            schema["properties"] = {member: {"const": name}, **properties}
            schema["required"] = [member, *required]
            self.defs[self.names[key]] = schema
        return {"$ref": f"#/$defs/{self.names[key]}"}

    def _is_abstract(self, key: str) -> bool:
        kind = self.definitions.types[key]
        return isinstance(kind, ComplexType) and kind.abstract

    # --- types

    def _type(self, key: str, kind: Type) -> JsonSchema:
        if isinstance(kind, AnyType) or (isinstance(kind, ComplexType) and kind.mixed):
            return _raw(kind)
        if not isinstance(kind, ComplexType):
            return simple_schema(kind)
        if self.uses[key] < 2 and key not in self.families:
            return self._complex(key, kind)
        name = self._name(key)
        if name not in self.defs:
            self.defs[name] = {}
            self.defs[name] = self._complex(key, kind)
        return {"$ref": f"#/$defs/{name}"}

    def _complex(self, key: str, kind: ComplexType) -> JsonSchema:
        if kind.mixed:
            return _raw(kind)
        properties, required = self._attributes(kind)
        if kind.text is not None:
            text = simple_schema(kind.text)
            if not (kind.attributes or kind.any_attribute):
                return {**text, **_described(kind)}
            return _object({TEXT: text, **properties}, [*required, TEXT], kind)
        node = self.plans.get(key) or plan(kind.content, self.definitions)
        for name, schemas in self._members(node).items():
            properties[name] = schemas[0] if len(schemas) == 1 else {"anyOf": list(schemas)}
        schema = _object(properties, [*required, *_ordered(required_keys(node), properties)], kind)
        return {**schema, **_joined(_rules(node))}

    def _attributes(self, kind: ComplexType) -> tuple[dict[str, JsonValue], list[JsonValue]]:
        properties: dict[str, JsonValue] = {}
        required: list[JsonValue] = []
        for item in plan_attributes(kind):
            codec = compile_simple(item.attribute.type)
            schema = simple_schema(item.attribute.type)
            if item.attribute.documentation:
                schema["description"] = item.attribute.documentation
            if item.attribute.fixed is not None and not codec.is_qname:
                schema["const"] = codec.read(item.attribute.fixed)
            elif item.attribute.default is not None and not codec.is_qname:
                schema["default"] = codec.read(item.attribute.default)
            properties[item.key] = schema
            if item.attribute.required:
                required.append(item.key)
        return properties, required

    # --- content

    def _members(self, node: Node) -> dict[str, list[JsonSchema]]:
        """The schemas of each member; several where branches of a choice differ."""
        match node:
            case ElementNode():
                schema = self.element(node.element)
                return {node.key: [_array(schema, node.minimum, node.maximum) if node.many else schema]}
            case AnyNode():
                text: JsonSchema = {"type": "string", "contentMediaType": "application/xml"}
                text["description"] = "An XML element."
                return {node.key: [_array(text, node.minimum, node.maximum) if node.many else text]}
            case RepeatNode():
                least = 0 if is_emptiable(node.body) else node.minimum
                return {node.key: [_array(self._group(node.body), least, node.maximum)]}
            case ChoiceNode():
                inner = node.branches
            case SequenceNode() | AllNode():
                inner = node.nodes
        found: dict[str, list[JsonSchema]] = {}
        for item in inner:
            for key, schemas in self._members(item).items():
                known = found.setdefault(key, [])
                known.extend(schema for schema in schemas if schema not in known)
        return found

    def _group(self, body: Node) -> JsonSchema:
        properties: dict[str, JsonValue] = {
            key: schemas[0] if len(schemas) == 1 else {"anyOf": list(schemas)}
            for key, schemas in self._members(body).items()
        }
        schema: JsonSchema = {"type": "object", "properties": properties}
        required = _ordered(required_keys(body), properties)
        if required:
            schema["required"] = required
        return {**schema, "additionalProperties": False, "minProperties": 1, **_joined(_rules(body))}


def _elements(node: Node) -> list[ElementDeclaration]:
    match node:
        case ElementNode():
            return [node.element]
        case AnyNode():
            return []
        case RepeatNode():
            return _elements(node.body)
        case ChoiceNode():
            return [element for branch in node.branches for element in _elements(branch)]
        case SequenceNode() | AllNode():
            return [element for item in node.nodes for element in _elements(item)]


# --- which members go together


def _rules(node: Node) -> list[JsonSchema]:
    """What `properties` and `required` cannot say: choices, and groups that are there whole or not at all."""
    match node:
        case ElementNode() | AnyNode() | RepeatNode():
            return []
        case ChoiceNode():
            return [_choice(node)]
        case SequenceNode() | AllNode():
            inner = [rule for item in node.nodes for rule in _rules(item)]
            if not node.optional:
                return inner
            whole = SequenceNode(node.nodes)
            required = _sorted(required_keys(whole))
            if not required and not inner:
                return []
            present: JsonSchema = {"required": required, **_joined(inner)}
            return [{"anyOf": [_without(keys_of(node)), present]}]


def _choice(node: ChoiceNode) -> JsonSchema:
    keys = keys_of(node)
    single = all(isinstance(branch, ElementNode | AnyNode | RepeatNode) for branch in node.branches)
    options: list[JsonValue] = []
    for branch in node.branches:
        if single and isinstance(branch, ElementNode | AnyNode | RepeatNode):
            options.append({"required": [branch.key]})
            continue
        option: JsonSchema = _without(keys - keys_of(branch))
        required = _sorted(required_keys(branch))
        if required:
            option["required"] = required
        options.append({**option, **_joined(_rules(branch))})
    if is_emptiable(node):
        options.append(_without(keys))
    exclusive = single or len(options) == 1
    return {"oneOf" if exclusive else "anyOf": options}


def _without(keys: frozenset[str]) -> JsonSchema:
    return {"properties": dict.fromkeys(sorted(keys), False)} if keys else {}


def _joined(rules: list[JsonSchema]) -> JsonSchema:
    if not rules:
        return {}
    return rules[0] if len(rules) == 1 else {"allOf": list(rules)}


# --- pieces


def _object(properties: dict[str, JsonValue], required: list[JsonValue], kind: ComplexType) -> JsonSchema:
    schema: JsonSchema = {"type": "object", "properties": properties}
    if required:
        schema["required"] = required
    if kind.any_attribute is not None:
        # Attributes let in by a wildcard are text; declared ones have a type of their own.
        schema["patternProperties"] = {"^@": {} if kind.attributes else {"type": "string"}}
    schema["additionalProperties"] = False
    return {**schema, **_described(kind)}


def _described(kind: ComplexType) -> JsonSchema:
    return {"description": kind.documentation} if kind.documentation else {}


def _sorted(keys: frozenset[str]) -> list[JsonValue]:
    return [*sorted(keys)]


def _ordered(keys: frozenset[str], properties: dict[str, JsonValue]) -> list[JsonValue]:
    return [key for key in properties if key in keys]


def _array(items: JsonSchema, minimum: int, maximum: int | None) -> JsonSchema:
    schema: JsonSchema = {"type": "array", "items": items}
    if minimum:
        schema["minItems"] = minimum
    if maximum is not None:
        schema["maxItems"] = maximum
    return schema


def _raw(kind: AnyType | ComplexType) -> JsonSchema:
    schema: JsonSchema = {"anyOf": [{"type": "string"}, _raw_object()]}
    schema["description"] = kind.documentation or "Text, or the whole element as XML."
    return schema


def _raw_object() -> JsonSchema:
    text: JsonSchema = {"type": "string", "contentMediaType": "application/xml"}
    return {
        "type": "object",
        "properties": {RAW: text},
        "required": [RAW],
        "additionalProperties": False,
    }

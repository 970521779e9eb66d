"""Whether a record's attributes are those of a JSON document, and of the types that the stub says."""

import ast
from fractions import Fraction
from pathlib import Path

import lora_limits

STUB = ast.parse((Path(lora_limits.__file__).parent / "_native.pyi").read_text(encoding="utf-8"))

# What the stub says of each field of each class.
TYPES = {
    of.name: {
        field.name: field.returns
        for field in of.body
        if isinstance(field, ast.FunctionDef) and field.decorator_list
    }
    for of in STUB.body
    if isinstance(of, ast.ClassDef)
}
PLAIN = {"bool": bool, "int": int, "str": str, "Fraction": Fraction}


def typed(record):
    """Asserts that every attribute is of the type that the stub says, and theirs."""
    for name in record._fields:
        value, stated = getattr(record, name), TYPES[type(record).__name__][name]
        assert fits(value, stated), f"{type(record).__name__}.{name}: {value!r} is no {ast.unparse(stated)}"


def fits(value, stated):
    match stated:
        case ast.BinOp(left=left, right=right):
            return fits(value, left) or fits(value, right)
        case ast.Constant(value=None):
            return value is None
        case ast.Name(id="Any" | "object"):
            return True
        # An int is no float here: the attributes have one type each.
        case ast.Name(id=name) if name == "float" or name in PLAIN:
            return type(value) is PLAIN.get(name, float)
        case ast.Name(id=name):
            if type(value).__name__ != name:
                return False
            if hasattr(type(value), "_fields"):
                typed(value)
            return True
        case ast.Subscript(value=ast.Name(id="Literal"), slice=words):
            return value in ast.literal_eval(words)
        case ast.Subscript(value=ast.Name(id="list"), slice=each):
            return type(value) is list and all(fits(one, each) for one in value)
        case ast.Subscript(value=ast.Name(id="dict"), slice=ast.Tuple(elts=[key, each])):
            return type(value) is dict and all(fits(k, key) and fits(v, each) for k, v in value.items())
        case ast.Subscript(value=ast.Name(id="tuple"), slice=ast.Tuple(elts=each)):
            return type(value) is tuple and len(value) == len(each) and all(map(fits, value, each))
    raise AssertionError(f"no such type is known: {ast.unparse(stated)}")

# Attributes that are not spelled as the document's keys: keywords of Python, and clearer names.
KEYS = {"from_": "from", "class_": "class", "gamma_from": "from", "gamma_to": "to"}


# What an attribute is where the document leaves it out.
USUAL = {"flat_within": 0.125}


def same(value, document, at=""):
    """Asserts that a value of an attribute says what the document says."""
    if hasattr(type(value), "_fields"):
        assert isinstance(document, dict), at
        fields = {KEYS.get(name, name): name for name in value._fields}
        # A document leaves out what is empty.
        assert set(document) <= set(fields), at
        for key, name in fields.items():
            attribute = getattr(value, name)
            if key in document:
                same(attribute, document[key], f"{at}.{name}")
            else:
                assert attribute in (None, [], USUAL.get(name)), f"{at}.{name}"
    elif isinstance(value, dict):
        assert set(value) == set(document), at
        for key in value:
            same(value[key], document[key], f"{at}[{key!r}]")
    elif isinstance(value, (list, tuple)):
        assert len(value) == len(document), at
        for one, other in zip(value, document):
            same(one, other, at)
    elif isinstance(value, Fraction):
        text = document["at"] if isinstance(document, dict) else document
        assert value == Fraction(text), at
    elif isinstance(value, float) and isinstance(document, str):
        assert (value, document) == (float("-inf"), "-inf"), at
    else:
        assert value == document and type(value) is type(document), f"{at}: {value!r}, {document!r}"

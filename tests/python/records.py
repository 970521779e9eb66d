"""Whether a record's attributes are those of a JSON document."""

from fractions import Fraction

# Attributes that are not spelled as the document's keys: keywords of Python, and clearer names.
KEYS = {"from_": "from", "class_": "class", "gamma_from": "from", "gamma_to": "to"}


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
                assert attribute is None or attribute == [], f"{at}.{name}"
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

"""docs/openapi.yaml: what it says of each route, and whether an answer is what it says."""

import json
import re
from pathlib import Path
from urllib.parse import urlsplit

import jsonschema
import yaml

PATH = Path(__file__).resolve().parents[2] / "docs" / "openapi.yaml"
METHODS = "get", "post", "put", "patch", "delete"
RFC_3339 = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)")

formats = jsonschema.FormatChecker()
formats.checks("date-time")(lambda value: not isinstance(value, str) or RFC_3339.fullmatch(value))


class Operation:
    """One method of one path."""

    def __init__(self, document, method, path, item):
        self.document, self.method, self.path, self.item = document, method.upper(), path, item
        self.name = f"{self.method} {path}"
        self.pattern = re.compile(re.sub(r"\{\w+\}", "[^/]+", path))

    @property
    def parameters(self):
        return [self.document.resolve(entry) for entry in self.item.get("parameters", [])]

    def parameters_in(self, place):
        return {entry["name"]: entry for entry in self.parameters if entry["in"] == place}

    @property
    def body(self):
        """The schema of the body, None when the operation takes none, or no JSON."""
        if "requestBody" not in self.item:
            return None
        content = self.document.resolve(self.item["requestBody"])["content"]
        return content["application/json"]["schema"] if "application/json" in content else None

    @property
    def takes_csv(self):
        body = self.document.resolve(self.item.get("requestBody", {"content": {}}))
        return "text/csv" in body["content"]

    def response(self, status):
        """What is said of this status, by itself or as one of the unexpected; None: nothing."""
        responses = self.item["responses"]
        found = responses.get(str(status)) or (responses["default"] if status >= 400 else None)
        return self.document.resolve(found) if found else None

    @property
    def statuses(self):
        return {int(status) for status in self.item["responses"] if status != "default"}

    def codes(self, status):
        """The problems that are named for this status."""
        if status not in self.statuses:
            return set()
        content = self.response(status)["content"].get("application/problem+json")
        if not content:  # a report, not a problem
            return set()
        return set(self.document.merged(content["schema"])["properties"]["code"]["enum"])

    def check(self, answer):
        """Asserts that an answer is one of those that are described."""
        said = self.response(answer.status)
        assert said, f"{self.name} answered {answer.status}, which is not described"
        self._check_headers(answer, said.get("headers", {}))
        if answer.status in (204, 304):
            assert not answer.body
            return
        content_type = answer.headers["Content-Type"].partition(";")[0]
        media = said["content"].get(content_type)
        assert media, f"{self.name} answered {answer.status} as {content_type}"
        if content_type.endswith("json"):
            self._check_body(answer, media["schema"])

    def _check_headers(self, answer, headers):
        assert "X-Request-Id" in answer.headers or b"about:blank" in answer.body
        for name, entry in headers.items():
            header = self.document.resolve(entry)
            value = answer.headers.get(name)
            assert value or not header.get("required"), f"{self.name}: no {name}"
            if value and header["schema"].get("type") == "integer":
                assert int(value) >= header["schema"]["minimum"]
        replayed = answer.headers.get("Idempotency-Replayed")
        assert replayed in (None, "true")
        assert replayed is None or "Idempotency-Replayed" in headers

    def _check_body(self, answer, schema):
        validator = jsonschema.Draft202012Validator(
            self.document.closed(schema), format_checker=formats
        )
        faults = [
            f"/{'/'.join(map(str, fault.absolute_path))}: {fault.message}"
            for fault in validator.iter_errors(answer.json)
        ]
        assert not faults, (
            f"{self.name} answered {answer.status}, not as described\n"
            + "\n".join(faults)
            + f"\n{json.dumps(answer.json, ensure_ascii=False, indent=1)}"
        )


class Document:
    def __init__(self):
        self.tree = yaml.safe_load(PATH.read_text())
        self.operations = [
            Operation(self, method, path, methods[method])
            for path, methods in self.tree["paths"].items()
            for method in METHODS
            if method in methods
        ]

    def operation(self, method, target):
        """The one that a request is for; None when there is none."""
        path = urlsplit(target).path
        found = [
            operation
            for operation in self.operations
            if operation.method == method and operation.pattern.fullmatch(path)
        ]
        return min(found, key=lambda operation: operation.path.count("{"), default=None)

    def resolve(self, node):
        """What a `$ref` stands for, with what stands beside it; else the node itself."""
        while "$ref" in node:
            beside = {key: value for key, value in node.items() if key != "$ref"}
            node = self._find(node["$ref"]) | beside
        return node

    def ref_names(self, node):
        """The names on the way through `$ref`s: {"Price", "Points"}."""
        names = set()
        while "$ref" in node:
            names.add(node["$ref"].rpartition("/")[2])
            node = self._find(node["$ref"])
        return names

    def _find(self, ref):
        node = self.tree
        for name in ref.removeprefix("#/").split("/"):
            node = node[name]
        return node

    def merged(self, schema):
        """A schema and its allOf as one, properties by the last that names them."""
        schema = self.resolve(schema)
        whole = {"properties": {}}
        for part in [self.merged(part) for part in schema.get("allOf", [])] + [schema]:
            whole["properties"] |= part.get("properties", {})
            whole["required"] = whole.get("required", []) + part.get("required", [])
        return schema | whole

    def closed(self, schema):
        """The same without `$ref`s, and strict: a member that is not described is a fault."""
        schema = self._inlined(schema)
        if "properties" in schema or "allOf" in schema:
            schema["unevaluatedProperties"] = False
        return schema

    def _inlined(self, schema):
        schema = dict(self.resolve(schema))
        if "properties" in schema:
            schema["properties"] = {k: self.closed(v) for k, v in schema["properties"].items()}
        if "items" in schema:
            schema["items"] = self.closed(schema["items"])
        if "oneOf" in schema:
            schema["oneOf"] = [self.closed(part) for part in schema["oneOf"]]
        if "allOf" in schema:
            schema["allOf"] = [self._inlined(part) for part in schema["allOf"]]
        return schema

    def field(self, schema, required):
        """A schema in the words of `linli routes --json`."""
        plain, names = self.resolve(schema), self.ref_names(schema)
        field = {"required": required}
        if "Id" in names:
            return field | {"type": "id"}
        if "Points" in names:
            return field | {"type": "points", "min": plain["x-minimum"], "max": plain["x-maximum"]}
        if "Time" in names:
            return field | {"type": "time"}
        if "Day" in names:
            return field | {"type": "day"}
        if "enum" in plain:
            return field | {"type": "choice", "choices": plain["enum"]}
        if plain["type"] == "boolean":
            return field | {"type": "flag"}
        if plain["type"] == "integer":
            return field | {"type": "int", "min": plain["minimum"], "max": plain["maximum"]}
        if plain["type"] == "array":
            return field | self._list_field(plain)
        if plain["type"] == "object":
            return field | {"type": "document"}
        assert plain["type"] == "string", plain
        return field | {"type": "text", "min": plain.get("minLength", 0), "max": plain["maxLength"]}

    def _list_field(self, plain):
        bounds = {"min": plain.get("minItems", 0), "max": plain["maxItems"]}
        if "Id" in self.ref_names(plain["items"]):
            return bounds | {"type": "ids"}
        return bounds | {"type": "objects", "items": self.fields(plain["items"])}

    def fields(self, schema):
        """The properties of a body in the words of `linli routes --json`, by name."""
        plain = self.resolve(schema)
        assert plain["type"] == "object" and plain["additionalProperties"] is False
        return {
            name: self.field(entry, name in plain.get("required", []))
            for name, entry in plain["properties"].items()
        }

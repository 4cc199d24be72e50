#!/usr/bin/python3
"""validate.py SCHEMA DOCUMENT...: exit 0 all are valid, 2 with a line for each fault, 77 without jsonschema."""
import json
import pathlib
import sys


def main(schema_path, *paths):
    try:
        import jsonschema
    except ImportError:
        print("skipped: needs python3-jsonschema")
        return 77
    with open(schema_path, encoding="utf-8") as file:
        schema = json.load(file)
    kind = jsonschema.validators.validator_for(schema)
    kind.check_schema(schema)
    # One schema may refer to another in its folder.
    resolver = jsonschema.RefResolver(pathlib.Path(schema_path).resolve().as_uri(), schema)
    faults = 0
    for path in paths:
        try:
            with open(path, encoding="utf-8") as file:
                document = json.load(file)
        except (OSError, ValueError) as error:
            faults += 1
            print(f"{path}: {error}")
            continue
        for error in kind(schema, resolver=resolver).iter_errors(document):
            faults += 1
            place = "/".join(map(str, error.absolute_path))
            print(f"{path}: {place}: {error.message[:200]}")
    return 2 if faults else 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))

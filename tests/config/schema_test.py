#!/usr/bin/python3
"""schema_test.py SLUICE: the files of this tree, judged by the schema that SLUICE prints.

What the loader takes is valid; what it refuses for a wrong key, type or word is not.
"""

import json
import pathlib
import subprocess
import sys
import unittest

import jsonschema
import yaml

SLUICE = sys.argv.pop(1)
SCHEMA = json.loads(subprocess.run([SLUICE, "config", "schema"], check=True, capture_output=True, text=True).stdout)
VALIDATOR = jsonschema.Draft202012Validator(SCHEMA)
HERE = pathlib.Path("tests/config")

# Of the broken files, those whose mistakes are not in keys, types or words.
DEPENDS_ON_VALUES = {
    "admin.yaml": "addresses, files and roles that go together",
    "aliases.yaml": "a parser of YAML follows aliases",
    "duplicate_keys.yaml": "the last of the same keys counts for a parser of YAML",
    "environment.yaml": "a variable may stand in any value",
    "libraries.yaml": "libraries that are not there",
    "lines.yaml": "rules of a plugin",
    "monitoring_nowhere.yaml": "an address that is missing",
    "names.yaml": "characters of names",
    "no_components.yaml": "a pipeline that is empty",
    "nothing.yaml": "a file that is empty",
    "out_of_range.yaml": "ranges",
    "plugin_rules.yaml": "rules of plugins",
    "webhook.yaml": "rules of a plugin",
}


class Loader(yaml.SafeLoader):
    """Leaves moments as the text that they are written as."""


Loader.yaml_implicit_resolvers = {
    first: [(tag, pattern) for tag, pattern in resolvers if tag != "tag:yaml.org,2002:timestamp"]
    for first, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
}


def with_text_keys(value):
    """JSON has text for keys; `null:`, which names a plugin, is one for the reader too."""
    if isinstance(value, dict):
        return {"null" if key is None else str(key): with_text_keys(item) for key, item in value.items()}
    if isinstance(value, list):
        return [with_text_keys(item) for item in value]
    return value


def mistakes(text):
    """What the schema says about a file; None: it is no YAML."""
    try:
        documents = list(yaml.load_all(text, Loader))
    except (yaml.YAMLError, UnicodeDecodeError):
        return None
    if len(documents) > 1:
        return None
    return [f"{error.json_path}: {error.message[:200]}" for error in VALIDATOR.iter_errors(with_text_keys(documents[0]) if documents else None)]


class SchemaTest(unittest.TestCase):
    def test_it_is_a_schema(self):
        jsonschema.Draft202012Validator.check_schema(SCHEMA)

    def test_good_files_are_valid(self):
        files = [*HERE.glob("good/*.yaml"), *pathlib.Path("examples").glob("*.yaml")]
        self.assertGreater(len(files), 5)
        for path in files:
            with self.subTest(path=path):
                self.assertEqual(mistakes(path.read_bytes()), [])

    def test_broken_files_are_not(self):
        judged = 0
        for path in HERE.glob("broken/*.yaml"):
            if path.name in DEPENDS_ON_VALUES:
                continue
            with self.subTest(path=path):
                found = mistakes(path.read_bytes())
                if found is None:
                    continue
                self.assertNotEqual(found, [])
                judged += 1
        self.assertGreater(judged, 4)

    def test_each_kind_of_mistake_is_found(self):
        good = """
data_dir: /tmp/d
memory_bytes: 300MiB
pipelines:
  office:
    acknowledge: durable
    sources: {in: {generate: {rate: 5}}}
    sinks: {out: {"null": {}, retry: {max_age: 24h}}}
    log: {max_bytes: 10GiB, retain_time: 1d}
"""
        self.assertEqual(mistakes(good), [])
        for right, wrong in [
            ("data_dir", "data_dirr"),
            ("durable", "durabl"),
            ("300MiB", "300MB2"),
            ("{rate: 5}", "{rat: 5}"),
            ("rate: 5", "rate: fast"),
            ("generate", "null"),
            ('"null": {}', '"null": {}, file: {path: a}'),
            ('"null": {}, ', ""),
            ("24h", "24 fortnights"),
            ("{max_bytes: 10GiB, retain_time: 1d}", "[1]"),
        ]:
            with self.subTest(wrong=wrong):
                self.assertIn(right, good)
                self.assertNotEqual(mistakes(good.replace(right, wrong, 1)), [])

    def test_a_variable_stands_for_any_value(self):
        self.assertEqual(mistakes("data_dir: ${DIR}\nmemory_bytes: ${MEMORY}\n"), [])


if __name__ == "__main__":
    unittest.main()

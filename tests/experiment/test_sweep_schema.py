"""`jishi schema sweep` accepts what a sweep may be, and refuses what the reader refuses, as far as a
JSON Schema can tell.

usage: test_sweep_schema.py JISHI

SPDX-License-Identifier: GPL-3.0-or-later
"""
import glob
import json
import os
import re
import subprocess
import sys
import tempfile
import unittest

try:
    import yaml
except ImportError:
    yaml = None

FOLDER = os.path.dirname(os.path.abspath(__file__))
PROGRAM = os.path.abspath(sys.argv.pop(1))
NODES = "centres.shop.partitions.p.nodes"
ARRIVAL = "tenants.firms.workloads.w.arrival"
START = f"jishi-sweep: 1\nscenario: {FOLDER}/small.yaml\n"

# What may stand behind the first two lines, with the measure there, and what the reader says.
GOOD = (
    "", f"factors: {{{NODES}: [10, 11]}}", "factors: {time.length: [20h, 30h]}",
    f"factors: {{{NODES}: {{values: [10, 11], label: [few, 3]}}}}",
    f"factors: {{{NODES}: {{values: [10, 10], label: [a, b]}}}}",
    f"factors: {{{ARRIVAL}: [{{poisson: 8 per h}}, {{every: 1h}}]}}",
    f"factors: {{t: {{tie: {{{NODES}: [10, 11], time.length: [20h, 30h]}}, label: [x, y]}}}}",
    f"factors: {{l: {{offered_load: {{values: [0.7, 90%], by: {ARRIVAL}}}}}}}",
    f"factors: {{{NODES}: {{uniform: [10, 20]}}}}\ndesign: {{random: 3}}",
    f"factors: {{{NODES}: {{uniform: {{range: [10, 20]}}}}}}\ndesign: {{random: {{points: 3}}}}",
    f"factors: {{{NODES}: {{uniform: [10, 20]}}}}\ndesign: {{random: , points: 3}}",
    f"factors: {{{ARRIVAL}.poisson: {{uniform: [5 per h, 9 per h]}}}}\ndesign: {{grid: 2}}",
    f"factors: {{{ARRIVAL}.poisson: {{exponential: 5 per h, max: 9 per h}}}}\ndesign: {{sobol: 2}}",
    f"factors: {{{NODES}: [10, 11]}}\ndesign: list", f"factors: {{{NODES}: [10, 11]}}\ndesign: grid",
    f"factors: {{{NODES}: {{uniform: [10, 20]}}}}\ndesign: one-at-a-time",
    "variants: [base, sjf]", "variants: sjf", "limit: 60s", "traces: true", "seed: 7",
    "title: a sweep", "title: 7", "set: {time.length: 20h}", "replications: 2")
BAD = (
    "replicatons: 3", "factors: [a, b]", f"factors: {{{NODES}: 3}}", f"factors: {{{NODES}: []}}",
    f"factors: {{{NODES}: [10, 10]}}", f"factors: {{{NODES}: [10, ~]}}",
    f"factors: {{{NODES}: {{values: [1], labels: [x]}}}}", f"factors: {{{NODES}: {{values: []}}}}",
    f"factors: {{{NODES}: {{values: 10}}}}", f"factors: {{{NODES}: {{values: [10], label: x}}}}",
    f"factors: {{{NODES}: {{values: [10, 11], label: [x, x]}}}}",
    f"factors: {{{NODES}: {{values: [10], label: ['']}}}}", f"factors: {{{NODES}: {{unifrom: [1, 2]}}}}",
    "factors: {t: {tie: {}}}", f"factors: {{t: {{tie: [{NODES}]}}}}",
    f"factors: {{t: {{tie: {{{NODES}: 10}}}}}}",
    "factors: {l: {offered_load: {values: [0.7]}}}",
    f"factors: {{l: {{offered_load: {{values: [], by: {ARRIVAL}}}}}}}",
    f"factors: {{l: {{offered_load: {{values: 0.7, by: {ARRIVAL}}}}}}}",
    f"factors: {{l: {{offered_load: {{values: [0], by: {ARRIVAL}}}}}}}",
    f"factors: {{l: {{offered_load: {{values: [70], by: {ARRIVAL}}}}}}}",
    f"factors: {{l: {{offered_load: {{values: [-70%], by: {ARRIVAL}}}}}}}",
    "design: gird", f"factors: {{{NODES}: {{uniform: [10, 20]}}}}\ndesign: random",
    f"factors: {{{NODES}: {{uniform: [10, 20]}}}}\ndesign: {{random: {{}}}}",
    f"factors: {{{NODES}: {{uniform: [10, 20]}}}}\ndesign: {{random: }}",
    f"factors: {{{NODES}: {{uniform: [10, 20]}}}}\ndesign: {{random: 0}}",
    f"factors: {{{NODES}: {{uniform: [10, 20]}}}}\ndesign: sobol",
    f"factors: {{{NODES}: [10, 11]}}\ndesign: {{one-at-a-time: 1}}",
    "replications: 0", "replications: '-1'", "limit: 60", "limit: +1min", "limit: -5s", "limit: [5s]", "traces: 3",
    "set: [time.length]", "variants: [base, base]", "seed: -1")
MEASURES_BAD = ("", "measures: []", "measures: {wait.mean: 1}", "measures: [wait.mean, wait.mean]")

# Of broken sweeps in bad/: those that are broken in what they are written as, not in what it means
# for the scenario they name.
SCHEMA_TELLS = {
    "design", "design-points", "factor-empty", "factor-key", "factor-null", "factor-scalar", "factors-list", "key",
    "label-map", "label-twice", "level-twice", "limit", "load-by", "load-keys", "load-percent", "load-value", "measure-twice",
    "measures-empty", "no-measures", "no-scenario", "scenario-list", "set", "tie-list",
    "variant-twice", "version"}


def same(one, other):
    """As JSON has it: 1 is 1.0 and is not true."""
    return one == other and isinstance(one, bool) == isinstance(other, bool)


def kind_fits(value, schema):
    kinds = {"object": dict, "array": list, "string": str, "boolean": bool, "integer": int,
             "number": (int, float), "null": type(None)}
    types = schema.get("type", list(kinds))
    return any(isinstance(value, kinds[kind]) and (kind == "boolean" or not isinstance(value, bool))
               for kind in ([types] if isinstance(types, str) else types))


def list_fits(value, schema, defs):
    twice = any(same(a, b) for i, a in enumerate(value) for b in value[:i])
    return (len(value) >= schema.get("minItems", 0) and not (twice and schema.get("uniqueItems"))
            and all(fits(item, schema.get("items", {}), defs) for item in value))


def map_fits(value, schema, defs):
    own, more = schema.get("properties", {}), schema.get("additionalProperties", {})
    return (set(schema.get("required", [])) <= set(value)
            and len(value) >= schema.get("minProperties", 0)
            and all(fits(item, own[key], defs) if key in own
                    else more is not False and fits(item, more, defs)
                    for key, item in value.items()))


def fits(value, schema, defs):
    """Does a JSON Schema, of the words that ours have, accept a value?"""
    if "$ref" in schema:
        return fits(value, defs[schema["$ref"].removeprefix("#/$defs/")], defs)
    if not kind_fits(value, schema) or ("enum" in schema and value not in schema["enum"]):
        return False
    if "not" in schema and fits(value, schema["not"], defs):
        return False
    if not all(fits(value, one, defs) for one in schema.get("allOf", [])):
        return False
    if "anyOf" in schema and not any(fits(value, one, defs) for one in schema["anyOf"]):
        return False
    if "oneOf" in schema and sum(fits(value, one, defs) for one in schema["oneOf"]) != 1:
        return False
    if isinstance(value, str):
        return (re.search(schema.get("pattern", ""), value) is not None
                and len(value) >= schema.get("minLength", 0))
    if isinstance(value, list):
        return list_fits(value, schema, defs)
    if isinstance(value, dict):
        return map_fits(value, schema, defs)
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        return (schema.get("minimum", value) <= value <= schema.get("maximum", value)
                and value > schema.get("exclusiveMinimum", value - 1))
    return True


@unittest.skipUnless(yaml, "no yaml module")
class Schema(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        done = subprocess.run([PROGRAM, "schema", "sweep"], capture_output=True, check=True, timeout=60)
        cls.schema = json.loads(done.stdout)

    def accepts(self, text):
        return fits(yaml.safe_load(text), self.schema, self.schema["$defs"])

    def reads(self, text):
        """Does the reader accept it? What it accepts is run."""
        with tempfile.TemporaryDirectory() as home:
            path = os.path.join(home, "sweep.yaml")
            with open(path, "w", encoding="utf-8") as file:
                file.write(text)
            done = subprocess.run([PROGRAM, "sweep", path, "-q", "-j", "1", "-o", os.path.join(home, "out")],
                                  capture_output=True, timeout=60, stdin=subprocess.DEVNULL, check=False)
            self.assertIn(done.returncode, (0, 1))
            return done.returncode == 0

    def test_as_read(self):
        """Both the schema and the reader accept it, or neither does."""
        begun = START + "measures: wait.mean\n"
        for texts, want in (((begun + more for more in GOOD), True), ((begun + more for more in BAD), False),
                            ((START + more for more in MEASURES_BAD), False)):
            for text in texts:
                with self.subTest(text.removeprefix(START)):
                    self.assertEqual((self.reads(text), self.accepts(text)), (want, want))

    def test_broken(self):
        told = set()
        for path in glob.glob(os.path.join(FOLDER, "bad", "*.yaml")):
            with open(path, encoding="utf-8") as file:
                if not self.accepts(file.read()):
                    told.add(os.path.basename(path).removesuffix(".yaml"))
        self.assertEqual(told, SCHEMA_TELLS)

    def test_examples(self):
        blocks = []
        for name in glob.glob(os.path.join(FOLDER, "..", "..", "docs", "*.md")):
            with open(name, encoding="utf-8") as file:
                blocks += re.findall(r"^```yaml\n(jishi-sweep:.*?)^```", file.read(), re.M | re.S)
        self.assertGreater(len(blocks), 0)
        for text in blocks:
            self.assertTrue(self.accepts(text), text)


if __name__ == "__main__":
    unittest.main()

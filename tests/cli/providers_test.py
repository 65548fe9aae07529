#!/usr/bin/env python3
"""semper process: providers of context, on the command line and in semper.json."""

import json
import pathlib
import re
import sqlite3

from command import CommandTest, event, lines, main

ROOT = pathlib.Path(__file__).resolve().parents[2]
SCHEMA = json.loads((ROOT / "share/semper/semper.schema.json").read_text())
ACCOUNT = "111122223333"
PROD = {"accountId": ACCOUNT, "accountTags": {"env": "prod"}}
TYPES = {branch["if"]["properties"]["type"]["const"]: branch["then"]["properties"]
         for branch in SCHEMA["$defs"]["provider"]["allOf"]}


class Providers(CommandTest):
    def setUp(self):
        super().setUp()
        self.policy("20_filtering/cloudtrail_api_calls/prod", {
            "filtering": {"findingPattern": {"detail": {"eventName": "DeleteRole"}},
                          "policyScope": {"accountScope": {"exclude": "*", "forceInclude": {"accountTags": {"env": "prod"}}}}}})
        self.write("accounts.json", [PROD])
        self.write("other.json", [{"accountId": "9"}])

    def process(self, *options, policies=True, code=0):
        arguments = ["--policies", self.folder / "policies"] if policies else []
        dropped = self.folder / "dropped"
        self.run_command("process", *arguments, "--dropped", dropped, *options,
                         stdin=lines(event("DeleteRole")), code=code)
        return bool(dropped.exists() and dropped.read_text()) if code == 0 else None

    def file(self, name):
        return f"accounts=file:{self.folder / name}"

    def test_the_provider_accounts_gives_account_contexts(self):
        self.assertTrue(self.process("--accounts", self.folder / "accounts.json"))
        self.assertTrue(self.process("--provider", self.file("accounts.json")))
        self.assertFalse(self.process("--provider", self.file("other.json")))

    def test_inputs_follow_a_provider(self):
        self.write("events.ndjson", lines(event("DeleteRole")))
        for options in (["--provider", self.file("accounts.json")], ["--accounts", self.folder / "accounts.json"]):
            self.run_command("process", "--policies", self.folder / "policies", *options, self.folder / "events.ndjson",
                             "--dropped", self.folder / "dropped")
            self.assertIn("in 1 · relevant 0 · dropped 1", self.stderr)

    def test_account_contexts_in_csv(self):
        self.write("accounts.csv", f"accountId,accountTags.env\n{ACCOUNT},prod\n")
        self.assertTrue(self.process("--accounts", self.folder / "accounts.csv"))
        self.assertTrue(self.process("--provider", self.file("accounts.csv")))

    def test_a_provider_that_nobody_gave_is_told(self):
        self.policy("30_extension/asks", {"extension": {
            "findingPattern": {"detail": {"eventName": ["DeleteRole"]}}, "contextBlock": [{"provider": "cmdb", "key": "x"}]}})
        self.process("--provider", self.file("other.json"))
        self.assertIn('asks the provider "cmdb"', self.stderr)
        self.assertIn("(accounts)", self.stderr)

    def test_sqlite(self):
        database = sqlite3.connect(self.folder / "a.db")
        database.execute("CREATE TABLE a(id TEXT, json TEXT)")
        database.execute("INSERT INTO a VALUES(?, ?)", (ACCOUNT, json.dumps(PROD)))
        database.commit()
        database.close()
        spec = f"sqlite:{self.folder / 'a.db'}?query=SELECT json FROM a WHERE id = ?"
        self.run_command("process", "--policies", self.folder / "policies", "--provider", f"accounts={spec}",
                         "--stats", self.folder / "stats", stdin=lines(*[event("DeleteRole")] * 20))
        self.assertIn("dropped 20", self.stderr)
        counters = json.loads((self.folder / "stats").read_text())["providers"]["accounts"]
        self.assertEqual((counters["asked"], counters["found"], counters["calls"]), (20, 20, 1))
        self.assertEqual(sum(bucket["calls"] for bucket in counters["latency"]), 1)

    def test_a_source_that_fails_drops_nothing_and_is_told(self):
        out = self.run_command("process", "--policies", self.folder / "policies",
                               "--provider", "accounts=redis:127.0.0.1:1?deadline=2s", stdin=lines(event("DeleteRole")))
        context = json.loads(out)["verdict"]["context"]
        self.assertEqual(context["status"], "missing")
        self.assertIn("redis 127.0.0.1:1: Connection refused", context["reason"])

    def test_what_is_wrong_with_a_provider_is_said_before_anything_is_processed(self):
        for definition, want in (("accounts", "write NAME=SPEC"), ("cmdb=fil:x", "one of file, sqlite"),
                                 ("cmdb=file:nowhere.json", "nowhere.json: No such file"),
                                 (f"a b=file:{self.folder / 'other.json'}?key=accountId", "cannot name a provider")):
            self.process("--provider", definition, code=1)
            self.assertIn(want, self.stderr)
        self.process("--provider", self.file("other.json"), "--provider", self.file("other.json"), code=1)
        self.assertIn("two providers accounts", self.stderr)

    def test_a_file_says_what_the_command_line_would(self):
        config = self.write("conf/semper.json", {
            "policies": "../policies", "regions": ["eu-central-1"], "threads": 1, "format": "semper-1.7",
            "providers": {"accounts": {"type": "file", "path": "../accounts.json", "cacheBytes": 100000}}})
        self.assertTrue(self.process("--config", config, policies=False))
        self.assertNotIn("verdict", json.loads((self.folder / "dropped").read_text()))
        self.assertFalse(self.process("--config", config, "--provider", self.file("other.json"), policies=False))
        self.assertFalse(self.process("--config", config, "--accounts", self.folder / "other.json", policies=False))
        self.assertFalse(self.process("--config", config, "--regions", "us-east-1", policies=False))
        config = self.write("conf/semper.json", {"policies": "../policies", "accounts": "../accounts.json"})
        self.assertTrue(self.process("--config", config, policies=False))
        self.assertFalse(self.process("--config", config, "--provider", self.file("other.json"), policies=False))

    def test_a_chain(self):
        links = [{"type": "file", "path": "other.json"}, {"type": "file", "path": "accounts.json"}]
        config = self.write("semper.json", {"providers": {"accounts": {"type": "chain", "providers": links}}})
        self.assertTrue(self.process("--config", config))

    def test_mistakes_in_the_file_have_a_place(self):
        for text, want in (
                ('{\n "polices": ""}', "semper.json:2:2: there is no option polices; did you mean policies?"),
                ('{"threads": 0}', "semper.json:1:13: threads is a number from 1 to 256"),
                ('{"regions": "x"}', "want a list of regions"),
                ('[]', "want a JSON object"),
                ('{"format": "x"}', "format is native or semper-1.7"),
                ('{"providers": {"x": "file:x"}}', "semper.json:1:21: a provider is an object"),
                ('{"providers": {\n"x": {"type": "file"}}}', "semper.json:2:1: provider x: the provider file needs a path"),
                ('{"accounts": "a", "providers": {"accounts": {"type": "file"}}}', "gives this provider already"),
                ('{', "semper.json:1:2")):
            self.process("--config", self.write("semper.json", text), code=1)
            self.assertIn(want, self.stderr)
        self.process("--config", self.folder / "nowhere.json", code=1)
        self.assertIn("nowhere.json: No such file", self.stderr)
        self.process(policies=False, code=1)
        self.assertIn("no policies: give --policies DIR", self.stderr)

    def test_the_schema_knows_the_options_that_the_command_knows(self):
        for kind, properties in TYPES.items():
            for name in properties:
                if name in ("type", "providers"):
                    continue
                # Whatever else is wrong, the option is not unknown.
                provider = {"type": kind, "path": "x", "address": "127.0.0.1:1", name: "0"}
                config = self.write("semper.json", {"providers": {"p": provider}})
                self.run_command("process", "--config", config, "--policies", "x", code=1)
                self.assertNotIn(f"has no option {name}", self.stderr, kind)
        for kind in TYPES:
            self.assertIn(kind, SCHEMA["$defs"]["provider"]["properties"]["type"]["enum"])

    def test_the_page_describes_the_options_of_the_schema_and_their_defaults(self):
        page = (ROOT / "docs/providers.md").read_text()
        documented = set(re.findall(r"^\| `(\w+)` \|", page, re.MULTILINE))
        options = {name for properties in TYPES.values() for name in properties} - {"type"}
        self.assertEqual(documented, options)
        header = (ROOT / "include/semper/providers.hpp").read_text()
        for name, default in re.findall(r"milliseconds (\w+)\{([\d']+)\}", header):
            option = re.sub(r"_(\w)", lambda match: match[1].upper(), name)
            milliseconds = int(default.replace("'", ""))
            for unit, size in (("h", 3600000), ("m", 60000), ("s", 1000), ("ms", 1)):
                if milliseconds % size == 0:
                    break
            self.assertRegex(page, rf"(?m)^\| `{option}` \| {milliseconds // size}{unit} \|")


if __name__ == "__main__":
    main()

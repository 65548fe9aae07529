"""What semper plan and semper matrix make of examples/policies. After a wanted change write the
expectation anew with SEMPER_UPDATE_GOLDEN=1 and read the difference."""

import os
import pathlib
import tempfile
import unittest

import harness
from harness import EXAMPLES, GOLDEN, ROOT


class Plan(unittest.TestCase):
    maxDiff = None

    def check(self, name, text):
        path = GOLDEN / "plan" / name
        if os.environ.get("SEMPER_UPDATE_GOLDEN"):
            path.parent.mkdir(exist_ok=True)
            path.write_bytes(text.encode())
        self.assertEqual(text, path.read_bytes().decode())

    def run_command(self, command, accounts, *arguments):
        # Paths in messages are as they were given.
        done = harness.run(command, "--policies", EXAMPLES / "policies", "--accounts", EXAMPLES / accounts,
                           *arguments)
        self.assertEqual(done.returncode, 0, done.stderr.decode())
        self.stderr = done.stderr.decode()
        return done.stdout.decode()

    def plan(self, *arguments, accounts="tailoring-accounts.json"):
        return self.run_command("plan", accounts, "--regions", "eu-central-1,us-east-1", "--controls",
                                ROOT / "share/semper/controls/security-hub-ids.json", *arguments)

    def test_json(self):
        self.check("plan.json", self.plan())
        self.assertEqual(self.stderr, "")

    def test_files(self):
        for form, path in (("cloudformation", "100000000001/eu-central-1.template.json"),
                           ("terraform", "100000000001/eu-central-1/main.tf.json")):
            with tempfile.TemporaryDirectory(prefix="semper-golden-") as folder:
                self.plan("--format", form, "--out", folder)
                written = [file for file in pathlib.Path(folder).rglob("*") if file.is_file()]
                self.assertEqual(len(written), 4 * 2)
                self.check(pathlib.Path(path).name, (pathlib.Path(folder) / path).read_text())

    def test_no_difference_from_itself(self):
        with tempfile.TemporaryDirectory(prefix="semper-golden-") as folder:
            old = pathlib.Path(folder) / "plan.json"
            old.write_text(self.plan(accounts="accounts.json"))
            self.assertEqual(self.plan("--diff", old, accounts="accounts.json"), "")

    def test_matrix(self):
        for form, ending in (("text", "txt"), ("markdown", "md"), ("csv", "csv"), ("html", "html")):
            self.check(f"matrix.{ending}", self.run_command(
                "matrix", "tailoring-accounts.json", "--by", "tag:environment,tag:southbound", "--format", form))


if __name__ == "__main__":
    harness.main()

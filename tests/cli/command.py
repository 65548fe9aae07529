"""What the tests of the command share: a binary (the first argument), and a folder per test."""

import json
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile
import unittest

BINARY = os.path.abspath(sys.argv[1]) if len(sys.argv) > 1 else None

ENVELOPE = {
    "version": "0",
    "id": "1",
    "detail-type": "AWS API Call via CloudTrail",
    "source": "aws.iam",
    "account": "111122223333",
    "time": "2026-11-24T10:00:00Z",
    "region": "eu-central-1",
    "resources": [],
}


def event(name="DeleteRole", **detail):
    """A CloudTrail event as EventBridge sends it."""
    return {
        **ENVELOPE,
        "detail": {"eventVersion": "1.08", "eventID": f"id-{name}", "eventSource": "iam.amazonaws.com",
                   "eventName": name, "awsRegion": "eu-central-1",
                   "eventTime": "2026-11-24T10:00:00Z", "recipientAccountId": "111122223333",
                   "eventType": "AwsApiCall", "userIdentity": {"type": "Root"}, **detail},
    }


def record(name="DeleteRole", **detail):
    """The same as a record of CloudTrail's own files."""
    return event(name, **detail)["detail"]


def lines(*documents):
    return "".join(json.dumps(document) + "\n" for document in documents)


class CommandTest(unittest.TestCase):
    def setUp(self):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="semper-cli-"))
        self.addCleanup(shutil.rmtree, self.folder)

    def write(self, name, content):
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        if isinstance(content, (dict, list)):
            content = json.dumps(content)
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return str(path)

    def policies(self, **filters):
        """A repository whose filters drop events by name: policies(accepted="ListUsers")."""
        (self.folder / "policies/20_filtering/cloudtrail_api_calls").mkdir(parents=True, exist_ok=True)
        for name, event_name in filters.items():
            self.policy(f"20_filtering/cloudtrail_api_calls/{name}",
                        {"filtering": {"findingPattern": {"detail": {"eventName": event_name}}}})
        return str(self.folder / "policies")

    def policy(self, policy_id, content):
        return self.write(f"policies/{policy_id}.json", content)

    def start(self, *arguments, **options):
        return subprocess.Popen([BINARY, *map(str, arguments)], **options)

    def run_command(self, *arguments, stdin=b"", code=0):
        """Runs to the end; the exit code must be `code`."""
        result = subprocess.run([BINARY, *map(str, arguments)], capture_output=True, timeout=120,
                                input=stdin.encode() if isinstance(stdin, str) else stdin)
        self.assertEqual(result.returncode, code, (arguments, result.stdout[-2000:], result.stderr[-2000:]))
        self.stderr = result.stderr.decode()
        return result.stdout

    def run_lines(self, *arguments, **options):
        return [json.loads(line) for line in self.run_command(*arguments, **options).splitlines()]

    def process(self, stdin, *arguments, code=0):
        """Records of `semper process` with the policies of this test."""
        return self.run_lines("process", "--policies", self.policies(), *arguments, stdin=stdin, code=code)

    def summary(self):
        """The counters of the last line on standard error."""
        parts = self.stderr.splitlines()[-1].split(" · ")
        return {name: int(count) for name, count in (part.split(" ") for part in parts)}

    def assert_counts(self, **expected):
        counts = {"in": 0, "relevant": 0, "dropped": 0, "no_finding": 0, "invalid": 0}
        counts.update(expected)
        counts["in"] = sum(expected.values())
        self.assertEqual(self.summary(), counts)


def main():
    if BINARY is None:
        sys.exit(f"usage: {sys.argv[0]} SEMPER")
    unittest.main(argv=sys.argv[:1] + sys.argv[2:])

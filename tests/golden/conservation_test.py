"""Nothing is lost on the way through the command: lines of which some are broken go in, and each
comes out in exactly one record, the whole ones as findings."""

import base64
import collections
import gzip
import json
import random
import re
import unittest

import harness
from harness import EXAMPLES

ONE_FINDING = (
    "slide-cloudtrail",
    "cloudtrail-api-call",
    "guardduty-event",
    "config-compliance-change",
    "unknown-source",
    "big-integer",
)


def marker(number):
    return f"marker-{number:06}"


def lines(chance):
    """[(line, whole)], each line with its marker in front."""
    events = [(EXAMPLES / "events" / f"{name}.json").read_text() for name in ONE_FINDING]
    made = []
    for number in range(300):
        event = {"marker": marker(number), **json.loads(chance.choice(events))}
        line = json.dumps(event).encode()
        whole = chance.random() < 0.7
        made.append((line if whole else broken(line, chance), whole))
    return made


def broken(line, chance):
    at = chance.randrange(40, len(line))
    return chance.choice(
        (
            line[:at],
            line[:at] + b'"' + line[at:],
            line[:at] + b"\xff" + line[at:],
            line[:at] + b"[" * 3000,
            line[:at] + b"}}]]" + line[at + 10 :],
            line[:at].replace(b"{", b"["),
            b"\x00\x01 " + line,
            line[:at] + b"\\u00",
        )
    )


def content(record):
    """All that a record tells about what came in, as bytes."""
    finding = record["finding"]
    if "rawBase64" in finding:
        return base64.b64decode(finding["rawBase64"])
    raw = finding["raw"]
    return (raw if isinstance(raw, str) else json.dumps(raw)).encode()


class Conservation(unittest.TestCase):
    def check(self, seed, pack):
        chance = random.Random(seed)
        given = lines(chance)
        arguments = ["process", "--policies", EXAMPLES / "policies", "--clock", harness.CLOCK]
        arguments += ["--dropped", "-", "--no-findings", "-", "--invalid", "-"]
        done = harness.run(*arguments, stdin=pack(b"\n".join(line for line, _ in given) + b"\n"))
        self.assertEqual(done.returncode, 0, done.stderr)
        records = [json.loads(line) for line in done.stdout.splitlines()]

        counted = collections.Counter(record["verdict"]["decision"] for record in records)
        last_line = done.stderr.decode().splitlines()[-1]
        counters = {name: int(value) for name, value in re.findall(r"(\w+) (\d+)", last_line)}
        self.assertEqual(counters.pop("in"), len(records))
        self.assertEqual(sum(counters.values()), len(records))
        self.assertEqual(counters, {**dict.fromkeys(counters, 0), **counted})

        places = collections.Counter()
        for record in records:
            places.update(re.findall(r"marker-\d{6}", content(record).decode(errors="replace")))
        self.assertEqual(places, collections.Counter(map(marker, range(len(given)))))

        found = {}
        for record in records:
            raw = record["finding"].get("raw")
            if isinstance(raw, dict):
                found[raw.get("marker")] = raw
        for number, (line, whole) in enumerate(given):
            if whole:
                self.assertIn(marker(number), found, f"seed {seed}, line {number} was swallowed")
                self.assertEqual(found[marker(number)], json.loads(line))

    def test_lines(self):
        for seed in range(2):
            self.check(seed, lambda text: text)

    def test_gzipped_lines(self):
        self.check(2, gzip.compress)


if __name__ == "__main__":
    harness.main()

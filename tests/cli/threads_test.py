#!/usr/bin/env python3
"""Threads: whatever their number, the output is the same, in the order of the input."""

import json
import random
import subprocess

from command import CommandTest, event, lines, main


class Threads(CommandTest):
    def setUp(self):
        super().setUp()
        self.policies(accepted="ListUsers")

    def outputs(self, threads, path):
        """All that comes out: records per decision, and the counters."""
        files = {name: self.folder / f"{name}-{threads}" for name in ("dropped", "no-findings", "invalid", "stats")}
        options = [part for name, file in files.items() for part in (f"--{name}", file)]
        relevant = self.run_command("process", "--policies", self.policies(), "--threads", threads, *options, path)
        return [relevant] + [file.read_bytes() for file in files.values()] + [self.summary()]

    def check_same(self, content, **counts):
        path = self.write("input", content)
        alone = self.outputs(1, path)
        if counts:
            self.assert_counts(**counts)
        for threads in (2, 3, 8):
            self.assertEqual(self.outputs(threads, path), alone, threads)

    def test_many_lines(self):
        documents = [event(random.Random(i).choice(["ListUsers", "DeleteRole"]), number=i) for i in range(5000)]
        accepted = sum(document["detail"]["eventName"] == "ListUsers" for document in documents)
        self.check_same(lines(*documents), dropped=accepted, relevant=5000 - accepted)

    def test_broken_lines_between(self):
        rng = random.Random(1)
        text = []
        for i in range(5000):
            line = json.dumps(event("DeleteRole", number=i))
            if rng.random() < 0.02:
                line = rng.choice([line[: rng.randrange(len(line))], "garbage", line + "}", '{"a": "\xff"}'])
            text.append(line)
        self.check_same("\n".join(text).encode("latin-1"))

    def test_pretty_printed(self):
        documents = [json.dumps(event("DeleteRole", number=i), indent=2) for i in range(1500)]
        self.check_same("\n".join(documents), relevant=1500)

    def test_one_long_list(self):
        documents = [event("DeleteRole", number=i, filler="x" * 4000) for i in range(1500)]
        self.check_same(json.dumps(documents), relevant=1500)
        self.check_same(json.dumps(documents, indent=1), relevant=1500)

    def test_a_large_file_then_a_small_one(self):
        large = self.write("large", lines(*[event("DeleteRole", number=i) for i in range(3000)]))
        small = self.write("small", lines(event("DeleteRole", number=3000)))
        records = self.run_lines("process", "--policies", self.policies(), "--threads", 4, large, small)
        numbers = [record["finding"]["raw"]["detail"]["number"] for record in records]
        self.assertEqual(numbers, list(range(3001)))

    def test_a_record_does_not_wait_for_the_next_event(self):
        process = self.start("process", "--policies", self.policies(), "--threads", 4,
                             stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
        for number in range(5):
            process.stdin.write(lines(event("DeleteRole", number=number)).encode())
            process.stdin.flush()
            record = json.loads(process.stdout.readline())
            self.assertEqual(record["finding"]["raw"]["detail"]["number"], number)
        process.communicate()
        self.assertEqual(process.returncode, 0)

    def test_how_many(self):
        for threads in (0, -1, "many", 257):
            self.run_command("process", "--policies", self.policies(), "--threads", threads, code=1)


if __name__ == "__main__":
    main()

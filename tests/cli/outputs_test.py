#!/usr/bin/env python3
"""Outputs: full disks, closed pipes, files that are named twice."""

import json
import os
import pathlib
import subprocess

from command import CommandTest, event, lines, main


class Outputs(CommandTest):
    def setUp(self):
        super().setUp()
        self.policies(accepted="ListUsers")
        self.input = self.write("input", lines(*[event("ListUsers"), event()] * 2000))

    def start_process(self, *arguments, stdout, **options):
        return self.start("process", "--policies", self.policies(), *arguments, self.input,
                          stdout=stdout, stderr=subprocess.PIPE, **options)

    def test_a_full_disk(self):
        with open("/dev/full", "w") as full:
            process = self.start_process(stdout=full)
            _, stderr = process.communicate()
        self.assertEqual(process.returncode, 1)
        self.assertEqual(stderr, b"semper: standard output: No space left on device\n")
        for option in ("--dropped", "--stats"):
            self.process("", option, "/dev/full", self.input, code=1)
            self.assertIn("semper: /dev/full: No space left on device", self.stderr)

    def test_a_full_disk_is_noticed_for_a_single_record(self):
        with open("/dev/full", "w") as full:
            process = self.start("match", "--patterns", self.write("p", ""), self.write("e", "{}"),
                                 stdout=full, stderr=subprocess.PIPE)
            _, stderr = process.communicate()
        self.assertEqual(process.returncode, 1)
        self.assertIn(b"No space left on device", stderr)

    def test_a_closed_pipe_ends_quietly(self):
        process = self.start_process(stdout=subprocess.PIPE)
        self.assertIn("finding", json.loads(process.stdout.readline()))
        process.stdout.close()
        self.assertEqual(process.stderr.read(), b"")
        process.stderr.close()
        self.assertEqual(process.wait(), 0)

    def test_an_output_that_cannot_be_made(self):
        for path in (self.folder / "no/such/folder", self.folder):
            out = self.process("", "--dropped", path, self.input, code=1)
            self.assertEqual(out, [])
            self.assertIn(f"semper: {path}: ", self.stderr)

    def test_one_file_for_two_decisions(self):
        self.input = self.write("input", lines(event("ListUsers"), event()) + "x\n" + lines(event("ListUsers")))
        shared = self.folder / "shared"
        self.process("", "--dropped", shared, "--invalid", f"{self.folder}/./shared", self.input)
        decisions = [json.loads(line)["verdict"]["decision"] for line in shared.read_text().splitlines()]
        self.assertEqual(decisions, ["dropped", "invalid", "dropped"])

    def test_outputs_replace_what_was_there(self):
        dropped = self.write("dropped", "x" * 10_000_000)
        self.process("", "--dropped", dropped, self.input)
        with open(dropped, encoding="utf-8") as file:
            self.assertEqual(len([json.loads(line) for line in file]), 2000)

    def test_an_input_is_never_overwritten(self):
        before = pathlib.Path(self.input).read_bytes()
        self.process("", "--dropped", self.input, self.input, code=1)
        self.assertIn("is an input, too", self.stderr)
        self.assertEqual(pathlib.Path(self.input).read_bytes(), before)

    def test_standard_output_that_is_closed(self):
        process = self.start_process(stdout=None, preexec_fn=lambda: os.close(1))
        _, stderr = process.communicate()
        self.assertEqual(process.returncode, 1)
        self.assertIn(b"standard output: Bad file descriptor", stderr)


if __name__ == "__main__":
    main()

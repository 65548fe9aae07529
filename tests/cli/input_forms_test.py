#!/usr/bin/env python3
"""The same findings in every form of input give the same records."""

import gzip
import json

from command import CommandTest, event, lines, main, record

ASFF = {
    "SchemaVersion": "2018-10-08", "Id": "f1", "GeneratorId": "g", "AwsAccountId": "111122223333",
    "ProductArn": "arn:aws:securityhub:eu-central-1::product/aws/securityhub", "Types": [],
    "CreatedAt": "2026-11-24T10:00:00Z", "UpdatedAt": "2026-11-24T10:00:00Z", "Title": "t",
    "Severity": {"Label": "HIGH"}, "Resources": [{"Type": "AwsAccount", "Id": "x"}],
}


def forms(documents):
    """Every way to write a list of documents down."""
    yield "ndjson", lines(*documents)
    yield "ndjson without last newline", lines(*documents)[:-1]
    yield "ndjson with CRLF and blank lines", lines(*documents).replace("\n", "\r\n\r\n")
    yield "pretty", "\n".join(json.dumps(document, indent=2) for document in documents)
    yield "pretty with tabs", "\n\n".join(json.dumps(document, indent="\t") for document in documents)
    yield "pretty, not indented", "\n".join(json.dumps(document, indent=0) for document in documents)
    yield "concatenated", "".join(json.dumps(document) for document in documents)
    yield "concatenated, pretty", "".join(json.dumps(document, indent=1) for document in documents)
    yield "list", json.dumps(documents)
    yield "pretty list", json.dumps(documents, indent=4)
    yield "list, an element a line", "[\n" + ",\n".join(map(json.dumps, documents)) + "\n]\n"
    yield "lists", "\n".join(json.dumps([document]) for document in documents)
    yield "with a byte order mark", "\ufeff" + lines(*documents)


class InputForms(CommandTest):
    def check(self, name, content, expected):
        content = content.encode() if isinstance(content, str) else content
        packed = [("plain", content), ("gzip", gzip.compress(content)),
                  ("gzip in two members", gzip.compress(content[:77]) + gzip.compress(content[77:]))]
        for packing, data in packed:
            with self.subTest(form=name, packing=packing):
                path = self.write("input", data)
                for arguments, stdin in (([path], b""), ([], data)):
                    records = self.process(stdin, *arguments)
                    self.assertEqual([r["normalized"]["id"] for r in records], expected)
                    self.assert_counts(relevant=len(expected))
                    self.assertEqual(self.stderr.count("\n"), 1)

    def test_events(self):
        documents = [event(name, note="}\"{[\\") for name in ("A", "B", "C")]
        for name, content in forms(documents):
            self.check(name, content, ["id-A", "id-B", "id-C"])

    def test_files_of_records(self):
        documents = [record(name, note="]}\"") for name in ("A", "B")]
        for key in ("Records",):
            for indent in (None, 2):
                content = json.dumps({key: documents}, indent=indent)
                self.check(f"{key} {indent}", content, ["id-A", "id-B"])
                self.check(f"{key} {indent} twice", content + "\n" + content, ["id-A", "id-B"] * 2)

    def test_files_of_findings(self):
        documents = [{**ASFF, "Id": name} for name in ("A", "B")]
        expected = [f"{ASFF['ProductArn']}/{name}" for name in ("A", "B")]
        for key in ("Findings", "findings"):
            for indent in (None, 2):
                content = json.dumps({key: documents, "NextToken": "t"}, indent=indent)
                self.check(f"{key} {indent}", content, expected)

    def test_large_files_are_streamed_with_the_same_result(self):
        count = 20_000  # far beyond the limit of one document
        documents = [record(f"N{i}", filler="x" * 1000) for i in range(count)]
        expected = [f"id-N{i}" for i in range(count)]
        for name, content in (("Records", json.dumps({"Records": documents})),
                              ("list", json.dumps(documents)),
                              ("pretty", json.dumps({"Records": documents, "NextToken": "t"}, indent=1))):
            with self.subTest(form=name):
                self.assertGreater(len(content), 16 << 20)
                records = self.process(content)
                self.assertEqual([r["normalized"]["id"] for r in records], expected)

    def test_what_stands_beside_a_large_list_is_not_lost(self):
        documents = [record(f"N{i}", filler="x" * 1000) for i in range(2000)]
        records = self.process(json.dumps({"Records": documents, "important": 12345678901234567890123}))
        self.assertEqual(len(records), 2001)
        self.assertIn("12345678901234567890123", json.dumps(records[-1]["finding"]["raw"]))

    def test_empty_input(self):
        for content in (b"", b"\n\n  \n", b"[]", gzip.compress(b"")):
            self.assertEqual(self.process(content), [])
            self.assert_counts()
        path = self.write("empty", "")
        self.assertEqual(self.process("", path), [])
        self.assert_counts()


if __name__ == "__main__":
    main()

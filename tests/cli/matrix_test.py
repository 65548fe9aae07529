#!/usr/bin/env python3
"""semper matrix."""

import csv
import html.parser
import io
import json
import pathlib

from command import CommandTest, main

EXAMPLES = pathlib.Path(__file__).resolve().parents[2] / "examples"
# The slides' table: production, non-production, southbound, no southbound.
TAILORING = {
    "aws-foundational-security-best-practices/v/1.0.0": ("applies", "not", "applies", "not"),
    "cis-aws-foundations-benchmark/v/1.2.0": ("applies", "not", "applies", "applies"),
    "cis-aws-foundations-benchmark/v/1.4.0": ("applies", "not", "applies", "applies"),
    "pci-dss/v/3.2.1": ("applies", "not", "applies", "applies"),
    "example-corp-security-standard/v/1.0.0": ("applies", "applies", "applies", "not"),
}


class Page(html.parser.HTMLParser):
    def __init__(self, text):
        super().__init__()
        self.rows, self.cell, self.tags = [], None, set()
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        self.tags.add(tag)
        if tag == "tr":
            self.rows.append([])
        if tag in ("td", "th"):
            self.rows[-1].append("")
            self.cell = True

    def handle_endtag(self, tag):
        if tag in ("td", "th"):
            self.cell = None

    def handle_data(self, data):
        if self.cell:
            self.rows[-1][-1] += data


class Matrix(CommandTest):
    def matrix(self, *arguments, policies=None, accounts=None, code=0):
        return self.run_command("matrix", "--policies", policies or self.folder / "policies", "--accounts",
                                accounts or self.folder / "accounts.json", *arguments, code=code).decode()

    def cells(self, *arguments, **options):
        return list(csv.reader(io.StringIO(self.matrix("--format", "csv", *arguments, **options), newline="")))

    def test_the_tailoring_table_of_the_slides(self):
        head, *rows = self.cells("--by", "tag:environment,tag:southbound", policies=EXAMPLES / "policies",
                                 accounts=EXAMPLES / "tailoring-accounts.json")
        columns = [head.index(f"{title} (1)") for title in
                   ("environment: prod", "environment: nonprod", "southbound: true", "southbound: false")]
        for standard, cells in TAILORING.items():
            (row,) = [row for row in rows if standard in row[0]]
            self.assertEqual(tuple(row[column] for column in columns), cells, standard)
        self.assertEqual(len(rows), len(TAILORING))

    def repository(self, title="Title"):
        self.policy("10_configure/config_rules/a", {
            "metaData": {"title": title},
            "configure": {"policyScope": {"accountScope": {"exclude": {"accountTags": {"x": "1"}}}},
                          "configRuleSettings": {"configRuleName": "r", "sourceOwner": "AWS",
                                                 "sourceIdentifier": "X"}}})
        self.policy("20_filtering/cloudtrail_api_calls/b", {
            "filtering": {"findingPattern": {"detail": {"eventName": "A"}},
                          "policyScope": {"accountScope": {"exclude": "*", "forceInclude": {
                              "accountId": "111111111111"}}}}})

    def test_partly_by_ou(self):
        self.repository()
        self.write("accounts.json", [
            {"accountId": "111111111111", "ouNameWithPath": "Root/A/", "accountTags": {"x": "1"}},
            {"accountId": "222222222222", "ouNameWithPath": "Root/A"},
            {"accountId": "333333333333", "ouName": "B"}, {"accountId": "444444444444"}])
        self.assertEqual(self.cells("--by", "ou", "--rows", "policies"), [
            ["policy", "ou: B (1)", "ou: Root/A (2)", "ou: (none) (1)"],
            ["Title (10_configure/config_rules/a)", "applies", "partly (1 of 2)", "applies"],
            ["20_filtering/cloudtrail_api_calls/b", "not", "partly (1 of 2)", "not"]])

    def test_unknown_is_not_a_no(self):
        self.repository()
        self.write("accounts.json", [{"accountId": "111111111111", "accountTags": {"x": "2"}}])
        (_, row, _) = self.cells("--by", "tag:x", "--rows", "policies", "--unknown-accounts", "222222222222")
        self.assertEqual(row[1:], ["applies", "unknown (1 of 1)"])

    def test_text_and_markdown_and_json(self):
        self.repository("a | b <i>")
        self.write("accounts.json", [{"accountId": "111111111111", "accountTags": {"x": "2"}}])
        options = ("--by", "tag:x", "--rows", "policies")
        self.assertEqual(self.matrix(*options).splitlines()[:2], [
            "policy                                   x: 2 (1)",
            "a | b <i> (10_configure/config_rules/a)  applies"])
        self.assertIn(r"| a \| b \<i\> (10\_configure/config\_rules/a) | applies |",
                      self.matrix("--format", "markdown", *options))
        table = json.loads(self.matrix("--format", "json", *options))
        self.assertEqual(table["columns"], [{"title": "x: 2", "accounts": 1}])
        self.assertEqual(table["rows"][0]["cells"], [{"applies": 1, "unknown": 0}])

    def test_titles_do_no_harm(self):
        for title in ('=HYPERLINK("http://x")', "+1", "-1", "@SUM(1)", "\t=1", "\r=1"):
            self.repository(title)
            self.write("accounts.json", [{"accountId": "111111111111", "accountTags": {"x": "2"}}])
            (_, row, _) = self.cells("--by", "tag:x", "--rows", "policies")
            self.assertEqual(row[0], "'" + title + " (10_configure/config_rules/a)")
        self.repository('<script>alert(1)</script>"\'&')
        self.write("accounts.json", [{"accountId": "111111111111", "accountTags": {"x": "</th><script>"}}])
        text = self.matrix("--format", "html", "--by", "tag:x", "--rows", "policies")
        page = Page(text)
        self.assertNotIn("script", page.tags)
        self.assertEqual(page.rows[0][1], "x: </th><script> (1)")
        self.assertEqual(page.rows[1][0], '<script>alert(1)</script>"\'& (10_configure/config_rules/a)')

    def test_wrong_usage(self):
        self.repository()
        self.write("accounts.json", [])
        self.matrix("--by", "environment", code=1)
        self.assertIn("tag:NAME", self.stderr)
        self.matrix(code=1)


if __name__ == "__main__":
    main()

"""The HTML report in a browser: the numbers are there, nothing is loaded, nothing is run."""

import html.parser
import os
import re
import shutil
import subprocess
import sys
import tempfile
import unittest

import report_test
from report_test import OTHER, PROD, TEST, ReportTest, cis_finding, finding

import command

BROWSER = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
HOSTILE = "<script>document.title='owned'</script><img src=x onerror=alert(1)>"


def findings():
    return [finding("S3.1", "PASSED"), finding("S3.2"), finding("S3.2", account=TEST, Title=HOSTILE),
            finding("S3.3", "PASSED", account=OTHER), finding("EC2.10", Title=HOSTILE), cis_finding("1.14")]


class Source(ReportTest):
    def html(self, **arguments):
        return self.report(*findings(), form="html", arguments=["--by", "tag:environment"], **arguments)

    def test_one_page_that_loads_nothing(self):
        class Tags(html.parser.HTMLParser):
            def handle_starttag(parser, tag, attributes):
                self.assertNotIn(tag, ("script", "img", "link", "iframe", "object", "embed", "base", "form"))
                for key, value in attributes:
                    self.assertFalse(key.startswith("on"), key)
                    if key in ("src", "href", "action", "data", "xlink:href"):
                        self.assertTrue(value.startswith("#"), value)
        page = self.html()
        Tags().feed(page)
        self.assertIsNone(re.search(r"url\(|@import|https?://", page))
        self.assertIn("default-src 'none'", page)
        self.assertIn("prefers-color-scheme: dark", page)
        self.assertIn("<svg", page)

    def test_trend(self):
        page = self.html(before=[finding("S3.1"), finding("S3.2", "PASSED")])
        self.assertIn("Changes", page)


@unittest.skipUnless(BROWSER, "no browser: install chromium (script/setup does)")
class Browser(ReportTest):
    def browse(self, page, *options):
        """What is on the page after a browser has shown it."""
        path = self.write("report.html", page)
        profile = tempfile.mkdtemp(prefix="semper-browser-")
        self.addCleanup(shutil.rmtree, profile, ignore_errors=True)
        run = subprocess.run([BROWSER, "--headless", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage",
                              f"--user-data-dir={profile}", *options, f"file://{path}"],
                             capture_output=True, timeout=120, env={**os.environ, "HOME": profile})
        self.assertEqual(run.returncode, 0, run.stderr.decode()[-2000:])
        return run.stdout.decode()

    def test_the_numbers_are_there(self):
        report_test.ReportTest.accept(self, "EC2.10", lifecycle={"reason": "agreed <b>", "expiresAt": "2027-01-01"})
        arguments = ["--by", "tag:environment"]
        numbers = self.report(*findings(), arguments=arguments)
        page = self.browse(self.report(*findings(), form="html", arguments=arguments), "--dump-dom")

        class Text(html.parser.HTMLParser):
            def __init__(parser):
                super().__init__()
                parser.parts = []

            def handle_data(parser, data):
                parser.parts.append(data)

        text = Text()
        text.feed(page)
        shown = " ".join(" ".join(text.parts).split())
        for standard in numbers["standards"]:
            score, hub = standard["score"], standard["securityHubScore"]
            self.assertIn(f"Score {score} % , as Security Hub counts {hub} %", shown)
            for status, count in standard["controlCounts"].items():
                self.assertIn(f"{count} {status.replace('_', ' ')}", shown)
        self.assertIn(HOSTILE, shown)
        self.assertIn("agreed <b>", shown)
        self.assertIn("2027-01-01T00:00:00Z", shown)
        self.assertIn("<title>Compliance</title>", page)
        self.assertNotIn("<script", page)

    def test_light_and_dark_are_drawn(self):
        """A picture of it is no empty page, and dark is another than light."""
        page = self.report(*findings(), form="html")
        pictures = []
        for dark in (False, True):
            picture = self.folder / f"page-{dark}.png"
            options = ["--blink-settings=preferredColorScheme=0"] if dark else ["--blink-settings=preferredColorScheme=1"]
            self.browse(page, f"--screenshot={picture}", "--window-size=1000,800", *options)
            pictures.append(picture.read_bytes())
        self.assertTrue(all(len(picture) > 10_000 for picture in pictures), [len(one) for one in pictures])
        self.assertNotEqual(*pictures)


if __name__ == "__main__":
    command.main()

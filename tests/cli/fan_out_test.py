#!/usr/bin/env python3
"""semper process --fan-out, with a provider behind the extension policy."""

import json

from command import CommandTest, event, lines, main


class FanOut(CommandTest):
    def test_targets_and_records_in_the_order_of_the_input(self):
        self.policy("30_extension/tell", {"extension": {
            "findingPattern": {"detail": {"eventName": ["DeleteRole"]}},
            "contextBlock": [{"provider": "cmdb", "key": "${raw.detail.eventSource}", "as": "service"}],
            "extensionBlock": {
                "sqsFanOut": {"sqsName": "mail", "to": "${context.service[0].value.owner:-nobody}"},
                "sendToSecurityHub": {}}}})
        cmdb = self.write("cmdb.json", {"iam.amazonaws.com": {"owner": "ann"}})
        events = lines(*[event(name) for name in ["DeleteRole", "Other"] * 20])
        arguments = ["--provider", f"cmdb=file:{cmdb}", "--fan-out", self.folder / "out.ndjson"]
        by_one = self.fan_out(events, *arguments, "--threads", "1")
        self.assertEqual(40, len(by_one))
        self.assertEqual(["sqs", "securityhub"], [line["target"]["type"] for line in by_one[:2]])
        self.assertEqual({"sqsName": "mail", "to": "ann"}, by_one[0]["target"]["instructions"])
        self.assertEqual("relevant", by_one[0]["record"]["verdict"]["decision"])
        self.assertEqual("2018-10-08", by_one[1]["record"]["SchemaVersion"])
        self.assertEqual(by_one, self.fan_out(events, *arguments, "--threads", "4"))

    def fan_out(self, events, *arguments):
        self.process(events, *arguments)
        return [json.loads(line) for line in (self.folder / "out.ndjson").read_text().splitlines()]


if __name__ == "__main__":
    main()

"""Policy sets as a large organisation would have them: mostly filters, some event rules and
extensions. Each smaller set is the beginning of the larger ones, and what is added almost never
applies to the events, as in practice: an acceptance names a role, a bucket, an account. So one
event gets the same record from every set, and only the number of policies differs."""

import json
import random

import words


def envelope(title, kind, section, body, number):
    return {
        "metaData": {
            "version": "1.0",
            "domain": words.TEAMS[number % len(words.TEAMS)],
            "type": kind,
            "title": title,
            "owner": {"name": "Cloud Security", "email": "cloud-security@example.com"},
        },
        section: body,
        "auditing": {
            "lastAttestationDate": "20250901",
            "auditor": {"name": "Internal Audit", "email": "audit@example.com"},
        },
    }


def first_ten():
    """What every set has, and what the events meet."""
    yield "20_filtering/cloudtrail_api_calls/reads", {"detail": {
        "eventSource": ["s3.amazonaws.com", "ssm.amazonaws.com"],
        "eventName": [{"prefix": "Get"}, {"prefix": "List"}, {"prefix": "Head"}, {"prefix": "Put"}]}}
    yield "20_filtering/cloudtrail_api_calls/pipeline", {"detail": {
        "errorCode": [{"exists": False}],
        "userIdentity": {"type": ["AssumedRole"], "sessionContext": {"sessionIssuer": {
            "arn": [{"wildcard": "arn:aws:iam::*:role/deployment-pipeline"}]}}}}}
    yield "20_filtering/cloudtrail_api_calls/scanner", {"detail": {
        "eventName": [{"anything-but": ["ConsoleLogin"]}],
        "sourceIPAddress": [{"cidr": "198.51.100.0/24"}],
        "userIdentity": {"arn": [{"suffix": "/scanner"}]}}}
    yield "20_filtering/cloudtrail_api_calls/assume", {"detail": {
        "eventSource": ["sts.amazonaws.com"], "eventName": [{"regex-match": "^Assume(Role|User)$"}]}}
    yield "20_filtering/securityhub_findings/public-website", {
        "Compliance": {"SecurityControlId": ["S3.1", "S3.2"]}, "Resources": {"Id": ["arn:aws:s3:::website"]}}
    yield "20_filtering/guardduty_findings/low", {
        "type": [{"prefix": "Recon:EC2/"}], "severity": [{"numeric": ["<", 4]}]}
    yield "10_configure/event_rules/refused", {
        "detail-type": ["AWS API Call via CloudTrail"],
        "detail": {"errorCode": [{"suffix": "UnauthorizedOperation"}, {"prefix": "AccessDenied"}]}}
    yield "10_configure/event_rules/iam-policies", {
        "source": ["aws.iam"],
        "detail": {"eventName": ["PutRolePolicy", "PutUserPolicy", "AttachRolePolicy", "DetachRolePolicy"]}}
    yield "30_extension/high", {"normalized": {"severity": {"label": ["HIGH", "CRITICAL"]}}}
    yield "30_extension/owner", {"detail": {"eventSource": ["kms.amazonaws.com", "ec2.amazonaws.com"]}}


class Maker:
    """The policy with a number: its kind, what it tests and its scope are drawn by chance."""

    def __init__(self, rng):
        self.rng = rng

    def calls(self):
        """A service and one to three of its calls."""
        service = self.rng.choice(list(words.SERVICES))
        names = words.SERVICES[service]
        return f"{service}.amazonaws.com", self.rng.sample(names, min(len(names), self.rng.randrange(1, 4)))

    def role(self, number):
        return f"{self.rng.choice(words.TEAMS)}-{self.rng.choice(words.TASKS)}-{number}"

    def cloudtrail(self, number):
        """(class, pattern)"""
        rng, role = self.rng, self.role(number)
        account = rng.choice(words.ACCOUNTS)
        source, names = self.calls()
        issuer = {"sessionContext": {"sessionIssuer": {}}}
        kinds = {
            "exact": 26, "prefix": 11, "suffix": 6, "contains": 7, "wildcard": 14, "regex": 3, "numeric": 5,
            "cidr": 6, "exists": 7, "anything-but": 6, "or": 5, "generic": 4,
        }
        kind = rng.choices(list(kinds), list(kinds.values()))[0]
        detail = {"eventSource": [source], "eventName": names}
        if kind == "exact":
            issuer["sessionContext"]["sessionIssuer"]["arn"] = [f"arn:aws:iam::{account}:role/{role}"]
            detail["userIdentity"] = issuer
        elif kind == "prefix":
            detail["userIdentity"] = {"arn": [{"prefix": f"arn:aws:sts::{account}:assumed-role/{role}/"}]}
        elif kind == "suffix":
            detail["userIdentity"] = {"arn": [{"suffix": f":user/{role}"}]}
        elif kind == "contains":
            detail["userAgent"] = [{"contains": f"{role}-tool/"}]
        elif kind == "wildcard":
            shape = rng.choice(["arn:aws:iam::*:role/{}", "arn:aws:iam::*:role/{}-*", "*:role/*-{}", "*/{}/*-prod"])
            issuer["sessionContext"]["sessionIssuer"]["arn"] = [{"wildcard": shape.format(role)}]
            detail["userIdentity"] = issuer
        elif kind == "regex":
            issuer["sessionContext"]["sessionIssuer"]["userName"] = [{"regex-match": f"^{role}-[0-9a-f]{{8}}$"}]
            detail["userIdentity"] = issuer
        elif kind == "numeric":
            low = rng.randrange(1_024, 60_000)
            detail["eventSource"], detail["eventName"] = ["ec2.amazonaws.com"], ["AuthorizeSecurityGroupIngress"]
            detail["requestParameters"] = {
                "groupId": [f"sg-{number:017x}"],
                "ipPermissions": {"items": {"fromPort": [{"numeric": [">=", low, "<", low + 100]}]}},
            }
        elif kind == "cidr":
            network = f"{rng.randrange(11, 190)}.{rng.randrange(256)}.{rng.randrange(256)}.0/{rng.choice([20, 22, 24, 28])}"
            detail["sourceIPAddress"] = [{"cidr": network}]
        elif kind == "exists":
            detail["errorCode"] = [{"exists": False}]
            detail["requestParameters"] = {"bucketName": [role]}
        elif kind == "anything-but":
            detail["awsRegion"] = [{"anything-but": rng.sample(words.REGIONS, 2)}]
            detail["userIdentity"] = {"userName": [role]}
        elif kind == "or":
            del detail["eventName"]
            detail["$or"] = [{"userIdentity": {"userName": [role]}}, {"requestParameters": {"roleName": [role]}}]
        else:  # for whole accounts: it would match, were it not for the scope
            detail["userIdentity"] = {"type": [rng.choice(["AssumedRole", "IAMUser", "AWSService", "Root"])]}
        return kind, {"detail": detail}

    def security_hub(self, number):
        rng, role = self.rng, self.role(number)
        control = rng.sample(words.CONTROLS, rng.randrange(1, 4))
        kind = rng.choice(["exact", "prefix", "wildcard", "contains", "exists", "or", "numeric"])
        bucket = f"arn:aws:s3:::{role}"
        pattern = {"Compliance": {"SecurityControlId": control}, "Resources": {"Type": [rng.choice(words.RESOURCE_TYPES)]}}
        if kind == "exact":
            pattern["Resources"]["Id"] = [bucket]
        elif kind == "prefix":
            pattern["Resources"]["Id"] = [{"prefix": f"{bucket}-"}]
        elif kind == "wildcard":
            pattern["Resources"]["Id"] = [{"wildcard": f"arn:aws:*:*:{rng.choice(words.ACCOUNTS)}:*/{role}-*"}]
        elif kind == "contains":
            pattern["Title"] = [{"contains": f"tailored {number}"}]
        elif kind == "exists":
            pattern["Resources"]["Tags"] = {"exception": [f"EXC-{number}"], "owner": [{"exists": True}]}
        elif kind == "or":
            del pattern["Resources"]
            pattern["$or"] = [{"Resources": {"Id": [bucket]}}, {"ProductFields": {"Resources:0/Id": [bucket]}}]
        else:
            pattern["Severity"] = {"Normalized": [{"numeric": [">=", 0, "<", rng.randrange(10, 70)]}]}
            pattern["Resources"]["Id"] = [bucket]
        return kind, pattern

    def scope(self, generic):
        rng = self.rng
        if generic:
            return {"accountScope": {"exclude": "*", "forceInclude": {"accountId": rng.sample(words.ACCOUNTS, rng.randrange(1, 4))}}}
        draw = rng.random()
        if draw < 0.5:
            return None
        if draw < 0.65:
            return {"accountScope": {"exclude": {"accountTags": {"environment": rng.choice(["prod", "nonprod"])}}}}
        if draw < 0.75:
            return {"accountScope": {"exclude": "*", "forceInclude": [
                {"accountId": [rng.choice(words.ACCOUNTS)]}, {"ouNameWithPath": [{"prefix": f"Root/{rng.choice(words.TEAMS)}/"}]}]}}
        if draw < 0.9:
            return {"accountScope": {"exclude": "*", "forceInclude": {"accountId": [rng.choice(words.ACCOUNTS)]}}}
        return {"regionScope": {"exclude": rng.sample(words.REGIONS, 3)}}

    def policy(self, number):
        """(id, policy, pattern, class)"""
        rng = self.rng
        draw = rng.random()
        name = f"{rng.choice(words.TEAMS)}-{number:06d}"
        if draw < 0.08:
            service, call = rng.choice(words.CALLS)
            pattern = {
                "source": [f"aws.{service}"],
                "detail-type": ["AWS API Call via CloudTrail"],
                "detail": {"eventName": [call], "userIdentity": {"userName": [{"prefix": self.role(number)}]}},
            }
            return self.finish(f"10_configure/event_rules/{name}", pattern, number) + ("event rule",)
        if draw < 0.16:
            source, names = self.calls()
            if rng.random() < 0.5:
                pattern = {"detail": {"eventSource": [source], "eventName": names, "userIdentity": {"userName": [self.role(number)]}}}
            else:
                pattern = {"normalized": {"accountId": [rng.choice(words.ACCOUNTS)], "severity": {"label": ["HIGH", "CRITICAL"]}}}
            return self.finish(f"30_extension/{name}", pattern, number) + ("extension",)
        if draw < 0.78:
            kind, pattern = self.cloudtrail(number)
            folder = "cloudtrail_api_calls"
        elif draw < 0.94:
            kind, pattern = self.security_hub(number)
            folder = "securityhub_findings"
        elif draw < 0.97:
            kind, folder = "exact", "guardduty_findings"
            pattern = {"type": [rng.choice(words.GUARDDUTY_TYPES)], "resource": {"instanceDetails": {"instanceId": [f"i-{number:017x}"]}}}
        else:
            kind, folder = "prefix", "config_findings"
            pattern = {"configRuleName": [{"prefix": f"semper-{rng.choice(words.TASKS)}"}], "resourceId": [f"{self.role(number)}"]}
        return self.finish(f"20_filtering/{folder}/{name}", pattern, number, kind == "generic") + (kind,)

    def finish(self, policy_id, pattern, number, generic=False, scoped=True):
        title = f"Policy {number} of {policy_id.split('/')[1]}"
        body = {}
        scope = self.scope(generic) if scoped else None
        if scope is not None:
            body["policyScope"] = scope
        if policy_id.startswith("10_"):
            name = policy_id.rsplit("/", 1)[1]
            body["eventRuleSettings"] = {"eventName": name, "eventDescription": title, "eventPattern": pattern}
            return policy_id, envelope(title, "event rule", "configure", body, number), pattern
        body["findingPattern"] = pattern
        if policy_id.startswith("30_"):
            body["extensionBlock"] = {"sqsFanOut": [{
                "sqsName": "soc",
                "recipient": "${accountContext.accountTags.account_owner:-soc@example.com}",
                "messageSubject": "${normalized.severity.label}: ${normalized.title} in ${normalized.accountId}",
            }]}
            return policy_id, envelope(title, "extension", "extension", body, number), pattern
        policy = envelope(title, "filter", "filtering", body, number)
        if scoped and self.rng.random() < 0.5:
            policy["lifecycle"] = {"expiresAt": "2099-12-31", "reason": "Agreed with the owner", "ticket": f"SEC-{number}"}
        return policy_id, policy, pattern


def make(count, seed):
    """Yields (id, policy, pattern, class); the first N are the same for every count ≥ N."""
    maker = Maker(random.Random(seed))
    for number, (policy_id, pattern) in enumerate(first_ten()):
        yield maker.finish(policy_id, pattern, number, scoped=False) + ("first",)
    for number in range(10, count):
        yield maker.policy(number)


def text(policy):
    """As people write them."""
    return json.dumps(policy, indent=2, ensure_ascii=False) + "\n"


def accounts():
    for number, account in enumerate(words.EVENT_ACCOUNTS + words.ACCOUNTS):
        team = words.TEAMS[number % len(words.TEAMS)]
        yield {
            "accountId": account,
            "accountName": f"{team}-{number}",
            "accountStatus": "ACTIVE",
            "accountTags": {"environment": "prod" if number % 2 else "nonprod", "account_owner": f"{team}@example.com"},
            "ouId": f"ou-7x9q-{number:08d}",
            "ouNameWithPath": f"Root/Workloads/{team}",
        }

"""Pattern sets for measuring the matcher alone: by class of predicate, by the worst wildcards, by
lists, and the ones that other matchers are measured with too (tests/bench/peers)."""

import words


def values(events, *path):
    """The distinct strings at a path, in order of appearance."""
    found = {}
    for event in events:
        value = event
        for key in path:
            value = value.get(key) if isinstance(value, dict) else None
        if isinstance(value, str):
            found[value] = True
    return list(found)


def peer_classes(events, count, rng):
    """{class: patterns}: in the eventbridge dialect, what event-ruler and quamina know too. Every
    tenth names what is in some event, the others what might have been."""
    sources = values(events, "detail", "eventSource")
    agents = values(events, "detail", "userAgent")
    callers = [event["detail"] for event in events if "arn" in event["detail"].get("userIdentity", {})]

    counting = [detail for detail in callers if "bytesTransferredOut" in detail.get("additionalEventData", {})]

    def role(number):
        return f"{rng.choice(words.TEAMS)}-{rng.choice(words.TASKS)}-{number}"

    def caller(number):
        """(the name of a call, an ARN)"""
        event = rng.choice(callers)
        if number % 10 == 0:
            return event["eventName"], event["userIdentity"]["arn"]
        account = rng.choice(words.EVENT_ACCOUNTS[:1] + words.ACCOUNTS)
        arn = rng.choice([f"arn:aws:iam::{account}:user/{role(number)}", f"arn:aws:sts::{account}:assumed-role/{role(number)}/session"])
        return rng.choice([event["eventName"], rng.choice(words.CALLS)[1]]), arn

    def agent_wildcard(number):
        if number % 10:
            return f"*{rng.choice(['aws-sdk-go', 'Boto3', 'Terraform', 'console'])}/*{role(number)}*"
        agent = rng.choice(agents)
        at = rng.randrange(max(1, len(agent) - 8))
        return "*" + agent[at : at + 8].replace("\\", "\\\\").replace("*", "\\*").strip() + "*"

    def number_range(number):
        low = rng.randrange(0, 20_000) if number % 10 else 0
        return [{"numeric": [">=", low, "<", low + rng.randrange(1, 1_000)]}]

    def member(number):
        port = 1_024 + rng.randrange(60_000)
        shape = number % 3
        item = {"name": [f"rule-{number % 40}-{rng.choice(words.TEAMS)}"]}
        if shape == 0:
            item["ranges"] = {"cidr": [f"10.{rng.randrange(256)}.0.0/16"]}
        elif shape == 1:
            item["port"] = [port, port + 1, port + 2]
        return {"detail": {"items": item}}

    def of_caller(number, test):
        """Name and ARN, each as `test` makes it a list of items."""
        name, arn = caller(number)
        return {"detail": {"eventName": test(name), "userIdentity": {"arn": test(arn)}}}

    def suffix(number):
        arn = caller(number)[1]
        return {"detail": {"eventSource": [{"suffix": rng.choice(sources)[2:]}], "userIdentity": {"arn": [{"suffix": arn.split(":")[-1]}]}}}

    def numeric(number):
        name = rng.choice(counting)["eventName"] if number % 2 == 0 else caller(number)[0]
        return {"detail": {"eventName": [name], "additionalEventData": {"bytesTransferredOut": number_range(number)}}}

    def anything_but(number):
        others = [rng.choice(words.CALLS)[1] for _ in range(3)]
        return {"detail": {"eventName": [{"anything-but": others}], "userIdentity": {"arn": [caller(number)[1]]}}}

    make = {
        "exact": lambda i: of_caller(i, lambda text: [text]),
        "prefix": lambda i: of_caller(i, lambda text: [{"prefix": text[: max(4, len(text) - 3)]}]),
        "suffix": suffix,
        "wildcard": lambda i: {"detail": {"userAgent": [{"wildcard": agent_wildcard(i)}]}},
        "ignore-case": lambda i: of_caller(i, lambda text: [{"equals-ignore-case": text.upper()}]),
        "numeric": numeric,
        "anything-but": anything_but,
        "arrays": member,
    }
    classes = {kind: [pattern(i) for i in range(count)] for kind, pattern in make.items()}
    mixed = []
    for i in range(count):
        kind = rng.choices(list(make), [30, 15, 8, 12, 5, 10, 10, 0])[0]
        pattern = make[kind](i)
        if i % 7 == 0:
            pattern["detail"]["errorCode"] = [{"exists": False}]
        if i % 11 == 0:
            pattern["detail"]["sourceIPAddress"] = [{"cidr": f"{rng.randrange(1, 200)}.{rng.randrange(256)}.0.0/16"}]
        mixed.append(pattern)
    classes["mixed"] = mixed
    return classes


def semper_classes(count, rng):
    """Predicates that only Semper knows, on fields that every CloudTrail event has."""

    def role(number):
        return f"{rng.choice(words.TEAMS)}-{rng.choice(words.TASKS)}-{number}"

    make = {
        "contains": lambda i: {"detail": {"userAgent": [{"contains": f"{role(i)}"}]}},
        "regex": lambda i: {"detail": {"userIdentity": {"arn": [{"regex-match": f"^arn:aws:iam::[0-9]+:user/{role(i)}-[0-9a-f]+$"}]}}},
        "cidr": lambda i: {"detail": {"sourceIPAddress": [{"cidr": f"{rng.randrange(11, 190)}.{rng.randrange(256)}.{rng.randrange(256)}.0/24"}]}},
        "exists": lambda i: {"detail": {"errorCode": [{"exists": False}], "requestParameters": {role(i): [{"exists": True}]}}},
        "or": lambda i: {"detail": {"$or": [{"userIdentity": {"userName": [role(i)]}}, {"requestParameters": {"roleName": [role(i)]}}]}},
    }
    return {kind: [pattern(i) for i in range(count)] for kind, pattern in make.items()}


def wildcard_sets(count, rng):
    """Sets of wildcards on one field that make automata explode or searches start over; "plain" is
    what they are compared with: as many exact values on the same field."""
    letters = "abcdefghijklmnopqrstuvwxyz0123456789-/."
    pieces = ["aws", "sdk", "linux", "go1", "terraform", "console", "amd64", "java", "boto"]

    def stars(parts):
        return "*" + "*".join(parts) + "*"

    def unlikely(number):
        return f"{rng.choice(words.TASKS)}-{number}"

    make = {
        "single characters": lambda i: stars(rng.choices(letters, k=5)),
        "shared pieces": lambda i: stars(rng.choices(pieces, k=4) + [unlikely(i)]),
        "many stars": lambda i: stars(rng.choices(letters, k=20) + [unlikely(i)]),
        "repeated letter": lambda i: stars(["a" * (1 + n) for n in range(i % 8)] + [f"a{i}"]),
        "nested beginnings": lambda i: "*" + ("linux; amd64) "[: 1 + i % 14]) + "*" + unlikely(i),
        "no literal at the ends": lambda i: stars([f"{letters[i % 39]}{letters[i // 39 % 39]}", rng.choice(letters)]),
    }
    sets = {kind: [{"detail": {"userAgent": [{"wildcard": pattern(i)}]}} for i in range(count)] for kind, pattern in make.items()}
    sets["plain"] = [{"detail": {"userAgent": [f"aws-sdk-go/1.44.{i} {unlikely(i)}"]}} for i in range(count)]
    return sets


def list_patterns(count, rng):
    """Patterns into a list of objects: two fields of one element, a list in a list, absence. Longer
    lists meet more of them."""
    patterns = []
    for i in range(count):
        items = {"name": [f"rule-{rng.randrange(10_000)}-{rng.choice(words.TEAMS)}"]}
        if i % 4 == 0:
            items = {"port": [{"numeric": [">=", 1_024 + i, "<", 1_034 + i]}], "protocol": ["tcp"]}
        elif i % 4 == 1:
            items["ranges"] = {"cidr": [{"prefix": f"10.{i % 256}."}]}
        elif i % 4 == 2:
            items["description"] = [{"exists": False}]
        patterns.append({"detail": {"eventName": [{"prefix": "Authorize"}], "items": items}})
    return patterns


def wildcard_list_patterns(count):
    """Each has its piece in one element of a list that is long enough, and matches none: what is
    confirmed must be that element, not all."""
    return [{"detail": {"items": {"name": [{"wildcard": f"*e-{i}-*!"}]}}} for i in range(count)]


def fixed_list_patterns():
    """Patterns that nearly match every element of every list, or do: a list of any length meets all
    of them, so only the number of elements differs."""
    return [
        {"detail": {"items": {"protocol": ["tcp"], "name": [{"prefix": "rule-"}]}}},
        {"detail": {"items": {"protocol": ["tcp"], "name": ["nobody"]}}},
        {"detail": {"items": {"protocol": ["tcp"], "port": [{"numeric": ["<", 1_024]}]}}},
        {"detail": {"items": {"protocol": ["tcp"], "ranges": {"cidr": [{"prefix": "172."}]}}}},
        {"detail": {"items": {"protocol": ["tcp"], "ranges": {"cidr": [{"prefix": "10."}]}}}},
        {"detail": {"items": {"name": [{"prefix": "rule-"}], "description": [{"exists": False}]}}},
        {"detail": {"items": {"name": [{"prefix": "rule-"}], "protocol": [{"exists": False}]}}},
        {"detail": {"items": {"name": [{"anything-but": ["nobody"]}], "port": [{"numeric": [">", 1_000]}]}}},
    ]

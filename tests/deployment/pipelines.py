"""What `sluice run --until-finished --output json` says at its end."""

import json
import sys


def check_ledger(result, events):
    """Ends the test unless every sink got `events`, and every event is accounted for."""
    print(result.stdout)
    if result.returncode != 0:
        sys.exit(f"it ended with exit code {result.returncode}")
    ledgers = [json.loads(line)["ledger"] for line in result.stdout.splitlines() if line.startswith('{"ledger":')]
    if len(ledgers) != 1 or not ledgers[0]["balanced"]:
        sys.exit("not every event is accounted for")
    for pipeline in ledgers[0]["pipelines"]:
        for sink in pipeline["sinks"]:
            if sink["delivered"] != int(events):
                sys.exit(f'{pipeline["name"]}.{sink["name"]} got {sink["delivered"]} events, not {events}')

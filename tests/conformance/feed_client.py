"""What the checks of the feed service share: the client `stream-python`, and feeds and activities of their own."""

import datetime
import inspect
import itertools
import json
import urllib.parse

import stream
from stream import exceptions

import checks

SERVICE = checks.READY["feed"]
START = datetime.datetime(2024, 5, 6, 7, 8, 9, 123456)

# What no double holds, in an order that is no alphabet's.
ODD = {"z": 10**29 + 1, "a": [-(2**64), 0.1, {"y": 1e-300, "b": 2**53 + 1}]}

_numbers = itertools.count(1)

# The calls of the client, by the object they are made on.
CALLS = {
    "client": (
        "add_to_many", "follow_many", "unfollow_many", "update_activities", "update_activity", "get_activities",
        "activity_partial_update", "activities_partial_update", "create_redirect_url", "track_engagements",
        "track_impressions", "og", "follow_stats", "create_user_token", "create_jwt_token", "feed"),
    "feed": (
        "add_activity", "add_activities", "remove_activity", "get", "follow", "unfollow", "followers", "following",
        "update_activity_to_targets", "add_to_signature", "create_scope_token", "get_readonly_token"),
    "users": ("add", "get", "update", "delete", "create_reference"),
    "collections": ("add", "get", "update", "delete", "upsert", "select", "delete_many", "create_reference"),
    "reactions": ("add", "get", "update", "delete", "restore", "add_child", "filter"),
    "personalization": ("get", "post", "delete"),
}


def connect(**changes):
    # The client puts "api." before any host but localhost.
    port = urllib.parse.urlsplit(SERVICE["base_url"]).port
    account = {name: SERVICE[name] for name in ("api_key", "api_secret", "app_id")}
    return stream.connect(base_url=f"http://localhost:{port}", **{**account, **changes})


def functions_of(connected, feed):
    """Each call of CALLS, "client.og" and so on, with the function of the package that makes it."""
    functions = {}
    for owner, names in CALLS.items():
        target = {"client": connected, "feed": feed}.get(owner) or getattr(connected, owner)
        for name in names:
            functions[f"{owner}.{name}"] = inspect.unwrap(getattr(type(target), name))
    return functions


client = connect()


def number():
    return next(_numbers)


def new_feed(group="user"):
    """A feed that no other check uses."""
    return client.feed(group, str(number()))


def activity(**more):
    """An activity that differs from all others; each is a second later than the one before."""
    unique = number()
    return {
        "actor": "device:1",
        "verb": "report",
        "object": "temperature",
        "foreign_id": f"event:{unique}",
        "time": START + datetime.timedelta(seconds=unique),
        **more,
    }


def plain(**more):
    """An activity with what is required, and nothing else."""
    return {"actor": 1, "verb": "tweet", "object": number(), **more}


def same(one, other):
    """Equal also in the order of members and the types of numbers."""
    return json.dumps(one) == json.dumps(other)


def ids(answer):
    return [entry["id"] for entry in answer["results"]]


def without_duration(answer):
    return {name: value for name, value in answer.items() if name != "duration"}


InputException = exceptions.InputException

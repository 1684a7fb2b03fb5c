"""What `sluice feed` sends, against what `stream-python` sends for the same call.

Both talk to a server here that keeps what it is sent and answers anything. Requests are compared field by field: method,
path, query, the claims of the token, the headers that the protocol names, and the body as JSON. Where the two differ on
purpose, the check says so.
"""

import base64
import datetime
import decimal
import hashlib
import hmac
import json
import os
import subprocess
import unittest
import urllib.parse

import stream

import checks
import recorder

KEY, SECRET = "wire_key", "wire_secret_0123456789abcdef0123456789"
_SECONDS_PER_COMMAND = 20
TIME = datetime.datetime(2020, 1, 2, 3, 4, 5, 123456)
TIME_TEXT = "2020-01-02T03:04:05.123456"
ID = "89199700-2d0c-11ea-8080-80003644b625"


class Call:
    """A request, as far as it is compared."""

    def __init__(self, request):
        self.method = request.method
        self.path = urllib.parse.urlsplit(request.target).path  # as it was escaped
        self.query = sorted(request.query)
        self.headers = request.headers
        # As exact as it was written: 1.10 is not 1.1, and no number is too long.
        self.body = json.loads(request.body, parse_float=decimal.Decimal) if request.body else None

    def claims(self):
        """What the token claims; its signature is right, and its header is that of the other client."""
        header, claims, signature = self.headers["authorization"].split(".")
        expected = hmac.new(SECRET.encode(), f"{header}.{claims}".encode(), hashlib.sha256).digest()
        if base64.urlsafe_b64encode(expected).rstrip(b"=").decode() != signature:
            raise AssertionError("the signature of the token is wrong")
        return tuple(json.loads(base64.urlsafe_b64decode(part + "==")) for part in (header, claims))


def answer(request):
    """Everything that any call looks for."""
    content = {"id": ID, "duration": "1ms", "activity": {"id": ID}}
    if "/stats/" in request.path:
        content["results"] = {side: {"feed": "user:1", "count": 1} for side in ("followers", "following")}
    elif request.path.endswith("/collections/") and request.query:
        content["response"] = {"data": []}
    elif request.method == "GET":
        content["results"] = []
    else:
        content["activities"] = []
    return recorder.json_answer(200 if request.method in ("GET", "DELETE") else 201, content)


def without(*names):
    """A difference on purpose: members of the body that only stream-python sends."""

    def change(request):
        for name in names:
            del request.body[name]

    return change


def plain_targets(request):
    """A difference on purpose: stream-python puts a token behind each feed of `to`, which the service does not need."""
    for activity in request.body.get("activities", [request.body]):
        activity["to"] = [target.split(" ")[0] for target in activity["to"]]


def without_query(*names):
    """A difference on purpose: parameters that only stream-python sends, although its path has them, too."""

    def change(request):
        request.query = [(name, value) for name, value in request.query if name not in names]

    return change


class Wire(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.recorder = recorder.Recorder(answer)
        # The client puts the service before any host but localhost.
        cls.url = f"http://localhost:{cls.recorder.port}"
        cls.client = stream.connect(KEY, SECRET, app_id="1", base_url=cls.url)
        cls.feed = cls.client.feed("user", "1")

    @classmethod
    def tearDownClass(cls):
        cls.recorder.close()

    def sluice(self, *arguments, stdin=""):
        """Runs `sluice feed` and returns what it printed."""
        environment = {**os.environ, "STREAM_KEY": KEY, "STREAM_SECRET": SECRET}
        command = [os.environ["SLUICE_BINARY"], "feed", *arguments, "--base-url", self.url]
        done = subprocess.run(command, input=stdin, env=environment, capture_output=True, text=True, check=False,
                              timeout=_SECONDS_PER_COMMAND)
        self.assertEqual(done.returncode, 0, f"{arguments}: {done.stderr}")
        return done.stdout

    def compare(self, official, *arguments, change=None):
        """`official` calls stream-python; the arguments are those of `sluice feed`."""
        self.recorder.take()
        official()
        (their,) = map(Call, self.recorder.take())
        self.sluice(*arguments)
        (our,) = map(Call, self.recorder.take())
        if change is not None:
            change(their)
        self.assertEqual((our.method, our.path, our.query), (their.method, their.path, their.query))
        self.assertEqual(our.claims(), their.claims())
        for name in ("stream-auth-type", "content-type"):
            self.assertEqual(our.headers[name], their.headers[name], name)
        self.assertRegex(our.headers["x-stream-client"], r"^stream-[a-z]+-client-[0-9.]+$")
        self.assertEqual(our.body, their.body)

    def test_the_client_is_the_published_one(self):
        checks.check_unmodified("stream-python", stream)

    # Reading.

    def test_reads_a_page(self):
        self.compare(lambda: self.feed.get(limit=5, offset=5), "get", "user:1", "--limit=5", "--offset=5")
        self.compare(lambda: self.feed.get(limit=5, id_lt=ID), "get", "user:1", "--limit=5", "--id-lt", ID)
        self.compare(lambda: self.feed.get(id_lte="a", id_gt="b", id_gte="c"),
                     "get", "user:1", "--id-lte=a", "--id-gt=b", "--id-gte=c")
        self.compare(lambda: self.feed.get(ranking="popular", session="s 1"),
                     "get", "user:1", "--ranking=popular", "--param", "session=s 1")

    def test_marks_groups(self):
        feed = self.client.feed("notification", "1")
        self.compare(lambda: feed.get(mark_seen=["a.b", "c"]), "get", "notification:1", "--mark-seen", "a.b,c")
        self.compare(lambda: feed.get(mark_read=True, mark_seen=True),
                     "get", "notification:1", "--mark-read=all", "--mark-seen=all")

    def test_reads_with_enrichment(self):
        self.compare(lambda: self.feed.get(enrich=True), "get", "user:1", "--enrich")
        wanted = {"own": True, "recent": True, "counts": True, "kinds": ["like", "comment"]}
        self.compare(lambda: self.feed.get(reactions=wanted), "get", "user:1", "--own-reactions",
                     "--recent-reactions", "--reaction-counts", "--reaction-kinds=like,comment")

    # Writing.

    def test_adds_an_activity(self):
        activity = {"actor": 1, "verb": "run", "object": 1, "foreign_id": "run:1", "time": TIME_TEXT,
                    "course": {"name": "Golden Gate park ü", "distance": 10}, "participants": ["Thierry", "Tommaso"]}
        self.compare(lambda: self.feed.add_activity(activity), "add", "user:1", json.dumps(activity))

    def test_adds_an_activity_to_other_feeds(self):
        activity = {"actor": 1, "verb": "run", "object": 1, "to": ["user:44", "user:45"]}
        self.compare(lambda: self.feed.add_activity(activity), "add", "user:1", json.dumps(activity),
                     change=plain_targets)

    def test_adds_a_batch(self):
        batch = [{"actor": number, "verb": "run", "object": 1, "to": ["user:2"]} for number in range(3)]
        self.compare(lambda: self.feed.add_activities(batch), "add", "user:1", json.dumps(batch), change=plain_targets)

    def test_sends_nothing_for_an_empty_batch(self):
        self.recorder.take()
        self.feed.add_activities([])
        self.sluice("add", "user:1", "[]")
        self.assertEqual(self.recorder.take(), [])

    def test_keeps_numbers_and_texts_as_they_are(self):
        text = '{"actor":1,"big":123456789012345678901234567890,"exact":1.10,"e":1E+2,"text":"é\\u00e9😀\\n"}'
        self.sluice("add", "user:1", "-", stdin=text)
        (request,) = map(Call, self.recorder.take())
        self.assertEqual(request.body, json.loads(text, parse_float=decimal.Decimal))
        self.assertEqual(str(request.body["exact"]), "1.10")

    def test_adds_to_many_feeds(self):
        activity = {"actor": 1, "verb": "run", "object": 1}
        self.compare(lambda: self.client.add_to_many(activity, ["flat:1", "flat:2"]),
                     "add-many", json.dumps(activity), "flat:1", "flat:2")

    def test_removes_an_activity(self):
        self.compare(lambda: self.feed.remove_activity(ID), "remove", "user:1", ID)
        self.compare(lambda: self.feed.remove_activity(foreign_id="run:1"), "remove", "user:1", "--foreign-id=run:1")

    def test_changes_targets(self):
        changes = {"added_targets": ["user:4", "user:5"], "removed_targets": ["user:3"]}
        self.compare(lambda: self.feed.update_activity_to_targets("run:1", TIME, **changes), "targets", "user:1",
                     "--foreign-id=run:1", "--time", TIME_TEXT, "--add=user:4,user:5", "--remove=user:3")
        self.compare(lambda: self.feed.update_activity_to_targets("run:1", TIME, new_targets=["user:4"]),
                     "targets", "user:1", "--foreign-id=run:1", "--time", TIME_TEXT, "--new=user:4")

    # Follows.

    def test_follows(self):
        token = without("target_token")
        self.compare(lambda: self.feed.follow("flat", "42"), "follow", "user:1", "flat:42", change=token)
        self.compare(lambda: self.feed.follow("flat", "42", activity_copy_limit=0),
                     "follow", "user:1", "flat:42", "--activity-copy-limit=0", change=token)

    def test_unfollows(self):
        self.compare(lambda: self.feed.unfollow("flat", "42"), "unfollow", "user:1", "flat:42")
        self.compare(lambda: self.feed.unfollow("flat", "42", keep_history=True),
                     "unfollow", "user:1", "flat:42", "--keep-history")

    def test_lists_follows(self):
        self.compare(self.feed.followers, "followers", "user:1")
        self.compare(lambda: self.feed.following(offset=0, limit=2), "following", "user:1", "--offset=0", "--limit=2")
        self.compare(lambda: self.feed.following(feeds=["flat:1", "flat:2"]),
                     "following", "user:1", "--filter=flat:1,flat:2")
        self.compare(lambda: self.feed.followers(offset=1, limit=10, feeds=["flat:1"]),
                     "followers", "user:1", "--offset=1", "--limit=10", "--filter=flat:1")

    def test_follows_many(self):
        follows = [{"source": "flat:1", "target": f"user:{number}"} for number in (1, 2, 3)]
        self.compare(lambda: self.client.follow_many(follows), "follow-many", json.dumps(follows))
        self.compare(lambda: self.client.follow_many(follows, activity_copy_limit=5),
                     "follow-many", json.dumps(follows), "--activity-copy-limit=5")

    def test_unfollows_many(self):
        follows = [{"source": "flat:1", "target": "user:1", "keep_history": True},
                   {"source": "flat:1", "target": "user:2"}]
        self.compare(lambda: self.client.unfollow_many(follows), "unfollow-many", json.dumps(follows))

    def test_counts_follows(self):
        self.compare(lambda: self.client.follow_stats("user:1"), "stats", "user:1")
        self.compare(lambda: self.client.follow_stats("user:1", ["user", "flat"], ["news"]),
                     "stats", "user:1", "--followers-slugs=user,flat", "--following-slugs=news")

    # Activities.

    def test_looks_activities_up(self):
        self.compare(lambda: self.client.get_activities(ids=["a", "b"]), "activities", "get", "a", "b")
        self.compare(lambda: self.client.get_activities(foreign_id_times=[("run:1", TIME), ("run:2", TIME)]),
                     "activities", "get", "--foreign-id=run:1", "--time", TIME_TEXT,
                     "--foreign-id=run:2", "--time", TIME_TEXT)
        self.compare(lambda: self.client.get_activities(ids=["a"], reactions={"counts": True}),
                     "activities", "get", "a", "--reaction-counts")

    def test_updates_activities(self):
        activity = {"actor": 1, "verb": "run", "object": 1, "foreign_id": "run:1", "time": TIME_TEXT, "distance": 10.5}
        self.compare(lambda: self.client.update_activities([activity]), "activities", "update", json.dumps([activity]))

    def test_updates_activities_partially(self):
        values = {"product.name": "boots", "colors": {"red": "0xFF0000"}}
        self.compare(lambda: self.client.activity_partial_update(id=ID, set=values, unset=["popularity", "x.y"]),
                     "activities", "partial-update", ID, "--set", json.dumps(values), "--unset=popularity,x.y")
        self.compare(lambda: self.client.activity_partial_update(foreign_id="run:1", time=TIME, set={"n": 1}),
                     "activities", "partial-update", "--foreign-id=run:1", "--time", TIME_TEXT, "--set", '{"n":1}')
        changes = [{"id": "a", "set": {"n": 1}, "unset": []},
                   {"foreign_id": "run:1", "time": TIME_TEXT, "set": {}, "unset": ["n"]}]
        self.compare(lambda: self.client.activities_partial_update(changes),
                     "activities", "partial-update", "--changes", json.dumps(changes))

    # Users, collections, reactions.

    def test_handles_users(self):
        users = self.client.users
        self.compare(lambda: users.add("bob"), "users", "add", "bob")
        self.compare(lambda: users.add("bob", {"name": "Bob"}, get_or_create=True),
                     "users", "add", "bob", "--data", '{"name":"Bob"}', "--get-or-create")
        self.compare(lambda: users.get("bob"), "users", "get", "bob")
        self.compare(lambda: users.get("bob", with_follow_counts=True), "users", "get", "bob", "--follow-counts")
        self.compare(lambda: users.update("bob", {"name": "B"}), "users", "update", "bob", '{"name":"B"}')
        self.compare(lambda: users.delete("bob"), "users", "delete", "bob")

    def test_handles_collections(self):
        collections = self.client.collections
        self.compare(lambda: collections.add("food", {"n": 1}), "collections", "add", "food", '{"n":1}')
        self.compare(lambda: collections.add("food", {"n": 1}, id="1", user_id="bob"),
                     "collections", "add", "food", '{"n":1}', "--id=1", "--user=bob")
        self.compare(lambda: collections.get("food", "1"), "collections", "get", "food", "1")
        self.compare(lambda: collections.update("food", "1", {"n": 2}), "collections", "update", "food", "1", '{"n":2}')
        self.compare(lambda: collections.delete("food", "1"), "collections", "delete", "food", "1")
        entries = [{"id": "1", "n": 1}, {"id": "2", "n": 2}]
        self.compare(lambda: collections.upsert("food", entries), "collections", "upsert", "food", json.dumps(entries))
        self.compare(lambda: collections.select("food", ["1", "2"]), "collections", "select", "food", "1", "2")
        self.compare(lambda: collections.delete_many("food", ["1", "2"]), "collections", "delete", "food", "1", "2")

    def test_handles_reactions(self):
        reactions = self.client.reactions
        self.compare(lambda: reactions.add("like", ID, "bob"), "reactions", "add", ID, "like", "--user=bob")
        more = {"data": {"text": "hi"}, "target_feeds": ["user:2"], "target_feeds_extra_data": {"n": 1}}
        options = ("--data", '{"text":"hi"}', "--target-feeds=user:2", "--target-feeds-extra-data", '{"n":1}')
        self.compare(lambda: reactions.add("comment", ID, "bob", **more),
                     "reactions", "add", ID, "comment", "--user=bob", *options)
        self.compare(lambda: reactions.add_child("comment", ID, "bob", **more),
                     "reactions", "add-child", ID, "comment", "--user=bob", *options)
        self.compare(lambda: reactions.get(ID), "reactions", "get", ID)
        self.compare(lambda: reactions.update(ID, {"n": 1}, ["user:2"]),
                     "reactions", "update", ID, "--data", '{"n":1}', "--target-feeds=user:2")
        self.compare(lambda: reactions.delete(ID), "reactions", "delete", ID)
        self.compare(lambda: reactions.delete(ID, soft=True), "reactions", "delete", ID, "--soft")
        self.compare(lambda: reactions.restore(ID), "reactions", "restore", ID)

    def test_filters_reactions(self):
        reactions = self.client.reactions
        self.compare(lambda: reactions.filter(activity_id=ID, kind="like", limit=5),
                     "reactions", "filter", "activity", ID, "--kind=like", "--limit=5",
                     change=without_query("activity_id", "kind"))
        self.compare(lambda: reactions.filter(user_id="bob", id_lt=ID),
                     "reactions", "filter", "user", "bob", "--id-lt", ID, change=without_query("user_id"))
        self.compare(lambda: reactions.filter(reaction_id=ID), "reactions", "filter", "reaction", ID,
                     change=without_query("reaction_id"))

    # Analytics and the rest.

    def test_counts_events(self):
        engagements = [{"content": "1", "label": "click", "user_data": {"id": "486892", "alias": "Julian"}}]
        self.compare(lambda: self.client.track_engagements(engagements), "engagements", json.dumps(engagements))
        impressions = [{"content_list": ["1", "2"], "user_data": "tommaso"}]
        self.compare(lambda: self.client.track_impressions(impressions), "impressions", json.dumps(impressions))

    def test_previews_a_page(self):
        self.compare(lambda: self.client.og("https://google.com/a?b=c"), "og", "https://google.com/a?b=c")

    def test_calls_personalization(self):
        resources = self.client.personalization
        self.compare(lambda: resources.get("follow_recommendations", user_id="1", limit=10),
                     "personalization", "get", "follow_recommendations", "--param=user_id=1", "--param=limit=10")
        self.compare(lambda: resources.delete("meta", user_id="1"),
                     "personalization", "delete", "meta", "--param=user_id=1")

    def test_makes_redirect_urls(self):
        events = [{"content_list": ["tweet:1", "tweet:2"], "user_data": "tommaso", "location": "email"},
                  {"content": "tweet:2", "label": "click", "position": 1, "user_data": "tommaso é"}]
        target = "http://google.com/?a=b&c=d e"
        self.recorder.take()
        ours = self.sluice("redirect-url", target, json.dumps(events), "--user=tommaso").strip()
        self.assertEqual(ours, self.client.create_redirect_url(target, "tommaso", events))
        self.assertEqual(self.recorder.take(), [])

    def test_makes_tokens(self):
        self.assertEqual(self.sluice("token", "user", "bob").strip(), self.client.create_user_token("bob"))
        self.assertEqual(self.sluice("token", "user", "bob", "--claims", '{"exp":17,"x":"y"}').strip(),
                         self.client.create_user_token("bob", exp=17, x="y"))
        self.assertEqual(self.sluice("token", "read-only", "user:1").strip(), self.feed.get_readonly_token())


class Environment(unittest.TestCase):
    """Where both go when only the environment says so."""

    def test_reads_stream_url_as_credentials(self):
        environment = {**os.environ, "STREAM_URL": "https://thierry:pass@us-east.getstream.io/?app_id=7"}
        done = subprocess.run([os.environ["SLUICE_BINARY"], "feed", "token", "user", "bob"], env=environment,
                              capture_output=True, text=True, check=True, timeout=_SECONDS_PER_COMMAND)
        os.environ["STREAM_URL"] = environment["STREAM_URL"]
        try:
            client = stream.connect()
        finally:
            del os.environ["STREAM_URL"]
        self.assertEqual((client.api_key, client.api_location), ("thierry", "us-east"))
        self.assertEqual(done.stdout.strip(), client.create_user_token("bob"))


if __name__ == "__main__":
    checks.main()

"""The client `stream-python` against the emulated feed service."""

import datetime
import unittest
import urllib.parse

import stream
from stream import exceptions

import calls
import checks
import feed_activities_test
import feed_async_test
import feed_client
import feed_follows_test
import feed_notifications_test
import feed_objects_test
import feed_reactions_test
from feed_client import SERVICE, activity, client, connect, ids, new_feed

# What the client has and nothing here asks for, and why.
OUT_OF_SCOPE = {
    "redirects to the client's own analytics host": "needs the public internet; the same address is asked for here",
    "personalization": "a canned answer: its model is the service's own",
    "files and images": "the client has no call for them",
}


class Package(unittest.TestCase):
    def test_the_client_is_the_published_one(self):
        checks.check_unmodified("stream-python", stream)


class Adding(unittest.TestCase):
    def test_adds_an_activity_and_reads_it_back(self):
        feed = new_feed()
        given = activity(celsius=21.5, room={"number": "101", "tags": ["red", "north"]})
        added = feed.add_activity(given)
        (read,) = feed.get()["results"]
        self.assertEqual(read.pop("time"), given.pop("time").replace(tzinfo=datetime.timezone.utc))
        self.assertEqual({field: read[field] for field in given}, given)
        self.assertEqual(read["id"], added["id"])

    def test_adds_a_batch_and_keeps_its_order(self):
        feed = new_feed()
        added = feed.add_activities([activity() for _ in range(10)])["activities"]
        self.assertEqual(ids(feed.get()), [entry["id"] for entry in reversed(added)])

    def test_adds_a_batch_of_activities_without_time(self):
        feed = new_feed()
        given = [{"actor": 1, "verb": "report", "object": number} for number in range(5)]
        added = feed.add_activities(given)["activities"]
        self.assertEqual([entry["object"] for entry in feed.get()["results"]], ["4", "3", "2", "1", "0"])
        self.assertEqual(ids(feed.get()), [entry["id"] for entry in reversed(added)])

    def test_adds_an_activity_twice_as_one(self):
        feed = new_feed()
        given = activity(value=1)
        first = feed.add_activity(given)
        second = feed.add_activity({**given, "value": 2})
        (read,) = feed.get()["results"]
        self.assertEqual((first["id"], second["id"]), (read["id"], read["id"]))
        self.assertEqual(read["value"], 2)

    def test_makes_the_id_from_time_and_foreign_id(self):
        # A pair that Stream's client for Java was tested with.
        time = datetime.datetime(2001, 9, 11, 0, 1, 2)
        added = new_feed().add_activity(activity(foreign_id="foreignID", time=time))
        self.assertEqual(added["id"], "1657b300-a648-11d5-8080-800020fde6c3")

    def test_adds_one_activity_to_many_feeds(self):
        feeds = [new_feed() for _ in range(3)]
        given = activity()
        client.add_to_many(given, [feed.id for feed in feeds])
        for feed in feeds:
            self.assertEqual([entry["foreign_id"] for entry in feed.get()["results"]], [given["foreign_id"]])


class Reading(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.feed = new_feed()
        added = cls.feed.add_activities([activity() for _ in range(30)])["activities"]
        cls.newest_first = [entry["id"] for entry in reversed(added)]

    def test_reads_25_unless_told(self):
        self.assertEqual(ids(self.feed.get()), self.newest_first[:25])

    def test_reads_up_to_a_limit(self):
        self.assertEqual(ids(self.feed.get(limit=7)), self.newest_first[:7])

    def test_reads_from_an_offset(self):
        self.assertEqual(ids(self.feed.get(limit=5, offset=10)), self.newest_first[10:15])

    def test_reads_what_is_older_than_an_id(self):
        self.assertEqual(ids(self.feed.get(limit=5, id_lt=self.newest_first[9])), self.newest_first[10:15])
        self.assertEqual(ids(self.feed.get(limit=5, id_lte=self.newest_first[9])), self.newest_first[9:14])

    def test_reads_what_is_newer_than_an_id(self):
        self.assertEqual(ids(self.feed.get(id_gt=self.newest_first[3])), self.newest_first[:3])
        self.assertEqual(ids(self.feed.get(id_gte=self.newest_first[3])), self.newest_first[:4])

    def test_reads_all_page_by_page(self):
        read, page = [], self.feed.get(limit=8)
        while page["results"]:
            read += ids(page)
            page = self.feed.get(limit=8, id_lt=read[-1])
        self.assertEqual(read, self.newest_first)

    def test_tells_the_next_page(self):
        following = urllib.parse.parse_qs(urllib.parse.urlsplit(self.feed.get(limit=8)["next"]).query)
        self.assertEqual((following["id_lt"], following["limit"]), ([self.newest_first[7]], ["8"]))
        self.assertEqual(self.feed.get(limit=100)["next"], "")

    def test_reads_a_feed_that_nobody_wrote(self):
        self.assertEqual(new_feed().get()["results"], [])

    def test_gets_activities_by_id(self):
        wanted = [self.newest_first[4], self.newest_first[2]]
        self.assertCountEqual(ids(client.get_activities(ids=wanted)), wanted)

    def test_gets_activities_by_foreign_id_and_time(self):
        newest = self.feed.get(limit=2)["results"]
        pairs = [(entry["foreign_id"], entry["time"]) for entry in newest]
        self.assertCountEqual(client.get_activities(foreign_id_times=pairs)["results"], newest)


class Targets(unittest.TestCase):
    def test_copies_an_activity_to_its_targets(self):
        feed, first, second = new_feed(), new_feed("flat"), new_feed("flat")
        added = feed.add_activity(activity(to=[first.id, second.id]))
        self.assertEqual(added["to"], [first.id, second.id])
        for target in (feed, first, second):
            self.assertEqual(ids(target.get()), [added["id"]])

    def test_copies_a_batch_to_its_targets(self):
        feed, target = new_feed(), new_feed("flat")
        added = feed.add_activities([activity(to=[target.id]), activity()])["activities"]
        self.assertEqual(ids(target.get()), [added[0]["id"]])

    def test_changes_the_targets(self):
        feed, old, new = new_feed(), new_feed("flat"), new_feed("flat")
        added = feed.add_activity(activity(to=[old.id]))
        feed.update_activity_to_targets(
            added["foreign_id"], added["time"], added_targets=[new.id], removed_targets=[old.id])
        self.assertEqual((ids(old.get()), ids(new.get())), ([], [added["id"]]))

    def test_refuses_targets_that_are_no_list(self):
        with self.assertRaises(TypeError):
            new_feed().add_activity(activity(to="flat:1"))


class Following(unittest.TestCase):
    def test_follows_and_unfollows(self):
        timeline, source = new_feed("timeline"), new_feed()
        before = source.add_activity(activity())
        timeline.follow(source.slug, source.user_id)
        after = source.add_activity(activity())
        self.assertEqual(ids(timeline.get()), [after["id"], before["id"]])
        self.assertEqual({entry["origin"] for entry in timeline.get()["results"]}, {source.id})
        timeline.unfollow(source.slug, source.user_id)
        self.assertEqual(timeline.get()["results"], [])
        source.add_activity(activity())
        self.assertEqual(timeline.get()["results"], [])

    def test_keeps_history_after_unfollowing(self):
        timeline, source = new_feed("timeline"), new_feed()
        timeline.follow(source.slug, source.user_id)
        added = source.add_activity(activity())
        timeline.unfollow(source.slug, source.user_id, keep_history=True)
        self.assertEqual(ids(timeline.get()), [added["id"]])

    def test_copies_as_many_old_activities_as_asked(self):
        timeline, source = new_feed("timeline"), new_feed()
        added = source.add_activities([activity() for _ in range(5)])["activities"]
        timeline.follow(source.slug, source.user_id, activity_copy_limit=2)
        self.assertEqual(ids(timeline.get()), [added[4]["id"], added[3]["id"]])

    def test_lists_who_follows_whom(self):
        timeline, first, second = new_feed("timeline"), new_feed(), new_feed()
        for source in (first, second):
            timeline.follow(source.slug, source.user_id)
        self.assertEqual([entry["target_id"] for entry in timeline.following()["results"]], [second.id, first.id])
        self.assertEqual([entry["target_id"] for entry in timeline.following(feeds=[first.id])["results"]], [first.id])
        self.assertEqual([entry["feed_id"] for entry in first.followers()["results"]], [timeline.id])

    def test_follows_many(self):
        timeline, first, second = new_feed("timeline"), new_feed(), new_feed()
        pairs = [{"source": timeline.id, "target": source.id} for source in (first, second)]
        client.follow_many(pairs)
        self.assertEqual(client.follow_stats(timeline.id)["results"]["following"]["count"], 2)
        client.unfollow_many(pairs[:1])
        self.assertEqual([entry["target_id"] for entry in timeline.following()["results"]], [second.id])


class Changing(unittest.TestCase):
    def test_removes_an_activity_by_id(self):
        feed, target = new_feed(), new_feed("flat")
        kept, removed = feed.add_activity(activity()), feed.add_activity(activity(to=[target.id]))
        self.assertEqual(feed.remove_activity(removed["id"])["removed"], removed["id"])
        self.assertEqual((ids(feed.get()), ids(target.get())), ([kept["id"]], []))

    def test_removes_an_activity_by_foreign_id(self):
        feed = new_feed()
        kept, removed = feed.add_activity(activity()), feed.add_activity(activity())
        feed.remove_activity(foreign_id=removed["foreign_id"])
        self.assertEqual(ids(feed.get()), [kept["id"]])

    def test_removes_what_is_not_there(self):
        new_feed().remove_activity(foreign_id="unknown")

    def test_updates_an_activity_in_part_by_id(self):
        feed = new_feed()
        added = feed.add_activity(activity(celsius=21.5, room={"number": "101", "floor": 1}, old=True))
        changed = {"celsius": 22, "room.number": "102", "room.window.open": True}
        client.activity_partial_update(id=added["id"], set=changed, unset=["old", "room.floor"])
        (read,) = feed.get()["results"]
        self.assertEqual((read["celsius"], read["room"]), (22, {"number": "102", "window": {"open": True}}))
        self.assertNotIn("old", read)

    def test_updates_an_activity_in_part_by_foreign_id_and_time(self):
        feed = new_feed()
        given = activity(value=1)
        feed.add_activity(given)
        client.activity_partial_update(foreign_id=given["foreign_id"], time=given["time"], set={"value": 2})
        self.assertEqual(feed.get()["results"][0]["value"], 2)

    def test_updates_several_activities_in_part(self):
        feed = new_feed()
        added = feed.add_activities([activity(value=number) for number in range(3)])["activities"]
        answer = client.activities_partial_update([{"id": entry["id"], "set": {"value": 7}} for entry in added])
        self.assertEqual([entry["id"] for entry in answer["activities"]], [entry["id"] for entry in added])
        self.assertEqual([entry["value"] for entry in feed.get()["results"]], [7, 7, 7])

    def test_replaces_an_activity(self):
        feed = new_feed()
        given = activity(old=True)
        feed.add_activity(given)
        del given["old"]
        client.update_activity({**given, "new": True})
        (read,) = feed.get()["results"]
        self.assertTrue(read["new"])
        self.assertNotIn("old", read)


class Clock(unittest.TestCase):
    def test_moves_the_time_of_the_service(self):
        feed = new_feed()
        before = feed.add_activity({"actor": 1, "verb": "report", "object": 1})
        token = client.create_user_token("u", exp=int(datetime.datetime.now().timestamp()) + 3600)
        checks.control("/clock", {"advance": 86400})
        after = feed.add_activity({"actor": 1, "verb": "report", "object": 2})
        self.assertGreaterEqual(after["time"] - before["time"], datetime.timedelta(days=1))
        # What ends by then has ended.
        answer = client.session.get(
            f"{SERVICE['base_url']}/api/v1.0/feed/user/u/?api_key={SERVICE['api_key']}", headers={"Authorization": token})
        self.assertEqual((answer.status_code, answer.json()["code"]), (403, 17))


class Refusals(unittest.TestCase):
    def test_refuses_an_activity_without_actor(self):
        with self.assertRaises(exceptions.InputException):
            new_feed().add_activity({"verb": "report", "object": "temperature"})

    def test_refuses_an_unknown_key(self):
        with self.assertRaises(exceptions.ApiKeyException):
            connect(api_key="unknown").feed("user", "1").get()

    def test_refuses_a_wrong_secret(self):
        with self.assertRaises(exceptions.NotAllowedException):
            connect(api_secret="0123456789abcdef0123456789abcdef").feed("user", "1").get()

    def test_says_that_there_were_too_many_requests(self):
        checks.fail_next("feed", 429)
        with self.assertRaises(exceptions.RateLimitReached):
            new_feed().get()

    def test_stores_once_what_is_sent_again_after_a_lost_answer(self):
        feed, given = new_feed(), activity()
        checks.control("/faults", {"service": "feed", "kind": "lose_answer", "count": 1, "method": "POST"})
        with self.assertRaises(OSError):
            feed.add_activity(given)
        added = feed.add_activity(given)
        self.assertEqual(ids(feed.get()), [added["id"]])


if __name__ == "__main__":
    checks.main(
        feed_activities_test, feed_follows_test, feed_notifications_test, feed_objects_test, feed_reactions_test,
        feed_async_test,
        calls=calls.Calls("stream-python", feed_client.functions_of(client, new_feed()), OUT_OF_SCOPE))

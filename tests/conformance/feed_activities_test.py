"""Adding, reading, removing, changing activities, and what makes two of them one.

Each check is named like the test of stream-python's own suite whose behaviour it asks for.
"""

import datetime
import unittest

from stream import exceptions

from feed_client import ODD, START, activity, client, connect, ids, new_feed, number, plain, same, without_duration


class AddReadRemove(unittest.TestCase):
    def test_add_activity(self):
        feed = new_feed()
        added = feed.add_activity(plain(actor=1, object=1))
        self.assertEqual((added["actor"], added["object"]), ("1", "1"))
        self.assertTrue(added["duration"].endswith("ms"))
        self.assertEqual((added["target"], added["foreign_id"], added["origin"]), ("", "", None))
        self.assertNotIn("to", added)
        self.assertEqual(ids(feed.get()), [added["id"]])

    def test_add_activity_to_inplace_change(self):
        target = new_feed()
        given = plain(to=[target.id])
        team = new_feed("flat")
        team.add_activity(given)
        self.assertEqual(given["to"], [target.id])

    def test_add_activities_to_inplace_change(self):
        target = new_feed()
        given = plain(to=[target.id])
        new_feed("flat").add_activities([given])
        self.assertEqual(given["to"], [target.id])

    def test_add_activity_to(self):
        # The activity goes to the targets and to those that follow them, and leaves them all.
        source, target, follower = new_feed(), new_feed("flat"), new_feed("timeline")
        follower.follow(target.slug, target.user_id)
        added = source.add_activity(plain(to=[target.id]))
        self.assertEqual(added["to"], [target.id])
        for feed, origin in ((source, None), (target, None), (follower, target.id)):
            (entry,) = feed.get()["results"]
            self.assertEqual((entry["id"], entry["origin"]), (added["id"], origin))
        source.remove_activity(added["id"])
        for feed in (source, target, follower):
            self.assertEqual(feed.get()["results"], [])

    def test_remove_activity(self):
        feed = new_feed()
        added = feed.add_activity(plain())
        self.assertEqual(feed.remove_activity(added["id"])["removed"], added["id"])
        self.assertEqual(feed.get()["results"], [])

    def test_remove_activity_by_foreign_id(self):
        feed = new_feed()
        feed.add_activity(plain(foreign_id=f"tweet:{number()}"))
        kept = feed.add_activity(plain(foreign_id="tweet:kept"))
        gone = feed.get()["results"][1]["foreign_id"]
        self.assertEqual(feed.remove_activity(foreign_id=gone)["removed"], gone)
        self.assertEqual(ids(feed.get()), [kept["id"]])
        # What is not there is no error.
        feed.remove_activity(foreign_id="tweet:unknown")

    def test_add_activities(self):
        feed = new_feed()
        added = feed.add_activities([plain(object=f"object:{i}") for i in range(10)])["activities"]
        self.assertEqual([entry["object"] for entry in added], [f"object:{i}" for i in range(10)])
        self.assertEqual(ids(feed.get()), [entry["id"] for entry in reversed(added)])

    def test_add_activities_to(self):
        feed, first, second = new_feed(), new_feed("flat"), new_feed("flat")
        added = feed.add_activities([plain(to=[first.id]), plain(to=[second.id])])["activities"]
        self.assertEqual([entry["to"] for entry in added], [[first.id], [second.id]])
        self.assertEqual((ids(first.get()), ids(second.get())), ([added[0]["id"]], [added[1]["id"]]))

    def test_get(self):
        feed = new_feed()
        first, second, third = (feed.add_activity(plain()) for _ in range(3))
        newest_first = [third["id"], second["id"], first["id"]]
        self.assertEqual(ids(feed.get(limit=2)), newest_first[:2])
        self.assertEqual(ids(feed.get(limit=2, offset=1)), newest_first[1:])
        self.assertEqual(ids(feed.get(limit=5, id_lt=third["id"])), newest_first[1:])

    def test_complex_field(self):
        feed = new_feed()
        complex_value = {"list": [1, 2.5, None, True, "é☃"], "deep": {"er": {"n": 2**53 + 1}}, "empty": {}, "none": []}
        added = feed.add_activity(plain(participants=complex_value))
        self.assertEqual(added["participants"], complex_value)
        self.assertEqual(feed.get()["results"][0]["participants"], complex_value)
        self.assertIs(type(added["participants"]["list"][0]), int)
        feed.add_activities([plain(odd=ODD)])
        self.assertTrue(same(feed.get()["results"][0]["odd"], ODD))

    def test_time_ordering(self):
        feed = new_feed()
        middle = feed.add_activity(plain(time=START + datetime.timedelta(hours=1)))
        oldest = feed.add_activity(plain(time=START))
        newest = feed.add_activity(plain(time=None))
        self.assertEqual(ids(feed.get()), [newest["id"], middle["id"], oldest["id"]])

    def test_missing_actor(self):
        given = plain()
        del given["actor"]
        with self.assertRaises(exceptions.InputException) as refused:
            new_feed().add_activity(given)
        self.assertIn("actor", str(refused.exception))

    def test_api_key_exception(self):
        with self.assertRaises(exceptions.ApiKeyException):
            connect(api_key="5crf3bhfzesn", api_secret="tfq2sdqpj9g446sbv653x3aqmgn33hsn8uzdc9jpskaw8mj6vsnhzswuwptuj9su"
                    ).feed("user", "1").add_activity(plain())


class Uniqueness(unittest.TestCase):
    def test_uniqueness(self):
        feed, given = new_feed(), plain(object=3, time=START)
        first, second = feed.add_activity(given), feed.add_activity(given)
        self.assertEqual(first["id"], second["id"])
        self.assertEqual(len(feed.get()["results"]), 1)

    def test_uniqueness_topic(self):
        # Once by following and once by `to`: one entry.
        source, topic = new_feed("flat"), new_feed("topic")
        source.follow(topic.slug, topic.user_id)
        given = plain(time=START + datetime.timedelta(seconds=number()), to=[source.id])
        topic.add_activity(given)
        topic.add_activity(given)
        self.assertEqual(len(source.get()["results"]), 1)

    def test_uniqueness_foreign_id(self):
        feed, foreign_id = new_feed(), f"tweet:{number()}"
        feed.add_activity(plain(object=3, foreign_id=foreign_id, time=START))
        feed.add_activity(plain(object=3, foreign_id=foreign_id, time=START, extra="new"))
        (read,) = feed.get()["results"]
        self.assertEqual((read["object"], read["extra"]), ("3", "new"))
        feed.add_activity(plain(object=3, foreign_id=foreign_id, time=START + datetime.timedelta(seconds=1)))
        self.assertEqual(len(feed.get()["results"]), 2)


class Changing(unittest.TestCase):
    def test_update_activities_create(self):
        given = activity()
        client.update_activities([given])
        (read,) = client.get_activities(foreign_id_times=[(given["foreign_id"], given["time"])])["results"]
        self.assertEqual(read["object"], given["object"])

    def test_update_activities_update(self):
        feed = new_feed()
        feed.add_activities([activity() for _ in range(3)])
        read = feed.get()["results"]
        for entry in read:
            entry.pop("verb")
            entry["verb"] = "updated"
            entry["popularity"] = 7
        client.update_activities(read)
        updated = feed.get()["results"]
        self.assertEqual([entry["id"] for entry in updated], [entry["id"] for entry in read])
        self.assertEqual({(entry["verb"], entry["popularity"]) for entry in updated}, {("updated", 7)})

    def test_get_activities_empty_ids(self):
        self.assertEqual(client.get_activities(ids=[str("89199700-2d0c-11ea-8080-80003644ffff")])["results"], [])

    def test_get_activities_empty_foreign_ids(self):
        self.assertEqual(client.get_activities(foreign_id_times=[("nothing:1", START)])["results"], [])

    def test_get_activities_full(self):
        feed = new_feed()
        given = activity()
        added = without_duration(feed.add_activity(given))
        self.assertEqual(client.get_activities(ids=[added["id"]])["results"], feed.get()["results"])
        self.assertEqual(
            client.get_activities(foreign_id_times=[(given["foreign_id"], given["time"])])["results"],
            feed.get()["results"])
        for arguments in ({}, {"ids": ["x"], "foreign_id_times": [("x", START)]}):
            with self.assertRaises(TypeError):
                client.get_activities(**arguments)

    def _changed(self, added, **changes):
        """An activity as it was added, with what a partial update is to make of it."""
        expected = without_duration(added)
        expected.update(changes)
        return expected

    def test_activity_partial_update(self):
        feed = new_feed()
        given = activity(product={"name": "shoes", "price": 9.99, "color": "blue"}, popularity=50)
        added = feed.add_activity(given)
        expected = self._changed(
            added, product={"name": "boots", "price": 7.99, "color": "blue"}, popularity=60,
            foo={"bar": {"baz": "qux"}})
        answer = client.activity_partial_update(
            id=added["id"],
            set={"product.name": "boots", "product.price": 7.99, "popularity": 60, "foo": {"bar": {"baz": "qux"}}})
        self.assertEqual(without_duration(answer)["activities"][0], expected)
        answer = client.activity_partial_update(id=added["id"], set={"product.odd": ODD})
        self.assertTrue(same(answer["activities"][0]["product"]["odd"], ODD))
        client.activity_partial_update(id=added["id"], unset=["product.odd"])
        del expected["product"]["color"]
        expected.pop("foo")
        client.activity_partial_update(
            foreign_id=given["foreign_id"], time=given["time"], unset=["product.color", "foo", "never.there"])
        (read,) = client.get_activities(ids=[added["id"]])["results"]
        self.assertEqual(read, expected)

    def test_activities_partial_update(self):
        feed = new_feed()
        added = feed.add_activities([activity(product={"price": i}) for i in range(3)])["activities"]
        changes = [{"id": added[0]["id"], "set": {"product.price": 5}, "unset": []},
                   {"foreign_id": added[1]["foreign_id"], "time": added[1]["time"], "set": {"product": None}}]
        answer = client.activities_partial_update(changes)["activities"]
        self.assertEqual([entry["id"] for entry in answer], [added[0]["id"], added[1]["id"]])
        self.assertEqual([entry["product"] for entry in feed.get()["results"]], [{"price": 2}, None, {"price": 5}])

    def test_update_activity_to_targets(self):
        feed = new_feed()
        targets = [new_feed("flat") for _ in range(5)]
        given = activity(to=[target.id for target in targets[:3]])
        feed.add_activity(given)

        def change(**arguments):
            return feed.update_activity_to_targets(given["foreign_id"], given["time"], **arguments)

        def holders():
            return [target.id for target in targets if target.get()["results"]]

        answer = change(new_targets=[targets[0].id, targets[3].id])
        self.assertEqual(answer["activity"]["to"], [targets[0].id, targets[3].id])
        self.assertEqual(answer["added"], [targets[3].id])
        self.assertCountEqual(answer["removed"], [targets[1].id, targets[2].id])
        self.assertEqual(holders(), [targets[0].id, targets[3].id])
        answer = change(added_targets=[targets[4].id], removed_targets=[targets[0].id])
        self.assertEqual((answer["added"], answer["removed"]), ([targets[4].id], [targets[0].id]))
        self.assertEqual(holders(), [targets[3].id, targets[4].id])

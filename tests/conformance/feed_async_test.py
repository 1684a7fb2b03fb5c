"""The asynchronous client of stream-python: the same calls over another HTTP library, whose parameters are texts."""

import unittest

import checks
from feed_client import connect, ids, number, plain, without_duration


class Async(unittest.IsolatedAsyncioTestCase):
    def setUp(self):
        self.client = connect(use_async=True)

    def _feed(self, group="user"):
        return self.client.feed(group, f"async-{number()}")

    async def test_async_adds_reads_and_removes(self):
        feed, target = self._feed(), self._feed("flat")
        added = await feed.add_activity(plain(to=[target.id]))
        batch = (await feed.add_activities([plain(), plain()]))["activities"]
        self.assertEqual(ids(await feed.get()), [batch[1]["id"], batch[0]["id"], added["id"]])
        self.assertEqual(ids(await target.get()), [added["id"]])
        await feed.remove_activity(added["id"])
        self.assertEqual(len((await feed.get())["results"]), 2)

    async def test_async_follows(self):
        source, follower = self._feed(), self._feed("timeline")
        await source.add_activity(plain())
        await follower.follow(source.slug, source.user_id)
        self.assertEqual(len((await follower.following())["results"]), 1)
        self.assertEqual(len((await source.followers())["results"]), 1)
        await follower.unfollow(source.slug, source.user_id, keep_history=True)
        self.assertEqual(len((await follower.get())["results"]), 1)
        await self.client.follow_many([{"source": follower.id, "target": source.id}])
        stats = (await self.client.follow_stats(source.id))["results"]
        self.assertEqual(stats["followers"]["count"], 1)
        await self.client.unfollow_many([{"source": follower.id, "target": source.id}])

    async def test_async_changes_activities(self):
        feed = self._feed()
        added = await feed.add_activity(plain(foreign_id=f"async:{number()}"))
        await self.client.activity_partial_update(id=added["id"], set={"a.b": 1})
        (read,) = (await self.client.get_activities(ids=[added["id"]]))["results"]
        self.assertEqual(read["a"], {"b": 1})
        await self.client.update_activities([{**read, "a": 2}])
        await feed.update_activity_to_targets(read["foreign_id"], read["time"], added_targets=["flat:async"])
        (read,) = (await feed.get())["results"]
        self.assertEqual((read["a"], read["to"]), (2, ["flat:async"]))
        await self.client.add_to_many(plain(), [feed.id])

    async def test_async_marks_notifications(self):
        feed = self._feed("notification")
        await feed.add_activity(plain())
        await feed.get(mark_seen=True)
        (group,) = (await feed.get())["results"]
        self.assertEqual((group["is_seen"], group["is_read"]), (True, False))

    async def test_async_keeps_users_objects_and_reactions(self):
        user = await self.client.users.add(f"async-{number()}", {"name": "n"}, get_or_create=True)
        item = await self.client.collections.add("items", {"name": "a"})
        await self.client.collections.upsert("items", [{"id": item["id"], "name": "b"}])
        feed = self._feed()
        added = await feed.add_activity(plain(actor=f"SU:{user['id']}", object=f"SO:items:{item['id']}"))
        reaction = await self.client.reactions.add("like", added["id"], user["id"])
        (read,) = (await feed.get(enrich=True, reactions={"recent": True, "counts": True}))["results"]
        self.assertEqual(read["actor"], without_duration(user))
        self.assertEqual(read["object"]["data"]["name"], "b")
        self.assertEqual(read["latest_reactions"], {"like": [without_duration(reaction)]})
        await self.client.reactions.delete(reaction["id"], soft=True)
        await self.client.reactions.restore(reaction["id"])
        found = (await self.client.reactions.filter(activity_id=added["id"]))["results"]
        self.assertEqual([entry["id"] for entry in found], [reaction["id"]])

    async def test_async_tracks(self):
        label = f"async-{number()}"
        await self.client.track_engagements([{"label": label, "content": "1"}])
        await self.client.track_impressions([{"content_list": [label]}])
        events = checks.control("/feed/analytics")["events"]
        self.assertIn(label, [event.get("label") for event in events])
        self.assertIn([label], [event.get("content_list") for event in events])
        self.assertIn("title", await self.client.og("https://example.com/"))

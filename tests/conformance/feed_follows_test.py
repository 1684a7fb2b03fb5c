"""Who follows whom, one by one and many at once.

Each check is named like the test of stream-python's own suite whose behaviour it asks for.
"""

import unittest

from stream import exceptions

from feed_client import client, ids, new_feed, number, plain


class Following(unittest.TestCase):
    def test_follow_and_source(self):
        feed, aggregated, actor = new_feed(), new_feed("aggregated"), new_feed()
        feed.follow(actor.slug, actor.user_id)
        aggregated.follow(actor.slug, actor.user_id)
        added = actor.add_activity(plain())
        self.assertEqual(actor.get()["results"][0]["origin"], None)
        self.assertEqual(feed.get()["results"][0]["origin"], actor.id)
        (group,) = aggregated.get()["results"]
        self.assertEqual([(entry["id"], entry["origin"]) for entry in group["activities"]], [(added["id"], actor.id)])

    def test_follow_activity_copy_limit(self):
        source = new_feed()
        source.add_activities([plain() for _ in range(5)])
        for limit, expected in ((1, 1), (3, 3), (0, 0)):
            follower = new_feed("timeline")
            follower.follow(source.slug, source.user_id, activity_copy_limit=limit)
            self.assertEqual(len(follower.get()["results"]), expected)
        for limit in (-1, 1001):
            with self.assertRaises(exceptions.InputException):
                new_feed("timeline").follow(source.slug, source.user_id, activity_copy_limit=limit)

    def test_follow_and_delete(self):
        follower, source = new_feed("timeline"), new_feed()
        follower.follow(source.slug, source.user_id)
        added = source.add_activity(plain())
        self.assertEqual(ids(follower.get()), [added["id"]])
        source.remove_activity(added["id"])
        self.assertEqual(follower.get()["results"], [])

    def test_flat_follow(self):
        follower, source = new_feed("timeline"), new_feed()
        added = source.add_activity(plain())
        follower.follow(source.slug, source.user_id)
        self.assertEqual(ids(follower.get(limit=3)), [added["id"]])
        follower.unfollow(source.slug, source.user_id)
        self.assertEqual(follower.get(limit=3)["results"], [])
        # What is not followed can be unfollowed.
        follower.unfollow(source.slug, source.user_id)

    def test_flat_follow_no_copy(self):
        follower, source = new_feed("timeline"), new_feed()
        source.add_activity(plain())
        follower.follow(source.slug, source.user_id, activity_copy_limit=0)
        self.assertEqual(follower.get()["results"], [])

    def test_flat_follow_copy_one(self):
        follower, source = new_feed("timeline"), new_feed()
        added = source.add_activities([plain(), plain()])["activities"]
        follower.follow(source.slug, source.user_id, activity_copy_limit=1)
        self.assertEqual(ids(follower.get()), [added[1]["id"]])

    def test_empty_followings(self):
        self.assertEqual(new_feed().following()["results"], [])

    def test_get_followings(self):
        feed, targets = new_feed(), [new_feed() for _ in range(3)]
        for target in targets:
            feed.follow(target.slug, target.user_id)
        newest_first = [target.id for target in reversed(targets)]
        self.assertEqual([entry["target_id"] for entry in feed.following()["results"]], newest_first)
        self.assertEqual([entry["target_id"] for entry in feed.following(offset=1, limit=1)["results"]],
                         newest_first[1:2])
        self.assertEqual({entry["feed_id"] for entry in feed.following()["results"]}, {feed.id})

    def test_empty_followers(self):
        self.assertEqual(new_feed().followers()["results"], [])

    def test_get_followers(self):
        feed, followers = new_feed(), [new_feed() for _ in range(3)]
        for follower in followers:
            follower.follow(feed.slug, feed.user_id)
        newest_first = [follower.id for follower in reversed(followers)]
        self.assertEqual([entry["feed_id"] for entry in feed.followers()["results"]], newest_first)
        self.assertEqual([entry["feed_id"] for entry in feed.followers(offset=2, limit=2)["results"]],
                         newest_first[2:])

    def test_empty_do_i_follow(self):
        feed, other = new_feed(), new_feed()
        self.assertEqual(feed.following(feeds=[other.id])["results"], [])

    def test_do_i_follow(self):
        feed, first, second = new_feed(), new_feed(), new_feed()
        for target in (first, second):
            feed.follow(target.slug, target.user_id)
        (relation,) = feed.following(0, 1, feeds=[first.id])["results"]
        self.assertEqual((relation["feed_id"], relation["target_id"]), (feed.id, first.id))
        # The filter comes before the offset.
        self.assertEqual(feed.following(1, 1, feeds=[first.id])["results"], [])


class Batches(unittest.TestCase):
    def test_follow_many(self):
        sources = [new_feed() for _ in range(3)]
        targets = [new_feed("flat") for _ in range(3)]
        client.follow_many([{"source": source.id, "target": target.id} for source, target in zip(sources, targets)])
        for source, target in zip(sources, targets):
            self.assertEqual([entry["feed_id"] for entry in target.followers()["results"]], [source.id])
            self.assertEqual([entry["target_id"] for entry in source.following()["results"]], [target.id])

    def test_follow_many_acl(self):
        sources = [new_feed() for _ in range(2)]
        target = new_feed("flat")
        target.add_activities([plain() for _ in range(5)])
        relations = [{"source": source.id, "target": target.id} for source in sources]
        client.follow_many(relations, activity_copy_limit=0)
        self.assertEqual([len(source.get()["results"]) for source in sources], [0, 0])
        client.unfollow_many(relations)
        client.follow_many(relations, activity_copy_limit=2)
        self.assertEqual([len(source.get()["results"]) for source in sources], [2, 2])

    def test_unfollow_many(self):
        source, targets = new_feed(), [new_feed() for _ in range(3)]
        for target in targets:
            target.add_activity(plain())
            source.follow(target.slug, target.user_id)
        client.unfollow_many([{"source": source.id, "target": targets[0].id},
                              {"source": source.id, "target": targets[1].id, "keep_history": True}])
        self.assertEqual([entry["target_id"] for entry in source.following()["results"]], [targets[2].id])
        self.assertEqual({entry["origin"] for entry in source.get()["results"]}, {targets[1].id, targets[2].id})
        with self.assertRaises(exceptions.InputException):
            client.unfollow_many([{"source": source.id, "target": targets[2].id}, {"source": source.id, "target": 42}])
        self.assertEqual(len(source.following()["results"]), 1)

    def test_add_to_many(self):
        feeds, follower = [new_feed() for _ in range(3)], new_feed("timeline")
        follower.follow(feeds[0].slug, feeds[0].user_id)
        given = plain(custom=str(number()))
        client.add_to_many(given, [feed.id for feed in feeds])
        for feed in feeds:
            self.assertEqual(feed.get()["results"][0]["custom"], given["custom"])
        # Not handed on to followers.
        self.assertEqual(follower.get()["results"], [])

    def test_follow_stats(self):
        feed, targets = new_feed(), [new_feed(), new_feed("timeline")]
        for target in targets:
            feed.follow(target.slug, target.user_id)
        targets[0].follow(feed.slug, feed.user_id)
        results = client.follow_stats(feed.id)["results"]
        self.assertEqual(results["followers"], {"feed": feed.id, "count": 1})
        self.assertEqual(results["following"], {"feed": feed.id, "count": 2})
        results = client.follow_stats(feed.id, followers_slugs=["timeline"], following_slugs=["timeline"])["results"]
        self.assertEqual((results["followers"]["count"], results["following"]["count"]), (0, 1))

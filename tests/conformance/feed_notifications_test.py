"""Notification feeds: groups, and marking them seen and read.

Each check is named like the test of stream-python's own suite whose behaviour it asks for.
"""

import unittest

from feed_client import new_feed, plain


class Notifications(unittest.TestCase):
    def test_get_not_marked_seen(self):
        feed = new_feed("notification")
        feed.add_activity(plain())
        self.assertFalse(feed.get(limit=3)["results"][0]["is_seen"])
        self.assertFalse(feed.get(limit=3)["results"][0]["is_seen"])

    def test_mark_seen_on_get(self):
        feed = new_feed("notification")
        for group in feed.get()["results"]:
            feed.remove_activity(group["id"])
        old = [feed.add_activity(plain(verb="tweet")), feed.add_activity(plain(verb="add"))]
        feed.get(mark_seen=[feed.get()["results"][0]["id"], feed.get()["results"][1]["id"]])
        feed.add_activity(plain(verb="tweet"))
        groups = {group["verb"]: group for group in feed.get(limit=3)["results"]}
        # The group that grew is to be seen again.
        self.assertEqual((groups["tweet"]["is_seen"], groups["add"]["is_seen"]), (False, True))
        self.assertEqual(groups["tweet"]["activity_count"], 2)
        self.assertEqual(feed.get()["results"][0]["verb"], "tweet")
        self.assertEqual(len(old), 2)

    def test_mark_read_by_id(self):
        feed = new_feed("notification")
        feed.add_activities([plain(verb=verb) for verb in ("tweet", "like", "add")])
        before = feed.get()
        self.assertEqual((before["unread"], before["unseen"]), (3, 3))
        wanted = [group["id"] for group in before["results"][:2]]
        marking = feed.get(mark_read=wanted)
        self.assertFalse(any(group["is_read"] for group in marking["results"]))
        after = feed.get()
        self.assertEqual([group["is_read"] for group in after["results"]], [True, True, False])
        self.assertFalse(any(group["is_seen"] for group in after["results"]))
        self.assertEqual(after["unread"], 1)
        feed.get(mark_read=True, mark_seen=True)
        self.assertEqual({(group["is_read"], group["is_seen"]) for group in feed.get()["results"]}, {(True, True)})

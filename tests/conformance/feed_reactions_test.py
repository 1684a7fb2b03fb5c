"""Reactions, and reading with what is referred to in place of the references.

Each check is named like the test of stream-python's own suite whose behaviour it asks for.
"""

import unittest
import uuid

from stream import exceptions

from feed_client import ODD, client, new_feed, number, plain, same, without_duration

ACTIVITY = "54a60c1e-4ee3-494b-a1e3-50c06acb5ed4"


def new_id():
    return f"id-{number()}"


def react(**more):
    """A reaction of its own user, as added, without its duration."""
    arguments = {"kind": "like", "activity_id": ACTIVITY, "user_id": new_id(), **more}
    return without_duration(client.reactions.add(**arguments))


class Reactions(unittest.TestCase):
    def test_reaction_add(self):
        added = react()
        self.assertEqual((added["kind"], added["activity_id"], added["data"]), ("like", ACTIVITY, {}))
        self.assertEqual((added["parent"], added["latest_children"], added["children_counts"]), ("", {}, {}))

    def test_reaction_add_to_target_feeds(self):
        feed, user = new_feed(), new_id()
        added = react(user_id=user, data={"superlike": True}, target_feeds=[feed.id],
                      target_feeds_extra_data={"popularity": 50})
        self.assertEqual((added["data"], added["target_feeds"]), ({"superlike": True}, [feed.id]))
        self.assertEqual(added["target_feeds_extra_data"], {"popularity": 50})
        (entry,) = feed.get()["results"]
        self.assertEqual((entry["actor"], entry["verb"], entry["object"]), (f"SU:{user}", "like", f"SA:{ACTIVITY}"))
        self.assertEqual((entry["reaction"], entry["popularity"]), (f"SR:{added['id']}", 50))
        enriched = feed.get(enrich=True)["results"][0]
        self.assertEqual(enriched["reaction"]["id"], added["id"])

    def test_reaction_get(self):
        added = react()
        self.assertEqual(without_duration(client.reactions.get(added["id"])), added)
        with self.assertRaises(exceptions.DoesNotExistException):
            client.reactions.get(str(uuid.uuid4()))

    def test_reaction_update(self):
        feed = new_feed()
        added = react(target_feeds=[feed.id])
        updated = client.reactions.update(added["id"], {"changed": True}, target_feeds=[])
        self.assertEqual(updated["data"], {"changed": True})
        self.assertEqual(feed.get()["results"], [])
        client.reactions.update(added["id"], ODD)
        self.assertTrue(same(client.reactions.get(added["id"])["data"], ODD))

    def test_reaction_delete(self):
        added = react()
        client.reactions.delete(added["id"])
        with self.assertRaises(exceptions.DoesNotExistException):
            client.reactions.get(added["id"])

    def test_reaction_hard_delete(self):
        added = react()
        client.reactions.delete(added["id"], soft=False)
        with self.assertRaises(exceptions.DoesNotExistException):
            client.reactions.restore(added["id"])

    def test_reaction_soft_delete(self):
        added = react()
        client.reactions.delete(added["id"], soft=True)
        self.assertIsNotNone(client.reactions.get(added["id"])["deleted_at"])

    def test_reaction_soft_delete_and_restore(self):
        added = react()
        client.reactions.delete(added["id"], soft=True)
        client.reactions.restore(added["id"])
        self.assertNotIn("deleted_at", client.reactions.get(added["id"]))

    def test_reaction_invalid_restore(self):
        added = react()
        with self.assertRaises(exceptions.DoesNotExistException):
            client.reactions.restore(added["id"])

    def test_reaction_add_child(self):
        parent = react()
        child = client.reactions.add_child("like", parent["id"], new_id())
        self.assertEqual((child["parent"], child["activity_id"]), (parent["id"], ACTIVITY))
        read = client.reactions.get(parent["id"])
        self.assertEqual(read["children_counts"], {"like": 1})
        self.assertEqual([entry["id"] for entry in read["latest_children"]["like"]], [child["id"]])

    def test_reaction_filter_random(self):
        # An unknown position bounds nothing.
        answer = client.reactions.filter(
            kind="like", reaction_id="87a9eec0-fd5f-11e8-8080-80013fed2f5b", id_lte=str(uuid.uuid4()))
        self.assertEqual(answer["results"], [])

    def test_reaction_filter(self):
        activity_id, user = str(uuid.uuid1()), new_id()
        added = react(activity_id=activity_id, user_id=user)
        child = client.reactions.add_child("like", added["id"], user)
        added = without_duration(client.reactions.get(added["id"]))
        other = react(kind="comment", activity_id=activity_id, user_id=user)

        def filtered(**conditions):
            return client.reactions.filter(**conditions)["results"]

        self.assertEqual(filtered(kind="like", activity_id=activity_id), [added])
        self.assertEqual(filtered(activity_id=activity_id, limit=5), [other, added])
        self.assertEqual(filtered(kind="like", user_id=user, id_lte=added["id"]), [added])
        self.assertEqual(filtered(kind="like", reaction_id=added["id"]), [without_duration(child)])
        self.assertEqual(filtered(activity_id=activity_id, id_lt=other["id"]), [added])
        self.assertEqual(filtered(activity_id=activity_id, id_gt=added["id"]), [other])


class Enrichment(unittest.TestCase):
    def setUp(self):
        self.feed = new_feed()
        self.user = without_duration(client.users.add(new_id(), {"name": "alice"}))
        self.entry = without_duration(client.collections.add("items", {"name": "burger"}, id=new_id()))

    def _add(self, **more):
        return without_duration(self.feed.add_activity(plain(**more)))

    def _react(self, activity, **more):
        return react(activity_id=activity["id"], **more)

    def test_get_activities_full_with_enrichment(self):
        added = self._add(actor=client.users.create_reference(self.user["id"]))
        (read,) = client.get_activities(ids=[added["id"]], enrich=True)["results"]
        self.assertEqual(read["actor"], self.user)
        reaction = self._react(added)
        (read,) = client.get_activities(
            ids=[added["id"]], enrich=True, reactions={"counts": True, "recent": True})["results"]
        self.assertEqual(read["reaction_counts"], {"like": 1})
        self.assertEqual(read["latest_reactions"], {"like": [reaction]})

    def test_get_activities_full_with_enrichment_and_reaction_kinds(self):
        added = self._add()
        self._react(added)
        self._react(added, kind="dislike")
        (read,) = client.get_activities(
            ids=[added["id"]], reactions={"counts": True, "kinds": ["like"]})["results"]
        self.assertEqual(read["reaction_counts"], {"like": 1})
        self.assertNotIn("latest_reactions", read)
        (read,) = client.get_activities(
            ids=[added["id"]], reactions={"counts": True, "recent": True, "kinds": ["bike"]})["results"]
        self.assertEqual((read["reaction_counts"], read["latest_reactions"]), ({}, {}))

    def test_feed_enrichment_collection(self):
        reference = client.collections.create_reference(entry=self.entry)
        added = self._add(object=reference)
        self.assertEqual(self.feed.get()["results"], [added])
        self.assertEqual(self.feed.get(enrich=True)["results"], [{**added, "object": self.entry}])

    def test_feed_enrichment_user(self):
        added = self._add(actor=client.users.create_reference(self.user), nested={"who": [f"SU:{self.user['id']}"]})
        (read,) = self.feed.get(enrich=True)["results"]
        self.assertEqual(read, {**added, "actor": self.user, "nested": {"who": [self.user]}})

    def test_feed_enrichment_own_reaction(self):
        added = self._add()
        reaction = self._react(added, user_id=self.user["id"])
        self._react(added)
        (read,) = self.feed.get(reactions={"own": True}, user_id=self.user["id"])["results"]
        self.assertEqual(read["own_reactions"], {"like": [reaction]})

    def test_feed_enrichment_recent_reaction(self):
        added = self._add()
        reaction = self._react(added)
        (read,) = self.feed.get(reactions={"recent": True})["results"]
        self.assertEqual(read["latest_reactions"], {"like": [reaction]})
        self.assertEqual(read["latest_reactions_extra"], {"like": {"next": ""}})

    def test_feed_enrichment_reaction_counts(self):
        added = self._add()
        reaction = self._react(added)
        (read,) = self.feed.get(reactions={"counts": True})["results"]
        self.assertEqual(read["reaction_counts"], {"like": 1})
        client.reactions.delete(reaction["id"])
        (read,) = self.feed.get(reactions={"counts": True})["results"]
        self.assertEqual(read["reaction_counts"], {"like": 0})

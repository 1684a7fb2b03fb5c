"""Users, collections, analytics and open graph.

Each check is named like the test of stream-python's own suite whose behaviour it asks for.
"""

import unittest

from stream import exceptions

import checks
from feed_client import ODD, client, new_feed, number, same, without_duration


def new_id():
    return f"id-{number()}"


class Users(unittest.TestCase):
    def test_user_add(self):
        user_id = new_id()
        added = client.users.add(user_id)
        self.assertEqual((added["id"], added["data"]), (user_id, {}))
        self.assertEqual(set(added), {"id", "data", "created_at", "updated_at", "duration"})
        with self.assertRaises(exceptions.StreamApiException) as refused:
            client.users.add(user_id)
        self.assertEqual(refused.exception.status_code, 409)

    def test_user_add_get_or_create(self):
        user_id = new_id()
        first = without_duration(client.users.add(user_id, {"name": "first"}, get_or_create=True))
        second = without_duration(client.users.add(user_id, {"name": "second"}, get_or_create=True))
        self.assertEqual(first, second)

    def test_user_get(self):
        added = client.users.add(new_id(), {"favourite": "lizard"})
        self.assertEqual(without_duration(client.users.get(added["id"])), without_duration(added))
        with self.assertRaises(exceptions.DoesNotExistException):
            client.users.get(new_id())

    def test_user_get_with_follow_counts(self):
        added = client.users.add(new_id())
        user = client.users.get(added["id"], with_follow_counts=True)
        self.assertEqual((user["followers_count"], user["following_count"]), (0, 0))
        client.feed("timeline", new_id()).follow("user", added["id"])
        self.assertEqual(client.users.get(added["id"], with_follow_counts=True)["followers_count"], 1)

    def test_user_update(self):
        added = client.users.add(new_id(), {"name": "old"})
        updated = client.users.update(added["id"], {"shoe": 9.5})
        self.assertEqual(updated["data"], {"shoe": 9.5})
        self.assertEqual(without_duration(client.users.get(added["id"])), without_duration(updated))
        client.users.update(added["id"], ODD)
        self.assertTrue(same(client.users.get(added["id"])["data"], ODD))

    def test_user_delete(self):
        added = client.users.add(new_id())
        client.users.delete(added["id"])
        with self.assertRaises(exceptions.DoesNotExistException):
            client.users.delete(added["id"])

    def test_create_user_reference(self):
        self.assertEqual(client.users.create_reference("42"), "SU:42")


class Collections(unittest.TestCase):
    def test_collections_add(self):
        object_id, user_id = new_id(), new_id()
        added = client.collections.add("items", {"name": "apple"}, id=object_id, user_id=user_id)
        self.assertEqual((added["id"], added["collection"], added["data"]), (object_id, "items", {"name": "apple"}))
        self.assertEqual(added["foreign_id"], f"items:{object_id}")
        with self.assertRaises(exceptions.StreamApiException) as refused:
            client.collections.add("items", {"name": "apple"}, id=object_id)
        self.assertEqual(refused.exception.status_code, 409)

    def test_collections_add_no_id(self):
        first = client.collections.add("items", {"name": "a"})
        second = client.collections.add("items", {"name": "a"})
        self.assertNotEqual(first["id"], second["id"])

    def test_collections_get(self):
        added = client.collections.add("items", {"name": "apple"}, id=new_id())
        self.assertEqual(without_duration(client.collections.get("items", added["id"])), without_duration(added))
        with self.assertRaises(exceptions.DoesNotExistException):
            client.collections.get("items", new_id())

    def test_collections_update(self):
        added = client.collections.add("items", {"name": "apple"}, id=new_id())
        updated = client.collections.update("items", added["id"], data={"name": "pear"})
        self.assertEqual(updated["data"], {"name": "pear"})
        self.assertEqual(client.collections.get("items", added["id"])["data"], {"name": "pear"})
        client.collections.update("items", added["id"], data=ODD)
        self.assertTrue(same(client.collections.get("items", added["id"])["data"], ODD))

    def test_collections_delete(self):
        added = client.collections.add("items", {"name": "apple"}, id=new_id())
        client.collections.delete("items", added["id"])
        with self.assertRaises(exceptions.DoesNotExistException):
            client.collections.delete("items", added["id"])

    def test_upserts_selects_and_deletes_many(self):
        wanted = [{"id": new_id(), "name": name} for name in ("a", "b")]
        answer = client.collections.upsert("items", wanted)
        self.assertEqual(answer["data"], {"items": wanted})
        object_ids = [entry["id"] for entry in wanted]
        selected = client.collections.select("items", object_ids)["response"]["data"]
        self.assertEqual([entry["data"] for entry in selected], wanted)
        client.collections.delete_many("items", object_ids)
        self.assertEqual(client.collections.select("items", object_ids)["response"]["data"], [])

    def test_create_reference(self):
        self.assertEqual(client.collections.create_reference("items", "42"), "SO:items:42")


class Others(unittest.TestCase):
    def test_track_engagements(self):
        label = new_id()
        client.track_engagements(
            [{"content": "1", "label": label, "features": [{"group": "topic", "value": "js"}], "user_data": "tommaso"}])
        self.assertIn(label, [event.get("label") for event in checks.control("/feed/analytics")["events"]])

    def test_track_impressions(self):
        content = new_id()
        client.track_impressions(
            [{"content_list": [content], "user_data": {"id": 1, "alias": "a"}, "location": "profile_page"}])
        self.assertIn([content], [event.get("content_list") for event in checks.control("/feed/analytics")["events"]])

    def test_og(self):
        page = client.og("https://example.com/article")
        for member in ("title", "description", "images"):
            self.assertIn(member, page)

    def test_redirects_and_tracks(self):
        # The client names its own host, which the sandbox stands in for.
        label = new_id()
        url = client.create_redirect_url("http://example.com/?a=b", "tommaso", [{"label": label}])
        redirect = checks.without_redirect(
            url.replace("https://analytics.stream-io-api.com", checks.READY["feed"]["base_url"]))
        self.assertEqual(redirect, (302, "http://example.com/?a=b"))
        self.assertIn(label, [event.get("label") for event in checks.control("/feed/analytics")["events"]])

    def test_personalizes_nothing(self):
        self.assertEqual(client.personalization.get("recommended", user_id="u")["results"], [])
        self.assertEqual(client.personalization.post("recommended", data={"a": 1})["results"], [])
        self.assertEqual(client.personalization.delete("recommended", user_id="u")["results"], [])

    def test_user_session_tokens_and_readonly_tokens_differ(self):
        self.assertNotEqual(client.create_user_token("u"), new_feed().get_readonly_token())

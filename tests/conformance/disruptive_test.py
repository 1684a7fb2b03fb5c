"""The vendor's client `disruptive` against the emulated device cloud."""

import base64
import datetime
import hashlib
import hmac
import http.server
import json
import queue
import threading
import unittest

import disruptive as dt

import calls
import checks

CLOUD = checks.READY["disruptive"]
PROJECT = CLOUD["project"]
DEVICES = len(checks.control("/devices")["devices"])

# Where the service is. The account comes from DT_CREDENTIALS_FILE.
dt.base_url = CLOUD["base_url"]
dt.emulator_base_url = CLOUD["emulator_base_url"]

# Every event that can be published, with a type of device that has it.
EVENTS = (
    ("touch", dt.events.Touch()),
    ("temperature", dt.events.Temperature(celsius=22.5)),
    ("proximity", dt.events.ObjectPresent(state="PRESENT")),
    ("humidity", dt.events.Humidity(celsius=20, relative_humidity=55.5)),
    ("proximityCounter", dt.events.ObjectPresentCount(total=12)),
    ("touchCounter", dt.events.TouchCount(total=7)),
    ("waterDetector", dt.events.WaterPresent(state="NOT_PRESENT")),
    ("touch", dt.events.NetworkStatus(signal_strength=98, rssi=-66, transmission_mode="LOW_POWER_STANDARD_MODE")),
    ("touch", dt.events.BatteryStatus(percentage=90)),
    ("ccon", dt.events.ConnectionStatus(connection="ETHERNET", available=["ETHERNET"])),
    ("ccon", dt.events.EthernetStatus(mac_address="f0:b5:b7:00:00:01", ip_address="10.0.0.2")),
    ("ccon", dt.events.CellularStatus(signal_strength=80)),
    ("co2", dt.events.Co2(ppm=520)),
    ("co2", dt.events.Pressure(pascal=99301)),
    ("motion", dt.events.Motion(state="MOTION_DETECTED")),
    ("deskOccupancy", dt.events.DeskOccupancy(state="OCCUPIED")),
    ("contact", dt.events.Contact(state="OPEN")),
    ("temperature", dt.events.ProbeWireStatus(state="THREE_WIRE")),
)


def streams_opened():
    return checks.control("/status")["services"]["disruptive"]["streams_opened"]


class Listener:
    """The client's endless stream of one project, read in a thread. It is open once this is constructed."""

    def __init__(self, **filters):
        self._events = queue.Queue()
        before = streams_opened()
        threading.Thread(target=self._read, args=(filters,), daemon=True).start()
        checks.wait_until(lambda: streams_opened() > before, "the stream opens")

    def _read(self, filters):
        try:
            for event in dt.Stream.event_stream(PROJECT, **filters):
                self._events.put(event)
        except Exception as error:  # pylint: disable=broad-exception-caught
            self._events.put(error)

    def next(self):
        try:
            event = self._events.get(timeout=20)
        except queue.Empty:
            raise AssertionError("no event came within 20 s") from None
        if isinstance(event, Exception):
            raise AssertionError("the client gave up") from event
        return event

    def next_of(self, device):
        while True:
            event = self.next()
            if event.device_id == device.device_id:
                return event


def new_device(device_type, **labels):
    return dt.Emulator.create_device(PROJECT, device_type, display_name=f"my {device_type}", labels=labels)


def publish(device, data):
    dt.Emulator.publish_event(device.device_id, PROJECT, data)


def simulated_devices():
    return [device for device in dt.Device.list_devices(PROJECT) if "room-number" in device.labels]


class Package(unittest.TestCase):
    def test_the_client_is_the_published_one(self):
        checks.check_unmodified("disruptive", dt)


class Reading(unittest.TestCase):
    def test_lists_the_project(self):
        projects = {project.project_id: project for project in dt.Project.list_projects()}
        project = projects[PROJECT]
        self.assertEqual(dt.Project.get_project(PROJECT).display_name, project.display_name)

    def test_lists_the_devices_over_several_pages(self):
        listed = [device.device_id for device in simulated_devices()]
        self.assertEqual(len(set(listed)), DEVICES)
        self.assertGreater(DEVICES, 100)  # A page has a hundred.

    def test_lists_devices_by_label(self):
        devices = dt.Device.list_devices(PROJECT, label_filters={"room-number": "103"})
        self.assertEqual({device.labels["room-number"] for device in devices}, {"103"})

    def test_lists_devices_by_type(self):
        types = {device.device_type for device in dt.Device.list_devices(PROJECT, device_types=["humidity"])}
        self.assertEqual(types, {"humidity"})

    def test_lists_devices_in_order(self):
        names = [
            device.labels["name"]
            for device in dt.Device.list_devices(PROJECT, device_types=["co2"], order_by="-labels.name")
        ]
        self.assertGreater(len(names), 1)
        self.assertEqual(names, sorted(names, reverse=True))

    def test_gets_a_device_of_any_project(self):
        device = simulated_devices()[0]
        self.assertEqual(dt.Device.get_device(device.device_id).device_id, device.device_id)

    def test_says_that_a_device_is_unknown(self):
        with self.assertRaises(dt.errors.NotFound):
            dt.Device.get_device("unknown", PROJECT)

    def test_says_that_a_project_is_unknown(self):
        with self.assertRaises(dt.errors.NotFound):
            dt.Device.list_devices("unknown")

    def test_refuses_a_wrong_secret(self):
        account = dt.Auth.service_account(CLOUD["key_id"], "wrong", CLOUD["email"])
        account.token_endpoint = CLOUD["token_url"]
        with self.assertRaises(dt.errors.Unauthorized):
            dt.Device.list_devices(PROJECT, auth=account)


class Emulating(unittest.TestCase):
    def test_publishes_to_an_emulated_device(self):
        device = new_device("temperature", floor="3")
        self.assertTrue(device.is_emulated)
        self.assertEqual(device.labels["floor"], "3")
        publish(device, dt.events.Temperature(celsius=22.5))
        self.assertEqual(dt.Device.get_device(device.device_id).reported.temperature.celsius, 22.5)

    def test_refuses_an_event_that_the_device_does_not_have(self):
        device = new_device("touch")
        with self.assertRaises(dt.errors.BadRequest):
            publish(device, dt.events.Temperature(celsius=1))

    def test_deletes_an_emulated_device(self):
        device = new_device("touch")
        dt.Emulator.delete_device(device.device_id, PROJECT)
        with self.assertRaises(dt.errors.NotFound):
            dt.Device.get_device(device.device_id, PROJECT)

    def test_sets_and_removes_a_label(self):
        device = new_device("touch")
        self.assertEqual(dt.Device.set_label(device.device_id, PROJECT, "place", "café = here"), [])
        self.assertEqual(dt.Device.get_device(device.device_id).labels["place"], "café = here")
        self.assertEqual(dt.Device.remove_label(device.device_id, PROJECT, "place"), [])
        self.assertNotIn("place", dt.Device.get_device(device.device_id).labels)

    def test_changes_labels_of_several_devices(self):
        devices = [new_device("touch", old="x").device_id for _ in range(2)]
        self.assertEqual(dt.Device.batch_update_labels(devices, PROJECT, {"a": "1", "b": "2"}, ["old"]), [])
        for device in devices:
            labels = dt.Device.get_device(device).labels
            self.assertEqual((labels["a"], labels["b"], "old" in labels), ("1", "2", False))

    def test_reports_labels_that_could_not_be_set(self):
        (error,) = dt.Device.set_label("unknown", PROJECT, "place", "here")
        self.assertIsInstance(error, dt.errors.LabelUpdateError)


class Streaming(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.all = Listener()

    def test_streams_readings_of_the_simulated_devices(self):
        simulated = {device.device_id for device in simulated_devices()}
        checks.control("/devices/publish", {"count": 50})
        ids = set()
        while len(ids) < 50:
            event = self.all.next()
            if event.device_id in simulated:
                self.assertIn(event.event_type, ("temperature", "humidity", "pressure"))
                ids.add(event.event_id)

    def test_streams_and_parses_every_type_of_event(self):
        devices = {device_type: new_device(device_type) for device_type, _ in EVENTS}
        for device_type, data in EVENTS:
            with self.subTest(event=type(data).__name__):
                publish(devices[device_type], data)
                event = self.all.next_of(devices[device_type])
                self.assertIs(type(event.data), type(data))

    def test_streams_the_values_that_were_published(self):
        device = new_device("humidity")
        time = datetime.datetime.now(datetime.timezone.utc) - datetime.timedelta(minutes=5)
        publish(device, dt.events.Humidity(celsius=-1.25, relative_humidity=55.5, timestamp=time))
        event = self.all.next_of(device)
        self.assertEqual(event.project_id, PROJECT)
        self.assertEqual((event.data.celsius, event.data.relative_humidity), (-1.25, 55.5))
        self.assertLess(abs(event.data.timestamp - time), datetime.timedelta(milliseconds=1))

    def test_streams_changes_of_labels(self):
        device = new_device("touch")
        dt.Device.set_label(device.device_id, PROJECT, "place", "here")
        dt.Device.remove_label(device.device_id, PROJECT, "place")
        added, removed = self.all.next_of(device), self.all.next_of(device)
        self.assertEqual((added.event_type, added.data.added), ("labelsChanged", {"place": "here"}))
        self.assertEqual((removed.event_type, removed.data.removed), ("labelsChanged", ["place"]))

    def test_streams_only_what_is_asked_for(self):
        device, same_label = new_device("touch", kind="a"), new_device("touch", kind="a")
        other = new_device("touch", kind="b")
        by_device = Listener(device_ids=[device.device_id], event_types=["batteryStatus"])
        by_label = Listener(label_filters={"kind": "a"}, device_types=["touch"])
        for each in (other, same_label, device):
            publish(each, dt.events.Touch())
            publish(each, dt.events.BatteryStatus(percentage=50))
        event = by_device.next()
        self.assertEqual((event.device_id, event.event_type), (device.device_id, "batteryStatus"))
        self.assertEqual(
            [by_label.next().device_id for _ in range(4)],
            [same_label.device_id, same_label.device_id, device.device_id, device.device_id],
        )

    def _streams_on_after_the_end_of_a_stream(self, how):
        device = new_device("touchCounter")
        listener = Listener(device_ids=[device.device_id])
        publish(device, dt.events.TouchCount(total=1))
        self.assertEqual(listener.next().data.total, 1)
        before = checks.control("/status")["services"]["disruptive"]
        expected = before["streams_opened"] + before["streams_open"]
        checks.control("/streams/cut", {"how": how})
        checks.wait_until(lambda: streams_opened() >= expected, "the client opens every stream again")
        publish(device, dt.events.TouchCount(total=2))
        self.assertEqual(listener.next().data.total, 2)

    def test_streams_on_after_the_service_ends_a_stream_with_an_error(self):
        self._streams_on_after_the_end_of_a_stream("error")

    def test_streams_on_after_the_service_ends_a_stream_without_an_error(self):
        self._streams_on_after_the_end_of_a_stream("clean")


class History(unittest.TestCase):
    def history(self, device, count):
        """The events of a device once there are `count`, as many as published: the service needs a while."""

        def read():
            events = dt.EventHistory.list_events(device.device_id, PROJECT)
            return events if len(events) >= count else None

        return checks.wait_until(read, f"{count} events are in the history")

    def test_reads_what_was_published_newest_first(self):
        device = new_device("touchCounter")
        now = datetime.datetime.now(datetime.timezone.utc)
        for total in range(5):
            publish(device, dt.events.TouchCount(total=total, timestamp=now - datetime.timedelta(seconds=10 - total)))
        self.assertEqual([event.data.total for event in self.history(device, 5)], [4, 3, 2, 1, 0])

    def test_reads_a_window_of_time(self):
        device = new_device("touchCounter")
        now = datetime.datetime.now(datetime.timezone.utc)
        for hours in range(5):
            publish(device, dt.events.TouchCount(total=hours, timestamp=now - datetime.timedelta(hours=hours)))
        self.history(device, 5)
        events = dt.EventHistory.list_events(
            device.device_id, PROJECT,
            start_time=now - datetime.timedelta(hours=3, minutes=30), end_time=now - datetime.timedelta(minutes=30))
        self.assertEqual([event.data.total for event in events], [1, 2, 3])

    def test_reads_one_type_of_event(self):
        device = new_device("touch")
        publish(device, dt.events.BatteryStatus(percentage=90))
        publish(device, dt.events.Touch())
        self.history(device, 2)
        (event,) = dt.EventHistory.list_events(device.device_id, PROJECT, event_types=["batteryStatus"])
        self.assertEqual(event.data.percentage, 90)

    def test_reads_the_very_events_that_were_streamed(self):
        device = simulated_devices()[0]
        listener = Listener(device_ids=[device.device_id])
        checks.control("/devices/publish", {"count": 3 * DEVICES})
        streamed = [listener.next() for _ in range(3)]
        history = {event.event_id: event for event in self.history(device, 3)}
        for event in streamed:
            self.assertEqual(event.raw, history[event.event_id].raw)


class Endpoint:
    """An HTTP endpoint that keeps what is pushed to it. It answers with the statuses given, one each, and then 200."""

    def __init__(self, *statuses):
        self._pushes = queue.Queue()
        answers = list(statuses)
        pushes = self._pushes

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_POST(self):  # pylint: disable=invalid-name
                body = self.rfile.read(int(self.headers["Content-Length"]))
                pushes.put((dict(self.headers), body))
                self.send_response(answers.pop(0) if answers else 200)
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, *_):  # pylint: disable=arguments-differ
                pass

        self._server = http.server.HTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_port}/hook"
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def next(self):
        try:
            return self._pushes.get(timeout=20)
        except queue.Empty:
            raise AssertionError("nothing was pushed within 20 s") from None


def claims_of(signature, secret):
    """What a push's signature says, checked as the vendor's integrations check it."""
    signed, _, given = signature.rpartition(".")
    digest = hmac.new(secret.encode(), signed.encode(), hashlib.sha256).digest()
    assert base64.urlsafe_b64encode(digest).decode().rstrip("=") == given
    header, claims = (json.loads(base64.urlsafe_b64decode(part + "==")) for part in signed.split("."))
    assert header == {"alg": "HS256", "typ": "JWT"}, header
    return claims


class DataConnectors(unittest.TestCase):
    def new_connector(self, endpoint, **more):
        config = dt.DataConnector.HttpPushConfig(
            url=endpoint.url, signature_secret="shared-secret", headers={"X-Mine": "abc123"})
        connector = dt.DataConnector.create_data_connector(PROJECT, config, display_name="conformance", **more)
        self.addCleanup(dt.DataConnector.delete_data_connector, connector.data_connector_id, PROJECT)
        return connector

    def test_is_read_back_as_it_was_made(self):
        connector = self.new_connector(Endpoint(), event_types=["touch"], labels=["name"], status="USER_DISABLED")
        read = dt.DataConnector.get_data_connector(connector.data_connector_id, PROJECT)
        self.assertEqual(read.raw, connector.raw)
        self.assertEqual(read.display_name, "conformance")
        self.assertEqual(read.data_connector_type, "HTTP_PUSH")
        self.assertEqual(read.status, "USER_DISABLED")
        self.assertEqual(read.event_types, ["touch"])
        self.assertEqual(read.labels, ["name"])
        self.assertEqual(read.config.signature_secret, "shared-secret")
        self.assertEqual(read.config.headers, {"X-Mine": "abc123"})
        self.assertIn(read.raw, [each.raw for each in dt.DataConnector.list_data_connectors(PROJECT)])

    def test_changes_only_what_is_given(self):
        connector = self.new_connector(Endpoint(), event_types=["touch"])
        changed = dt.DataConnector.update_data_connector(
            connector.data_connector_id, PROJECT, display_name="other", status="USER_DISABLED")
        self.assertEqual((changed.display_name, changed.status, changed.event_types), ("other", "USER_DISABLED", ["touch"]))
        self.assertEqual(changed.config.url, connector.config.url)

    def test_pushes_what_a_device_says(self):
        endpoint = Endpoint()
        device = new_device("touch", room="99")
        self.new_connector(endpoint, event_types=["touch"], labels=["room"])
        listener = Listener(device_ids=[device.device_id])
        publish(device, dt.events.BatteryStatus(percentage=90))
        publish(device, dt.events.Touch())
        headers, body = endpoint.next()
        self.assertEqual(headers["X-Mine"], "abc123")
        claims = claims_of(headers["X-Dt-Signature"], "shared-secret")
        self.assertEqual(claims["checksum_sha256"], hashlib.sha256(body).hexdigest())
        self.assertEqual(claims["checksum"], hashlib.sha1(body).hexdigest())
        self.assertEqual(claims["exp"] - claims["iat"], 3600)
        push = json.loads(body)
        self.assertEqual(list(push), ["event", "labels", "metadata"])
        self.assertEqual(push["labels"], {"room": "99"})
        self.assertEqual(push["metadata"], {
            "deviceId": device.device_id, "projectId": PROJECT, "deviceType": "touch", "productNumber": ""})
        # The very event that was streamed.
        listener.next_of(device)
        self.assertEqual(push["event"], listener.next_of(device).raw)

    def test_pushes_again_until_it_is_acknowledged(self):
        checks.control("/disruptive/settings", {"push_first_retry": 0.05})
        self.addCleanup(checks.control, "/disruptive/settings", {"push_first_retry": 1})
        endpoint = Endpoint(500, 302, 204)
        device = new_device("touch")
        connector = self.new_connector(endpoint)
        publish(device, dt.events.Touch())
        self.assertEqual(len({endpoint.next()[1] for _ in range(3)}), 1)
        metrics = checks.wait_until(
            lambda: (lambda m: m if m.success_count else None)(
                dt.DataConnector.get_metrics(connector.data_connector_id, PROJECT)),
            "the success is counted")
        self.assertEqual((metrics.success_count, metrics.error_count), (1, 2))

    def test_synchronizes_the_latest_of_each_type(self):
        endpoint = Endpoint()
        device = new_device("contact")
        for state in ("OPEN", "CLOSED"):
            publish(device, dt.events.Contact(state=state))
        connector = self.new_connector(endpoint, event_types=["contact"])
        dt.DataConnector.sync_data_connector(connector.data_connector_id, PROJECT)
        while True:
            event = json.loads(endpoint.next()[1])["event"]
            if event["targetName"].endswith(device.device_id):
                break
        self.assertEqual(event["data"]["contact"]["state"], "CLOSED")

    def test_refuses_an_unknown_connector(self):
        with self.assertRaises(dt.errors.NotFound):
            dt.DataConnector.get_data_connector("c0000000000000000000", PROJECT)
        with self.assertRaises(dt.errors.BadRequest):
            dt.DataConnector.create_data_connector(PROJECT, dt.DataConnector.HttpPushConfig(url="ftp://h"))


class Projects(unittest.TestCase):
    def test_moves_a_device_to_another_project_and_back(self):
        organization = dt.Project.get_project(PROJECT).organization_id
        other = dt.Project.create_project(organization, "Second")
        try:
            self.assertEqual(dt.Project.list_projects(query="second")[0].project_id, other.project_id)
            dt.Project.update_project(other.project_id, display_name="Other")
            self.assertEqual(dt.Project.get_project(other.project_id).display_name, "Other")
            device = new_device("touch")
            errors = dt.Device.transfer_devices([device.device_id, "missing"], PROJECT, other.project_id)
            self.assertEqual([(error.device_id, error.status_code) for error in errors], [("missing", "NOT_FOUND")])
            self.assertEqual(dt.Device.get_device(device.device_id, other.project_id).project_id, other.project_id)
            with self.assertRaises(dt.errors.NotFound):
                dt.Device.get_device(device.device_id, PROJECT)
            with self.assertRaises(dt.errors.BadRequest):
                dt.Project.delete_project(other.project_id)
            dt.Device.transfer_devices([device.device_id], other.project_id, PROJECT)
        finally:
            dt.Project.delete_project(other.project_id)
        with self.assertRaises(dt.errors.NotFound):
            dt.Project.get_project(other.project_id)


class Trouble(unittest.TestCase):
    def test_tries_again_after_503(self):
        checks.fail_next("disruptive", 503, count=2, path="/projects")
        self.assertIn(PROJECT, [project.project_id for project in dt.Project.list_projects()])

    def test_waits_as_long_as_a_429_says(self):
        checks.fail_next("disruptive", 429, retry_after=1)
        start = datetime.datetime.now()
        self.assertIn(PROJECT, [project.project_id for project in dt.Project.list_projects()])
        self.assertGreaterEqual(datetime.datetime.now() - start, datetime.timedelta(seconds=0.9))

    def test_tries_again_after_a_lost_answer(self):
        checks.control("/faults", {"service": "disruptive", "kind": "lose_answer", "count": 1})
        self.assertIn(PROJECT, [project.project_id for project in dt.Project.list_projects()])


class Administration(unittest.TestCase):
    ORGANIZATION = CLOUD["organization"].split("/")[1]

    def test_reads_the_organization(self):
        listed = dt.Organization.list_organizations()
        self.assertEqual([each.organization_id for each in listed], [self.ORGANIZATION])
        self.assertEqual(dt.Organization.get_organization(self.ORGANIZATION).display_name, listed[0].display_name)
        self.assertIn("organization.read", dt.Organization.list_permissions(self.ORGANIZATION))
        self.assertIn("project.read", dt.Project.list_permissions(PROJECT))
        with self.assertRaises(dt.errors.NotFound):
            dt.Organization.get_organization("missing")

    def test_reads_roles(self):
        self.assertEqual([role.role for role in dt.Role.list_roles()], dt.Role.ROLES)
        self.assertIn("device.update", dt.Role.get_role(dt.Role.PROJECT_DEVELOPER).permissions)

    def check_members(self, owner, of, roles):
        """`owner` is the class with the calls, `of` names which project or organization."""
        member = owner.add_member(email="ann@example.org", roles=[roles[0]], **of)
        try:
            self.assertEqual((member.status, member.account_type, member.roles), ("PENDING", "USER", [roles[0]]))
            self.assertEqual(owner.get_member(member.member_id, **of).email, "ann@example.org")
            self.assertTrue(owner.get_member_invite_url(member.member_id, **of).startswith("https://"))
            with self.assertRaises(dt.errors.Conflict):
                owner.add_member(email="ann@example.org", roles=[roles[0]], **of)
            with self.assertRaises(dt.errors.BadRequest):
                owner.add_member(email="bob@example.org", roles=["king"], **of)
            self.assertIn(member.member_id, [each.member_id for each in owner.list_members(**of)])
            if len(roles) > 1:
                changed = owner.update_member(member.member_id, roles=[roles[1]], **of)
                self.assertEqual(changed.roles, [roles[1]])
        finally:
            owner.remove_member(member.member_id, **of)
        with self.assertRaises(dt.errors.NotFound):
            owner.get_member(member.member_id, **of)

    def test_looks_after_members_of_a_project(self):
        self.check_members(dt.Project, {"project_id": PROJECT}, [dt.Role.PROJECT_USER, dt.Role.PROJECT_ADMIN])

    def test_looks_after_members_of_the_organization(self):
        self.check_members(dt.Organization, {"organization_id": self.ORGANIZATION}, [dt.Role.ORGANIZATION_ADMIN])

    def test_looks_after_service_accounts(self):
        made = dt.ServiceAccount.create_service_account(PROJECT, display_name="robot", basic_auth_enabled=True)
        found = dt.ServiceAccount.get_service_account(made.service_account_id, PROJECT)
        self.assertEqual((found.email, found.display_name, found.basic_auth_enabled), (made.email, "robot", True))
        changed = dt.ServiceAccount.update_service_account(
            made.service_account_id, PROJECT, display_name="r2", basic_auth_enabled=False)
        self.assertEqual((changed.display_name, changed.basic_auth_enabled), ("r2", False))
        listed = dt.ServiceAccount.list_service_accounts(PROJECT)
        self.assertIn(made.service_account_id, [each.service_account_id for each in listed])
        dt.ServiceAccount.delete_service_account(made.service_account_id, PROJECT)
        with self.assertRaises(dt.errors.NotFound):
            dt.ServiceAccount.get_service_account(made.service_account_id, PROJECT)

    def test_a_new_key_opens_the_door_until_it_is_deleted(self):
        account = dt.ServiceAccount.create_service_account(PROJECT)
        key = dt.ServiceAccount.create_key(account.service_account_id, PROJECT)
        listed = dt.ServiceAccount.list_keys(account.service_account_id, PROJECT)
        self.assertEqual([(each.key_id, each.secret) for each in listed], [(key.key_id, None)])
        self.assertEqual(dt.ServiceAccount.get_key(key.key_id, account.service_account_id, PROJECT).key_id, key.key_id)

        def door():
            auth = dt.Auth.service_account(key.key_id, key.secret, account.email)
            auth.token_endpoint = CLOUD["token_url"]
            return auth

        self.assertEqual(dt.Project.get_project(PROJECT, auth=door()).project_id, PROJECT)
        dt.ServiceAccount.delete_key(key.key_id, account.service_account_id, PROJECT)
        with self.assertRaises(dt.errors.Unauthorized):
            dt.Project.get_project(PROJECT, auth=door())
        dt.ServiceAccount.delete_service_account(account.service_account_id, PROJECT)

    def test_claims_a_box(self):
        project = dt.Project.create_project(self.ORGANIZATION, "claims").project_id
        kit = dt.Claim.claim_info(CLOUD["kit"])
        self.assertEqual(kit.type, dt.Claim.KIT)
        ids = [device.device_id for device in kit.claimed_item.devices]
        self.assertFalse(dt.Claim.claim_info(ids[0], self.ORGANIZATION).claimed_item.is_claimed)
        claimed, errors = dt.Claim.claim(project, kit_ids=[kit.claimed_item.kit_id])
        self.assertEqual(([device.device_id for device in claimed], errors), (ids, []))
        self.assertFalse(dt.Claim.claim_info(ids[0]).claimed_item.is_claimed)
        claimed, errors = dt.Claim.claim(
            project, kit_ids=[kit.claimed_item.kit_id, "missing"], device_ids=[ids[0], "missing"], dry_run=False)
        self.assertEqual([device.device_id for device in claimed], ids)
        self.assertEqual(
            [type(error).__name__ for error in errors],
            ["ClaimErrorDeviceAlreadyClaimed", "ClaimErrorDeviceNotFound", "ClaimErrorKitNotFound"])
        self.assertEqual(dt.Device.get_device(ids[0], project).device_id, ids[0])


if __name__ == "__main__":
    checks.main(calls=calls.Calls("disruptive", calls.of_disruptive(dt), {}))

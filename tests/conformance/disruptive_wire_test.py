"""`sluice disruptive` sends what the vendor's client `disruptive` sends, for every call that the latter has.

Both talk to a server that writes each request down. Compared are method, path, query (names, values and their order),
Authorization, the type of the body and what it says as JSON, and the token request with the claims of its assertion.
Not compared are the headers that describe the program (User-Agent, Accept and the like), the escaping of the query (a
space is "+" or "%20"), and the spaces and the order of members in JSON: the service takes either.
"""

import base64
import contextlib
import datetime
import io
import json
import os
import pathlib
import subprocess
import tempfile
import unittest
import urllib.parse

import disruptive as dt

import calls
import checks
import recorder

SLUICE = os.environ["SLUICE_BINARY"]
TIME = datetime.datetime(2025, 1, 2, 3, 4, 5, 678901, tzinfo=datetime.timezone.utc)
STAMP = "2025-01-02T03:04:05.678901Z"

DEVICE = {"name": "projects/p/devices/d", "type": "temperature", "labels": {}}
PROJECT = {
    "name": "projects/p", "displayName": "P", "organization": "organizations/o", "organizationDisplayName": "O",
    "sensorCount": 1, "cloudConnectorCount": 1, "inventory": False}
CONNECTOR = {
    "name": "projects/p/dataconnectors/c", "displayName": "C", "type": "HTTP_PUSH", "status": "ACTIVE", "events": [],
    "labels": [], "httpConfig": {"url": "https://a", "signatureSecret": "s", "headers": {}}}
MEMBER = {
    "name": "projects/p/members/m", "displayName": "M", "roles": ["roles/project.user"], "status": "ACCEPTED",
    "email": "a@b", "accountType": "USER", "createTime": STAMP}
ROLE = {"name": "roles/project.user", "displayName": "U", "description": "", "permissions": ["a.b"]}
ACCOUNT = {
    "name": "projects/p/serviceaccounts/s", "email": "s@p", "displayName": "S", "enableBasicAuth": False,
    "createTime": STAMP, "updateTime": STAMP}
KEY = {"name": "projects/p/serviceaccounts/s/keys/k", "id": "k", "createTime": STAMP}
CLAIMED = {"deviceId": "d", "deviceType": "touch", "productNumber": "1", "isClaimed": False}
EVENT = {
    "eventId": "e", "targetName": "projects/p/devices/d", "eventType": "touch",
    "data": {"touch": {"updateTime": STAMP}}, "timestamp": STAMP}

# By the last words of the path, what is answered; a list is given in two pages.
LISTS = {
    "devices": DEVICE, "events": EVENT, "dataconnectors": CONNECTOR, "projects": PROJECT, "members": MEMBER,
    "permissions": "a.b", "organizations": {"name": "organizations/o", "displayName": "O"}, "roles": ROLE,
    "serviceaccounts": ACCOUNT, "keys": KEY}
LIST_KEYS = {"dataconnectors": "dataConnectors", "serviceaccounts": "serviceAccounts"}
VERBS = {
    "batchUpdate": {"batchErrors": []},
    "transfer": {"transferredDevices": ["projects/q/devices/d"], "transferErrors": []},
    "metrics": {"metrics": {"successCount": 9, "errorCount": 0, "latency99p": "0.411s"}},
    "getInviteUrl": {"inviteUrl": "https://invite"},
    "claim": {"claimedDevices": [CLAIMED], "claimErrors": {"devices": [], "kits": []}},
    "sync": {}, "publish": {}}


def answer_to(method, path, query):
    """The body for a request, or None: nothing is there."""
    last = path.rsplit("/", 1)[-1]
    if ":" in last:
        return VERBS.get(last.rsplit(":", 1)[1])
    if last == "claimInfo":
        return {"type": "DEVICE", "device": CLAIMED}
    if method == "GET" and last in LISTS:
        more = not any(name == "pageToken" for name, _ in query)
        return {LIST_KEYS.get(last, last): [LISTS[last]], "nextPageToken": "tok 1" if more else ""}
    if method == "POST" and last == "keys":
        return {"key": KEY, "secret": "new"}
    if method == "DELETE":
        return {}
    # One item of a collection, or a new one in it.
    collection = last if method == "POST" else path.rsplit("/", 2)[-2]
    return LISTS.get(collection)


def answer(request):
    if request.path == "/token":
        return recorder.json_answer(200, {"access_token": "T", "token_type": "Bearer", "expires_in": 3600})
    if request.path.endswith("devices:stream"):
        return recorder.json_answer(200, {"result": {"event": EVENT}})
    content = answer_to(request.method, request.path, request.query)
    return recorder.json_answer(404 if content is None else 200, content)


def said(request):
    """What is compared of a request."""
    compared = {
        "method": request.method, "path": request.path, "query": request.query,
        "authorization": request.headers.get("authorization")}
    if request.path == "/token":
        return {**compared, "form": token_request(request.body)}
    if not request.body:
        return compared
    return {**compared, "body": json.loads(request.body), "type": request.headers.get("content-type")}


def token_request(body):
    """What a token request says, without the moment it was made at."""
    form = dict(urllib.parse.parse_qsl(body.decode()))

    def part(text):
        return json.loads(base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)))

    header, claims, _ = form.pop("assertion").split(".")
    claims = part(claims)
    lifetime = claims.pop("exp") - claims.pop("iat")
    return {**form, "header": part(header), "claims": claims, "lifetime": lifetime}


def variants(scratch):
    """Each call of the vendor's client: its name, how it is made, and the arguments of `sluice disruptive`."""
    http_push = dt.DataConnector.HttpPushConfig
    project = ("-p", "p")
    yield "Device.get_device", lambda: dt.Device.get_device("d"), ["device", "d"]
    yield "Device.get_device", lambda: dt.Device.get_device("d", "p"), ["device", "d", *project]
    yield "Device.list_devices", lambda: dt.Device.list_devices("p"), ["devices", *project]
    yield (
        "Device.list_devices",
        lambda: dt.Device.list_devices(
            "p", query="a b&c", device_ids=["d", "e"], device_types=["co2", "touch"], order_by="-labels.name",
            label_filters={"room": "9 = é", "any": ""}),
        ["devices", *project, "--query", "a b&c", "--device", "d", "--device", "e", "--device-type", "co2",
         "--device-type", "touch", "--order-by=-labels.name", "--label", "room=9 = é", "--label", "any"])
    yield (
        "Device.list_devices",
        lambda: dt.Device.list_devices("-", organization_id="o", project_ids=["p", "q"]),
        ["devices", "-p", "-", "--organization", "o", "--in-project", "p", "--in-project", "q"])
    yield (
        "Device.transfer_devices", lambda: dt.Device.transfer_devices(["d", "e"], "p", "q"),
        ["transfer", *project, "d", "e", "--to", "q"])
    yield (
        "Device.set_label", lambda: dt.Device.set_label("d", "p", "k", "v \" é"),
        ["labels", *project, "d", "--set", "k=v \" é"])
    yield "Device.remove_label", lambda: dt.Device.remove_label("d", "p", "k"), ["labels", *project, "d", "--remove", "k"]
    yield (
        "Device.batch_update_labels", lambda: dt.Device.batch_update_labels(["d", "e"], "p", {"a": "1", "b": ""}, ["c"]),
        ["labels", *project, "d", "e", "--set", "a=1", "--set", "b=", "--remove", "c"])
    yield "EventHistory.list_events", lambda: dt.EventHistory.list_events("d", "p"), ["history", *project, "d"]
    yield (
        "EventHistory.list_events",
        lambda: dt.EventHistory.list_events("d", "p", ["touch", "co2"], TIME, TIME + datetime.timedelta(days=1)),
        ["history", *project, "d", "--event-type", "touch", "--event-type", "co2", "--since", STAMP, "--until",
         STAMP.replace("-02T", "-03T")])
    yield (
        "Stream.event_stream", lambda: next(dt.Stream.event_stream("p")), ["stream", *project, "--count", "1"])
    yield (
        "Stream.event_stream",
        lambda: next(dt.Stream.event_stream(
            "p", device_ids=["d", "e"], label_filters={"any": None, "empty": "", "room": "9 = é"},
            device_types=["temperature"], event_types=["touch", "temperature"])),
        ["stream", *project, "--count", "1", "--device", "d", "--device", "e", "--label", "any", "--label", "empty=",
         "--label", "room=9 = é", "--device-type", "temperature", "--event-type", "touch", "--event-type",
         "temperature"])

    yield (
        "Emulator.create_device", lambda: dt.Emulator.create_device("p", "touch", "my touch", {"a": "b"}),
        ["emulator", "create", *project, "touch", "--name", "my touch", "--label", "a=b"])
    yield (
        "Emulator.delete_device", lambda: dt.Emulator.delete_device("d", "p"), ["emulator", "delete", *project, "d"])
    for data, words in publications():
        yield (
            "Emulator.publish_event", lambda data=data: dt.Emulator.publish_event("d", "p", data),
            ["publish", *project, "d", *words])

    yield "DataConnector.get_data_connector", lambda: dt.DataConnector.get_data_connector("c", "p"), [
        "connectors", "get", *project, "c"]
    yield "DataConnector.list_data_connectors", lambda: dt.DataConnector.list_data_connectors("p", params={}), [
        "connectors", "list", *project]
    secret = scratch / "secret"
    secret.write_text("s3cret", encoding="utf-8")
    yield (
        "DataConnector.create_data_connector",
        lambda: dt.DataConnector.create_data_connector(
            "p", http_push("https://a/b", "s3cret", {"h": "v"}), "mine", "USER_DISABLED", ["touch"], ["room"]),
        ["connectors", "create", *project, "--url", "https://a/b", "--signature-secret-file", str(secret), "--header",
         "h=v", "--name", "mine", "--status", "USER_DISABLED", "--event-type", "touch", "--label", "room"])
    yield (
        "DataConnector.create_data_connector",
        lambda: dt.DataConnector.create_data_connector("p", http_push("https://a")),
        ["connectors", "create", *project, "--url", "https://a"])
    yield (
        "DataConnector.update_data_connector",
        lambda: dt.DataConnector.update_data_connector(
            "c", "p", http_push("https://b"), "", "ACTIVE", [], []),
        ["connectors", "update", *project, "c", "--url", "https://b", "--name", "", "--status", "ACTIVE", "--all-events",
         "--no-labels"])
    yield (
        "DataConnector.update_data_connector", lambda: dt.DataConnector.update_data_connector("c", "p", status="ACTIVE"),
        ["connectors", "update", *project, "c", "--status", "ACTIVE"])
    yield "DataConnector.delete_data_connector", lambda: dt.DataConnector.delete_data_connector("c", "p"), [
        "connectors", "delete", *project, "c"]
    yield "DataConnector.get_metrics", lambda: dt.DataConnector.get_metrics("c", "p"), [
        "connectors", "metrics", *project, "c"]
    yield "DataConnector.sync_data_connector", lambda: dt.DataConnector.sync_data_connector("c", "p"), [
        "connectors", "sync", *project, "c"]

    yield "Project.get_project", lambda: dt.Project.get_project("p"), ["projects", "get", "p"]
    yield "Project.list_projects", dt.Project.list_projects, ["projects", "list"]
    yield "Project.list_projects", lambda: dt.Project.list_projects("o", "a b"), [
        "projects", "list", "--organization", "o", "--query", "a b"]
    yield "Project.create_project", lambda: dt.Project.create_project("o", "n é"), [
        "projects", "create", "--organization", "o", "--name", "n é"]
    yield "Project.update_project", lambda: dt.Project.update_project("p", "n"), ["projects", "update", "p", "--name", "n"]
    yield "Project.delete_project", lambda: dt.Project.delete_project("p"), ["projects", "delete", "p"]
    yield "Project.update_member", lambda: dt.Project.update_member("m", "p", ["project.admin"]), [
        "members", "update", *project, "m", "--role", "project.admin"]
    # The vendor's client keeps the last page's token for the next list without a query; params={} is a fresh start.
    for kind, realm, words in (
            ("Project", dt.Project, list(project)), ("Organization", dt.Organization, ["--organization", "p"])):
        yield f"{kind}.list_members", lambda realm=realm: realm.list_members("p", params={}), ["members", "list", *words]
        yield f"{kind}.add_member", lambda realm=realm: realm.add_member("p", "a@b", ["project.user"]), [
            "members", "add", *words, "a@b", "--role", "project.user"]
        yield f"{kind}.get_member", lambda realm=realm: realm.get_member("m", "p"), ["members", "get", *words, "m"]
        yield f"{kind}.remove_member", lambda realm=realm: realm.remove_member("m", "p"), [
            "members", "remove", *words, "m"]
        yield f"{kind}.get_member_invite_url", lambda realm=realm: realm.get_member_invite_url("m", "p"), [
            "members", "invite-url", *words, "m"]
        yield f"{kind}.list_permissions", lambda realm=realm: realm.list_permissions("p", params={}), [
            "permissions", *words]
    yield "Organization.get_organization", lambda: dt.Organization.get_organization("o"), ["organizations", "get", "o"]
    yield "Organization.list_organizations", lambda: dt.Organization.list_organizations(params={}), [
        "organizations", "list"]
    yield "Role.get_role", lambda: dt.Role.get_role("project.user"), ["roles", "get", "project.user"]
    yield "Role.list_roles", lambda: dt.Role.list_roles(params={}), ["roles", "list"]

    account = dt.ServiceAccount
    yield "ServiceAccount.get_service_account", lambda: account.get_service_account("s", "p"), [
        "accounts", "get", *project, "s"]
    yield "ServiceAccount.list_service_accounts", lambda: account.list_service_accounts("p", params={}), [
        "accounts", "list", *project]
    yield "ServiceAccount.create_service_account", lambda: account.create_service_account("p", "n", True), [
        "accounts", "create", *project, "--name", "n", "--basic-auth", "on"]
    yield "ServiceAccount.update_service_account", lambda: account.update_service_account("s", "p", "n", False), [
        "accounts", "update", *project, "s", "--name", "n", "--basic-auth", "off"]
    yield "ServiceAccount.delete_service_account", lambda: account.delete_service_account("s", "p"), [
        "accounts", "delete", *project, "s"]
    yield "ServiceAccount.get_key", lambda: account.get_key("k", "s", "p"), [
        "keys", "get", *project, "--account", "s", "k"]
    yield "ServiceAccount.list_keys", lambda: account.list_keys("s", "p", params={}), [
        "keys", "list", *project, "--account", "s"]
    yield "ServiceAccount.create_key", lambda: account.create_key("s", "p"), [
        "keys", "create", *project, "--account", "s", "--secret-out", str(scratch / "new-key")]
    yield "ServiceAccount.delete_key", lambda: account.delete_key("k", "s", "p"), [
        "keys", "delete", *project, "--account", "s", "k"]

    yield "Claim.claim_info", lambda: dt.Claim.claim_info("i-1", "o"), ["claim", "info", "i-1", "--organization", "o"]
    yield "Claim.claim", lambda: dt.Claim.claim("p", ["k"], ["d"], dry_run=True), [
        "claim", "devices", *project, "--kit", "k", "--device", "d", "--dry-run"]
    yield "Claim.claim", lambda: dt.Claim.claim("p", None, ["d"], dry_run=False), [
        "claim", "devices", *project, "--device", "d"]


def publications():
    """Every event that can be published, and the words of `sluice disruptive publish` for it."""
    events = dt.events
    stamp = f"updateTime={STAMP}"
    yield events.Touch(), ["touch"]
    yield events.Touch(timestamp=TIME), ["touch", stamp]
    yield events.Temperature(celsius=22.5), ["temperature", "value=22.5"]
    yield events.Temperature(celsius=-1, timestamp=TIME), ["temperature", "value=-1", stamp]
    yield events.ObjectPresent(state="PRESENT"), ["objectPresent", "state=PRESENT"]
    yield events.Humidity(celsius=20, relative_humidity=55.5), ["humidity", "temperature=20", "relativeHumidity=55.5"]
    yield events.ObjectPresentCount(total=12), ["objectPresentCount", "total=12"]
    yield events.TouchCount(total=7), ["touchCount", "total=7"]
    yield events.WaterPresent(state="NOT_PRESENT"), ["waterPresent", "state=NOT_PRESENT"]
    yield (
        events.NetworkStatus(signal_strength=98, rssi=-66, transmission_mode="LOW_POWER_STANDARD_MODE"),
        ["networkStatus", "signalStrength=98", "rssi=-66", "transmissionMode=LOW_POWER_STANDARD_MODE"])
    yield events.BatteryStatus(percentage=90), ["batteryStatus", "percentage=90"]
    yield (
        events.ConnectionStatus(connection="ETHERNET", available=["ETHERNET", "CELLULAR"]),
        ["connectionStatus", "connection=ETHERNET", 'available=["ETHERNET", "CELLULAR"]'])
    yield (
        events.EthernetStatus(mac_address="f0:b5:b7:00:00:01", ip_address="10.0.0.2"),
        ["ethernetStatus", "macAddress=f0:b5:b7:00:00:01", "ipAddress=10.0.0.2"])
    yield events.CellularStatus(signal_strength=80), ["cellularStatus", "signalStrength=80"]
    yield events.Co2(ppm=520), ["co2", "ppm=520"]
    yield events.Pressure(pascal=99301), ["pressure", "pascal=99301"]
    yield events.Motion(state="MOTION_DETECTED"), ["motion", "state=MOTION_DETECTED"]
    yield events.DeskOccupancy(state="OCCUPIED"), ["deskOccupancy", "state=OCCUPIED"]
    yield events.Contact(state="OPEN"), ["contact", "state=OPEN"]
    yield events.ProbeWireStatus(state="THREE_WIRE"), ["probeWireStatus", "state=THREE_WIRE"]


class Requests(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.recorder = recorder.Recorder(answer)
        base = cls.recorder.url
        cls.scratch = tempfile.TemporaryDirectory()
        cls.folder = pathlib.Path(cls.scratch.name)
        account = {
            "keyId": "key-1", "secret": "0123456789abcdef", "email": "sa1@p.serviceaccount.d21s.com",
            "algorithm": "HS256", "tokenEndpoint": f"{base}/token"}
        credentials = cls.folder / "credentials.json"
        credentials.write_text(json.dumps({"serviceAccount": account}), encoding="utf-8")
        cls.environment = {**os.environ, "DT_CREDENTIALS_FILE": str(credentials)}
        cls.addresses = ["--base-url", f"{base}/rest/v2", "--emulator-url", f"{base}/emulator/v2"]
        dt.base_url = f"{base}/rest/v2"
        dt.emulator_base_url = f"{base}/emulator/v2"
        cls.account = account

    @classmethod
    def tearDownClass(cls):
        cls.recorder.close()
        cls.scratch.cleanup()

    def official(self, call):
        """The requests of a call, beginning with that for a token."""
        dt.default_auth = dt.Auth.service_account(self.account["keyId"], self.account["secret"], self.account["email"])
        dt.default_auth.token_endpoint = self.account["tokenEndpoint"]
        self.recorder.take()
        with contextlib.redirect_stdout(io.StringIO()):
            call()
        return [said(request) for request in self.recorder.take()]

    def ours(self, arguments):
        self.recorder.take()
        process = subprocess.run(
            [SLUICE, "disruptive", *arguments, *self.addresses, "--log-level", "error"], env=self.environment,
            capture_output=True, text=True, timeout=30, check=False)
        self.assertEqual(process.returncode, 0, process.stderr)
        self.assertNotIn(self.account["secret"], process.stdout + process.stderr)
        # A stream may have opened another connection before its first event was printed.
        requests = [said(request) for request in self.recorder.take()]
        streams = [request for request in requests if request["path"].endswith(":stream")]
        return [request for request in requests if request not in streams[1:]] if streams else requests

    def test_each_call_sends_what_the_official_client_sends(self):
        for name, call, arguments in variants(self.folder):
            with self.subTest(call=name, arguments=arguments):
                expected = self.official(call)
                self.assertGreater(len(expected), 1)
                self.assertEqual(self.ours(arguments), expected)


if __name__ == "__main__":
    checks.main(calls=calls.Calls("disruptive", calls.of_disruptive(dt), {}))

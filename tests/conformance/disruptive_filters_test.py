"""A thousand filters of the event stream: the vendor's client and `sluice disruptive stream` see the same events.

The filters are chosen at random from a seed. They go in rounds: in each, both clients open a stream per filter, every
device publishes every event it has, and the service ends the streams.
"""

import json
import os
import random
import subprocess
import threading
import unittest

import disruptive as dt

import checks

CLOUD = checks.READY["disruptive"]
PROJECT = CLOUD["project"]
SLUICE = os.environ["SLUICE_BINARY"]

SEED = 20250102
FILTERS = 1000
PER_ROUND = 50

dt.base_url = CLOUD["base_url"]
dt.emulator_base_url = CLOUD["emulator_base_url"]

# Types of devices and the events that each publishes.
FLEET = {
    "temperature": [dt.events.Temperature(celsius=22.5), dt.events.ProbeWireStatus(state="THREE_WIRE")],
    "proximity": [dt.events.ObjectPresent(state="PRESENT")],
    "touch": [dt.events.Touch(), dt.events.BatteryStatus(percentage=90)],
    "humidity": [dt.events.Humidity(celsius=20, relative_humidity=55.5)],
    "proximityCounter": [dt.events.ObjectPresentCount(total=12)],
    "touchCounter": [dt.events.TouchCount(total=7)],
    "waterDetector": [dt.events.WaterPresent(state="NOT_PRESENT")],
    "co2": [dt.events.Co2(ppm=520), dt.events.Pressure(pascal=99301)],
    "motion": [dt.events.Motion(state="MOTION_DETECTED")],
    "deskOccupancy": [dt.events.DeskOccupancy(state="OCCUPIED")],
    "contact": [dt.events.Contact(state="OPEN")],
    "ccon": [dt.events.EthernetStatus(mac_address="f0:b5:b7:00:00:01", ip_address="10.0.0.2")],
}
LABELS = {"room": ["101", "102", "a = b & ü"], "group": ["red", ""], "floor": ["1"], "unused": ["x"]}
EVENT_TYPES = sorted({data.event_type for events in FLEET.values() for data in events} | {"labelsChanged"})


def streams_opened():
    return checks.control("/status")["services"]["disruptive"]["streams_opened"]


def random_filter(rng, devices):
    """Arguments of event_stream: each is left out, or has some values."""
    def some(values, most):
        return rng.sample(values, rng.randint(1, min(most, len(values))))

    chosen = {}
    if rng.random() < 0.3:
        chosen["device_ids"] = some([device.device_id for device in devices], 8)
    if rng.random() < 0.5:
        chosen["device_types"] = some(sorted(FLEET), 5)
    if rng.random() < 0.5:
        chosen["event_types"] = some(EVENT_TYPES, 6)
    if rng.random() < 0.6:
        chosen["label_filters"] = {
            key: rng.choice([None, *LABELS[key]]) for key in some(sorted(LABELS), 3)}
    return chosen


def arguments_of(chosen):
    words = []
    for option, name in (("--device", "device_ids"), ("--device-type", "device_types"), ("--event-type", "event_types")):
        for value in chosen.get(name, ()):
            words += [option, value]
    for key, value in chosen.get("label_filters", {}).items():
        words += ["--label", key if value is None else f"{key}={value}"]
    return words


class Official(threading.Thread):
    """The vendor's stream up to its end, without a second try."""

    def __init__(self, chosen):
        super().__init__(daemon=True)
        self._chosen = chosen
        self.events = []
        self.start()

    def run(self):
        try:
            for event in dt.Stream.event_stream(PROJECT, request_attempts=0, **self._chosen):
                if event.event_type == "labelsChanged":
                    event.raw["data"].pop("updateTime", None)  # The client put it there.
                self.events.append(event.raw)
        except dt.errors.ConnectionError:
            pass  # The end.


class Ours:
    def __init__(self, chosen):
        self._process = subprocess.Popen(
            [SLUICE, "disruptive", "stream", "-p", PROJECT, "--base-url", CLOUD["base_url"], "--no-reconnect",
             "--output", "json", "--log-level", "error", *arguments_of(chosen)],
            stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)

    def events(self):
        text, _ = self._process.communicate(timeout=60)
        if self._process.returncode != 0:
            raise AssertionError(f"the stream ended with status {self._process.returncode}")
        return [json.loads(line) for line in text.splitlines()]


class Filters(unittest.TestCase):
    def test_a_thousand_filters_give_the_same_events(self):
        rng = random.Random(SEED)
        devices = []
        for device_type in FLEET:
            for _ in range(2):
                labels = {key: rng.choice(values) for key, values in LABELS.items()
                          if key != "unused" and rng.random() < 0.6}
                devices.append(dt.Emulator.create_device(PROJECT, device_type, labels=labels))
        dt.default_auth.get_token()  # One token for all threads: the client is not made for many at once.
        published = seen = empty = 0
        for _ in range(FILTERS // PER_ROUND):
            filters = [random_filter(rng, devices) for _ in range(PER_ROUND)]
            before = streams_opened()
            official = [Official(chosen) for chosen in filters]
            ours = [Ours(chosen) for chosen in filters]
            checks.wait_until(
                lambda before=before: streams_opened() >= before + 2 * PER_ROUND, "all streams of the round open")
            for device in devices:
                for data in FLEET[device.device_type]:
                    dt.Emulator.publish_event(device.device_id, PROJECT, data)
                    published += 1
            dt.Device.set_label(devices[0].device_id, PROJECT, "changed", str(published))
            checks.control("/streams/cut", {"how": "clean"})
            for chosen, theirs, mine in zip(filters, official, ours):
                theirs.join(60)
                self.assertFalse(theirs.is_alive(), "the official client did not end")
                with self.subTest(filters=chosen):
                    self.assertEqual(mine.events(), theirs.events)
                seen += len(theirs.events)
                empty += not theirs.events
        # Neither all nor nothing: filters that pass something, and filters that pass nothing.
        self.assertGreater(seen, published)
        self.assertLess(empty, FILTERS // 2)
        print(f"     disruptive_filters: {FILTERS} filters, {published} events published, {seen} seen by both",
              flush=True)


if __name__ == "__main__":
    checks.main()

"""Every call of the admin API of a running process, by a client that has only reflection."""

import itertools
import json
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile
import unittest

import checks
from admin_client import Admin

# The second pipeline makes dead letters only.
CONFIG = """\
data_dir: {folder}/data
pipelines:
  office:
    sources: {{ticker: {{generate: {{rate: 200}}}}}}
    sinks:
      archive: {{file: {{path: {folder}/archive.jsonl}}}}
      drop: {{"null": {{}}}}
    log: {{retain_time: 1h}}
  letters:
    sources: {{in: {{generate: {{count: 20}}}}}}
    transforms: [{{template: {{labels: {{room: "{{{{ labels.nobody-has-it }}}}"}}}}}}]
    sinks: {{out: {{"null": {{}}}}}}
"""


class Run:
    """A `sluice run` of its own."""

    def __init__(self):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="sluice-admin-", dir="/tmp"))
        self.config = CONFIG.format(folder=self.folder)
        path = self.folder / "sluice.yaml"
        path.write_text(self.config, encoding="utf-8")
        self._log = open(self.folder / "log", "wb")
        self._process = subprocess.Popen(
            [checks.SLUICE, "run", "-c", path, "--output", "json"], stdout=subprocess.PIPE, stderr=self._log, text=True)
        self.admin = Admin(json.loads(self._process.stdout.readline())["ready"]["admin"])

    def stop(self):
        """The ledger at the end."""
        self._process.terminate()
        ledger = json.loads(self._process.communicate(timeout=60)[0].splitlines()[-1])["ledger"]
        self._log.close()
        shutil.rmtree(self.folder)
        return ledger


RUN = Run()
ADMIN = RUN.admin


def sink(status, name):
    return next(one for one in status["sinks"] if one["name"] == name)


class Process(unittest.TestCase):
    def test_tells_what_it_is(self):
        info = ADMIN.call("ProcessService/GetInfo")
        self.assertEqual(info["pipelines"], ["letters", "office"])
        self.assertEqual(info["role"], "admin")

    def test_tells_how_everything_stands(self):
        status = ADMIN.call("ProcessService/GetStatus", pipelines=["office"], read_mask="pipelines")
        self.assertEqual([one["name"] for one in status["pipelines"]], ["office"])
        self.assertNotIn("memory", status)

    def test_is_watched(self):
        watch = ADMIN.call("ProcessService/WatchStatus", interval="0.2s")
        times = [status["time"] for status in itertools.islice(watch, 3)]
        self.assertEqual(times, sorted(set(times)))

    def test_changes_what_it_logs(self):
        self.assertEqual(ADMIN.call("ProcessService/SetLogLevel", level="LOG_LEVEL_WARNING")["level"], "LOG_LEVEL_WARNING")
        self.assertEqual(ADMIN.call("ProcessService/GetLogLevel")["level"], "LOG_LEVEL_WARNING")


class Pipelines(unittest.TestCase):
    def test_are_listed_page_by_page(self):
        first = ADMIN.call("PipelineService/ListPipelines", page_size=1)
        second = ADMIN.call("PipelineService/ListPipelines", page_size=1, page_token=first["next_page_token"])
        self.assertEqual([first["pipelines"][0]["name"], second["pipelines"][0]["name"]], ["letters", "office"])

    def test_pause_and_resume(self):
        paused = ADMIN.call("PipelineService/PausePipeline", pipeline="office")
        self.assertEqual(paused["state"], "PIPELINE_PAUSED")
        stored = paused["sources"][0]["stored"]
        self.assertEqual(ADMIN.call("PipelineService/GetPipeline", pipeline="office")["sources"][0]["stored"], stored)
        resumed = ADMIN.call("PipelineService/ResumePipeline", pipeline="office")
        self.assertEqual(resumed["state"], "PIPELINE_RUNNING")

    def test_are_drained(self):
        answers = list(ADMIN.call("PipelineService/DrainPipeline", pipeline="office", interval="0.2s"))
        self.assertTrue(answers[-1]["done"])
        ADMIN.call("PipelineService/ResumePipeline", pipeline="office")

    def test_have_sinks_that_pause_alone(self):
        status = ADMIN.call("SinkService/PauseSink", pipeline="office", sink="drop")
        self.assertTrue(sink(status, "drop")["paused"])
        self.assertNotIn("paused", sink(status, "archive"))
        status = ADMIN.call("SinkService/ResumeSink", pipeline="office", sink="drop")
        self.assertNotIn("paused", sink(status, "drop"))

    def test_have_sinks_that_move_in_the_log(self):
        where = {"pipeline": "office", "sink": "archive"}
        cursor = checks.wait_until(
            lambda: (lambda one: one if int(one.get("delivered", 0)) > 20 else None)(ADMIN.call("SinkService/GetSinkCursor", **where)),
            "a sink that gets on")
        self.assertEqual(cursor["log_first_sequence"], "1")
        dry = ADMIN.call("SinkService/RewindSink", **where, to={"sequence": 5}, dry_run=True)
        self.assertNotIn("rewound", dry["cursor"])
        moved = ADMIN.call("SinkService/RewindSink", **where, to={"sequence": 5})
        self.assertGreater(int(moved["rewound"]), 15)
        self.assertEqual(moved["to_sequence"], "5")
        ADMIN.call("SinkService/PauseSink", **where)
        skipped = ADMIN.call("SinkService/SkipSink", **where, to={"end": True})
        self.assertEqual(skipped["to_sequence"], skipped["cursor"]["next_sequence"])
        ADMIN.call("SinkService/ResumeSink", **where)
        replay = list(ADMIN.call("SinkService/ReplayToSink", **where, **{"from": {"sequence": 1}}, to={"sequence": 11}))
        self.assertEqual(replay[-1]["replayed"], "10")
        self.assertTrue(replay[-1]["done"])
        code, message = ADMIN.refusal("SinkService/ForgetSink", **where)
        self.assertEqual(code, "FAILED_PRECONDITION")
        code, message = ADMIN.refusal("SinkService/RewindSink", pipeline="office", sink="archiv", to={"oldest": True})
        self.assertEqual(code, "NOT_FOUND")
        self.assertIn('did you mean "archive"?', message)
        code, message = ADMIN.refusal("SinkService/RewindSink", **where)
        self.assertEqual((code, message), ("INVALID_ARGUMENT", "to: give a sequence, a time, oldest or end"))

    def test_show_their_events(self):
        tapped = list(ADMIN.call("EventService/TapEvents", pipeline="office", limit=3))
        events = [event for answer in tapped for event in answer["events"]]
        self.assertEqual(len(events), 3)
        wanted = events[0]["event"]
        story = list(ADMIN.call("EventService/ExplainEvent", pipeline="office", id=wanted["id"]))[-1]
        self.assertTrue(story["done"])
        self.assertEqual(story["stories"][0]["event"]["sequence"], events[0]["sequence"])
        self.assertEqual({one["sink"] for one in story["stories"][0]["deliveries"]}, {"archive", "drop"})

    def test_are_known_by_their_names(self):
        code, message = ADMIN.refusal("PipelineService/PausePipeline", pipeline="ofice")
        self.assertEqual(code, "NOT_FOUND")
        self.assertIn('did you mean "office"?', message)


class Configs(unittest.TestCase):
    def test_are_applied_and_rolled_back(self):
        before = ADMIN.call("ConfigService/GetConfig")
        text = RUN.config.replace("archive.jsonl", "second.jsonl")
        applied = ADMIN.call("ConfigService/ApplyConfig", text=text, expected_generation=before["generation"])
        self.assertEqual(applied["changes"], [{"action": "REPLACED", "pipeline": "office", "component": "archive"}])
        self.assertEqual(ADMIN.call("ConfigService/GetConfig")["text"], text)
        ADMIN.call("ConfigService/RollbackConfig")
        self.assertEqual(ADMIN.call("ConfigService/GetConfig")["text"], RUN.config)
        generations = [int(one["generation"]) for one in ADMIN.call("ConfigService/ListConfigs")["configs"]]
        self.assertEqual(generations, list(range(len(generations), 0, -1)))

    def test_keep_what_they_name_no_more_until_it_is_deleted(self):
        attic = '  attic: {sources: {in: {generate: {count: 5}}}, sinks: {out: {"null": {}}}}\n'
        ADMIN.call("ConfigService/ApplyConfig", text=RUN.config + attic)
        ADMIN.call("ConfigService/RollbackConfig")
        self.assertEqual(ADMIN.call("PipelineService/ListPipelines")["removed"], ["attic"])
        code, message = ADMIN.refusal("PipelineService/DeletePipeline", pipeline="office", discard=True)
        self.assertEqual(code, "FAILED_PRECONDITION")
        self.assertIn('"office" is configured', message)
        ADMIN.call("PipelineService/DeletePipeline", pipeline="attic", discard=True, dry_run=True)
        ADMIN.call("PipelineService/DeletePipeline", pipeline="attic", discard=True)
        self.assertNotIn("removed", ADMIN.call("PipelineService/ListPipelines"))
        self.assertEqual(ADMIN.refusal("PipelineService/DeletePipeline", pipeline="attic")[0], "NOT_FOUND")

    def test_name_plugins(self):
        plugins = ADMIN.call("PluginService/ListPlugins")["plugins"]
        null = next(one for one in plugins if one["name"] == "null")
        self.assertEqual(null["kind"], "SINK")
        schema = json.loads(ADMIN.call("PluginService/GetConfigSchema")["json"])
        self.assertIn("pipelines", schema["properties"])

    def test_say_where_they_are_wrong(self):
        code, message = ADMIN.refusal("ConfigService/ApplyConfig", text=RUN.config.replace("rate:", "rat:"), file="new.yaml")
        self.assertEqual(code, "INVALID_ARGUMENT")
        self.assertIn("new.yaml:4: ", message)

    def test_are_refused_on_another_base(self):
        code, _ = ADMIN.refusal("ConfigService/ApplyConfig", text=RUN.config, expected_generation=999)
        self.assertEqual(code, "ABORTED")


class DeadLetters(unittest.TestCase):
    def test_are_looked_after(self):
        listed = checks.wait_until(
            lambda: ADMIN.call("DeadLetterService/ListDeadLetters", pipeline="letters", page_size=3).get("dead_letters"),
            "dead letters")
        first = listed[0]["id"]
        letter = ADMIN.call("DeadLetterService/GetDeadLetter", pipeline="letters", id=first)
        self.assertEqual(letter["reason"], "transform_failed")
        edited = ADMIN.call("DeadLetterService/EditDeadLetter", pipeline="letters", id=first, set={"subject": "moved"})
        self.assertEqual(edited["event"]["subject"], "moved")
        redriven = list(ADMIN.call("DeadLetterService/RedriveDeadLetters", pipeline="letters", filter={"ids": [first]}))
        self.assertEqual(redriven[-1]["redriven"], "1")
        purged = list(ADMIN.call("DeadLetterService/PurgeDeadLetters", pipeline="letters", filter={"ids": [listed[1]["id"]]}))
        self.assertEqual(purged[-1]["purged"], "1")
        left = [one["id"] for one in ADMIN.call("DeadLetterService/ExportDeadLetters", pipeline="letters")]
        self.assertNotIn(first, left)
        self.assertIn(listed[2]["id"], left)


class WholeApi(unittest.TestCase):
    """Last: the classes run in order of their names."""

    def test_was_called_and_every_event_is_accounted_for(self):
        methods = ADMIN.methods()
        print(f"calls admin: {len(ADMIN.called)} of {len(methods)} of the admin API", flush=True)
        self.assertEqual(methods - ADMIN.called, set())
        self.assertTrue(RUN.stop()["balanced"])


if __name__ == "__main__":
    checks.main()

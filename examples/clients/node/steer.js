#!/usr/bin/env node
// Steers a running Sluice over its admin API. It reads the .proto files itself, so that nothing has to be generated.
//
// steer.js ADDRESS apply FILE [GENERATION]   run this configuration; only if this generation runs
// steer.js ADDRESS watch LOOKS               how its pipelines stand, twice a second
// steer.js ADDRESS pause PIPELINE            stop a pipeline until it is resumed
// steer.js ADDRESS resume PIPELINE
// steer.js ADDRESS redrive PIPELINE          deliver all dead letters again
//
// ADDRESS is unix:/var/lib/sluice/admin.sock or HOST:PORT. For the latter, the variable SLUICE_TOKEN has the token and
// SLUICE_CA_FILE the authorities that its certificate is checked with; without them it has to be of this machine.
// SLUICE_ROOT is the folder that has proto/; by default the one that this file is in.
"use strict";

const fs = require("fs");
const path = require("path");
const grpc = require("@grpc/grpc-js");
const loader = require("@grpc/proto-loader");

const root = process.env.SLUICE_ROOT || path.join(__dirname, "../../..");
const files = ["config", "dead_letters", "pipelines", "process"].map((name) => `proto/admin/v1/${name}.proto`);
const definitions = loader.loadSync(files, { includeDirs: [root], keepCase: true, longs: String, enums: String, defaults: true });
const { v1 } = grpc.loadPackageDefinition(definitions).sluice.admin;

// Longer than the grace that what stops is given.
const SECONDS = 60;

function credentials() {
  const file = process.env.SLUICE_CA_FILE;
  return file ? grpc.credentials.createSsl(fs.readFileSync(file)) : grpc.credentials.createInsecure();
}

function metadata() {
  const made = new grpc.Metadata();
  if (process.env.SLUICE_TOKEN) made.set("authorization", `Bearer ${process.env.SLUICE_TOKEN}`);
  return made;
}

// A call with one answer.
function ask(client, method, request) {
  return new Promise((resolve, reject) => {
    const deadline = Date.now() + SECONDS * 1000;
    client[method](request, metadata(), { deadline }, (error, answer) => (error ? reject(error) : resolve(answer)));
  });
}

// "paused" for PIPELINE_PAUSED.
function stateOf(status) {
  return status.state.replace("PIPELINE_", "").toLowerCase();
}

async function apply(address, file, generation) {
  const configs = new v1.ConfigService(address, credentials());
  // What another applies between this call and the next is not overwritten.
  const expected = generation || (await ask(configs, "GetConfig", {})).generation;
  const text = fs.readFileSync(file, "utf8");
  const answer = await ask(configs, "ApplyConfig", { text, file, expected_generation: expected, comment: "steer.js" });
  for (const change of answer.changes) {
    const place = [change.pipeline, change.component].filter(Boolean).join(".");
    console.log(`${change.action.toLowerCase()}: ${place}`);
  }
  console.log(`generation ${answer.generation} runs`);
}

async function watch(address, looks) {
  const client = new v1.ProcessService(address, credentials());
  const statuses = client.WatchStatus({ interval: { nanos: 500000000 } }, metadata());
  let seen = 0;
  for await (const status of statuses) {
    for (const pipeline of status.pipelines) {
      for (const sink of pipeline.sinks) {
        console.log(`${pipeline.name}, ${stateOf(pipeline)}: ${sink.name} delivered ${sink.delivered}, waiting ${sink.waiting}`);
      }
    }
    seen += 1;
    if (seen === Number(looks)) break; // Ends the call too.
  }
}

async function pause(address, pipeline) {
  const status = await ask(new v1.PipelineService(address, credentials()), "PausePipeline", { pipeline });
  console.log(`${status.name} is ${stateOf(status)}`);
}

async function resume(address, pipeline) {
  const status = await ask(new v1.PipelineService(address, credentials()), "ResumePipeline", { pipeline });
  console.log(`${status.name} is ${stateOf(status)}`);
}

async function redrive(address, pipeline) {
  const letters = new v1.DeadLetterService(address, credentials());
  let last;
  // It tells how far it is; the last answer has the sum.
  for await (const answer of letters.RedriveDeadLetters({ pipeline, all: true }, metadata())) last = answer;
  console.log(`redriven ${last.redriven}, refused ${last.refused}`);
  for (const refusal of last.refusals) console.log(`  ${refusal.id}: ${refusal.message}`);
}

const commands = { apply, watch, pause, resume, redrive };

async function main() {
  const [address, command, ...rest] = process.argv.slice(2);
  if (rest.length === 0 || !Object.hasOwn(commands, command)) {
    console.error("usage: steer.js ADDRESS apply|watch|pause|resume|redrive ARGUMENT");
    process.exit(2);
  }
  try {
    await commands[command](address, ...rest);
    process.exit(0);
  } catch (error) {
    // The message says what to do: near names, the generation that runs, the role needed.
    console.error(error.code === undefined ? error.message : `${grpc.status[error.code] || error.code}: ${error.details || error.message}`);
    process.exit(1);
  }
}

main();

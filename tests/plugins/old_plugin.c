/* Three plugins in C, against version 1.0 of the ABI as it was released: what
 * was built then has to load and run for as long as the major version stays. It
 * knows the smaller structs of then, and leaves out every function that may be
 * left out. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/plugins/abi_1_0/plugin_abi.h"

static const SluiceHost* host;

static SluiceBytes Text(const char* text) {
  const SluiceBytes bytes = {text, strlen(text)};
  return bytes;
}

/* A FileDescriptorSet: syntax = "proto3"; package old; message Config { uint64
 * events = 1; } */
static const char kFiles[] =
    "\x0a\x32"
    "\x0a\x09old.proto\x12\x03old"
    "\x22\x18\x0a\x06" "Config"
    "\x12\x0e\x0a\x06" "events\x18\x01\x20\x01\x28\x04"
    "\x62\x06proto3";

/* The value of a Config, which has just the one field. */
static uint64_t ReadEvents(SluiceBytes config) {
  uint64_t value = 0;
  for (size_t i = 1; i < config.size; ++i) {
    value |= (uint64_t)(config.data[i] & 0x7f) << (7 * (i - 1));
  }
  return value;
}

/* ---- old_source: emits events "0", "1", ..., one by one. ---- */

typedef struct OldSource {
  SluiceComponent component;
  uint64_t events;
  uint64_t emitted;
  uint64_t acknowledged;
} OldSource;

static SluiceCode CreateSource(void* context, SluiceBytes config,
                               void** instance,
                               const SluiceErrorReceiver* error) {
  (void)context;
  const uint64_t events = ReadEvents(config);
  if (events == 0) {
    error->receive(error->context, Text("events"), Text("must be above 0"));
    return SLUICE_INVALID_ARGUMENT;
  }
  OldSource* source = calloc(1, sizeof(OldSource));
  source->events = events;
  *instance = source;
  return SLUICE_OK;
}

/* Emits as many as there is room for. */
static void EmitAll(OldSource* source) {
  while (source->emitted < source->events) {
    char id[24];
    const int id_size = snprintf(id, sizeof(id), "%u", (unsigned)source->emitted);
    /* EventBatch{events{id, type: "old"}}. */
    char batch[64];
    const int size =
        snprintf(batch, sizeof(batch), "\x0a%c\x0a%c%s\x1a\x03old",
                 (char)(id_size + 7), (char)id_size, id);
    const SluiceBytes checkpoint = {id, (size_t)id_size};
    SluiceEmission emission;
    memset(&emission, 0, sizeof(emission));
    emission.struct_size = sizeof(emission);
    emission.events.data = batch;
    emission.events.size = (size_t)size;
    emission.checkpoint = &checkpoint;
    emission.emission = source->emitted + 1;
    const SluiceCode code = host->emit(source->component, &emission);
    if (code == SLUICE_RESOURCE_EXHAUSTED) {
      host->notify_when_ready(source->component);
      return;
    }
    if (code != SLUICE_OK) abort();
    ++source->emitted;
  }
}

static void RunSource(void* context) { EmitAll(context); }

static SluiceCode StartSource(void* instance, const SluiceStart* start,
                              const SluiceErrorReceiver* error) {
  (void)error;
  OldSource* source = instance;
  source->component = start->component;
  SluiceTask task;
  memset(&task, 0, sizeof(task));
  task.struct_size = sizeof(task);
  task.context = source;
  task.run = RunSource;
  host->post(source->component, &task);
  return SLUICE_OK;
}

static void StopSource(void* instance) {
  host->stopped(((OldSource*)instance)->component);
}

static void ReadySource(void* instance) { EmitAll(instance); }

static void AcknowledgedSource(void* instance, uint64_t emission,
                               SluiceCode code, SluiceBytes message) {
  (void)emission;
  (void)message;
  if (code == SLUICE_OK) ++((OldSource*)instance)->acknowledged;
}

static uint8_t FinishedSource(void* instance) {
  const OldSource* source = instance;
  return source->acknowledged == source->events;
}

static const SluiceSourceFunctions kSource = {
    sizeof(SluiceSourceFunctions), StartSource,        StopSource,
    NULL /* traits */,             ReadySource,        AcknowledgedSource,
    FinishedSource};

/* ---- old_transform: drops every event whose id ends in a seven. ---- */

static SluiceCode CreateTransform(void* context, SluiceBytes config,
                                  void** instance,
                                  const SluiceErrorReceiver* error) {
  (void)context;
  (void)config;
  (void)error;
  *instance = calloc(1, 1);
  return SLUICE_OK;
}

static SluiceCode Apply(void* instance, SluiceBytes event,
                        const SluiceTransformOutput* output,
                        const SluiceErrorReceiver* error) {
  (void)instance;
  (void)error;
  /* The id is the first field. */
  const size_t id_size = (size_t)event.data[1];
  if (event.data[1 + id_size] != '7') output->pass(output->context);
  return SLUICE_OK;
}

/* ---- old_sink: takes everything, and counts it. ---- */

typedef struct OldSink {
  SluiceComponent component;
  uint32_t counter;
} OldSink;

static SluiceCode CreateSink(void* context, SluiceBytes config, void** instance,
                             const SluiceErrorReceiver* error) {
  (void)context;
  (void)config;
  (void)error;
  *instance = calloc(1, sizeof(OldSink));
  return SLUICE_OK;
}

static SluiceCode StartSink(void* instance, const SluiceStart* start,
                            const SluiceErrorReceiver* error) {
  (void)error;
  OldSink* sink = instance;
  sink->component = start->component;
  SluiceLabel labels[2];
  labels[0].key = Text("component");
  labels[0].value = start->name;
  labels[1].key = Text("pipeline");
  labels[1].value = start->pipeline;
  SluiceMetricSpec spec;
  memset(&spec, 0, sizeof(spec));
  spec.struct_size = sizeof(spec);
  spec.kind = SLUICE_METRIC_COUNTER;
  spec.name = Text("old_sink_events_total");
  spec.labels = labels;
  spec.label_count = 2;
  sink->counter = host->metric(sink->component, &spec);
  host->report_health(sink->component, SLUICE_HEALTH_HEALTHY, Text(""));
  return SLUICE_OK;
}

static void Deliver(void* instance, const SluiceDelivery* delivery) {
  OldSink* sink = instance;
  host->counter_add(sink->component, sink->counter, delivery->item_count);
  SluiceOutcome outcome;
  memset(&outcome, 0, sizeof(outcome));
  outcome.kind = SLUICE_OUTCOME_DELIVERED;
  SluiceDeliveryResult result;
  memset(&result, 0, sizeof(result));
  result.struct_size = sizeof(result);
  result.outcomes = &outcome;
  result.outcome_count = 1;
  host->complete(sink->component, delivery->delivery, &result);
}

static void StopSink(void* instance) {
  host->stopped(((OldSink*)instance)->component);
}

/* Ends before `traits`, which may be left out. */
static const SluiceSinkFunctions kSink = {
    offsetof(SluiceSinkFunctions, traits), StartSink, Deliver, StopSink, NULL};

static const SluiceTransformFunctions kTransform = {
    sizeof(SluiceTransformFunctions), Apply};

static SluicePlugin plugins[3];
static const SluicePlugin* const kPlugins[] = {&plugins[0], &plugins[1],
                                               &plugins[2]};
static const SluicePluginList kList = {sizeof(SluicePluginList), kPlugins, 3};

static void Describe(SluicePlugin* plugin, uint32_t kind, const char* name) {
  plugin->struct_size = sizeof(SluicePlugin);
  plugin->kind = kind;
  plugin->name = Text(name);
  plugin->summary = Text("as plugins were with version 1.0 of the ABI");
  plugin->config_files.data = kFiles;
  plugin->config_files.size = sizeof(kFiles) - 1;
  plugin->config_message = Text("old.Config");
  plugin->destroy = free;
}

static SluiceCode Open(const SluiceHost* given, const SluicePluginList** list,
                       const SluiceErrorReceiver* error) {
  (void)error;
  host = given;
  Describe(&plugins[0], SLUICE_KIND_SOURCE, "old_source");
  plugins[0].create = CreateSource;
  plugins[0].source = &kSource;
  Describe(&plugins[1], SLUICE_KIND_TRANSFORM, "old_transform");
  plugins[1].create = CreateTransform;
  plugins[1].transform = &kTransform;
  Describe(&plugins[2], SLUICE_KIND_SINK, "old_sink");
  plugins[2].create = CreateSink;
  plugins[2].sink = &kSink;
  *list = &kList;
  return SLUICE_OK;
}

const SluicePluginLibrary sluice_plugin_library = {
    sizeof(SluicePluginLibrary), SLUICE_ABI_MAJOR, SLUICE_ABI_MINOR, 0, Open};

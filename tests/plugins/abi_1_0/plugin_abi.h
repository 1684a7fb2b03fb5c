/* The C ABI between sluice and plugins in shared objects. docs/plugin_abi.md
 * is about building and loading them; this header is the contract.
 *
 * An author who writes in C++ against pipeline/api never sees it: one line and
 * a Bazel macro (pipeline/abi/library/export.h) make the shared object.
 *
 * Versions. Host and library must have the same major version. A minor version
 * appends: fields behind the last one of a struct, bits, codes. Whoever reads a
 * struct uses a field only if `struct_size`, which its writer set to the
 * sizeof() it was compiled with, covers it (SLUICE_HAS), and takes what is not
 * there as zero. So either side may be older than the other.
 *
 * Values. Integers, sizes, pointers to bytes, to functions and to structs of
 * this header cross, nothing else: no object, no exception, no memory that one
 * side allocates and the other frees. Text is UTF-8. Times are nanoseconds:
 * since the Unix epoch for moments. Events are serialized sluice.event.v1.Event
 * and sluice.event.v1.EventBatch (proto/event/v1/event.proto).
 *
 * Memory. Whatever a pointer in an argument leads to is borrowed for the call,
 * unless its comment says longer; keep a copy of what is needed later.
 * SluiceHost, SluicePluginLibrary and the structs they lead to live, unchanged,
 * as long as the process: a library is never unloaded. A pointer may be NULL
 * only where its comment says so, and in SluiceBytes of size 0.
 *
 * Threads. Every component has an executor, and runs one task after the other
 * on it, so it needs no lock. The host calls a component on its executor only
 * (but for create, which may come on any thread and for several instances at
 * once), and a component calls the host on it, but for the functions said to be
 * good for any thread. No function blocks. Transforms have an executor of their
 * own, and nothing of the host but their output.
 */
#ifndef PIPELINE_ABI_PLUGIN_ABI_H_
#define PIPELINE_ABI_PLUGIN_ABI_H_

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#define SLUICE_ABI_MAJOR 1u
#define SLUICE_ABI_MINOR 0u

/* Whether the writer of *`pointer` knew `field`. */
#define SLUICE_HAS(pointer, field)                                      \
  ((pointer)->struct_size >=                                            \
   (size_t)((const char*)&(pointer)->field + sizeof((pointer)->field) - \
            (const char*)(pointer)))

/* Bits of what a host offers and of what a library cannot do without. None yet:
 * a library needs 0. */

/* Results: the codes of absl::Status and gRPC. */
typedef int32_t SluiceCode;
#define SLUICE_OK 0
#define SLUICE_INVALID_ARGUMENT 3
#define SLUICE_RESOURCE_EXHAUSTED 8
#define SLUICE_FAILED_PRECONDITION 9
#define SLUICE_INTERNAL 13
#define SLUICE_UNAVAILABLE 14

/* Frozen: has no struct_size, and never grows. */
typedef struct SluiceBytes {
  const char* data;
  size_t size;
} SluiceBytes;

/* Names a started component in calls of the host, from its start until its
 * destroy has returned. Calls with any other value do nothing, so what comes
 * too late is harmless. Never 0. */
typedef uint64_t SluiceComponent;

/* How a function that fails says why, before it returns its code. The caller of
 * that function makes it, for that call. */
typedef struct SluiceErrorReceiver {
  size_t struct_size;
  void* context;
  /* `field`: the path within the plugin's own configuration that is wrong, e.g.
   * "targets[2].url"; empty: none. `message`: a sentence for the operator,
   * without secrets. The last call counts. */
  void (*receive)(void* context, SluiceBytes field, SluiceBytes message);
} SluiceErrorReceiver;

/* ---- What the host does for components. ---- */

/* A piece of work of a component. Exactly one of `run` and `drop` is called,
 * once: `run` on the executor, `drop` wherever it turns out that it will not
 * run. */
typedef struct SluiceTask {
  size_t struct_size;
  void* context;
  void (*run)(void* context);
  /* NULL: nothing has to be done. */
  void (*drop)(void* context);
} SluiceTask;

#define SLUICE_SEVERITY_INFO 0u
#define SLUICE_SEVERITY_WARNING 1u
#define SLUICE_SEVERITY_ERROR 2u

/* As HealthState in pipeline/api/component.h. */
#define SLUICE_HEALTH_STARTING 1u
#define SLUICE_HEALTH_HEALTHY 2u
#define SLUICE_HEALTH_DEGRADED 3u
#define SLUICE_HEALTH_PAUSED 4u

#define SLUICE_METRIC_COUNTER 1u
#define SLUICE_METRIC_GAUGE 2u
#define SLUICE_METRIC_HISTOGRAM 3u

/* Frozen. */
typedef struct SluiceLabel {
  SluiceBytes key;
  SluiceBytes value;
} SluiceLabel;

typedef struct SluiceMetricSpec {
  size_t struct_size;
  uint32_t kind; /* SLUICE_METRIC_ */
  /* [a-z][a-z0-9_]*, exported as sluice_<name>. */
  SluiceBytes name;
  const SluiceLabel* labels;
  size_t label_count;
  /* One sentence; may be empty. */
  SluiceBytes help;
} SluiceMetricSpec;

/* A piece of input that is no event; kept as a dead letter. Frozen. */
typedef struct SluiceMalformed {
  SluiceBytes bytes;
  SluiceBytes reason; /* a short fixed word, e.g. "malformed_json" */
  SluiceBytes message;
} SluiceMalformed;

/* What a source hands over in one piece, stored in one atomic write. Below
 * 2 GiB in all. */
typedef struct SluiceEmission {
  size_t struct_size;
  /* A serialized EventBatch; size 0: no events. */
  SluiceBytes events;
  const SluiceMalformed* malformed;
  size_t malformed_count;
  /* How far the source has read once this is stored; NULL: as before. */
  const SluiceBytes* checkpoint;
  /* Comes back in acknowledged; 0: no interest, it does not. */
  uint64_t emission;
} SluiceEmission;

/* As Outcome::Kind in pipeline/api/sink.h. */
#define SLUICE_OUTCOME_DELIVERED 1u
#define SLUICE_OUTCOME_RETRY 2u
#define SLUICE_OUTCOME_REJECTED 3u
#define SLUICE_OUTCOME_UNKNOWN 4u
#define SLUICE_OUTCOME_NOT_TRIED 5u

/* Frozen. */
typedef struct SluiceOutcome {
  uint32_t kind;
  /* Why; empty for SLUICE_OUTCOME_DELIVERED. */
  SluiceBytes message;
  /* SLUICE_OUTCOME_REJECTED: a short fixed word, e.g. "too_large". */
  SluiceBytes reason;
} SluiceOutcome;

typedef struct SluiceDeliveryResult {
  size_t struct_size;
  /* One for each item, in the same order; or one for all of them. May be none
   * if `misconfigured` is not SLUICE_OK. */
  const SluiceOutcome* outcomes;
  size_t outcome_count;
  /* NULL, or no request before so many nanoseconds have passed. */
  const int64_t* retry_after_nanos;
  /* Not SLUICE_OK: the destination refuses the sink itself. */
  SluiceCode misconfigured;
  SluiceBytes misconfigured_message;
} SluiceDeliveryResult;

typedef struct SluiceHost {
  size_t struct_size;
  uint32_t abi_major;
  uint32_t abi_minor;
  uint64_t capabilities;
  /* Of sluice itself, for messages. */
  SluiceBytes version;

  /* The wall clock, which may jump, and the monotonic one. Any thread. */
  int64_t (*now_unix_nanos)(SluiceComponent component);
  int64_t (*monotonic_nanos)(SluiceComponent component);

  /* Runs `task` on the executor soon, behind what this thread posted before,
   * never inside this call. What has not run when the component is destroyed is
   * dropped. 0: dropped at once, because the component is not there. Any
   * thread. */
  uint8_t (*post)(SluiceComponent component, const SluiceTask* task);
  /* The same once `delay_nanos` have passed. Names the timer; 0: dropped. Any
   * thread. */
  uint64_t (*post_after)(SluiceComponent component, int64_t delay_nanos,
                         const SluiceTask* task);
  /* 1: the task was dropped and will not run. 0: it ran, is running, or is not
   * known. Any thread. */
  uint8_t (*cancel)(SluiceComponent component, uint64_t timer);

  /* 64 random bits, for jitter and ids; seeded in simulations. */
  uint64_t (*random_bits)(SluiceComponent component);

  /* A line in the log of the process, with the component's name. Any thread. */
  void (*log)(SluiceComponent component, uint32_t severity,
              SluiceBytes message);

  /* How the component is: `message` is a sentence for the operator without
   * secrets; when paused it names the configuration field to look at. */
  void (*report_health)(SluiceComponent component, uint32_t state,
                        SluiceBytes message);

  /* The metric of that kind, name and labels, made at the first call; names it
   * for this component, or returns 0 if `spec` cannot be one. Any thread, as
   * are the four behind it, which do nothing with a metric of another kind. */
  uint32_t (*metric)(SluiceComponent component, const SluiceMetricSpec* spec);
  void (*counter_add)(SluiceComponent component, uint32_t metric, uint64_t n);
  void (*gauge_set)(SluiceComponent component, uint32_t metric, int64_t value);
  void (*gauge_add)(SluiceComponent component, uint32_t metric, int64_t n);
  void (*histogram_note)(SluiceComponent component, uint32_t metric,
                         int64_t nanos, uint64_t n);

  /* Of sources: takes `emission` into the queue.
   *   SLUICE_OK                  copied; acknowledged may come inside this call
   *   SLUICE_RESOURCE_EXHAUSTED  the queue is full: stop reading from the other
   *                              side, call notify_when_ready, try again then
   *   SLUICE_INVALID_ARGUMENT    it cannot be read; logged with the reason
   *   SLUICE_FAILED_PRECONDITION not a running source */
  SluiceCode (*emit)(SluiceComponent component, const SluiceEmission* emission);
  /* Calls the source's ready once, as soon as there is room. */
  void (*notify_when_ready)(SluiceComponent component);

  /* Of sinks: answers a delivery, inside deliver or later. The bytes of the
   * delivery are gone then.
   *   SLUICE_OK                  taken
   *   SLUICE_INVALID_ARGUMENT    it cannot be read, or has the wrong number of
   *                              outcomes: the events count as unknown; logged
   *   SLUICE_FAILED_PRECONDITION that delivery is not open: answered before, or
   *                              the sink has stopped; nothing happens; logged
   */
  SluiceCode (*complete)(SluiceComponent component, uint64_t delivery,
                         const SluiceDeliveryResult* result);

  /* Answers stop, inside it or later: nothing of the component is running any
   * more. */
  void (*stopped)(SluiceComponent component);
} SluiceHost;

/* ---- What a library has. ---- */

/* Given to a component that starts. */
typedef struct SluiceStart {
  size_t struct_size;
  SluiceComponent component;
  /* In the configuration. */
  SluiceBytes name;
  SluiceBytes pipeline;
  /* Of sources: where to go on, as it was last stored; NULL: nothing is. */
  const SluiceBytes* checkpoint;
} SluiceStart;

/* The host fills it with the defaults, the source changes what differs. */
typedef struct SluiceSourceTraits {
  size_t struct_size;
  /* 1: an event may be emitted more than once, so the pipeline drops repeats
   * by id. Default 1. */
  uint8_t may_repeat;
} SluiceSourceTraits;

/* Order of calls: traits any time; start once, then ready and acknowledged,
 * then stop once, then destroy; or destroy at once. */
typedef struct SluiceSourceFunctions {
  size_t struct_size;
  /* Begins to read. SLUICE_INVALID_ARGUMENT: the checkpoint cannot be
   * understood. Trouble that may pass is no error but a report of health. */
  SluiceCode (*start)(void* source, const SluiceStart* start,
                      const SluiceErrorReceiver* error);
  /* Stops reading; emits nothing more; answered by stopped, soon. A component
   * that does not answer is never destroyed but left as it is. */
  void (*stop)(void* source);
  /* NULL: the defaults. */
  void (*traits)(void* source, SluiceSourceTraits* traits);
  /* There is room again. NULL: never asked for. */
  void (*ready)(void* source);
  /* What became of an emission, once for each: SLUICE_OK when all of it is safe
   * at the source's acknowledgement level, an error when the pipeline stops
   * before. NULL: never asked for. */
  void (*acknowledged)(void* source, uint64_t emission, SluiceCode code,
                       SluiceBytes message);
  /* 1 once a finite source has emitted its last event. NULL: it has no end. */
  uint8_t (*finished)(void* source);
} SluiceSourceFunctions;

/* Where a transform puts what becomes of an event; good for one apply. */
typedef struct SluiceTransformOutput {
  size_t struct_size;
  void* context;
  /* Passes the event on unchanged. */
  void (*pass)(void* context);
  /* Passes on a serialized Event. */
  void (*emit)(void* context, SluiceBytes event);
} SluiceTransformOutput;

typedef struct SluiceTransformFunctions {
  size_t struct_size;
  /* Handles one serialized Event by any number of calls on `output`; none
   * filters it out. Not SLUICE_OK: the event becomes a dead letter with the
   * message, and what was put out for it is taken back. */
  SluiceCode (*apply)(void* transform, SluiceBytes event,
                      const SluiceTransformOutput* output,
                      const SluiceErrorReceiver* error);
} SluiceTransformFunctions;

/* As SinkTraits in pipeline/api/sink.h, filled with its defaults. What is out
 * of range (0, over a million events or in flight, over 1 GiB, over a day) is
 * brought into it. */
typedef struct SluiceSinkTraits {
  size_t struct_size;
  uint64_t max_batch_events;
  uint64_t max_batch_bytes;
  uint64_t max_in_flight;
  int64_t timeout_nanos;
  uint8_t idempotent;
} SluiceSinkTraits;

/* One event to deliver. Frozen. */
typedef struct SluiceDeliveryItem {
  uint64_t sequence;
  SluiceBytes event; /* a serialized Event */
  uint32_t attempt;  /* 1 at the first try */
} SluiceDeliveryItem;

/* The struct itself is good for the call; items and their bytes until the
 * delivery is completed or the sink is destroyed. */
typedef struct SluiceDelivery {
  size_t struct_size;
  /* Names it for complete. */
  uint64_t delivery;
  const SluiceDeliveryItem* items;
  size_t item_count; /* at least 1 */
  /* When the sink has to have answered; what it has not answered after twice
   * that time counts as unknown. */
  int64_t timeout_nanos;
} SluiceDelivery;

/* Order of calls: traits any time; start once, then deliver, then stop once,
 * then destroy; or destroy at once. */
typedef struct SluiceSinkFunctions {
  size_t struct_size;
  /* Makes ready; does not wait for the destination to be there. */
  SluiceCode (*start)(void* sink, const SluiceStart* start,
                      const SluiceErrorReceiver* error);
  /* Delivers; answered by complete. */
  void (*deliver)(void* sink, const SluiceDelivery* delivery);
  /* Gives up what is under way: answers what is open, then calls stopped, soon.
   * What is open then counts as unknown. A component that does not answer is
   * never destroyed but left as it is. */
  void (*stop)(void* sink);
  /* NULL: the defaults. */
  void (*traits)(void* sink, SluiceSinkTraits* traits);
} SluiceSinkFunctions;

#define SLUICE_KIND_SOURCE 1u
#define SLUICE_KIND_TRANSFORM 2u
#define SLUICE_KIND_SINK 3u

typedef struct SluicePlugin {
  size_t struct_size;
  /* Given to create; may be NULL. */
  void* context;
  uint32_t kind;
  /* Of the plugin: [a-z0-9][a-z0-9_-]*, at most 63 bytes. */
  SluiceBytes name;
  /* One line of what it does. */
  SluiceBytes summary;
  /* Its configuration: a serialized google.protobuf.FileDescriptorSet with
   * every file after those it imports, and the full name of a message in it.
   * A field of type sluice.config.v1.Secret (proto/config/v1/secret.proto) is a
   * secret by reference. */
  SluiceBytes config_files;
  SluiceBytes config_message;
  /* Makes an instance from a serialized message of that type, after checking
   * it; touches nothing outside. SLUICE_INVALID_ARGUMENT with a field: what is
   * wrong with the configuration. `*instance` is given to all functions of the
   * component, and may be anything but NULL. */
  SluiceCode (*create)(void* context, SluiceBytes config, void** instance,
                       const SluiceErrorReceiver* error);
  /* Ends a component whose stop is answered, or that was never started. */
  void (*destroy)(void* instance);
  /* The one of `kind`; the others NULL. */
  const SluiceSourceFunctions* source;
  const SluiceTransformFunctions* transform;
  const SluiceSinkFunctions* sink;
} SluicePlugin;

typedef struct SluicePluginList {
  size_t struct_size;
  const SluicePlugin* const* plugins;
  size_t plugin_count; /* 1 to 1000 */
} SluicePluginList;

/* The one symbol of a library. Its first three fields stay as they are in every
 * major version: the host reads them before it calls anything. */
typedef struct SluicePluginLibrary {
  size_t struct_size;
  uint32_t abi_major;
  uint32_t abi_minor;
  /* Capabilities it cannot do without. */
  uint64_t needs;
  /* Called once in a process, if nothing speaks against the library; sets
   * `*list`. Not SLUICE_OK: the library is refused with the message. */
  SluiceCode (*open)(const SluiceHost* host, const SluicePluginList** list,
                     const SluiceErrorReceiver* error);
} SluicePluginLibrary;

#if defined(__GNUC__)
__attribute__((visibility("default")))
#endif
extern const SluicePluginLibrary sluice_plugin_library;

#ifdef __cplusplus
} /* extern "C" */
#endif

#endif /* PIPELINE_ABI_PLUGIN_ABI_H_ */

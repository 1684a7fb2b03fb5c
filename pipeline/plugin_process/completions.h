// Where gRPC says that an operation is done.
#ifndef PIPELINE_PLUGIN_PROCESS_COMPLETIONS_H_
#define PIPELINE_PLUGIN_PROCESS_COMPLETIONS_H_

#include <grpcpp/completion_queue.h>

#include "absl/functional/any_invocable.h"

namespace sluice::plugin_process {

// The queue of this process, with a thread that lives as long as it. Not that
// of gRPC's callbacks: its threads are joined with the last channel, which may
// be dropped on one of them.
grpc::CompletionQueue* Completions();

// The tag of one operation on Completions(): `done` is called once, on its
// thread, with whether it succeeded. Must not block.
void* WhenDone(absl::AnyInvocable<void(bool ok)> done);

}  // namespace sluice::plugin_process

#endif  // PIPELINE_PLUGIN_PROCESS_COMPLETIONS_H_

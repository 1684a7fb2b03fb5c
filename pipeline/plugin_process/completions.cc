#include "pipeline/plugin_process/completions.h"

#include <pthread.h>

#include <memory>
#include <thread>
#include <utility>

namespace sluice::plugin_process {
namespace {

using Done = absl::AnyInvocable<void(bool)>;

grpc::CompletionQueue* StartQueue() {
  auto* queue = new grpc::CompletionQueue;
  std::thread([queue] {
    pthread_setname_np(pthread_self(), "plugin-calls");
    void* tag = nullptr;
    bool ok = false;
    while (queue->Next(&tag, &ok)) {
      const std::unique_ptr<Done> done(static_cast<Done*>(tag));
      (*done)(ok);
    }
  }).detach();
  return queue;
}

}  // namespace

grpc::CompletionQueue* Completions() {
  static grpc::CompletionQueue* const queue = StartQueue();
  return queue;
}

void* WhenDone(absl::AnyInvocable<void(bool ok)> done) {
  return new Done(std::move(done));
}

}  // namespace sluice::plugin_process

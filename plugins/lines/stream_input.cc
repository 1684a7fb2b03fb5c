#include "plugins/lines/stream_input.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "plugins/lines/line_receiver.h"
#include "storage/base/status_macros.h"

namespace sluice::lines {
namespace {

// What all connections together may have decoded that is not in the queue yet.
constexpr size_t kMostWaitingBytes = 4 << 20;

}  // namespace

StreamInput::StreamInput(StreamSettings settings, InputParts parts)
    : settings_(std::move(settings)),
      parts_(std::move(parts)),
      connections_(parts_.context.metrics->gauge("lines_connections",
                                                 parts_.context.metric_labels(),
                                                 "Connections that are open.")),
      relay_(EmissionRelay::Create(
          parts_.context.executor, parts_.emitter,
          parts_.context.metrics->counter(
              "lines_held_back_total", parts_.context.metric_labels(),
              "Times that the queue was full and reading had to wait."))),
      keeper_(parts_.context, settings_.server.certificate_file,
              [this] { return Listen(); }),
      decoder_(MakeLineDecoder(parts_.format, parts_.run)),
      batch_(decoder_.get(), parts_.counters) {}

void StreamInput::Start() { keeper_.Start(); }

absl::StatusOr<std::string> StreamInput::Listen() {
  if (server_ == nullptr) {
    SLUICE_ASSIGN_OR_RETURN(
        server_, StreamServer::Start(
                     settings_.server, [this](StreamConnection* connection) {
                       return std::make_shared<LineReceiver>(this, connection);
                     }));
  } else {
    SLUICE_RETURN_IF_ERROR(server_->ReloadCertificate());
  }
  if (!settings_.server.tcp.has_value()) {
    return absl::StrCat("unix socket ", settings_.server.unix_path);
  }
  ListenAddress address = *settings_.server.tcp;
  address.port = server_->port();
  const bool tls = !settings_.server.certificate_file.empty();
  return absl::StrCat(tls ? "tls " : "tcp ", address.ToString());
}

void StreamInput::Stop(absl::AnyInvocable<void()> done) {
  keeper_.Stop();
  relay_->Stop();
  server_.reset();
  parts_.context.executor->Post(std::move(done));
}

void StreamInput::RemoveWaiting(size_t bytes) {
  waiting_bytes_ -= bytes;
  if (too_much_waits()) return;
  for (const auto& held_back : std::exchange(held_back_, {})) {
    if (const auto receiver = held_back.lock()) receiver->MaybeResume();
  }
}

bool StreamInput::too_much_waits() const {
  return waiting_bytes_ >= kMostWaitingBytes;
}

void StreamInput::PostToServer(Executor::Task task) {
  if (server_ != nullptr) server_->executor().Post(std::move(task));
}

}  // namespace sluice::lines

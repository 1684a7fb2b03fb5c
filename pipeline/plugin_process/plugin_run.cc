#include "pipeline/plugin_process/plugin_run.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/time/time.h"
#include "pipeline/plugin_process/launch.h"

namespace sluice::plugin_process {
namespace {

using plugin::v1::DescribeResponse;
using plugin::v1::HostMessage;
using plugin::v1::PluginMessage;

// A process that dies breaks its call first; how it died says more.
constexpr absl::Duration kUntilItsEnd = absl::Milliseconds(500);

// Of the time that a process may be silent.
constexpr int kPingsPerTimeout = 3;

std::string StatusText(const grpc::Status& status) {
  return BoundedText(absl::StrCat(status.error_message(), " (code ",
                                  static_cast<int>(status.error_code()), ")"));
}

}  // namespace

PluginRun::~PluginRun() { Abandon(); }

void PluginRun::Begin(HostMessage start) {
  start_ = std::move(start);
  SetLimit(spec_->start_timeout, [this] {
    Fail(absl::StrCat("did not start within ",
                      absl::FormatDuration(spec_->start_timeout)),
         true);
  });
  auto program =
      launcher_(*spec_, log_name_,
                [door = door_, run = weak_from_this()](const std::string& how) {
                  door->Post([run, how] {
                    if (const auto self = run.lock()) self->OnChildEnd(how);
                  });
                });
  if (!program.ok()) {
    door_->Post([run = weak_from_this(),
                 how = absl::StrCat("cannot be started: ",
                                    std::string(program.status().message()))] {
      if (const auto self = run.lock()) self->OnChildEnd(how);
    });
    return;
  }
  program_ = *std::move(program);
  Describe();
}

void PluginRun::Describe() {
  program_->Describe(
      spec_->start_timeout,
      [door = door_, run = weak_from_this()](
          const grpc::Status& status, const DescribeResponse& described) {
        door->Post([run, status, described] {
          const auto self = run.lock();
          if (self != nullptr) self->OnDescribed(status, described);
        });
      });
}

void PluginRun::OnDescribed(const grpc::Status& status,
                            const DescribeResponse& described) {
  if (phase_ != Phase::kStarting) return;
  if (status.error_code() == grpc::StatusCode::DEADLINE_EXCEEDED) return;
  if (!status.ok()) return OnStreamEnd(status);
  if (const absl::Status version = CheckVersion(*spec_, described);
      !version.ok()) {
    return Fail(absl::StrCat("has changed: ", std::string(version.message())),
                true);
  }
  OpenStream();
}

void PluginRun::OpenStream() {
  const std::weak_ptr<PluginRun> run = weak_from_this();
  PluginStream::Handler handler;
  handler.on_message = [door = door_, run](PluginMessage message) {
    door->Post([run, message = std::move(message)]() mutable {
      const auto self = run.lock();
      if (self != nullptr) self->OnMessage(std::move(message));
    });
  };
  handler.on_end = [door = door_, run](const grpc::Status& status) {
    door->Post([run, status] {
      if (const auto self = run.lock()) self->OnStreamEnd(status);
    });
  };
  stream_ = program_->Run(std::move(handler));
  stream_->Send(std::move(start_));
}

void PluginRun::OnMessage(PluginMessage message) {
  if (phase_ == Phase::kEnding || owner_ == nullptr) return;
  if (message.has_started()) {
    HandleStarted(message.started());
  } else if (phase_ == Phase::kStarting) {
    return Fail("said something before it said that it had started", true);
  } else if (message.has_stopped()) {
    if (phase_ == Phase::kStopping) return Terminate();
    return Fail("says that it has stopped, unasked", true);
  } else if (message.message_case() != PluginMessage::MESSAGE_NOT_SET) {
    // Of a newer minor version, otherwise.
    const absl::Status status = owner_->OnMessage(message);
    if (!status.ok()) return Fail(std::string(status.message()), true);
  }
  if (stream_ != nullptr) stream_->ReadNext();
}

void PluginRun::HandleStarted(const plugin::v1::Started& started) {
  if (phase_ == Phase::kStopping) return;
  if (phase_ != Phase::kStarting) {
    return Fail("says twice that it has started", true);
  }
  if (!started.error().empty()) {
    return Fail(
        absl::StrCat("refuses to start: ", BoundedText(started.error())),
        false);
  }
  executor_->Cancel(limit_);
  phase_ = Phase::kRunning;
  ScheduleHeartbeat();
  owner_->OnStarted();
}

void PluginRun::OnStreamEnd(const grpc::Status& status) {
  if (phase_ == Phase::kEnding) return;
  if (phase_ == Phase::kStopping) return Terminate();
  const std::string why = absl::StrCat("broke its call: ", StatusText(status));
  if (status.error_code() != grpc::StatusCode::UNAVAILABLE &&
      status.error_code() != grpc::StatusCode::CANCELLED && !status.ok()) {
    return Fail(why, true);
  }
  if (phase_ == Phase::kRunning) executor_->Cancel(heartbeat_);
  SetLimit(kUntilItsEnd, [this, why] { Fail(why, true); });
}

void PluginRun::ScheduleHeartbeat() {
  heartbeat_ = executor_->PostAfter(spec_->heartbeat_timeout / kPingsPerTimeout,
                                    [run = weak_from_this()] {
                                      if (const auto self = run.lock())
                                        self->Ping();
                                    });
}

void PluginRun::Ping() {
  if (phase_ != Phase::kRunning) return;
  program_->Ping(
      spec_->heartbeat_timeout,
      [door = door_, run = weak_from_this()](const grpc::Status& status) {
        door->Post([run, status] {
          if (const auto self = run.lock()) self->OnPinged(status);
        });
      });
}

void PluginRun::OnPinged(const grpc::Status& status) {
  if (phase_ != Phase::kRunning) return;
  if (status.ok()) return ScheduleHeartbeat();
  if (status.error_code() != grpc::StatusCode::DEADLINE_EXCEEDED) {
    return OnStreamEnd(status);
  }
  Fail(absl::StrCat("hangs: it did not answer within ",
                    absl::FormatDuration(spec_->heartbeat_timeout)),
       true);
}

void PluginRun::Send(HostMessage message) {
  if (phase_ == Phase::kRunning) stream_->Send(std::move(message));
}

void PluginRun::Stop() {
  if (phase_ == Phase::kStopping || phase_ == Phase::kEnding) return;
  if (phase_ == Phase::kStarting) return Fail("was stopped", false);
  phase_ = Phase::kStopping;
  executor_->Cancel(heartbeat_);
  HostMessage stop;
  stop.mutable_stop();
  stream_->Send(std::move(stop));
  SetLimit(spec_->stop_grace, [this] { Terminate(); });
}

void PluginRun::Terminate() {
  program_->Terminate();
  SetLimit(spec_->stop_grace, [this] {
    Fail(absl::StrCat("did not end within ",
                      absl::FormatDuration(spec_->stop_grace),
                      " of SIGTERM, and was killed"),
         true);
  });
}

void PluginRun::Fail(std::string why, bool fault) {
  if (phase_ == Phase::kEnding) return;
  phase_ = Phase::kEnding;
  why_ = std::move(why);
  fault_ = fault;
  executor_->Cancel(limit_);
  executor_->Cancel(heartbeat_);
  if (stream_ != nullptr) stream_->Close();
  if (program_ != nullptr) program_->Kill();
}

void PluginRun::OnChildEnd(const std::string& how) {
  const bool asked = phase_ == Phase::kStopping || phase_ == Phase::kEnding;
  if (why_.empty()) {
    why_ = how;
    fault_ = !asked;
  }
  phase_ = Phase::kEnding;
  executor_->Cancel(limit_);
  executor_->Cancel(heartbeat_);
  std::deque<HostMessage> unsent;
  if (stream_ != nullptr) {
    stream_->Close();
    unsent = stream_->TakeUnsent();
  }
  if (owner_ != nullptr) {
    std::exchange(owner_, nullptr)->OnEnd(why_, fault_, std::move(unsent));
  }
}

void PluginRun::Abandon() {
  door_->Close();
  owner_ = nullptr;
  executor_->Cancel(limit_);
  executor_->Cancel(heartbeat_);
  phase_ = Phase::kEnding;
  if (stream_ != nullptr) stream_->Close();
  if (program_ != nullptr) program_->Kill();
}

void PluginRun::SetLimit(absl::Duration limit, Executor::Task task) {
  executor_->Cancel(limit_);
  limit_ = executor_->PostAfter(
      limit, [run = weak_from_this(), task = std::move(task)]() mutable {
        if (const auto self = run.lock()) task();
      });
}

}  // namespace sluice::plugin_process

#include "pipeline/plugin_process/fake_program.h"

#include <utility>

#include "pipeline/plugin_process/protocol.h"

namespace sluice::plugin_process {

using plugin::v1::DescribeResponse;
using plugin::v1::HostMessage;
using plugin::v1::PluginMessage;

// Hands messages over one by one, as they are read.
class FakeProgram::Stream final : public PluginStream {
 public:
  Stream(std::weak_ptr<FakeProgram> program, Handler handler)
      : program_(std::move(program)), handler_(std::move(handler)) {}

  void Say(PluginMessage message) {
    said_.push_back(std::move(message));
    HandOver();
  }

  void Send(HostMessage message) override {
    unsent_.push_back(std::move(message));
    const auto program = program_.lock();
    if (closed_ || program == nullptr || !program->manners.listens) return;
    for (HostMessage& sent : std::exchange(unsent_, {})) {
      program->Hear(std::move(sent));
    }
  }
  void ReadNext() override {
    reading_ = true;
    HandOver();
  }
  void Close() override { closed_ = true; }
  std::deque<HostMessage> TakeUnsent() override {
    return std::exchange(unsent_, {});
  }

 private:
  void HandOver() {
    if (closed_ || !reading_ || said_.empty()) return;
    reading_ = false;
    PluginMessage message = std::move(said_.front());
    said_.pop_front();
    handler_.on_message(std::move(message));
  }

  const std::weak_ptr<FakeProgram> program_;
  const Handler handler_;
  std::deque<PluginMessage> said_;
  std::deque<HostMessage> unsent_;
  bool reading_ = true;
  bool closed_ = false;
};

void FakeProgram::Say(PluginMessage message) {
  stream_->Say(std::move(message));
}

void FakeProgram::End(const std::string& how) {
  if (!ended()) std::exchange(on_end_, nullptr)(how);
}

void FakeProgram::Describe(absl::Duration, OnDescribed done) {
  DescribeResponse described;
  described.set_protocol_major(kProtocolMajor);
  done(grpc::Status::OK, described);
}

void FakeProgram::Ping(absl::Duration timeout, OnPinged done) {
  if (manners.answers_pings) return done(grpc::Status::OK);
  executor_->PostAfter(timeout, [done = std::move(done)]() mutable {
    done(grpc::Status(grpc::StatusCode::DEADLINE_EXCEEDED, ""));
  });
}

std::shared_ptr<PluginStream> FakeProgram::Run(PluginStream::Handler handler) {
  stream_ = std::make_shared<Stream>(weak_from_this(), std::move(handler));
  return stream_;
}

void FakeProgram::Hear(HostMessage message) {
  PluginMessage answer;
  if (message.has_start() && manners.starts) {
    answer.mutable_started()->set_error(manners.refusal);
    Say(std::move(answer));
  } else if (message.has_stop() && manners.answers_stop) {
    answer.mutable_stopped();
    Say(std::move(answer));
  }
  heard.push_back(std::move(message));
}

void FakeProgram::Terminate() {
  terminated = terminated || !ended();
  if (manners.ends_on_sigterm) End("was killed by signal 15 (Terminated)");
}

void FakeProgram::Kill() {
  killed = killed || !ended();
  if (manners.ends_on_sigkill) End("was killed by signal 9 (Killed)");
}

FakeHost::FakeHost() {
  spec.name = "fake";
  spec.command = {"/opt/fake"};
  context.name = "c";
  context.pipeline = "p";
  context.executor = &executor;
  context.health = &reporter_;
  context.metrics = &metrics;
  context.random = &random_;
}

PluginChoice FakeHost::Choice(plugin::v1::PluginKind kind) const {
  return {std::make_shared<const ProgramSpec>(spec), kind, "acme", "config"};
}

Launcher FakeHost::launcher() {
  return [this](const ProgramSpec&, std::string, FakeProgram::OnEnd on_end)
             -> absl::StatusOr<std::shared_ptr<LaunchedProgram>> {
    lives.push_back(
        std::make_shared<FakeProgram>(manners, &executor, std::move(on_end)));
    return lives.back();
  };
}

uint64_t FakeHost::Metric(const std::string& name) {
  return metrics.counter(name, context.metric_labels(), "")->value();
}

}  // namespace sluice::plugin_process

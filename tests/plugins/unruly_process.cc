// A program that speaks the protocol of plugin processes without any library of
// ours, and once does what it must not. The argument, if any, says what is
// wrong before a component runs; it is noted with each that does.

#include <fcntl.h>
#include <grpcpp/grpcpp.h>
#include <unistd.h>

#include <atomic>
#include <csignal>
#include <cstdlib>
#include <memory>
#include <set>
#include <string>
#include <string_view>
#include <thread>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/synchronization/notification.h"
#include "glog/logging.h"
#include "google/protobuf/descriptor.pb.h"
#include "pipeline/plugin_process/protocol.h"
#include "proto/event/v1/event.pb.h"
#include "proto/plugin/v1/plugin.grpc.pb.h"
#include "tests/plugins/unruly.pb.h"

namespace sluice {
namespace {

using plugin::v1::HostMessage;
using plugin::v1::PluginMessage;
using unruly::v1::UnrulyConfig;

constexpr size_t kMoreThanAllowed = size_t{5} << 20;

// Events of one emission.
constexpr uint32_t kEmissionEvents = 10;

std::string Variable(const char* name) {
  const char* value = getenv(name);
  return value == nullptr ? "" : value;
}

using Stream = grpc::ServerReaderWriter<PluginMessage, HostMessage>;

// Says `wrong` to no more than one caller, all processes together.
class Wrongs {
 public:
  explicit Wrongs(const UnrulyConfig& config) : config_(config) {}

  bool Do(std::string_view wrong) {
    if (config_.wrong() != wrong) return false;
    const std::string marker = config_.folder() + "/was_wrong";
    const int file = open(marker.c_str(), O_CREAT | O_EXCL | O_WRONLY, 0600);
    if (file < 0) return false;
    close(file);
    return true;
  }

 private:
  const UnrulyConfig config_;
};

void Append(const std::string& path, const std::string& line) {
  const int file = open(path.c_str(), O_CREAT | O_APPEND | O_WRONLY, 0600);
  CHECK_GE(file, 0);
  CHECK_EQ(write(file, line.data(), line.size()),
           static_cast<ssize_t>(line.size()));
  close(file);
}

[[noreturn]] void HangForEver() {
  for (;;) pause();
}

class UnrulySink {
 public:
  UnrulySink(const UnrulyConfig& config, Stream* stream)
      : config_(config), wrongs_(config), stream_(stream) {}

  void Deliver(const plugin::v1::Delivery& delivery) {
    event::v1::EventBatch batch;
    CHECK(batch.ParseFromString(delivery.events()));
    if (++deliveries_ == 3) {
      if (wrongs_.Do("kill")) kill(getpid(), SIGKILL);
      if (wrongs_.Do("exit")) _exit(7);
      if (wrongs_.Do("no_answer")) return;
      if (wrongs_.Do("stop_all")) kill(getpid(), SIGSTOP);
    }
    if (deliveries_ % 20 == 0 && config_.wrong() == "kill_often") {
      kill(getpid(), SIGKILL);
    }
    std::string lines;
    for (const auto& event : batch.events()) {
      lines += absl::StrCat(event.id(), "\n");
    }
    Append(config_.folder() + "/delivered", lines);
    PluginMessage message;
    plugin::v1::Answer& answer = *message.mutable_answer();
    answer.set_delivery(delivery.delivery());
    for (int i = 0; i < batch.events_size(); ++i) {
      answer.add_outcomes()->set_kind(plugin::v1::Outcome::DELIVERED);
    }
    if (deliveries_ == 3) MakeWrong(message);
    stream_->Write(message);
  }

 private:
  void MakeWrong(PluginMessage& message) {
    plugin::v1::Answer& answer = *message.mutable_answer();
    if (wrongs_.Do("wrong_count")) {
      for (int i = 0; i < 3; ++i) *answer.add_outcomes() = answer.outcomes(0);
    }
    if (wrongs_.Do("unknown_delivery")) answer.set_delivery(999'999);
    if (wrongs_.Do("answer_twice")) stream_->Write(message);
    if (wrongs_.Do("unknown_kind")) {
      answer.mutable_outcomes(0)->set_kind(
          static_cast<plugin::v1::Outcome::Kind>(77));
    }
    if (wrongs_.Do("too_big")) {
      answer.mutable_outcomes(0)->set_message(
          std::string(kMoreThanAllowed, 'x'));
    }
    if (wrongs_.Do("emit")) {
      PluginMessage emission;
      emission.mutable_emission()->set_checkpoint("1");
      stream_->Write(emission);
    }
    if (wrongs_.Do("stopped_unasked")) {
      PluginMessage stopped;
      stopped.mutable_stopped();
      stream_->Write(stopped);
    }
  }

  const UnrulyConfig config_;
  Wrongs wrongs_;
  Stream* const stream_;
  int deliveries_ = 0;
};

// Emits events in tens, each ten with the number of the next event as its
// checkpoint.
class UnrulySource {
 public:
  UnrulySource(const UnrulyConfig& config, const plugin::v1::Start& start,
               Stream* stream)
      : config_(config), wrongs_(config), stream_(stream) {
    if (start.has_checkpoint()) {
      CHECK(absl::SimpleAtoi(start.checkpoint(), &next_));
    }
  }

  void AddCredit(uint32_t credit) {
    for (; credit > 0; --credit) Emit();
    if (next_ < config_.events() || finished_) return;
    finished_ = true;
    PluginMessage message;
    message.mutable_finished();
    stream_->Write(message);
  }

 private:
  void Emit() {
    if (next_ >= config_.events()) return;
    event::v1::EventBatch batch;
    for (uint32_t i = 0; i < kEmissionEvents; ++i, ++next_) {
      auto& event = *batch.add_events();
      event.set_id(absl::StrCat("e", next_));
      event.set_source("unruly");
      event.set_type("t");
      event.set_subject(absl::StrCat("s", next_ % 7));
    }
    PluginMessage message;
    plugin::v1::Emission& emission = *message.mutable_emission();
    emission.set_events(batch.SerializeAsString());
    emission.set_checkpoint(absl::StrCat(next_));
    emission.set_emission(next_);
    const bool half = next_ * 2 >= config_.events();
    if (half && wrongs_.Do("kill")) kill(getpid(), SIGKILL);
    if (half && wrongs_.Do("garbage")) emission.set_events("\x0a\x7fno event");
    if (half && wrongs_.Do("answer")) message.mutable_answer();
    stream_->Write(message);
    if (half && wrongs_.Do("kill_after")) kill(getpid(), SIGKILL);
  }

  const UnrulyConfig config_;
  Wrongs wrongs_;
  Stream* const stream_;
  uint32_t next_ = 0;
  bool finished_ = false;
};

class UnrulyService final : public plugin::v1::Plugin::Service {
 public:
  explicit UnrulyService(std::string wrong) : wrong_(std::move(wrong)) {}

  grpc::Status Describe(grpc::ServerContext*,
                        const plugin::v1::DescribeRequest*,
                        plugin::v1::DescribeResponse* response) override {
    if (wrong_ == "hang") HangForEver();
    response->set_protocol_major(wrong_ == "version" ? 9 : 1);
    if (wrong_ == "nothing") return grpc::Status::OK;
    google::protobuf::FileDescriptorSet files;
    UnrulyConfig::descriptor()->file()->CopyTo(files.add_file());
    for (const auto kind : {plugin::v1::SINK, plugin::v1::SOURCE}) {
      auto& plugin = *response->add_plugins();
      plugin.set_kind(wrong_ == "transform" ? plugin::v1::TRANSFORM : kind);
      plugin.set_name(wrong_ == "name" ? "No Name" : "unruly");
      plugin.set_config_files(files.SerializeAsString());
      plugin.set_config_message(wrong_ == "message" ? "sluice.no.Such"
                                                    : "sluice.unruly.v1."
                                                      "UnrulyConfig");
    }
    if (wrong_ == "twice") *response->add_plugins() = response->plugins(0);
    return grpc::Status::OK;
  }

  grpc::Status Check(grpc::ServerContext*,
                     const plugin::v1::CheckRequest* request,
                     plugin::v1::CheckResponse* response) override {
    UnrulyConfig config;
    CHECK(config.ParseFromString(request->config()));
    if (config.folder().empty()) {
      response->set_error("must be a folder");
      response->set_error_field("folder");
    }
    response->mutable_sink()->set_max_batch_events(10);
    response->mutable_sink()->set_max_in_flight(2);
    response->mutable_sink()->set_idempotent(true);
    response->mutable_sink()->mutable_timeout()->set_nanos(300'000'000);
    return grpc::Status::OK;
  }

  grpc::Status Ping(grpc::ServerContext*, const plugin::v1::PingRequest*,
                    plugin::v1::PingResponse*) override {
    if (silent_) HangForEver();
    return grpc::Status::OK;
  }

  grpc::Status Run(grpc::ServerContext*, Stream* stream) override {
    HostMessage message;
    CHECK(stream->Read(&message) && message.has_start());
    const plugin::v1::Start start = message.start();
    UnrulyConfig config;
    CHECK(config.ParseFromString(start.config()));
    Append(config.folder() + "/runs",
           absl::StrCat(start.component(), " of ", wrong_, "\n"));
    Wrongs wrongs(config);
    if (wrongs.Do("exit_at_start")) _exit(3);
    if (wrongs.Do("never_started")) HangForEver();
    PluginMessage started;
    if (wrongs.Do("refuse")) started.mutable_started()->set_error("not today");
    started.mutable_started();
    stream->Write(started);
    if (wrongs.Do("silent")) silent_ = true;
    UnrulySink sink(config, stream);
    UnrulySource source(config, start, stream);
    if (start.kind() == plugin::v1::SOURCE) source.AddCredit(start.credit());
    while (stream->Read(&message)) {
      if (message.has_delivery()) sink.Deliver(message.delivery());
      if (message.has_credit()) source.AddCredit(message.credit().emissions());
      if (message.has_acknowledgement()) {
        Append(config.folder() + "/acknowledged",
               absl::StrCat(message.acknowledgement().emission(), "\n"));
      }
      if (message.has_stop()) {
        if (config.wrong() == "never_stop") {
          signal(SIGTERM, SIG_IGN);
          HangForEver();
        }
        PluginMessage stopped;
        stopped.mutable_stopped();
        stream->Write(stopped);
      }
    }
    return grpc::Status::OK;
  }

 private:
  const std::string wrong_;
  std::atomic<bool> silent_{false};
};

int Serve(const std::string& wrong) {
  if (wrong == "exit") {
    LOG(ERROR) << "I do not want to";
    return 5;
  }
  UnrulyService service(wrong);
  grpc::ServerBuilder builder;
  builder.SetMaxReceiveMessageSize(-1);
  builder.AddListeningPort(
      absl::StrCat("unix:", Variable(plugin_process::kSocketVariable)),
      grpc::InsecureServerCredentials());
  builder.RegisterService(&service);
  const auto server = builder.BuildAndStart();
  CHECK(server != nullptr);
  server->Wait();
  return 0;
}

}  // namespace
}  // namespace sluice

int main(int argc, char** argv) {
  FLAGS_logtostderr = true;
  return sluice::Serve(argc > 1 ? argv[1] : "");
}

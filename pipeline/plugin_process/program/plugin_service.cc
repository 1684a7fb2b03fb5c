#include "pipeline/plugin_process/program/plugin_service.h"

#include <cstdlib>
#include <exception>
#include <memory>
#include <set>
#include <utility>
#include <vector>

#include "absl/random/random.h"
#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "glog/logging.h"
#include "google/protobuf/descriptor.h"
#include "google/protobuf/descriptor.pb.h"
#include "pipeline/plugin_process/program/outbox.h"
#include "pipeline/plugin_process/program/served_component.h"
#include "pipeline/plugin_process/protocol.h"
#include "storage/base/version.h"

namespace sluice::plugin_process {
namespace {

using google::protobuf::FileDescriptor;
using google::protobuf::FileDescriptorSet;
using plugin::v1::HostMessage;
using plugin::v1::PluginMessage;

// Of a component whose sluice is gone, to stop by itself.
constexpr absl::Duration kLongestStop = absl::Seconds(5);

void AddFile(const FileDescriptor& file, std::set<const FileDescriptor*>* seen,
             FileDescriptorSet* files) {
  if (!seen->insert(&file).second) return;
  for (int i = 0; i < file.dependency_count(); ++i) {
    AddFile(*file.dependency(i), seen, files);
  }
  file.CopyTo(files->add_file());
}

template <typename Component>
void AddDescription(plugin::v1::PluginKind kind, const std::string& name,
                    const PluginEntry<Component>& entry,
                    plugin::v1::DescribeResponse* response) {
  const google::protobuf::Descriptor& type = *entry.config->GetDescriptor();
  plugin::v1::PluginDescription& plugin = *response->add_plugins();
  plugin.set_kind(kind);
  plugin.set_name(name);
  plugin.set_summary(entry.summary);
  plugin.set_config_message(type.full_name());
  std::set<const FileDescriptor*> seen;
  FileDescriptorSet files;
  AddFile(*type.file(), &seen, &files);
  plugin.set_config_files(files.SerializeAsString());
}

// Makes a component as a check, and what it says wrong about its configuration.
template <typename Component>
std::unique_ptr<Component> TryCreate(const PluginEntry<Component>* entry,
                                     const plugin::v1::CheckRequest& request,
                                     plugin::v1::CheckResponse* response) {
  absl::StatusOr<std::unique_ptr<Component>> made =
      absl::NotFoundError("there is no such plugin in this program");
  try {
    if (entry != nullptr) {
      const auto config = ReadConfig(*entry->config, request.config());
      made = config.ok()
                 ? entry->create(**config)
                 : absl::StatusOr<std::unique_ptr<Component>>(config.status());
    }
  } catch (const std::exception& error) {
    made = absl::InternalError(
        absl::StrCat("the plugin failed on this: ", error.what()));
  } catch (...) {
    made = absl::InternalError("the plugin failed on this");
  }
  if (made.ok()) return *std::move(made);
  response->set_error(made.status().message().empty()
                          ? "it does not say why"
                          : std::string(made.status().message()));
  response->set_error_field(ConfigErrorField(made.status()));
  return nullptr;
}

void FillTraits(const SinkTraits& traits, plugin::v1::SinkTraits* crossing) {
  crossing->set_max_batch_events(traits.max_batch_events);
  crossing->set_max_batch_bytes(traits.max_batch_bytes);
  crossing->set_max_in_flight(traits.max_in_flight);
  crossing->set_idempotent(traits.idempotent);
  const int64_t nanos = absl::ToInt64Nanoseconds(traits.timeout);
  crossing->mutable_timeout()->set_seconds(nanos / 1'000'000'000);
  crossing->mutable_timeout()->set_nanos(
      static_cast<int32_t>(nanos % 1'000'000'000));
}

grpc::Status Stranger() {
  return {grpc::StatusCode::UNAUTHENTICATED,
          "this plugin serves the sluice that started it only"};
}

}  // namespace

// The component of a run. Made, used and destroyed on the loop.
class PluginService::Running {
 public:
  Running(const PluginService& service, RunStream* stream)
      : service_(service),
        stream_(stream),
        outbox_(
            service.loop_,
            [this](const PluginMessage& message) { stream_->Write(message); }),
        metrics_(&outbox_),
        random_(bits_) {}
  ~Running() { *alive_ = false; }

  void Start(const plugin::v1::Start& start) {
    ComponentContext context;
    context.name = start.component();
    context.pipeline = start.pipeline();
    context.executor = service_.loop_;
    context.http = service_.loop_;
    context.health = &outbox_;
    context.metrics = &metrics_;
    context.random = &random_;
    auto made = MakeServed(*service_.registry_, start, context, &outbox_,
                           service_.max_message_bytes_);
    if (!made.ok()) return Refuse(made.status());
    component_ = *std::move(made);
    if (const absl::Status status = component_->Start(start); !status.ok()) {
      component_ = nullptr;
      return Refuse(status);
    }
    PluginMessage started;
    started.mutable_started();
    outbox_.Begin(started);
    outbox_.SendMetrics();
  }

  void OnMessage(const HostMessage& message) {
    if (component_ == nullptr) return;
    const absl::Status status = component_->OnMessage(message);
    LOG_IF(ERROR, !status.ok())
        << "what sluice says cannot be read: " << std::string(status.message());
  }

  // `done` is called once, on the loop; so may this be several times.
  void Stop(absl::AnyInvocable<void()> done) {
    if (component_ == nullptr || stopped_) return done();
    when_stopped_.push_back(std::move(done));
    if (when_stopped_.size() > 1) return;
    component_->Stop([this, alive = alive_] {
      if (*alive) OnStopped();
    });
  }

 private:
  void OnStopped() {
    stopped_ = true;
    outbox_.SendMetrics();
    PluginMessage message;
    message.mutable_stopped();
    outbox_.Send(std::move(message));
    for (auto& done : std::exchange(when_stopped_, {})) done();
  }

  void Refuse(const absl::Status& status) {
    PluginMessage message;
    message.mutable_started()->set_error(status.message().empty()
                                             ? "it does not say why"
                                             : std::string(status.message()));
    stream_->Write(message);
  }

  const PluginService& service_;
  RunStream* const stream_;
  Outbox outbox_;
  MetricRegistry metrics_;
  absl::BitGen bits_;
  absl::BitGenRef random_;
  bool stopped_ = false;
  std::vector<absl::AnyInvocable<void()>> when_stopped_;
  const std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);
  std::unique_ptr<ServedComponent> component_;
};

bool PluginService::Knows(const grpc::ServerContext& context) const {
  const auto& metadata = context.client_metadata();
  const auto found = metadata.find(kTokenKey);
  return found != metadata.end() &&
         std::string_view(found->second.data(), found->second.size()) == token_;
}

grpc::Status PluginService::Describe(grpc::ServerContext* context,
                                     const plugin::v1::DescribeRequest*,
                                     plugin::v1::DescribeResponse* response) {
  if (!Knows(*context)) return Stranger();
  response->set_protocol_major(kProtocolMajor);
  response->set_protocol_minor(kProtocolMinor);
  response->set_version(kVersion);
  for (const std::string& name : registry_->source_names()) {
    AddDescription(plugin::v1::SOURCE, name, *registry_->source(name),
                   response);
  }
  // Sluice says of them what has to be said.
  for (const std::string& name : registry_->transform_names()) {
    AddDescription(plugin::v1::TRANSFORM, name, *registry_->transform(name),
                   response);
  }
  for (const std::string& name : registry_->sink_names()) {
    AddDescription(plugin::v1::SINK, name, *registry_->sink(name), response);
  }
  return grpc::Status::OK;
}

grpc::Status PluginService::Check(grpc::ServerContext* context,
                                  const plugin::v1::CheckRequest* request,
                                  plugin::v1::CheckResponse* response) {
  if (!Knows(*context)) return Stranger();
  if (request->kind() == plugin::v1::SOURCE) {
    const auto made =
        TryCreate(registry_->source(request->plugin()), *request, response);
    if (made != nullptr) {
      response->mutable_source()->set_never_repeats(!made->traits().may_repeat);
    }
  } else {
    const auto made =
        TryCreate(registry_->sink(request->plugin()), *request, response);
    if (made != nullptr) FillTraits(made->traits(), response->mutable_sink());
  }
  return grpc::Status::OK;
}

grpc::Status PluginService::Ping(grpc::ServerContext* context,
                                 const plugin::v1::PingRequest*,
                                 plugin::v1::PingResponse*) {
  if (!Knows(*context)) return Stranger();
  // An executor that is stuck does not answer.
  const auto answered = std::make_shared<absl::Notification>();
  loop_->Post([answered] { answered->Notify(); });
  answered->WaitForNotificationWithDeadline(
      absl::FromChrono(context->deadline()));
  return answered->HasBeenNotified()
             ? grpc::Status::OK
             : grpc::Status(grpc::StatusCode::DEADLINE_EXCEEDED,
                            "the component's executor is stuck");
}

grpc::Status PluginService::Run(grpc::ServerContext* context,
                                RunStream* stream) {
  if (!Knows(*context)) return Stranger();
  if (running_.exchange(true)) {
    return {grpc::StatusCode::FAILED_PRECONDITION,
            "this process runs a component already"};
  }
  HostMessage message;
  if (!stream->Read(&message) || !message.has_start()) {
    running_ = false;
    return {grpc::StatusCode::INVALID_ARGUMENT,
            "the first message has to be a start"};
  }
  auto running = std::make_shared<Running>(*this, stream);
  loop_->Post([running, start = message.start()] { running->Start(start); });
  while (stream->Read(&message)) {
    loop_->Post([running, message = std::exchange(message, {})] {
      if (message.has_stop()) {
        running->Stop([] {});
      } else {
        running->OnMessage(message);
      }
    });
  }
  End(std::move(running));
  return grpc::Status::OK;
}

void PluginService::End(std::shared_ptr<Running> running) {
  const auto stopped = std::make_shared<absl::Notification>();
  loop_->Post(
      [running, stopped] { running->Stop([stopped] { stopped->Notify(); }); });
  if (!stopped->WaitForNotificationWithTimeout(kLongestStop)) {
    LOG(ERROR) << "the component does not stop, and sluice is gone: ending";
    std::_Exit(1);
  }
  // On the loop, where it lives; what was posted before is done then.
  absl::Notification destroyed;
  loop_->Post([running = std::move(running), &destroyed]() mutable {
    running = nullptr;
    destroyed.Notify();
  });
  destroyed.WaitForNotification();
  ended_.Notify();
}

}  // namespace sluice::plugin_process

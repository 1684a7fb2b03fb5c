#include "pipeline/plugin_process/launch.h"

#include <sys/random.h>

#include <cerrno>
#include <chrono>
#include <cstdlib>
#include <cstring>
#include <utility>
#include <vector>

#include "absl/base/call_once.h"
#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "glog/logging.h"
#include "pipeline/json/json_text.h"
#include "pipeline/plugin_process/protocol.h"
#include "storage/base/status_macros.h"
#include "storage/base/version.h"

namespace sluice::plugin_process {
namespace {

constexpr size_t kTokenBytes = 32;

// How often gRPC looks whether the program listens.
constexpr int kReconnectMillis = 100;

// Of what a program writes.
constexpr int kLinesAtOnce = 100;
constexpr absl::Duration kLinesPeriod = absl::Seconds(10);

absl::StatusOr<std::unique_ptr<SocketFolder>> MakeFolder() {
  const std::string parent = SocketFolderParent();
  // Once is enough: others clean up after themselves unless they are killed.
  static absl::once_flag clean;
  absl::call_once(clean, RemoveLeftSocketFolders, parent);
  return SocketFolder::Make(parent);
}

absl::StatusOr<std::string> MakeToken() {
  char bytes[kTokenBytes];
  if (getrandom(bytes, sizeof(bytes), 0) != sizeof(bytes)) {
    return absl::UnavailableError(
        absl::StrCat("no random bytes: ", std::strerror(errno)));
  }
  return absl::BytesToHexString(absl::string_view(bytes, sizeof(bytes)));
}

std::vector<std::string> EnvironmentOf(const ProgramSpec& spec,
                                       const std::string& socket,
                                       const std::string& token) {
  std::vector<std::string> environment = {
      absl::StrCat(kSocketVariable, "=", socket),
      absl::StrCat(kTokenVariable, "=", token),
      absl::StrCat(kMaxMessageBytesVariable, "=", spec.max_message_bytes)};
  for (const std::string& name : spec.environment) {
    const char* value = getenv(name.c_str());
    if (value != nullptr) {
      environment.push_back(absl::StrCat(name, "=", value));
    }
  }
  return environment;
}

std::shared_ptr<grpc::Channel> ConnectTo(const std::string& socket,
                                         size_t max_message_bytes) {
  grpc::ChannelArguments arguments;
  arguments.SetMaxReceiveMessageSize(static_cast<int>(max_message_bytes));
  arguments.SetMaxSendMessageSize(-1);
  arguments.SetInt(GRPC_ARG_USE_LOCAL_SUBCHANNEL_POOL, 1);
  arguments.SetInt(GRPC_ARG_ENABLE_HTTP_PROXY, 0);
  arguments.SetInt(GRPC_ARG_INITIAL_RECONNECT_BACKOFF_MS, kReconnectMillis);
  arguments.SetInt(GRPC_ARG_MIN_RECONNECT_BACKOFF_MS, kReconnectMillis);
  arguments.SetInt(GRPC_ARG_MAX_RECONNECT_BACKOFF_MS, kReconnectMillis);
  return grpc::CreateCustomChannel(absl::StrCat("unix:", socket),
                                   grpc::InsecureChannelCredentials(),
                                   arguments);
}

// Writes the lines of a program to the log, so many in a while. On the thread
// of the child.
class LineLog {
 public:
  explicit LineLog(std::string name) : name_(std::move(name)) {}

  void Add(std::string_view line) {
    last_ = BoundedText(line, ChildProcess::kMaxLineBytes);
    const absl::Time now = absl::Now();
    if (now - since_ >= kLinesPeriod) {
      LOG_IF(WARNING, left_out_ > 0)
          << name_ << ": " << left_out_ << " lines of its output left out";
      since_ = now;
      lines_ = left_out_ = 0;
    }
    if (++lines_ > kLinesAtOnce) {
      ++left_out_;
    } else {
      LOG(INFO) << name_ << ": " << last_;
    }
  }

  const std::string& last() const { return last_; }

 private:
  const std::string name_;
  std::string last_;
  absl::Time since_ = absl::InfinitePast();
  int lines_ = 0;
  int left_out_ = 0;
};

}  // namespace

absl::StatusOr<std::shared_ptr<Launch>> Launch::Start(
    const ProgramSpec& spec, std::string log_name,
    absl::AnyInvocable<void(std::string how)> on_end) {
  std::shared_ptr<Launch> launch(new Launch());
  SLUICE_ASSIGN_OR_RETURN(launch->folder_, MakeFolder());
  SLUICE_ASSIGN_OR_RETURN(launch->token_, MakeToken());
  const std::string socket = launch->folder_->socket();
  launch->stub_ =
      plugin::v1::Plugin::NewStub(ConnectTo(socket, spec.max_message_bytes));
  auto log = std::make_shared<LineLog>(std::move(log_name));
  ChildOptions options;
  options.command = spec.command;
  options.directory = spec.directory;
  options.environment = EnvironmentOf(spec, socket, launch->token_);
  options.on_line = [log](std::string_view line) { log->Add(line); };
  launch->child_ = ChildProcess::Start(
      std::move(options),
      [log, on_end = std::move(on_end)](const ChildProcess::End& end) mutable {
        on_end(log->last().empty()
                   ? end.text
                   : absl::StrCat(end.text, "; its last line: ", log->last()));
      });
  return launch;
}

std::unique_ptr<grpc::ClientContext> Launch::NewContext(
    absl::Duration timeout) const {
  auto context = std::make_unique<grpc::ClientContext>();
  context->AddMetadata(kTokenKey, token_);
  context->set_wait_for_ready(true);
  if (timeout != absl::InfiniteDuration()) {
    context->set_deadline(std::chrono::system_clock::now() +
                          absl::ToChronoNanoseconds(timeout));
  }
  return context;
}

plugin::v1::DescribeRequest MakeDescribeRequest() {
  plugin::v1::DescribeRequest request;
  request.set_protocol_major(kProtocolMajor);
  request.set_protocol_minor(kProtocolMinor);
  request.set_host_version(std::string(kVersion));
  return request;
}

absl::Status CheckVersion(const ProgramSpec& spec,
                          const plugin::v1::DescribeResponse& described) {
  if (described.protocol_major() == kProtocolMajor) return absl::OkStatus();
  return absl::InvalidArgumentError(absl::StrCat(
      spec.label(), " speaks version ", described.protocol_major(), ".",
      described.protocol_minor(), " of the plugin protocol, and sluice ",
      kVersion, " version ", kProtocolMajor, ".", kProtocolMinor,
      described.protocol_major() > kProtocolMajor
          ? "; run a newer sluice"
          : "; build the plugin with this one's plugin.proto"));
}

std::string BoundedText(std::string_view text, size_t max_bytes) {
  return ToUtf8(text.substr(0, max_bytes));
}

}  // namespace sluice::plugin_process

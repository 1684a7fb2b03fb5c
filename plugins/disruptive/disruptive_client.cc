#include "plugins/disruptive/disruptive_client.h"

#include <optional>

#include "absl/strings/str_cat.h"
#include "pipeline/executor/scoped_timer.h"
#include "plugins/disruptive/text.h"
#include "plugins/disruptive/typed_event.h"
#include "plugins/disruptive/typed_json.h"
#include "storage/base/to_absl.h"

namespace sluice::disruptive {
namespace {

absl::Status NotAsExpected(std::string_view why) {
  return absl::DataLossError(
      absl::StrCat("the service's answer is not as expected: ", ToAbsl(why)));
}

// A task that is taken back with its handle.
class DelayedTask final : public DisruptiveClient::Pending {
 public:
  DelayedTask(Executor* executor, absl::AnyInvocable<void()> task)
      : timer_(executor) {
    timer_.Start(absl::ZeroDuration(), std::move(task));
  }

 private:
  ScopedTimer timer_;
};

// The member `name` of the object `json`, as text.
absl::StatusOr<std::string> MemberOf(std::string_view json,
                                     const std::string& name) {
  std::optional<std::string> found;
  const absl::Status status =
      ForEachMember(json, [&](std::string_view key, std::string_view value) {
        if (key == name) found = value;
        return absl::OkStatus();
      });
  if (!status.ok()) return NotAsExpected(std::string(status.message()));
  if (!found.has_value()) return NotAsExpected(absl::StrCat("no ", name));
  return *std::move(found);
}

}  // namespace

class DisruptiveClient::One final : public Pending {
 public:
  One(ApiClient* api, ApiRequest request, std::string member, OnJson done)
      : member_(std::move(member)), done_(std::move(done)) {
    handle_ =
        api->Send(std::move(request), [this](absl::StatusOr<std::string> body) {
          if (body.ok() && !member_.empty()) {
            body = MemberOf(*body, member_);
          }
          // It may destroy this call.
          OnJson done = std::move(done_);
          done(std::move(body));
        });
  }

 private:
  const std::string member_;
  OnJson done_;
  ApiClient::Handle handle_;
};

class DisruptiveClient::Pages final : public Pending {
 public:
  Pages(ApiClient* api, ApiRequest request, std::string key, OnJsonItem on_item,
        OnDone done)
      : api_(api),
        request_(std::move(request)),
        key_(std::move(key)),
        on_item_(std::move(on_item)),
        done_(std::move(done)) {
    Ask("");
  }
  ~Pages() override { *alive_ = false; }

 private:
  void Ask(const std::string& token) {
    ApiRequest request = request_;
    if (!token.empty()) AppendQuery(&request.url, "pageToken", token);
    handle_ = api_->Send(
        std::move(request),
        [this](absl::StatusOr<std::string> body) { OnPage(std::move(body)); });
  }

  void OnPage(absl::StatusOr<std::string> body) {
    if (!body.ok()) return End(body.status());
    const std::shared_ptr<bool> alive = alive_;
    bool more = true;
    std::string token;
    const absl::Status status = TakePage(*body, alive, &more, &token);
    if (!*alive) return;
    if (!status.ok()) return End(status);
    if (!more || token.empty()) return End(absl::OkStatus());
    if (token == token_) {
      return End(NotAsExpected("a page names itself as the next one"));
    }
    token_ = token;
    Ask(token);
  }

  absl::Status TakePage(const std::string& body,
                        const std::shared_ptr<bool>& alive, bool* more,
                        std::string* token) {
    const absl::StatusOr<std::string> items = MemberOf(body, key_);
    if (!items.ok()) return items.status();
    // The last page may lack it.
    if (const auto next = MemberOf(body, "nextPageToken"); next.ok()) {
      if (absl::Status status = Read(*next, token); !status.ok()) return status;
    }
    absl::Status failure;
    const absl::Status status =
        ForEachElement(*items, [&](std::string_view item) {
          if (!*more) return absl::OkStatus();
          absl::StatusOr<bool> go_on = on_item_(item);
          if (!*alive) return absl::CancelledError();
          *more = go_on.ok() && *go_on;
          failure = go_on.status();
          return failure;
        });
    if (status.ok() || !*alive) return absl::OkStatus();
    return failure.ok() ? NotAsExpected(std::string(status.message()))
                        : failure;
  }

  void End(absl::Status status) {
    // It may destroy this call.
    OnDone done = std::move(done_);
    done(std::move(status));
  }

  ApiClient* api_;
  const ApiRequest request_;
  const std::string key_;
  OnJsonItem on_item_;
  OnDone done_;
  std::string token_;
  ApiClient::Handle handle_;
  std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);
};

DisruptiveClient::DisruptiveClient(const Settings* settings, Executor* executor,
                                   HttpClient* http, absl::BitGenRef* random)
    : settings_(settings),
      executor_(executor),
      clock_(executor),
      authorizer_(settings, executor, http, random, &clock_),
      api_(settings, executor, http, &authorizer_, random,
           ApiClient::Counters{}) {}

ApiRequest DisruptiveClient::Request(ApiHost host, std::string_view method,
                                     std::string_view path,
                                     std::string_view body,
                                     bool repeatable) const {
  const std::string& base = host == ApiHost::kRest
                                ? settings_->base_url
                                : settings_->emulator_base_url;
  return {.method = std::string(method),
          .url = absl::StrCat(base, ToAbsl(path)),
          .body = std::string(body),
          .repeatable = repeatable,
          .attempts = kAttempts};
}

DisruptiveClient::Handle DisruptiveClient::SendOne(ApiRequest request,
                                                   std::string member,
                                                   OnJson done) {
  return std::make_unique<One>(&api_, std::move(request), std::move(member),
                               std::move(done));
}

DisruptiveClient::Handle DisruptiveClient::ListPages(ApiRequest request,
                                                     std::string key,
                                                     OnJsonItem on_item,
                                                     OnDone done) {
  return std::make_unique<Pages>(&api_, std::move(request), std::move(key),
                                 std::move(on_item), std::move(done));
}

DisruptiveClient::Handle DisruptiveClient::Later(
    absl::AnyInvocable<void()> task) {
  return std::make_unique<DelayedTask>(executor_, std::move(task));
}

absl::Status DisruptiveClient::Read(std::string_view json, std::string* text) {
  const std::optional<std::string> read = ReadJsonText(json);
  if (!read.has_value()) return NotAsExpected("a text is needed");
  *text = *read;
  return absl::OkStatus();
}

absl::Status DisruptiveClient::Read(std::string_view json, v1::Event* event) {
  absl::StatusOr<v1::Event> read = EventFromJson(json);
  if (!read.ok()) return NotAsExpected(std::string(read.status().message()));
  *event = *std::move(read);
  return absl::OkStatus();
}

absl::Status DisruptiveClient::Read(std::string_view json,
                                    google::protobuf::Message* message) {
  const absl::Status status = FromJson(json, message);
  return status.ok() ? status : NotAsExpected(std::string(status.message()));
}

}  // namespace sluice::disruptive

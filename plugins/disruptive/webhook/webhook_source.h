// Events that Data Connectors of Disruptive Technologies push.
#ifndef PLUGINS_DISRUPTIVE_WEBHOOK_WEBHOOK_SOURCE_H_
#define PLUGINS_DISRUPTIVE_WEBHOOK_WEBHOOK_SOURCE_H_

#include <memory>
#include <optional>
#include <string>

#include "absl/functional/any_invocable.h"
#include "absl/status/status.h"
#include "pipeline/api/source.h"
#include "plugins/disruptive/webhook/webhook_settings.h"

namespace sluice::disruptive {

// Listens for pushes and answers each once its event is safe. See README.md.
//
// The HTTP server has a thread of its own, on which requests are checked
// (RefuseRequest); what passes goes to the executor (PushIntake).
class WebhookSource final : public Source {
 public:
  explicit WebhookSource(WebhookSettings settings);
  ~WebhookSource() override;

  // Data Connectors deliver at least once.
  SourceTraits traits() const override { return {.may_repeat = true}; }

  // A port that cannot be had, or certificates that cannot be read, are tried
  // again and again; until then health says so. `checkpoint` is not used: what
  // was not acknowledged is pushed again.
  absl::Status Start(const ComponentContext& context, Emitter* emitter,
                     std::optional<std::string> checkpoint) override;
  void Stop(absl::AnyInvocable<void()> done) override;

  // The port it listens on; 0: it does not, just now.
  uint16_t port() const;

 private:
  class Running;

  const WebhookSettings settings_;
  Executor* executor_ = nullptr;
  std::unique_ptr<Running> running_;
};

}  // namespace sluice::disruptive

#endif  // PLUGINS_DISRUPTIVE_WEBHOOK_WEBHOOK_SOURCE_H_

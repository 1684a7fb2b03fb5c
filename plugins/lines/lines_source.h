// Events as JSON lines or CloudEvents, from whoever sends them.
#ifndef PLUGINS_LINES_LINES_SOURCE_H_
#define PLUGINS_LINES_LINES_SOURCE_H_

#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "absl/functional/any_invocable.h"
#include "absl/status/status.h"
#include "pipeline/api/source.h"
#include "plugins/lines/lines_input.h"
#include "plugins/lines/lines_settings.h"

namespace sluice::lines {

// Takes in events over TCP, a Unix socket, HTTP or the standard input. See
// README.md.
class LinesSource final : public Source {
 public:
  explicit LinesSource(LinesSettings settings);
  ~LinesSource() override;

  SourceTraits traits() const override {
    return {.may_repeat = settings_.may_repeat};
  }

  // A port that cannot be had, or certificates that cannot be read, are tried
  // again and again; until then health says so. `checkpoint` is not used:
  // nothing that was sent can be asked for again.
  absl::Status Start(const ComponentContext& context, Emitter* emitter,
                     std::optional<std::string> checkpoint) override;
  void Stop(absl::AnyInvocable<void()> done) override;
  bool finished() const override;

  // The TCP port it listens on; 0: none, just now.
  uint16_t port() const;

 private:
  const LinesSettings settings_;
  std::shared_ptr<LinesInput> input_;
};

}  // namespace sluice::lines

#endif  // PLUGINS_LINES_LINES_SOURCE_H_

#include "plugins/lines/lines_source.h"

#include <utility>
#include <variant>

#include "absl/random/distributions.h"
#include "absl/strings/str_cat.h"
#include "plugins/lines/http_input.h"
#include "plugins/lines/stdin_input.h"
#include "plugins/lines/stream_input.h"

namespace sluice::lines {
namespace {

// One overload for each kind of input.
struct MakeInput {
  InputParts parts;

  std::shared_ptr<LinesInput> operator()(const StreamSettings& settings) {
    return std::make_shared<StreamInput>(settings, std::move(parts));
  }
  std::shared_ptr<LinesInput> operator()(const HttpSettings& settings) {
    return std::make_shared<HttpInput>(settings, std::move(parts));
  }
  std::shared_ptr<LinesInput> operator()(const StdinSettings& settings) {
    return std::make_shared<StdinInput>(settings, std::move(parts));
  }
};

LineCounters MakeCounters(const ComponentContext& context) {
  const auto counter = [&context](const char* name, const char* help) {
    return context.metrics->counter(name, context.metric_labels(), help);
  };
  return {.bytes = counter("lines_received_bytes_total",
                           "Bytes that came in, before they are decoded."),
          .events = counter("lines_events_total", "Lines that became events."),
          .malformed = counter("lines_malformed_total",
                               "Lines that could not be read.")};
}

}  // namespace

LinesSource::LinesSource(LinesSettings settings)
    : settings_(std::move(settings)) {}

LinesSource::~LinesSource() = default;

absl::Status LinesSource::Start(const ComponentContext& context,
                                Emitter* emitter,
                                std::optional<std::string> /*checkpoint*/) {
  InputParts parts = {.context = context,
                      .emitter = emitter,
                      .format = settings_.format,
                      .run = absl::Uniform<uint64_t>(*context.random),
                      .counters = MakeCounters(context)};
  if (parts.format.source.empty()) {
    parts.format.source = absl::StrCat("/lines/", context.name);
  }
  input_ = std::visit(MakeInput{std::move(parts)}, settings_.input);
  input_->Start();
  return absl::OkStatus();
}

void LinesSource::Stop(absl::AnyInvocable<void()> done) {
  if (input_ == nullptr) return done();
  input_->Stop(std::move(done));
}

bool LinesSource::finished() const {
  return input_ != nullptr && input_->finished();
}

uint16_t LinesSource::port() const {
  return input_ == nullptr ? 0 : input_->port();
}

}  // namespace sluice::lines

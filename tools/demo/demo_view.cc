#include "tools/demo/demo_view.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"

namespace sluice::demo {
namespace {

constexpr absl::Duration kBetweenLines = absl::Seconds(2);
constexpr int kBarWidth = 40;

std::string Bar(uint64_t done, uint64_t all) {
  const int filled =
      all == 0 ? 0
               : static_cast<int>(std::min<uint64_t>(
                     kBarWidth, done * kBarWidth / std::max<uint64_t>(all, 1)));
  return std::string(filled, '#') + std::string(kBarWidth - filled, '.');
}

std::string State(const std::string& health, const std::string& message) {
  if (health.empty() || health == "healthy") return "";
  return absl::StrCat("  ", health, message.empty() ? "" : ": ",
                      message.substr(0, 60));
}

}  // namespace

void DemoView::Happened(absl::Duration elapsed, const std::string& text) {
  if (out_ == nullptr) return;
  EraseFigures();
  *out_ << absl::StrFormat("%6.1f s  ", absl::ToDoubleSeconds(elapsed)) << text
        << "\n"
        << std::flush;
}

void DemoView::EraseFigures() {
  if (drawn_lines_ > 0) *out_ << "\033[" << drawn_lines_ << "F\033[J";
  drawn_lines_ = 0;
}

void DemoView::Show(absl::Duration elapsed, uint64_t published, uint64_t events,
                    const PipelineProgress& progress) {
  if (out_ == nullptr) return;
  if (!terminal_) {
    if (elapsed - last_line_ < kBetweenLines) return;
    last_line_ = elapsed;
    *out_ << absl::StrFormat("%6.1f s  published %d, in log %d",
                             absl::ToDoubleSeconds(elapsed), published,
                             progress.stored);
    for (const auto& [name, sink] : progress.sinks) {
      *out_ << ", " << name << " " << sink.delivered << " (lag " << sink.waiting
            << ")";
    }
    *out_ << "\n" << std::flush;
    return;
  }
  EraseFigures();
  auto line = [&](const std::string& name, uint64_t value,
                  const std::string& more) {
    *out_ << absl::StrFormat("  %-10s %s %7d%s\n", name, Bar(value, events),
                             value, more);
    ++drawn_lines_;
  };
  line("published", published, "");
  line("in log", progress.stored,
       progress.running ? State(progress.source_health, "")
                        : "  the process is dead");
  for (const auto& [name, sink] : progress.sinks) {
    line(
        name, sink.delivered,
        absl::StrCat("  lag ", sink.waiting, State(sink.health, sink.message)));
  }
  *out_ << std::flush;
}

}  // namespace sluice::demo

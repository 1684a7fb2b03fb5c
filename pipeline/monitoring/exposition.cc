#include "pipeline/monitoring/exposition.h"

#include <charconv>
#include <cmath>
#include <optional>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"
#include "storage/base/to_absl.h"

namespace sluice {
namespace {

constexpr std::string_view kTotal = "_total";
constexpr std::string_view kOpenMetricsType = "application/openmetrics-text";

// Whole numbers up to here are exact as a double.
constexpr double kLargestExact = 9007199254740992.0;  // 2^53

std::string Number(double value) {
  if (std::isinf(value)) return value > 0 ? "+Inf" : "-Inf";
  if (std::isnan(value)) return "NaN";
  if (value == std::floor(value) && std::abs(value) < kLargestExact) {
    return absl::StrCat(static_cast<int64_t>(value));
  }
  char text[64];
  const bool plain = std::abs(value) >= 1e-9 && std::abs(value) < kLargestExact;
  const auto result = std::to_chars(
      text, text + sizeof(text), value,
      plain ? std::chars_format::fixed : std::chars_format::general);
  return std::string(text, result.ptr);
}

// Upper bounds are text to who reads them: OpenMetrics has them with a point.
std::string Bound(double bound, ExpositionFormat format) {
  std::string text = Number(bound);
  const bool whole = text.find_first_not_of("0123456789") == text.npos;
  if (whole && format == ExpositionFormat::kOpenMetrics) text += ".0";
  return text;
}

void AppendEscaped(std::string_view text, bool quotes, std::string* out) {
  for (const char c : text) {
    if (c == '\\') {
      *out += "\\\\";
    } else if (c == '\n') {
      *out += "\\n";
    } else if (c == '"' && quotes) {
      *out += "\\\"";
    } else {
      *out += c;
    }
  }
}

class Writer {
 public:
  explicit Writer(ExpositionFormat format) : format_(format) {}

  void Write(const MetricFamily& family) {
    WriteHead(family);
    for (const MetricPoint& point : family.points) {
      if (family.kind == MetricKind::kHistogram) {
        WriteHistogram(family.name, point);
      } else {
        WriteSample(family.name, "", point.labels, point.value);
      }
    }
  }

  std::string Finish() {
    if (open_metrics()) out_ += "# EOF\n";
    return std::move(out_);
  }

 private:
  bool open_metrics() const {
    return format_ == ExpositionFormat::kOpenMetrics;
  }

  void WriteHead(const MetricFamily& family) {
    // In OpenMetrics "_total" belongs to the sample, not to the metric.
    std::string_view name = family.name;
    if (open_metrics() && family.kind == MetricKind::kCounter &&
        name.ends_with(kTotal)) {
      name.remove_suffix(kTotal.size());
    }
    const char* const type = family.kind == MetricKind::kCounter ? "counter"
                             : family.kind == MetricKind::kGauge ? "gauge"
                                                                 : "histogram";
    if (!family.help.empty()) {
      absl::StrAppend(&out_, "# HELP ", ToAbsl(name), " ");
      AppendEscaped(family.help, /*quotes=*/open_metrics(), &out_);
      out_ += '\n';
    }
    absl::StrAppend(&out_, "# TYPE ", ToAbsl(name), " ", type, "\n");
  }

  void WriteHistogram(const std::string& name, const MetricPoint& point) {
    const Histogram::Snapshot& histogram = point.histogram;
    uint64_t count = 0;
    for (size_t i = 0; i < histogram.counts.size(); ++i) {
      count += histogram.counts[i];
      MetricLabels labels = point.labels;
      labels.emplace_back("le", i < Histogram::kBounds.size()
                                    ? Bound(Histogram::kBounds[i], format_)
                                    : "+Inf");
      WriteSample(name, "_bucket", labels, static_cast<double>(count));
    }
    WriteSample(name, "_sum", point.labels, histogram.seconds);
    WriteSample(name, "_count", point.labels, static_cast<double>(count));
  }

  void WriteSample(const std::string& name, const char* suffix,
                   const MetricLabels& labels, double value) {
    absl::StrAppend(&out_, name, suffix);
    char before = '{';
    for (const auto& [label, text] : labels) {
      out_ += before;
      absl::StrAppend(&out_, label, "=\"");
      AppendEscaped(text, /*quotes=*/true, &out_);
      out_ += '"';
      before = ',';
    }
    if (!labels.empty()) out_ += '}';
    absl::StrAppend(&out_, " ", Number(value), "\n");
  }

  const ExpositionFormat format_;
  std::string out_;
};

// One part of an Accept header (RFC 9110 section 12.5.1).
struct MediaRange {
  std::string type;  // In lower case.
  double quality = 1;
};

MediaRange ParseMediaRange(absl::string_view text) {
  const std::vector<absl::string_view> parts = absl::StrSplit(text, ';');
  MediaRange range;
  range.type = absl::AsciiStrToLower(absl::StripAsciiWhitespace(parts[0]));
  for (size_t i = 1; i < parts.size(); ++i) {
    absl::string_view parameter = absl::StripAsciiWhitespace(parts[i]);
    if (!absl::ConsumePrefix(&parameter, "q=")) continue;
    if (!absl::SimpleAtod(parameter, &range.quality)) range.quality = 0;
  }
  return range;
}

}  // namespace

ExpositionFormat ChooseFormat(std::string_view accept) {
  double open_metrics = 0;
  double text = 0;
  for (const absl::string_view part : absl::StrSplit(ToAbsl(accept), ',')) {
    const MediaRange range = ParseMediaRange(part);
    if (range.type == kOpenMetricsType) {
      open_metrics = std::max(open_metrics, range.quality);
    } else if (range.type == "text/plain" || range.type == "text/*" ||
               range.type == "*/*") {
      text = std::max(text, range.quality);
    }
  }
  return open_metrics > 0 && open_metrics >= text
             ? ExpositionFormat::kOpenMetrics
             : ExpositionFormat::kPrometheusText;
}

std::string_view ContentType(ExpositionFormat format) {
  return format == ExpositionFormat::kOpenMetrics
             ? "application/openmetrics-text; version=1.0.0; charset=utf-8"
             : "text/plain; version=0.0.4; charset=utf-8";
}

std::string FormatMetrics(const std::vector<MetricFamily>& families,
                          ExpositionFormat format) {
  Writer writer(format);
  for (const MetricFamily& family : families) writer.Write(family);
  return writer.Finish();
}

}  // namespace sluice

#include "pipeline/topology/scalar_values.h"

#include <charconv>
#include <cmath>
#include <cstdlib>
#include <limits>
#include <system_error>

#include "absl/strings/ascii.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "pipeline/topology/config_problem.h"
#include "simdjson.h"

namespace sluice {
namespace {

constexpr absl::Duration kMaxDuration = absl::Seconds(315'576'000'000);

absl::Status DurationError() {
  return absl::InvalidArgumentError(
      "must be a length of time such as 500ms, 30s, 24h or 1d (units d, h, m, "
      "s, ms, us, ns)");
}

struct TimeUnit {
  std::string_view name;
  absl::Duration length;
};

// Longer names first: "m" is the start of "ms".
const TimeUnit kTimeUnits[] = {
    {"ms", absl::Milliseconds(1)}, {"us", absl::Microseconds(1)},
    {"ns", absl::Nanoseconds(1)},  {"d", absl::Hours(24)},
    {"h", absl::Hours(1)},         {"m", absl::Minutes(1)},
    {"s", absl::Seconds(1)},
};

struct ByteUnit {
  std::string_view name;
  uint64_t bytes;
};

constexpr ByteUnit kByteUnits[] = {
    {"", 1},
    {"B", 1},
    {"kB", 1000},
    {"KB", 1000},
    {"MB", 1000 * 1000},
    {"GB", 1000 * 1000 * 1000},
    {"TB", uint64_t{1000} * 1000 * 1000 * 1000},
    {"KiB", uint64_t{1} << 10},
    {"MiB", uint64_t{1} << 20},
    {"GiB", uint64_t{1} << 30},
    {"TiB", uint64_t{1} << 40},
};

// The longest prefix of `text` made of digits, with at most one point if
// `fraction`.
std::string_view NumberPrefix(std::string_view text, bool fraction) {
  size_t size = 0;
  bool point = false;
  while (size < text.size()) {
    const char c = text[size];
    if (c == '.' && fraction && !point && size > 0) {
      point = true;
    } else if (!absl::ascii_isdigit(static_cast<unsigned char>(c))) {
      break;
    }
    ++size;
  }
  return text.substr(0, size);
}

template <typename Number>
bool ParseWhole(std::string_view text, Number* number) {
  if (text.empty()) return false;
  const char* const end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data(), end, *number);
  return error == std::errc() && stop == end;
}

// number * unit, exact to the nanosecond.
absl::Duration Times(std::string_view number, absl::Duration unit) {
  const size_t point = number.find('.');
  uint64_t whole = 0;
  if (!ParseWhole(number.substr(0, point), &whole) ||
      whole > static_cast<uint64_t>(kMaxDuration / unit)) {
    return absl::InfiniteDuration();
  }
  absl::Duration total = unit * static_cast<int64_t>(whole);
  if (point != std::string_view::npos) {
    absl::Duration digit_value = unit;
    for (const char digit : number.substr(point + 1)) {
      digit_value /= 10;
      total += digit_value * (digit - '0');
    }
  }
  return total;
}

bool IsVariableName(std::string_view name) {
  if (name.empty() || absl::ascii_isdigit(static_cast<unsigned char>(name[0])))
    return false;
  for (const unsigned char c : name) {
    if (!absl::ascii_isalnum(c) && c != '_') return false;
  }
  return true;
}

// The value of `reference`, the inside of ${...}.
absl::StatusOr<std::string> ReadVariable(
    std::string_view reference, const Environment& environment,
    const std::function<void(std::string_view, std::string_view)>& used) {
  const size_t separator = reference.find(":-");
  const std::string name(reference.substr(0, separator));
  if (!IsVariableName(name)) {
    return absl::InvalidArgumentError(absl::StrCat(
        Quote(name),
        " is not the name of an environment variable; write ${NAME}, "
        "${NAME:-default}, or $$ for the sign itself"));
  }
  std::optional<std::string> value = environment(name);
  if (separator != std::string_view::npos &&
      (!value.has_value() || value->empty())) {
    return std::string(reference.substr(separator + 2));
  }
  if (!value.has_value()) {
    return absl::InvalidArgumentError(absl::StrCat(
        "the environment variable ", name,
        " is not set; set it, or give a default: ${", name, ":-value}"));
  }
  if (!simdjson::validate_utf8(value->data(), value->size())) {
    return absl::InvalidArgumentError(absl::StrCat(
        "the value of the environment variable ", name, " is not UTF-8"));
  }
  used(name, *value);
  return *std::move(value);
}

}  // namespace

absl::StatusOr<absl::Duration> ParseDuration(std::string_view text) {
  if (text == "0") return absl::ZeroDuration();
  if (text.empty()) return DurationError();
  absl::Duration total;
  while (!text.empty()) {
    const std::string_view number = NumberPrefix(text, true);
    if (number.empty() || number.back() == '.') return DurationError();
    text.remove_prefix(number.size());
    const TimeUnit* unit = nullptr;
    for (const TimeUnit& candidate : kTimeUnits) {
      if (text.starts_with(candidate.name)) {
        unit = &candidate;
        break;
      }
    }
    if (unit == nullptr) return DurationError();
    text.remove_prefix(unit->name.size());
    total += Times(number, unit->length);
  }
  if (total > kMaxDuration) {
    return absl::InvalidArgumentError("must be at most 10,000 years");
  }
  return total;
}

absl::StatusOr<uint64_t> ParseByteSize(std::string_view text) {
  const std::string_view number = NumberPrefix(text, false);
  const absl::string_view rest(text.data() + number.size(),
                               text.size() - number.size());
  const absl::string_view unit_name = absl::StripAsciiWhitespace(rest);
  for (const ByteUnit& unit : kByteUnits) {
    if (unit_name != absl::string_view(unit.name.data(), unit.name.size())) {
      continue;
    }
    uint64_t count = 0;
    if (number.empty()) break;
    if (!ParseWhole(number, &count) ||
        count > std::numeric_limits<int64_t>::max() / unit.bytes) {
      return absl::InvalidArgumentError("must be less than 8 EiB");
    }
    return count * unit.bytes;
  }
  return absl::InvalidArgumentError(
      "must be a number of bytes such as 65536, 256MiB or 10GiB (units B, kB, "
      "MB, GB, TB, KiB, MiB, GiB, TiB)");
}

absl::StatusOr<int64_t> ParseSigned(std::string_view text, int64_t min,
                                    int64_t max) {
  int64_t value = 0;
  if (!ParseWhole(text, &value) || value < min || value > max) {
    return absl::InvalidArgumentError(
        absl::StrCat("must be a whole number from ", min, " to ", max));
  }
  return value;
}

absl::StatusOr<uint64_t> ParseUnsigned(std::string_view text, uint64_t max) {
  uint64_t value = 0;
  if (!ParseWhole(text, &value) || value > max) {
    return absl::InvalidArgumentError(
        absl::StrCat("must be a whole number from 0 to ", max));
  }
  return value;
}

absl::StatusOr<double> ParseNumber(std::string_view text) {
  double value = 0;
  if (!absl::SimpleAtod({text.data(), text.size()}, &value) ||
      !std::isfinite(value)) {
    return absl::InvalidArgumentError("must be a number such as 10 or 0.5");
  }
  return value;
}

absl::StatusOr<bool> ParseBool(std::string_view text) {
  if (text == "true") return true;
  if (text == "false") return false;
  return absl::InvalidArgumentError("must be true or false");
}

absl::StatusOr<absl::Time> ParseTimestamp(std::string_view text) {
  absl::Time time;
  std::string error;
  if (!absl::ParseTime(absl::RFC3339_full, {text.data(), text.size()}, &time,
                       &error) ||
      time == absl::InfiniteFuture() || time == absl::InfinitePast()) {
    return absl::InvalidArgumentError(
        "must be a time such as 2024-05-01T12:00:00Z");
  }
  return time;
}

std::string DurationText(absl::Duration duration) {
  if (duration == absl::ZeroDuration()) return "0";
  if (duration == absl::InfiniteDuration()) return "inf";
  for (const TimeUnit& unit :
       {TimeUnit{"h", absl::Hours(1)}, TimeUnit{"m", absl::Minutes(1)},
        TimeUnit{"s", absl::Seconds(1)},
        TimeUnit{"ms", absl::Milliseconds(1)}}) {
    if (duration % unit.length == absl::ZeroDuration()) {
      return absl::StrCat(duration / unit.length, std::string(unit.name));
    }
  }
  return absl::FormatDuration(duration);
}

std::string ByteSizeText(uint64_t bytes) {
  if (bytes == 0) return "0";
  const ByteUnit* best = &kByteUnits[0];
  for (const ByteUnit& unit : kByteUnits) {
    if (unit.name.ends_with("iB") && bytes % unit.bytes == 0) best = &unit;
  }
  return absl::StrCat(bytes / best->bytes, std::string(best->name));
}

Environment ProcessEnvironment() {
  return [](std::string_view name) -> std::optional<std::string> {
    const char* value = std::getenv(std::string(name).c_str());
    if (value == nullptr) return std::nullopt;
    return std::string(value);
  };
}

absl::StatusOr<std::string> ExpandVariables(
    std::string_view text, const Environment& environment,
    const std::function<void(std::string_view name, std::string_view value)>&
        used) {
  std::string expanded;
  while (true) {
    const size_t sign = text.find('$');
    expanded.append(text.substr(0, sign));
    if (sign == std::string_view::npos) return expanded;
    text.remove_prefix(sign + 1);
    if (text.starts_with('$')) {
      expanded += '$';
      text.remove_prefix(1);
    } else if (text.starts_with('{')) {
      const size_t end = text.find('}');
      if (end == std::string_view::npos) {
        return absl::InvalidArgumentError(
            "${ without its }; write ${NAME}, ${NAME:-default}, or $$ for the "
            "sign itself");
      }
      absl::StatusOr<std::string> value =
          ReadVariable(text.substr(1, end - 1), environment, used);
      if (!value.ok()) return value.status();
      expanded += *value;
      text.remove_prefix(end + 1);
    } else {
      expanded += '$';
    }
  }
}

}  // namespace sluice

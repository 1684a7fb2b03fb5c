#include "pipeline/template/filter.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <functional>
#include <iterator>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/time/time.h"
#include "pipeline/json/json_text.h"
#include "pipeline/template/payload.h"

namespace sluice::template_internal {
namespace {

// More decimals than a double holds say nothing.
constexpr int kMaxDecimals = 15;

// Values in messages are cut off here.
constexpr size_t kMaxQuotedBytes = 60;

std::string Quote(std::string_view text) {
  const bool cut = text.size() > kMaxQuotedBytes;
  return absl::StrCat("\"", std::string(text.substr(0, kMaxQuotedBytes)),
                      cut ? "..." : "", "\"");
}

std::string_view Trim(std::string_view text) {
  const absl::string_view trimmed =
      absl::StripAsciiWhitespace(absl::string_view(text.data(), text.size()));
  return {trimmed.data(), trimmed.size()};
}

bool LiesIn(std::string_view part, const std::string& whole) {
  return !std::less<const char*>()(part.data(), whole.data()) &&
         !std::less<const char*>()(whole.data() + whole.size(), part.data());
}

bool IsInteger(std::string_view number) {
  return number.find_first_of(".eE") == std::string_view::npos;
}

}  // namespace

absl::StatusOr<Filter> Filter::Parse(Scanner& scanner) {
  constexpr std::pair<std::string_view, Kind> kNames[] = {
      {"default", Kind::kDefault}, {"upper", Kind::kUpper},
      {"lower", Kind::kLower},     {"trim", Kind::kTrim},
      {"last", Kind::kLast},       {"round", Kind::kRound},
      {"date", Kind::kDate},       {"json", Kind::kJson},
  };
  constexpr char kAllowed[] =
      "filters are default, upper, lower, trim, last, round, date and json";

  scanner.SkipSpaces();
  const size_t begin = scanner.offset();
  Filter filter;
  filter.name_ = std::string(scanner.Name());
  if (filter.name_.empty()) {
    return scanner.Error(absl::StrCat("a filter is needed after \"|\", not ",
                                      scanner.Found(), "; ", kAllowed));
  }
  const auto* known =
      std::find_if(std::begin(kNames), std::end(kNames),
                   [&](const auto& n) { return n.first == filter.name_; });
  if (known == std::end(kNames)) {
    return scanner.ErrorAt(begin, absl::StrCat("unknown filter \"",
                                               filter.name_, "\"; ", kAllowed));
  }
  filter.kind_ = known->second;

  const bool wants_argument =
      filter.kind_ == Kind::kDefault || filter.kind_ == Kind::kLast ||
      filter.kind_ == Kind::kRound || filter.kind_ == Kind::kDate;
  scanner.SkipSpaces();
  if (!wants_argument) {
    if (scanner.peek() != '(') return filter;
    return scanner.Error(
        absl::StrCat("the filter ", filter.name_, " takes nothing in ()"));
  }
  if (absl::Status status = filter.ParseArgument(scanner); !status.ok()) {
    return status;
  }
  return filter;
}

absl::Status Filter::ParseArgument(Scanner& scanner) {
  if (!scanner.Consume("(")) {
    return scanner.Error(absl::StrCat(
        "the filter ", name_, " needs \"(\" next, not ", scanner.Found()));
  }
  scanner.SkipSpaces();
  absl::Status status;
  switch (kind_) {
    case Kind::kDefault:
      status = ParseDefault(scanner);
      break;
    case Kind::kRound:
      status = ParseDecimals(scanner);
      break;
    case Kind::kDate:
      status = ParseText(scanner, "date(\"%H:%M\")");
      break;
    default:
      status = ParseText(scanner, "last(\"/\")");
      break;
  }
  if (!status.ok()) return status;
  scanner.SkipSpaces();
  if (scanner.Consume(")")) return absl::OkStatus();
  return scanner.Error(
      absl::StrCat("\")\" is needed here, not ", scanner.Found()));
}

absl::Status Filter::ParseDefault(Scanner& scanner) {
  const char next = scanner.peek();
  if (next == '"' || next == '\'') {
    auto quoted = scanner.Quoted();
    if (!quoted.ok()) return quoted.status();
    text_ = *std::move(quoted);
    return absl::OkStatus();
  }
  const size_t begin = scanner.offset();
  if (next == '-' || absl::ascii_isdigit(static_cast<unsigned char>(next))) {
    auto number = scanner.Number();
    if (!number.ok()) return number.status();
    text_ = std::string(*number);
    text_kind_ = Value::Kind::kNumber;
    return absl::OkStatus();
  }
  text_ = std::string(scanner.Name());
  if (text_ == "true" || text_ == "false") {
    text_kind_ = Value::Kind::kBool;
    return absl::OkStatus();
  }
  return scanner.ErrorAt(
      begin,
      "default takes a text in quotes, a number, true or false, e.g. "
      "default(\"none\")");
}

absl::Status Filter::ParseDecimals(Scanner& scanner) {
  const size_t begin = scanner.offset();
  const std::string digits(scanner.Name());
  const auto [end, error] =
      std::from_chars(digits.data(), digits.data() + digits.size(), decimals_);
  if (error == std::errc() && end == digits.data() + digits.size() &&
      decimals_ >= 0 && decimals_ <= kMaxDecimals) {
    return absl::OkStatus();
  }
  return scanner.ErrorAt(
      begin, absl::StrCat("round takes a number of decimals from 0 to ",
                          kMaxDecimals, ", e.g. round(1)"));
}

absl::Status Filter::ParseText(Scanner& scanner, std::string_view example) {
  if (scanner.peek() != '"' && scanner.peek() != '\'') {
    return scanner.Error(absl::StrCat(name_, " takes a text in quotes, e.g. ",
                                      std::string(example)));
  }
  const size_t begin = scanner.offset();
  auto quoted = scanner.Quoted();
  if (!quoted.ok()) return quoted.status();
  text_ = *std::move(quoted);
  if (text_.empty()) {
    return scanner.ErrorAt(begin, absl::StrCat(name_,
                                               " takes a text that is not "
                                               "empty, e.g. ",
                                               std::string(example)));
  }
  return absl::OkStatus();
}

absl::Status Filter::Apply(TemplateInput& input, Value* value) const {
  if (value->absent()) {
    if (kind_ == Kind::kDefault) *value = Value::Json(text_kind_, text_);
    return absl::OkStatus();
  }
  if (kind_ == Kind::kDefault) return absl::OkStatus();

  // The value may lie in one of the two; the result goes into the other.
  std::string* scratch = input.json().scratch;
  std::string* into =
      LiesIn(value->text, scratch[0]) ? &scratch[1] : &scratch[0];
  if (kind_ == Kind::kDate) return FormatDate(*value, into, value);
  if (kind_ == Kind::kJson && value->kind == Value::Kind::kPayload) {
    if (!input.json().IsValid(value->text)) {
      return absl::InvalidArgumentError("is not JSON");
    }
    value->kind = Value::Kind::kJson;
    return absl::OkStatus();
  }
  if (kind_ == Kind::kJson && value->kind != Value::Kind::kText &&
      value->kind != Value::Kind::kTime) {
    return absl::OkStatus();
  }
  if (value->kind == Value::Kind::kJson) {
    return Refuse(*value, "a text or number");
  }
  // What comes out is a text, of which nobody asks that any more.
  if (value->kind == Value::Kind::kPayload && !IsUtf8(value->text)) {
    return absl::InvalidArgumentError("is not UTF-8");
  }
  return ApplyToText(TextOf(*value, &input.json().moment), into, value);
}

absl::Status Filter::ApplyToText(std::string_view text, std::string* scratch,
                                 Value* value) const {
  const Value from = *value;
  switch (kind_) {
    case Kind::kRound:
      return Round(from, text, scratch, value);
    case Kind::kUpper:
    case Kind::kLower: {
      scratch->assign(text);
      for (char& c : *scratch) {
        const auto byte = static_cast<unsigned char>(c);
        c = kind_ == Kind::kUpper ? absl::ascii_toupper(byte)
                                  : absl::ascii_tolower(byte);
      }
      *value = Value::Text(*scratch);
      return absl::OkStatus();
    }
    case Kind::kJson:
      scratch->clear();
      AppendJsonString(text, scratch);
      *value = Value::Json(Value::Kind::kJson, *scratch);
      return absl::OkStatus();
    case Kind::kTrim:
      text = Trim(text);
      break;
    case Kind::kLast:
      if (const size_t at = text.rfind(text_); at != std::string_view::npos) {
        text.remove_prefix(at + text_.size());
      }
      break;
    case Kind::kDefault:
    case Kind::kDate:
      break;
  }
  if (from.kind == Value::Kind::kTime) {  // `text` is only lent.
    scratch->assign(text);
    text = *scratch;
  }
  *value = Value::Text(text);
  return absl::OkStatus();
}

absl::Status Filter::Round(const Value& from, std::string_view text,
                           std::string* scratch, Value* value) const {
  text = Trim(text);
  if (!IsJsonNumber(text)) return Refuse(from, "a number");
  if (IsInteger(text)) {
    // Stays exact however many digits it has.
    scratch->assign(text);
    if (decimals_ > 0) {
      scratch->push_back('.');
      scratch->append(static_cast<size_t>(decimals_), '0');
    }
  } else {
    double number = 0;
    const auto parsed =
        std::from_chars(text.data(), text.data() + text.size(), number);
    if (parsed.ec != std::errc() || !std::isfinite(number)) {
      return Refuse(from, "a number that fits into 64 bits");
    }
    // 309 digits before the point, and a sign.
    scratch->resize(330);
    const auto written =
        std::to_chars(scratch->data(), scratch->data() + scratch->size(),
                      number, std::chars_format::fixed, decimals_);
    scratch->resize(static_cast<size_t>(written.ptr - scratch->data()));
  }
  *value = Value::Json(Value::Kind::kNumber, *scratch);
  return absl::OkStatus();
}

absl::Status Filter::FormatDate(const Value& from, std::string* scratch,
                                Value* value) const {
  absl::Time time;
  if (from.kind == Value::Kind::kTime) {
    time = absl::FromUnixNanos(from.unix_nanos);
  } else {
    std::string error;
    const absl::string_view text(from.text.data(), from.text.size());
    if (from.kind != Value::Kind::kText ||
        !absl::ParseTime(absl::RFC3339_full, text, &time, &error)) {
      return Refuse(from, "a time such as 2021-03-13T16:05:47Z");
    }
  }
  *scratch = absl::FormatTime(text_, time, absl::UTCTimeZone());
  *value = Value::Text(*scratch);
  return absl::OkStatus();
}

absl::Status Filter::Refuse(const Value& value, std::string_view wanted) const {
  std::string buffer;
  return absl::InvalidArgumentError(
      absl::StrCat("is ", Quote(TextOf(value, &buffer)), ", but ", name_,
                   " takes ", std::string(wanted)));
}

}  // namespace sluice::template_internal

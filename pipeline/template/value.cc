#include "pipeline/template/value.h"

#include <algorithm>
#include <iterator>
#include <optional>
#include <utility>

#include "absl/strings/str_cat.h"
#include "pipeline/json/json_text.h"
#include "pipeline/template/payload.h"
#include "storage/base/rfc3339.h"

namespace sluice::template_internal {
namespace {

// Members of members: deeper than any payload a person writes a template for.
constexpr size_t kMaxSteps = 32;

Value Attribute(std::string_view text) {
  return text.empty() ? Value() : Value::Text(text);
}

Value Moment(int64_t unix_nanos) {
  if (unix_nanos == 0) return Value();
  return {.kind = Value::Kind::kTime, .unix_nanos = unix_nanos};
}

// Reads ".name" or ".\"any text\"" once or more, up to `max`.
absl::StatusOr<std::vector<std::string>> ParseSteps(Scanner& scanner,
                                                    size_t max) {
  std::vector<std::string> steps;
  while (scanner.peek() == '.') {
    const size_t begin = scanner.offset();
    scanner.Consume(".");
    if (steps.size() == max) {
      return scanner.ErrorAt(
          begin, max == 1
                     ? "a label has no members; quote a key with dots in it, "
                       "e.g. labels.\"a.b\""
                     : absl::StrCat("more than ", max, " members deep"));
    }
    if (scanner.peek() == '"' || scanner.peek() == '\'') {
      auto quoted = scanner.Quoted();
      if (!quoted.ok()) return quoted.status();
      steps.push_back(*std::move(quoted));
      continue;
    }
    const std::string_view name = scanner.Name();
    if (name.empty()) {
      return scanner.Error(absl::StrCat(
          "a name is needed after \".\", not ", scanner.Found(),
          "; quote a name with other characters, e.g. labels.\"room number\""));
    }
    steps.emplace_back(name);
  }
  return steps;
}

}  // namespace

absl::StatusOr<ValuePath> ValuePath::Parse(Scanner& scanner) {
  constexpr std::pair<std::string_view, Root> kRoots[] = {
      {"id", Root::kId},
      {"source", Root::kSource},
      {"type", Root::kType},
      {"subject", Root::kSubject},
      {"time", Root::kTime},
      {"ingest_time", Root::kIngestTime},
      {"datacontenttype", Root::kDataContentType},
      {"data", Root::kData},
      {"labels", Root::kLabel},
  };
  constexpr std::string_view kAllowed =
      "values are id, source, type, subject, time, ingest_time, "
      "datacontenttype, data, labels.NAME and data.NAME";

  const size_t begin = scanner.offset();
  const std::string_view all = scanner.rest();
  const std::string name(scanner.Name());
  if (name.empty()) {
    return scanner.Error(absl::StrCat("a value is needed, not ",
                                      scanner.Found(), "; ",
                                      std::string(kAllowed)));
  }
  const auto* root =
      std::find_if(std::begin(kRoots), std::end(kRoots),
                   [&](const auto& r) { return r.first == name; });
  if (root == std::end(kRoots)) {
    return scanner.ErrorAt(begin, absl::StrCat("unknown value \"", name, "\"; ",
                                               std::string(kAllowed)));
  }

  ValuePath path;
  path.root_ = root->second;
  if (path.root_ == Root::kLabel || path.root_ == Root::kData) {
    const size_t max = path.root_ == Root::kLabel ? 1 : kMaxSteps;
    auto steps = ParseSteps(scanner, max);
    if (!steps.ok()) return steps.status();
    path.steps_ = *std::move(steps);
    if (path.root_ == Root::kLabel && path.steps_.empty()) {
      return scanner.Error("labels needs a name, e.g. labels.room-number");
    }
    if (path.root_ == Root::kData && !path.steps_.empty()) {
      path.root_ = Root::kMember;
    }
  } else if (scanner.peek() == '.') {
    return scanner.Error(absl::StrCat("\"", name, "\" has no members"));
  }
  path.name_ = std::string(all.substr(0, scanner.offset() - begin));
  return path;
}

Value ValuePath::Find(TemplateInput& input) const {
  const EventView& event = input.event();
  switch (root_) {
    case Root::kId:
      return Attribute(event.id());
    case Root::kSource:
      return Attribute(event.source());
    case Root::kType:
      return Attribute(event.type());
    case Root::kSubject:
      return Attribute(event.subject());
    case Root::kTime:
      return Moment(event.time_unix_nanos());
    case Root::kIngestTime:
      return Moment(event.ingest_time_unix_nanos());
    case Root::kDataContentType:
      return Attribute(event.datacontenttype());
    case Root::kData:
      if (event.data().empty()) return Value();
      return Value::Json(Value::Kind::kPayload, event.data());
    case Root::kLabel: {
      const std::optional<std::string_view> label = event.label(steps_[0]);
      return label.has_value() ? Value::Text(*label) : Value();
    }
    case Root::kMember:
      return input.json().Find(event.data(), steps_);
  }
  return Value();
}

std::string_view TextOf(const Value& value, std::string* buffer) {
  if (value.kind != Value::Kind::kTime) return value.text;
  buffer->clear();
  AppendRfc3339(value.unix_nanos, buffer);
  return *buffer;
}

}  // namespace sluice::template_internal

#include "tools/sandbox/feed/aggregation_format.h"

#include <optional>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "storage/base/to_absl.h"
#include "tools/sandbox/feed/feed_ids.h"

namespace sluice::sandbox {
namespace {

constexpr int kMaxNesting = 10;
constexpr std::string_view kDirectives = "YmdHM";

bool IsFieldName(std::string_view text) {
  if (text.empty() || text.front() == '.' || text.back() == '.') return false;
  for (const char c : text) {
    if (!absl::ascii_isalnum(c) && c != '_' && c != '.') return false;
  }
  return text.find("..") == std::string_view::npos;
}

std::string_view Trim(std::string_view text) {
  const absl::string_view stripped = absl::StripAsciiWhitespace(ToAbsl(text));
  return {stripped.data(), stripped.size()};
}

// 'text' or "text".
std::optional<std::string_view> Unquote(std::string_view text) {
  text = Trim(text);
  if (text.size() < 2 || (text.front() != '\'' && text.front() != '"') ||
      text.back() != text.front()) {
    return std::nullopt;
  }
  const std::string_view inner = text.substr(1, text.size() - 2);
  if (inner.find(text.front()) != std::string_view::npos) return std::nullopt;
  return inner;
}

std::string FieldText(const JsonView& activity, std::string_view path) {
  const size_t dot = path.find('.');
  const std::optional<JsonView> value = activity.Find(path.substr(0, dot));
  if (!value.has_value() || value->is_null()) return "";
  if (value->is_object() && dot != std::string_view::npos) {
    return FieldText(*value, path.substr(dot + 1));
  }
  // "verb.infinitive" of old formats is the verb.
  return value->AsString().value_or(std::string(value->text()));
}

// `micros` as "2020-01-02T03:04:05.123456" has each directive at a fixed
// place.
std::string TimeText(std::string_view pattern, int64_t micros) {
  const std::string time = FormatActivityTime(micros);
  std::string out;
  for (size_t i = 0; i < pattern.size(); ++i) {
    if (pattern[i] != '%') {
      out += pattern[i];
      continue;
    }
    switch (pattern[++i]) {
      case 'Y':
        out += time.substr(0, 4);
        break;
      case 'm':
        out += time.substr(5, 2);
        break;
      case 'd':
        out += time.substr(8, 2);
        break;
      case 'H':
        out += time.substr(11, 2);
        break;
      default:  // M
        out += time.substr(14, 2);
    }
  }
  return out;
}

}  // namespace

// Reads a format piece by piece, from front to back.
class AggregationFormatParser {
 public:
  using Node = AggregationFormat::Node;
  using Nodes = std::vector<Node>;

  explicit AggregationFormatParser(std::string_view text) : text_(text) {}

  absl::Status ParseAll(Nodes& nodes) {
    std::string tag;
    if (absl::Status status = ParseUntilTag(0, nodes, tag); !status.ok()) {
      return status;
    }
    return tag.empty() ? absl::OkStatus() : Wrong("\"", tag, "\" without if");
  }

 private:
  // Parses up to the end, or up to a tag that is no if, which is left in `tag`.
  absl::Status ParseUntilTag(int nesting, Nodes& nodes, std::string& tag) {
    if (nesting > kMaxNesting) return Wrong("too many ifs in each other");
    while (at_ < text_.size()) {
      const size_t open = NextOpen();
      if (open > at_) AddText(text_.substr(at_, open - at_), nodes);
      at_ = open;
      if (at_ == text_.size()) break;
      const bool is_tag = text_[at_ + 1] == '%';
      std::string_view inner;
      if (!TakeInner(is_tag ? "%}" : "}}", inner)) return Wrong("no end");
      absl::Status status;
      if (!is_tag) {
        status = ParseValue(inner, nodes);
      } else if (inner.starts_with("if ")) {
        status = ParseIf(inner.substr(3), nesting, nodes);
      } else {
        tag = inner;
        return absl::OkStatus();
      }
      if (!status.ok()) return status;
    }
    return absl::OkStatus();
  }

  absl::Status ParseValue(std::string_view inner, Nodes& nodes) {
    constexpr std::string_view kTime = "time.strftime(";
    Node node;
    if (inner.starts_with(kTime) && inner.ends_with(')')) {
      const auto pattern =
          Unquote(inner.substr(kTime.size(), inner.size() - kTime.size() - 1));
      if (!pattern.has_value()) return Wrong("strftime wants a quoted text");
      if (!IsPattern(*pattern)) {
        return Wrong("strftime knows %Y, %m, %d, %H and %M");
      }
      node.kind = Node::Kind::kTime;
      node.text = *pattern;
    } else if (IsFieldName(inner)) {
      node.kind = Node::Kind::kField;
      node.text = inner;
    } else {
      return Wrong("\"", inner, "\" is no field");
    }
    nodes.push_back(std::move(node));
    return absl::OkStatus();
  }

  absl::Status ParseIf(std::string_view condition, int nesting, Nodes& nodes) {
    Node node;
    node.kind = Node::Kind::kIf;
    size_t middle = condition.find("==");
    if (middle == std::string_view::npos) {
      middle = condition.find("!=");
      node.equal = false;
    }
    if (middle == std::string_view::npos) return Wrong("if wants == or !=");
    const std::string_view field = Trim(condition.substr(0, middle));
    const auto value = Unquote(condition.substr(middle + 2));
    if (!IsFieldName(field) || !value.has_value()) {
      return Wrong("if wants a field and a quoted text");
    }
    node.text = field;
    node.value = *value;
    std::string tag;
    absl::Status status = ParseUntilTag(nesting + 1, node.then, tag);
    if (status.ok() && tag == "else") {
      tag.clear();
      status = ParseUntilTag(nesting + 1, node.otherwise, tag);
    }
    if (!status.ok()) return status;
    if (tag != "endif") return Wrong("if without endif");
    nodes.push_back(std::move(node));
    return absl::OkStatus();
  }

  static bool IsPattern(std::string_view text) {
    for (size_t i = 0; i < text.size(); ++i) {
      if (text[i] != '%') continue;
      if (++i == text.size() ||
          kDirectives.find(text[i]) == std::string_view::npos) {
        return false;
      }
    }
    return true;
  }

  static void AddText(std::string_view text, Nodes& nodes) {
    Node node;
    node.text = text;
    nodes.push_back(std::move(node));
  }

  size_t NextOpen() const {
    for (size_t i = at_; i + 1 < text_.size(); ++i) {
      if (text_[i] == '{' && (text_[i + 1] == '{' || text_[i + 1] == '%')) {
        return i;
      }
    }
    return text_.size();
  }

  // What stands between the opening here and `close`, without space around it.
  bool TakeInner(std::string_view close, std::string_view& inner) {
    const size_t end = text_.find(close, at_ + 2);
    if (end == std::string_view::npos) return false;
    inner = Trim(text_.substr(at_ + 2, end - at_ - 2));
    at_ = end + close.size();
    return true;
  }

  template <typename... Parts>
  absl::Status Wrong(Parts... parts) const {
    return absl::InvalidArgumentError(
        absl::StrCat("aggregation format, before byte ", at_, ": ",
                     ToAbsl(std::string_view(parts))...));
  }

  const std::string_view text_;
  size_t at_ = 0;
};

absl::StatusOr<AggregationFormat> AggregationFormat::Parse(
    std::string_view text) {
  AggregationFormat format;
  if (absl::Status status =
          AggregationFormatParser(text).ParseAll(format.nodes_);
      !status.ok()) {
    return status;
  }
  return format;
}

std::string AggregationFormat::Render(const JsonView& activity,
                                      int64_t unix_micros) const {
  std::string out;
  Append(nodes_, activity, unix_micros, out);
  return out;
}

void AggregationFormat::Append(const std::vector<Node>& nodes,
                               const JsonView& activity, int64_t unix_micros,
                               std::string& out) {
  for (const Node& node : nodes) {
    switch (node.kind) {
      case Node::Kind::kText:
        out += node.text;
        break;
      case Node::Kind::kField:
        out += FieldText(activity, node.text);
        break;
      case Node::Kind::kTime:
        out += TimeText(node.text, unix_micros);
        break;
      case Node::Kind::kIf:
        Append((FieldText(activity, node.text) == node.value) == node.equal
                   ? node.then
                   : node.otherwise,
               activity, unix_micros, out);
    }
  }
}

}  // namespace sluice::sandbox

#include "pipeline/template/template.h"

#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "pipeline/json/json_text.h"
#include "pipeline/template/filter.h"
#include "pipeline/template/payload.h"
#include "pipeline/template/scanner.h"
#include "pipeline/template/value.h"

namespace sluice {

using template_internal::Filter;
using template_internal::Scanner;
using template_internal::TextOf;
using template_internal::Value;
using template_internal::ValuePath;

namespace {

constexpr size_t kMaxTemplateBytes = 64 << 10;
constexpr size_t kMaxFilters = 8;

// `{{ ... }}`: a value of the event, or a text, and what is done to it.
struct Expression {
  // Without a path it is `text`.
  bool has_path = false;
  ValuePath path;
  std::string text;
  std::vector<Filter> filters;

  // kNotFound, kInvalidArgument: as Template::Render().
  absl::Status Evaluate(TemplateInput& input, Value* value) const;
  // The error of a value that is not there.
  absl::Status Missing(TemplateInput& input, const Value& value) const;
};

absl::Status Expression::Evaluate(TemplateInput& input, Value* value) const {
  *value = has_path ? path.Find(input) : Value::Text(text);
  for (const Filter& filter : filters) {
    absl::Status status = filter.Apply(input, value);
    if (!status.ok()) {
      return absl::InvalidArgumentError(
          absl::StrCat(has_path ? path.name() : text, " ", status.message()));
    }
  }
  return absl::OkStatus();
}

absl::Status Expression::Missing(TemplateInput& input,
                                 const Value& value) const {
  if (value.kind == Value::Kind::kNull) {
    return absl::NotFoundError(
        absl::StrCat(path.name(), " is null and has no default"));
  }
  if (!input.json().error().empty()) {
    return absl::InvalidArgumentError(
        absl::StrCat(path.name(), " cannot be read, the payload is not JSON: ",
                     std::string(input.json().error())));
  }
  return absl::NotFoundError(
      absl::StrCat(path.name(), " is missing and has no default"));
}

absl::StatusOr<Expression> ParseExpression(Scanner& scanner) {
  Expression expression;
  scanner.SkipSpaces();
  if (scanner.peek() == '"' || scanner.peek() == '\'') {
    auto quoted = scanner.Quoted();
    if (!quoted.ok()) return quoted.status();
    expression.text = *std::move(quoted);
  } else {
    auto path = ValuePath::Parse(scanner);
    if (!path.ok()) return path.status();
    expression.path = *std::move(path);
    expression.has_path = true;
  }
  for (;;) {
    scanner.SkipSpaces();
    const size_t begin = scanner.offset();
    if (!scanner.Consume("|")) return expression;
    if (!expression.filters.empty() && expression.filters.back().is_last()) {
      return scanner.ErrorAt(begin, "no filter can follow json");
    }
    if (expression.filters.size() == kMaxFilters) {
      return scanner.ErrorAt(
          begin, absl::StrCat("more than ", kMaxFilters, " filters"));
    }
    auto filter = Filter::Parse(scanner);
    if (!filter.ok()) return filter.status();
    expression.filters.push_back(*std::move(filter));
  }
}

}  // namespace

// Text and expressions by turns: texts[0] expressions[0] texts[1] ... and a
// text at the end, so there is one more of those.
struct Template::Program {
  std::string source;
  std::vector<std::string> texts;
  // The same texts as they stand inside a JSON string.
  std::vector<std::string> json_texts;
  std::vector<Expression> expressions;
  bool is_constant = true;

  // One single expression and nothing around it.
  bool is_single() const {
    return expressions.size() == 1 && texts[0].empty() && texts[1].empty();
  }
  absl::Status AppendTyped(TemplateInput& input, std::string* out) const;
  absl::Status AppendText(TemplateInput& input, std::string* out) const;
  absl::Status AppendInsideString(TemplateInput& input, std::string* out) const;
};

absl::StatusOr<Template> Template::Parse(std::string_view text) {
  if (text.size() > kMaxTemplateBytes) {
    return absl::InvalidArgumentError(
        absl::StrCat("a template is at most ", kMaxTemplateBytes,
                     " bytes long, not ", text.size()));
  }
  if (!IsUtf8(text)) {
    return absl::InvalidArgumentError("a template is UTF-8; this one is not");
  }
  auto program = std::make_shared<Program>();
  program->source = std::string(text);
  Scanner scanner(text);
  for (;;) {
    const size_t open = scanner.rest().find("{{");
    const std::string_view before = scanner.rest().substr(0, open);
    program->texts.emplace_back(before);
    AppendJsonEscaped(before, &program->json_texts.emplace_back());
    if (open == std::string_view::npos) break;
    const size_t begin = scanner.offset() + open;
    scanner.set_offset(begin + 2);
    auto expression = ParseExpression(scanner);
    if (!expression.ok()) return expression.status();
    if (scanner.at_end()) {
      return scanner.ErrorAt(begin, "\"{{\" without its closing \"}}\"");
    }
    if (!scanner.Consume("}}")) {
      return scanner.Error(absl::StrCat("\"|\" or \"}}\" is needed here, not ",
                                        scanner.Found()));
    }
    if (expression->has_path) program->is_constant = false;
    program->expressions.push_back(*std::move(expression));
  }
  return Template(std::move(program));
}

absl::Status Template::Program::AppendText(TemplateInput& input,
                                           std::string* out) const {
  out->append(texts[0]);
  for (size_t i = 0; i < expressions.size(); ++i) {
    Value value;
    absl::Status status = expressions[i].Evaluate(input, &value);
    if (!status.ok()) return status;
    if (value.absent()) return expressions[i].Missing(input, value);
    out->append(TextOf(value, &input.json().moment));
    out->append(texts[i + 1]);
  }
  return absl::OkStatus();
}

absl::Status Template::Program::AppendInsideString(TemplateInput& input,
                                                   std::string* out) const {
  out->append(json_texts[0]);
  for (size_t i = 0; i < expressions.size(); ++i) {
    Value value;
    absl::Status status = expressions[i].Evaluate(input, &value);
    if (!status.ok()) return status;
    if (value.absent()) return expressions[i].Missing(input, value);
    if (value.kind == Value::Kind::kPayload && !IsUtf8(value.text)) {
      return absl::InvalidArgumentError("the payload is not UTF-8");
    }
    AppendJsonEscaped(TextOf(value, &input.json().moment), out);
    out->append(json_texts[i + 1]);
  }
  return absl::OkStatus();
}

absl::Status Template::Program::AppendTyped(TemplateInput& input,
                                            std::string* out) const {
  const Expression& expression = expressions[0];
  Value value;
  absl::Status status = expression.Evaluate(input, &value);
  if (!status.ok()) return status;
  switch (value.kind) {
    case Value::Kind::kMissing:
      return expression.Missing(input, value);
    case Value::Kind::kPayload:
      if (!input.json().IsValid(value.text)) {
        return absl::InvalidArgumentError(absl::StrCat(
            expression.path.name(), " is not JSON and cannot stand as it is"));
      }
      [[fallthrough]];
    case Value::Kind::kNull:
    case Value::Kind::kNumber:
    case Value::Kind::kBool:
    case Value::Kind::kJson:
      out->append(value.text);
      return absl::OkStatus();
    case Value::Kind::kText:
      if (!value.quoted.empty()) {
        out->append(value.quoted);
        return absl::OkStatus();
      }
      break;
    case Value::Kind::kTime:
      break;
  }
  AppendJsonString(TextOf(value, &input.json().moment), out);
  return absl::OkStatus();
}

absl::Status Template::Render(TemplateInput& input, std::string* out) const {
  const size_t size = out->size();
  absl::Status status = program_->AppendText(input, out);
  if (!status.ok()) out->resize(size);
  return status;
}

absl::Status Template::RenderJson(TemplateInput& input,
                                  std::string* out) const {
  const size_t size = out->size();
  absl::Status status;
  if (program_->is_single()) {
    status = program_->AppendTyped(input, out);
  } else {
    out->push_back('"');
    status = program_->AppendInsideString(input, out);
    out->push_back('"');
  }
  if (!status.ok()) out->resize(size);
  return status;
}

bool Template::is_constant() const { return program_->is_constant; }

std::string_view Template::text() const { return program_->source; }

TemplateInput::TemplateInput() : json_(std::make_unique<Json>()) {}

TemplateInput::~TemplateInput() = default;

void TemplateInput::Reset(const EventView& event) {
  event_ = event;
  json_->Reset();
}

}  // namespace sluice

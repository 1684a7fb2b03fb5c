#include "pipeline/template/payload.h"

#include <charconv>
#include <cstring>
#include <optional>

#include "absl/strings/ascii.h"
#include "pipeline/json/json_text.h"

namespace sluice {
namespace {

namespace ondemand = simdjson::ondemand;
using template_internal::Value;

std::string_view WithoutSpacesBehind(std::string_view text) {
  while (!text.empty() &&
         absl::ascii_isspace(static_cast<unsigned char>(text.back()))) {
    text.remove_suffix(1);
  }
  return text;
}

// `key` points behind the opening quote; a string of valid JSON always ends.
simdjson::error_code KeyIs(ondemand::field& field, std::string_view name,
                           bool* same) {
  const char* key = field.key().raw();
  size_t size = 0;
  while (key[size] != '"' && key[size] != '\\') ++size;
  if (key[size] == '"') {
    *same = std::string_view(key, size) == name;
    return simdjson::SUCCESS;
  }
  std::string_view unescaped;
  const simdjson::error_code error = field.unescaped_key().get(unescaped);
  *same = error == simdjson::SUCCESS && unescaped == name;
  return error;
}

simdjson::error_code FindMember(ondemand::object object, std::string_view name,
                                std::optional<ondemand::value>* member) {
  for (auto entry : object) {
    ondemand::field field;
    if (auto error = std::move(entry).get(field)) return error;
    bool same = false;
    if (auto error = KeyIs(field, name, &same)) return error;
    if (same) {
      *member = field.value();
      return simdjson::SUCCESS;
    }
  }
  return simdjson::SUCCESS;
}

simdjson::error_code FindElement(ondemand::array array, std::string_view name,
                                 std::optional<ondemand::value>* element) {
  size_t index = 0;
  const auto [end, parsed] =
      std::from_chars(name.data(), name.data() + name.size(), index);
  if (parsed != std::errc() || end != name.data() + name.size()) {
    return simdjson::SUCCESS;
  }
  // Not array.at(), which takes an element that is broken for one that is not
  // there; the document is of no more use then.
  for (auto entry : array) {
    ondemand::value value;
    if (auto error = entry.get(value)) return error;
    if (index-- == 0) {
      *element = value;
      return simdjson::SUCCESS;
    }
  }
  return simdjson::SUCCESS;
}

simdjson::error_code RawJson(ondemand::value& value, std::string_view* raw) {
  if (value.type() == ondemand::json_type::object) {
    ondemand::object object;
    if (auto error = value.get_object().get(object)) return error;
    return object.raw_json().get(*raw);
  }
  ondemand::array array;
  if (auto error = value.get_array().get(array)) return error;
  return array.raw_json().get(*raw);
}

}  // namespace

Value TemplateInput::Json::Find(std::string_view data,
                                const std::vector<std::string>& steps) {
  if (state_ == State::kBroken || data.empty()) return Value();
  if (state_ == State::kUnparsed) {
    if (auto error = Parse(data)) return Break(error);
    state_ = State::kReady;
  }
  Value found;
  if (auto error = Walk(steps, &found)) return Break(error);
  return found;
}

Value TemplateInput::Json::Break(simdjson::error_code error) {
  state_ = State::kBroken;
  error_ = error;
  return Value();
}

simdjson::error_code TemplateInput::Json::Parse(std::string_view data) {
  const size_t capacity = data.size() + simdjson::SIMDJSON_PADDING;
  if (padded_.size() < capacity) padded_.resize(capacity);
  std::memcpy(padded_.data(), data.data(), data.size());
  std::memset(padded_.data() + data.size(), ' ', simdjson::SIMDJSON_PADDING);
  return parser_.iterate(padded_.data(), data.size(), padded_.size())
      .get(document_);
}

simdjson::error_code TemplateInput::Json::Walk(
    const std::vector<std::string>& steps, Value* found) {
  document_.rewind();
  std::optional<ondemand::value> at;
  for (const std::string& step : steps) {
    std::optional<ondemand::value> next;
    ondemand::json_type type;
    if (auto error = at.has_value() ? at->type().get(type)
                                    : document_.type().get(type)) {
      return error;
    }
    if (type == ondemand::json_type::object) {
      ondemand::object object;
      if (auto error = at.has_value() ? at->get_object().get(object)
                                      : document_.get_object().get(object)) {
        return error;
      }
      if (auto error = FindMember(object, step, &next)) return error;
    } else if (type == ondemand::json_type::array) {
      ondemand::array array;
      if (auto error = at.has_value() ? at->get_array().get(array)
                                      : document_.get_array().get(array)) {
        return error;
      }
      if (auto error = FindElement(array, step, &next)) return error;
    }
    if (!next.has_value()) return simdjson::SUCCESS;
    at = next;
  }
  return ReadValue(*at, found);
}

simdjson::error_code TemplateInput::Json::ReadValue(ondemand::value value,
                                                    Value* found) {
  ondemand::json_type type;
  if (auto error = value.type().get(type)) return error;
  switch (type) {
    case ondemand::json_type::string:
      return ReadText(value, found);
    case ondemand::json_type::number: {
      const std::string_view token =
          WithoutSpacesBehind(value.raw_json_token());
      if (!IsJsonNumber(token)) return simdjson::NUMBER_ERROR;
      *found = Value::Json(Value::Kind::kNumber, token);
      return simdjson::SUCCESS;
    }
    case ondemand::json_type::boolean: {
      bool flag = false;
      if (auto error = value.get_bool().get(flag)) return error;
      *found = Value::Json(Value::Kind::kBool, flag ? "true" : "false");
      return simdjson::SUCCESS;
    }
    case ondemand::json_type::null:
      if (WithoutSpacesBehind(value.raw_json_token()) != "null") {
        return simdjson::N_ATOM_ERROR;
      }
      *found = Value::Json(Value::Kind::kNull, "null");
      return simdjson::SUCCESS;
    case ondemand::json_type::object:
    case ondemand::json_type::array: {
      std::string_view raw;
      if (auto error = RawJson(value, &raw)) return error;
      raw = WithoutSpacesBehind(raw);
      if (!IsValid(raw)) return simdjson::TAPE_ERROR;
      *found = Value::Json(Value::Kind::kJson, raw);
      return simdjson::SUCCESS;
    }
  }
  return simdjson::UNEXPECTED_ERROR;
}

simdjson::error_code TemplateInput::Json::ReadText(ondemand::value value,
                                                   Value* found) {
  const std::string_view token = WithoutSpacesBehind(value.raw_json_token());
  if (token.size() < 2 || token.back() != '"') return simdjson::STRING_ERROR;
  found->kind = Value::Kind::kText;
  found->quoted = token;
  found->text = token.substr(1, token.size() - 2);
  if (found->text.find('\\') == std::string_view::npos) {
    return simdjson::SUCCESS;
  }
  std::string_view unescaped;
  if (auto error = value.get_string().get(unescaped)) return error;
  std::string& kept = unescaped_[next_unescaped_];
  next_unescaped_ = 1 - next_unescaped_;
  kept.assign(unescaped);
  found->text = kept;
  return simdjson::SUCCESS;
}

bool TemplateInput::Json::IsValid(std::string_view text) {
  simdjson::dom::element element;
  return checker_.parse(text.data(), text.size()).get(element) ==
         simdjson::SUCCESS;
}

}  // namespace sluice

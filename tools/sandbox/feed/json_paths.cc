#include "tools/sandbox/feed/json_paths.h"

#include <cstddef>
#include <optional>

#include "pipeline/json/json_object_text.h"

namespace sluice::sandbox {
namespace {

// `object` with `value` in place of its members called `name`. Nullopt: without
// them.
std::string WithMember(const JsonView& object, std::string_view name,
                       std::optional<std::string_view> value) {
  JsonObjectText changed;
  object.ForEachMember([&](const JsonView& member, const JsonView& old) {
    if (!member.IsString(name)) {
      changed.AddQuoted(member.text(), old.text());
    } else if (value.has_value()) {
      changed.AddQuoted(member.text(), *value);
      value.reset();  // of several with one name the first place counts
    }
  });
  if (value.has_value()) changed.Add(name, *value);
  return changed.text();
}

}  // namespace

std::string SetJsonPath(const JsonView& object, std::string_view path,
                        std::string_view value) {
  const size_t dot = path.find('.');
  if (dot == std::string_view::npos) return WithMember(object, path, value);
  const std::string_view name = path.substr(0, dot);
  const JsonView inner = object.Find(name).value_or(JsonView::OfKnown("{}"));
  return WithMember(object, name,
                    SetJsonPath(inner, path.substr(dot + 1), value));
}

std::string UnsetJsonPath(const JsonView& object, std::string_view path) {
  const size_t dot = path.find('.');
  if (dot == std::string_view::npos) {
    return WithMember(object, path, std::nullopt);
  }
  const std::string_view name = path.substr(0, dot);
  const std::optional<JsonView> inner = object.Find(name);
  if (!inner.has_value() || !inner->is_object()) {
    return std::string(object.text());
  }
  return WithMember(object, name, UnsetJsonPath(*inner, path.substr(dot + 1)));
}

}  // namespace sluice::sandbox
